from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from harness.adapters import choose
from harness.core.case import Expect, LiteralTensor
from harness.core.numerics import IntArray
from harness.operations.conv_transpose import vacuity
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import faults_for, wrong_output
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.operations.conv_transpose.vacuity import MOST_NAMED, vacuous
from harness.quality.lint import is_foreign, unrun
from harness.tests.build import make_geometry

FLAT = LiteralTensor("HW", (2, 2), [[1, 1], [1, 1]])
PLAIN = Case("s", "c", "", "canonical", 2, 2, 3, (3, 4), (3, 2), (2, 1), bias=True, path="s.yaml", line=3)


def test_drawn_data_prove_something():
    assert vacuous(PLAIN) is None


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"in_channels": 1, "out_channels": 1, "kernel_size": (2, 2), "kernel": FLAT}, "flipped in height"),
        (
            {
                "in_channels": 1,
                "out_channels": 1,
                "kernel_size": (2, 2),
                "kernel": LiteralTensor("HW", (2, 2), [[1, 1], [2, 2]]),
            },
            "flipped in width",
        ),
        ({"bias": (5.0, 5.0, 5.0)}, "bias of another channel"),
        (
            {"batch": 2, "in_channels": 1, "input_size": (1, 1), "input": LiteralTensor("N", (2,), [3, 3])},
            "batch elements",
        ),
        (
            {"batch": 1, "in_channels": 2, "input_size": (1, 1), "input": LiteralTensor("C", (2,), [3, 3])},
            "input channels",
        ),
        (
            {
                "in_channels": 2,
                "out_channels": 2,
                "groups": 2,
                "kernel_size": (1, 2),
                "kernel": LiteralTensor("IW", (2, 2), [[1, 2], [1, 2]]),
            },
            "kernels of the groups",
        ),
        (
            {"in_channels": 1, "batch": 1, "input_size": (1, 1), "input": LiteralTensor("H", (1,), [0]), "bias": False},
            "every output is zero",
        ),
    ],
)
def test_data_that_cannot_tell_are_named(change, what):
    problem = vacuous(replace(PLAIN, **change))
    assert problem is not None
    assert what in problem.message
    assert (problem.path, problem.line, problem.key) == ("s.yaml", 3, "c")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            {"batch": 1, "in_channels": 1, "input_size": (2, 2), "input": FLAT},
            "height and width of the data are swapped",
        ),
        ({"bias": (0.0, 0.0, 0.0)}, "the bias is missing"),
        ({"bias": (0.0, 1.0, 0.0), "words": Words(((0, 0), (0, -1))), "batch": 1}, ""),
        (
            {
                "batch": 1,
                "in_channels": 1,
                "out_channels": 1,
                "bias": False,
                "input_size": (1, 1),
                "kernel": LiteralTensor("HW", (3, 2), [[0, 0], [1, 0], [0, 0]]),
            },
            "the last row is zero",
        ),
        (
            {
                "in_channels": 1,
                "out_channels": 1,
                "strides": (1, 1),
                "input_size": (1, 1),
                "kernel_size": (1, 2),
                "kernel": LiteralTensor("W", (2,), [1, 1]),
                "words": Words(((0, 0), (1, 0))),
            },
            "the crops of beginning and end are exchanged",
        ),
        (
            {"dialect": "pytorch", "words": Words(output_padding=(1, 0)), "kernel_size": (1, 2), "input_size": (1, 3)},
            "",
        ),
    ],
)
def test_faults_of_the_diagnosis_that_data_cannot_show_are_named(change, what):
    problem = vacuous(replace(PLAIN, **change))
    assert what in ("" if problem is None else problem.message)
    assert (problem is None) == (what == "")


def test_few_of_many_faults_are_named():
    ones = LiteralTensor("HW", (3, 3), [[1, 1, 1]] * 3)
    sizes = replace(PLAIN, batch=1, in_channels=1, out_channels=1, strides=(1, 1), bias=False, kernel_size=(2, 2))
    problem = vacuous(replace(sizes, input_size=(3, 3), input=ones, kernel=FLAT))
    assert problem is not None
    message = problem.message
    assert re.search(r"whether the kernel is rotated by 180 degrees, or .* or \d+ more faults are there$", message)
    assert message.count(", or ") == MOST_NAMED


def test_infinities_and_nan_hide_no_fault():
    odd = LiteralTensor("HW", (1, 2), [[float("nan"), float("nan")]])
    problem = vacuous(replace(PLAIN, batch=1, in_channels=1, out_channels=1, input_size=(1, 2), input=odd, bias=False))
    assert problem is not None
    assert "kernel is flipped" in problem.message


@pytest.mark.parametrize("change", [{}, {"bias": (5.0, 5.0, 5.0)}, {"bias": (0.0, 0.0, 0.0)}, {"data": "real"}])
def test_a_few_elements_never_hide_what_all_would_show(change, monkeypatch):
    case = replace(PLAIN, **change)
    tried = vacuous(case)
    monkeypatch.setattr(vacuity, "SHARES", ())
    assert vacuous(case) == tried
    monkeypatch.setattr(vacuity, "NOISE", np.inf)
    assert vacuous(case) == tried


def test_faults_that_a_few_elements_show_need_no_whole_output(monkeypatch):
    whole: list[str] = []

    def count(faults, reference):
        whole.extend(fault.name for fault in faults)
        return wrong_output(faults, reference)

    monkeypatch.setattr(vacuity, "wrong_output", count)
    assert vacuous(replace(PLAIN, input_size=(80, 40))) is None
    assert not whole
    assert vacuous(replace(PLAIN, bias=(5.0, 5.0, 5.0))) is not None
    assert set(whole) == {"bias", "bias-of-channel-0"}


def places(tensor: Float64Array) -> IntArray:
    return np.arange(tensor.size).reshape(tensor.shape)


ALIKE: dict[str, Callable[[Float64Array], Float64Array]] = {
    "drawn": lambda tensor: tensor,
    "ones": np.ones_like,
    "zeros": np.zeros_like,
    "symmetric in height": lambda tensor: tensor + tensor[:, :, ::-1],
    "symmetric in width": lambda tensor: tensor + tensor[..., ::-1],
    "of one channel": lambda tensor: np.broadcast_to(tensor[:, :1], tensor.shape).copy(),
    "of one image": lambda tensor: np.broadcast_to(tensor[:1], tensor.shape).copy(),
    "one number": lambda tensor: np.where(places(tensor) == tensor.size // 2, 3.0, 0.0),
    "of one element beside the first image": lambda tensor: np.where(places(tensor) <= tensor.size // 2, tensor, 0.0),
    "not finite": lambda tensor: np.where(tensor > 0, np.inf, tensor),
}
SIZES = (
    make_geometry((3, 3, 1, 1, 1, 1), (3, 3, 1, 1, 1, 1), 2, 2, 2),
    make_geometry((3, 2, 2, 1, 0, 1), (2, 3, 3, 2, -1, 2), 2, 4, 6, 2),
    make_geometry((1, 3, 2, 1, 2, 0), (4, 1, 3, 1, 0, -2), 1, 3, 1),
    make_geometry((1, 1, 2, 1), (1, 1, 2, 1), 2, 2, 2),
    make_geometry((4, 1, 1, 1), (4, 1, 1, 1), 2, 1, 2),
)


@pytest.mark.parametrize("geometry", SIZES)
@pytest.mark.parametrize("data", ["integers", "real"])
def test_what_shows_is_what_the_whole_output_shows(geometry, data):
    generator, shown, hidden = np.random.default_rng(7), 0, 0
    pairs = [pair for pair in product(ALIKE, ALIKE) if "drawn" in pair or pair[0] == pair[1]]
    for (of_x, of_w), b in product(pairs, (None, np.arange(float(geometry.out_channels)))):
        x, w = (
            generator.normal(size=shape) if data == "real" else generator.integers(-3, 4, shape).astype(np.float64)
            for shape in (geometry.input_shape, geometry.kernel_shape)
        )
        with np.errstate(invalid="ignore"):
            reference = ConvTransposeReference(geometry, ALIKE[of_x](x), ALIKE[of_w](w), b)
            shows = vacuity._shown_by(reference)
            for fault in vacuity._faults(reference):
                wrong = wrong_output([fault], reference)
                differs = not np.array_equal(wrong, reference.output, equal_nan=True)
                assert shows(fault) == differs, fault.name
                shown, hidden = shown + differs, hidden + (not differs)
    assert min(shown, hidden) > 100


def test_integers_need_not_show_a_rounding():
    shown = {fault.name for fault in faults_for(make_tensors(PLAIN, lower(PLAIN)).reference(lower(PLAIN)))}
    assert "operands-rounded(2 bits)" in shown
    assert vacuous(PLAIN) is None


def test_published_data_are_kept_as_published():
    flat = replace(PLAIN, in_channels=1, out_channels=1, kernel_size=(2, 2), kernel=FLAT, source="A tutorial")
    assert vacuous(flat) is None


def test_an_illegal_case_that_no_adapter_can_be_asked_is_named():
    refused = replace(PLAIN, dialect="pytorch", words=Words(output_padding=(5, 5)), expect=Expect(error=True))
    assert unrun(refused, choose()) is None
    uneven = replace(refused, words=Words(((0, 1), (0, 0))))
    problem = unrun(uneven, choose())
    assert problem is not None
    assert "no adapter can express it" in problem.message


@pytest.mark.parametrize("dialect", ["onnx", "jax"])
def test_an_illegal_case_of_a_dialect_that_no_adapter_speaks_waits_for_one(dialect):
    refused = replace(PLAIN, dialect=dialect, words=Words(output_padding=(5, 5)), expect=Expect(error=True))
    assert is_foreign(refused, choose())
    assert unrun(refused, choose()) is None
    assert not is_foreign(replace(refused, expect=Expect()), choose())
    assert not is_foreign(replace(refused, dialect="pytorch"), choose())


MANY = replace(PLAIN, in_channels=1 << 18, input_size=(1, 1), kernel_size=(1, 1), strides=(1, 1), data="real")


def test_a_bound_that_zeros_pass_is_found():
    problem = vacuous(replace(MANY, dtype="bfloat16"))
    assert problem is not None
    assert problem.key == "c"
    passing = "the array of zeros and the negated result"
    assert problem.message == f"vacuous: with 262145 terms in bfloat16 the bound of output lets {passing} pass"
    assert "wider dtype" in problem.hint
    assert vacuous(replace(MANY, dtype="float16")) is None


def test_a_sum_beyond_float64_is_refused():
    large = LiteralTensor("C", (2,), [1e308, 1e308])
    weights = LiteralTensor("I", (2,), [1.5, -1.2])
    sizes = replace(PLAIN, batch=1, out_channels=1, input_size=(1, 1), kernel_size=(1, 1), strides=(1, 1))
    case = replace(sizes, bias=False, dtype="float64", input=large, kernel=weights)
    problem = vacuous(case)
    assert problem is not None
    assert "exceeds the largest number of float64" in problem.message
    assert "smaller numbers" in problem.hint
    published = vacuous(replace(case, source="a page"))
    assert published is not None
    smaller = vacuous(replace(case, input=LiteralTensor("C", (2,), [1e307, 3e307])))
    assert smaller is None
