"""The two networks of a published page, written by hand in PyTorch and in Keras as one writes them there.

Source: ConvTranspose2d(逆卷積)的原理和計算. A small Keras model (convolutions 1 and 64 @ 3×3, transposed ones 64 and
1 @ 3×3 around a concatenation), and a U-Net in PyTorch (five double convolutions, four ConvTranspose2d(2, stride 2)).
Where the page leaves the padding open it is the one that keeps the size. Weights are drawn, the same in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from harness.core.tensors import Array
from harness.porting.layers.layer import Framework
from harness.porting.networks.graph import Shape

WIDTH = 64
"""Channels of the page's networks."""
LEVELS = 5
EPSILON = 1e-5
"""PyTorch's; Keras' default is 1e-3."""


@dataclass(frozen=True, slots=True)
class ExampleModel:
    """A network by its name: its makers, which take the number of channels, and the shape of an input."""

    name: str
    about: str
    makers: dict[Framework, Callable[[int], Any]]
    shape: Shape


def small_pytorch(width: int) -> Any:
    """A torch.nn.Module in evaluation mode, with its weights."""
    import torch
    from torch import nn

    class Small(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 1, 3, padding=1)
            self.conv2 = nn.Conv2d(1, width, 3, padding=1)
            self.deconv1 = nn.ConvTranspose2d(width, width, 3, padding=1)
            self.deconv2 = nn.ConvTranspose2d(width + 1, 1, 3, padding=1)

        def forward(self, x: Any) -> Any:
            first = torch.relu(self.conv1(x))
            x = torch.relu(self.conv2(first))
            x = torch.relu(self.deconv1(x))
            x = torch.cat([x, first], 1)
            return self.deconv2(x)

    return drawn_pytorch(Small())


def small_keras(width: int) -> Any:
    """A keras.Model with its weights."""
    from keras import Input, Model, layers

    inputs = Input((64, 64, 3))
    first = layers.Conv2D(1, 3, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(width, 3, padding="same", activation="relu")(first)
    x = layers.Conv2DTranspose(width, 3, padding="same", activation="relu")(x)
    x = layers.concatenate([x, first])
    x = layers.Conv2DTranspose(1, 3, padding="same")(x)
    return drawn_keras(Model(inputs, x))


def unet_pytorch(width: int) -> Any:
    """A torch.nn.Module in evaluation mode, with its weights; ``width`` channels at the first level."""
    import torch
    from torch import nn

    def double(inputs: int, outputs: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    class UNet(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            widths = [width << level for level in range(LEVELS)]
            self.pool = nn.MaxPool2d(2)
            self.down = nn.ModuleList(double(*pair) for pair in zip([3, *widths], widths, strict=False))
            ups = widths[::-1]
            self.up = nn.ModuleList(
                nn.ModuleList([nn.ConvTranspose2d(deep, flat, 2, stride=2), double(deep, flat)])
                for deep, flat in pairwise(ups)
            )
            self.last = nn.Conv2d(width, 1, 1)
            self.sigmoid = nn.Sigmoid()

        def forward(self, x: Any) -> Any:
            skips = []
            for level, block in enumerate(self.down):
                x = block(self.pool(x) if level else x)
                skips.append(x)
            for (up, block), skip in zip(self.up, skips[-2::-1], strict=True):
                x = block(torch.cat([up(x), skip], dim=1))
            return self.sigmoid(self.last(x))

    return drawn_pytorch(UNet())


def unet_keras(width: int, epsilon: float = EPSILON) -> Any:
    """A keras.Model with its weights; ``width`` channels at the first level."""
    from keras import Input, Model, layers

    def double(x: Any, outputs: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(outputs, 3, padding="same")(x)
            x = layers.BatchNormalization(epsilon=epsilon)(x)
            x = layers.ReLU()(x)
        return x

    x = inputs = Input((None, None, 3))
    skips = []
    for level in range(LEVELS):
        x = double(layers.MaxPooling2D()(x) if level else x, width << level)
        skips.append(x)
    for level in reversed(range(LEVELS - 1)):
        x = layers.Conv2DTranspose(width << level, 2, strides=2)(x)
        x = double(layers.concatenate([x, skips[level]]), width << level)
    return drawn_keras(Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x)))


class _Drawn:
    """Weights, layer by layer in the order in which they are requested: always the same, none of them trivial."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(0)

    def kernel(self, shape: tuple[int, ...], inputs: int) -> Array:
        """Of a (transposed) convolution, such that the size of the data stays about what it is."""
        return self._normal(shape) * np.float32(np.sqrt(2 / inputs))

    def bias(self, count: int) -> Array:
        return self._normal((count,)) / np.float32(8)

    def batch_norm(self, count: int) -> list[Array]:
        """gamma, beta, mean and variance."""
        beta, mean = self._normal((count,)) / np.float32(4), self._normal((count,)) / np.float32(4)
        return [1 + self._normal((count,)) / np.float32(8), beta, mean, np.exp(self._normal((count,)) / np.float32(4))]

    def _normal(self, shape: tuple[int, ...]) -> Array:
        return self._generator.normal(size=shape).astype(np.float32)


def drawn_pytorch(model: Any) -> Any:
    """``model`` in evaluation mode with weights drawn for its layers, in the order in which it lists them."""
    import torch

    drawn = _Drawn()
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                shape = tuple(layer.weight.shape)
                arrays = [drawn.kernel(shape, int(np.prod(shape[1:]))), drawn.bias(layer.out_channels)]
                targets = [layer.weight, layer.bias]
            elif isinstance(layer, torch.nn.BatchNorm2d):
                arrays = drawn.batch_norm(layer.num_features)
                targets = [layer.weight, layer.bias, layer.running_mean, layer.running_var]
            else:
                continue
            for target, array in zip(targets, arrays, strict=True):
                target.copy_(torch.from_numpy(array))
    return model.eval()


def drawn_keras(model: Any) -> Any:
    """``model`` with weights drawn for its layers, in the order in which it lists them: those of ``drawn_pytorch``."""
    import keras

    drawn = _Drawn()
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose):
            # (kH, kW, C_in, C_out) to (C_out, C_in, kH, kW); transposed, the middle two change places, as in PyTorch
            shape = tuple(layer.kernel.shape[axis] for axis in (3, 2, 0, 1))
            kernel = drawn.kernel(shape, int(np.prod(shape[1:]))).transpose(2, 3, 1, 0)
            layer.set_weights([np.ascontiguousarray(kernel), drawn.bias(layer.bias.shape[0])])
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights(drawn.batch_norm(layer.gamma.shape[0]))
    return model


NETWORKS: dict[str, ExampleModel] = {
    one.name: one
    for one in (
        ExampleModel(
            "small",
            "two convolutions, two transposed ones around a concatenation",
            {"pytorch": small_pytorch, "keras": small_keras},
            (1, 3, 64, 64),
        ),
        ExampleModel(
            "unet",
            "a U-Net of five double convolutions with batch normalisation and four transposed ones",
            {"pytorch": unet_pytorch, "keras": unet_keras},
            (1, 3, 32, 32),
        ),
    )
}
