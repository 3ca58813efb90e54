from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import harness
from harness import NothingRequestedError
from harness.core.corpus import CORPUS
from harness.pytest_plugin import parametrize
from harness.pytest_plugin.lanes import LANES
from harness.tests.cli.conftest import SUITE

ROOT = Path(harness.__file__).parents[1]
HONEST, ROTATED = "mutant:Honest", "mutant:KernelRotated"


@pytest.fixture(autouse=True)
def suite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SUITE)
    yield
    LANES.close()


def parameters(*arguments, **rest):
    mark = harness.parametrize_with_cases(*arguments, **rest).mark
    names, found = mark.args
    assert names == "check"
    return {one.id: one.values[0] for one in found}


def test_one_parameter_for_each_case_and_adapter():
    found = parameters([HONEST, ROTATED], "small.yaml", match="not sizes")
    assert list(found) == [
        f"small/{case}-{name}" for case in ("plain", "too-much-padding-added") for name in ("honest", "kernelrotated")
    ]


def test_a_check_returns_its_rows_or_raises_with_what_fails():
    rows = parameters(HONEST, "small.yaml", match="plain")["small/plain-honest"]()
    assert [row.output for row in rows] == ["output"]
    assert all(row.verdict.conforms for row in rows)
    check = parameters(ROTATED, "small.yaml", match="plain")["small/plain-kernelrotated"]
    with pytest.raises(harness.NotConformingError, match="DIVERGES  small/plain") as raised:
        check()
    assert raised.value.failures[0] in raised.value.rows


def test_a_check_that_cannot_be_run_skips_with_the_reason():
    suites = ["small.yaml", CORPUS / "published_numpy_implementation.yaml"]
    check = parameters("published-numpy", suites)["small/plain-published-numpy"]
    with pytest.raises(pytest.skip.Exception, match="inexpressible on published-numpy: the published code knows"):
        check()


def test_what_cannot_be_parametrized_raises(tmp_path):
    with pytest.raises(NothingRequestedError, match="nothing is requested of pytorch:meta"):
        parameters(["pytorch:meta", HONEST], CORPUS / "resizing.yaml")
    with pytest.raises(
        NothingRequestedError, match=r"published-numpy:\n  inexpressible: the published code knows .*\(1 "
    ):
        parameters("published-numpy", "small.yaml", match="plain")
    (tmp_path / "small.yaml").write_text(SUITE.replace("error: true", "output: [1]"))
    with pytest.raises(harness.BadInputError):
        parameters(HONEST, "small.yaml")


def test_the_documented_example_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert doctest.testmod(parametrize) == (0, 2)
