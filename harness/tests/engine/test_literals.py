from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.core.case import LiteralTensor, OutputName
from harness.engine.literals import write_tensors
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.dialects import lower

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
    "drawn-again-grouped": replace(LARGE, out_channels=6, groups=2),
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
        carried_out(write_tensors(CASES[name], lower(CASES[name]), tensors)),
        (tensors.x, tensors.w, tensors.b),
        strict=True,
    ):
        if due is None:
            assert made is None
        else:
            assert (made.dtype, made.shape, made.tobytes()) == (due.dtype, due.shape, due.tobytes())


def test_the_cases_above_take_every_way():
    texts = {name: "\n".join(write_tensors(case, lower(case), tensors_of(case))) for name, case in CASES.items()}
    assert "default_rng" in texts["drawn-again"]
    assert "default_rng" in texts["drawn-again-grouped"]
    assert "default_rng" in texts["drawn-again-real"]
    assert "default_rng" not in texts["thinned"]
    assert "b85decode" in texts["thinned"]
    assert "b85decode" in texts["literal"]
    assert "b85decode" not in texts["small"]


def test_numbers_that_are_not_finite_or_negative_zero_survive():
    x = np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45, 3.4028235e38], np.float32).reshape(1, 1, 2, 3)
    w = np.full((1, 1, 1, 1), 0.1, np.float32)
    case = replace(SMALL, input=LiteralTensor("HW", (2, 3), 0))
    made, kernel, bias = carried_out(write_tensors(case, lower(case), Tensors(x, w, None)))
    assert made.tobytes() == x.tobytes()
    assert kernel.tobytes() == w.tobytes()
    assert bias is None


OUTPUTS: tuple[OutputName, ...] = ("output", "input_grad")


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_cotangent_follows_the_other_tensors_and_changes_none(name):
    case = replace(CASES[name], outputs=OUTPUTS)
    tensors = tensors_of(case)
    names: dict[str, Any] = {"np": np}
    exec("\n".join(write_tensors(case, lower(case), tensors)), names)
    for letter in "xwbg":
        made, due = names[letter], getattr(tensors, letter)
        assert due is None or (made.dtype, made.shape, made.tobytes()) == (due.dtype, due.shape, due.tobytes())
    assert tensors.g is not None


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("small", "g = np.array([\n"),
        ("drawn-again", "rng.permutation(3)  # drew b\ng = 2 * rng.integers("),
        ("drawn-again-real", "rng.normal(size=3)  # drew b\ng = rng.normal("),
        ("thinned", "g = np.frombuffer("),
        ("literal", "g = np.frombuffer("),
    ],
)
def test_a_cotangent_is_written_drawn_again_or_packed(name, ending):
    case = replace(CASES[name], outputs=OUTPUTS)
    assert ending in "\n".join(write_tensors(case, lower(case), tensors_of(case)))


def test_a_thinned_cotangent_of_drawn_tensors_is_packed():
    """300 products of up to 4 in bfloat16, which counts to 256."""
    case = replace(SMALL, dtype="bfloat16", batch=4, in_channels=1, input_size=(20, 20), bias=False, outputs=OUTPUTS)
    text = "\n".join(write_tensors(case, lower(case), tensors_of(case)))
    assert "x = rng.integers(" in text
    assert "g = np.frombuffer(" in text


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_line_is_too_wide_to_read(name):
    assert max(map(len, write_tensors(CASES[name], lower(CASES[name]), tensors_of(CASES[name])))) <= 110
