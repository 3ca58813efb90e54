"""Mutants about the bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest


class Rebiased(Honest):
    """The truth, with the bias that ``other`` makes of the right one."""

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, w, None if b is None else self.other(geometry, b))

    def other(self, geometry: Geometry, b: Any) -> Any:
        """The bias that is added, (C_out), or None."""
        return b


class BiasMissing(Rebiased):
    """There is no bias."""

    lie = ("bias-missing",)

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return None


class BiasDoubled(Rebiased):
    """The bias is added twice."""

    lie = ("bias-doubled",)

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return b + b


class BiasOfChannel0(Rebiased):
    """The first number of the bias is taken for all channels."""

    lie = ("bias-of-channel-0",)

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return np.full(len(b), b[0])


class BiasOfGroup0(Rebiased):
    """Each group adds the bias of group 0."""

    lie = ("bias-of-group-0", "bias-of-channel-0")

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return np.concatenate([b[: len(b) // geometry.groups]] * geometry.groups)


class BiasOfTheNext(Rebiased):
    """Each channel has the bias of the channel after it."""

    lie = ("bias-permuted",)

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return np.concatenate([b[1:], b[:1]])


class BiasShuffled(Rebiased):
    """The biases are in an order of no rule."""

    lie = ("bias-permuted",)

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return np.random.default_rng(7).permutation(b)


class BiasHalved(Rebiased):
    """Half the bias is added."""

    lie = ("bias-other",)

    def other(self, geometry: Geometry, b: Any) -> Any:
        """See Rebiased.other."""
        return b / 2


class BiasUnasked(Honest):
    """A bias is left from before where none was asked for."""

    lie = ("bias-unasked",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        return super().compute(geometry, x, w, np.arange(1.0, geometry.out_channels + 1) if b is None else b)


class BiasAlongWidth(Honest):
    """The bias is broadcast along the last axis where that is as long as the bias."""

    lie = ("bias-along-width",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, None)
        return y if b is None else y + (b if y.shape[3] == len(b) else b[:, None, None])


class BiasAlongHeight(Honest):
    """The bias is broadcast along the rows where they are as many as the bias has numbers."""

    lie = ("bias-along-height",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, None)
        return y if b is None else y + (b[:, None] if y.shape[2] == len(b) else b[:, None, None])


class BiasMissingOnZeros(Honest):
    """The bias is missing where the output is extended by zeros."""

    lie = ("bias-before-extension",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        (top, bottom), (left, right) = geometry.crops
        inner = geometry.with_crops(((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))))
        if min(inner.output_size) < 0:
            return super().compute(geometry, x, w, b)
        margins = ((max(-top, 0), max(-bottom, 0)), (max(-left, 0), max(-right, 0)))
        return np.pad(super().compute(inner, x, w, b), ((0, 0), (0, 0), *margins))
