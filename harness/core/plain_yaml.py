"""Plain YAML in one pass: no anchors, tags or duplicate keys, and rows of numbers read as JSON, which they also are.

This is what nearly every suite is. For any other text, a wrong one included, ``read_plain`` gives nothing, and the
slower reader of ``yamlfile`` finds out what is the matter and where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from harness.core.case import WrittenFloat

DEEPEST = 64
"""Levels of nesting; a tensor has at most four axes."""
Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SCALARS = {
    "bool": r"^(?:true|false)$",
    "int": r"^[-+]?(?:0|[1-9][0-9]*)$",
    "float": r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
    "null": r"^(?:~|null|)$",
}
"""The plain scalars of YAML 1.2 that are no text, by the word of their tag; the first that fits counts."""
_PATTERNS = {word: re.compile(pattern) for word, pattern in SCALARS.items()}
_ROW = re.compile(r"\[[-+.,\d\seE]{24,}\]")
_LONE_RETURN = re.compile(r"\r(?!\n)")
"""A line break of YAML that hardly any text has; rows are counted by the other one."""
_MARK = "\ue000"
"""Stands at either end of what a row is replaced by; a text that has it is not read here."""
_MADE: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: text == "true",
    "int": int,
    "float": WrittenFloat,
    "null": lambda _: None,
}


_BEGINNING: dict[type[yaml.Event], type[Any]] = {yaml.SequenceStartEvent: list, yaml.MappingStartEvent: dict}
_ENDING = frozenset({yaml.SequenceEndEvent, yaml.MappingEndEvent})
_AROUND = frozenset({yaml.StreamStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent})


@lru_cache(maxsize=4096)
def _scalar(text: str) -> Any:
    word = next((word for word, pattern in _PATTERNS.items() if pattern.match(text)), None)
    return text if word is None else _MADE[word](text)


@dataclass(slots=True)
class _Document:
    """A document as it grows: the collections that are open, and of each mapping the key that waits for its value."""

    rows: dict[str, list[Any]]
    """Those that were taken out, by what they were replaced by."""
    data: Any = None
    cases: Any = None
    lines: list[int] = field(default_factory=list)
    """Those on which the items of ``cases`` begin, counted from 1."""
    open: list[tuple[Any, str | None]] = field(default_factory=list)

    def begin(self, made: Any, line: int) -> None:
        """A collection; raises ValueError where it is too deep."""
        if len(self.open) >= DEEPEST:
            raise ValueError("too deep")
        self.put(made, line)
        self.open.append((made, None))

    def put(self, value: Any, line: int) -> None:
        """A key or a value; raises ValueError for a key that is no text or a second one."""
        if not self.open:
            self.data = value
            return
        holder, key = self.open[-1]
        if isinstance(holder, list):
            if holder is self.cases:
                self.lines.append(line)
            holder.append(value)
        elif key is not None:
            holder[key] = value
            if len(self.open) == 1 and key == "cases":
                self.cases = value
            self.open[-1] = (holder, None)
        elif not isinstance(value, str) or value in holder:
            raise ValueError("no key")
        else:
            self.open[-1] = (holder, value)

    def end(self) -> None:
        """Of the innermost collection."""
        self.open.pop()

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        """Its value; raises ValueError where it has a tag or an anchor, or adds to a row of numbers."""
        if event.anchor or event.tag:
            raise ValueError("a tag or an anchor")
        if _MARK in event.value:
            if event.style or event.value not in self.rows:
                raise ValueError("a row of numbers within a text")
            return self.rows[event.value]
        return _scalar(event.value) if event.implicit[0] else event.value


def read_plain(text: str, loader: type[Any]) -> tuple[Any, list[int]] | None:
    """The data of ``text``, and the lines of its cases, counted from 1; None where it is not plain, or is wrong."""
    if _MARK in text or _LONE_RETURN.search(text):
        return None
    rows: dict[str, list[Any]] = {}

    def take_out(row: re.Match[str]) -> str:
        above, _, last = row[0].rpartition("\n")
        if above and "#" in text[text.rfind("\n", 0, row.start()) + 1 : row.start()]:
            return row[0]  # it may begin within a comment, which its next line is not part of
        mark = f"{_MARK}{len(rows)}{_MARK}"
        try:
            rows[mark] = json.loads(row[0], parse_float=WrittenFloat)
        except ValueError:
            return row[0]
        # what follows keeps its line and, of a row of several lines, its column
        return mark + ("\n" * (above.count("\n") + 1) + " " * len(last) if above else "")

    document, documents = _Document(rows), 0
    event: Any
    try:
        for event in yaml.parse(_ROW.sub(take_out, text), Loader=loader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                document.put(document.scalar(event), event.start_mark.line + 1)
            elif kind in _BEGINNING and not event.anchor and not event.tag:
                document.begin(_BEGINNING[kind](), event.start_mark.line + 1)
            elif kind in _ENDING:
                document.end()
            elif kind is yaml.DocumentStartEvent and not documents:
                documents += 1
            elif kind not in _AROUND:
                return None
    except (ValueError, yaml.YAMLError):
        return None
    return None if document.data is None else (document.data, document.lines)
