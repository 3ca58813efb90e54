"""Right sums whose roundings are alike, because many elements have an operand in common, must not be accused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.comparator import judge
from harness.core.dtypes import DTYPES
from harness.core.numerics import rounded
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.core.statistical import DEVIATIONS, deviation, scores
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults.roundings import cut_bits
from harness.tests.build import make_case


def layer(dtype, seed, **keys):
    """A case of one input channel, its tensors and its truth: few products meet in each element."""
    keys = {"input_size": (120, 100), "out_channels": 2, **keys}
    case = make_case(id=f"seed-{seed}", dtype=dtype, data="real", **keys)
    tensors = make_tensors(case, lower(case))
    return case, tensors, tensors.reference(lower(case))


def verdict_on(made, y):
    case, tensors, reference = made
    return judge(case, tensors, reference, Value(y.astype(DTYPES[case.dtype].numpy))).verdict


def signed_sum(reference, y, dtype):
    """Sum z sign(y) / sqrt(N) of all errors, what they have in common included, for sums in float32."""
    expected = reference.output
    spread = deviation(expected, reference.norm, reference.terms, DTYPES[dtype], DTYPES["float32"])
    return scores(y - expected, expected, spread, independent=True).signed


def cut_off(values, dtype):
    return cut_bits(values, round(-np.log2(DTYPES[dtype].unit_roundoff)))


@pytest.mark.parametrize(
    ("dtype", "seed"),
    [("bfloat16", 17), ("bfloat16", 27), ("bfloat16", 38), ("float16", 38), ("float16", 1), ("float32", 10)],
)
def test_one_bias_loses_the_same_bits_in_all_rounded_sums(dtype, seed):
    made = layer(dtype, seed, kernel_size=(1, 1), input_size=(300, 250), bias=True)
    reference = made[2]
    bias, sums = reference.b[:, None, None], replace(reference, b=None).output
    y = rounded(rounded(sums, DTYPES[dtype]) + bias, DTYPES[dtype])
    assert abs(signed_sum(reference, y, dtype)) > DEVIATIONS
    assert verdict_on(made, y) is Verdict.WITHIN_BOUND
    wrong = cut_off(rounded(sums, DTYPES[dtype]) + bias, dtype)
    assert verdict_on(made, wrong) is Verdict.DIVERGES


@pytest.mark.parametrize("seed", [79, 107])
def test_products_by_one_factor_may_nearly_all_be_rounded_toward_zero(seed):
    """Some of these factors are 2 - 2u in bfloat16. One element in the type's own sums, or the result were exact."""
    made = layer("bfloat16", seed, kernel_size=(3, 3), strides=(2, 2))
    reference = made[2]
    y = rounded(reference.output, DTYPES["bfloat16"])
    assert abs(signed_sum(reference, y, "bfloat16")) > DEVIATIONS
    at = np.unravel_index(np.argmax((reference.terms == 4) * np.abs(y)), y.shape)
    y[at] *= 1 + 2.0**-7
    assert verdict_on(made, y) is Verdict.WITHIN_BOUND
    assert verdict_on(made, cut_off(reference.output, "bfloat16")) is Verdict.DIVERGES
