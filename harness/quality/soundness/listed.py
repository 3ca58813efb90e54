"""Mutants with another fault in the place of a listed divergence: the list must not cover for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.quality.soundness.mutant import Mutant, all_of, changed, legal, named, refused
from harness.quality.soundness.others import POOL, RESIZE, RESIZE_CONV, UNPOOL
from harness.quality.soundness.request import Array, Request
from harness.quality.soundness.values import negated, zeros


def _as_many(_: Request, y: Array) -> Array:
    """As many numbers off as the listed fault has."""
    flat = y.reshape(-1)
    flat[: 672 * flat.size // 768] += np.ones((), y.dtype)
    return y


_ZEROS, _NO_GRADIENT = changed(zeros, "output"), changed(zeros, "input_grad")
_HALF_WAY = named("resizing/nearest-half-way")
_BIAS = named("reported_divergences/keras-channels-first-bias-as-wide-as-filters")
_TWICE = named("max_unpooling/index-comes-twice", "max_unpooling/overlapping-windows")
MUTANTS: Sequence[Mutant] = (
    Mutant(
        "listed_bias",
        "other numbers, as many of them, where the bias is listed",
        "keras",
        changed(_as_many, "output"),
        _BIAS,
    ),
    Mutant(
        "listed_bias_grad", "zeros where the bias's gradient is listed", "keras", changed(zeros, "bias_grad"), _BIAS
    ),
    Mutant("listed_half_way_pytorch", "zeros where a half-way pixel is listed", "pytorch", _ZEROS, _HALF_WAY, RESIZE),
    Mutant(
        "listed_half_way_tensorflow",
        "the other sign where a half-way pixel is listed",
        "tensorflow",
        changed(negated, "output"),
        _HALF_WAY,
        RESIZE,
    ),
    Mutant(
        "listed_half_way_gradient",
        "a gradient of zeros where a half-way pixel is listed",
        "keras",
        _NO_GRADIENT,
        _HALF_WAY,
        RESIZE,
    ),
    Mutant(
        "listed_index_twice",
        "a gradient of zeros where an index that comes twice is listed",
        "pytorch",
        _NO_GRADIENT,
        _TWICE,
        UNPOOL,
    ),
    Mutant(
        "listed_not_a_number",
        "zeros where NaN in pooling is listed",
        "tensorflow",
        _ZEROS,
        named("max_pooling_with_indices/not-a-number[dialect=tensorflow]"),
        POOL,
    ),
    Mutant(
        "listed_rounded",
        "zeros where sums in float32 for float64 are listed",
        "keras",
        _ZEROS,
        named("resize_convolution/number-types-rounded[dtype=float64]"),
        RESIZE_CONV,
    ),
    Mutant(
        "listed_refusal",
        "another error where a refusal is listed",
        "tensorflow",
        refused,
        all_of(legal, named("reported_divergences/tensorflow-explicit-padding-with-dilation")),
    ),
)
