"""``harness export``: cases as files, for programs that the harness cannot call."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

import click

from harness.cli.options import paths_argument
from harness.core.counting import counted


@click.command()
@paths_argument
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
@click.option("--to", "folder", type=click.Path(path_type=Path), metavar="DIR", required=True, help="A new folder.")
@click.option("--onnx", "models", is_flag=True, help="Write an .onnx model of each case too.")
def command(paths: tuple[str, ...], expression: str, folder: Path, *, models: bool) -> int:
    """Write the cases in PATHS (files, folders or FILE::ID; default: all shipped ones) as arrays and their description.

    Arrays stand in .npz files, everything else in index.json, whose JSON Schema is exported.schema.json beside the
    shipped suites. What another program computes from them is judged by `harness judge`; see docs/judging.md. With
    --onnx a model stands beside the arrays of each case that ONNX can state, and the index says why others have none.
    """
    from harness.adapters.onnx_model import model_of
    from harness.suites.expected_values import check_expected
    from harness.suites.exported import export_cases
    from harness.suites.selection import select

    if models and find_spec("onnx") is None:
        raise click.UsageError("--onnx: onnx is not installed: pip install 'transposed-convolution-harness[onnx]'")
    selection = select(paths, expression)
    check_expected(selection.cases())
    lines = export_cases(selection.cases(), folder, model_of if models else None)
    click.echo(f"{counted(len(lines), 'case')} in {folder}; harness judge {quote(str(folder))} --results RESULTS")
    if models:
        absent = Counter(line.onnx.absent for line in lines if line.onnx is not None)
        click.echo(f"{counted(absent.pop(None, 0), 'model')} in ONNX")
        click.echo("\n".join(f"no model of {count}: {reason}" for reason, count in sorted(absent.items())))
    return 0
