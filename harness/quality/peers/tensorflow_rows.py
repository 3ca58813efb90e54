"""Calls that the unit tests in TensorFlow's package make; they are of resizing, by the kernels that gradients share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.quality.peers.recorder import NoValuesError, Recorder
from harness.quality.peers.row import Array, Row


def versions() -> dict[str, str]:
    """What is read, and computes."""
    import tensorflow as tf

    return {"tensorflow": tf.__version__}


def rows(match: Callable[[str], bool]) -> list[Row]:
    """Those of resize_nearest_neighbor and resize_bilinear; the tests state no results."""
    from tensorflow.python.ops import image_grad_test_base as tests
    from tensorflow.python.ops import image_ops

    recorder = Recorder(_as_array)
    recorder.watch(image_ops, "resize_nearest_neighbor", _nearest)
    recorder.watch(image_ops, "resize_bilinear", _bilinear)
    recorder.run_tests([tests], match)
    return recorder.rows


def _as_array(tensor: Any) -> Array:
    if not isinstance(tensor, np.ndarray) and not hasattr(tensor, "numpy"):
        raise NoValuesError
    return np.array(tensor)


def _nearest(name: str, given: Mapping[str, Any], made: Any) -> Row:
    return _resize(name, given, made, "nearest")


def _bilinear(name: str, given: Mapping[str, Any], made: Any) -> Row:
    return _resize(name, given, made, "bilinear")


def _resize(name: str, given: Mapping[str, Any], made: Any, method: str) -> Row:
    x, y = _as_array(given["images"]), _as_array(made)
    aligned, centred = given["align_corners"], given["half_pixel_centers"]
    coordinates = "align_corners" if aligned else "half_pixel" if centred else "asymmetric"
    words = {
        "dialect": "tensorflow",
        "layout": "NHWC",
        "method": method,
        "coordinates": coordinates,
        "output_size": np.array(given["size"]).tolist(),
        "dtype": str(y.dtype),  # bilinear widens what it is given, which changes no number
    }
    return Row(name, "resize2d", words, {"input": ("NHWC", x)}, {"output": ("NHWC", y)})
