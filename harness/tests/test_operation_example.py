"""The operation of docs/adding-an-operation.md, in the places where the page puts its files."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import harness
from harness import operations
from harness.adapters import pytorch
from harness.adapters.planning import program_of
from harness.adapters.pytorch import PyTorch
from harness.quality.lint import twin_readings
from harness.tests.operations.asking import adjoint_holds, problem_of, shipped, survivors, truths_of

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "pixel_shuffle"
SUITE = EXAMPLE / "cases" / "pixel_shuffling.yaml"


@pytest.fixture(scope="module", autouse=True)
def placed():
    """The package among the operations, and its function among those of PyTorch."""
    with pytest.MonkeyPatch.context() as patch:
        for package in (operations, pytorch):
            here = EXAMPLE.joinpath(*package.__name__.split("."))
            patch.setattr(package, "__path__", [*package.__path__, str(here)])
        patch.setitem(operations.OPERATIONS, "pixel_shuffle", "harness.operations.pixel_shuffle:PixelShuffle")
        function = "harness.adapters.pytorch.pixel_shuffle:pixel_shuffle"
        patch.setattr(PyTorch, "programs", {**PyTorch.programs, "pixel_shuffle": function})
        yield
    for name in [name for name in sys.modules if "pixel_shuffle" in name]:
        del sys.modules[name]


def literally(case, x):
    r, (_, channels, *_) = case.factor, case.output_shape
    y = np.zeros(case.output_shape)
    for n, c, h, w in np.ndindex(y.shape):
        i, j = h % r, w % r
        taken = (i * r + j) * channels + c if case.dialect == "tensorflow" else c * r * r + i * r + j
        y[n, c, h, w] = x[n, taken, h // r, w // r]
    return y


def test_the_output_is_that_of_a_loop_and_the_gradient_its_adjoint():
    oracle = importlib.import_module("harness.operations.pixel_shuffle.oracle")
    legal = [case for case in shipped(SUITE) if not case.expect.error]
    for case in legal:
        arrays, references = truths_of(case)
        assert np.array_equal(references["output"], literally(case, arrays["input"]))
        x, g = (arrays[name].astype(np.float64) for name in ("input", "cotangent"))
        assert adjoint_holds(lambda one, case=case: oracle.shuffled(case, one), x, g, references["input_grad"])
    assert len(legal) == 5


def test_the_suite_finds_every_fault():
    cases = shipped(SUITE)
    assert survivors(cases) == (set(), [])
    assert len(operations.operation("pixel_shuffle").faults) >= 20
    assert [case.name for case in cases if operations.operation_of(case).vacuous(case) or twin_readings(case)] == []


def test_a_broken_rule_is_named(tmp_path):
    problem = problem_of(tmp_path, "{id: a, about: b, input_size: [3, 4], channels: 6}", op="pixel_shuffle")
    assert (problem.key, problem.hint) == ("cases.channels", "use a multiple of 4")


def test_pytorch_states_every_case_and_conforms():
    routes = {case.id: program_of(PyTorch(), case).route for case in shipped(SUITE)}  # type: ignore[union-attr]
    assert routes.pop("remainder") == "native"
    assert {name: route for name, route in routes.items() if "tensorflow" in name} == {
        "order[dialect=tensorflow,factor=2]": "composed",
        "order[dialect=tensorflow,factor=3]": "composed",
    }
    pytest.importorskip("torch")
    verdicts = [str(row.verdict) for row in harness.run(SUITE, "pytorch", jobs=1)]
    assert sorted(verdicts) == [*["exact"] * 10, "refuses"]
