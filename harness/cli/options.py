"""What options and arguments of several commands have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.core.errors import nearest

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # of click 8.1, which has no parameters


class Choice(_Choice):
    """One of several words; of another one it says which of them is most like it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = nearest(value, map(str, self.choices))
            self.fail(f"{error.message} Did you mean {near!r}?" if near else error.message, param, ctx)
