"""Default data: exact, distinctive, and the same for ever; literals as they are written."""

import hashlib
from itertools import product

import numpy as np
import pytest

from harness.core.case import GRADIENTS, LiteralTensor
from harness.core.dtypes import DTYPES
from harness.core.literals import as_array
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.gradients import Gradient
from harness.tests.build import make_case

NAMES = sorted(DTYPES)
FLOATS = [name for name in NAMES if DTYPES[name].kind == "float"]


def tensors_of(case):
    return make_tensors(case, lower(case))


def literal(layout, values, *, rotated=False):
    return LiteralTensor(layout, np.shape(values), values, rotated)


@pytest.mark.parametrize("dtype", NAMES)
@pytest.mark.parametrize("channels", [1, 30, 600])
def test_default_data_stay_within_the_exact_integers(dtype, channels):
    case = make_case(
        id=f"many-{channels}",
        dtype=dtype,
        in_channels=channels,
        out_channels=3,
        input_size=(4, 3),
        kernel_size=5,
        bias=True,
    )
    tensors = tensors_of(case)
    reference = tensors.reference(lower(case))
    for tensor in (tensors.x, tensors.w, tensors.b):
        assert tensor.dtype == dtype
        assert np.array_equal(tensor, np.rint(tensor))
    of_64_bits = dtype == "int64"
    assert reference.magnitude.max() <= (DTYPES[dtype].range[1] if of_64_bits else DTYPES[dtype].exact_limit)
    # what float64 does not hold is summed in integers
    assert (reference.whole is not None) if of_64_bits else reference.is_exact(case)
    assert np.any(tensors.x)
    assert np.all(tensors.w)


def test_data_are_thinned_only_where_they_must_be():
    few, many = (tensors_of(make_case(dtype="float16", in_channels=n, input_size=5)) for n in (2, 600))
    assert np.all(few.x)
    assert 0 < np.count_nonzero(many.x) < many.x.size


@pytest.mark.parametrize("kernel", [(2, 2), (1, 2), (3, 1)])
def test_a_default_kernel_always_shows_a_flip(kernel):
    flips = [axes for axes in ((2,), (3,), (2, 3)) if all(kernel[axis - 2] > 1 for axis in axes)]
    assert flips
    for number in range(400):
        case = make_case(id=f"flip-{number}", dtype="float16", kernel_size=kernel)
        w = tensors_of(case).w
        for axes in flips:
            assert not np.array_equal(w, np.flip(w, axes)), (case.name, axes)


@pytest.mark.parametrize("dtype", NAMES)
def test_a_default_bias_is_distinct_and_nowhere_zero(dtype):
    b = tensors_of(make_case(dtype=dtype, out_channels=40, bias=True)).b
    assert b.shape == (40,)
    assert len(set(b.tolist())) == 40
    assert np.all(b)
    assert (b < 0).any() == DTYPES[dtype].signed
    assert (b > 0).any()


def test_the_bias_of_many_channels_leaves_room_for_the_products():
    case = make_case(dtype="float16", out_channels=4096, input_size=2, kernel_size=1, bias=True)
    tensors = tensors_of(case)
    assert np.all(tensors.x)
    assert tensors.reference(lower(case)).is_exact(case)


def test_data_are_the_same_on_every_machine_and_for_ever():
    tensors = tensors_of(make_case(batch=2, in_channels=2, out_channels=3, bias=True))
    content = b"".join(tensor.tobytes() for tensor in (tensors.x, tensors.w, tensors.b))
    assert hashlib.sha256(content).hexdigest() == "f3cb3ea6e54f091068fa9ca8472c0a4baded591b160e29e7dcba04551710720a"


def test_data_follow_from_the_name_and_the_sizes_alone():
    case = make_case(batch=2)
    same = make_case(batch=2, about="another text", path="elsewhere.yaml", line=7)
    other = make_case(batch=2, id="other")
    assert np.array_equal(tensors_of(case).x, tensors_of(same).x)
    assert np.array_equal(tensors_of(case).w, tensors_of(same).w)
    assert not np.array_equal(tensors_of(case).x, tensors_of(other).x)


def test_shapes_follow_the_case():
    case = make_case(batch=2, in_channels=4, out_channels=6, groups=2, input_size=(3, 5), kernel_size=(2, 4), bias=True)
    tensors = tensors_of(case)
    assert (tensors.x.shape, tensors.w.shape, tensors.b.shape) == ((2, 4, 3, 5), (4, 3, 2, 4), (6,))
    assert tensors_of(make_case()).b is None


@pytest.mark.parametrize("sizes", [{"kernel_size": (0, 3)}, {"in_channels": 0}, {"groups": 0}, {"groups": 5}])
def test_an_illegal_case_has_tensors_too(sizes):
    case = make_case(**sizes)
    tensors = make_tensors(case, None)
    assert tensors.x.shape == (1, case.in_channels, 3, 3)
    assert tensors.w.shape == (case.in_channels, 1, *case.kernel_size)


@pytest.mark.parametrize("dtype", FLOATS)
def test_real_data_are_not_taken_for_exact(dtype):
    case = make_case(dtype=dtype, data="real", bias=True)
    tensors = tensors_of(case)
    assert {tensor.dtype.name for tensor in (tensors.x, tensors.w, tensors.b)} == {dtype}
    assert not np.array_equal(tensors.x, np.rint(tensors.x))
    assert not tensors.reference(lower(case)).is_exact(case)


def test_a_reference_widens_without_rounding():
    tensors = tensors_of(make_case(dtype="float16", data="real", bias=True))
    reference = tensors.reference(lower(make_case()))
    for narrow, wide in ((tensors.x, reference.x), (tensors.w, reference.w), (tensors.b, reference.b)):
        assert wide.dtype == np.float64
        assert np.array_equal(narrow, wide)


@pytest.mark.parametrize(
    ("x", "exact"),
    [
        ([[1, 2], [3, 4]], True),
        ([[1, 2], [3, 2**24]], True),
        ([[1, 2], [3, 2**24 + 2]], False),
        ([[1, 2], [3, 0.5]], False),
        ([[1, 2], [3, float("inf")]], False),
        ([[1, 2], [3, float("nan")]], False),
    ],
)
def test_literal_integers_are_exact_as_far_as_the_dtype_goes(x, exact):
    case = make_case(input=literal("HW", x), kernel=literal("HW", [[1]]), input_size=2, kernel_size=1)
    assert tensors_of(case).reference(lower(case)).is_exact(case) is exact


def test_exactness_asks_what_really_meets():
    """Largest times largest would leave the range, but the two never meet."""
    case = make_case(
        input=literal("HW", [[2**20, 1]]), kernel=literal("HW", [[1, 0, 2**20]]), input_size=(1, 2), kernel_size=(1, 3)
    )
    assert not tensors_of(case).reference(lower(case)).is_exact(case)
    cropped = make_case(
        input=literal("HW", [[2**20, 1]]),
        kernel=literal("HW", [[1, 0, 2**20]]),
        input_size=(1, 2),
        kernel_size=(1, 3),
        padding=((0, 0), (0, 2)),
    )
    assert tensors_of(cropped).reference(lower(cropped)).is_exact(cropped)


def test_a_literal_kernel_beyond_the_range_does_not_empty_the_input():
    case = make_case(dtype="float16", kernel=literal("HW", [[4096, 1]]), kernel_size=(1, 2))
    tensors = tensors_of(case)
    assert np.all(tensors.x)
    assert not tensors.reference(lower(case)).is_exact(case)


def test_a_literal_bias_is_taken_as_written():
    b = tensors_of(make_case(out_channels=2, bias=(0.5, -3.0), dtype="float16")).b
    assert b.dtype == np.float16
    assert b.tolist() == [0.5, -3.0]


VALUES = np.arange(1, 25).reshape(2, 3, 4)


@pytest.mark.parametrize("layout", ["CHW", "HWC", "NHW", "WCH", "HCN"])
def test_layouts_are_brought_to_nchw(layout):
    array = as_array(literal(layout, VALUES.tolist()), "NCHW")
    for index in product(*map(range, VALUES.shape)):
        at = dict(zip(layout, index, strict=True))
        assert array[tuple(at.get(letter, 0) for letter in "NCHW")] == VALUES[index]
    assert array.size == VALUES.size
    assert array.dtype == np.float64


def test_missing_letters_are_axes_of_size_one():
    assert as_array(literal("W", [1, 2]), "NCHW").shape == (1, 1, 1, 2)
    assert as_array(literal("", 5), "NCHW").tolist() == [[[[5]]]]
    assert literal("HW", [[1, 2]]).size("C") == 1
    assert literal("HW", [[1, 2]]).size("W") == 2


def test_kernel_layouts_are_brought_to_iohw():
    kernel = literal("HWOI", np.arange(24).reshape(1, 2, 3, 4).tolist())
    array = as_array(kernel, "IOHW")
    assert array.shape == (4, 3, 1, 2)
    assert array[3, 1, 0, 1] == 1 * 12 + 1 * 4 + 3


def test_a_rotated_kernel_is_turned_back_in_height_and_width_alone():
    values = np.arange(24).reshape(2, 2, 2, 3).tolist()
    straight, rotated = (as_array(literal("OIHW", values, rotated=turned), "IOHW") for turned in (False, True))
    assert rotated[0, 1].tolist() == straight[0, 1, ::-1, ::-1].tolist() == [[17, 16, 15], [14, 13, 12]]
    assert rotated.shape == straight.shape


def test_a_kernel_without_output_channels_is_made_as_it_is_asked_for():
    case = make_case(out_channels=0, in_channels=2)
    assert make_tensors(case, None).w.shape == (2, 0, 3, 3)
    assert make_tensors(make_case(out_channels=2, in_channels=2, groups=4), None).w.shape == (2, 1, 3, 3)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("size", "channels"), [(3, 2), (20, 2), (5, 40)])
def test_every_gradient_is_a_sum_of_exact_integers(dtype, size, channels):
    case = make_case(
        dtype=dtype, input_size=(size, size), in_channels=channels, bias=True, outputs=("output", *GRADIENTS)
    )
    tensors, geometry = tensors_of(case), lower(case)
    assert tensors.g.shape == geometry.output_shape
    assert np.any(tensors.g)
    for name in GRADIENTS:
        assert Gradient(name, tensors.reference(geometry), tensors.g.astype(float)).is_exact(case), name


def test_a_cotangent_is_thinned_only_where_it_must_be():
    whole, thin = (
        tensors_of(make_case(dtype=dtype, input_size=(17, 17), outputs=("output", *GRADIENTS))).g
        for dtype in ("float64", "bfloat16")
    )
    assert np.all(whole)
    assert 0 < np.count_nonzero(thin) < thin.size
