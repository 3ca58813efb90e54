"""What is said of each number type agrees with the types themselves."""

import json
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

from harness.core.dtypes import DTYPES

FLOATS = [name for name, dtype in DTYPES.items() if dtype.kind == "float"]
INTEGERS = [name for name, dtype in DTYPES.items() if dtype.kind == "integer"]


COMPLEX = {"complex64": "float32", "complex128": "float64"}


def test_every_type_is_of_one_kind():
    assert sorted([*FLOATS, *INTEGERS, *COMPLEX]) == sorted(DTYPES)
    assert FLOATS == ["float64", "float32", "float16", "bfloat16"]


@pytest.mark.parametrize("name", DTYPES)
def test_names_and_sizes(name):
    dtype = DTYPES[name]
    assert dtype.name == name == dtype.numpy.name
    assert dtype.itemsize == dtype.numpy.itemsize
    assert dtype.differentiable == (name in FLOATS)
    assert dtype.signed == (name != "uint8")


@pytest.mark.parametrize("name", FLOATS)
def test_facts_agree_with_floating_point(name):
    dtype, info = DTYPES[name], ml_dtypes.finfo(name)
    assert dtype.unit_roundoff == float(info.eps) / 2
    assert dtype.subnormal == float(info.smallest_subnormal)
    limit = np.array(dtype.exact_limit, dtype.numpy)
    assert int(limit) == dtype.exact_limit
    assert int(np.array(dtype.exact_limit - 1, dtype.numpy)) == dtype.exact_limit - 1
    assert limit + np.array(1, dtype.numpy) == limit


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
def test_the_least_number_that_overflows(name):
    dtype = DTYPES[name]
    with np.errstate(over="ignore"):
        assert np.isinf(np.array(dtype.overflow).astype(dtype.numpy).astype(float))
        # ml_dtypes rounds to float32 on the way
        below = np.nextafter(np.float32(dtype.overflow), np.float32(0)) if name == "bfloat16" else dtype.overflow
        below = np.nextafter(float(below), 0)
        assert np.isfinite(np.array(below).astype(dtype.numpy).astype(float))


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_hold_what_they_are_said_to(name):
    dtype, info = DTYPES[name], np.iinfo(name)
    assert dtype.exact_limit <= info.max
    assert dtype.exact_limit <= 2**53
    assert dtype.overflow == float(int(info.max) + 1)
    assert (info.min < 0) == dtype.signed
    assert dtype.unit_roundoff == dtype.subnormal == 0


@pytest.mark.parametrize(("name", "part"), COMPLEX.items())
def test_complex_numbers_round_as_their_parts_and_keep_half_the_exact_range(name, part):
    dtype, of_parts = DTYPES[name], DTYPES[part]
    assert dtype.unit_roundoff == of_parts.unit_roundoff
    assert dtype.subnormal == of_parts.subnormal
    assert dtype.overflow == of_parts.overflow
    assert dtype.exact_limit * 2 == of_parts.exact_limit


def test_half_precisions_are_summed_in_single():
    assert {name for name, dtype in DTYPES.items() if dtype.accumulator} == {"float16", "bfloat16"}
    assert DTYPES["bfloat16"].accumulator is DTYPES["float32"]


def test_asking_for_facts_imports_no_numpy():
    code = "import json, sys; from harness.core.dtypes import DTYPES; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpy" not in json.loads(done.stdout)
