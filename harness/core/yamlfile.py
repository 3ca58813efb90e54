"""YAML with positions: safe loading that remembers where every key and value stands."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from harness.core.case import WrittenFloat
from harness.core.corpus import called
from harness.core.errors import BadInputError, Problem
from harness.core.plain_yaml import DEEPEST, SCALARS, Base, read_plain

Location = tuple[str | int, ...]
TOO_DEEP = (f"nested more than {DEEPEST} levels deep", "a tensor has at most four axes")
LARGEST = 8 << 20
"""Bytes of a file: far more than any suite that a person wrote."""
LONGEST = 200
"""Characters of a message of the parser, which may hold a whole tag."""


class Loader(Base):  # type: ignore[misc]
    """Safe loader with the scalars of YAML 1.2: ``no`` is a string and ``1e3`` a number."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as inherited
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            message = f"{node.value[:20]!r} cannot be read as {node.tag.rpartition(':')[2]}: {error}"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from None


Loader.yaml_implicit_resolvers = {}
for _tag, _pattern in SCALARS.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), None)
Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: WrittenFloat(node.value))


@dataclass(frozen=True)
class YamlFile:
    """A parsed file: its plain data, and its text, in which positions are looked up."""

    path: str
    data: Any
    text: str
    lines: Sequence[int] = ()
    """Those on which the cases begin, counted from 1, if they are known."""

    @cached_property
    def root(self) -> yaml.Node:
        """The tree that knows the positions."""
        loader = Loader(self.text)
        try:
            root: yaml.Node = loader.get_single_node()
        finally:
            loader.dispose()
        return root

    def problem(self, location: Location, message: str, hint: str = "") -> Problem:
        """A problem at ``location``, or at the nearest enclosing place that exists in the file."""
        mark = self._mark(location)
        key = ".".join(str(part) for part in location if isinstance(part, str))
        return Problem(self.path, mark.line + 1, mark.column + 1, key, message, hint, self._case(location))

    def _case(self, location: Location) -> str:
        """The id of the case that ``location`` is part of, or nothing."""
        match location[:2]:
            case ("cases", int() as index):
                rows = self.data["cases"]
                row = rows[index] if isinstance(rows, list) and index < len(rows) else None
                name = row.get("id") if isinstance(row, dict) else None
                return name[:LONGEST] if isinstance(name, str) else ""
        return ""

    def line(self, location: Location) -> int:
        """Line of ``location``, counted from 1."""
        match location:
            case ("cases", int() as index) if index < len(self.lines):
                return self.lines[index]
        return int(self._mark(location).line) + 1

    def _mark(self, location: Location) -> Any:
        node, mark = self.root, self.root.start_mark
        for part in location:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.start_mark
            elif isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == part]
                if not found:
                    break
                key, node = found[0]
                mark = key.start_mark
            else:
                break
        return mark


def read_yaml(path: Path) -> YamlFile:
    """Parse ``path``; raises BadInputError where it is no readable, plain YAML document."""
    shown = called(path)
    text = _read_text(path)
    if plain := read_plain(text, Loader):
        return YamlFile(shown, plain[0], text, plain[1])
    loader = None
    try:
        _refuse_depth(text, shown)
        loader = Loader(text)
        root = loader.get_single_node()
        if root is None:
            raise BadInputError(Problem(shown, 1, 1, "", "the file is empty", "a suite starts with `suite: Its title`"))
        _refuse_traps(root, shown)
        return YamlFile(shown, loader.construct_document(root), text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if "nesting depth" in str(error.problem):  # libyaml's own limit, of which the scanner speaks first
            raise BadInputError(Problem(shown, line, column, "", *TOO_DEEP)) from None
        message = f"not valid YAML: {str(error.problem)[:LONGEST]}"
        raise BadInputError(Problem(shown, line, column, "", message, "check indentation, quotes and colons")) from None
    except yaml.YAMLError as error:
        message = str(error).splitlines()[0]
        raise BadInputError(
            Problem(shown, 1, 1, "", f"not valid YAML: {message}", "remove the odd characters")
        ) from None
    finally:
        if loader is not None:
            loader.dispose()


def _read_text(path: Path) -> str:
    """The text of a file of moderate size; a pipe would be waited for, and a device need not end."""
    shown = called(path)
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise BadInputError(
                Problem(shown, 0, 0, "", "cannot be read: it is no file", "a suite is a plain file of YAML")
            )
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            message = f"larger than {LARGEST >> 20} MiB"
            raise BadInputError(Problem(shown, 0, 0, "", message, "data are drawn where no values are given"))
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"not UTF-8: {error.reason}"
        raise BadInputError(Problem(shown, line, 1, "", message, "save the file as UTF-8")) from None
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise BadInputError(Problem(shown, 0, 0, "", message)) from None


def _refuse_depth(text: str, path: str) -> None:
    """The parser recurses without limit: a file of brackets would end the process."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            raise BadInputError(Problem(path, line, column, "", *TOO_DEEP))


def _refuse_traps(root: yaml.Node, path: str) -> None:
    """Duplicate keys silently lose data, and shared nodes let a small file grow without limit."""
    problems: list[Problem] = []
    seen: set[int] = set()
    cases = _value_of(root, "cases")
    waiting = [(root, "")]
    while waiting:
        node, case = waiting.pop()
        place = (path, node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in seen:
            message = "anchors and aliases are not supported"
            problems.append(Problem(*place, "", message, "use defaults or a sweep", case))
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend((one, _text_of(_value_of(one, "id")) if node is cases else case) for one in node.value)
        elif isinstance(node, yaml.MappingNode):
            problems.extend(replace(problem, case=case) for problem in _key_problems(node, path))
            waiting.extend((value, case) for _, value in node.value)
    if problems:
        raise BadInputError(*problems)


def _value_of(node: yaml.Node, key: str) -> yaml.Node | None:
    """The node of what ``node`` holds under ``key``, if it is a mapping that has it."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _text_of(node: yaml.Node | None) -> str:
    return str(node.value)[:LONGEST] if isinstance(node, yaml.ScalarNode) else ""


def _key_problems(node: yaml.MappingNode, path: str) -> list[Problem]:
    problems, first_lines = [], dict[str, int]()
    for key, _ in node.value:
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            problems.append(Problem(path, line, column, "", "a key must be a word", "quote it or remove the brackets"))
        elif key.value in first_lines:
            message = f"duplicate key, first given on line {first_lines[key.value]}"
            problems.append(Problem(path, line, column, key.value, message, "keep one of the two"))
        else:
            first_lines[key.value] = line
    return problems
