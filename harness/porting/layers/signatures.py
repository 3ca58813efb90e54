"""The calls that can be read: their names, and their parameters in the order of the frameworks' documentation.

``torch.nn.ConvTranspose2d``, ``torch.nn.functional.conv_transpose2d``, ``keras.layers.Conv2DTranspose`` and
``tf.nn.conv2d_transpose``; a test holds the parameters against the installed packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.porting.layers.layer import Framework


class Required:
    """Stands where a parameter has no default."""


REQUIRED = Required()


@dataclass(frozen=True, slots=True)
class Signature:
    """One function or class: its parameters with their defaults, and those without effect on the output."""

    name: str
    framework: Framework
    spellings: frozenset[str]
    parameters: Mapping[str, Any]
    without_effect: Mapping[str, str]
    keyword_only: frozenset[str] = frozenset()


def _spellings(name: str, *owners: str) -> frozenset[str]:
    return frozenset({name, *(f"{owner}.{name}" for owner in owners)})


TORCH_LAYER = Signature(
    "ConvTranspose2d",
    "pytorch",
    _spellings("ConvTranspose2d", "nn", "torch.nn"),
    {
        "in_channels": REQUIRED,
        "out_channels": REQUIRED,
        "kernel_size": REQUIRED,
        "stride": 1,
        "padding": 0,
        "output_padding": 0,
        "groups": 1,
        "bias": True,
        "dilation": 1,
        "padding_mode": "zeros",
        "device": None,
        "dtype": None,
    },
    {},
)
TORCH_FUNCTION = Signature(
    "conv_transpose2d",
    "pytorch",
    _spellings("conv_transpose2d", "F", "functional", "nn.functional", "torch.nn.functional", "torch"),
    {
        "input": REQUIRED,
        "weight": REQUIRED,
        "bias": None,
        "stride": 1,
        "padding": 0,
        "output_padding": 0,
        "groups": 1,
        "dilation": 1,
    },
    {},
)
_TRAINING = "acts in training only"
_KERAS_WITHOUT_EFFECT = {
    "kernel_initializer": "the weights are copied",
    "bias_initializer": "the weights are copied",
    "kernel_regularizer": _TRAINING,
    "bias_regularizer": _TRAINING,
    "activity_regularizer": _TRAINING,
    "kernel_constraint": _TRAINING,
    "bias_constraint": _TRAINING,
    "trainable": _TRAINING,
    "name": "a label",
}
KERAS_LAYER = Signature(
    "Conv2DTranspose",
    "keras",
    frozenset(
        spelling
        for name in ("Conv2DTranspose", "Convolution2DTranspose")
        for spelling in _spellings(name, "layers", "keras.layers", "tf.keras.layers", "tensorflow.keras.layers")
    ),
    {
        "filters": REQUIRED,
        "kernel_size": REQUIRED,
        "strides": 1,
        "padding": "valid",
        "output_padding": None,
        "data_format": None,
        "dilation_rate": 1,
        "activation": None,
        "use_bias": True,
        **dict.fromkeys(_KERAS_WITHOUT_EFFECT),
        "dtype": None,
        "input_shape": None,
    },
    _KERAS_WITHOUT_EFFECT,
    frozenset({"trainable", "name", "dtype", "input_shape"}),
)
TF_FUNCTION = Signature(
    "conv2d_transpose",
    "tensorflow",
    _spellings("conv2d_transpose", "nn", "tf.nn", "tensorflow.nn"),
    {
        "input": REQUIRED,
        "filters": REQUIRED,
        "output_shape": REQUIRED,
        "strides": REQUIRED,
        "padding": "SAME",
        "data_format": "NHWC",
        "dilations": None,
        "name": None,
    },
    {"name": "a label"},
)
SIGNATURES = (TORCH_LAYER, TORCH_FUNCTION, KERAS_LAYER, TF_FUNCTION)
