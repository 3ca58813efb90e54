"""How each adapter says a case: natively, composed of native calls and slices, or not at all, and why."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from typing import Any

import pytest

from harness.adapters.crops import Expression
from harness.adapters.keras import Keras, KerasTorch
from harness.adapters.keras.ops import KerasOps, KerasTorchOps
from harness.adapters.program import Inexpressible, Program
from harness.adapters.published_numpy import PublishedNumpy
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow, TensorFlowPlain
from harness.core.case import Expect
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import lower
from harness.tests.asking import make_case

KINDS = (TensorFlow, TensorFlowPlain, Keras, KerasOps, KerasTorch, KerasTorchOps, PyTorch, PublishedNumpy)
ADAPTERS = {one.name: one for one in KINDS}
ONES = ((1, 1), (1, 1))
TWO = (2, 2)
SQUARE = {"kernel_size": (3, 3)}
ERROR = Expect(error=True)
CASES: dict[str, dict[str, Any]] = {
    "pytorch-padded": {"strides": TWO, "words": Words(ONES, output_padding=(1, 1)), **SQUARE},
    "pytorch-output-size": {"strides": TWO, "words": Words(ONES, output_size=(6, 7)), **SQUARE},
    "pytorch-groups": {"groups": 2, "bias": True},
    "tensorflow-same": {"dialect": "tensorflow", "strides": TWO, "words": Words("same"), **SQUARE},
    "tensorflow-valid": {"dialect": "tensorflow", "words": Words("valid", output_size=(10, 13)), "strides": (3, 3)},
    "tensorflow-explicit": {"dialect": "tensorflow", "words": Words(((1, 0), (0, 1)), output_size=(4, 4))},
    "keras-short-kernel": {"dialect": "keras", "strides": (3, 4), "kernel_size": (2, 2), "words": Words("valid")},
    "keras-same-q": {"dialect": "keras", "strides": TWO, "words": Words("same", output_padding=(1, 1)), **SQUARE},
    "onnx-pads": {"dialect": "onnx", "strides": TWO, "words": Words(((1, 0), (1, 0))), **SQUARE},
    "onnx-lower": {"dialect": "onnx", "strides": TWO, "words": Words("same_lower"), **SQUARE},
    "jax-same": {"dialect": "jax", "strides": TWO, "kernel_size": (4, 4), "words": Words("same")},
    "canonical-extended": {"dialect": "canonical", "words": Words(((-1, 0), (0, -2))), "bias": True},
    "canonical-cut": {"dialect": "canonical", "words": Words(((2, 0), (0, 1))), "bias": True},
}
NATIVE, COMPOSED = "native", "composed"
ROUTES = {
    # tensorflow, keras, keras:torch, pytorch
    "pytorch-padded": (NATIVE, COMPOSED, COMPOSED, NATIVE),
    "pytorch-output-size": (NATIVE, COMPOSED, COMPOSED, NATIVE),
    "pytorch-groups": (COMPOSED, COMPOSED, COMPOSED, NATIVE),
    "tensorflow-same": (NATIVE, NATIVE, NATIVE, COMPOSED),
    "tensorflow-valid": (NATIVE, NATIVE, NATIVE, NATIVE),
    "tensorflow-explicit": (NATIVE, COMPOSED, COMPOSED, COMPOSED),
    "keras-short-kernel": (NATIVE, NATIVE, NATIVE, NATIVE),
    "keras-same-q": (NATIVE, NATIVE, NATIVE, COMPOSED),
    "onnx-pads": (NATIVE, COMPOSED, COMPOSED, NATIVE),
    "onnx-lower": (NATIVE, COMPOSED, COMPOSED, NATIVE),
    "jax-same": (NATIVE, NATIVE, NATIVE, NATIVE),
    "canonical-extended": (COMPOSED, COMPOSED, COMPOSED, COMPOSED),
    "canonical-cut": (NATIVE, COMPOSED, COMPOSED, COMPOSED),
}
SPEAKERS = ("tensorflow", "keras", "keras:torch", "pytorch")


def plan(adapter, **changes):
    case, one = make_case(**changes), ADAPTERS[adapter]()
    if isinstance(one, PublishedNumpy):
        return one.program(case)
    return one.express(case, None if case.nominal else lower(case))


def planned(adapter, **changes):
    made = plan(adapter, **changes)
    assert not isinstance(made, Inexpressible), made
    return made


def refused(adapter, **changes):
    made = plan(adapter, **changes)
    assert isinstance(made, Inexpressible), made
    return made.reason


@pytest.mark.parametrize("case", CASES)
def test_routes(case):
    plans = [planned(adapter, **CASES[case]) for adapter in SPEAKERS]
    assert tuple(made.route for made in plans) == ROUTES[case]
    for made in plans:
        assert (made.route == COMPOSED) == bool(made.reasons)
        assert all(reason and reason == reason.strip() for reason in made.reasons)


@pytest.mark.parametrize(("case", "adapter"), list(product(CASES, SPEAKERS)))
def test_the_call_of_a_program_is_plain_data(case, adapter):
    made = ADAPTERS[adapter]().program(make_case(**CASES[case]))
    assert isinstance(made, Program)
    assert_plain(dict(made.call))


def assert_plain(data):
    """Exactly the types that every channel carries, no subclass and no NumPy scalar."""
    if type(data) is dict:
        assert all(type(key) is str for key in data)
        data = list(data.values())
    if type(data) in {list, tuple}:
        for item in data:
            assert_plain(item)
    else:
        assert type(data) in {str, int, bool, type(None)}


@pytest.mark.parametrize(
    ("adapter", "case", "expected"),
    [
        ("pytorch", "pytorch-padded", {"padding": (1, 1), "output_padding": (1, 1), "stride": TWO}),
        ("pytorch", "pytorch-groups", {"groups": 2, "in_channels": 2, "out_channels": 4, "kernel_size": (3, 2)}),
        ("pytorch", "tensorflow-same", {"padding": (0, 0), "output_padding": (0, 0)}),
        ("pytorch", "keras-short-kernel", {"padding": (0, 0), "output_padding": (1, 2)}),
        ("pytorch", "onnx-pads", {"padding": (1, 1), "output_padding": (1, 1)}),
        ("pytorch", "jax-same", {"padding": (1, 1), "output_padding": (0, 0)}),
    ],
)
def test_pytorch_call(adapter, case, expected):
    module = planned(adapter, **CASES[case]).call["module"]
    assert {key: module[key] for key in expected} == expected


def test_pytorch_is_given_an_output_size_as_it_is_written():
    call = planned("pytorch", **CASES["pytorch-output-size"]).call
    assert call["forward"] == {"output_size": (6, 7)}
    assert call["module"]["output_padding"] == (0, 0)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("tensorflow-same", {"padding": "SAME", "output_shape": [2, 6, 8, 4]}),
        ("tensorflow-valid", {"padding": "VALID", "output_shape": [2, 10, 13, 4]}),
        ("tensorflow-explicit", {"padding": [(0, 0), (1, 0), (0, 1), (0, 0)]}),
        ("pytorch-padded", {"padding": [(0, 0), (1, 0), (1, 0), (0, 0)], "output_shape": [2, 6, 8, 4]}),
        ("pytorch-groups", {"padding": "VALID", "output_shape": [2, 5, 5, 2]}),
        ("jax-same", {"padding": "SAME", "output_shape": [2, 6, 8, 4]}),
    ],
)
def test_tensorflow_call(case, expected):
    call = planned("tensorflow", **CASES[case]).call
    assert {key: call[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("keras-short-kernel", {"padding": "valid", "output_padding": None, "filters": 4}),
        ("keras-same-q", {"padding": "same", "output_padding": (1, 1)}),
        ("tensorflow-same", {"padding": "same", "output_padding": None}),
        ("pytorch-groups", {"padding": "valid", "filters": 2}),
        ("pytorch-padded", {"padding": "valid", "output_padding": None}),
    ],
)
def test_keras_call(case, expected):
    call = planned("keras", **CASES[case]).call
    assert {key: call[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("adapter", "case", "crop", "bias"),
    [
        ("pytorch", "tensorflow-same", ((0, 1), (0, 1)), "none"),
        ("pytorch", "canonical-extended", ((-1, 0), (0, -2)), "after"),
        ("tensorflow", "canonical-extended", ((-1, 0), (0, -2)), "after"),
        ("keras", "canonical-extended", ((-1, 0), (0, -2)), "after"),
        ("pytorch", "canonical-cut", ((2, 0), (0, 1)), "native"),
        ("keras", "pytorch-padded", ((1, 0), (1, 0)), "none"),
        ("tensorflow", "pytorch-groups", ((0, 0), (0, 0)), "native"),
    ],
)
def test_what_is_done_after_the_call(adapter, case, crop, bias):
    made = planned(adapter, **CASES[case])
    assert (made.crop, made.bias) == (crop, bias)


@pytest.mark.parametrize(
    ("adapter", "case", "reason"),
    [
        (
            "pytorch",
            "tensorflow-same",
            "no pytorch parameters crop (0, 1) rows and (0, 1) columns, so the result is sl",
        ),
        ("pytorch", "canonical-extended", "so zeros are appended afterwards"),
        ("tensorflow", "pytorch-groups", "tf.nn.conv2d_transpose has no groups: split, one call each, concatenate"),
        ("keras", "pytorch-groups", "Conv2DTranspose has no groups"),
        ("keras", "pytorch-padded", "no keras parameters crop (1, 0) rows and (1, 0) columns"),
    ],
)
def test_reasons_of_composed_routes(adapter, case, reason):
    assert any(reason in given for given in planned(adapter, **CASES[case]).reasons)


@pytest.mark.parametrize(
    ("adapter", "layout", "dtype", "seen", "route"),
    [
        ("tensorflow", None, "float32", "NHWC", NATIVE),
        ("tensorflow", "NCHW", "float32", "NCHW", NATIVE),
        ("tensorflow", "NCHW", "float64", "NHWC", COMPOSED),
        ("tensorflow", "NCHW", "float16", "NHWC", COMPOSED),
        ("keras", "NCHW", "float32", "NCHW", NATIVE),
        ("keras", "NCHW", "float64", "NHWC", COMPOSED),
        ("keras:torch", "NCHW", "float64", "NCHW", NATIVE),
        ("keras:torch", None, "float16", "NHWC", NATIVE),
        ("pytorch", None, "float32", "NCHW", NATIVE),
        ("pytorch", "NCHW", "float16", "NCHW", NATIVE),
        ("pytorch", "NHWC", "float32", "NCHW", COMPOSED),
    ],
)
def test_layouts(adapter, layout, dtype, seen, route):
    made = planned(adapter, layout=layout, dtype=dtype)
    assert (made.data_layout, made.route) == (seen, route)
    assert made.given_layout == (layout or made.data_layout)


@pytest.mark.parametrize(
    ("adapter", "changes", "reason"),
    [
        ("tensorflow", {"dilations": (1, 2), "dtype": "float64"}, "dilate only in float32"),
        ("tensorflow", {"dilations": TWO, "dtype": "float16"}, "dilate only in float32"),
        ("keras", {"dilations": TWO, "dtype": "float64"}, "dilate only in float32"),
        ("keras", {"dilations": TWO, "strides": (1, 2)}, "incompatible"),
        ("keras:torch", {"dilations": TWO, "strides": TWO}, "incompatible"),
        ("keras:torch", {"dilations": (1, 2)}, "different dilation rates per axis"),
        ("pytorch", {"words": Words(((1, 2), (0, 0))), "expect": ERROR}, "one padding for both sides"),
        ("keras", {"dialect": "keras", "words": Words(ONES), "expect": ERROR}, "neither explicit padding"),
        ("keras", {"dialect": "keras", "words": Words(output_size=TWO), "expect": ERROR}, "nor an output size"),
        ("published-numpy", {}, "knows 3x3 kernels at stride 2"),
        ("published-numpy", {"strides": TWO, "words": Words(ONES), **SQUARE}, "with SAME padding only"),
        ("published-numpy", {**CASES["tensorflow-same"], "bias": True}, "no bias"),
        ("published-numpy", {**CASES["tensorflow-same"], "layout": "NHWC"}, "reads (channels, height, width)"),
        ("published-numpy", {"dialect": "tensorflow", "strides": (0, 0), "expect": ERROR}, "checks nothing"),
    ],
)
def test_inexpressible(adapter, changes, reason):
    assert reason in refused(adapter, **changes)


@pytest.mark.parametrize("adapter", SPEAKERS)
@pytest.mark.parametrize("strides", [(0, 1), (-1, 2)])
def test_an_illegal_case_is_asked_in_its_own_words(adapter, strides):
    dialect = ADAPTERS[adapter].dialect
    made = plan(adapter, dialect=dialect, strides=strides, expect=ERROR)
    if isinstance(made, Expression):
        call = made.call.get("module", made.call)
        assert tuple(call.get("strides", call.get("stride"))) == strides
        assert made.route == NATIVE
    else:
        assert adapter == "tensorflow"
        assert "needs an output_shape, and none follows" in made.reason


def test_tensorflow_is_given_an_illegal_output_shape_as_it_is_written():
    words = Words("same", output_size=(97, 1))
    call = planned("tensorflow", dialect="tensorflow", words=words, expect=ERROR).call
    assert (call["output_shape"], call["padding"]) == ([2, 97, 1, 4], "SAME")


def test_tensorflow_is_given_a_grouped_kernel_as_it_is_where_that_is_an_error():
    groups = {"in_channels": 4, "out_channels": 4, "groups": 2, "words": Words("same", output_size=(3, 4))}
    illegal = planned("tensorflow", dialect="tensorflow", expect=ERROR, **groups)
    assert (illegal.splits, illegal.call["output_shape"], illegal.route) == (1, [2, 3, 4, 4], NATIVE)
    legal = planned("tensorflow", **{**groups, "words": Words(ONES)})
    assert (legal.splits, legal.call["output_shape"][-1], legal.route) == (2, 2, COMPOSED)


@pytest.mark.parametrize("adapter", ["keras:ops", "keras:torch-ops"])
def test_the_function_takes_sizes_from_its_kernel_and_has_no_bias(adapter):
    made = planned(adapter, bias=True, **CASES["keras-same-q"])
    layer = planned(adapter.removesuffix("ops").strip(":-") or "keras", bias=True, **CASES["keras-same-q"])
    assert set(layer.call) - set(made.call) == {"filters", "kernel_size"}
    assert (made.bias, layer.bias) == ("after", "native")


def test_without_onednn_foreign_cases_are_read_channels_last_and_not_dilated():
    assert planned("tensorflow:no-onednn", layout="NCHW").data_layout == "NHWC"
    assert "do not dilate" in refused("tensorflow:no-onednn", dilations=TWO)
    own = {"dialect": "tensorflow", "layout": "NCHW", "dilations": TWO, "words": Words("same")}
    assert planned("tensorflow:no-onednn", **own).data_layout == "NCHW"


def test_published_numpy_takes_a_same_case_from_any_dialect():
    assert planned("published-numpy", **CASES["tensorflow-same"]).route == NATIVE
    canonical = {"dialect": "canonical", "words": Words(((0, 1), (0, 1))), "strides": TWO, **SQUARE}
    assert planned("published-numpy", **canonical).route == NATIVE


def test_planning_imports_no_framework():
    code = """
import json, sys
from harness.adapters import choose
from harness.operations.conv_transpose.dialects import lower
from harness.tests.adapters.texts import printed
from harness.tests.asking import make_case
for one in choose():
    one.adapter.program(make_case())
print(json.dumps(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "harness" in loaded
    assert not loaded & {"tensorflow", "keras", "torch", "jax", "onnx"}


@pytest.mark.parametrize("adapter", ADAPTERS.values())
def test_what_an_adapter_states(adapter):
    one = adapter()
    assert one.mode == "eager"
    assert {"float64", "float32", "float16"} <= set(one.dtypes)
    assert not set(one.dtypes) & set(one.refused_dtypes)
    assert all(type(key) is type(value) is str for key, value in one.environment.items())
