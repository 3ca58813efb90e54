"""Mutants that take what is illegal, refuse what is legal, or fail by a mistake of the adapter itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.mutant import Mutant, all_of, asks, illegal, legal, refused
from harness.quality.soundness.request import Request, Results


def _mistake(_: Request) -> None:
    raise KeyError("stride")


def _mistaken(request: Request) -> Results:
    _mistake(request)
    return {}


def _mistaken_if_illegal(request: Request) -> None:
    if request.geometry is None:
        _mistake(request)


def _zeros(request: Request) -> Results:
    """An array for what is illegal."""
    x = request.tensors["input"]
    return {"output": np.zeros((1, 1, 2, 2), x.dtype)}


def _unbatched(request: Request) -> Results:
    """An array for one image without a batch, which is refused where another number of axes is."""
    return _zeros(request) if request.tensors["input"].ndim == 3 else refused(request)


def _of_three_axes(case: AnyCase) -> bool:
    return case.expect.error and case.overrides is not None and len(case.overrides.input or ()) == 3


def _mistaken_gradients(request: Request) -> Results:
    if request.differentiates:
        _mistake(request)
    return request.right


def _groups(case: AnyCase) -> bool:
    return isinstance(case, Case) and legal(case) and case.groups > 1


def _attribute(_: Request) -> Results:
    missing: object = None
    return missing.results  # type: ignore[attr-defined, no-any-return]


MUTANTS: Sequence[Mutant] = (
    Mutant(
        "mistake",
        "its own code raises KeyError, whatever the call",
        "pytorch",
        _mistaken,
        illegal=_mistaken,
        prepare=_mistake,
    ),
    Mutant(
        "mistake_if_illegal",
        "its own code raises KeyError while an illegal call is prepared",
        "tensorflow",
        where=illegal,
        prepare=_mistaken_if_illegal,
    ),
    Mutant(
        "mistake_in_illegal_call",
        "its own code raises KeyError when an illegal call is made",
        "keras",
        where=illegal,
        illegal=_mistaken,
    ),
    Mutant(
        "mistake_in_gradients",
        "its own code raises KeyError in the gradients",
        "pytorch",
        _mistaken_gradients,
        asks("input_grad"),
    ),
    Mutant(
        "mistake_none",
        "its own code takes an attribute of None, in illegal calls",
        "pytorch",
        where=illegal,
        illegal=_attribute,
    ),
    Mutant("accepts_illegal", "an array for every illegal call", "pytorch", where=illegal, illegal=_zeros),
    Mutant(
        "accepts_unbatched",
        "an array for an image without a batch",
        "tensorflow",
        where=_of_three_axes,
        illegal=_unbatched,
    ),
    Mutant("rejects_all", "every call is refused", "tensorflow", refused, legal),
    Mutant("rejects_groups", "groups are refused", "pytorch", refused, _groups),
    Mutant(
        "rejects_gradients",
        "gradients are refused",
        "keras",
        lambda request: refused(request) if request.differentiates else request.right,
        asks("input_grad"),
    ),
    Mutant(
        "rejects_dilated_groups",
        "dilation with strides is refused",
        "pytorch",
        refused,
        all_of(legal, lambda case: isinstance(case, Case) and max(case.dilations) > 1 and max(case.strides) > 1),
    ),
)
