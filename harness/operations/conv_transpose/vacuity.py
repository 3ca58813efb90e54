"""Cases that prove nothing: data that give the same result when an implementation mixes them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from harness.operations.conv_transpose.diagnosis.samples import output_at
from harness.operations.conv_transpose.faults import Fault, edit_all, kind, structural_faults, take, wrong_output
from harness.operations.conv_transpose.faults.fault import Change, Index, of_tensor
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array, crude_magnitude
from harness.operations.conv_transpose.prepare import ORACLE
from harness.operations.overflow import overflow_problem
from harness.operations.vacuity import bound_problem

MOST_NAMED = 4
MOVES = ("shifted", "rolled")
SHARES = (0.37, 0.83, 0.59, 0.13)
"""Where among the elements that are not zero those stand that are tried first."""
NOISE = 1e-9
"""Which part of the largest sum of absolute products may be rounding."""


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
    if not np.any(reference.output) and np.any(_distinctive(reference).output):
        return _problem(case, "every output is zero")
    unseen = [fault.text for fault in _unseen(reference)]
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


def _unseen(reference: ConvTransposeReference) -> list[Fault]:
    """The faults that show on data in which no two numbers are alike, and not on ``reference``.

    A fault that zeros do not allow, as in a bias, does not show on them.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        faults, shows = list(_faults(reference)), _shown_by(reference)
        seen = {fault.name for fault in faults if shows(fault)}
        if len(seen) == len(faults) and (reference.b is None or np.any(reference.b)):
            return []
        distinctive = _distinctive(reference)
        shows = _shown_by(distinctive)
        return [fault for fault in _faults(distinctive) if fault.name not in seen and shows(fault)]


def _shown_by(reference: ConvTransposeReference) -> Callable[[Fault], bool]:
    """Whether a fault changes an element of the output: tried on a few elements, then on all if these do not show it.

    A few elements are a proof only where they differ by more than the rounding of sums in another order.
    """
    y = reference.output
    nonzero: Any = np.nonzero(y)
    places = list(_places(nonzero))
    noise = NOISE * crude_magnitude(reference.geometry, reference.x, reference.w, reference.b)

    def shows(fault: Fault) -> bool:
        if fault.zero is not None:
            return any(map(fault.zero, places)) or bool(fault.zero(nonzero).any())
        edited = edit_all([fault], reference)
        computed: Callable[[Any], Any] = y.__getitem__ if edited is reference else partial(output_at, edited)
        if any(abs(take([fault], y.shape, place, computed) - y[place]) > noise for place in places):
            return True
        return not np.array_equal(wrong_output([fault], reference), y, equal_nan=True)

    return shows


def _places(nonzero: Index) -> Iterator[Any]:
    """Which of the elements that are not zero to try first: some, and one in each of their last row and column."""
    if count := len(nonzero[0]):
        for which in [int(share * count) for share in SHARES] + [int(nonzero[axis].argmax()) for axis in (2, 3)]:
            yield tuple(int(along[which]) for along in nonzero)


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
        if not fault.numeric and not ("2" in fault.name and kind(fault.name) in MOVES):
            yield fault


def _permutations(reference: ConvTransposeReference) -> Iterator[Fault]:
    """What stands in another order. The diagnosis finds the order from the difference, so it lists no such faults."""
    geometry = reference.geometry
    if geometry.batch > 1:
        yield of_tensor("x", "batch", "batch elements are in another order", _rolled(geometry.batch))
    if geometry.in_channels > 1:
        yield of_tensor("x", "inputs", "input channels are in another order", _rolled(geometry.in_channels, axis=1))
    if geometry.groups > 1:
        group = geometry.in_channels // geometry.groups
        yield of_tensor("w", "groups", "kernels of the groups are mixed up", _rolled(geometry.in_channels, group))
    if reference.b is not None and geometry.out_channels > 1:
        yield of_tensor("b", "bias", "a bias of another channel is added", _rolled(geometry.out_channels))


def _rolled(count: int, by: int = 1, axis: int = 0) -> Change:
    """What ``numpy.roll`` does, in less time, to an axis of ``count`` elements."""
    order = np.arange(count) - by
    return lambda values: values.take(order, axis)
