"""Windows of values as bytes that a browser reads as typed arrays.

The first bytes of all values of a tensor come first, then their second ones, and so on: that packs better. What equals
another tensor byte by byte is stored once, and what was returned is stored as its difference from what was expected.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.engine.excerpts import Array, Window

_NARROW = ("i1", "i2", "i4")


class Blob:
    """The values of several tensors, one tensor after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._places: dict[bytes, int] = {}
        self._size = 0

    def add(self, window: Window, like: Window | None = None) -> dict[str, Any]:
        """Store the values of ``window``; returns what finds and reads them again, as plain data.

        Floating-point values are stored as the bits in which they differ from ``like``, a window that was added
        before, where both are of one kind and size; ``unlike`` then states where that one is.
        """
        kind = kind_of(window.values)
        packed = _packed(window.values, kind)
        found = {
            "shape": list(window.shape),
            "origin": list(window.origin),
            "size": list(window.values.shape),
            "dtype": str(window.values.dtype),
            "kind": kind,
        }
        if like is not None and like.values.shape == window.values.shape and kind_of(like.values) == kind:
            other = _packed(like.values, kind)
            if kind.startswith("f") and other != packed:
                bits = np.frombuffer(packed, np.uint8) ^ np.frombuffer(other, np.uint8)
                return found | {"at": self._place(bits.tobytes()), "unlike": self._place(other)}
        return found | {"at": self._place(packed)}

    def tobytes(self) -> bytes:
        """Everything stored so far."""
        return b"".join(self._parts)

    def _place(self, packed: bytes) -> int:
        """Where ``packed`` is, which is stored unless it is there already."""
        place = self._places.setdefault(packed, self._size)
        if place == self._size and packed:
            self._parts.append(packed)
            self._size += len(packed)
        return place


def _packed(values: Array, kind: str) -> bytes:
    exact = values.astype(f"<{kind}").ravel()
    return exact.view(np.uint8).reshape(-1, exact.itemsize).T.tobytes()


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
