"""Entries that say which mutants they are about, and the check that they kill them."""

from __future__ import annotations

import pytest

from harness.operations.conv_transpose.mutants import mutants
from harness.quality import claims
from harness.quality.claims import false_claims, killed_by, texts
from harness.quality.mutation import find_mutants
from harness.suites.selection import select
from harness.tests.asking import make_case
from harness.tests.build import write_suite

SUITE = """\
suite: Claims
about: entries that say what they kill
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
    return list(false_claims(select([f"{path}{target}"])))


@pytest.mark.parametrize(
    "entry",
    [
        "    strides: 2",
        "    kills: [KernelRotated, StridesIgnored]\n    strides: 2",
        f"{ILLEGAL}    kills: [PyTorchOutputPaddingAtTheLimit, AcceptsAll]",
        "    kernel_size: 2\n    kills: [RefusesAll]",
    ],
    ids=["no-claim", "values", "illegal", "refusal"],
)
def test_an_entry_that_kills_what_it_names_is_no_problem(tmp_path, entry):
    assert found(tmp_path, entry) == []


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (f"{FLAT}    kills: [AllZero, KernelRotated]", "KernelRotated"),
        ("    kills: [AllZero, StridesIgnored]", "StridesIgnored"),
        ("    kills: [AllZero, BiasMissing]", "BiasMissing"),
        (f"{ILLEGAL}    kills: [AcceptsAll, PyTorchOutputPaddingAbove]", "PyTorchOutputPaddingAbove"),
        (f"{ILLEGAL}    kills: [AcceptsAll, KernelRotated]", "KernelRotated"),
    ],
    ids=["data", "sizes", "no-bias", "another-rule", "no-values"],
)
def test_what_an_entry_does_not_kill_is_named_where_it_is_written(tmp_path, entry, name):
    (problem,) = found(tmp_path, entry)
    line = SUITE.format(entry=entry).splitlines().index(next(x for x in entry.splitlines() if "kills" in x)) + 1
    assert (problem.line, problem.column, problem.key) == (line, entry.splitlines()[-1].index(name) + 1, "cases.kills")
    message = f"vacuous: the case does not kill {name}, which it says it is about: {texts()[name]}"
    assert problem.message == message
    assert "other data or sizes" in problem.hint


def test_a_sweep_kills_as_a_whole(tmp_path):
    sweep = "    kills: [StridesSwapped, DilationsIgnored]\n    sweep: {{strides: [1, [2, 3]], dilations: [{}]}}"
    assert found(tmp_path, sweep.format("1, 2")) == []
    (problem,) = found(tmp_path, sweep.format("1"))
    assert "no case of the sweep kills DilationsIgnored" in problem.message


def test_a_sweep_is_checked_as_a_whole_where_one_case_is_selected(tmp_path):
    sweep = "    kills: [StridesSwapped]\n    sweep: {strides: [1, [2, 3]]}"
    assert found(tmp_path, sweep, "::one[strides=1]") == []


def test_entries_that_are_not_selected_are_not_checked(tmp_path):
    other = "    strides: 2\n  - {id: two, about: vacuous, kills: [StridesIgnored]}"
    assert len(found(tmp_path, other)) == 1
    assert found(tmp_path, other, "::one") == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("KernelRotatd", "did you mean KernelRotated?"),
        ("Zzz", "see `harness list --mutants` for the names"),
    ],
)
def test_a_name_of_no_mutant_is_a_problem(tmp_path, name, hint):
    (problem,) = found(tmp_path, f"    kills: [AllZero, {name}]")
    assert (problem.message, problem.hint) == (f"there is no mutant called {name}", hint)
    assert problem.column == len("    kills: [AllZero, ") + 1


def test_no_case_is_run_once_everything_is_killed(tmp_path, monkeypatch):
    asked = []

    def find(case, names):
        asked.append(case.id)
        return find_mutants(case, names)

    monkeypatch.setattr(claims, "find_mutants", find)
    assert found(tmp_path, "    kills: [AllZero]\n    sweep: {strides: [1, 2, 3]}") == []
    assert asked == ["one[strides=1]"]


def test_the_mutants_that_cases_kill_are_those_that_the_score_counts():
    plain, strided = make_case("plain"), make_case("strided", strides=(2, 3))
    both = killed_by([plain, strided])
    assert {"KernelRotated", "StridesSwapped"} <= set(both)
    assert "StridesSwapped" not in killed_by([plain])
    assert "BiasMissing" not in both
    assert list(both) == sorted(both)


def test_every_mutant_is_listed_with_what_is_wrong():
    listed = texts()
    assert list(listed) == list(mutants())
    assert listed["KernelRotated"] == "The kernel is rotated by 180 degrees"
    assert not [name for name, text in listed.items() if not text or text.endswith(".")]
