"""The calls that can be read: their names, and their parameters in the order of the frameworks' documentation.

``torch.nn.ConvTranspose2d``, ``torch.nn.functional.conv_transpose2d``, ``keras.layers.Conv2DTranspose`` and
``tf.nn.conv2d_transpose``; a test holds the parameters against the installed packages.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.porting.layers.layer import Framework

REQUIRED = object()
"""Stands where a parameter has no default."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One function or class: its parameters with their defaults, and those without effect on the output."""

    name: str
    framework: Framework
    spellings: frozenset[str]
    parameters: Mapping[str, Any]
    without_effect: Mapping[str, str]
    keyword_only: frozenset[str]


def _signature(
    framework: Framework, text: str, owners: str, aliases: str = "", without_effect: Mapping[str, str] | None = None
) -> Signature:
    """That of ``text``, a call with every parameter; ``owners`` are the modules that may stand before its name."""
    name, _, parameters = text.strip().rstrip(")").partition("(")
    definition: Any = ast.parse(f"lambda {parameters}: ...", mode="eval").body
    arguments: ast.arguments = definition.args
    known: dict[str, Any] = {one.arg: REQUIRED for one in arguments.args}
    known |= zip(
        list(known)[len(known) - len(arguments.defaults) :], map(ast.literal_eval, arguments.defaults), strict=True
    )
    named = {one.arg: None for one in arguments.kwonlyargs}
    names = [name, *aliases.split()]
    spellings = frozenset([*names, *(f"{owner}.{one}" for one in names for owner in owners.split())])
    return Signature(name, framework, spellings, known | named, without_effect or {}, frozenset(named))


TORCH_LAYER = _signature(
    "pytorch",
    "ConvTranspose2d(in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1,"
    " bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None)",
    "nn torch.nn",
)
TORCH_FUNCTION = _signature(
    "pytorch",
    "conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)",
    "F functional nn.functional torch.nn.functional torch",
)
_TRAINING = "acts in training only"
KERAS_LAYER = _signature(
    "keras",
    "Conv2DTranspose(filters, kernel_size, strides=1, padding='valid', output_padding=None, data_format=None,"
    " dilation_rate=1, activation=None, use_bias=True, kernel_initializer=None, bias_initializer=None,"
    " kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,"
    " bias_constraint=None, *, trainable=None, name=None, dtype=None, input_shape=None)",
    "layers keras.layers tf.keras.layers tensorflow.keras.layers",
    "Convolution2DTranspose",
    {
        "kernel_initializer": "the weights are copied",
        "bias_initializer": "the weights are copied",
        "kernel_regularizer": _TRAINING,
        "bias_regularizer": _TRAINING,
        "activity_regularizer": _TRAINING,
        "kernel_constraint": _TRAINING,
        "bias_constraint": _TRAINING,
        "trainable": _TRAINING,
        "name": "a label",
    },
)
TF_FUNCTION = _signature(
    "tensorflow",
    "conv2d_transpose(input, filters, output_shape, strides, padding='SAME', data_format='NHWC', dilations=None,"
    " name=None)",
    "nn tf.nn tensorflow.nn",
    without_effect={"name": "a label"},
)
SIGNATURES = (TORCH_LAYER, TORCH_FUNCTION, KERAS_LAYER, TF_FUNCTION)
