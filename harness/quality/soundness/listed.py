"""Mutants with another fault in the place of a listed divergence: the list must not cover for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.quality.soundness.mutant import LEGAL, Mutant, changed, named, refused
from harness.quality.soundness.others import POOL, RESIZE, RESIZE_CONV, UNPOOL
from harness.quality.soundness.request import Array
from harness.quality.soundness.values import negated, zeros


def _as_many(y: Array) -> Array:
    """Other numbers, as many of them as the listed fault has."""
    flat = y.reshape(-1)
    flat[: 672 * flat.size // 768] += np.ones((), y.dtype)
    return y


_NO_GRADIENT = changed(zeros, "input_grad")
_HALF_WAY = named("resizing/nearest-half-way")
_BIAS = named("reported_divergences/keras-channels-first-bias-as-wide-as-filters")
_TWICE = named("max_unpooling/index-comes-twice", "max_unpooling/overlapping-windows")
_NAN = named("max_pooling_with_indices/not-a-number[dialect=tensorflow]")
_ROUNDED = named("resize_convolution/number-types-rounded[dtype=float64]")
_REFUSAL = LEGAL & named("reported_divergences/tensorflow-explicit-padding-with-dilation")
MUTANTS: Sequence[Mutant] = (
    Mutant("listed_bias", "keras", changed(_as_many), _BIAS),
    Mutant("listed_bias_grad", "keras", changed(zeros, "bias_grad"), _BIAS),
    Mutant("listed_half_way_pytorch", "pytorch", changed(zeros), _HALF_WAY, RESIZE),
    Mutant("listed_half_way_tensorflow", "tensorflow", changed(negated), _HALF_WAY, RESIZE),
    Mutant("listed_half_way_gradient", "keras", _NO_GRADIENT, _HALF_WAY, RESIZE),
    Mutant("listed_index_twice", "pytorch", _NO_GRADIENT, _TWICE, UNPOOL),
    Mutant("listed_not_a_number", "tensorflow", changed(zeros), _NAN, POOL),
    Mutant("listed_rounded", "keras", changed(zeros), _ROUNDED, RESIZE_CONV),
    Mutant("listed_refusal", "tensorflow", refused, _REFUSAL),
)
