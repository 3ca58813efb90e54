"""Calls that Keras' own unit tests make, on JAX, with the results that they expect."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partialmethod
from importlib import import_module
from typing import Any

import numpy as np

from harness.quality.peers.recorder import NoValuesError, Recorder
from harness.quality.peers.row import Array, Laid, Row, UnstatedError, two_axes

TESTS = (
    "keras.src.layers.convolutional.conv_transpose_test",
    "keras.src.layers.pooling.max_pooling_test",
    "keras.src.layers.reshaping.up_sampling2d_test",
    "keras.src.ops.nn_test",
    "keras.src.ops.image_test",
)
WORDS = ("conv_transpose", "d_transpose", "max_pool", "upsampling", "test_resize")
Given = Mapping[str, Any]


def versions() -> dict[str, str]:
    """What is read, and computes."""
    import jax
    import keras

    return {"keras": keras.__version__, "jax": jax.__version__}


def rows(match: Callable[[str], bool]) -> list[Row]:
    """Those of transposed convolution, max pooling, upsampling and resizing."""
    os.environ["KERAS_BACKEND"] = "jax"
    from keras.src.layers.convolutional.base_conv_transpose import BaseConvTranspose
    from keras.src.layers.pooling.base_pooling import BasePooling
    from keras.src.layers.reshaping.up_sampling2d import UpSampling2D
    from keras.src.ops import image, nn
    from keras.src.testing import TestCase

    recorder = Recorder(_as_array)
    recorder.watch(BaseConvTranspose, "call", _layer)
    recorder.watch(BasePooling, "call", _pooling_layer)
    recorder.watch(UpSampling2D, "call", _up_sampling)
    recorder.watch(nn, "conv_transpose", _conv_transpose)
    recorder.watch(nn, "max_pool", _max_pool)
    recorder.watch(image, "resize", _resize)
    recorder.watch_expectations(TestCase)
    # training and mixed precision compute what nobody sees, for minutes
    quick = partialmethod(TestCase.run_layer_test, run_training_check=False, run_mixed_precision_check=False)
    TestCase.run_layer_test = quick
    modules = [import_module(name) for name in TESTS]
    recorder.run_tests(modules, lambda name: any(word in name for word in WORDS) and match(name))
    return recorder.rows


def _as_array(tensor: Any) -> Array:
    try:
        array = np.array(getattr(tensor, "value", tensor))
    except Exception:  # what a symbol raises
        raise NoValuesError from None
    if array.dtype.kind == "O":
        raise NoValuesError
    return array


def _laid(tensor: Any, data_format: str | None, axes: int | None = None) -> Laid:
    """An image with its letters; raises UnstatedError unless it has two axes beside batch and channels."""
    array = _as_array(tensor)
    two_axes(array.ndim - 2 if axes is None else axes)
    letters = f"N{_layout(data_format)[1:]}"
    return letters[4 - array.ndim :], array


def _layout(data_format: str | None) -> str:
    import keras

    return "NCHW" if (data_format or keras.config.image_data_format()) == "channels_first" else "NHWC"


def _words(given: Given, made: Any, **words: Any) -> dict[str, Any]:
    """In the type of the result, into which Keras turns what it is given."""
    stated = {"dialect": "keras", "dtype": str(_as_array(made).dtype), "layout": _layout(given["data_format"]), **words}
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in stated.items() if value is not None
    }


def _layer(name: str, given: Given, made: Any) -> Row:
    layer = given["self"]
    if layer.activation is not None and layer.activation.__name__ != "linear":
        raise UnstatedError("an activation")
    keys = ("strides", "padding", "output_padding", "dilation_rate", "data_format")
    words = {key: getattr(layer, key) for key in keys}
    bias = _as_array(layer.bias).tolist() if layer.use_bias else None
    return _conv_transpose(name, {"inputs": given["inputs"], "kernel": layer.kernel, **words}, made, bias)


def _conv_transpose(name: str, given: Given, made: Any, bias: list[float] | None = None) -> Row:
    x = _laid(given["inputs"], given["data_format"])
    words = _words(
        given,
        made,
        strides=given["strides"],
        padding=given["padding"],
        output_padding=given["output_padding"],
        dilations=given["dilation_rate"],
        bias=bias,
    )
    inputs = {"input": x, "kernel": ("HWOI", _as_array(given["kernel"]))}
    return Row(name, "conv_transpose2d", words, inputs, {"output": _laid(made, given["data_format"])})


def _pooling_layer(name: str, given: Given, made: Any) -> Row:
    layer = given["self"]
    if layer.pool_mode != "max":
        raise NoValuesError
    words = {key: getattr(layer, key) for key in ("pool_size", "strides", "padding", "data_format")}
    return _max_pool(name, {"inputs": given["inputs"], **words}, made)


def _max_pool(name: str, given: Given, made: Any) -> Row:
    x = _laid(given["inputs"], given["data_format"])
    words = _words(given, made, pool_size=given["pool_size"], strides=given["strides"], padding=given["padding"])
    return Row(name, "max_pool2d_with_indices", words, {"input": x}, {"output": _laid(made, given["data_format"])})


def _up_sampling(name: str, given: Given, made: Any) -> Row:
    """Nearest repeats rows and columns, which is asymmetric and rounded down."""
    layer = given["self"]
    x, y = (_laid(one, layer.data_format) for one in (given["inputs"], made))
    if layer.interpolation not in {"nearest", "bilinear"}:
        raise UnstatedError(f"{layer.interpolation} resizing")
    coordinates = "asymmetric" if layer.interpolation == "nearest" else "half_pixel"
    words = _words({"data_format": layer.data_format}, made, method=layer.interpolation, coordinates=coordinates)
    words["output_size"] = [y[1].shape[y[0].index(letter)] for letter in "HW"]
    return Row(name, "resize2d", words, {"input": x}, {"output": y})


def _resize(name: str, given: Given, made: Any) -> Row:
    x, y = (_laid(one, given["data_format"], axes=2) for one in (given["images"], made))
    if given["interpolation"] not in {"nearest", "bilinear"}:
        raise UnstatedError(f"{given['interpolation']} resizing")
    for word in ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"):
        if given[word]:
            raise UnstatedError(f"resizing with {word}")
    words = _words(given, made, method=given["interpolation"], coordinates="half_pixel", output_size=given["size"])
    return Row(name, "resize2d", words, {"input": x}, {"output": y})
