"""Each kind against loops written out, and the bounds against honest and dishonest float32."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.porting.networks.graph import (
    AveragePool2d,
    BatchNorm,
    Concat,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    Relu,
    Sigmoid,
    Upsample2d,
)
from harness.porting.networks.layer_checks import judge
from harness.porting.networks.references import LayerCall
from harness.tests.porting.networks.samples import FLOAT32, drawn

U = 2.0**-24


def seen(operation, weights, *inputs):
    wide = {role: array.astype(np.float64) for role, array in weights.items()}
    return LayerCall(operation, wide, [x.astype(np.float64) for x in inputs], FLOAT32)


def assert_near(reference, index, expected):
    """Two ways to compute in float64 are each within its bound of what is right; with that of ``reference`` between them."""
    bound = error_bound(reference.output, reference.magnitude, reference.terms, DTYPES["float64"]) + reference.loose
    assert abs(reference.output[index] - expected) <= 2 * bound[index]


def looped_conv(operation, weights, x, *, dtype=np.float64):
    kernel, bias = weights["kernel"].astype(dtype), weights["bias"].astype(dtype)
    height, width = x.shape[2:]
    out = operation.shape([x.shape])
    y = np.zeros(out, dtype)
    per_in, per_out = kernel.shape[1], out[1] // operation.groups
    for batch, o, row, column in np.ndindex(*out):
        total = bias[o]
        for c, i, j in np.ndindex(*kernel.shape[1:]):
            h = row * operation.strides[0] + i * operation.dilations[0] - operation.pads[0][0]
            w = column * operation.strides[1] + j * operation.dilations[1] - operation.pads[1][0]
            if 0 <= h < height and 0 <= w < width:
                total = total + kernel[o, c, i, j] * dtype(x[batch, o // per_out * per_in + c, h, w])
        y[batch, o, row, column] = total
    return y


CONVOLUTIONS = [
    Conv2d(2, 3, (3, 2), (1, 1), (1, 1), 1, ((1, 1), (0, 1))),
    Conv2d(2, 3, (3, 3), (2, 1), (1, 2), 1, ((0, 1), (2, 2))),
    Conv2d(4, 6, (2, 3), (1, 2), (2, 1), 2, ((1, 0), (1, 2))),
    Conv2d(2, 3, (1, 1), (3, 2), (1, 1), 1, ((0, 0), (0, 0))),
]


def conv_data(operation):
    weights = {
        "kernel": drawn((operation.out_channels, operation.in_channels // operation.groups, *operation.kernel_size), 1),
        "bias": drawn((operation.out_channels,), 2),
    }
    return weights, drawn((2, operation.in_channels, 6, 7), 3)


@pytest.mark.parametrize("operation", CONVOLUTIONS, ids=str)
def test_convolutions_are_the_loops(operation):
    weights, x = conv_data(operation)
    weights = {role: np.round(8 * array) for role, array in weights.items()}
    x = np.round(8 * x)
    reference = seen(operation, weights, x).reference
    assert np.array_equal(reference.output, looped_conv(operation, weights, x))
    positive = {role: np.abs(array) for role, array in weights.items()}
    assert np.array_equal(reference.magnitude, looped_conv(operation, positive, np.abs(x)))
    ones = {role: np.ones_like(array) for role, array in weights.items()}
    assert np.array_equal(
        np.broadcast_to(reference.terms, reference.output.shape), looped_conv(operation, ones, np.ones_like(x))
    )


@pytest.mark.parametrize("operation", CONVOLUTIONS, ids=str)
def test_float32_lies_within_the_bound_and_float16_does_not(operation):
    weights, x = conv_data(operation)
    reference = seen(operation, weights, x).reference
    assert judge(reference, looped_conv(operation, weights, x, dtype=np.float32), FLOAT32).verdict == "within_bound"
    half = looped_conv(operation, weights, x, dtype=np.float16).astype(np.float32)
    assert judge(reference, half, FLOAT32).verdict == "diverges"


def test_a_convolution_that_gets_other_channels_is_no_call_of_it():
    weights, _ = conv_data(CONVOLUTIONS[0])
    with pytest.raises(ValueError, match="expected 2 channels, got 3"):
        _ = seen(CONVOLUTIONS[0], weights, drawn((1, 3, 4, 4))).reference


def test_transposed_convolutions_scatter():
    operation = ConvTranspose2d(4, 6, (3, 2), (2, 1), (1, 2), 2, ((1, -1), (0, 1)))
    kernel, bias, x = drawn((4, 3, 3, 2), 1), drawn((6,), 2), drawn((2, 4, 3, 4), 3)
    full = np.zeros((2, 6, (3 - 1) * 2 + 3 + 1, (4 - 1) * 1 + 3))
    for n, c, o, h, w, i, j in product(range(2), range(4), range(3), range(3), range(4), range(3), range(2)):
        full[n, c // 2 * 3 + o, 2 * h + i, w + 2 * j] += np.float64(x[n, c, h, w]) * kernel[c, o, i, j]
    reference = seen(operation, {"kernel": kernel, "bias": bias}, x).reference
    expected = full[:, :, 1:, :-1] + bias.astype(np.float64)[:, None, None]
    assert reference.output.shape == operation.shape([x.shape])
    for index in np.ndindex(*expected.shape):
        assert_near(reference, index, expected[index])


def norm_data(seed):
    weights = {
        "gamma": drawn((3,), seed),
        "beta": drawn((3,), seed + 1),
        "mean": drawn((3,), seed + 2),
        "variance": np.exp(drawn((3,), seed + 3)),
    }
    return weights, drawn((2, 3, 16, 16), seed + 4)


def test_batch_norm_is_its_formula():
    weights, x = norm_data(0)
    reference = seen(BatchNorm(1e-3), weights, x).reference
    for n, c, h, w in [(0, 0, 0, 0), (1, 2, 5, 7), (0, 1, 15, 3)]:
        gamma, beta, mean, variance = (float(weights[role][c]) for role in ("gamma", "beta", "mean", "variance"))
        expected = gamma * (float(x[n, c, h, w]) - mean) / math.sqrt(variance + 1e-3) + beta
        assert_near(reference, (n, c, h, w), expected)


@pytest.mark.parametrize("seed", range(0, 100, 10))
@pytest.mark.parametrize("form", ["folded", "direct", "division"])
def test_batch_norm_in_float32_lies_within_the_bound(form, seed):
    weights, x = norm_data(seed)
    gamma, beta, mean, variance = (weights[role][:, None, None] for role in ("gamma", "beta", "mean", "variance"))
    root = np.sqrt(variance + np.float32(1e-5))
    if form == "folded":
        s = gamma * (np.float32(1) / root)
        y = x * s + (beta - mean * s)
    elif form == "direct":
        y = (x - mean) * (np.float32(1) / root) * gamma + beta
    else:
        y = gamma * ((x - mean) / root) + beta
    assert y.dtype == np.float32
    reference = seen(BatchNorm(1e-5), weights, x).reference
    assert judge(reference, y, FLOAT32).verdict == "within_bound"
    assert judge(reference, y * np.float32(1 + 40 * U), FLOAT32).verdict == "diverges"
    assert judge(seen(BatchNorm(2e-5), weights, x).reference, y, FLOAT32).verdict == "diverges"


def test_sigmoid_and_its_bound():
    x = np.linspace(-200, 100, 6001, dtype=np.float32).reshape(1, 1, 1, -1)
    reference = seen(Sigmoid(), {}, x).reference
    for index in (0, 1000, 3999, 4000, 4001, 6000):
        value = float(x[0, 0, 0, index])
        expected = 1 / (1 + math.exp(-value)) if value > -700 else 0.0
        assert_near(reference, (0, 0, 0, index), expected)
    with np.errstate(over="ignore"):
        honest = np.float32(1) / (np.float32(1) + np.exp(-x))
    assert judge(reference, honest, FLOAT32).verdict == "within_bound"
    assert judge(reference, honest * np.float32(1 + 16 * U), FLOAT32).verdict == "diverges"


def test_what_computes_nothing_is_exact():
    x, other = drawn((2, 3, 4, 6), 1), drawn((2, 2, 4, 6), 2)
    assert np.array_equal(seen(Relu(), {}, x).reference.output, np.where(x > 0, x, 0))
    joined = seen(Concat(), {}, x, other).reference.output
    assert np.array_equal(joined[:, :3], x)
    assert np.array_equal(joined[:, 3:], other)
    grown = seen(Upsample2d((2, 3)), {}, x).reference.output
    assert all(grown[1, 2, h, w] == x[1, 2, h // 2, w // 3] for h, w in np.ndindex(8, 18))
    for reference in (seen(Relu(), {}, x).reference, seen(Concat(), {}, x, other).reference):
        nearly = reference.output.astype(np.float32)
        assert judge(reference, nearly, FLOAT32).verdict == "exact"
        nearly[0, 0, 0, 0] = np.nextafter(nearly[0, 0, 0, 0], np.float32(9))
        assert judge(reference, nearly, FLOAT32).verdict == "diverges"


@pytest.mark.parametrize(
    "operation", [MaxPool2d((2, 3), (2, 1), ((0, 0), (1, 1))), MaxPool2d((3, 2), (1, 2), ((2, 1), (0, 1)))]
)
def test_padding_never_wins_in_max_pooling(operation):
    x = drawn((2, 2, 5, 6), 4) - 10
    y = seen(operation, {}, x).reference.output
    assert y.shape == operation.shape([x.shape])
    for n, c, row, column in np.ndindex(*y.shape):
        window = [
            x[n, c, h, w]
            for i, j in np.ndindex(*operation.kernel_size)
            if 0 <= (h := row * operation.strides[0] + i - operation.pads[0][0]) < 5
            and 0 <= (w := column * operation.strides[1] + j - operation.pads[1][0]) < 6
        ]
        assert y[n, c, row, column] == max(window)


def test_average_pooling():
    x = drawn((2, 2, 5, 7), 5)
    reference = seen(AveragePool2d((2, 3), (1, 2)), {}, x).reference
    assert reference.output.shape == (2, 2, 4, 3)
    for n, c, row, column in np.ndindex(*reference.output.shape):
        window = x[n, c, row : row + 2, 2 * column : 2 * column + 3].astype(np.float64)
        assert_near(reference, (n, c, row, column), sum(window.flat) / 6)
    total = np.zeros((2, 2, 4, 3), np.float32)
    for i, j in np.ndindex(2, 3):
        total = total + x[:, :, i : i + 4, j : j + 5 : 2]
    assert judge(reference, total * np.float32(1 / 6), FLOAT32).verdict == "within_bound"
    assert judge(reference, total / np.float32(5), FLOAT32).verdict == "diverges"


@pytest.mark.parametrize("factors", [(2, 3), (1, 2), (4, 5)])
def test_bilinear_upsampling_between_centres(factors):
    x = drawn((1, 2, 3, 4), 6)
    reference = seen(Upsample2d(factors, "bilinear"), {}, x).reference
    assert reference.output.shape == (1, 2, 3 * factors[0], 4 * factors[1])

    def value(image, row, column):
        """Of an image that goes on beyond its edge, from the four pixels around a place."""
        place = [(k + 0.5) / factor - 0.5 for k, factor in zip((row, column), factors, strict=True)]
        low = [math.floor(p) for p in place]
        total = 0.0
        for i, j in product((0, 1), (0, 1)):
            share = [1 - abs(p - (k + step)) for p, k, step in zip(place, low, (i, j), strict=True)]
            at = [min(max(k + step, 0), n - 1) for k, step, n in zip(low, (i, j), image.shape, strict=True)]
            total += share[0] * share[1] * float(image[at[0], at[1]])
        return total

    for n, c, row, column in np.ndindex(*reference.output.shape):
        assert_near(reference, (n, c, row, column), value(x[n, c], row, column))


def test_bilinear_upsampling_in_float32_lies_within_the_bound():
    x = drawn((1, 2, 30, 40), 6)
    y = x
    for axis, factor in ((2, 3), (3, 5)):
        count = y.shape[axis]
        place = (np.arange(count * factor, dtype=np.float32) + np.float32(0.5)) * np.float32(1 / factor) - np.float32(
            0.5
        )
        place = np.maximum(place, 0)
        low = np.floor(place).astype(int)
        weight = (place - low).astype(np.float32).reshape((-1, 1) if axis == 2 else (1, -1))
        high = np.minimum(low + 1, count - 1)
        y = np.take(y, low, axis) * (1 - weight) + np.take(y, high, axis) * weight
    assert y.dtype == np.float32
    reference = seen(Upsample2d((3, 5), "bilinear"), {}, x).reference
    assert judge(reference, y, FLOAT32).verdict == "within_bound"
    assert judge(reference, y * np.float32(1.001), FLOAT32).verdict == "diverges"
