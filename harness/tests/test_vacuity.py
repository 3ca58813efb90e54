from __future__ import annotations

from dataclasses import replace

import pytest

from harness.adapters import choose
from harness.case import Case, Expect, LiteralTensor, Words
from harness.vacuity import unasked, vacuous

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


def test_published_data_are_kept_as_published():
    flat = replace(PLAIN, in_channels=1, out_channels=1, kernel_size=(2, 2), kernel=FLAT, source="A tutorial")
    assert vacuous(flat) is None


def test_an_illegal_case_that_no_adapter_can_be_asked_is_named():
    refused = replace(PLAIN, dialect="pytorch", words=Words(output_padding=(5, 5)), expect=Expect(error=True))
    assert unasked(refused, choose()) is None
    nobody = replace(refused, dialect="onnx")
    problem = unasked(nobody, choose())
    assert problem is not None
    assert "no adapter can be asked" in problem.message
    uneven = replace(refused, words=Words(((0, 1), (0, 0))))
    assert unasked(uneven, choose()) is not None
