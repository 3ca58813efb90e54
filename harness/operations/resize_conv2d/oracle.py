"""The reference of resizing and convolving: that of resizing, and its error carried through the sums of a convolution.

What the resized image may be off by, ``gamma_m M + L`` (see harness.operations.resize2d.oracle), reaches every sum
through the absolute kernel; the image is rounded once more where it is kept. Of ``K`` products the sum is off by
``gamma_K`` of their absolute values, so together by ``gamma_{K + m + 1} (M + L) * |w|`` and ``L * |w|``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np

from harness.core.case import OutputName, Pair
from harness.core.dtypes import DTYPES
from harness.core.reference import ReferenceValues, are_integers
from harness.core.tensors import turn_of
from harness.operations.integers import Channels, Operand, Products, Recipe, alone, plan
from harness.operations.oracle import Array, Arrays, Draw, ImageOracle, literal, written
from harness.operations.resize2d.oracle import Bounded, Resizing, grain, most_weight, squared
from harness.operations.resize_conv2d.case import Border, ResizeConvCase

KEPT = 1
"""Roundings of a value that is kept between two steps."""


def data(case: ResizeConvCase, draw: Draw) -> dict[str, Array]:
    """``input`` (N, C, H, W), ``kernel`` (O, I, kH, kW) and, where there is one, ``bias`` (O)."""
    recipes, dtype = planned(case), DTYPES[case.dtype]
    x = draw(case.input_shape, recipes["x"] if "x" in recipes else Recipe(1))
    made = {"input": written(case, "input", x), "kernel": draw(case.kernel_shape, recipes["w"])}
    return made | ({"bias": draw((case.out_channels,), alone(dtype, most_bias(case)))} if case.bias else {})


def planned(case: ResizeConvCase) -> Mapping[Operand, Recipe]:
    """How the integers are drawn; of an input that is written out there is no recipe."""
    dtype, given, taps = DTYPES[case.dtype], literal(case, "input"), prod(case.kernel_size)
    pixels = case.batch * prod(case.size)
    products = Products(
        # the resizing alone needs twice its largest value
        output=max(case.channels * taps, 2),
        kernel=pixels,
        input=case.out_channels * taps * most_weight(case),
        total=pixels,
        grain=fraction(case),
    )
    whole = given is not None and are_integers(given)
    sizes: dict[Operand, int] = {} if given is None else {"x": int(np.max(np.abs(given))) if whole else 1}
    limits = products.limits(dtype, most_bias(case) if case.bias else 0)
    channels = Channels(case.channels, case.out_channels, kernel=(1, 0))
    return plan(limits, dtype, turn_of(case), channels, sizes).recipes


def fraction(case: ResizeConvCase) -> int:
    """What every value is a multiple of the inverse of; 1 where the weights are rounded, since none then is."""
    exact = case.expect.error or all(axis.is_exact for axis in case.axes)
    return grain(case) if exact else 1


def most_bias(case: ResizeConvCase) -> int:
    """What a drawn bias reaches: a part of the exact numbers, the rest being for the products."""
    return DTYPES[case.dtype].exact_limit // (4 * fraction(case))


def cotangent(case: ResizeConvCase) -> Recipe:
    """See ``planned``."""
    return planned(case)["g"]


def references(case: ResizeConvCase, arrays: Arrays) -> Mapping[OutputName, ReferenceValues]:
    """``output``, and the gradients where a cotangent is there."""
    dtype = DTYPES[case.dtype]
    resizing, w = Resizing(case.axes, dtype), arrays["kernel"]
    resized = resizing.forward(arrays["input"])
    bias = arrays["bias"][:, None, None] if "bias" in arrays else np.zeros(1)
    forward = partial(convolve, border=case.border)
    output = _carried(resized, forward, w, w[0].size + ("bias" in arrays), bias)
    found: dict[OutputName, ReferenceValues] = {"output": output.values(dtype)}
    if (g := arrays.get("cotangent")) is not None:
        found["input_grad"] = _input_gradient(resizing, w, g, case.border).values(dtype)
        by_cotangent = partial(by_kernel, kernel_size=case.kernel_size, border=case.border)
        kernel = _carried(resized, by_cotangent, g, g[:, 0].size, np.zeros(1))
        found["kernel_grad"] = kernel.values(dtype, "OIHW")
        if "bias" in arrays:
            found["bias_grad"] = _bias_gradient(g).values(dtype, "C")
    return found


def pads(k: int) -> Pair:
    """Zeros before and after an axis whose size a kernel of ``k`` is to keep."""
    return (k - 1) // 2, k - 1 - (k - 1) // 2


def windows(x: Array, kernel_size: Pair, border: Border = "constant") -> Array:
    """Every window of the padded ``x`` (N, I, H, W), as a view (N, I, H, W, kH, kW)."""
    padded = np.pad(x, ((0, 0), (0, 0), *map(pads, kernel_size)), border)
    return np.lib.stride_tricks.sliding_window_view(padded, kernel_size, axis=(2, 3))


def convolve(x: Array, w: Array, border: Border = "constant") -> Array:
    """``x`` (N, I, H, W) correlated with ``w`` (O, I, kH, kW): (N, O, H, W)."""
    height, width = w.shape[2:]
    return np.asarray(np.einsum("nihwab,oiab->nohw", windows(x, (height, width), border), w))


def transpose(g: Array, w: Array, border: Border = "constant") -> Array:
    """The transpose of ``convolve`` by ``x``: ``g`` (N, O, H, W) becomes (N, I, H, W)."""
    (top, bottom), (left, right) = map(pads, w.shape[2:])
    padded = np.pad(g, ((0, 0), (0, 0), (bottom, top), (right, left)), border)
    seen = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    return np.asarray(np.einsum("nohwab,oiab->nihw", seen, w[:, :, ::-1, ::-1]))


def by_kernel(x: Array, g: Array, kernel_size: Pair, border: Border = "constant") -> Array:
    """The transpose of ``convolve`` by ``w``, (O, I, kH, kW), for ``x`` (N, I, H, W) and ``g`` (N, O, H, W)."""
    return np.asarray(np.einsum("nihwab,nohw->oiab", windows(x, kernel_size, border), g))


def _carried(
    resized: Bounded, combine: Callable[[Array, Array], Array], other: Array, products: int, bias: Array
) -> Bounded:
    """What ``combine`` makes of the resized image and ``other``, of so many products, and the ``bias`` that is added.

    Of the image count the squares of its values or, where they are larger, those that its roundings are made of.
    """
    size, added = np.abs(other), np.abs(bias)
    largest = combine(np.abs(resized.output), size) + added
    return Bounded(
        combine(resized.output, other) + bias,
        combine(resized.magnitude + resized.moved, size) + added,
        lambda: combine(np.maximum(resized.squares(), np.square(resized.output)), np.square(other)) + np.square(added),
        np.full(1, products + int(np.max(resized.terms, initial=0)) + KEPT, np.int64),
        combine(resized.moved, size),
        resized.grain if are_integers(other) and are_integers(bias) else 0,
        max(resized.largest, float(np.max(largest, initial=0.0))),
    )


def _input_gradient(resizing: Resizing, w: Array, g: Array, border: Border) -> Bounded:
    """The gradient by the resized image is kept, then taken back through the resizing."""
    largest = resizing.backward(transpose(np.abs(g), np.abs(w), border))
    right = resizing.backward(transpose(g, w, border))
    # sums of fractions may be whole
    grain = largest.grain if are_integers(w) and are_integers(g) else 0
    terms = right.terms + w.shape[0] * prod(w.shape[2:]) + KEPT

    def squares() -> Array:
        return squared(resizing.turned, transpose(np.square(g), np.square(w), border))

    return replace(largest, output=right.output, squares=squares, terms=terms, grain=grain)


def _bias_gradient(g: Array) -> Bounded:
    sums, sizes = g.sum((0, 2, 3)), np.abs(g).sum((0, 2, 3))
    terms = np.full(1, g[:, 0].size, np.int64)

    def squares() -> Array:
        return np.asarray(np.square(g).sum((0, 2, 3)))

    return Bounded(sums, sizes, squares, terms, np.zeros(1), int(are_integers(g)), float(np.max(sizes, initial=0.0)))


ORACLE = ImageOracle(data, references, cotangent)
