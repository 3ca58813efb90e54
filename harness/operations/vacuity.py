"""Cases that prove nothing: no fault fails them, their bounds let wrong arrays through, or sums leave float64."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, OutputName
from harness.core.comparator import judge_value
from harness.core.dtypes import DTYPES
from harness.core.errors import Problem
from harness.core.measuring import Beside, Sums
from harness.core.outcome import Value
from harness.core.reference import Reference, may_hold_subnormals
from harness.core.results import Verdict
from harness.operations.faults import Fault, kills_any
from harness.operations.image_case import ImageCase
from harness.operations.oracle import ImageOracle, arrays_of, widened

Array = npt.NDArray[Any]


def vacuous(case: ImageCase, oracle: ImageOracle, faults: Sequence[Fault]) -> Problem | None:
    """A case of an operation on images that none of ``faults`` fails proves nothing; a published or empty one may."""
    prepared = oracle.prepare(case)
    if not case.nominal:
        arrays = arrays_of(prepared)
        rotated: dict[OutputName, Any] = {}
        if "kernel" in arrays and may_hold_subnormals(case):
            turned = {**arrays, "kernel": arrays["kernel"][..., ::-1, ::-1]}
            rotated = {"output": oracle.references(case, widened(turned))["output"].output}
        if problem := bound_problem(case, arrays.values(), prepared.references, rotated):
            return problem
    if case.source or case.nominal or case.has_empty_axis or kills_any(case, prepared, faults):
        return None
    return Problem(case.path, case.line, 1, case.id, "vacuous: no fault fails it", "use other data or sizes")


def bound_problem(
    case: AnyCase,
    data: Iterable[Array],
    references: Mapping[OutputName, Reference],
    rotated: Mapping[OutputName, Array],
) -> Problem | None:
    """A problem if zeros, the negated or the rotated result would pass, or if float64 cannot hold the reference.

    ``references`` are the right answers of a legal case from ``data``, ``rotated`` those with the kernel turned by 180
    degrees, in float64. Cases of drawn integers have no bound, and published data (``source``) stay as they are.
    """
    if not may_hold_subnormals(case) or DTYPES[case.dtype].kind != "float":
        return None
    finite = all(np.all(np.isfinite(tensor.astype(np.float64))) for tensor in data)
    for output, reference in references.items():
        if DTYPES[reference.dtype or case.dtype].kind != "float":
            continue
        if finite and not np.all(np.isfinite(reference.magnitude)):
            message = f"the sum of absolute products of {output} exceeds the largest number of float64"
            hint = "use smaller numbers: the reference is a sum in float64"
            return Problem(case.path, case.line, 1, case.id, message, hint)
        made = () if case.source else _wrong(reference, rotated.get(output))
        if passing := list(_passing(case, reference, output, made)):
            terms = int(np.max(reference.terms, initial=0))
            message = f"vacuous: with {terms} terms in {case.dtype} the bound of {output} lets {_and(passing)} pass"
            hint = "use fewer channels, a smaller kernel or a wider dtype, more elements, or data that do not cancel"
            return Problem(case.path, case.line, 1, case.id, message, hint)
    return None


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _wrong(reference: Reference, rotated: Array | None) -> Iterator[tuple[str, Array]]:
    yield "the array of zeros", np.zeros(reference.output.shape)
    yield "the negated result", -reference.output
    if rotated is not None:
        yield "the result of the rotated kernel", rotated


def _passing(
    case: AnyCase, reference: Reference, output: OutputName, made: Iterable[tuple[str, Array]]
) -> Iterator[str]:
    """Which of the wrong arrays ``made`` pass, other than by equality or as subnormals that are flushed."""
    dtype = DTYPES[reference.dtype or case.dtype]
    tiny, sums = dtype.smallest_normal, Sums(dtype.name)
    same = reference.flushed(tiny) is None
    for what, wrong in made:
        with np.errstate(over="ignore"):
            cast = wrong.astype(dtype.numpy)
        # most are beyond the widest bound that a verdict tries, that of an implementation which flushes subnormals
        beside = Beside(cast.astype(np.float64), reference, dtype, independent=False, floor=tiny)
        if same and beside.errors.ratio(sums) > 1:
            continue
        if judge_value(case, reference, Value(cast), output).verdict in {Verdict.WITHIN_BOUND, Verdict.INCONCLUSIVE}:
            yield what
