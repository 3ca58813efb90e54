"""What an adapter says a framework says of a number type is what the framework says."""

from __future__ import annotations

from importlib.util import find_spec
from typing import ClassVar

import pytest

from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.adapters.tensorflow.text import explain
from harness.core.case import DTypeName
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen, make_case


class PyTorchAsked(PyTorch):
    """Asked in every type."""

    name = "pytorch-asked"
    dtypes: ClassVar[tuple[DTypeName, ...]] = (*PyTorch.dtypes, *PyTorch.refused_dtypes)


class TensorFlowAsked(TensorFlow):
    """Asked in every type."""

    name = "tensorflow-asked"
    dtypes: ClassVar[tuple[DTypeName, ...]] = (*TensorFlow.dtypes, *TensorFlow.refused_dtypes)


def test_marks_that_change_from_run_to_run_are_left_out():
    texts = {explain(ValueError(f"Window goo.gle/debug{mark} {{")) for mark in ("str", "only", "proto")}
    assert texts == {"Window {"}


@pytest.mark.parametrize(
    ("adapter", "module"),
    [
        pytest.param(PyTorchAsked, "torch", marks=pytest.mark.xdist_group("pytorch")),
        pytest.param(TensorFlowAsked, "tensorflow", marks=pytest.mark.xdist_group("tensorflow")),
    ],
)
def test_a_refused_type_is_refused_in_these_words_and_the_others_are_exact(adapter, module):
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    cases = [make_case(dtype, dtype=dtype, dialect="canonical") for dtype in adapter.dtypes]
    asked = run_all(lambda: cases, [chosen(adapter)], KnownDivergences(), Settings(), 1, lambda row: None)
    rows = {row.case.removeprefix("suite/"): row for row in asked.rows}
    for dtype, words in adapter.refused_dtypes.items():
        assert rows[dtype].verdict is Verdict.REJECTS
        assert words.removeprefix("it is ") in rows[dtype].message
    rest = {rows[dtype].verdict for dtype in adapter.dtypes if dtype not in adapter.refused_dtypes}
    assert rest == {Verdict.EXACT}
