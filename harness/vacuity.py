"""Cases that prove nothing: data that give the same result when an implementation mixes them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.adapters import Chosen
from harness.adapters.plan import Plan
from harness.case import Case
from harness.check import plan_check
from harness.data import make_tensors
from harness.dialects import lower
from harness.errors import Problem
from harness.oracle import Float64Array, Reference

Fault = Callable[[Reference], Reference]


def vacuous(case: Case) -> Problem | None:
    """A problem if the data of ``case`` leave a mix-up unseen that other data of the same sizes would show.

    Published data (``source``) are kept as published; errors and ambiguous cases are about refusal, not values.
    """
    if case.nominal or case.source:
        return None
    geometry = lower(case)
    reference = make_tensors(case, geometry).reference(geometry)
    telling = _telling(reference)
    if not np.any(reference.output) and np.any(telling.output):
        return _problem(case, "every output is zero")
    for name, fault in _faults(reference):
        if not _shows(fault, reference) and _shows(fault, telling):
            return _problem(case, f"the data cannot show {name}")
    return None


def unasked(case: Case, adapters: Sequence[Chosen]) -> Problem | None:
    """A problem if none of ``adapters`` can be asked: the case would be listed for ever and never run."""
    checks = [check for one in adapters if (check := plan_check(case, one)) is not None]
    if any(isinstance(check.plan, Plan) for check in checks):
        return None
    return _problem(case, f"no adapter can be asked in the {case.dialect} dialect")


def _shows(fault: Fault, reference: Reference) -> bool:
    return not np.array_equal(fault(reference).output, reference.output)


def _telling(reference: Reference) -> Reference:
    """The same operation on data in which no two numbers are alike."""
    generator = np.random.default_rng(0)
    b = None if reference.b is None else generator.normal(size=reference.b.shape)
    x, w = (generator.normal(size=tensor.shape) for tensor in (reference.x, reference.w))
    return Reference(reference.geometry, x, w, b)


def _problem(case: Case, message: str) -> Problem:
    return Problem(case.path, case.line, 1, case.id, f"vacuous: {message}", "use other data, sizes or words")


def _faults(reference: Reference) -> Iterator[tuple[str, Fault]]:
    """The mix-ups that these sizes leave room for."""
    geometry = reference.geometry
    if geometry.height.k > 1:
        yield "a kernel flipped in height", lambda r: replace(r, w=r.w[:, :, ::-1])
    if geometry.width.k > 1:
        yield "a kernel flipped in width", lambda r: replace(r, w=r.w[..., ::-1])
    if geometry.batch > 1:
        yield "batch elements in another order", lambda r: replace(r, x=np.roll(r.x, 1, axis=0))
    if geometry.in_channels > 1:
        yield "input channels in another order", lambda r: replace(r, x=np.roll(r.x, 1, axis=1))
    if geometry.groups > 1:
        yield "kernels of the groups mixed up", _roll_groups
    if reference.b is not None and geometry.out_channels > 1:
        yield "a bias of another channel", lambda r: replace(r, b=None if r.b is None else np.roll(r.b, 1))


def _roll_groups(reference: Reference) -> Reference:
    w: Float64Array = np.roll(reference.w, reference.geometry.in_channels // reference.geometry.groups, axis=0)
    return replace(reference, w=w)
