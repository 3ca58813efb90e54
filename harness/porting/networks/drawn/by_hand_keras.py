"""A drawn network as one writes it in Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.porting.networks.drawn.steps import Drawing, Step


def can_write(drawing: Drawing) -> bool:
    """Whether Keras has the layers: not for grouped transposed convolutions, nor for max pooling padded by numbers."""
    return not any(
        (step.kind == "conv_transpose2d" and step.groups > 1)
        or (step.kind == "max_pool2d" and any(map(any, step.pads)))
        or step.way.endswith("-corners")
        for step in drawing.steps
    )


def write(drawing: Drawing) -> Any:
    """A Functional keras.Model, on (N, H, W, C)."""
    import keras

    inputs = keras.Input((None, None, drawing.channels))
    values = {"x": inputs}
    weights: list[tuple[Any, list[Any]]] = []
    fused = within(drawing)
    for step in drawing.steps:
        if step.name in fused.values():  # the layer before it has it as its activation
            values[step.name] = values[step.inputs[0]]
            continue
        read = [values[name] for name in step.inputs]
        layer = _layer(step, "relu" if step.name in fused else None)
        value = read[0]
        if step.kind == "conv2d" and not step.same and any(map(any, step.pads)):
            value = keras.layers.ZeroPadding2D(step.pads)(value)
        value = layer(read) if step.kind == "concat" else layer(value)
        if step.weights:
            weights.append((layer, _arrays(step)))
        if step.kind == "conv_transpose2d" and not _is_same(step):
            value = _cut(step, value)
        values[step.name] = value
    for layer, arrays in weights:
        layer.set_weights(arrays)
    return keras.Model(inputs, values[drawing.steps[-1].name])


def within(drawing: Drawing) -> dict[str, str]:
    """The convolutions that have the ReLU after them as their activation, which alone reads them."""
    found = {}
    for step in drawing.steps:
        readers = [one for one in drawing.steps if step.name in one.inputs]
        fits = step.kind == "conv2d" or (step.kind == "conv_transpose2d" and _is_same(step))
        if fits and step.style > 3 and len(readers) == 1 and readers[0].kind == "relu":
            found[step.name] = readers[0].name
    return found


def _is_same(step: Step) -> bool:
    """Whether the crops are those of ``same``: of the odd total the larger half at the end."""
    totals = [extent - stride for extent, stride in zip(step.extents, step.strides, strict=True)]
    halves = tuple((total // 2, total - total // 2) for total in totals)
    return step.pads == halves and min(totals) >= 0


def _cut(step: Step, value: Any) -> Any:
    import keras

    (top, bottom), (left, right) = step.pads
    if not any(map(any, step.pads)):
        return value
    if step.style % 2:
        return value[:, top : -bottom or None, left : -right or None]
    return keras.layers.Cropping2D(step.pads)(value)


def _layer(step: Step, activation: str | None) -> Any:
    from keras import layers

    same = "same" if step.same else "valid"
    if step.kind in {"conv2d", "conv_transpose2d"}:
        kernel = step.weights["kernel"]
        common: dict[str, Any] = {"use_bias": "bias" in step.weights, "activation": activation, "name": step.name}
        common |= {"strides": step.strides, "dilation_rate": step.dilations}
        if step.kind == "conv2d":
            return layers.Conv2D(kernel.shape[0], step.kernel_size, padding=same, groups=step.groups, **common)
        word = "same" if _is_same(step) else "valid"
        return layers.Conv2DTranspose(kernel.shape[1], step.kernel_size, padding=word, **common)
    makers: dict[str, Callable[..., Any]] = {
        "batch_norm": lambda name: layers.BatchNormalization(epsilon=step.epsilon, name=name),
        "relu": lambda name: layers.ReLU(name=name) if step.style % 2 else layers.Activation("relu", name=name),
        "sigmoid": lambda name: layers.Activation("sigmoid", name=name),
        "max_pool2d": lambda name: layers.MaxPooling2D(step.kernel_size, step.strides, same, name=name),
        "average_pool2d": lambda name: layers.AveragePooling2D(step.kernel_size, step.strides, name=name),
        "upsample2d": lambda name: layers.UpSampling2D(step.strides, interpolation=step.way, name=name),
        "concat": lambda name: layers.Concatenate(name=name),
    }
    return makers[step.kind](step.name)


def _arrays(step: Step) -> list[Any]:
    """In the layouts and the order of Keras: (kH, kW, C_in/G, C_out), transposed (kH, kW, C_out, C_in)."""
    if step.kind == "batch_norm":
        return [step.weights[role] for role in ("gamma", "beta", "mean", "variance")]
    kernel = np.ascontiguousarray(step.weights["kernel"].transpose(2, 3, 1, 0))
    return [kernel] + ([step.weights["bias"]] if "bias" in step.weights else [])
