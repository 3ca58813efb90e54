"""Indices that a case of max unpooling writes out: whether they can be right. Importing this needs no NumPy."""

from __future__ import annotations

from harness.core.case import LiteralTensor
from harness.operations.max_unpool2d.case import MaxUnpoolCase


def misshapen(case: MaxUnpoolCase) -> str:
    """A sentence on indices that are not one for each value, or nothing."""
    if (indices := _written(case)) is None:
        return ""
    shape = [indices.size(letter) for letter in "NCHW"]
    if shape == list(case.input_shape):
        return ""
    return f"the indices are {shape}, the values {list(case.input_shape)} (NCHW)"


def outside(case: MaxUnpoolCase) -> int | None:
    """The first index that ``case`` writes out and the output does not have."""
    if (indices := _written(case)) is None:
        return None
    return next((int(index) for _, index in indices.elements("NCHW") if not 0 <= index < case.space.size), None)


def odd_index(case: MaxUnpoolCase) -> str:
    """A sentence on indices that are no whole numbers, or of another plane; or nothing.

    That an index names the plane of another element is not a mistake in every framework.
    """
    if (indices := _written(case)) is None:
        return ""
    elements = list(indices.elements("NCHW"))
    if any(index != int(index) for _, index in elements):
        return "an index is no whole number"
    for axis, name in enumerate(("image", "channel")):
        if any(case.space.place(place, int(index))[axis] != place[axis] for place, index in elements):
            return f"an index names another {name} than that of its element"
    return ""


def repeats(case: MaxUnpoolCase) -> bool:
    """Whether an index that ``case`` writes out comes twice in a plane."""
    if (indices := _written(case)) is None:
        return False
    places = [case.space.place(place, int(index)) for place, index in indices.elements("NCHW")]
    return len(set(places)) < len(places)


def _written(case: MaxUnpoolCase) -> LiteralTensor | None:
    return dict(case.literals).get("indices")
