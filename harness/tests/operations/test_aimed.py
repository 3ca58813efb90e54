"""What data with an aim hold, in every floating point dtype."""

from typing import Any, get_args

import numpy as np
import pytest

from harness.core.case import AimedKind
from harness.core.comparator import judge_value
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError
from harness.core.outcome import Value
from harness.core.reference import has_independent_elements
from harness.core.results import Verdict
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.tests.asking import make_case
from harness.tests.build import load_cases

KINDS = get_args(AimedKind)
FLOATS = ("float64", "float32", "float16", "bfloat16")
SIZES: dict[str, Any] = {
    "small": {"batch": 2, "in_channels": 3, "out_channels": 2, "input_size": (5, 6), "kernel_size": (3, 2)},
    "one": {"in_channels": 1, "input_size": (6, 7), "kernel_size": (2, 3), "strides": (2, 1)},
    "many": {"in_channels": 64, "out_channels": 4, "input_size": (4, 5), "kernel_size": (4, 4)},
}


def made(kind, dtype="float32", sizes="small", name="aimed"):
    """Input and kernel in float64, and the right answer."""
    case = make_case(name, data=kind, dtype=dtype, outputs=("output", "input_grad", "kernel_grad"), **SIZES[sizes])
    tensors = make_tensors(case, lower(case))
    assert tensors.x.dtype == tensors.w.dtype == DTYPES[dtype].numpy
    reference = tensors.reference(lower(case))
    assert not reference.is_exact(case), "only equality would be right"
    assert not has_independent_elements(case, "output"), "nothing is known of their signs"
    return reference.x, reference.w, reference


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", KINDS)
def test_they_follow_from_the_name_alone(kind, dtype):
    one, same, other = made(kind, dtype)[:2], made(kind, dtype)[:2], made(kind, dtype, name="other")[:2]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, same, strict=True))
    assert not any(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "non-finite"])
def test_no_sum_leaves_the_range_also_when_the_kernel_is_doubled(kind, dtype, sizes):
    magnitude = made(kind, dtype, sizes)[2].magnitude
    largest = min(DTYPES[dtype].overflow, float(np.finfo(np.float64).max))
    assert np.all(np.isfinite(magnitude))
    assert np.max(magnitude) < largest / 2


@pytest.mark.parametrize("dtype", FLOATS)
def test_most_products_are_zero_and_zeros_have_both_signs(dtype):
    x, w, _ = made("mostly-zero", dtype, "many")
    assert 0.6 < np.mean(x == 0) < 0.9
    assert set(np.signbit(x[x == 0])) == {True, False}
    assert np.all(w)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), [("float64", 1000), ("float32", 110), ("bfloat16", 110), ("float16", 1)])
def test_large_ones_come_near_to_the_largest_number(dtype, bits, sizes):
    x, w, reference = made("large", dtype, sizes)
    assert np.log2(np.max(reference.magnitude)) > bits
    if dtype != "float16":
        assert np.log2(np.max(np.abs(x))) > bits / 2 - 5
        assert np.log2(np.max(np.abs(w))) > bits / 2 - 5


@pytest.mark.parametrize(("sizes", "first"), [("small", np.s_[:, :1]), ("one", np.s_[:, :, :1])])
@pytest.mark.parametrize(("dtype", "bits"), [("float64", 26), ("float32", 12), ("float16", 5), ("bfloat16", 4)])
def test_the_first_are_larger_by_half_the_bits(dtype, bits, sizes, first):
    x, _, _ = made("small-after-large", dtype, sizes)
    others = np.ones(x.shape, bool)
    others[first] = False
    ratio = np.log2(np.median(np.abs(x[first])) / np.median(np.abs(x[others])))
    assert bits - 1.5 < ratio < bits + 1.5


@pytest.mark.parametrize(("dtype", "span"), [("float64", 50), ("float32", 50), ("bfloat16", 50), ("float16", 3)])
def test_a_wide_range_has_every_size_and_its_products_are_normal(dtype, span):
    x, w, _ = made("wide-range", dtype)
    assert np.ptp(np.log2(np.abs(x))) > span
    smallest = np.min(np.abs(x)) * np.min(np.abs(w))
    assert smallest >= DTYPES[dtype].smallest_normal


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_boundary_has_the_ends_of_the_type(dtype):
    x, w, _ = made("boundary", dtype)
    kind, sizes = DTYPES[dtype], np.abs(x)
    above = np.nextafter(np.array(np.inf, kind.numpy), np.array(0, kind.numpy)).astype(np.float64)
    assert above in sizes
    assert kind.smallest_normal in sizes
    assert np.any((sizes > 0) & (sizes < kind.smallest_normal))
    assert {1.0, 1 + 2 * kind.unit_roundoff, 1 - kind.unit_roundoff, 0.0} <= set(sizes.ravel().tolist())
    assert np.all(np.log2(np.abs(w)) == np.rint(np.log2(np.abs(w))))


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_second_number_is_subnormal(dtype):
    x, _, _ = made("subnormal", dtype)
    small = np.abs(x) < DTYPES[dtype].smallest_normal
    assert np.mean(small) == 0.5
    assert np.mean(x[small] != 0) > 0.8


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_array_of_zeros_is_wrong(kind, dtype):
    case = make_case(data=kind, dtype=dtype, **SIZES["small"])
    reference = make_tensors(case, lower(case)).reference(lower(case))
    judgement = judge_value(case, reference, Value(np.zeros(reference.shape, DTYPES[dtype].numpy)))
    assert judgement.verdict is Verdict.DIVERGES


@pytest.mark.parametrize("dtype", FLOATS)
def test_each_image_has_nan_and_both_infinities_and_the_kernel_none(dtype):
    x, w, reference = made("non-finite", dtype)
    for image in x:
        assert np.any(np.isnan(image))
        assert {np.inf, -np.inf, 0.0} <= set(image.ravel().tolist())
        assert np.mean(np.isfinite(image)) > 0.5
    assert np.all(np.isfinite(w))
    assert np.any(np.isfinite(reference.output))


@pytest.mark.parametrize(
    ("op", "dtype", "said"),
    [
        ("conv_transpose2d", "int32", "int32 is run on integers"),
        ("avg_unpool2d", "float32", "'integers' or 'real'"),
    ],
)
def test_they_are_for_transposed_convolutions_of_floats(tmp_path, op, dtype, said):
    sizes = "kernel_size: 2" if op == "conv_transpose2d" else "pool_size: 2"
    text = f"""
op: {op}
suite: Aimed
about: a
cases:
  - {{id: one, about: a, dtype: {dtype}, data: large, input_size: 3, {sizes}}}
"""
    with pytest.raises(BadInputError) as caught:
        load_cases(tmp_path, text)
    assert any(said in problem.message for problem in caught.value.problems)
