"""Windows of a pooling layer along one axis, and how each dialect lays them out."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.case import PaddingName, Pads, Pair


@dataclass(frozen=True, slots=True)
class Axis:
    """``count`` windows over ``n`` elements: window i takes those at ``i * s - before + a * d`` for a in [0, k)."""

    n: int
    k: int
    s: int
    d: int
    before: int
    count: int

    @property
    def extent(self) -> int:
        """Elements from the first to the last one of a window."""
        return (self.k - 1) * self.d + 1

    @property
    def after(self) -> int:
        """Elements that the last window reaches beyond the axis; none if negative."""
        return max((self.count - 1) * self.s + self.extent - self.n - self.before, 0)

    def taps(self, window: int) -> list[int]:
        """Where ``window`` looks, padding included."""
        return [window * self.s - self.before + a * self.d for a in range(self.k)]

    @property
    def bare(self) -> bool:
        """Whether some window holds no element."""
        return not all(any(0 <= place < self.n for place in self.taps(i)) for i in range(self.count))


def named(name: PaddingName, n: int, k: int, s: int, d: int) -> Axis:
    """``same``: ceil(n / s) windows, an odd total padding has its larger half at the end; ``valid``: no padding.

    Source: TensorFlow's notes on padding; ``same_lower`` is that of ONNX, with the larger half at the start.
    """
    extent = (k - 1) * d + 1
    if name == "valid":
        return Axis(n, k, s, d, 0, (n - extent) // s + 1)
    count = -(-n // s)
    total = max((count - 1) * s + extent - n, 0)
    return Axis(n, k, s, d, total // 2 if name == "same" else total - total // 2, count)


def explicit(pads: Pair, n: int, k: int, s: int, d: int, *, ceil: bool = False) -> Axis:
    """(n + before + after - extent) / s + 1 windows, rounded down or up.

    Rounded up, windows that would start beyond the elements and the padding before them are left out. Source: the
    documentation of ``torch.nn.MaxPool2d``, and of ONNX ``MaxPool``.
    """
    before, after = pads
    span = n + before + after - (k - 1) * d - 1
    count = (-(-span // s) if ceil else span // s) + 1
    if ceil:
        count = min(count, -(-(n + before) // s))
    return Axis(n, k, s, d, before, count)


NO_PADS: Pads = ((0, 0), (0, 0))
