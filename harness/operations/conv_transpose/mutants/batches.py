"""Mutants whose fault shows only for some batches, channels, groups, layouts and dtypes."""

from __future__ import annotations

from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.mutants.base import Sometimes, SometimesAsked


class BatchAboveOne(Sometimes):
    """Wrong where the batch is above 1."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.batch > 1


class BatchAboveTwo(Sometimes):
    """Wrong where the batch is above 2."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.batch > 2


class BatchOfOne(Sometimes):
    """Wrong where the batch is 1."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.batch == 1


class InChannelsOfOne(Sometimes):
    """Wrong where there is one input channel."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.in_channels == 1


class InChannelsOfFourOrMore(Sometimes):
    """Wrong where there are 4 input channels or more."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.in_channels >= 4


class InChannelsOf16OrMore(Sometimes):
    """Wrong where there are 16 input channels or more."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.in_channels >= 16


class OutChannelsOfOne(Sometimes):
    """Wrong where there is one output channel."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.out_channels == 1


class OutChannelsOf16OrMore(Sometimes):
    """Wrong where there are 16 output channels or more."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.out_channels >= 16


class InChannelsNoMultipleOfFour(Sometimes):
    """Wrong where 4 does not divide more than 4 input channels."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.in_channels > 4 and geometry.in_channels % 4 > 0


class ChannelsEqual(Sometimes):
    """Wrong where there are as many output channels as input channels, above 1."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.in_channels == geometry.out_channels > 1


class ChannelsFewerOut(Sometimes):
    """Wrong where there are fewer output channels."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.out_channels < geometry.in_channels


class ChannelsMoreOut(Sometimes):
    """Wrong where there are more output channels."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.out_channels > geometry.in_channels


class GroupsAboveOne(Sometimes):
    """Wrong where there are groups."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.groups > 1


class GroupsAboveTwo(Sometimes):
    """Wrong where there are 3 groups or more."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.groups > 2


class Depthwise(Sometimes):
    """Wrong where each group has one input channel."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return 1 < geometry.groups == geometry.in_channels


class DepthwiseWithMultiplier(Sometimes):
    """Wrong where each input channel has several outputs of its own."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return 1 < geometry.groups == geometry.in_channels < geometry.out_channels


class GroupsOfSeveralChannels(Sometimes):
    """Wrong where a group has several channels on both sides."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.groups > 1 and min(geometry.in_channels, geometry.out_channels) > geometry.groups


class GroupsWithBatch(Sometimes):
    """Wrong where there are groups and a batch."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return min(geometry.groups, geometry.batch) > 1


class GroupsWithStride(Sometimes):
    """Wrong where there are groups and a stride."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.groups > 1 and max(axis.s for axis in geometry.axes) > 1


class GroupsWithDilation(Sometimes):
    """Wrong where there are groups and a dilation."""

    def when(self, geometry: Geometry) -> bool:
        """See Sometimes.when."""
        return geometry.groups > 1 and max(axis.d for axis in geometry.axes) > 1


class ChannelsLast(SometimesAsked):
    """Wrong in NHWC."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return layout == "NHWC"


class ChannelsFirst(SometimesAsked):
    """Wrong in NCHW."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return layout == "NCHW"


class ChannelsLastWithBias(SometimesAsked):
    """Wrong in NHWC with a bias."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return layout == "NHWC" and biased


class Float64Only(SometimesAsked):
    """Wrong in float64."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return dtype == "float64"


class Float16Only(SometimesAsked):
    """Wrong in float16."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return dtype == "float16"


class Float16WithBias(SometimesAsked):
    """Wrong in float16 with a bias."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return dtype == "float16" and biased


class BiasedOnly(SometimesAsked):
    """Wrong with a bias."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return biased


class UnbiasedOnly(SometimesAsked):
    """Wrong without a bias."""

    def asked(self, layout: str, dtype: str, *, biased: bool) -> bool:
        """See SometimesAsked.asked."""
        return not biased
