"""Resizing against literal loops, its bound against kernels in their own precision, and every fault against the cases."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError
from harness.core.numerics import error_bound
from harness.operations.resize2d.axis import Axis
from harness.operations.resize2d.oracle import Resizing, resize
from harness.tests.operations.asking import cases_of, problem_of, shipped, survivors, truths_of
from harness.tests.operations.resizing import (
    COORDINATES,
    SUMS,
    resized,
    scattered,
    simulated,
    simulated_gradient,
)

SHIPPED = Path("cases/resizing.yaml")
CONVENTIONS = [
    *product(["nearest"], ["half_pixel", "align_corners", "asymmetric"], ["floor", "ceil"]),
    *product(["nearest"], ["half_pixel", "align_corners", "asymmetric"], ["round_prefer_floor", "round_prefer_ceil"]),
    *product(["bilinear"], ["half_pixel", "align_corners", "asymmetric"], ["floor"]),
]
FLOAT32, FLOAT64 = DTYPES["float32"], DTYPES["float64"]


def drawn(shape, seed=0):
    return np.random.default_rng(seed).integers(-8, 9, size=shape).astype(np.float64)


@pytest.mark.parametrize(("method", "coordinates", "rounding"), CONVENTIONS)
def test_the_output_and_its_gradient_are_those_of_loops_over_fractions(method, coordinates, rounding):
    for n, o in product(range(1, 7), repeat=2):
        axes = (Axis(n, o, method, coordinates, rounding), Axis(o, n, method, coordinates, rounding))
        resizing = Resizing(axes, FLOAT64)
        x, g = drawn((1, 2, n, o), n), drawn((1, 2, o, n), o)
        assert np.array_equal(resizing.forward(x).output, resized(axes, x).astype(float))
        assert np.array_equal(resizing.backward(g).output, scattered(axes, g).astype(float))


@pytest.mark.parametrize("scale", [Fraction(3, 2), Fraction(9, 4), Fraction(3, 4)])
@pytest.mark.parametrize(("method", "coordinates", "rounding"), CONVENTIONS)
def test_a_scale_says_the_ratio(method, coordinates, rounding, scale):
    for n in range(2, 8):
        axis = Axis(n, int(n * scale), method, coordinates, rounding, scale)
        x = drawn((1, 1, n, n))
        assert np.array_equal(Resizing((axis, axis), FLOAT64).forward(x).output, resized((axis, axis), x).astype(float))


@pytest.mark.parametrize("case", [one for one in shipped(SHIPPED) if not one.nominal], ids=lambda case: case.id)
def test_the_truth_of_a_shipped_case_of_integers_is_that_of_loops(case):
    if case.data == "real":
        case = replace(case, data="integers")
    arrays, references = truths_of(case)
    assert np.array_equal(references["output"], resized(case.axes, arrays["input"]).astype(float))
    assert np.array_equal(references["input_grad"], scattered(case.axes, arrays["cotangent"]).astype(float))


PICKS = [
    (4, 7, "half_pixel", "round_prefer_ceil", [0, 0, 1, 2, 2, 3, 3]),
    (4, 7, "asymmetric", "floor", [0, 0, 1, 1, 2, 2, 3]),
    (20, 6, "half_pixel", "round_prefer_ceil", [1, 5, 8, 11, 15, 18]),
    (20, 6, "half_pixel", "round_prefer_floor", [1, 4, 8, 11, 14, 18]),
    (5, 2, "align_corners", "floor", [0, 4]),
    (26, 11, "half_pixel", "round_prefer_ceil", [1, 3, 5, 8, 10, 13, 15, 17, 20, 22, 24]),
]


@pytest.mark.parametrize(("n", "o", "coordinates", "rounding", "picked"), PICKS)
def test_nearest_picks_what_its_words_say(n, o, coordinates, rounding, picked):
    axis = Axis(n, o, "nearest", coordinates, rounding)
    assert [row[0][0] for row in axis.rows] == picked


WEIGHTS = [
    ((2, 4), "half_pixel", [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]),
    ((2, 3), "align_corners", [[1, 0], [0.5, 0.5], [0, 1]]),
    ((2, 4), "asymmetric", [[1, 0], [0.5, 0.5], [0, 1], [0, 1]]),
    ((4, 2), "half_pixel", [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]),
    ((4, 1), "align_corners", [[1, 0, 0, 0]]),
    ((4, 1), "half_pixel", [[0, 0.5, 0.5, 0]]),
]


@pytest.mark.parametrize(("sizes", "coordinates", "rows"), WEIGHTS)
def test_bilinear_weighs_as_its_words_say(sizes, coordinates, rows):
    n, o = sizes
    made = resize(np.eye(n).reshape(1, 1, n, n), (o, n), coordinates=coordinates)
    assert made.tolist() == [[rows]]


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners", "asymmetric"])
@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_an_axis_that_keeps_its_size_is_left_alone(method, coordinates):
    rows = Axis(4, 4, method, coordinates).rows
    assert [[k for k, _ in row] for row in rows] == [[0], [1], [2], [3]]


def test_the_plain_function_resizes_both_axes():
    made = resize(np.array([[1.0, 2], [3, 4]]).reshape(1, 1, 2, 2), (1, 4), "nearest", "asymmetric")
    assert made.tolist() == [[[[1, 1, 2, 2]]]]
    assert resize(np.ones((2, 3, 5, 4)), (7, 9)).shape == (2, 3, 7, 9)


def sizes(count, most=24):
    generator = np.random.default_rng(7)
    return [tuple(int(size) for size in generator.integers(1, most, 4)) for _ in range(count)]


def asked(dtype, method="bilinear", coordinates="half_pixel", count=60):
    """Resizings with drawn sizes, each with an image and a cotangent of normal numbers that ``dtype`` holds."""
    for seed, (n, m, o, p) in enumerate(sizes(count)):
        axes = (Axis(n, o, method, coordinates), Axis(m, p, method, coordinates))
        generator = np.random.default_rng(seed)
        x, g = (generator.normal(size=shape).astype(dtype.numpy) for shape in ((1, 1, n, m), (1, 1, o, p)))
        yield Resizing(axes, dtype), x, g


def worst(bounded, got, dtype):
    """The largest error in units of the bound."""
    allowed = error_bound(bounded.output, bounded.magnitude, bounded.terms, dtype) + bounded.moved
    return float(np.max(np.abs(got.astype(np.float64) - bounded.output) / allowed))


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners"])
@pytest.mark.parametrize("kind", COORDINATES)
@pytest.mark.parametrize("name", ["float64", "float32", "float16"])
def test_the_bound_holds_for_every_formula_and_is_near(name, kind, coordinates):
    dtype = DTYPES[name]
    precision = np.float64 if name == "float64" else np.float32
    found = {
        sums: max(
            worst(one.forward(x.astype(np.float64)), simulated(one.axes, x, kind, sums, precision), dtype)
            for one, x, _ in asked(dtype, coordinates=coordinates)
        )
        for sums in SUMS
    }
    assert all(0.05 < ratio <= 1 for ratio in found.values()), found


@pytest.mark.parametrize("kind", COORDINATES)
@pytest.mark.parametrize("name", ["float64", "float32", "float16"])
def test_the_bound_of_the_gradient_holds_and_is_near(name, kind):
    dtype = DTYPES[name]
    precision = np.float64 if name == "float64" else np.float32
    ratio = max(
        worst(one.backward(g.astype(np.float64)), simulated_gradient(one.axes, g, kind, precision), dtype)
        for one, _, g in asked(dtype, count=30)
    )
    assert 0.02 < ratio <= 1


def test_a_coordinate_that_falls_below_its_pixel_lets_the_one_before_in():
    axes = (Axis(1, 1), Axis(27, 23, coordinates="align_corners"))
    assert axes[1].sources[11] == 13
    x = np.zeros((1, 1, 1, 27), np.float32)
    x[..., 12] = 1
    bounded = Resizing(axes, FLOAT32).forward(x.astype(np.float64))
    got = simulated(axes, x, "product", "weights", np.float32)
    assert bounded.output[0, 0, 0, 11] == 0 < got[0, 0, 0, 11]
    assert worst(bounded, got, FLOAT32) <= 1


def test_coordinates_in_float32_are_beyond_the_bound_of_float64():
    ratios = [
        worst(one.forward(x), simulated(one.axes, x, "product", "weights", np.float32), FLOAT64)
        for one, x, _ in asked(FLOAT64, count=30)
    ]
    assert max(ratios) > 1e6


def test_coordinates_in_float16_are_beyond_the_bound_of_float16_whose_coordinates_are_float32():
    dtype, axes = DTYPES["float16"], (Axis(1, 1), Axis(40, 60))
    x = np.random.default_rng(0).normal(size=(1, 1, 1, 40)).astype(np.float16)
    bounded = Resizing(axes, dtype).forward(x.astype(np.float64))
    assert worst(bounded, simulated(axes, x, "product", "weights", np.float32), dtype) <= 1
    assert worst(bounded, simulated(axes, x, "product", "weights", np.float16), dtype) > 1


DYADIC = [(3, 6), (3, 12), (6, 3), (6, 2), (5, 5), (12, 3), (1, 4), (4, 1)]


@pytest.mark.parametrize("kind", COORDINATES)
@pytest.mark.parametrize("name", ["float64", "float32", "float16"])
def test_whole_numbers_at_dyadic_ratios_come_exactly_from_every_formula(name, kind):
    dtype = DTYPES[name]
    precision = np.float64 if name == "float64" else np.float32
    for (n, o), (m, p) in product(DYADIC, repeat=2):
        axes = (Axis(n, o), Axis(m, p))
        x = np.random.default_rng(n).integers(-3, 4, (1, 2, n, m)).astype(dtype.numpy)
        reference = Resizing(axes, dtype).forward(x.astype(np.float64)).values(dtype)
        assert reference.exact
        for sums in SUMS:
            assert np.array_equal(simulated(axes, x, kind, sums, precision).astype(np.float64), reference.output)


@pytest.mark.parametrize(
    ("axes", "x"),
    [
        ((Axis(3, 5), Axis(4, 8)), 1.0),
        ((Axis(3, 6), Axis(4, 8)), 0.5),
        ((Axis(3, 6), Axis(4, 8)), 100.0),
        ((Axis(3, 6, scale=Fraction(3, 2)), Axis(4, 8)), 1.0),
    ],
    ids=["a ratio of thirds", "no whole numbers", "numbers too large for their fractions", "a scale of thirds"],
)
def test_elsewhere_a_bound_is_due(axes, x):
    resizing = Resizing(axes, DTYPES["float16"])
    reference = resizing.forward(np.full((1, 1, 3, 4), x)).values(DTYPES["float16"])
    assert not reference.exact
    assert np.all(reference.magnitude > 0)


@pytest.mark.parametrize(("n", "exact"), [(1 << 20, True), (1 << 21, False)])
def test_far_away_float32_holds_no_fraction_of_a_coordinate(n, exact):
    assert Axis(n, 4 * n).is_exact == exact
    # the first coordinate that float32 rounds is further away still
    assert np.float32(n - 1) + np.float32(0.125) == n - 1 + 0.125


def test_nearest_leaves_no_room_for_rounding_even_of_real_numbers():
    axes = (Axis(3, 5, "nearest"), Axis(4, 7, "nearest"))
    reference = Resizing(axes, FLOAT32).forward(np.random.default_rng(0).normal(size=(1, 1, 3, 4))).values(FLOAT32)
    assert reference.exact
    assert not np.any(reference.loose)


def test_the_gradient_of_nearest_rounds_as_often_as_outputs_meet():
    axes = (Axis(1, 3, "nearest"), Axis(1, 2, "nearest"))
    reference = Resizing(axes, FLOAT32).backward(np.full((1, 1, 3, 2), 0.5)).values(FLOAT32)
    assert reference.output.tolist() == [[[[3.0]]]]
    assert reference.terms.tolist() == [[[[6]]]]
    assert not np.any(reference.loose)


def test_every_fault_is_found_by_a_shipped_case():
    cases = shipped(SHIPPED)
    assert survivors(cases) == (set(), [])


REFUSED = {
    "neither a size nor a scale": ("{}", "cases", "expected output_size or scale"),
    "both": ("{output_size: 6, scale: 2}", "output_size", "expected output_size or scale"),
    "no rows": ("{output_size: [0, 3]}", "output_size", "the result would have 0 rows"),
    "a scale that leaves none": ("{scale: [0.25, 1]}", "cases", "the result would have 0 rows"),
    "a scale below 0": ("{scale: -1}", "scale", "-1 is no scale"),
    "a scale that is no short binary fraction": ("{scale: 1.3}", "scale", "no multiple of 1/64"),
    "a scale that is no number": ("{scale: wide}", "scale", "expected a number"),
    "a scale that is not finite": ("{scale: .inf}", "scale", "expected a number"),
    "a rounding of bilinear": ("{output_size: 6, rounding: floor}", "rounding", "bilinear picks no element"),
    "corners of nearest": (
        "{output_size: 6, method: nearest, coordinates: align_corners}",
        "coordinates",
        "nearest takes no align_corners",
    ),
    "integers": ("{output_size: 6, dtype: int32}", "dtype", "run in floating point"),
    "an infinity": ("{output_size: 6, input: {layout: HW, values: [[1, .inf]]}}", "input", "not finite"),
    "too large": ("{output_size: [2000, 2000], batch: 2}", "input_size", "more than 4194304 elements"),
    "too long for its fractions": ("{output_size: [4097, 2]}", "cases", "an axis of 4097 elements"),
    "too long": ("{input_size: [3000, 1], output_size: [3000, 1]}", "input_size", "more than 4194304 elements"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_words_that_say_no_image_are_refused(name, tmp_path):
    words, key, message = REFUSED[name]
    words = words.removeprefix("{")
    sized = "" if "input" in words else "input_size: [3, 4], "
    problem = problem_of(tmp_path, f"{{id: a, about: b, {sized}{words}", op="resize2d")
    assert key in problem.key
    assert message in problem.message
    assert problem.hint


@pytest.mark.parametrize("words", ["scale: 1.3", "output_size: 6, rounding: floor", "output_size: 6, dtype: int32"])
def test_what_is_not_known_here_is_no_error_of_a_dialect(words, tmp_path):
    with pytest.raises(BadInputError, match=r"multiple of 1/64|picks no element|floating point"):
        cases_of(tmp_path, f"{{id: a, about: b, input_size: 3, {words}, expect: {{error: true}}}}", op="resize2d")


def test_the_rounding_that_is_left_out_is_that_of_the_coordinates(tmp_path):
    text = "{id: a, about: b, input_size: 4, output_size: 6, method: nearest, sweep: {coordinates: [half_pixel, asymmetric]}}"
    half, corner = cases_of(tmp_path, text, op="resize2d")
    assert half.axes[0].rounding == "round_prefer_ceil"
    assert corner.axes[0].rounding == "floor"


def test_a_scale_rounds_the_size_down(tmp_path):
    (case,) = cases_of(tmp_path, "{id: a, about: b, input_size: [5, 6], scale: [1.5, 0.75]}", op="resize2d")
    assert case.size == (7, 4)
    assert [axis.ratio for axis in case.axes] == [Fraction(2, 3), Fraction(4, 3)]
    assert not case.is_same_in("half_pixel", by_size=True)
