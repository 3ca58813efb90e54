"""Jinja environments for the texts the harness writes: a name that is missing is an error, lines stay as written."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates(package: str, folder: str = ".", *, html: bool = False) -> Environment:
    """The templates in ``folder`` of ``package``; values are escaped for ``html`` and stand as they are otherwise."""
    return Environment(
        loader=PackageLoader(package, folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=html,  # noqa: S701 - Markdown and Python have marks of their own
    )
