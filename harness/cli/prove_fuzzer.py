"""Whether ``harness fuzz`` finds planted faults by itself, as ``harness prove --fuzzer`` makes and prints it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import click

from harness.cli.prove_modes import Options
from harness.operations.conv_transpose.mutants import diagnosed
from harness.quality.fuzzing.mutant_search import Planted, search_mutant
from harness.quality.proof import run_all
from harness.reports.text_table import table

LEAST = 0.95
"""The share of the mutants that must be found."""


def run(options: Options) -> int:
    """Search for every mutant of the diagnosis, each for as long as the budget says; 1 where too few are found."""
    searches = ((mutant.name, options.budget, 0) for mutant in diagnosed())
    planted = run_all(search_mutant, searches, options.processes, "mutant")
    click.echo("\n".join(lines_of(planted)))
    return 0 if sum(one.found for one in planted) >= LEAST * len(planted) else 1


def lines_of(planted: Sequence[Planted]) -> list[str]:
    """Per mutant whether it was found, after how long, how large the case is; the share and the median at the end."""
    rows = [("mutant", "seconds", "largest size", "verdict")]
    for one in planted:
        largest, verdict = (str(one.largest), one.verdict) if one.found else ("-", "not found")
        rows.append((one.mutant, f"{one.seconds:.1f}", largest, verdict))
    lines = table(rows, right=(1, 2))
    found = [one for one in planted if one.largest is not None]
    lines += ["", f"{len(found)} of {len(planted)} found ({len(found) / len(planted):.1%})"]
    if found:
        longest = max(found, key=lambda one: one.seconds)
        lines.append(f"longest: {longest.seconds:.1f} s, {longest.mutant}")
        lines.append(f"median largest size of the cases: {median(one.largest or 0 for one in found):g}")
    return lines
