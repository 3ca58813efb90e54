"""Stand-alone programs: one case on one framework, with NumPy and that framework only, ready for a bug report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from textwrap import wrap

import numpy as np
from jinja2 import Template

from harness.adapters.plan import NO_CROP, Inexpressible, Plan
from harness.core.case import GRADIENTS, OutputName, Pads
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError, Problem
from harness.core.reference import has_independent_elements, may_hold_subnormals
from harness.core.templates import templates
from harness.engine.check import Check
from harness.engine.literals import write_tensors
from harness.engine.program_script import render
from harness.operations import DEFAULT, operation
from harness.operations.conv_transpose.case import Case, transposed_convolution
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.diagnosis import broken_rule
from harness.operations.conv_transpose.geometry import Geometry, full_geometry
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference

WIDTH = 98
_AXES = "NCHW"


def writer_of(op: str) -> Callable[[Check, OutputName], str]:
    """Writes the stand-alone program for an output of a check, whose case is of the operation called ``op``.

    It raises BadInputError where there is none. It may keep what the programs of one case share, so it is quickest when
    asked case by case.
    """
    return Scripts().render if op == DEFAULT else partial(render, operation(op))


def render_script(check: Check, output: OutputName = "output") -> str:
    """The program for ``output`` of ``check``: see ``Scripts.render``."""
    return Scripts().render(check, output)


class Scripts:
    """Writes programs; keeps what those of one case share, so it is quickest when asked case by case."""

    def __init__(self) -> None:
        self._last: tuple[Case, OutputName, _Shared] | None = None

    def render(self, check: Check, output: OutputName = "output") -> str:
        """The program for ``check``: builds the data, makes the call, exits 1 if expected and actual differ.

        With a gradient as ``output`` it makes the call's derivatives, and compares that one. It follows the plan that
        runs. Raises BadInputError where the adapter cannot say the case, is not asked the gradient, or has no source
        text.
        """
        case, plan, adapter = transposed_convolution(check.case), check.plan, check.chosen.adapter
        if not isinstance(plan, Plan):
            reason = plan.reason if isinstance(plan, Inexpressible) else "of another kind"
            raise BadInputError(Problem(case.path, case.line, 1, case.id, f"{adapter.name}: {reason}", "no script"))
        if DTYPES[case.dtype].kind == "complex":
            message = f"{case.dtype}: scripts are written for real numbers"
            raise BadInputError(Problem(case.path, case.line, 1, case.id, message, "see the report's message"))
        if adapter.shape_only and not case.expect.error:
            message, hint = f"{adapter.name} computes no values that a script could compare", "see the report's message"
            raise BadInputError(Problem("-a", 0, 0, adapter.name, message, hint))
        if output in GRADIENTS and output not in check.outputs:
            raise BadInputError(Problem("--output", 0, 0, output, *_not_asked(check, plan, output)))
        if output in GRADIENTS and case.expect.readings:
            message, hint = "several gradients are right", "there is a program for the output"
            raise BadInputError(Problem("--output", 0, 0, output, message, hint))
        source = adapter.source(plan.call, case.dtype, bias=plan.bias == "native")
        if source is None:
            message, hint = f"the adapter {adapter.name} does not write scripts", "give it the method source"
            raise BadInputError(Problem("-a", 0, 0, adapter.name, message, hint))
        if output in GRADIENTS and not source.gradient:
            message, hint = f"the adapter {adapter.name} writes no gradients", "give its Source a gradient"
            raise BadInputError(Problem("-a", 0, 0, adapter.name, message, hint))
        shared = self._shared(check, output)
        (top, bottom), (left, right) = plan.crop
        layouts = {"kernel_grad": (plan.kernel_layout, "IOHW"), "bias_grad": ("C", "C")}
        held, wanted = layouts.get(output, (plan.data_layout, _AXES))
        return _template().render(
            name=case.name,
            output=output,
            place=GRADIENTS.index(output) if output in GRADIENTS else None,
            adapter=adapter.name,
            form_alone=adapter.shape_only,  # a form is of any size, and no copy of it can be made
            comments=[*shared.comments, *_wrapped(plan.reasons)],
            source=source,
            tensors=shared.tensors,
            case=case,
            plan=plan,
            geometry=check.geometry or (full_geometry(case) if case.expect.readings else None),
            expected=shared.expected,
            independent=has_independent_elements(case, output),
            crop=_crop(plan.crop),
            channel_axis=plan.data_layout.index("C"),
            input_axis=plan.kernel_layout.index("I"),
            to_given=_permutation(_AXES, plan.given_layout),
            to_seen=_permutation(plan.given_layout, plan.data_layout),
            to_output=_permutation(plan.data_layout, _AXES),
            to_kernel=_permutation("IOHW", plan.kernel_layout),
            to_cotangent=_permutation(_AXES, plan.data_layout),
            extended=_crop(((-top, -bottom), (-left, -right))),
            gradient_axis=held.index("I" if output == "kernel_grad" else "C"),
            to_gradient=_permutation(held, wanted),
            dtype=DTYPES[case.dtype],
            tiny=DTYPES[case.dtype].smallest_normal if may_hold_subnormals(case) else 0.0,
            summed=_summed(case),
            given={name: _ones(name, *one, case.dtype) for name, one in plan.given.items()},
        )

    def _shared(self, check: Check, output: OutputName) -> _Shared:
        case = transposed_convolution(check.case)
        if self._last is None or self._last[:2] != (case, output):
            tensors = make_tensors(case, check.geometry)
            if output == "output":
                tensors = replace(tensors, g=None)
            sources = [f"Source: {case.source}"] if case.source else []
            rule = broken_rule(case) if case.expect.error else ""
            shared = _Shared(
                comments=_wrapped([case.about, *sources, rule]),
                tensors=write_tensors(case, check.geometry, tensors),
                expected=_expected(case, _truth(check.geometry, tensors, output)),
            )
            self._last = (case, output, shared)
        return self._last[2]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the programs of one case have in common.

    ``expected`` says what the outcome is held against: ``error``, ``readings``, ``bits`` or the rounding ``bound``.
    """

    comments: list[str]
    tensors: list[str]
    expected: str


@cache
def _template() -> Template:
    return templates("harness.engine").get_template("script.py.j2")


def _wrapped(texts: Sequence[str]) -> list[str]:
    return [line for text in texts if text for line in wrap(" ".join(text.split()), WIDTH)]


def _not_asked(check: Check, plan: Plan, output: OutputName) -> tuple[str, str]:
    """Why there is no ``output``, and what there is."""
    hint = f"there is {', '.join(check.outputs)}"
    if output not in check.case.outputs:
        return f"the case {check.case.name} does not ask for it", hint
    if output == "bias_grad" and plan.bias != "native":
        return f"the call of {check.chosen.name} adds no bias in {check.case.name}", hint
    return f"{check.chosen.name} does not compute it", hint


def _truth(geometry: Geometry | None, tensors: Tensors, output: OutputName) -> ConvTransposeReference | Gradient | None:
    if geometry is None:
        return None
    reference = tensors.reference(geometry)
    return reference if tensors.g is None else Gradient(output, reference, tensors.g.astype(np.float64))


def _summed(case: Case) -> str:
    """The dtype in which a program makes the exact sums, as it writes that."""
    if any(reading.overflow for reading in case.expect.readings):
        return "object"
    return "np.int64" if DTYPES[case.dtype].kind == "integer" else "np.float64"


def _expected(case: Case, truth: ConvTransposeReference | Gradient | None) -> str:
    if case.expect.readings:
        return "readings"
    if case.expect.error or truth is None:
        return "error"
    return "bits" if truth.whole is not None or truth.is_exact(case) else "bound"


def _ones(name: str, shape: Sequence[int] | None, dtype: str | None, usual: str) -> str:
    """What is handed over in place of the tensor called ``name`` in a plan."""
    size = {"input": "data", "kernel": "kernel", "bias": "bias"}[name] + ".shape" if shape is None else f"{shape}"
    return f"np.ones({size}, np.{dtype or usual})"


def _permutation(have: str, want: str) -> tuple[int, ...] | None:
    """The arguments of ``transpose``; None where there is nothing to do."""
    return None if have == want else tuple(have.index(letter) for letter in want)


def _crop(crop: Pads) -> dict[str, str]:
    """``pad`` and ``cut`` as Python text, each empty where it does nothing."""
    if crop == NO_CROP:
        return {"pad": "", "cut": ""}
    pads = [(max(-begin, 0), max(-end, 0)) for begin, end in crop]
    cuts = [f"{max(begin, 0) or ''}:{-end if end > 0 else ''}" for begin, end in crop]
    return {
        "pad": str(((0, 0), (0, 0), *pads)) if any(map(any, pads)) else "",
        "cut": "" if cuts == [":", ":"] else f":, :, {', '.join(cuts)}",
    }
