"""Stand-alone programs for operations whose calls are programs: what runs is what is printed."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from harness.adapters.program import Program
from harness.core.case import GRADIENTS, OutputName
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError, Problem
from harness.core.numerics import error_bound
from harness.core.templates import templates
from harness.engine.literals import write_array
from harness.operations.oracle import arrays_of

if TYPE_CHECKING:
    from harness.engine.check import Check
    from harness.operations import Operation

WIDTH = 98


def render(image_op: Operation, check: Check, output: OutputName) -> str:
    """The program for ``output`` of ``check``; raises BadInputError where there is none."""
    case, program = check.case, check.plan
    if not isinstance(program, Program):
        reason = getattr(program, "reason", "of another kind")
        raise no_script(check, f"{check.chosen.name}: {reason}")
    if output not in check.outputs:
        hint = f"there is {', '.join(check.outputs)}"
        raise BadInputError(Problem("--output", 0, 0, output, "is not asked, or not computed", hint))
    if case.expect.readings:
        raise no_script(check, "several outputs are right")
    prepared = image_op.oracle.prepare(case)
    arrays = arrays_of(prepared)
    gradient = output in GRADIENTS
    expected, bound = [], []
    if truth := prepared.reference(output):
        dtype = DTYPES[truth.dtype or case.dtype]
        expected = write_array("expected", truth.output)
        if not truth.is_exact(case):
            allowed = error_bound(truth.output, truth.magnitude, truth.terms, dtype) + truth.slack(dtype)
            bound = write_array("bound", allowed)
    names = [*program.tensors, *(["cotangent"] if gradient else [])]
    sources = [f"Source: {case.source}"] if case.source else []
    texts = [case.about, *sources, *([image_op.objection(case)] if case.expect.error else []), *program.reasons]
    return (
        templates("harness.engine")
        .get_template("program_script.py.j2")
        .render(
            name=case.name,
            op=image_op.name,
            output=output,
            adapter=check.chosen.name,
            comments=[line for text in texts if text for line in wrap(" ".join(text.split()), WIDTH)],
            program=program,
            dtype=DTYPES[case.dtype],
            names=names,
            tensors=[line for name in names for line in write_array(name, arrays[name])],
            function="gradient" if gradient else "forward",
            expected=expected,
            bound=bound,
            error=case.expect.error,
        )
    )


def no_script(check: Check, message: str) -> BadInputError:
    """That no program can be written for ``check``."""
    case = check.case
    return BadInputError(Problem(case.path, case.line, 1, case.id, message, "see the report's message"))
