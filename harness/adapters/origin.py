"""Whose code raised: that of an adapter, or that of the framework which it calls.

By the innermost frame of the traceback that is not of the standard library or NumPy. Where that frame is the adapter's,
the framework may still have raised, as what is compiled leaves no frame: so the failing expression is looked up in the
source, by the place that the interpreter keeps of each instruction, and belongs to the framework where something of the
framework takes part in it. Runs inside a worker and imports nothing of weight.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from harness.adapters.base import Adapter

PROGRAM = "<program"
"""How the file name of a program's text begins."""
_NUMPY, _STANDARD = f"{Path(np.__file__).parent}/", f"{sysconfig.get_path('stdlib')}/"
_HARNESS = f"{Path(__file__).parents[1]}/"
_NEUTRAL = sys.stdlib_module_names | {"numpy", "ml_dtypes", "harness", "program"}
"""Roots of modules that are no framework."""
_UNBOUND = re.compile(r"\(\) (got (an unexpected|multiple|some)|missing \d+ required|takes )")
"""How the interpreter says that arguments do not fit the parameters of a Python function."""
_IN_PYTHON = (
    NameError,
    AttributeError,
    LookupError,
    ImportError,
    AssertionError,
    TypeError,
    ValueError,
    ArithmeticError,
)
"""What a mistake in Python raises; of use where nothing shows whose a failing expression is."""
_UNKNOWN, _FOREIGN = object(), object()
"""A value that cannot be known without running code again, and one that came from the framework."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame and the place of the instruction in it that did not end: line, end line, column, end column."""

    frame: FrameType
    place: tuple[int | None, int | None, int | None, int | None]

    @property
    def file(self) -> str:
        return self.frame.f_code.co_filename

    @property
    def name(self) -> str:
        return self.frame.f_code.co_name

    def __str__(self) -> str:
        return f"in {self.name}, {Path(self.file).name}:{self.place[0]}"


def own_mistake(adapter: Adapter, error: BaseException) -> str:
    """Where the adapter's own code raised ``error``; nothing if the framework did, or the adapter refuses by it."""
    if isinstance(error, adapter.refusals):
        return ""
    own = _own_files(type(adapter))
    frames = list(_walk(error))
    outside = [one for one in frames if not _is_library(one.file)]
    if not outside:
        return ""
    last = outside[-1]
    if len(outside) > 1 and last.name == "__getattr__" and isinstance(error, AttributeError):
        last = outside[-2]  # it misses a name, as the interpreter itself reports of most objects
        frames = [last]
    if not (last.file in own or last.file.startswith(PROGRAM) or last.file.startswith(_HARNESS)):
        return ""
    return "" if frames[-1] is last and _Failing(error, last, _own_modules(type(adapter))).is_foreign else str(last)


def place_of(error: BaseException) -> str:
    """Where ``error`` was raised, outside of the standard library and NumPy if it came through anything else."""
    frames = list(_walk(error))
    outside = [one for one in frames if not _is_library(one.file)] or frames
    return str(outside[-1]) if outside else "nowhere"


def _walk(error: BaseException) -> Iterator[_Frame]:
    trace = error.__traceback__
    while trace is not None:
        places = list(trace.tb_frame.f_code.co_positions())
        yield _Frame(trace.tb_frame, places[trace.tb_lasti // 2] if trace.tb_lasti >= 0 else (None, None, None, None))
        trace = trace.tb_next


def _is_library(file: str) -> bool:
    """Whether a file is of the standard library or NumPy, which raise on behalf of who calls them."""
    if file.startswith((_NUMPY, "<frozen ")):
        return True
    return file.startswith(_STANDARD) and not {"site-packages", "dist-packages"} & set(Path(file).parts)


@cache
def _own_modules(adapter: type) -> frozenset[str]:
    """The modules of an adapter and of what it derives from."""
    return frozenset(kind.__module__ for kind in adapter.__mro__ if kind is not object)


@cache
def _own_files(adapter: type) -> frozenset[str]:
    modules = (sys.modules.get(name) for name in _own_modules(adapter))
    return frozenset(file for module in modules if (file := getattr(module, "__file__", None)))


@cache
def _nodes(source: str) -> list[ast.AST]:
    try:
        return [node for node in ast.walk(ast.parse(source)) if hasattr(node, "end_col_offset")]
    except SyntaxError:
        return []


@dataclass(frozen=True, slots=True)
class _Failing:
    """The expression at which ``frame`` did not end."""

    error: BaseException
    frame: _Frame
    own: frozenset[str]

    @property
    def is_foreign(self) -> bool:
        """Whether something of the framework takes part in it."""
        node = self._node()
        if isinstance(node, ast.Raise | ast.Assert):
            return False
        if isinstance(node, ast.Attribute) and isinstance(self.error, AttributeError):
            return False
        if isinstance(node, ast.Call) and isinstance(self.error, TypeError) and _UNBOUND.search(str(self.error)):
            called = self._value(node.func)
            if called is not _UNKNOWN and _is_python(called):
                return False
        values = [self._value(part) for part in _taking_part(node)]
        if any(self._of_framework(value) for value in values):
            return True
        unknown = not values or any(value is _UNKNOWN for value in values)
        return unknown and not isinstance(self.error, _IN_PYTHON)

    def _node(self) -> ast.AST | None:
        """The smallest expression or statement of the source that holds the place."""
        line, end_line, column, end_column = self.frame.place
        if line is None or end_line is None or column is None or end_column is None:
            return None
        names = self.frame.frame.f_globals
        source = "".join(linecache.getlines(self.frame.file, names))
        begin, end = (line, column), (end_line, end_column)

        def extent(node: Any) -> tuple[int, int]:
            return node.end_lineno - node.lineno, node.end_col_offset - node.col_offset

        holding = [
            node
            for node in _nodes(source)
            if isinstance(node, ast.expr | ast.Raise | ast.Assert)
            and (node.lineno, node.col_offset) <= begin
            and end <= (node.end_lineno or 0, node.end_col_offset or 0)
        ]
        return min(holding, key=extent, default=None)

    def _value(self, node: ast.expr) -> Any:
        """What ``node`` stands for, if that can be looked up without running any of it again."""
        found = _UNKNOWN
        match node:
            case ast.Constant():
                found = node.value
            case ast.Starred():
                found = self._value(node.value)
            case ast.Name():
                frame = self.frame.frame
                spaces = (frame.f_locals, frame.f_globals, vars(builtins))
                found = next((names[node.id] for names in spaces if node.id in names), _UNKNOWN)
            case ast.Attribute():
                found = self._part(self._value(node.value), lambda whole: getattr(whole, node.attr))
            case ast.Subscript(slice=ast.Constant(index)) if not self._is_foreign(node.value):
                found = self._part(self._value(node.value), lambda whole: _item(whole, index))
            case ast.Call(func=source) | ast.Subscript(value=source) if self._is_foreign(source):
                found = _FOREIGN
            case ast.BinOp() if self._is_foreign(node.left) or self._is_foreign(node.right):
                found = _FOREIGN
        return found

    def _is_foreign(self, node: ast.expr) -> bool:
        return self._of_framework(self._value(node))

    def _part(self, whole: Any, take: Any) -> Any:
        if whole is _UNKNOWN or whole is _FOREIGN:
            return whole
        try:
            return take(whole)
        except Exception:
            return _UNKNOWN

    def _of_framework(self, value: Any) -> bool:
        if value is _UNKNOWN or value is _FOREIGN:
            return value is _FOREIGN
        module = _module(value)
        return bool(module) and module not in self.own and module.partition(".")[0] not in _NEUTRAL


def _taking_part(node: ast.AST | None) -> list[ast.expr]:
    """The expressions whose values may have raised."""
    parts: list[ast.expr] = [node] if isinstance(node, ast.expr) else []
    match node:
        case ast.Call():
            parts = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        case ast.BinOp():
            parts = [node.left, node.right]
        case ast.Compare():
            parts = [node.left, *node.comparators]
        case ast.Subscript() | ast.Attribute() | ast.Starred():
            parts = [node.value]
        case ast.UnaryOp():
            parts = [node.operand]
    return parts


def _item(whole: Any, index: Any) -> Any:
    """An item of Python's own containers, which run no other code for it."""
    return whole[index] if isinstance(whole, list | tuple | dict) else _UNKNOWN


def _module(value: Any) -> str:
    """The module that made ``value``: a module, a function, a type, or an object of one."""
    while isinstance(value, partial | MethodType):
        value = value.func if isinstance(value, partial) else value.__func__
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, BuiltinFunctionType):
        return value.__module__ or _module(value.__self__)
    made = value if isinstance(value, type | FunctionType) else type(value)
    return made.__module__ or ""


def _is_python(called: Any) -> bool:
    """Whether calling it would begin a frame, if only the arguments fitted."""
    while isinstance(called, partial):
        called = called.func
    if isinstance(called, FunctionType | MethodType):
        return True
    begins = ("__init__", "__new__") if isinstance(called, type) else ("__call__",)
    kind = called if isinstance(called, type) else type(called)
    return any(isinstance(getattr(kind, name, None), FunctionType) for name in begins)
