"""The text of a program with its parameters written out, as a script shows it."""

from __future__ import annotations

import ast
import math
import symtable
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.adapters.origin import PROGRAM

WIDEST = 100


def written_out(text: str, handed: Mapping[str, Any]) -> str:
    """``text`` with what is ``handed`` to it written where it is read.

    A name that the text gives a value too, or reads where none can be written, is defined before it; so are all where
    another text would come of it than this one with the values in the places of their names.
    """
    try:
        tree = ast.parse(text)
        defined = {name for name in handed if name in bound(text) | _beyond_reach(tree)}
        written = _written_in(text, tree, {name: one for name, one in handed.items() if name not in defined})
    except (SyntaxError, ValueError):
        written, defined = text, {*handed}
    definitions = [f"{name} = {literal(value)}" for name, value in handed.items() if name in defined]
    return "\n".join([*definitions, *([""] * 2 if definitions else []), written])


def bound(text: str) -> set[str]:
    """The names to which ``text`` gives a value itself, wherever that is; raises SyntaxError for what is no Python."""
    names, tables = set[str](), [symtable.symtable(text, PROGRAM, "exec")]
    while tables:
        table = tables.pop()
        names |= {
            one.get_name()
            for one in table.get_symbols()
            if one.is_assigned() or one.is_parameter() or one.is_imported()
        }
        tables += table.get_children()
    return names


def _beyond_reach(tree: ast.AST) -> set[str]:
    """The names that are read within texts, in f-strings, or of which parts are changed."""
    found = set[str]()
    for node in ast.walk(tree):
        changed = isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load)
        if changed or isinstance(node, ast.JoinedStr):
            found |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return found


def literal(value: Any) -> str:
    """``value`` as a Python expression that needs NumPy alone."""
    match value:
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case np.ndarray():
            return f"np.array({literal(value.tolist())}, np.{value.dtype})"
        case dict():
            return f"{{{', '.join(f'{key!r}: {literal(one)}' for key, one in value.items())}}}"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case tuple():
            return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _written_in(text: str, tree: ast.Module, handed: Mapping[str, Any]) -> str:
    """``text``, whose ``tree`` is changed; raises SyntaxError or ValueError where values cannot be written in it."""
    writer = _Writer(handed)
    meant = ast.dump(writer.visit(tree))
    lines = [line.encode() for line in text.split("\n")]
    for row, start, end, value in sorted(writer.places, reverse=True):
        before, after = lines[row][:start], lines[row][end:]
        if not value:  # what an empty mapping leaves has no comma
            before, after = before.removesuffix(b", "), after if before.endswith(b", ") else after.removeprefix(b", ")
        lines[row] = before + value.encode() + after
    whole = [line.decode() for line in lines]
    for written in ("\n".join(part for line in whole for part in _broken(line)), "\n".join(whole)):
        if _dumped(written) == meant:
            return written
    raise ValueError("another text would come of it")


def _parsed(text: str) -> Any:
    return ast.parse(text, mode="eval").body


def _dumped(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""


class _Writer(ast.NodeTransformer):
    """Puts what is handed over in the places of its names, and notes where in the text: line, begin, end and value."""

    def __init__(self, handed: Mapping[str, Any]) -> None:
        self._handed = handed
        self.places: list[tuple[int, int, int, str]] = []

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._written(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if self._read(node):
            return self._written(node)
        node.value = self.visit(node.value)
        if isinstance(node.slice, ast.Tuple):
            node.slice.elts = [self._within(one) for one in node.slice.elts]
        else:
            node.slice = self._within(node.slice)
        return node

    def visit_keyword(self, node: ast.keyword) -> Any:
        found = [] if node.arg else self._read(node.value)
        if not found or not isinstance(found[0], Mapping):
            return self.generic_visit(node)
        text = self._noted(node, ", ".join(f"{name}={literal(one)}" for name, one in found[0].items()))
        return _parsed(f"_({text})").keywords

    def _within(self, node: ast.expr) -> Any:
        """``node``, which stands within brackets: where it is a slice, as that is written there."""
        match self._read(node):
            case [slice() as one]:
                ends = ["" if end is None else literal(end) for end in (one.start, one.stop)]
                text = self._noted(node, ":".join([*ends, *([] if one.step is None else [literal(one.step)])]))
                return _parsed(f"_[{text}]").slice
        return self.visit(node)

    def _written(self, node: ast.expr) -> ast.AST:
        found = self._read(node)
        return _parsed(self._noted(node, literal(found[0]))) if found else node

    def _read(self, node: ast.expr) -> list[Any]:
        """What ``node`` reads of what is handed over, in a list; an empty one where it does not."""
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in self._handed:
                return [self._handed[name]]
            case ast.Subscript(value=holder, slice=ast.Constant(value=str(key)), ctx=ast.Load()):
                return [found[key] for found in self._read(holder) if isinstance(found, Mapping) and key in found]
        return []

    def _noted(self, node: ast.expr | ast.keyword, text: str) -> str:
        if node.lineno != node.end_lineno or node.end_col_offset is None:
            raise ValueError("it goes over several lines")
        self.places.append((node.lineno - 1, node.col_offset, node.end_col_offset, text))
        return text


def _broken(line: str) -> list[str]:
    """``line``, or one argument a line where it is a call that is too long."""
    start = line.find("(")
    if len(line) <= WIDEST or start < 1 or not line.endswith(")"):
        return [line]
    margin, parts, depth = len(line) - len(line.lstrip()), [""], 0
    for letter in line[start + 1 : -1]:
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            return [line]
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    if line.lstrip().startswith(("for ", "with ", "def ")):
        return [line]
    return [line[: start + 1], *(f"{' ' * (margin + 4)}{part.strip()}," for part in parts), f"{' ' * margin})"]
