"""Mutants that take what is illegal, refuse what is legal, or fail by a mistake of the adapter itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.mutant import ILLEGAL, LEGAL, Mutant, Where, in_gradients, refused, requesting
from harness.quality.soundness.request import Request, Results


def _mistake(_: Request) -> Results:
    """Its own code raises KeyError."""
    raise KeyError("stride")


def _illegal_by_mistake(request: Request) -> None:
    """Its own code raises KeyError while an illegal call is prepared."""
    if request.geometry is None:
        _mistake(request)


def _attribute(_: Request) -> Results:
    """Its own code takes an attribute of None."""
    missing: object = None
    return missing.results  # type: ignore[attr-defined, no-any-return]


def _zeros(request: Request) -> Results:
    """An array for what is illegal."""
    x = request.tensors["input"]
    return {"output": np.zeros((1, 1, 2, 2), x.dtype)}


def _refused_once(request: Request) -> Results:
    """An illegal call is refused when it is first made, and gives an array from then on."""
    if "refused" in request.prepared:
        return _zeros(request)
    request.prepared["refused"] = True
    return refused(request)


def _unbatched(request: Request) -> Results:
    """An array for one image without a batch, which is refused where another number of axes is."""
    return _zeros(request) if request.tensors["input"].ndim == 3 else refused(request)


_OF_THREE_AXES = ILLEGAL & Where(
    "of three axes", lambda case: case.overrides is not None and len(case.overrides.input or ()) == 3
)
_GROUPS = LEGAL & Where("with groups", lambda case: isinstance(case, Case) and case.groups > 1)
_DILATED = LEGAL & Where(
    "with dilations and strides",
    lambda case: isinstance(case, Case) and max(case.dilations) > 1 and max(case.strides) > 1,
)
_GRADIENT = requesting("input_grad")
MUTANTS: Sequence[Mutant] = (
    Mutant("mistake", "pytorch", _mistake, illegal=_mistake, prepare=_mistake),
    Mutant("mistake_if_illegal", "tensorflow", where=ILLEGAL, prepare=_illegal_by_mistake),
    Mutant("mistake_in_illegal_call", "keras", where=ILLEGAL, illegal=_mistake),
    Mutant("mistake_in_gradients", "pytorch", in_gradients(_mistake), _GRADIENT),
    Mutant("mistake_none", "pytorch", where=ILLEGAL, illegal=_attribute),
    Mutant("accepts_illegal", "pytorch", where=ILLEGAL, illegal=_zeros),
    Mutant("accepts_illegal_later", "keras", where=ILLEGAL, illegal=_refused_once),
    Mutant("accepts_unbatched", "tensorflow", where=_OF_THREE_AXES, illegal=_unbatched),
    Mutant("rejects_all", "tensorflow", refused, LEGAL),
    Mutant("rejects_groups", "pytorch", refused, _GROUPS),
    Mutant("rejects_gradients", "keras", in_gradients(refused), _GRADIENT),
    Mutant("rejects_dilated_groups", "pytorch", refused, _DILATED),
)
