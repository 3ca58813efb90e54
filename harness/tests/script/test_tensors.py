from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.case import Case, LiteralTensor
from harness.data import Tensors, make_tensors
from harness.dialects import lower
from harness.script.tensors import write_tensors

SMALL = Case("suite", "case", "", "canonical", 2, 2, 3, (3, 4), (2, 3), bias=True)
LARGE = replace(SMALL, in_channels=8, input_size=(9, 11))
HALF = replace(LARGE, dtype="float16", in_channels=64, kernel_size=(5, 5))
LITERAL = LiteralTensor("HW", (30, 30), [[row * 31.5 + column for column in range(30)] for row in range(30)])
CASES = {
    "small": SMALL,
    "small-real": replace(SMALL, data="real"),
    "small-half": replace(SMALL, data="real", dtype="float16"),
    "no-bias": replace(SMALL, bias=False),
    "drawn-again": LARGE,
    "drawn-again-real": replace(LARGE, data="real", dtype="float64"),
    "thinned": HALF,
    "literal": replace(SMALL, in_channels=1, batch=1, input_size=(30, 30), input=LITERAL),
}


def carried_out(lines):
    names = {"np": np}
    exec("\n".join(lines), names)
    return names["x"], names["w"], names["b"]


def tensors_of(case):
    return make_tensors(case, lower(case))


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_lines_give_the_very_tensors(name):
    tensors = tensors_of(CASES[name])
    for made, due in zip(
        carried_out(write_tensors(CASES[name], tensors)), (tensors.x, tensors.w, tensors.b), strict=True
    ):
        if due is None:
            assert made is None
        else:
            assert (made.dtype, made.shape, made.tobytes()) == (due.dtype, due.shape, due.tobytes())


def test_the_cases_above_take_every_way():
    texts = {name: "\n".join(write_tensors(case, tensors_of(case))) for name, case in CASES.items()}
    assert "default_rng" in texts["drawn-again"]
    assert "default_rng" in texts["drawn-again-real"]
    assert "default_rng" not in texts["thinned"]
    assert "b85decode" in texts["thinned"]
    assert "b85decode" in texts["literal"]
    assert "b85decode" not in texts["small"]


def test_numbers_that_are_not_finite_or_negative_zero_survive():
    x = np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45, 3.4028235e38], np.float32).reshape(1, 1, 2, 3)
    w = np.full((1, 1, 1, 1), 0.1, np.float32)
    case = replace(SMALL, input=LiteralTensor("HW", (2, 3), 0))
    made, kernel, bias = carried_out(write_tensors(case, Tensors(x, w, None)))
    assert made.tobytes() == x.tobytes()
    assert kernel.tobytes() == w.tobytes()
    assert bias is None


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_line_is_too_wide_to_read(name):
    assert max(map(len, write_tensors(CASES[name], tensors_of(CASES[name])))) <= 110
