"""Mutants about precision: narrower operands, narrower sums, and errors no larger than those of rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.mutants.base import Call, Mutant, Step, scatter, wrong

LEAST_ROUNDOFF = 2.0**-24
"""That of float32; narrower sums are not distinguished from wider ones in float64."""
Change = Callable[[Any], Any]


def to_bits(values: Any, lost: int) -> Any:
    """``values`` without the last ``lost`` bits of a float32, by adding half a unit to its bits; ties to even."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    half = np.uint64((1 << (lost - 1)) - 1)
    rounded = (bits + half + ((bits >> np.uint64(lost)) & np.uint64(1))) >> np.uint64(lost) << np.uint64(lost)
    return (rounded & np.uint64(0xFFFFFFFF)).astype(np.uint32).view(np.float32).astype(np.float64)


to_bfloat16, to_tf32 = partial(to_bits, lost=16), partial(to_bits, lost=13)


def through(dtype: Any) -> Change:
    """Rounded to ``dtype`` and back."""
    return lambda values: values.astype(dtype).astype(np.float64)


def masked(bits: int) -> Change:
    """A float32 without the bits that the mask ``bits`` lacks."""
    return lambda values: (values.astype(np.float32).view(np.uint32) & np.uint32(bits)).view(np.float32).astype(float)


def cut(values: Any, roundoff: float) -> Any:
    """A float64 without the low bits that a type of ``roundoff`` has no place for."""
    lost = np.int64(52 - int(-np.log2(roundoff) - 1))
    return ((np.ascontiguousarray(values, dtype=np.float64).view(np.int64) >> lost) << lost).view(np.float64)


def last_of(values: Any, bits: int) -> Any:
    """What the last of ``bits`` significant bits of each value is worth."""
    return 2.0 ** (np.floor(np.log2(np.where(values == 0, 1.0, np.abs(values)))) - (bits - 1))


def five_bits(values: Any) -> Any:
    unit = last_of(values, 5)
    return np.rint(values / unit) * unit


def twenty_bits(values: Any) -> Any:
    large = values * (2.0**33 + 1)
    return large - (large - values)


def int8(values: Any) -> Any:
    largest = np.max(np.abs(values[np.isfinite(values)]), initial=0.0)
    scale = largest / 127 if largest else 1.0
    return np.round(values / scale).astype(np.int8).astype(np.float64) * scale


def six_bits_cut(w: Any) -> Any:
    unit = last_of(w, 6)
    return np.sign(w) * (np.abs(w) // unit * unit)


def dithered(x: Any) -> Any:
    unit = last_of(x, 8)
    return np.floor(x / unit + np.random.default_rng(3).random(x.shape)) * unit


def narrowed(name: str, text: str, data: Change | None, kernel: Change | None, *faults: str) -> Mutant:
    """A mutant whose finite operands lose bits before they are multiplied."""

    def compute(call: Call) -> Array:
        with np.errstate(invalid="ignore"):
            x, w = (
                one if change is None else np.where(np.isfinite(one), change(one), one)
                for one, change in ((call.x, data), (call.w, kernel))
            )
        return call.right(x=x, w=w)

    return wrong(name, text, compute, *faults)


def rounded_to(name: str, text: str, narrow: Change, *faults: str) -> Mutant:
    """A mutant whose operands go through ``narrow``, infinities and NaN too."""
    return wrong(name, text, lambda call: call.right(x=narrow(call.x), w=narrow(call.w)), *faults)


def by_product(call: Call) -> Iterator[Step]:
    """The products of one input channel and one tap after another."""
    geometry = call.geometry
    each, outs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    for c in range(geometry.in_channels):
        channels = slice(c // each * outs, (c // each + 1) * outs)
        for i in range(geometry.height.k):
            for j in range(geometry.width.k):
                yield channels, i, j, call.x[:, c, None] * call.w[c, :, i, j][:, None, None]


def summed(call: Call, narrow: Change) -> Array:
    """After each product the sum goes through ``narrow``."""
    y = scatter(call, by_product(call), lambda there, products, _: narrow(there + products))
    return y if call.b is None else np.asarray(narrow(y + call.b[:, None, None]))


def sums_truncated(call: Call) -> Array:
    """Whole numbers lose nothing as long as the dtype holds them."""
    tensors = [one for one in (call.x, call.w, call.b) if one is not None]
    if call.roundoff < LEAST_ROUNDOFF or all(np.array_equal(one, np.rint(one)) for one in tensors):
        return call.right()
    return summed(call, lambda values: cut(values, call.roundoff))


def results_truncated(call: Call) -> Array:
    y = call.right()
    return y if call.roundoff < LEAST_ROUNDOFF else np.asarray(cut(y, call.roundoff))


def biased(side: float) -> Callable[[Call], Array]:
    """Every element farther from zero by ``side`` of what rounding could explain."""

    def compute(call: Call) -> Array:
        y, x, w, b = call.right(), call.x, call.w, call.b
        magnitude = call.right(x=abs(x), w=abs(w), b=None if b is None else abs(b))
        terms = call.right(x=np.ones_like(x), w=np.ones_like(w), b=None if b is None else np.ones_like(b))
        with np.errstate(invalid="ignore"):
            moved = y + side * np.sign(y) * call.roundoff * (terms * magnitude + abs(y))
        return np.where(np.isfinite(y), moved, y)

    return compute


def product_missing(call: Call) -> Array:
    kept, w = np.ones(call.w.shape), call.w
    if w[:, 0].size > call.geometry.groups and np.all(np.isfinite(call.x)) and np.all(np.isfinite(w)):
        kept[0, :, 0, 0] = 0
    return call.right(w=np.where(kept, w, 0.0))


# fmt: off
MUTANTS = (
    rounded_to("DataInBfloat16", "Input and kernel are rounded to bfloat16.", to_bfloat16,
        "operands-rounded(bfloat16)"),
    rounded_to("DataInFloat16", "Input and kernel are rounded to float16.", through(np.float16),
        "operands-rounded(float16)", "operands-rounded(tf32)"),
    rounded_to("DataInFloat32", "Input and kernel are rounded to float32.", through(np.float32),
        "operands-rounded(float32)"),
    wrong("DataTruncated", "The input loses the lower half of its bits, without rounding.",
        lambda call: call.right(x=masked(0xFFFF0000)(call.x)), "input-truncated(bfloat16)"),
    wrong("SumsInBfloat16", "After each product the sum is rounded to bfloat16.",
        lambda call: summed(call, to_bfloat16), "accumulated-in(bfloat16)", "operands-rounded(bfloat16)"),
    wrong("SumsInFloat16", "After each product the sum is rounded to float16.",
        lambda call: summed(call, through(np.float16)), "accumulated-in(tf32 or float16)", "operands-rounded(tf32)",
        "input-rounded(float16)"),
    wrong("SumsInFloat32", "After each product the sum is rounded to float32.",
        lambda call: summed(call, through(np.float32)), "accumulated-in(float32)", "operands-rounded(float32)"),
    narrowed("OperandsInTf32", "Both operands are rounded to TF32, ties to even.", to_tf32, to_tf32,
        "operands-rounded(tf32)"),
    narrowed("InputInTf32", "The input is rounded to TF32.", to_tf32, None, "input-rounded(tf32)"),
    narrowed("KernelInBfloat16", "The kernel is rounded to bfloat16.", None, through(ml_dtypes.bfloat16),
        "kernel-rounded(bfloat16)"),
    narrowed("OperandsInFiveBits",
        "Both operands keep five significant bits, rounded by division, as decimal numbers to five digits.", five_bits,
        five_bits, "operands-rounded(5 bits)"),
    narrowed("OperandsInTwentyBits",
        "Both operands are rounded to 20 significant bits, as sums with a large number round them (Dekker, Veltkamp).",
        twenty_bits, twenty_bits, "operands-rounded(20 bits)"),
    narrowed("OperandsInInt8",
        "Both operands are 8-bit integers times a scale of each tensor, as post-training quantisation makes them.",
        int8, int8, "operands-quantised(int8)"),
    narrowed("OperandsCutToTf32", "The low bits of both operands are masked, as tensor cores read float32.",
        masked(0xFFFFE000), masked(0xFFFFE000), "operands-truncated(tf32)"),
    narrowed("KernelCutToSixBits", "The kernel keeps six significant bits, the others are dropped.", None, six_bits_cut,
        "kernel-truncated(6 bits)"),
    narrowed("InputDithered", "The input is rounded to bfloat16 up or down by chance, in proportion to the distance.",
        dithered, None, "lower-precision"),
    wrong("SumsTruncated",
        "After each product the sum loses the bits that the dtype has no place for, without rounding.", sums_truncated,
        "sums-truncated"),
    wrong("ResultsTruncated", "The sums are exact, and the results lose their low bits without rounding.",
        results_truncated, "results-truncated"),
    wrong("AwayFromZero", "Every element is farther from zero by half of what rounding could explain.", biased(0.5),
        "biased-one-way"),
    wrong("TowardZero", "Every element is nearer to zero by half of what rounding could explain.", biased(-0.5),
        "biased-one-way"),
    wrong("ProductMissing", "The first tap of the first input channel is left out, unless it is the only product.",
        product_missing, "product-missing"),
)
