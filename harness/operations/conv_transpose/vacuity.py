"""Cases that prove nothing: data that give the same result when an implementation mixes them up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.core.case import AnyCase, OutputName
from harness.core.dtypes import DTYPES
from harness.core.errors import Problem
from harness.core.prepared import Prepared
from harness.core.reference import may_hold_subnormals
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.diagnosis.samples import outputs_at
from harness.operations.conv_transpose.faults import Fault, edit_all, kind, structural_faults, take, wrong_output
from harness.operations.conv_transpose.faults.fault import of_tensor
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.operations.conv_transpose.prepare import ORACLE
from harness.operations.overflow import overflow_problem
from harness.operations.vacuity import bound_problem

MOST_NAMED = 4
MOVES = ("shifted", "rolled")
LARGE, FEW = 1 << 14, 16
"""Elements of the output: how many make it large, and how many are then tried first."""


def vacuous(case: Case) -> Problem | None:
    """A problem if the data of ``case`` leave a fault unseen that other data of the same sizes would show.

    Published data (``source``) are kept as published; errors and ambiguous cases are about refusal, not values,
    and an output without elements is about its shape. Of complex data both parts are drawn like real ones.
    """
    if case.nominal or DTYPES[case.dtype].kind == "complex":
        return None
    prepared = ORACLE.prepare(case)
    reference: Any = prepared.references["output"]
    if problem := overflow_problem(case, reference) or _bound_problem(case, prepared, reference):
        return problem
    if case.source or not reference.output.size:
        return None
    distinctive = _distinctive(reference)
    if not np.any(reference.output) and np.any(distinctive.output):
        return _problem(case, "every output is zero")
    unseen = [fault.text for fault in _unseen(reference, distinctive)]
    if not unseen:
        return None
    more = [f"{len(unseen) - MOST_NAMED} more faults are there"] if len(unseen) > MOST_NAMED else []
    return _problem(case, f"the data cannot show whether {', or '.join([*unseen[:MOST_NAMED], *more])}")


def _bound_problem(case: Case, prepared: Prepared, reference: ConvTransposeReference) -> Problem | None:
    """Of the output and of every gradient that is requested."""
    turned = replace(reference, w=reference.w[:, :, ::-1, ::-1])
    rotated: dict[OutputName, Float64Array] = (
        {} if max(case.kernel_size) == 1 or not may_hold_subnormals(case) else {"output": turned.output}
    )
    return bound_problem(case, prepared.tensors.named.values(), prepared.references, rotated)


def _unseen(reference: ConvTransposeReference, distinctive: ConvTransposeReference) -> Iterator[Fault]:
    """The faults that show on ``distinctive`` and not on ``reference``.

    A fault that zeros do not allow, as in a bias, does not show on them.
    """
    seen = {fault.name for fault in _faults(reference) if _shows(fault, reference)}
    yield from (fault for fault in _faults(distinctive) if fault.name not in seen and _shows(fault, distinctive))


def _shows(fault: Fault, reference: ConvTransposeReference) -> bool:
    """Whether the fault changes an element; of a large output a few are tried before all of them."""
    if reference.output.size > LARGE and _shows_in_few(fault, reference):
        return True
    return not np.array_equal(wrong_output([fault], reference), reference.output, equal_nan=True)


def _shows_in_few(fault: Fault, reference: ConvTransposeReference) -> bool:
    shape, edited = reference.output.shape, edit_all([fault], reference)
    places = np.random.default_rng(0).integers(0, reference.output.size, FEW)
    n, c, h, w = np.unravel_index(places, shape)
    wrong = take([fault], shape, (n, c, h, w), lambda index: outputs_at(edited, index).values)
    return not np.array_equal(wrong, outputs_at(reference, (n, c, h, w)).values, equal_nan=True)


def _distinctive(reference: ConvTransposeReference) -> ConvTransposeReference:
    """The same operation on data in which no two numbers are alike."""
    generator = np.random.default_rng(0)
    b = None if reference.b is None else generator.normal(size=reference.b.shape)
    x, w = (generator.normal(size=tensor.shape) for tensor in (reference.x, reference.w))
    return ConvTransposeReference(reference.geometry, x, w, b)


def _problem(case: AnyCase, message: str) -> Problem:
    return Problem(case.path, case.line, 1, case.id, f"vacuous: {message}", "use other data, sizes or words")


def _faults(reference: ConvTransposeReference) -> Iterator[Fault]:
    """The faults that these sizes allow, less those about numbers alone and, to save time, moves by two."""
    yield from _permutations(reference)
    for fault in structural_faults(reference):
        if not fault.numeric and not (kind(fault.name) in MOVES and "2" in fault.name):
            yield fault


def _permutations(reference: ConvTransposeReference) -> Iterator[Fault]:
    """What stands in another order. The diagnosis finds the order from the difference, so it lists no such faults."""
    geometry = reference.geometry
    if geometry.batch > 1:
        yield of_tensor("x", "batch", "batch elements are in another order", partial(np.roll, shift=1, axis=0))
    if geometry.in_channels > 1:
        yield of_tensor("x", "inputs", "input channels are in another order", partial(np.roll, shift=1, axis=1))
    if geometry.groups > 1:
        group = geometry.in_channels // geometry.groups
        yield of_tensor("w", "groups", "kernels of the groups are mixed up", partial(np.roll, shift=group, axis=0))
    if reference.b is not None and geometry.out_channels > 1:
        yield of_tensor("b", "bias", "a bias of another channel is added", partial(np.roll, shift=1))
