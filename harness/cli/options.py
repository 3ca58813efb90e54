"""What options and arguments of several commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.cli.completion import adapter_names, suites_and_cases
from harness.core.errors import nearest

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # of click 8.1, which has no parameters


F = TypeVar("F", bound=Callable[..., Any])
paths_argument = click.argument("paths", nargs=-1, shell_complete=suites_and_cases)


def adapter_option(text: str) -> Callable[[F], F]:
    """The option ``-a``, explained by ``text``."""
    return click.option("-a", "--adapter", "adapters", multiple=True, shell_complete=adapter_names, help=text)


class Choice(_Choice):
    """One of several words; of another one it says which of them is most like it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = nearest(value, map(str, self.choices))
            self.fail(f"{error.message} Did you mean {near!r}?" if near else error.message, param, ctx)
