"""What every adapter states and does. One file per framework follows this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

from harness.adapters.plan import BiasPlace, Gradients, KernelLayout, Plan
from harness.adapters.program import NO_CROP, Inexpressible, Program
from harness.adapters.python_text import Source
from harness.adapters.text import Framework
from harness.core.case import GRADIENTS, AnyCase, Dialect, DTypeName, Layout, OutputName, Pads
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lift, lower_words
from harness.operations.conv_transpose.geometry import Geometry, remaining_crops

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Results must not depend on the number of cores, and small calls are fastest on one."""
LEGALITY = ("broken_rules", "empty_inputs", "impossible_parameters", "reported_divergences")
"""Suites about what is refused, in which ways to run one framework differ most."""
ALL_OUTPUTS: tuple[OutputName, ...] = ("output", *GRADIENTS)


class NotInstalledError(Exception):
    """Raised by ``start`` where something that the adapter needs is not installed, with what that is."""


class Adapter(ABC):
    """One framework, in one configuration.

    ``plan`` runs in the harness and must not import the framework; ``start`` and ``prepare`` run in a worker
    process whose ``environment`` was set before Python began.
    """

    name: ClassVar[str]
    dialect: ClassVar[Dialect]
    modes: ClassVar[tuple[str, ...]] = ("eager",)
    dtypes: ClassVar[tuple[DTypeName, ...]]
    refused_dtypes: ClassVar[Mapping[DTypeName, str]] = {}
    """What the framework says of the other dtypes, where that is known."""
    runtime: ClassVar[Framework] = Framework()
    """What is put around the lines of its programs."""
    programs: ClassVar[Mapping[str, str]] = {}
    """What it can be asked beside transposed convolutions, which go through ``plan``.

    For each operation the ``module:function`` that writes the program of a case.
    """
    outputs: ClassVar[tuple[OutputName, ...]] = ("output",)
    """What it can be asked for: gradients need ``differentiate``."""
    shape_only: ClassVar[bool] = False
    """It says shape and dtype without computing a value: ``prepare``'s call returns a ``Form``."""
    layouts: ClassVar[tuple[Layout, ...]]
    """The layouts the framework can be asked for, its usual one first."""
    reusable: ClassVar[bool] = False
    """A prepared call can be made again with other data, as a layer can: it reads its arrays when it is called.

    Other data of the same sizes are then written into ``x``, ``w``, ``b`` and ``g`` between its calls. Without this,
    other data are prepared apart.
    """
    refusals: ClassVar[tuple[type[BaseException], ...]] = ()
    """What its own code raises to refuse a case, where it is itself the implementation.

    Whatever else the adapter's own code raises is its mistake; what the framework raises is an answer.
    """
    environment: ClassVar[Mapping[str, str]] = ONE_THREAD
    variant: ClassVar[bool] = False
    """Another configuration of a framework: asked its own dialect's cases, and all others only when named."""
    process: ClassVar[str] = ""
    """Adapters with the same word here share a process: one framework, one environment, imported once."""
    suites: ClassVar[tuple[str, ...]] = ()
    """The only suites that a variant is asked unless it is named, beside that about modes; none means every one."""
    framework: ClassVar[bool] = True
    """False for an implementation that is checked beside the frameworks: a run of it alone says nothing about any."""
    expensive: ClassVar[bool] = False
    """A variant of seconds a call: not asked the suite about modes either, unless it is named."""
    packages: ClassVar[Mapping[str, str]] = {}
    """The modules that it needs, by the names under which pip installs them; without one it is not installed."""
    smoke: ClassVar[bool] = True
    """Whether a small known call is made once it has started, to see that it works (see harness.adapters.readiness)."""
    weight: ClassVar[int] = 0
    """How long a whole run takes, roughly, in seconds; the heaviest start first, lest one be left to run alone."""

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """How to run ``case``; ``geometry`` is None where the case is illegal or ambiguous and runs as written."""
        raise NotImplementedError

    @abstractmethod
    def start(self) -> dict[str, str]:
        """Import the framework and return the versions in play, the framework's own first."""

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Any]:
        """Everything up to the call itself; the returned function makes the call and gives a NumPy array.

        Where the adapter is ``shape_only`` it gives a ``Form``.

        ``x`` and ``w`` come in the plan's layouts, ``b`` is None unless the plan's bias is native.
        """
        raise NotImplementedError

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """Like ``prepare``; the returned function gives the gradients of ``sum(g * y)``, each shaped as its tensor."""
        message = f"{self.name} computes no gradients"
        raise TypeError(message)

    def explain(self, error: BaseException) -> str:
        """The part of an error's message that says what is wrong."""
        return str(error)

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source | None:
        """``prepare`` and its call as a user writes them, ``call`` being a plan's; None where nobody wrote that down.

        ``dtype`` is that of the data, ``bias`` says whether the call adds one.
        """
        return None

    def program(self, case: AnyCase) -> Program | Inexpressible:
        """How to run ``case`` as a program: what the function that ``programs`` names for its operation gives."""
        module, _, function = self.programs[case.op].partition(":")
        written: Program | Inexpressible = getattr(import_module(module), function)(case)
        return written

    def computes(self, op: str) -> bool:
        """Whether it can be asked the operation called ``op``; programs are written for no variant."""
        return op == Case.op or (op in self.programs and not self.variant)

    @property
    def settings(self) -> dict[str, str]:
        """The part of ``environment`` that may change a result."""
        return {name: value for name, value in self.environment.items() if not name.endswith("_THREADS")}


@dataclass(frozen=True, slots=True)
class Expressed:
    """Words for the native call, and what remains to be cropped afterwards with the reason."""

    words: Words
    crop: Pads = NO_CROP
    reason: str = ""

    def bias_place(self, case: Case) -> BiasPlace:
        """A bias must also reach zeros that are appended after the call."""
        if not case.bias:
            return "none"
        return "after" if any(side < 0 for pads in self.crop for side in pads) else "native"

    def plan(
        self,
        case: Case,
        call: Mapping[str, Any],
        *,
        given: Layout,
        seen: Layout,
        kernel_layout: KernelLayout,
        splits: int = 1,
        reasons: Sequence[str] = (),
    ) -> Plan:
        """The plan for ``call``: native unless something is done around it, for one of ``reasons`` or its own."""
        whole = tuple(filter(None, [*reasons, self.reason]))
        return Plan(
            route="composed" if whole else "native",
            call=call,
            data_layout=seen,
            kernel_layout=kernel_layout,
            given_layout=given,
            bias=self.bias_place(case),
            splits=splits,
            crop=self.crop,
            reasons=whole,
            given={} if case.overrides is None or case.unbatched else case.overrides.tensors,
            unbatched=case.unbatched,
        )


def express(
    dialect: Dialect, geometry: Geometry, widest: Words, usable: Callable[[Words], bool] = lambda _: True
) -> Expressed:
    """Say ``geometry`` in ``dialect``: in words alone if any usable ones exist, else crop what ``widest`` gives."""
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
