"""The text of a program with its parameters written out, as a script shows it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.adapters.origin import PROGRAM

WIDEST = 100


def written_out(text: str, handed: Mapping[str, Any]) -> str:
    """``text`` with what is ``handed`` to it written where it is read, or before it where that makes no Python."""
    written = _written_in(text, handed)
    try:
        compile(written, PROGRAM, "exec")
    except SyntaxError:
        return "\n".join([*(f"{name} = {literal(value)}" for name, value in handed.items()), "", "", text])
    return written


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


def _written_in(text: str, handed: Mapping[str, Any]) -> str:
    names = "|".join(map(re.escape, handed))
    pattern = re.compile(rf'(?<![\w."\'])(\*\*)?\b({names})\b((?:\["\w+"\])*)(?!\s*=[^=])(?![\w"\'])')

    def spelled(match: re.Match[str]) -> str:
        value = handed[match[2]]
        for key in re.findall(r'\["(\w+)"\]', match[3]):
            value = value[key]
        if match[1]:
            return ", ".join(f"{name}={literal(one)}" for name, one in value.items())
        if isinstance(value, slice):
            return f"{'' if value.start is None else value.start}:{'' if value.stop is None else value.stop}"
        return literal(value)

    lines = (_without_empty(pattern.sub(spelled, line)) if pattern.search(line) else line for line in text.split("\n"))
    return "\n".join(part for line in lines for part in _broken(line))


def _without_empty(line: str) -> str:
    """Without the comma before or after nothing that an empty mapping leaves."""
    return line.replace(", )", ")").replace("(, ", "(").replace(", , ", ", ")


def _broken(line: str) -> list[str]:
    """``line``, or one argument a line where it is a call that is too long."""
    start = line.find("(")
    if len(line) <= WIDEST or start < 0 or not line.endswith(")"):
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
