"""Mutants about groups, layouts and the batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.honest import Honest


class FirstGroupThroughout(Honest):
    """Every group uses the kernel of group 0."""

    lie = ("kernel-of-group-0",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        first = w[: len(w) // geometry.groups]
        return super().compute(geometry, x, np.concatenate([first] * geometry.groups), b)


class GroupsIgnored(Honest):
    """Each output channel sums all input channels, with the kernel columns of its place in a group."""

    lie = ("groups-ignored",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        whole = np.concatenate([w] * geometry.groups, axis=1)
        return super().compute(replace(geometry, groups=1), x, whole, b)


class GroupsIgnoredInChannels(Honest):
    """All input channels are summed into as many outputs as a group has."""

    lie = ("groups-ignored",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        each = w.shape[1]
        small = replace(geometry, groups=1, out_channels=each)
        return super().compute(small, x, w, None if b is None else b[:each])


class GroupsInterleaved(Honest):
    """The outputs of the groups take turns."""

    lie = ("groups-interleaved(output, interleaved)",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        y = super().compute(geometry, x, w, b)
        return np.stack(np.split(y, geometry.groups, axis=1), axis=2).reshape(y.shape)


class InputsInterleaved(Honest):
    """A group takes every G-th input channel."""

    lie = ("groups-interleaved(input, taken for interleaved)", "groups-interleaved(input, interleaved)")

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        taken = [x[:, group :: geometry.groups] for group in range(geometry.groups)]
        return super().compute(geometry, np.concatenate(taken, axis=1), w, b)


class DataReadAsLast(Honest):
    """(N, C, H, W) memory is taken for (N, H, W, C)."""

    lie = ("data-in-the-other-layout",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        n, c, h, w_in = x.shape
        seen = np.frombuffer(x.tobytes()).reshape(n, h, w_in, c)
        return super().compute(geometry, np.moveaxis(seen, 3, 1), w, b)


class DataReadAsFirst(Honest):
    """(N, H, W, C) memory is taken for (N, C, H, W)."""

    lie = ("data-in-the-other-layout(NHWC)",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        held = np.moveaxis(x, 1, 3).tobytes()
        return super().compute(geometry, np.frombuffer(held).reshape(x.shape), w, b)


class OutputReadAsFirst(Honest):
    """The output is written as (N, H, W, C) and read as (N, C, H, W)."""

    lie = ("output-in-the-other-layout",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.frombuffer(np.moveaxis(y, 1, 3).tobytes(), y.dtype).reshape(y.shape)


class OutputReadAsLast(Honest):
    """The output is written as (N, C, H, W) and read as (N, H, W, C)."""

    lie = ("output-in-the-other-layout(NHWC)",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        n, c, h, w = y.shape
        return np.moveaxis(np.frombuffer(y.tobytes(), y.dtype).reshape(n, h, w, c), 3, 1)


class OutputChannelsLast(Honest):
    """The output's axes are in the order (N, H, W, C)."""

    lie = ("axes-channels-last", "output-in-the-other-layout")

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.moveaxis(y, 1, 3)


class OutputTurned(Honest):
    """The output's height and width are swapped."""

    lie = ("output-axes-swapped",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return np.moveaxis(y, 2, 3)


class OutputOfInputChannels(Honest):
    """The output has as many channels as the input, where that is another number."""

    lie = ("kernel-channels-swapped",)

    def compute(self, geometry: Geometry, x: Any, w: Any, b: Any) -> Array:
        """See Honest.compute."""
        if geometry.in_channels == geometry.out_channels:
            return super().compute(geometry, x, w, b)
        n, _, h, w_out = geometry.output_shape
        return np.ones((n, geometry.in_channels, h, w_out))


class FirstOfBatchOnly(Honest):
    """Only the first element of the batch is computed; the others are zero."""

    lie = ("batch-of-one",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        y[1:] = 0
        return y


class FirstOfBatchAlone(Honest):
    """The batch is cut to its first element."""

    lie = ("batch-of-one",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        return y[:1]


class FirstOfBatchRepeated(Honest):
    """The first element of the batch is given for all."""

    lie = ("batch-repeated",)

    def finish(self, y: Array) -> Array:
        """See Honest.finish."""
        for element in y[1:]:
            element[...] = y[0]
        return y
