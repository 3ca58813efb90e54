"""Windows of values as bytes that a browser reads as typed arrays.

The first bytes of all values of a tensor come first, then their second ones, and so on: that packs better.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.exhibit import Array, Window

_NARROW = ("i1", "i2", "i4")


class Blob:
    """The values of several tensors, one tensor after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, window: Window) -> dict[str, Any]:
        """Store the values of ``window``; returns what finds and reads them again, as plain data."""
        kind = kind_of(window.values)
        values = window.values.astype(f"<{kind}").ravel()
        at = self._size
        self._parts.append(values.view(np.uint8).reshape(-1, values.itemsize).T.tobytes())
        self._size += values.nbytes
        return {
            "shape": list(window.shape),
            "origin": list(window.origin),
            "size": list(window.values.shape),
            "dtype": str(window.values.dtype),
            "kind": kind,
            "at": at,
        }

    def tobytes(self) -> bytes:
        """Everything stored so far."""
        return b"".join(self._parts)


def kind_of(values: Array) -> str:
    """The narrowest of the kinds i1, i2, i4, f4 and f8 that holds ``values`` without changing one.

    An integer of more than 53 bits is the exception: it is rounded to f8, as a browser's numbers are.
    """
    if not values.size:
        return "i1"
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int32)
    if np.array_equal(whole, values) and not np.any(np.signbit(values) & (values == 0)):
        least, most = int(whole.min()), int(whole.max())
        return next(kind for kind in _NARROW if np.iinfo(kind).min <= least and most <= np.iinfo(kind).max)
    return "f4" if values.dtype in {np.dtype("f2"), np.dtype("f4")} else "f8"
