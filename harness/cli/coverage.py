"""``harness coverage``: which regions of the parameter space the cases touch."""

from __future__ import annotations

import click

from harness.cli.options import paths_argument
from harness.operations.conv_transpose.case import transposed_convolutions

MOST_SHOWN = 20
DEEPEST = 3


@click.command()
@paths_argument
@click.option("--fill", is_flag=True, help="Print a suite instead, whose cases touch every region that is missing.")
def command(paths: tuple[str, ...], *, fill: bool) -> int:
    """Count the combinations of up to three choices that the cases in PATHS (default: all shipped ones) bring together.

    The choices are how kernel, stride, padding, output_padding and dilation of an axis compare, and groups, rectangular
    sizes, batch, layout, bias and dtype. Illegal and ambiguous cases do not count. Runs no framework.
    """
    from harness.quality.coverage import describe, measure, points
    from harness.quality.coverage_suite import covering_suite
    from harness.suites.selection import select

    found = {
        point for case in transposed_convolutions(select(paths).cases()) if not case.nominal for point in points(case)
    }
    measured = [measure(found, depth) for depth in range(1, DEEPEST + 1)]
    if fill:
        click.echo(covering_suite(measured[-1].missing), nl=False)
        return 0
    for coverage in measured:
        what = ("levels", "pairs", "triples")[coverage.depth - 1]
        click.echo(f"{what:8} {len(coverage.touched):5} of {coverage.possible}")
    missing = measured[-1].missing
    for region in missing[:MOST_SHOWN]:
        click.echo(f"  missing: {describe(region)}")
    if len(missing) > MOST_SHOWN:
        click.echo(f"  … and {len(missing) - MOST_SHOWN} more; --fill prints cases for them")
    return 0
