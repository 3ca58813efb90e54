"""Stand-alone programs: one case on one framework, with NumPy and that framework only, ready for a bug report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from textwrap import wrap
from typing import Any

import numpy as np
from jinja2 import Template

from harness.adapters.program import Inexpressible, Program
from harness.adapters.text import text_of
from harness.adapters.written_out import bound, written_out
from harness.core.case import GRADIENTS, AnyCase, OutputName
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError, Problem
from harness.core.numerics import error_bound
from harness.core.reference import has_independent_elements, may_hold_subnormals
from harness.core.templates import templates
from harness.engine.check import Check
from harness.engine.literals import write_array, write_tensors
from harness.operations import operation_of
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.diagnosis import broken_rule
from harness.operations.conv_transpose.geometry import Geometry, full_geometry
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference

WIDTH = 98
SHORT = {"input": "x", "kernel": "w", "bias": "b", "cotangent": "g"}
"""What the programs of transposed convolutions call the tensors."""


def render_script(check: Check, output: OutputName = "output") -> str:
    """The program for ``output`` of ``check``: see ``Scripts.render``."""
    return Scripts().render(check, output)


class Scripts:
    """Writes programs; keeps what those of one case share, so it is quickest case by case."""

    def __init__(self) -> None:
        self._last: tuple[AnyCase, OutputName, _Shared] | None = None

    def render(self, check: Check, output: OutputName = "output") -> str:
        """The program for ``check``: builds the data, makes the call, exits 1 if expected and actual differ.

        With a gradient as ``output`` it makes the call's derivatives, and compares that one. It is the text that runs.
        Raises BadInputError where the adapter cannot state the case, or is not requested the output.
        """
        program = _program(check, output)
        case, adapter = check.case, check.chosen.adapter
        shared, gradient = self._shared(check, output), output in GRADIENTS
        names = [*program.given, *(["cotangent"] if gradient else [])]
        arguments = ", ".join(SHORT[name] for name in names) if isinstance(case, Case) else ", ".join(names)
        text = text_of(program, adapter.runtime, gradient=gradient)
        head, _, functions = text.partition("\n\n\ndef ")
        imported = bound(head)
        handed = {name: value for name, value in program.handed.items() if name not in imported}
        return _template().render(
            op=case.op,
            name=case.name,
            output=output,
            gradient=gradient,
            adapter=check.chosen.name,
            comments=[*shared.comments, *_wrapped(program.reasons)],
            environment=adapter.settings,
            imports=head.split("\n") if head else [],
            setup=adapter.runtime.setup,
            versions=adapter.runtime.versions,
            functions=written_out(f"def {functions}", handed),
            arguments=f"*arrange({arguments})" if functions.startswith("arrange") else arguments,
            form_alone=adapter.shape_only,
            case=case,
            dtype=DTYPES[case.dtype],
            shared=shared,
            tensors=shared.tensors or [line for one in names for line in shared.arrays[one]],
            geometry=check.geometry or (full_geometry(case) if _reads(case) else None),  # type: ignore[arg-type]
            independent=has_independent_elements(case, output),
            tiny=DTYPES[case.dtype].smallest_normal if may_hold_subnormals(case) else 0.0,
        )

    def _shared(self, check: Check, output: OutputName) -> _Shared:
        case = check.case
        if self._last is None or self._last[:2] != (case, output):
            convolves = isinstance(case, Case)
            shared = _of_convolution(case, check.geometry, output) if convolves else _of_table(case, output)
            self._last = (case, output, shared)
        return self._last[2]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the programs of one case have in common.

    ``expected`` says what the outcome is held against: ``error``, ``readings``, ``bits`` or the rounding ``bound``.
    """

    comments: list[str]
    expected: str
    tensors: list[str]
    """Of a transposed convolution, which computes what is due by its definition."""
    summed: str = "np.float64"
    arrays: Mapping[str, list[str]] = field(default_factory=dict)
    """Of another operation, by name."""
    dtype: str = ""
    due: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """Of readings of a transposed convolution whose results are written out."""


@cache
def _template() -> Template:
    return templates("harness.engine").get_template("script.py.j2")


def _reads(case: AnyCase) -> bool:
    return isinstance(case, Case) and bool(case.expect.readings)


def _program(check: Check, output: OutputName) -> Program:
    """What the adapter hands over; raises BadInputError where no script can be written."""
    case, program, adapter = check.case, check.plan, check.chosen.adapter
    if case.expect.readings and (output in GRADIENTS or not isinstance(case, Case)):
        message = "several gradients are right" if output in GRADIENTS else "several outputs are right"
        raise BadInputError(Problem("--output", 0, 0, output, message, "see the report's message"))
    if not isinstance(program, Program):
        reason = program.reason if isinstance(program, Inexpressible) else "it writes no programs"
        raise _none(check, f"{adapter.name}: {reason}", "no script")
    if DTYPES[case.dtype].kind == "complex":
        raise _none(check, f"{case.dtype}: scripts are written for real numbers")
    if adapter.shape_only and not case.expect.error:
        message, hint = f"{adapter.name} computes no values that a script could compare", "see the report's message"
        raise BadInputError(Problem("-a", 0, 0, adapter.name, message, hint))
    if output != "output" and output not in check.outputs:
        message, hint = _why_not(check, program, output), f"there is {', '.join(check.outputs)}"
        raise BadInputError(Problem("--output", 0, 0, output, message, hint))
    return program


def _none(check: Check, message: str, hint: str = "see the report's message") -> BadInputError:
    case = check.case
    return BadInputError(Problem(case.path, case.line, 1, case.id, message, hint))


def _why_not(check: Check, program: Program, output: OutputName) -> str:
    """Why there is no ``output``."""
    if output not in check.case.outputs:
        return f"the case {check.case.name} does not list this output"
    if output == "bias_grad" and output not in program.gradients:
        return f"the call of {check.chosen.name} adds no bias in {check.case.name}"
    return f"{check.chosen.name} does not compute it"


def _comments(case: AnyCase, rule: str) -> list[str]:
    sources = [f"Source: {case.source}"] if case.source else []
    return _wrapped([case.about, *sources, rule])


def _wrapped(texts: Sequence[str]) -> list[str]:
    return [line for text in texts if text for line in wrap(" ".join(text.split()), WIDTH)]


def _of_convolution(case: Any, geometry: Geometry | None, output: OutputName) -> _Shared:
    tensors = make_tensors(case, geometry)
    if output == "output":
        tensors = replace(tensors, g=None)
    return _Shared(
        _comments(case, broken_rule(case) if case.expect.error else ""),
        _expected(case, _truth(geometry, tensors, output)),
        write_tensors(case, geometry, tensors),
        summed=_summed(case),
        written=_written(case, tensors),
    )


def _written(case: Case, tensors: Tensors) -> list[str]:
    """Lines that put the results of readings that are written out into ``written``, by name."""
    numpy = DTYPES[case.dtype].numpy
    found = [(one, truth) for one, truth in tensors.readings(case, "output") if one.results and truth is not None]
    right = {one.name: truth.output if truth.whole is None else truth.whole for one, truth in found}
    lines = [write_array(f"written[{name!r}]", array.astype(numpy)) for name, array in right.items()]
    return ["written = {}", *chain.from_iterable(lines)] if lines else []


def _of_table(case: AnyCase, output: OutputName) -> _Shared:
    """What is due is written out."""
    image_op: Any = operation_of(case)
    prepared = image_op.oracle.prepare(case)
    truth = prepared.reference(output)
    expected, due, bound, dtype = "error", list[str](), list[str](), DTYPES[case.dtype]
    if truth is not None:
        dtype = DTYPES[truth.dtype or case.dtype]
        expected, due = "bits", write_array("expected", truth.output)
        if not truth.is_exact(case):
            allowed = error_bound(truth.output, truth.magnitude, truth.terms, dtype) + truth.slack(dtype)
            expected, bound = "bound", write_array("bound", allowed)
    arrays = {name: write_array(name, array) for name, array in prepared.tensors.named.items()}
    comments = _comments(case, image_op.objection(case) if case.expect.error else "")
    return _Shared(comments, expected, [], arrays=arrays, dtype=dtype.text, due=due, bound=bound)


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
