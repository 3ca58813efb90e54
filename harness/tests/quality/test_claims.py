"""Entries that say which mutants they are about, and the check that they tell them."""

from __future__ import annotations

import pytest

from harness.operations.conv_transpose.mutants.mutants import mutants
from harness.quality import claims
from harness.quality.claims import lie_of, lies, told, untold
from harness.quality.mutation import find_mutants
from harness.suites.selection import select
from harness.tests.asking import make_case
from harness.tests.build import write_suite

SUITE = """\
suite: Claims
about: entries that say whom they tell
defaults: {{dialect: pytorch, input_size: [3, 4], kernel_size: 2}}
cases:
  - id: one
    about: the entry at hand
{entry}
"""
FLAT = "    kernel: {layout: HW, values: [[1, 1], [1, 1]]}\n"
ILLEGAL = "    output_padding: 1\n    expect: {error: true}\n"


def found(folder, entry, target=""):
    path = write_suite(folder, SUITE.format(entry=entry))
    return list(untold(select([f"{path}{target}"])))


@pytest.mark.parametrize(
    "entry",
    [
        "    strides: 2",
        "    tells: [KernelRotated, StridesIgnored]\n    strides: 2",
        f"{ILLEGAL}    tells: [PyTorchOutputPaddingAtTheLimit, AcceptsAll]",
        "    kernel_size: 2\n    tells: [RefusesAll]",
    ],
    ids=["nothing-said", "values", "illegal", "refusal"],
)
def test_an_entry_that_tells_whom_it_says_is_no_problem(tmp_path, entry):
    assert found(tmp_path, entry) == []


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (f"{FLAT}    tells: [AllZero, KernelRotated]", "KernelRotated"),
        ("    tells: [AllZero, StridesIgnored]", "StridesIgnored"),
        ("    tells: [AllZero, BiasMissing]", "BiasMissing"),
        (f"{ILLEGAL}    tells: [AcceptsAll, PyTorchOutputPaddingAbove]", "PyTorchOutputPaddingAbove"),
        (f"{ILLEGAL}    tells: [AcceptsAll, KernelRotated]", "KernelRotated"),
    ],
    ids=["data", "sizes", "no-bias", "another-rule", "no-values"],
)
def test_whom_an_entry_does_not_tell_is_named_where_it_is_written(tmp_path, entry, name):
    (problem,) = found(tmp_path, entry)
    line = SUITE.format(entry=entry).splitlines().index(next(x for x in entry.splitlines() if "tells" in x)) + 1
    assert (problem.line, problem.column, problem.key) == (line, entry.splitlines()[-1].index(name) + 1, "cases.tells")
    lie = lie_of(mutants()[name])
    assert problem.message == f"vacuous: the case does not tell {name}, which it says it is about: {lie}"
    assert "other data or sizes" in problem.hint


def test_a_sweep_tells_as_a_whole(tmp_path):
    sweep = "    tells: [StridesSwapped, DilationsIgnored]\n    sweep: {{strides: [1, [2, 3]], dilations: [{}]}}"
    assert found(tmp_path, sweep.format("1, 2")) == []
    (problem,) = found(tmp_path, sweep.format("1"))
    assert "no case of the sweep tells DilationsIgnored" in problem.message


def test_a_sweep_is_asked_as_a_whole_where_one_case_is_selected(tmp_path):
    sweep = "    tells: [StridesSwapped]\n    sweep: {strides: [1, [2, 3]]}"
    assert found(tmp_path, sweep, "::one[strides=1]") == []


def test_entries_that_are_not_selected_are_not_asked(tmp_path):
    other = "    strides: 2\n  - {id: two, about: vacuous, tells: [StridesIgnored]}"
    assert len(found(tmp_path, other)) == 1
    assert found(tmp_path, other, "::one") == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("KernelRotatd", "did you mean KernelRotated?"),
        ("Zzz", "see `harness list --mutants` for the names"),
    ],
)
def test_a_name_of_no_liar_is_a_problem(tmp_path, name, hint):
    (problem,) = found(tmp_path, f"    tells: [AllZero, {name}]")
    assert (problem.message, problem.hint) == (f"there is no mutant called {name}", hint)
    assert problem.column == len("    tells: [AllZero, ") + 1


def test_no_case_is_asked_once_everyone_is_told(tmp_path, monkeypatch):
    asked = []

    def find(case, names):
        asked.append(case.id)
        return find_mutants(case, names)

    monkeypatch.setattr(claims, "find_mutants", find)
    assert found(tmp_path, "    tells: [AllZero]\n    sweep: {strides: [1, 2, 3]}") == []
    assert asked == ["one[strides=1]"]


def test_the_liars_that_cases_tell_are_those_that_the_score_counts():
    plain, strided = make_case("plain"), make_case("strided", strides=(2, 3))
    both = told([plain, strided])
    assert {"KernelRotated", "StridesSwapped"} <= set(both)
    assert "StridesSwapped" not in told([plain])
    assert "BiasMissing" not in both
    assert list(both) == sorted(both)


def test_every_liar_is_listed_with_its_lie():
    listed = lies()
    assert list(listed) == list(mutants())
    assert listed["KernelRotated"] == "The kernel is rotated by 180 degrees"
    assert not [name for name, lie in listed.items() if not lie or lie.endswith(".")]
