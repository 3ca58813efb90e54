"""What ``harness prove`` can prove: one row for each mode, whose module is imported only when it runs."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from harness.cli.fuzz import require_hypothesis


@dataclass(frozen=True, slots=True)
class Options:
    """The options that modes share. ``number`` is what follows the mode's own flag, where it takes a number."""

    paths: tuple[str, ...] = ()
    budget: float = 60.0
    every: bool = False
    public: bool | None = None
    report_dir: Path | None = None
    jobs: int | None = None
    number: int | None = None

    @property
    def processes(self) -> int:
        """How many at once: as many as processors where ``jobs`` does not state it."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode and the flag ``--name`` that chooses it; the one without a name is chosen by no flag.

    ``place`` is the ``module:function`` that takes Options and returns the exit code. ``takes`` names the options that
    mean something to it; any other is refused. With ``counts`` a number follows the flag, and with ``draws`` the
    package that draws cases must be installed.
    """

    name: str
    place: str
    help: str
    takes: frozenset[str] = frozenset()
    counts: bool = False
    draws: bool = False

    def run(self, options: Options) -> int:
        """Import the mode and run it; the exit code."""
        if self.draws:
            require_hypothesis(f"harness prove --{self.name}")
        module, _, function = self.place.partition(":")
        code: int = getattr(import_module(module), function)(options)
        return code

    @property
    def option(self) -> click.Option:
        """The flag."""
        if self.counts:
            return click.Option([f"--{self.name}"], type=click.IntRange(min=1), metavar="N", help=self.help)
        return click.Option([f"--{self.name}"], is_flag=True, help=self.help)


SHOWN = {
    "paths": "PATHS",
    "budget": "--budget",
    "every": "--all",
    "public": "--public",
    "report_dir": "--report-dir",
    "jobs": "--jobs",
}
"""How each shared option is written."""
SCORE = Mode(
    "",
    "harness.cli.prove_mutation:run",
    "The mutation score.",
    frozenset({"paths", "every", "public", "report_dir", "jobs"}),
)
MODES = (
    Mode(
        "diagnosis",
        "harness.cli.prove_diagnosis:run",
        "Print which faults the diagnosis names, not which cases find them.",
        frozenset({"paths", "every", "jobs"}),
    ),
    Mode(
        "fuzzer",
        "harness.cli.prove_fuzzer:run",
        "Let harness fuzz find the mutants of the diagnosis, without any case.",
        frozenset({"budget", "jobs"}),
        draws=True,
    ),
    Mode(
        "soundness",
        "harness.cli.prove_soundness:run",
        "Run wrong adapters under the frameworks' names on the shipped cases, each until a verdict fails.",
        frozenset({"jobs"}),
    ),
    Mode(
        "precision",
        "harness.cli.prove_precision:run",
        "Try slight faults in layers of 3 to 32,768 products, and print which are found and named.",
        frozenset({"jobs"}),
    ),
    Mode(
        "resume",
        "harness.cli.prove_resume:run",
        "Kill a run with gradients at random moments, go on from what it kept, and compare the reports; N times.",
        frozenset({"paths"}),
        counts=True,
    ),
    Mode(
        "ports",
        "harness.cli.prove_ports:run",
        "Draw N networks, port them, and compare copies by hand, right and with a fault.",
        frozenset({"jobs"}),
        counts=True,
    ),
)
"""A new mode is one more row, and its module."""


def chosen_mode(values: Mapping[str, Any], stated: Collection[str]) -> tuple[Mode, int | None]:
    """The mode that ``values``, by the name of a mode, choose, and the number it was given.

    ``stated`` names the shared options that were written. Raises UsageError for two modes, and for an option that the
    mode does not take.
    """
    named = [mode for mode in MODES if values[mode.name] not in {None, False}]
    if len(named) > 1:
        raise click.UsageError(f"{' and '.join(f'--{mode.name}' for mode in named)} exclude each other")
    mode = named[0] if named else SCORE
    if foreign := [SHOWN[name] for name in SHOWN if name in stated and name not in mode.takes]:
        takes = _joined([SHOWN[name] for name in SHOWN if name in mode.takes])
        title = f"--{mode.name}" if mode.name else "the mutation score"
        raise click.UsageError(f"{title} goes with {takes or 'no other option'} alone, not with {_joined(foreign)}")
    return mode, values[mode.name] if mode.counts else None


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
