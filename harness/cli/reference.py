"""The page about the commands, written from what the command line itself knows: ``python -m harness.cli.reference``.

With ``--check`` it writes nothing, and exits with 1 where the page is not up to date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from harness.cli import cli

PAGE = Path("docs", "commands.md")
HEAD = """# Commands

Written by `python -m harness.cli.reference`; the same texts are shown by `harness COMMAND --help`. Exit codes: 0
conforming, 1 a failing verdict or no check of a framework, 2 bad input or usage, or reports that cannot be written, 3
the harness itself failed, 130 interrupted.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parent = click.Context(cli, info_name="harness")
    lines = [HEAD]
    for name in cli.list_commands(parent):
        command = cli.get_command(parent, name)
        assert command is not None
        lines += section(command, click.Context(command, info_name=name, parent=parent))
    return "\n".join(lines).rstrip() + "\n"


def section(command: click.Command, context: click.Context) -> Iterator[str]:
    """What is about one command."""
    yield f"## harness {context.info_name}\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"    {usage}\n"
    for option in command.params:
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            yield "- `{}`: {}".format(*record)
    yield ""


def main() -> int:
    """Write the page, or with ``--check`` compare it."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is not up to date: run python -m harness.cli.reference")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
