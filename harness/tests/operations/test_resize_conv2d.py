"""Resizing and convolving against literal loops, its bound against kernels in float32, every fault against the cases."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import choose
from harness.adapters.program import Inexpressible, Program
from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound, gamma
from harness.operations import operation
from harness.operations.resize_conv2d.case import ResizeConvCase
from harness.operations.resize_conv2d.oracle import convolve, pads, references
from harness.tests.operations.asking import cases_of, problem_of, shipped, survivors
from harness.tests.operations.resizing import resized, scattered, simulated, simulated_gradient

SHIPPED = Path("cases/resize_convolution.yaml")
PRECISIONS = {"float64": np.float64, "float32": np.float32, "float16": np.float32}


def image_op():
    return operation("resize_conv2d")


def whole(array):
    """Integers of any size."""
    return np.vectorize(int, otypes=[object])(array)


def convolved(z, w, b=None, *, circular=False):
    """``z`` (N, I, H, W) with ``w`` (O, I, kH, kW), element by element; beyond the image are zeros or its other side."""
    top, left = ((k - 1) // 2 for k in w.shape[2:])
    y = np.zeros((len(z), len(w), *z.shape[2:]), z.dtype)
    for n, o, p, q in np.ndindex(y.shape):
        for i, u, v in np.ndindex(w.shape[1:]):
            h, c = p + u - top, q + v - left
            if circular:
                h, c = h % z.shape[2], c % z.shape[3]
            if 0 <= h < z.shape[2] and 0 <= c < z.shape[3]:
                y[n, o, p, q] += z[n, i, h, c] * w[o, i, u, v]
    return y if b is None else y + b[:, None, None]


def gradients(z, w, g, *, circular=False):
    """Those by ``z`` and by ``w`` of ``convolved``, every product added where its factors came from."""
    top, left = ((k - 1) // 2 for k in w.shape[2:])
    by_z, by_w = np.zeros_like(z), np.zeros_like(w)
    for n, o, p, q in np.ndindex(g.shape):
        for i, u, v in np.ndindex(w.shape[1:]):
            h, c = p + u - top, q + v - left
            if circular:
                h, c = h % z.shape[2], c % z.shape[3]
            if 0 <= h < z.shape[2] and 0 <= c < z.shape[3]:
                by_z[n, i, h, c] += g[n, o, p, q] * w[o, i, u, v]
                by_w[o, i, u, v] += g[n, o, p, q] * z[n, i, h, c]
    return by_z, by_w


@pytest.mark.parametrize("case", [one for one in shipped(SHIPPED) if not one.nominal], ids=lambda case: case.id)
def test_the_truth_of_a_shipped_case_is_that_of_loops_over_fractions(case):
    case = replace(case, data="integers", dtype="float64")
    prepared = image_op().oracle.prepare(case)
    arrays = {name: whole(one) for name, one in prepared.tensors.arrays.items()}
    g = arrays["cotangent"]
    circular = case.padding_mode == "circular"
    by_z, by_w = gradients(z := resized(case.axes, arrays["input"]), arrays["kernel"], g, circular=circular)
    right = {
        "output": convolved(z, arrays["kernel"], arrays.get("bias"), circular=circular),
        "input_grad": scattered(case.axes, by_z),
        "kernel_grad": by_w,
        "bias_grad": g.sum((0, 2, 3)),
    }
    for name in case.outputs:
        reference = prepared.reference(name)
        error = np.abs(reference.output - right[name].astype(float))
        if reference.is_exact(case):
            assert not np.any(error)
        else:
            # the reference's own rounding
            assert np.all(error <= gamma(reference.terms, 2.0**-53) * reference.magnitude)


@pytest.mark.parametrize(("k", "sides"), [(1, (0, 0)), (2, (0, 1)), (3, (1, 1)), (4, (1, 2)), (5, (2, 2))])
def test_of_an_odd_number_of_zeros_one_more_is_after_the_image(k, sides):
    assert pads(k) == sides


def test_the_kernel_is_not_rotated():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    w = np.arange(9.0).reshape(1, 1, 3, 3)
    assert convolve(x, w)[0, 0].tolist() == w[0, 0, ::-1, ::-1].tolist()


def drawn(name, coordinates, seed):
    """A case of drawn sizes with its tensors of normal numbers."""
    generator = np.random.default_rng(seed)
    n, m, o, p = (int(size) for size in generator.integers(1, 8, 4))
    case = ResizeConvCase(
        "suite", "case", "", "pytorch", batch=1, channels=2, input_size=(n, m), output_size=(o, p), dtype=name,
        data="real", coordinates=coordinates, out_channels=2, kernel_size=(3, 2), bias=True,
    )  # fmt: skip
    shapes = {"input": (1, 2, n, m), "kernel": case.kernel_shape, "bias": (2,), "cotangent": (1, 2, o, p)}
    arrays = {key: generator.normal(size=shape).astype(DTYPES[name].numpy) for key, shape in shapes.items()}
    return case, arrays


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners"])
@pytest.mark.parametrize("name", PRECISIONS)
def test_the_bound_holds_for_sums_in_the_dtype_itself_and_is_near(name, coordinates):
    dtype, found = DTYPES[name], dict[str, float]()
    for seed in range(25):
        case, arrays = drawn(name, coordinates, seed)
        right: dict[Any, Any] = dict(references(case, {key: one.astype(np.float64) for key, one in arrays.items()}))
        x, w, b, g = (arrays[key] for key in ("input", "kernel", "bias", "cotangent"))
        z = simulated(case.axes, x, "product", "weights", PRECISIONS[name])
        by_z, by_w = gradients(z, w, g)
        by_x = simulated_gradient(case.axes, by_z, "product", PRECISIONS[name])
        for key, got in {"output": convolved(z, w, b), "input_grad": by_x, "kernel_grad": by_w}.items():
            reference = right[key]
            allowed = error_bound(reference.output, reference.magnitude, reference.terms, dtype) + reference.slack(
                dtype
            )
            ratio = float(np.max(np.abs(got.astype(np.float64) - reference.output) / allowed))
            found[key] = max(ratio, found.get(key, 0.0))
    assert all(0.01 < ratio <= 1 for ratio in found.values()), found


def test_what_a_rounded_coordinate_lets_in_is_carried_through_the_convolution():
    case, _ = drawn("float32", "align_corners", 0)
    case = replace(case, channels=1, out_channels=1, input_size=(1, 27), output_size=(1, 23), kernel_size=(1, 1))
    x, w, g = (np.zeros(shape, np.float32) for shape in ((1, 1, 1, 27), (1, 1, 1, 1), (1, 1, 1, 23)))
    x[..., 12], w[:], g[..., 11] = 1, 1, 1
    # the coordinate of this output is 13, or just below it
    z = simulated(case.axes, x, "product", "weights", np.float32)
    right = references(case, {"input": x, "kernel": w, "cotangent": g})
    for reference, got in ((right["output"], convolved(z, w)), (right["kernel_grad"], gradients(z, w, g)[1])):
        dtype = DTYPES["float32"]
        error = np.abs(got.astype(np.float64) - reference.output)
        assert np.max(error) > 5e-7
        assert np.all(
            error <= error_bound(reference.output, reference.magnitude, reference.terms, dtype) + reference.slack(dtype)
        )


def test_coordinates_in_float32_are_beyond_the_bound_of_float64():
    case, arrays = drawn("float64", "half_pixel", 1)
    reference = references(case, arrays)["output"]
    z = simulated(case.axes, arrays["input"], "product", "weights", np.float32)
    error = np.abs(convolved(z, arrays["kernel"], arrays["bias"]) - reference.output)
    dtype = DTYPES["float64"]
    allowed = error_bound(reference.output, reference.magnitude, reference.terms, dtype) + reference.slack(dtype)
    assert np.max(error / allowed) > 1e5


def test_sums_are_exact_only_where_every_one_fits_with_its_fraction():
    case, _ = drawn("float16", "half_pixel", 0)
    case = replace(case, input_size=(3, 4), output_size=(6, 8))
    ones = {"input": np.ones((1, 2, 3, 4)), "kernel": np.ones(case.kernel_shape), "cotangent": np.ones((1, 2, 6, 8))}
    assert [one.exact for one in references(case, ones | {"bias": np.ones(2)}).values()] == [True, True, True, True]
    large = references(case, ones | {"bias": np.full(2, 200.0)})
    assert not large["output"].exact
    assert large["kernel_grad"].exact
    halves = references(case, ones | {"kernel": np.full(case.kernel_shape, 0.5), "bias": np.ones(2)})
    assert [name for name, one in halves.items() if not one.exact] == ["output", "input_grad"]
    asked = references(case, ones | {"cotangent": np.full((1, 2, 6, 8), 0.5), "bias": np.ones(2)})
    assert [name for name, one in asked.items() if not one.exact] == ["input_grad", "kernel_grad", "bias_grad"]


def test_every_fault_is_found_by_a_shipped_case():
    cases = shipped(SHIPPED)
    assert len(image_op().faults) >= 20
    assert survivors(cases) == (set(), [])


REFUSED = {
    "no output channel": ("out_channels: 0", "out_channels", "there is no output channel"),
    "no kernel": ("kernel_size: [0, 3]", "kernel_size", "below 1"),
    "the gradient of no bias": ("outputs: [output, bias_grad]", "outputs", "there is no bias"),
    "no rows": ("output_size: [0, 3]", "output_size", "the result would have 0 rows"),
    "too large": ("kernel_size: 2000", "input_size", "more than 4194304 elements"),
    "around more than once": (
        "padding_mode: circular, kernel_size: [3, 14]",
        "kernel_size",
        "7 elements beyond an image of 6 would be those of no other side",
    ),
    "another mode": ("padding_mode: reflect", "padding_mode", "expected 'zeros' or 'circular', not 'reflect'"),
    "a bias of numbers": ("bias: [1, 2]", "bias", "valid boolean"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_words_that_say_no_convolution_are_refused(name, tmp_path):
    words, key, message = REFUSED[name]
    sized = "" if "output_size" in words else "output_size: 6, "
    problem = problem_of(tmp_path, f"{{id: a, about: b, input_size: 3, {sized}{words}}}", op="resize_conv2d")
    assert key in problem.key
    assert message in problem.message
    assert problem.hint


def test_what_is_asked_is_what_there_is(tmp_path):
    text = "{id: a, about: b, input_size: 3, output_size: 6, sweep: {bias: [true, false]}}"
    found = {case.id: case.outputs for case in cases_of(tmp_path, text, op="resize_conv2d")}
    assert found == {
        "a[bias=true]": ("output", "input_grad", "kernel_grad", "bias_grad"),
        "a[bias=false]": ("output", "input_grad", "kernel_grad"),
    }


def test_a_padding_that_goes_around_more_than_once_may_be_expected_to_be_refused(tmp_path):
    text = "{id: a, about: b, input_size: 3, output_size: 6, kernel_size: 14, padding_mode: circular, EXPECT}"
    (case,) = cases_of(tmp_path, text.replace("EXPECT", "expect: {error: true}"), op="resize_conv2d")
    assert image_op().objection(case).startswith("7 elements beyond an image of 6")


def test_only_pytorch_and_onnx_pad_circularly(tmp_path):
    text = "{id: a, about: b, input_size: 3, output_size: 6, padding_mode: circular, bias: true}"
    (case,) = cases_of(tmp_path, text, op="resize_conv2d")
    chosen = choose(["pytorch", "tensorflow", "keras"])
    keras, pytorch, tensorflow = (one.adapter.program(case) for one in sorted(chosen, key=lambda one: one.name))
    assert isinstance(pytorch, Program)
    assert (pytorch.call["conv2d"]["padding_mode"], pytorch.route) == ("circular", "native")
    assert tensorflow == Inexpressible("tf.nn.conv2d pads with zeros alone")
    assert keras == Inexpressible("keras.ops.conv pads with zeros alone")
