"""Other data of the same sizes, whose right results follow from those of the first ones.

The harness and a worker both make them, so a job need not carry them. Imports NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.core.tensors import Array, same_numbers


@dataclass(frozen=True, slots=True)
class Factors:
    """Other data of the same sizes: the first ones, each tensor times a number that no other two make up for.

    What is linear then follows from the first results: the output is x w + b, each gradient a product with g. Powers
    of two and signs change no rounding to nearest, short of overflow and of subnormals. The images stand in the reverse
    order, and so do the ``outputs`` output channels of each group, so that other places are zero.

    Integers may not grow. Where the order of channels does not change a kernel of them, the numbers of what is
    ``halved`` are: of the input; beside a kernel without a sign, which cannot have the other one, of that and of the
    bias too. Then nothing follows.
    """

    x: int
    w: int
    b: int
    g: int = 1
    outputs: int = 1
    halved: tuple[str, ...] = ()

    def times(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """The other data, by name as the first ones: input, kernel, bias and cotangent."""
        by = {"input": self.x, "kernel": self.w, "bias": self.b, "cotangent": self.g}
        with np.errstate(all="ignore"):
            return {name: self._changed(name, array, by[name]) for name, array in arrays.items()}

    def _changed(self, name: str, array: Array, factor: int) -> Array:
        turned = self._turned(_SHAPED_AS[name], array)
        if name in self.halved:  # an unsigned input down, as little else can change the result
            turned = _less(turned, down=name == "input" and turned.dtype.kind == "u")
        changed: Array = turned * array.dtype.type(factor)
        return changed

    def _turned(self, name: str, tensor: Array) -> Array:
        """``tensor``, shaped as the output called ``name``, with images and output channels in the reverse order."""
        if name == "input_grad":
            return tensor[::-1]
        if name == "kernel_grad":
            return tensor[:, ::-1]
        axis = 1 if name == "output" else 0
        images = tensor[::-1] if name == "output" else tensor
        groups, rest = divmod(tensor.shape[axis], self.outputs)
        if rest:
            return images  # of an illegal case
        if self.outputs == 1:
            return images
        grouped = images.reshape(*tensor.shape[:axis], groups, self.outputs, *tensor.shape[axis + 1 :])
        return grouped[(*[slice(None)] * (axis + 1), slice(None, None, -1))].reshape(tensor.shape)

    def follows(self, name: str, first: Array, second: Array) -> bool:
        """Whether ``second`` is what the other data give if ``first`` is right; unknown is no."""
        factor = {
            "output": self.b if self.b == self.x * self.w else None,
            "input_grad": self.w * self.g,
            "kernel_grad": self.x * self.g,
            "bias_grad": self.g,
        }[name]
        if factor is None or self.halved or first.dtype != second.dtype or first.dtype.hasobject or first.dtype.names:
            return False  # what holds no numbers is of the wrong dtype, which is for the comparator to say
        if first.ndim != _AXES[name] or first.shape != second.shape:
            return False  # nor what has no such channels
        with np.errstate(all="ignore"):
            expected = self._turned(name, first) * first.dtype.type(factor)
            return same_numbers(expected, second)


def _less(numbers: Array, *, down: bool) -> Array:
    """``numbers`` halved, ``down`` or up; zeros and ones, of which that leaves nothing or all, without the first one.

    A single one is left where numbers are rounded up.
    """
    half: Array = numbers // 2
    if down and half.any():
        return half
    halved: Array = numbers - half
    if not halved.any():  # of minus ones up is nothing
        halved = half
    if np.array_equal(halved, numbers) and np.count_nonzero(numbers) > (0 if down else 1):
        halved.flat[np.flatnonzero(numbers)[0]] = 0
    return halved


_SHAPED_AS = {"input": "input_grad", "kernel": "kernel_grad", "bias": "bias_grad", "cotangent": "output"}
_AXES = {"output": 4, "input_grad": 4, "kernel_grad": 4, "bias_grad": 1}


def halves(w: Array) -> Factors:
    """Those for integers of which a sum may reach the least one, which has no negative; none of their sums grows."""
    return Factors(1, 1, 1, outputs=max(w.shape[1], 1), halved=("input", "kernel", "bias"))


def factors(w: Array) -> Factors:
    """Those for data beside the kernel ``w``."""
    outputs = max(w.shape[1], 1)
    if w.dtype.kind == "u":
        return halves(w)
    if w.dtype.kind == "i":
        alike = np.array_equal(Factors(1, 1, 1, outputs=outputs).times({"kernel": w})["kernel"], w)
        return Factors(1, -1, -1, halved=("input",)) if alike else Factors(-1, 1, -1, outputs=outputs)
    return Factors(-1, 2, -2, 2, outputs)
