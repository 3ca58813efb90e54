"""Networks of two to eight layers, drawn such that every right implementation gives the same bits.

Each value is a multiple of 2^-f of at most M, and so is every partial sum, in any order; while M 2^f <= 2^24 none is
rounded in float32.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.core.case import Pair
from harness.core.tensors import Array
from harness.porting.layers.layer import Framework
from harness.porting.networks.drawn.steps import Drawing, Step

MOST = 2.0**24
LARGEST, TRIES = 26, 40
EPSILONS = (2.0**-10, 2.0**-7, 2.0**-3)
FIRST = 4
"""Elements of the input are integers up to this."""


@dataclass(frozen=True, slots=True)
class _Tensor:
    """What is known of a value: channels, (H, W) for each input size, its largest element and bits of its fraction."""

    name: str
    channels: int
    sizes: tuple[Pair, ...]
    largest: float
    fraction: int

    @property
    def exact(self) -> bool:
        return bool(self.largest * 2**self.fraction <= MOST)


def drawn(seed: int) -> Drawing:
    """A network; the same for a seed."""
    rng = np.random.default_rng(seed)
    owner: Framework = "pytorch" if rng.random() < 0.5 else "keras"
    grain = int(rng.choice([1, 1, 2, 4]))
    height, width = (int(n) * grain for n in rng.integers(6 // grain + 1, 11 // grain + 3, 2))
    sizes = ((height, width), (height + grain, width + 3 * grain), (height + 2 * grain, width + grain))
    channels = int(rng.integers(1, 4))
    making = _Making(rng, owner, [_Tensor("x", channels, sizes, FIRST, 0)])
    count = int(rng.integers(2, 9))
    for _ in range(TRIES * count):
        if len(making.steps) == count:
            break
        making.grow(last=len(making.steps) == count - 1)
    used = _needed(making.steps)
    if len(used) < 2:
        return drawn(seed + 1_000_003)
    return Drawing(owner, channels, sizes, tuple(used))


def whole(shape: tuple[int, ...], seed: int) -> Array:
    """An input: integers of at most FIRST, by seed."""
    return np.random.default_rng(seed).integers(-FIRST, FIRST + 1, shape).astype(np.float32)


def _needed(steps: list[Step]) -> list[Step]:
    """Those that the last one needs."""
    wanted: set[str] = {steps[-1].name} if steps else set()
    for step in reversed(steps):
        wanted |= set(step.inputs) if step.name in wanted else set()
    return [step for step in steps if step.name in wanted]


class _Making:
    def __init__(self, rng: np.random.Generator, owner: Any, tensors: list[_Tensor]) -> None:
        self.rng, self.owner, self.tensors = rng, owner, tensors
        self.steps: list[Step] = []

    def grow(self, *, last: bool) -> None:
        """Add a layer, unless what was drawn does not fit."""
        kinds = ["conv"] * 3 + ["transposed"] * 2 + ["batch_norm", "relu", "pool", "average", "upsample"]
        kinds += ["concat"] * 4 + ["sigmoid"] * 3 * last
        kind = str(self.rng.choice(kinds))
        name = f"{kind}{len(self.steps)}"
        x = self.tensors[-1]
        if self.rng.random() < 0.2:
            x = self.tensors[int(self.rng.integers(len(self.tensors)))]
        drawn_step = getattr(self, f"_{kind}")(name, x)
        if drawn_step is None:
            return
        step, y = drawn_step
        if y.exact and all(1 <= n <= LARGEST for size in y.sizes for n in size):
            self.steps.append(replace(step, style=int(self.rng.integers(8))))
            self.tensors.append(y)

    def _pair(self, low: int, high: int) -> Pair:
        one, other = (int(n) for n in self.rng.integers(low, high + 1, 2))
        return one, other if self.rng.random() < 0.5 else one

    def _kernel(self, shape: tuple[int, ...]) -> Array:
        """Few taps, of -2 to 2, no two channels alike."""
        array = self.rng.integers(-2, 3, shape) * (self.rng.random(shape) < 0.4)
        flat = array.reshape(shape[0], -1)
        flat[np.arange(shape[0]), self.rng.integers(0, flat.shape[1], shape[0])] += 1
        return flat.reshape(shape).astype(np.float32)

    def _conv(self, name: str, x: _Tensor) -> Any:
        kernel = self._pair(1, 4)
        strides = self._pair(1, 2) if self.rng.random() < 0.5 else (1, 1)
        dilations = self._pair(1, 2) if strides == (1, 1) else (1, 1)
        groups = x.channels if x.channels > 1 and self.rng.random() < 0.2 else 1
        step = Step(name, "conv2d", (x.name,), kernel, strides, dilations, groups)
        if any(extent < s for extent, s in zip(step.extents, strides, strict=True)):
            return None
        filters = groups * int(self.rng.integers(1, 3)) if groups > 1 else int(self.rng.integers(1, 4))
        weights = {"kernel": self._kernel((filters, x.channels // groups, *kernel))}
        if self.rng.random() < 0.8:
            weights["bias"] = self.rng.integers(1, 4, filters).astype(np.float32)
        step = self._padded(replace(step, weights=weights))
        return self._summed(step, x, filters, np.abs(weights["kernel"]).sum((1, 2, 3)).max())

    def _padded(self, step: Step) -> Step:
        """``same``, nothing, as much on both sides, or anything."""
        choice = int(self.rng.integers(2 if step.kind == "max_pool2d" and self.owner == "keras" else 4))
        if choice == 0:
            return replace(step, same=True)
        if choice == 1:
            return step
        rows, columns = self._pair(0, 2)
        if choice == 2 or step.kind == "max_pool2d":
            most = [k // 2 if step.kind == "max_pool2d" else 2 for k in step.kernel_size]
            half = [min(n, m) for n, m in zip((rows, columns), most, strict=True)]
            return replace(step, pads=tuple((n, n) for n in half))
        return replace(step, pads=((rows, columns), self._pair(0, 2)))

    def _summed(self, step: Step, x: _Tensor, filters: int, gain: float) -> Any:
        bias = float(np.abs(step.weights["bias"]).max()) if "bias" in step.weights else 0.0
        sizes = tuple(_slid(size, step) for size in x.sizes)
        return step, _Tensor(step.name, filters, sizes, x.largest * float(gain) + bias, x.fraction)

    def _transposed(self, name: str, x: _Tensor) -> Any:
        """As PyTorch states it (padding, output padding), or as Keras does (same, valid)."""
        kernel = self._pair(1, 4)
        strides = self._pair(1, 3)
        dilation = int(self.rng.integers(1, 3)) if strides == (1, 1) else 1
        dilations = (dilation, dilation)
        groups = x.channels if x.channels > 1 and self.owner == "pytorch" and self.rng.random() < 0.15 else 1
        step = Step(name, "conv_transpose2d", (x.name,), kernel, strides, dilations, groups)
        spare = [extent - s for extent, s in zip(step.extents, strides, strict=True)]
        if min(spare) < 0:
            return None
        crops: list[Pair] = []
        words = int(self.rng.integers(3))
        for over, stride in zip(spare, strides, strict=True):
            if self.owner == "keras" or words == 0:
                crops.append((over // 2, over - over // 2) if words else (0, 0))
            else:
                begin = int(self.rng.integers(0, 3))
                crops.append((begin, begin - int(self.rng.integers(0, min(begin, stride - 1) + 1))))
        filters = groups * int(self.rng.integers(1, 3))
        weights = {"kernel": self._kernel((x.channels, filters // groups, *kernel))}
        if self.rng.random() < 0.8:
            weights["bias"] = self.rng.integers(1, 4, filters).astype(np.float32)
        step = replace(step, pads=tuple(crops), weights=weights)
        gain = np.abs(weights["kernel"]).sum((2, 3)).max() * (x.channels // groups)
        sizes = tuple(_grown(size, step) for size in x.sizes)
        made, y = self._summed(step, x, filters, gain)
        return made, replace(y, sizes=sizes)

    def _batch_norm(self, name: str, x: _Tensor) -> Any:
        """With a root of variance and epsilon of 1 or 2."""
        epsilon = float(self.rng.choice(EPSILONS))
        root = self.rng.choice([1.0, 2.0], x.channels)
        weights = {
            "gamma": self.rng.choice([-2.0, 1.0, 3.0], x.channels),
            "beta": self.rng.integers(4, 8, x.channels),
            "mean": self.rng.integers(-3, 4, x.channels),
            "variance": root**2 - epsilon,
        }
        made = {role: array.astype(np.float32) for role, array in weights.items()}
        step = Step(name, "batch_norm", (x.name,), epsilon=epsilon, weights=made)
        return step, replace(x, name=name, largest=3 * (x.largest + 3) + 8, fraction=x.fraction + 1)

    def _relu(self, name: str, x: _Tensor) -> Any:
        return Step(name, "relu", (x.name,)), replace(x, name=name)

    def _sigmoid(self, name: str, x: _Tensor) -> Any:
        return Step(name, "sigmoid", (x.name,)), replace(x, name=name, largest=1.0, fraction=0)

    def _pool(self, name: str, x: _Tensor) -> Any:
        size = self._pair(2, 3)
        strides = self._pair(1, 2)
        step = self._padded(Step(name, "max_pool2d", (x.name,), size, strides))
        sizes = tuple(_slid(each, step) for each in x.sizes)
        return step, replace(x, name=name, sizes=sizes)

    def _average(self, name: str, x: _Tensor) -> Any:
        size: Pair = ((2, 2), (1, 2), (2, 1))[int(self.rng.integers(3))]
        step = Step(name, "average_pool2d", (x.name,), size, self._pair(1, 2))
        sizes = tuple(_slid(each, step) for each in x.sizes)
        return step, replace(x, name=name, sizes=sizes, largest=4 * x.largest, fraction=x.fraction + 2)

    def _upsample(self, name: str, x: _Tensor) -> Any:
        bilinear = bool(self.rng.random() < 0.4)
        factors: Pair = (2, 2) if bilinear else self._pair(1, 2)
        sizes = tuple((h * factors[0], w * factors[1]) for h, w in x.sizes)
        step = Step(name, "upsample2d", (x.name,), strides=factors, way="bilinear" if bilinear else "nearest")
        grown = x.largest * (2 if bilinear else 1)  # the difference of two
        return step, replace(x, name=name, sizes=sizes, largest=grown, fraction=x.fraction + 4 * bilinear)

    def _concat(self, name: str, x: _Tensor) -> Any:
        others = [one for one in self.tensors if one.sizes == x.sizes and one.name != x.name]
        if not others or x.channels > 4:
            return None
        other = others[int(self.rng.integers(len(others)))]
        joined = (x, other) if self.rng.random() < 0.5 else (other, x)
        largest, fraction = max(x.largest, other.largest), max(x.fraction, other.fraction)
        y = _Tensor(name, x.channels + other.channels, x.sizes, largest, fraction)
        return Step(name, "concat", tuple(one.name for one in joined)), y


def _slid(size: Pair, step: Step) -> Pair:
    height, width = (
        -(-n // stride) if step.same else (n + sum(pad) - extent) // stride + 1
        for n, extent, stride, pad in zip(size, step.extents, step.strides, step.pads, strict=True)
    )
    return height, width


def _grown(size: Pair, step: Step) -> Pair:
    height, width = (
        (n - 1) * stride + extent - sum(crop)
        for n, extent, stride, crop in zip(size, step.extents, step.strides, step.pads, strict=True)
    )
    return height, width
