from __future__ import annotations

import pytest

from harness.__main__ import main
from harness.cli import prove_soundness
from harness.cli.prove_soundness import lines_of
from harness.core.corpus import SCHEMA
from harness.core.results import Verdict
from harness.quality.soundness.search import Shown, search, shipped
from harness.tests.build import make_row

SUITE = """
suite: Small
about: one real case and one of integers
defaults: {dialect: pytorch, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - {id: integers, about: exact, strides: 2}
  - {id: real, about: rounded, strides: 2, data: real}
"""
KNOWN = """
divergences:
  - cases: small/integers
    adapter: pytorch
    versions: {torch: '>=2'}
    verdict: diverges
    message: nothing like it
    cause: {hypotheses: [kernel-rotated]}
    why: it is listed here
    upstream: none
"""


@pytest.fixture
def folder(tmp_path):
    shipped.cache_clear()
    (tmp_path / "small.yaml").write_text(SUITE)
    yield tmp_path
    shipped.cache_clear()


def test_a_mutant_is_found_by_the_first_case_that_its_fault_concerns(folder):
    found = search("zeros_float32", str(folder))
    assert found.row is not None
    assert (found.row.case, found.row.verdict, found.checks) == ("small/integers", Verdict.DIVERGES, 1)
    half = search("negated_half", str(folder))
    assert (half.row, half.checks) == (None, 0), "no case is in half precision"


def test_without_a_fault_nothing_fails_in_any_part(folder):
    parts = [search("honest_pytorch", str(folder), part, 2) for part in range(2)]
    assert [(part.row, part.fixed) for part in parts] == [(None, 0)] * 2
    assert sum(part.checks for part in parts) == 6, "an output and two gradients each"


@pytest.mark.parametrize(("name", "row"), [("honest_pytorch", False), ("input_grad_doubled", True)])
def test_that_a_listed_divergence_is_fixed_finds_nobody_out(folder, name, row):
    (folder / "known_divergences.yaml").write_text(KNOWN)
    found = search(name.replace("input_grad_doubled", "row_short"), str(folder))
    assert found.fixed == (0 if row else 1)
    assert (found.row is not None) is row


def shown(*names, row=None):
    return [Shown(name, 3, 1, row) for name in names]


def test_the_table_says_who_found_whom_and_who_was_not_found():
    row = make_row("s/a", Verdict.DIVERGES)
    lines = lines_of([*shown("honest_keras"), *shown("zeros_float32", row=row), *shown("negated")])
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["zeros_float32", "diverges", "s/a"],
        ["negated", "NOT", "FOUND"],
    ]
    assert "keras without a fault: 3 checks, nothing fails; it lacks 1 of the listed divergences" in lines
    assert lines[-2:] == ["not found: negated", "1 of 2 found"]


@pytest.mark.parametrize(("honest", "wrong", "code"), [(None, True, 0), (None, False, 1), (Verdict.DIVERGES, True, 1)])
def test_it_fails_where_one_is_not_found_or_a_right_one_is_accused(honest, wrong, code, monkeypatch, capsys):
    accused = None if honest is None else make_row("s/a", honest)
    found = make_row("s/a", Verdict.DIVERGES) if wrong else None
    monkeypatch.setattr(
        prove_soundness, "_run_all", lambda *_: [*shown("honest_keras", row=accused), *shown("negated", row=found)]
    )
    assert main(["prove", "--soundness"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == f"{int(wrong)} of 1 found"


def test_a_few_are_found_side_by_side(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (folder / "cases").mkdir()
    (folder / "cases" / SCHEMA).touch()
    (folder / "small.yaml").rename(folder / "cases" / "small.yaml")
    monkeypatch.setattr(prove_soundness, "mutants", lambda: {"row_short": None, "crash": None})
    assert main(["prove", "--soundness", "-j", "2"]) == 0
    out = capsys.readouterr().out
    assert "crashes" in out
    assert out.splitlines()[-1] == "2 of 2 found"
