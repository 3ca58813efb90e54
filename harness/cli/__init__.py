"""The command line. A command's module is imported only when it runs, so that help stays quick."""

from __future__ import annotations

import os
from importlib import import_module

import click

from harness.core.version import PACKAGE

# The validation library looks through every installed package for plugins, which costs a tenth of `harness list`.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

COMMANDS = {
    "bench": "Measure the harness against plain calls, and the oracle against other references.",
    "cases": "Print the names of the shipped suites, or copy them.",
    "coverage": "Count which combinations of parameters the cases bring together.",
    "diff": "Compare two reports: what is worse, better, new or gone.",
    "export": "Write cases as arrays for a program that is run elsewhere.",
    "fuzz": "Draw cases and look for failures that no suite shows yet.",
    "judge": "Judge arrays that another program computed from exported cases.",
    "lint": "Check suites and known divergences without running any framework.",
    "list": "Print the names of the cases.",
    "peers": "State the tests of installed packages as suites, and judge their results.",
    "port": "Port two published networks from framework to framework, layer by layer.",
    "prove": "Run wrong implementations on the cases, and find every one of them.",
    "show": "Draw a case, and print how each framework is called for it.",
    "translate": "Print a layer as code of another framework, run and compared first.",
    "run": "Run cases on frameworks, judge what comes back and write reports.",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"harness.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from harness.core.errors import nearest

            near = nearest(args[0], COMMANDS)
            ctx.fail(f"{error.message} Did you mean {near!r}?" if near else error.message)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


if "_HARNESS_COMPLETE" in os.environ:
    import_module("harness.cli.completion")  # so that click learns how words are found in bash
EPILOG = """Completion of adapters, suites and cases in bash: eval "$(_HARNESS_COMPLETE=bash_source harness)" in
~/.bashrc; likewise zsh_source, and for fish: _HARNESS_COMPLETE=fish_source harness | source"""


@click.command(cls=_LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=PACKAGE)
def cli() -> None:
    """Conformance harness for transposed convolution.

    Exit codes: 0 conforming, 1 a failing verdict or no check of a framework, 2 bad input or usage, 3 the harness itself
    failed.
    """
