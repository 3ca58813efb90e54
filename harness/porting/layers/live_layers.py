"""Live layers: what they compute, their weights, and how to call them. Imports a framework only for its own layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.adapters.crops import ConvTransposeAdapter
from harness.adapters.keras import KerasTorch
from harness.core.case import DTypeName, Pads
from harness.core.dtypes import TRANSLATED
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import NO_PADS
from harness.porting.layers.layer import Framework, Layer, TranslationError, added, crops_of, layer_case, negative
from harness.porting.workers import ADAPTERS

MARK = "harness_case"
"""Where a translated TensorFlow module keeps its case: its code holds the parameters, and cannot be read."""
_CUT_OFF = "zeros are put where something was cut off before, which no single transposed convolution does"
_APPENDED = "zeros are appended after a bias, which no single transposed convolution does"


@dataclass(frozen=True, slots=True)
class Live:
    """A layer of a framework: ``case`` has its parameters (or, where crops follow the call, its crops) and layout.

    ``kernel`` is held as the framework does, ``bias`` is (C_out) or None.
    """

    owner: Framework
    case: Case
    kernel: Array
    bias: Array | None


def owner_of(layer: object) -> Framework:
    """The framework of a live layer, by the modules that its classes come from; imports none."""
    for kind in type(layer).__mro__:
        root = kind.__module__.partition(".")[0]
        if root in {"torch", "keras", "tensorflow"}:
            return {"torch": "pytorch", "keras": "keras", "tensorflow": "tensorflow"}[root]  # type: ignore[return-value]
    raise TranslationError(f"a {type(layer).__name__} is no layer of PyTorch, Keras or TensorFlow")


def read_live(layer: Any) -> Live:
    """A built layer, or one followed by crops as translations make them. Raises TranslationError for anything else."""
    return {"pytorch": _read_pytorch, "keras": _read_keras, "tensorflow": _read_tensorflow}[owner_of(layer)](layer)


def planner(owner: Framework) -> ConvTransposeAdapter:
    """The adapter that knows the limits of the framework as this process runs it."""
    if owner == "keras":
        import keras

        if keras.backend.backend() != "tensorflow":
            return KerasTorch()
    return ADAPTERS[owner]()


def call_of(owner: Framework, layer: Any) -> Callable[[Array], Array]:
    """``layer`` as a function of NumPy arrays in its layout, without recording gradients."""
    if owner == "keras":
        import keras

        return lambda x: np.asarray(keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor(x))))
    if owner == "tensorflow":
        import tensorflow as tf

        return lambda x: np.asarray(layer(tf.constant(x)).numpy())
    import torch

    device = next(layer.parameters()).device
    return torch.no_grad()(lambda x: layer(torch.from_numpy(x).to(device)).cpu().numpy())  # type: ignore[no-any-return]


def _read_pytorch(layer: Any) -> Live:
    import torch

    parts = [part for part in layer.modules() if not isinstance(part, torch.nn.Sequential)]
    convolution = _alike([part for part in parts if isinstance(part, torch.nn.ConvTranspose2d)], layer, id)
    if isinstance(convolution.weight, torch.nn.parameter.UninitializedParameter):
        raise TranslationError("the layer has no weights yet: call it once on data")
    kernel = _tensor(convolution.weight)
    bias = None if convolution.bias is None else _tensor(convolution.bias)
    case = layer_case(
        "pytorch",
        _check_dtype(str(kernel.dtype)),
        Words(tuple((each, each) for each in convolution.padding), output_padding=tuple(convolution.output_padding)),
        in_channels=convolution.in_channels,
        out_channels=convolution.out_channels,
        kernel_size=tuple(convolution.kernel_size),
        strides=tuple(convolution.stride),
        dilations=tuple(convolution.dilation),
        groups=convolution.groups,
        layout="NCHW",
    )
    crops, late = [], None
    for part in parts:
        if isinstance(part, torch.nn.ZeroPad2d):
            left, right, top, bottom = part.padding
            crops.append(negative(((top, bottom), (left, right))))
        elif type(part).__name__ == "AddBias":
            late = _tensor(part.bias)
        elif part is not convolution:
            raise TranslationError(f"{type(part).__name__} is no part of a transposed convolution")
    return _followed(Live("pytorch", case, kernel, bias), crops, late)


def _tensor(tensor: Any) -> Array:
    _check_dtype(str(tensor.dtype).removeprefix("torch."))
    array: Array = tensor.detach().cpu().numpy()
    return array


def _read_keras(layer: Any) -> Live:
    import keras

    parts = layer.layers if isinstance(layer, keras.Model) else [layer]
    convolutions = [part for part in parts if isinstance(part, keras.layers.Conv2DTranspose)]
    first = _alike(convolutions, layer, lambda part: {**part.get_config(), "name": ""})
    if not all(part.built for part in convolutions):
        raise TranslationError("the layer has no weights yet: build it, or call it once on data")
    if first.activation is not None and first.activation is not keras.activations.linear:
        raise TranslationError(f"the activation {first.activation.__name__} changes the output: apply it afterwards")
    if first.compute_dtype != first.variable_dtype:
        raise TranslationError(f"the layer computes in {first.compute_dtype} and holds {first.variable_dtype}")
    kernel = np.concatenate([part.kernel.numpy() for part in convolutions], axis=-1)
    bias = np.concatenate([part.bias.numpy() for part in convolutions]) if first.use_bias else None
    groups = len(convolutions)
    extra = first.output_padding
    case = layer_case(
        "keras",
        _check_dtype(str(kernel.dtype)),
        Words(first.padding, output_padding=(extra, extra) if isinstance(extra, int) else extra),
        in_channels=kernel.shape[3],
        out_channels=kernel.shape[2] * groups,
        kernel_size=kernel.shape[:2],
        strides=tuple(first.strides),
        dilations=tuple(first.dilation_rate),
        layout="NHWC" if first.data_format == "channels_last" else "NCHW",
    )
    crops, late = [], None
    for part in parts:
        if isinstance(part, keras.layers.Cropping2D):
            crops.append(part.cropping)
        elif isinstance(part, keras.layers.ZeroPadding2D):
            crops.append(negative(part.padding))
        elif type(part).__name__ == "AddBias":
            late = part.bias.numpy()
        elif type(part).__name__ not in {"Conv2DTranspose", "InputLayer", "Split", "Concatenate"}:
            raise TranslationError(f"{type(part).__name__} is no part of a transposed convolution")
    return _followed(Live("keras", case, kernel, bias), crops, late, groups)


def _read_tensorflow(layer: Any) -> Live:
    case = getattr(layer, MARK, None)
    if not isinstance(case, Case):
        raise TranslationError(
            "a TensorFlow function or module does not say its parameters; only modules made by to_tensorflow do"
        )
    kernel = np.asarray(layer.kernel.numpy())
    bias = np.asarray(layer.bias.numpy()) if case.bias else None
    return Live("tensorflow", case, kernel, bias)


def _check_dtype(dtype: str) -> DTypeName:
    for name in TRANSLATED:
        if name == dtype:
            return name
    raise TranslationError(f"the layer computes in {dtype}, which the oracle does not judge")


def _alike(found: Sequence[Any], layer: object, config: Callable[[Any], object]) -> Any:
    """The first of several layers with one ``config``: the groups of one convolution, which differ in their weights."""
    if not found or any(config(one) != config(found[0]) for one in found):
        raise TranslationError(f"{type(layer).__name__} holds {len(found)} layers of transposed convolution, not one")
    return found[0]


def _followed(live: Live, crops: Sequence[Pads], late: Array | None, groups: int = 1) -> Live:
    """``live`` with the crops (negative: appended zeros), the late bias and the groups of what stands around it."""
    if live.bias is not None and (
        late is not None or any(side < 0 for pads in crops for pair in pads for side in pair)
    ):
        raise TranslationError(_APPENDED)
    bias = live.bias if late is None else late
    case = replace(live.case, bias=bias is not None)
    if not crops and groups == 1:
        return replace(live, case=case, bias=bias)
    total = crops_of(Layer(case, live.owner, ""))
    for crop in crops or [NO_PADS]:
        if any(had > 0 > more for pair in zip(total, crop, strict=True) for had, more in zip(*pair, strict=True)):
            raise TranslationError(_CUT_OFF)
        total = added(total, crop)
    case = replace(case, dialect="canonical", words=Words(total), groups=case.groups * groups)
    return replace(live, case=case, bias=bias)
