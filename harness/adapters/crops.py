"""How a framework expresses a transposed convolution: the parameters of its call, and what is done around that.

What no parameters crop is sliced or extended afterwards, in lines of the framework's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from harness.adapters.base import Adapter
from harness.adapters.program import NO_CROP, Inexpressible, Program, Route
from harness.core.case import AnyCase, Dialect, DTypeName, Layout, Pads
from harness.core.dtypes import DTYPES
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import geometry_of, lift, lower_words
from harness.operations.conv_transpose.geometry import Geometry, remaining_crops

BiasPlace = Literal["none", "native", "after"]
KernelLayout = Literal["IOHW", "HWOI"]
_NCHW, _IOHW = "NCHW", "IOHW"


@dataclass(frozen=True, slots=True)
class Expression:
    """How to run a case: the framework's own parameters, and what is done before and after the call.

    ``given_layout`` is the layout the data are held in, ``data_layout`` the one the call sees: where they
    differ it is transposed. ``crop`` cuts the output, or extends it with zeros where negative; a bias
    that must also reach those zeros is added ``after``. ``splits`` calls one per group, on slices of channels.
    """

    route: Route
    call: Mapping[str, Any]
    data_layout: Layout
    kernel_layout: KernelLayout
    given_layout: Layout
    bias: BiasPlace = "none"
    splits: int = 1
    crop: Pads = NO_CROP
    reasons: tuple[str, ...] = field(default=())
    """Why the route is composed, one sentence for each step."""
    given: Mapping[str, tuple[tuple[int, ...] | None, str | None]] = field(default_factory=dict)
    """Shape and dtype of the input, kernel or bias of ones that the call gets instead; None for what stays."""
    unbatched: bool = False
    """Whether the call gets its one image without the axis of the batch, and returns it so."""


@dataclass(frozen=True, slots=True)
class Expressed:
    """Words for the native call, and what remains to be cropped afterwards with the reason."""

    words: Words
    crop: Pads = NO_CROP
    reason: str = ""

    def expression(
        self,
        case: Case,
        call: Mapping[str, Any],
        *,
        given: Layout,
        seen: Layout,
        kernel_layout: KernelLayout,
        splits: int = 1,
        reasons: Sequence[str] = (),
    ) -> Expression:
        """The expression of ``call``: native unless something is done around it, for one of ``reasons`` or its own."""
        whole = tuple(filter(None, [*reasons, self.reason]))
        # a bias must also reach zeros that are appended after the call
        place: BiasPlace = "after" if any(side < 0 for pads in self.crop for side in pads) else "native"
        return Expression(
            route="composed" if whole else "native",
            call=call,
            data_layout=seen,
            kernel_layout=kernel_layout,
            given_layout=given,
            bias=place if case.bias else "none",
            splits=splits,
            crop=self.crop,
            reasons=whole,
            given={} if case.overrides is None or case.unbatched else case.overrides.tensors,
            unbatched=case.unbatched,
        )


def express(
    dialect: Dialect, geometry: Geometry, widest: Words, usable: Callable[[Words], bool] = lambda _: True
) -> Expressed:
    """State ``geometry`` in ``dialect``: by parameters alone if usable ones exist, else crop what ``widest`` gives."""
    for words in lift(dialect, geometry):
        if usable(words):
            return Expressed(words)
    crop = remaining_crops(lower_words(dialect, geometry, widest), geometry)
    padded = any(side < 0 for pads in crop for side in pads)
    action = "zeros are appended" if padded else "the result is sliced"
    (top, bottom), (left, right) = geometry.crops
    return Expressed(
        widest,
        crop,
        f"no {dialect} parameters crop ({top}, {bottom}) rows and ({left}, {right}) columns, so {action} afterwards",
    )


def surrounded(
    expression: Expression,
    case: Case,
    compute: Sequence[str],
    pad: str,
    sides: Callable[[Pads], Any],
    *,
    call: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    arrays: tuple[str, ...] = (),
    **parts: Any,
) -> Program:
    """The program for ``compute`` and what ``expression`` does around it, with other ``parts`` of a program.

    ``pad`` is an expression for ``y`` with zeros around it; it reads ``pads``, which ``sides`` makes of their numbers.
    """
    lines, read = [*compute], dict(values or {})
    zeros = [(max(-begin, 0), max(-end, 0)) for begin, end in expression.crop]
    if any(map(any, zeros)):
        lines.append(f"y = {pad}")
        read["pads"] = sides((zeros[0], zeros[1]))
    if any(side > 0 for pads in expression.crop for side in pads):
        lines.append(f"y = y[{':, ' * expression.data_layout.index('H')}rows, columns]")
        for name, (begin, end) in zip(("rows", "columns"), expression.crop, strict=True):
            read[name] = slice(begin if begin > 0 else None, -end if end > 0 else None)
    late = expression.bias == "after"
    return Program(
        expression.call if call is None else call,
        compute=tuple(lines),
        arrays=(*arrays, "bias") if late else arrays,
        after=("y = y + bias[:, None, None]",) if late else (),
        layouts={
            "input": (_NCHW, expression.given_layout, expression.data_layout),
            "kernel": (_IOHW, expression.kernel_layout, expression.kernel_layout),
            "output": (_NCHW, expression.data_layout, expression.data_layout),
        },
        replaced={name: _ones(name, *one, case.dtype) for name, one in expression.given.items()},
        values=read,
        crop=expression.crop,
        dtype=case.dtype,
        reasons=expression.reasons,
        **parts,
    )


def _ones(name: str, shape: tuple[int, ...] | None, dtype: str | None, usual: DTypeName) -> str:
    size = f"{name}.shape" if shape is None else str(shape)
    return f"np.ones({size}, {DTYPES[usual].text if dtype is None else f'np.{dtype}'})"


class ConvTransposeAdapter(Adapter):
    """An adapter that states how a transposed convolution is expressed, and what the program of that is."""

    def program(self, case: AnyCase) -> Program | Inexpressible:
        if not isinstance(case, Case):
            return super().program(case)
        expression = self.express(case, geometry_of(case))
        return expression if isinstance(expression, Inexpressible) else self.convolution(expression, case)

    def start(self) -> dict[str, str]:
        """Import the ``packages``, and return their versions."""
        return {name: str(import_module(name).__version__) for name in self.packages}

    @abstractmethod
    def express(self, case: Case, geometry: Geometry | None) -> Expression | Inexpressible:
        """How to run ``case``; ``geometry`` is None where the case is illegal or ambiguous and runs as written."""

    @abstractmethod
    def convolution(self, expression: Expression, case: Case) -> Program:
        """The program of a case that is so expressed."""
