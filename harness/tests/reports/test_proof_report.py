from __future__ import annotations

from pathlib import Path

import pytest

from harness.operations import DEFAULT
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.operations.conv_transpose.mutants import mutants
from harness.operations.faults import Kills
from harness.quality.mutation import Score
from harness.quality.mutation_report import common, percent, render_proof, score_table
from harness.quality.operation_score import faults_of
from harness.suites.selection import select

COMMITTED = Path("reports/proof.md")
LISTED = Path("reports/proof-mutants.md")
NAMES = tuple(mutants())


def scores(killed=NAMES):
    ours = Score("these cases", "harness 1", [Kills("s/a|b", killed), Kills("s/idle", ())])
    other = Score("others", "other 2", [Kills("o/x", ("KernelRotated",))], notes=("o/x: read so",))
    return [ours, other, Score("gone", "", absent="ModuleNotFoundError: No module named 'gone'")]


def rows(text, heading):
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line[2:-2].split(" | ") for line in part.splitlines() if line.startswith("| ")][1:]


def test_the_score_of_each_suite_stands_in_one_table():
    text = render_proof(scores())["proof.md"]
    everyone = len(NAMES)
    head = text.partition("## Survivors")[0]
    assert f"| these cases | harness 1 | 2 | {everyone} of {everyone} | 100 % |" in head
    assert (
        f"| others | other 2 | 1 | 1 of {everyone} | {percent(1, everyone)} | 1, {percent(1, len(common()))} | 1 |"
        in head
    )
    assert "| gone | not read: ModuleNotFoundError: No module named 'gone' |" in head
    assert "- o/x: read so" in head


def test_every_mutant_is_listed_with_what_kills_it():
    listed = {row[0]: row[1:] for row in rows(render_proof(scores())["proof-mutants.md"], "Every mutant")}
    assert list(listed) == list(NAMES)
    assert listed["KernelRotated"] == [mutants()["KernelRotated"].text, "1", "s/a\\|b", "1"]
    assert listed["BiasMissing"][-1] == "0"


def test_a_survivor_is_named():
    text = render_proof(scores(tuple(name for name in NAMES if name != "BiasMissing")))["proof.md"]
    survivors = text.partition("## Survivors\n")[2].partition("\n## ")[0]
    assert survivors.strip() == "- BiasMissing: There is no bias."
    assert "None." in render_proof(scores())["proof.md"].partition("## Survivors\n")[2].partition("\n## ")[0]


def test_idle_and_unsound_cases_are_named():
    ours = Score("these cases", "h", [Kills("s/a", NAMES), Kills("s/idle", ()), Kills("s/bad", (), sound=False)])
    text = render_proof([ours])["proof.md"]
    assert "\n- s/idle\n" in text.partition("Cases that kill nothing at all: 2.")[2]
    assert "fail the implementation without a fault, and so kill nothing:\n\n- s/bad\n" in text


@pytest.mark.parametrize(("part", "whole", "shown"), [(347, 347, "100 %"), (3469, 3470, "99.9 %"), (0, 9, "0 %")])
def test_a_percentage_is_never_rounded_up(part, whole, shown):
    assert percent(part, whole) == shown


def test_the_table_on_the_terminal_says_what_is_missing():
    lines = score_table(scores())
    assert len(lines) == 4
    assert lines[1].startswith("these cases (harness 1)")
    assert lines[-1] == "gone: not read: ModuleNotFoundError: No module named 'gone'"


def test_the_committed_proof_is_in_step():
    text = COMMITTED.read_text(encoding="utf-8")
    everything = list(select(["cases"]).cases())
    cases = {case.name.replace("|", "\\|") for case in transposed_convolutions(everything)}
    assert f"{len(NAMES)} mutants, each an implementation with a single fault, are run on {len(cases)} cases." in text
    every = LISTED.read_text(encoding="utf-8")
    listed = rows(every, "Every mutant")
    assert [(row[0], row[1]) for row in listed] == [(name, mutants()[name].text.replace("|", "\\|")) for name in NAMES]
    assert [row[0] for row in listed if row[2] == "0"] == []
    named = [row[1] for row in rows(text, "Fragile mutants")] + [row[0] for row in rows(text, "Redundant cases")]
    assert named
    assert set(named) <= cases
    assert "not read" not in text
    for op in {case.op for case in everything} - {DEFAULT}:
        found = rows(every, f"Faults of {op}")
        assert [row[0] for row in found] == sorted(faults_of(op))
        assert [row[0] for row in found if row[2] == "0"] == []
