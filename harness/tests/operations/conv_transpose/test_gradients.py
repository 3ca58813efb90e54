"""The gradients against their definition, exact finite differences, and low-precision sums in every order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.case import GRADIENTS, OutputName
from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference, conv_transpose, crude_magnitude
from harness.operations.integers import limits_of
from harness.tests.build import make_geometry
from harness.tests.second_gradients import by_definition, count, products_of

AXIS = (3, 3, 2, 2, 1, -2)
NO_AXIS = (1, 1, 1, 1, 0, 0)


@st.composite
def axes(draw):
    """(n, k, s, d, begin, end) with at least one output element; there may be no input."""
    n, k, s, d = (draw(st.integers(least, most)) for least, most in ((0, 4), (1, 4), (1, 4), (1, 3)))
    full = (n - 1) * s + (k - 1) * d + 1
    begin = draw(st.integers(-2, max(min(4, full + 1), -2)))
    out = draw(st.integers(1, max(full - begin, 0) + 3))
    return n, k, s, d, begin, full - begin - out


@st.composite
def operations(draw, fewest=0):
    """A reference and a cotangent of small integers; ``fewest`` images, and channels in a group."""
    height, width, groups = draw(axes()), draw(axes()), draw(st.integers(1, 3))
    geometry = make_geometry(
        height,
        width,
        batch=draw(st.integers(fewest, 2)),
        in_channels=groups * draw(st.integers(fewest, 2)),
        out_channels=groups * draw(st.integers(fewest, 2)),
        groups=groups,
    )
    return drawn(geometry, draw(st.integers(0, 2**32)))


def drawn(geometry, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (geometry.input_shape, geometry.kernel_shape, geometry.out_channels, geometry.output_shape)
    x, w, b, g = (rng.integers(-9, 10, shape).astype(float) for shape in shapes)
    return ConvTransposeReference(geometry, x, w, b), g


def plain(reference):
    axes = ((a.n, a.k, a.s, a.d, a.begin, a.end) for a in reference.geometry.axes)
    return (*axes, reference.geometry.groups)


@given(operations(), st.sampled_from(GRADIENTS))
@settings(deadline=None, max_examples=120)
def test_two_formulations_agree_bit_for_bit(operation, name):
    reference, g = operation
    gradient = Gradient(name, reference, g)
    expected = by_definition(name, reference.x, reference.w, g, *plain(reference))
    assert gradient.output.dtype == np.float64
    assert gradient.output.shape == expected.shape
    assert np.array_equal(gradient.output, expected)
    absolute = by_definition(name, np.abs(reference.x), np.abs(reference.w), np.abs(g), *plain(reference))
    assert np.array_equal(gradient.magnitude, absolute)
    met = count(name, reference.x, reference.w, g, *plain(reference))
    assert gradient.terms.dtype == np.int64
    # (H, W), (kH, kW) and (1,) stand for all elements
    assert np.array_equal(np.broadcast_to(gradient.terms, met.shape), met)


@given(operations())
@settings(deadline=None, max_examples=120)
def test_exact_finite_differences(operation):
    """The operation is bilinear, so a difference of any size is the gradient's, and integers make it exact."""
    (x, w, b), (dx, dw, db) = ([r.x, r.w, r.b] for r in (operation[0], drawn(operation[0].geometry, 1)[0]))
    geometry, g = operation[0].geometry, operation[1]

    def loss(x, w, b):
        return np.sum(g * conv_transpose(geometry, x, w, b))

    here = loss(x, w, b)
    moved: dict[OutputName, tuple[float, np.ndarray]] = {
        "input_grad": (loss(x + dx, w, b), dx),
        "kernel_grad": (loss(x, w + dw, b), dw),
        "bias_grad": (loss(x, w, b + db), db),
    }
    for name, (there, step) in moved.items():
        assert there - here == np.sum(Gradient(name, operation[0], g).output * step)


def test_a_row_worked_out_by_hand():
    """x = [1 2], w = [1 10 100], stride 2, one cropped off and a zero put on: y has five elements, full[1:] and 0."""
    geometry = make_geometry(NO_AXIS, (2, 3, 2, 1, 1, -1))
    x, w, g = (np.array(values)[None, None, None] for values in ([1.0, 2.0], [1.0, 10, 100], [1.0, 2, 3, 4, 5]))
    reference = ConvTransposeReference(geometry, x, w, np.array([7.0]))
    grads = {name: Gradient(name, reference, g) for name in GRADIENTS}
    assert grads["input_grad"].output.tolist() == [[[[10 * 1 + 100 * 2, 1 * 2 + 10 * 3 + 100 * 4]]]]
    assert grads["kernel_grad"].output.tolist() == [[[[2 * 2, 1 * 1 + 2 * 3, 1 * 2 + 2 * 4]]]]
    assert grads["bias_grad"].output.tolist() == [15]
    terms = [grads[name].terms.tolist() for name in GRADIENTS]
    assert terms == [[[2, 3]], [[1, 2, 2]], [5]]


@pytest.mark.parametrize("name", ["input_grad", "kernel_grad"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("where", ["x", "w", "g"])
@pytest.mark.parametrize("axis", [(3, 3, 2, 2, 1, -2), (2, 4, 2, 1, 1, 1), (3, 2, 3, 1, 2, -3)])
def test_infinity_and_nan_stand_exactly_where_they_meet_something(name, value, where, axis):
    """What is cropped away meets nothing, and no zero that was put on does."""
    reference, g = drawn(make_geometry(axis, axis, batch=2, in_channels=2, out_channels=4, groups=2))
    tensors = {"x": reference.x, "w": reference.w, "g": g}
    tensors[where].reshape(-1)[:: tensors[where].size // 3] = value
    expected = by_definition(name, reference.x, reference.w, g, *plain(reference))
    assert np.array_equal(Gradient(name, reference, g).output, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "unused"), [("input_grad", ("x", "b")), ("kernel_grad", ("w", "b")), ("bias_grad", ("x", "w", "b"))]
)
def test_a_gradient_does_not_look_at_the_tensor_it_is_of(name, unused):
    reference, g = drawn(make_geometry(AXIS))
    spoilt = replace(reference, **{what: np.full_like(getattr(reference, what), np.nan) for what in unused})
    assert np.array_equal(Gradient(name, spoilt, g).output, Gradient(name, reference, g).output)


def test_what_is_no_gradient_is_refused():
    reference, g = drawn(make_geometry(AXIS))
    with pytest.raises(ValueError, match="output is no gradient; there are input_grad, kernel_grad, bias_grad"):
        Gradient("output", reference, g)
    with pytest.raises(ValueError, match="is not the output's"):
        Gradient("bias_grad", reference, g[:, :, 1:])


ORDERS = {
    "forwards": lambda values: values,
    "backwards": lambda values: values[::-1],
    "smallest first": lambda values: sorted(values, key=abs),
    "largest first": lambda values: sorted(values, key=abs, reverse=True),
    "shuffled": lambda values: list(np.random.default_rng(3).permutation(values)),
}


def summed(values, dtype):
    total = dtype.type(0)
    for value in values:
        total = dtype.type(total + value)
    return total


def pairwise(values, dtype):
    while len(values) > 1:
        values = [summed(values[at : at + 2], dtype) for at in range(0, len(values), 2)]
    return summed(values, dtype)


def in_low_precision(name, reference, g, dtype, how):
    """Every product and every sum rounded to ``dtype``."""
    found, shape = products_of(name, reference.x, reference.w, g, *plain(reference))
    grad = np.zeros(shape)
    for index, pairs in found.items():
        values = [dtype.type(dtype.type(one) * dtype.type(other)) for one, other in pairs]
        grad[index] = pairwise(values, dtype) if how == "pairwise" else summed(ORDERS[how](values), dtype)
    return grad


def real(dtype):
    """A reference and a cotangent of real numbers in ``dtype``, widened."""
    geometry = make_geometry((4, 3, 2, 1, 1, 0), AXIS, batch=2, in_channels=4, out_channels=4, groups=2)
    rng = np.random.default_rng(7)
    shapes = (geometry.input_shape, geometry.kernel_shape, geometry.output_shape)
    x, w, g = (rng.normal(size=shape).astype(dtype).astype(float) for shape in shapes)
    return ConvTransposeReference(geometry, x, w, None), g


def bound_of(gradient, dtype):
    return error_bound(gradient.output, gradient.magnitude, gradient.terms, DTYPES[dtype])


@pytest.mark.parametrize("how", [*ORDERS, "pairwise"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", GRADIENTS)
def test_sums_in_low_precision_stay_within_the_bound_in_any_order(name, dtype, how):
    reference, g = real(dtype)
    gradient = Gradient(name, reference, g)
    error = np.abs(in_low_precision(name, reference, g, np.dtype(dtype), how) - gradient.output)
    assert np.any(error > 0)
    assert np.all(error <= bound_of(gradient, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", GRADIENTS)
def test_the_bound_is_not_vacuous(name, dtype):
    """Each term off by an ulp of the largest partial sum shows; in float32 so does one product that is left out."""
    reference, g = real(dtype)
    gradient = Gradient(name, reference, g)
    met = np.broadcast_to(gradient.terms, gradient.output.shape)
    bound = bound_of(gradient, dtype)
    ulp = 2 * DTYPES[dtype].unit_roundoff * gradient.magnitude
    assert np.all((met * ulp > bound)[met > 0])
    found, _ = products_of(name, reference.x, reference.w, g, *plain(reference))
    for index, pairs in found.items():
        if pairs and dtype == "float32":
            assert max(abs(one * other) for one, other in pairs) > bound[index]


@given(operations())
@settings(deadline=None, max_examples=120)
def test_the_crude_estimate_is_never_below_the_sums(operation):
    reference, _ = operation
    most = np.max(reference.magnitude, initial=0.0)
    assert crude_magnitude(reference.geometry, reference.x, reference.w, reference.b) >= most


@pytest.mark.parametrize(
    ("sizes", "channels", "which"),
    [((4, 1), 1, "kernel_grad"), ((1, 4), 3, "input_grad"), ((1, 4), 1, "bias_grad")],
)
def test_each_gradient_has_its_part_in_the_limits_of_integers(sizes, channels, which):
    """Where all numbers are alike and nothing is cropped, the limits are those of the sums themselves."""
    axis = (*sizes, 1, 1, 0, 0)
    geometry = make_geometry(axis, axis, batch=2, out_channels=channels)
    ones = ConvTransposeReference(geometry, np.ones(geometry.input_shape), np.ones(geometry.kernel_shape), None)
    most = int(np.max(Gradient(which, ones, np.ones(geometry.output_shape)).magnitude))
    limits = limits_of(geometry, DTYPES["float32"], 0)
    found = {"kernel_grad": limits.xg, "input_grad": limits.wg, "bias_grad": limits.g}[which]
    assert found == 2**24 // most
