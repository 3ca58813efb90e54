"""Whether slight faults are found and named in layers of any size, as ``harness prove --precision`` prints it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from harness.cli.prove_modes import Options
from harness.quality import precision
from harness.quality.precision import Shown
from harness.quality.proof import run_all
from harness.reports.text_table import table

HEAD = ("mutant", "dtype", "kernel", "channels", "products", "verdict", "error/bound", "mean z²", "Σz·sign/√N", "named")


def run(options: Options) -> int:
    """Try every mutant in every layer; 1 where one is not found, or not named."""
    found = run_all(precision.show, precision.layers(), options.processes, "layer")
    shown = sorted((one for layer in found for one in layer), key=lambda one: one.mutant)
    click.echo("\n".join(lines_of(shown)))
    return 0 if all(one.proven for one in shown) else 1


def lines_of(shown: Sequence[Shown]) -> list[str]:
    """A line for each mutant in each layer, and what is not proven."""
    lines = table([HEAD, *map(_cells, shown)])
    hidden = [one for one in shown if one.proven and not one.found]
    failed = [one for one in shown if not one.proven]
    lines += ["", f"{sum(one.found for one in shown)} of {len(shown)} diverge and are named"]
    if hidden:
        lines.append(f"{len(hidden)} cannot be seen in their type, which lint says too")
    lines += [f"not proven: {one.mutant} in {one.layer.case.id}" for one in failed]
    return lines


def _cells(one: Shown) -> tuple[str, ...]:
    layer, figures, ratio = one.layer, one.judgement.figures, one.judgement.error_over_bound
    return (
        one.mutant,
        layer.dtype,
        f"{layer.kernel}x{layer.kernel}",
        str(layer.channels),
        str(layer.terms),
        str(one.judgement.verdict),
        "" if ratio is None else f"{ratio:.3g}",
        "" if figures is None else f"{figures.mean_square:.3g}",
        "" if figures is None else f"{figures.signed:.3g}",
        ", ".join(one.names) or ("cannot be seen" if one.hidden else "nothing"),
    )
