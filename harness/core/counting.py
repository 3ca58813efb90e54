"""Numbers of things in words."""

from __future__ import annotations


def counted(count: int, word: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{count} {word}{'' if count == 1 else 's'}"
