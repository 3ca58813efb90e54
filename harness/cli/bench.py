"""``harness bench``: ratios measured in one run, never absolute promises."""

from __future__ import annotations

from importlib import import_module

import click

from harness.cli.options import Choice, adapter_option, paths_argument

PARTS = {
    "run": "whole_runs",
    "fronts": "whole_runs",
    "cases": "whole_runs",
    "oracle": "layers",
    "size": "layers",
    "memory": "layers",
    "diagnosis": "diagnosis",
    "bounds": "bounds",
    "translation": "translation",
}
"""Each is measured by the function called after it, in a module of harness.quality.benchmarks."""
USUAL = ("run", "oracle", "size", "memory", "diagnosis")
"""What is measured where no part is named."""


@click.command()
@paths_argument
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Turns of each comparison.")
@click.option("--part", type=Choice(["all", *PARTS]), default="all", show_default=True)
@click.option("--counts", default="", metavar="N,...", help="Of swept cases, for that part, or of translations.")
@adapter_option("For cases, fronts and translation; may be repeated.")
def command(paths: tuple[str, ...], rounds: int, part: str, counts: str, adapters: tuple[str, ...]) -> int:
    """Compare `harness run` over PATHS with a plain script and the oracle with others; time the diagnosis."""
    from harness.core.corpus import default_corpus
    from harness.quality.benchmarks.runner import Options

    options = Options(paths or (str(default_corpus()),), rounds, counts, adapters)
    for name in USUAL if part == "all" else (part,):
        for line in getattr(import_module(f"harness.quality.benchmarks.{PARTS[name]}"), f"{name}_part")(options):
            click.echo(line)
    return 0
