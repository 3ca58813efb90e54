from __future__ import annotations

import numpy as np
import pytest

from harness.engine.excerpts import Window
from harness.reports.html_arrays import Blob, kind_of


def unpacked(data, found):
    """What a browser makes of a tensor in a blob."""
    dtype = np.dtype(f"<{found['kind']}")
    count = int(np.prod(found["size"], dtype=int))
    part = np.frombuffer(data, np.uint8, count * dtype.itemsize, found["at"])
    if "unlike" in found:
        part = part ^ np.frombuffer(data, np.uint8, count * dtype.itemsize, found["unlike"])
    return part.reshape(dtype.itemsize, count).T.copy().view(dtype).reshape(found["size"])


TENSORS = [
    np.arange(-128, 128, dtype="float32"),
    np.array([128.0, 3.0]),
    np.array([-32769, 1], "float32"),
    np.array([2.0**24, 1.0], "float32"),
    np.array([2.0**40, 1.0]),
    np.array([0.5, -0.25], "float16"),
    np.array([1 / 3, 2.0], "float32"),
    np.array([1 / 3, 2.0]),
    np.array([np.nan, np.inf, -np.inf, 1.0], "float32"),
    np.array([-0.0, 1.0]),
    np.array([7, 200], "uint8"),
    np.array([-5], "int64"),
    np.zeros(0, "float32"),
]
KINDS = ["i1", "i2", "i4", "i4", "f8", "f4", "f4", "f8", "f4", "f8", "i2", "i1", "i1"]


@pytest.mark.parametrize(("values", "kind"), list(zip(TENSORS, KINDS, strict=True)))
def test_values_are_kept_in_the_narrowest_kind_that_changes_none(values, kind):
    assert kind_of(values) == kind
    kept = values.astype(kind)
    assert np.array_equal(kept, values, equal_nan=values.dtype.kind == "f")
    assert np.array_equal(np.signbit(kept), np.signbit(values))


def test_tensors_are_read_again_from_the_blob():
    blob = Blob()
    found = [blob.add(Window((1, 1, *values.shape), (0, 0, 0), values.reshape(1, 1, -1))) for values in TENSORS]
    data = blob.tobytes()
    for values, one in zip(TENSORS, found, strict=True):
        assert np.array_equal(unpacked(data, one).ravel(), values, equal_nan=values.dtype.kind == "f")
        assert (one["dtype"], one["shape"]) == (str(values.dtype), [1, 1, values.size])
    assert len(data) == sum(values.size * int(one["kind"][1]) for values, one in zip(TENSORS, found, strict=True))


def window(values):
    return Window((1, 1, *values.shape), (0, 0, 0), values.reshape(1, 1, -1))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_came_is_read_again_from_its_difference(dtype):
    expected = np.array([1 / 3, -2.5, np.nan, 1e-7, np.inf, 0.0], dtype)
    actual = np.array([1 / 3, -2.4, 1.0, np.nan, -np.inf, -0.0], dtype)
    blob = Blob()
    first = blob.add(window(expected))
    found = blob.add(window(actual), window(expected))
    assert found["unlike"] == first["at"]
    for values, one in ((expected, first), (actual, found)):
        again = unpacked(blob.tobytes(), one).ravel()
        assert np.array_equal(again, values, equal_nan=True)
        assert np.array_equal(np.signbit(again), np.signbit(values))


def test_no_difference_is_taken_where_kinds_or_sizes_differ():
    real, whole, more = (
        np.array([0.1, 2.0], "float32"),
        np.array([1.0, 2.0], "float32"),
        np.array([0.1, 2.0, 3.0], "float32"),
    )
    blob = Blob()
    for values, like in ((real, whole), (whole, real), (real, more), (whole, whole + 1)):
        found = blob.add(window(values), window(like))
        assert "unlike" not in found
        assert np.array_equal(unpacked(blob.tobytes(), found).ravel(), values)


def test_equal_values_are_stored_once():
    blob = Blob()
    values = np.array([0.1, 2.0], "float32")
    assert blob.add(window(values)) == blob.add(window(values.copy())) == blob.add(window(values), window(values))
    assert len(blob.tobytes()) == values.nbytes
