"""``harness prove``: whether the harness finds and names what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from harness.cli.fuzz import seconds
from harness.cli.options import paths_argument
from harness.cli.prove_modes import MODES, SHOWN, Options, chosen_mode


@click.command()
@paths_argument
@click.option("--budget", callback=seconds, default="60s", show_default=True, help="With --fuzzer: time per mutant.")
@click.option(
    "--all", "every", is_flag=True, help="Name every case that kills a mutant; with --diagnosis, try every case."
)
@click.option(
    "--public/--no-public",
    default=None,
    help="Score the suites of installed packages too (default: where all cases are selected).",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write proof.md (default: reports where all cases are selected, nowhere else).",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes at once (default: as many as processors).")
@click.pass_context
def command(context: click.Context, /, **values: Any) -> int:
    """Run wrong implementations on the cases in PATHS (files, folders or FILE::ID; default: all shipped ones).

    Prints which cases kill each mutant, and the mutation score; exits with 1 where a mutant survives. With --diagnosis,
    exits with 1 where a fault is never named, or named as something that it is not. With --fuzzer, exits with 1 where
    fewer than 95 % of the mutants are found in time.
    """
    stated = [name for name in SHOWN if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    mode, number = chosen_mode(values, stated)
    return mode.run(Options(**{name: values[name] for name in SHOWN}, number=number))


command.params[1:1] = [mode.option for mode in MODES]
