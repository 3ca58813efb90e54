"""The reference of max unpooling: values at their indices, and the cotangent picked from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.core.case import OutputName
from harness.core.reference import ReferenceValues
from harness.operations.max_pool2d_with_indices.oracle import patches, picked, winners
from harness.operations.max_unpool2d.case import MaxUnpoolCase
from harness.operations.oracle import Array, Arrays, Draw, ImageOracle, distinct, summed_in_windows, written


def data(case: MaxUnpoolCase, draw: Draw) -> dict[str, Array]:
    """``input`` (N, C, H, W) and ``indices`` of the same shape: what pooling an image of the output's size gives.

    Values are only picked, but one reading sums those of one index, which windows that overlap share.
    """
    recipe, given = summed_in_windows(case), dict(case.literals)
    values = written(case, "input", draw(case.input_shape, recipe))
    if "indices" in given or case.expect.error:
        return {"input": values, "indices": written(case, "indices", np.zeros(case.input_shape, np.int64))}
    image = distinct(case, case.space.shape, recipe.many or recipe.few)
    found = patches(case.axes, image.astype(np.float64))
    maxima, where = picked(found, winners(found))
    if "input" not in given and case.data == "integers":
        values = maxima.astype(values.dtype)
    return {"input": values, "indices": case.space.flatten(where).astype(np.int64)}


def references(case: MaxUnpoolCase, arrays: Arrays, pick: str = "last") -> Mapping[OutputName, ReferenceValues]:
    """``output``, and ``input_grad`` where a cotangent is there.

    Of values with one index the ``first`` or ``last`` in reading order stays, or their ``sum``; what is overwritten has
    no gradient.
    """
    x, shape = arrays["input"], case.space.shape
    places = flat(case, arrays["indices"])
    y = np.zeros(shape)
    kept = np.ones(x.size, bool)
    if pick == "sum":
        np.add.at(y.reshape(-1), places, x.ravel())
    else:
        kept = stays(places, pick)
        y.reshape(-1)[places[kept]] = x.ravel()[kept]
    answers: dict[OutputName, ReferenceValues] = {"output": ReferenceValues(y)}
    if "cotangent" in arrays:
        g = arrays["cotangent"].ravel()[places] * kept
        answers["input_grad"] = ReferenceValues(g.reshape(x.shape))
    return answers


def flat(case: MaxUnpoolCase, indices: Array) -> Array:
    """The place of each of ``indices`` (N, C, H, W) in the output's elements in reading order."""
    where = case.space.coordinates(indices)
    return np.ravel_multi_index([where[letter].ravel() for letter in "NCHW"], case.space.shape)


def stays(places: Array, pick: str) -> Any:
    """Whether each of ``places`` is the ``first`` or ``last`` one of those that are alike."""
    order = places if pick == "first" else places[::-1]
    kept = np.zeros(places.size, bool)
    kept[np.unique(order, return_index=True)[1]] = True
    return kept if pick == "first" else kept[::-1]


ORACLE = ImageOracle(data, references, summed_in_windows, references)
