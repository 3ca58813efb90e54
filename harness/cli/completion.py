"""What a shell may complete: adapters, suites and the cases of a suite. Each is looked up when it is requested."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

Items = list[CompletionItem]


def adapter_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """The adapters of installed packages."""
    from harness.adapters import available

    return _items(available(), incomplete)


def suites_and_cases(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """After ``FILE::`` its cases, the whole sweep or, after a bracket, each; before it files, or the shipped suites."""
    path, colons, case_id = incomplete.partition("::")
    if colons:
        return _items((f"{path}::{one}" for one in _ids(path, swept="[" in case_id)), incomplete)
    from harness.core.corpus import CORPUS, SHIPPED
    from harness.suites.registry import find_files

    shipped = _items((f"{SHIPPED}{one.stem}" for one in find_files([CORPUS])), incomplete)
    return shipped if incomplete.startswith(SHIPPED[:3]) and shipped else [CompletionItem(incomplete, type="file")]


def _items(names: Iterable[str], incomplete: str) -> Items:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _ids(path: str, *, swept: bool) -> list[str]:
    from harness.core.errors import BadInputError
    from harness.suites.selection import select_good

    try:
        suites = select_good([path]).suites
    except BadInputError:
        return []
    if swept:
        return [case.id for suite in suites for case in suite.cases()]
    return [entry.id for suite in suites for _, entry in suite.entries()]


class Bash(BashComplete):
    """A colon ends a word in bash: words are found in the line, and a completion is what comes after the colon."""

    source_template = BashComplete.source_template.replace(
        "COMP_CWORD=$COMP_CWORD", 'COMP_CWORD=$COMP_CWORD COMP_LINE="${COMP_LINE:0:$COMP_POINT}"'
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        _, *words = split_arg_string(line)
        incomplete = "" if line[-1:].isspace() else words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        before = self.get_completion_args()[1].rpartition(":")[0]
        value = item.value.removeprefix(f"{before}:") if before else item.value
        return f"{item.type},{value}"


add_completion_class(Bash)
