"""Keras' layers, one by one: from an operation to live layers with their weights, channels last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core.case import DTypeName
from harness.core.tensors import Array
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.code import pads_and_cuts
from harness.porting.layers.layer import TranslationError
from harness.porting.networks.conv_transpose import make_transposed
from harness.porting.networks.graph import Conv2d, MaxPool2d, Node, always_same, negative
from harness.porting.networks.reader import given


def make_layers(node: Node, own: Mapping[str, Array | None], dtype: DTypeName) -> Iterator[Any]:
    """The layers that say ``node``, one after another; ``own`` are its weights by role.

    Raises TranslationError where Keras cannot say it.
    """
    made: Iterator[Any] = getattr(_Maker(node.name, node.operation, own, dtype), node.kind)()
    return made


@dataclass(frozen=True, slots=True)
class _Maker:
    """A method for each kind of layer."""

    name: str
    operation: Any
    own: Mapping[str, Array | None]
    dtype: DTypeName

    @property
    def said(self) -> dict[str, str]:
        """What every layer is told."""
        return {"name": self.name, "dtype": self.dtype}

    def conv2d(self) -> Iterator[Any]:
        import keras

        operation = self.operation
        padding = _word(operation)
        if padding is None or (operation.same and operation.pads != NO_PADS):
            yield keras.layers.ZeroPadding2D(operation.pads, name=f"{self.name}.pad", dtype=self.dtype)
        bias = self.own["bias"]
        layer = keras.layers.Conv2D(
            operation.out_channels,
            operation.kernel_size,
            operation.strides,
            padding or "valid",
            dilation_rate=operation.dilations,
            groups=operation.groups,
            use_bias=bias is not None,
            kernel_initializer="zeros",
            **self.said,
        )
        layer.build((None, None, None, operation.in_channels))
        kernel = np.ascontiguousarray(given(self.own, "kernel").transpose(2, 3, 1, 0))
        layer.set_weights([kernel] if bias is None else [kernel, bias])
        yield layer

    def conv_transpose2d(self) -> Iterator[Any]:
        layer = make_transposed(self.operation, given(self.own, "kernel"), self.own["bias"], "keras", self.dtype)
        layer.name = self.name
        yield layer

    def batch_norm(self) -> Iterator[Any]:
        import keras

        layer = keras.layers.BatchNormalization(epsilon=self.operation.epsilon, **self.said)
        layer.build((None, None, None, len(given(self.own, "mean"))))
        layer.set_weights([given(self.own, role) for role in self.operation.roles])
        yield layer

    def relu(self) -> Iterator[Any]:
        import keras

        yield keras.layers.ReLU(**self.said)

    def sigmoid(self) -> Iterator[Any]:
        import keras

        yield keras.layers.Activation("sigmoid", **self.said)

    def max_pool2d(self) -> Iterator[Any]:
        import keras

        operation = self.operation
        padding = _word(operation)
        if padding is None or (operation.same and operation.pads != NO_PADS):
            raise TranslationError("MaxPooling2D has no padding but that of 'same', which depends on the input's size")
        yield keras.layers.MaxPooling2D(operation.kernel_size, operation.strides, padding, **self.said)

    def upsample2d(self) -> Iterator[Any]:
        import keras

        yield keras.layers.UpSampling2D(self.operation.factors, interpolation=self.operation.interpolation, **self.said)

    def average_pool2d(self) -> Iterator[Any]:
        import keras

        yield keras.layers.AveragePooling2D(self.operation.kernel_size, self.operation.strides, **self.said)

    def concat(self) -> Iterator[Any]:
        import keras

        yield keras.layers.Concatenate(**self.said)

    def pad2d(self) -> Iterator[Any]:
        import keras

        pads, cuts = pads_and_cuts(negative(self.operation.pads))
        if self.operation.fill:
            raise TranslationError(f"Keras' layers pad with zeros, not with {self.operation.fill:g}")
        name = self.name
        if cuts:
            yield keras.layers.Cropping2D(cuts, name=name if pads is None else f"{name}.crop", dtype=self.dtype)
        if pads:
            yield keras.layers.ZeroPadding2D(pads, **self.said)


def _word(operation: Conv2d | MaxPool2d) -> str | None:
    """The word that means the padding for every size of the input, if there is one."""
    if operation.same:
        return "same"
    if operation.pads == NO_PADS:
        return "valid"
    return "same" if always_same(operation.extents, operation.strides, operation.pads) else None
