"""A case's tensors as Python text: written out where they are small, else drawn again or packed."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.dtypes import DTYPES
from harness.core.tensors import seed_of
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.data import Tensors, plan_case, signed
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.integers import Operand, Plan, Recipe

WRITTEN_OUT = 600
WIDTH = 90
Array = npt.NDArray[Any]


def write_tensors(case: Case, geometry: Geometry | None, tensors: Tensors) -> list[str]:
    """Lines that leave ``x``, ``w``, ``b`` (None without a bias) and ``g``, if it is there, in the case's dtype.

    ``geometry`` is that of ``make_tensors``.
    """
    cotangent = [] if tensors.g is None else [tensors.g]
    drawer = _Drawer(case, plan_case(case, geometry, {}), np.random.default_rng(seed_of(case)))
    large = sum(tensor.size for tensor in (tensors.x, tensors.w, *cotangent)) > WRITTEN_OUT
    lines = _draw_again(drawer, tensors) if large else []
    drawn = bool(lines)
    if not drawn:
        lines = [*write_array("x", tensors.x), *write_array("w", tensors.w)]
    lines += ["b = None"] if tensors.b is None else write_array("b", tensors.b)
    for g in cotangent:
        lines += (drawn and _draw_cotangent(drawer, g)) or write_array("g", g)
    return lines


def write_array(name: str, array: Array) -> list[str]:
    """Lines that leave ``array`` under ``name``: its numbers, or packed where there are many."""
    if array.size > WRITTEN_OUT:
        return _packed(name, array)
    numbers = _numbers(array)
    end = f"], {_text(array)})" + (f".reshape{array.shape}" if array.ndim > 1 else "")
    in_a_line = WIDTH // (max(map(len, numbers), default=1) + 2)
    if len(numbers) <= in_a_line // 2:
        return [f"{name} = np.array([{', '.join(numbers)}{end}"]
    rows = (numbers[first : first + in_a_line] for first in range(0, len(numbers), in_a_line))
    return [f"{name} = np.array([", *(f"    {', '.join(row)}," for row in rows), end]


def _numbers(array: Array) -> list[str]:
    """Short texts that give the elements back exactly."""
    flat = array.ravel()
    if array.dtype.kind in "iu":
        return [str(value) for value in flat.tolist()]
    with np.errstate(invalid="ignore"):
        whole = flat.astype(np.int32)
    if np.array_equal(whole, flat.astype(np.float64)) and not _has_negative_zero(flat):
        return [str(value) for value in whole.tolist()]
    return [_number(value) for value in flat]


def _has_negative_zero(array: Array) -> bool:
    return array.dtype.kind not in "iuc" and bool(np.any(np.signbit(array) & (array == 0)))


def _number(value: np.floating[Any]) -> str:
    """The shortest text that gives ``value`` back through a float64."""
    if not np.isfinite(value):
        return "np.nan" if np.isnan(value) else ("np.inf" if value > 0 else "-np.inf")
    if value == 0:  # ml_dtypes writes -0, which is an integer and has no sign
        return "-0.0" if np.signbit(value) else "0.0"
    short = str(value)
    return short if value.dtype.type(float(short)) == value else repr(float(value))


def _packed(name: str, array: Array) -> list[str]:
    """Bytes, as int8 where the numbers are small integers."""
    with np.errstate(invalid="ignore"):
        narrow = array.astype(np.int8)
    whole = np.array_equal(narrow, array.astype(np.float64)) and not _has_negative_zero(array)
    held = narrow if whole else array
    text = base64.b85encode(zlib.compress(held.tobytes(), 9)).decode()
    return [
        "import base64, zlib",
        f"{name} = np.frombuffer(zlib.decompress(base64.b85decode(",
        *(f"    {text[first : first + WIDTH]!r}" for first in range(0, len(text), WIDTH)),
        f")), {_text(held)}).reshape{array.shape}.astype({_text(array)})",
    ]


def _text(array: Array) -> str:
    found = next((dtype.text for dtype in DTYPES.values() if dtype.numpy == array.dtype), None)
    return found or f"np.{array.dtype}"


def _draw_again(drawer: _Drawer, tensors: Tensors) -> list[str]:
    """Lines that draw the input and the kernel from the case's seed; none where that does not give these tensors."""
    case = drawer.case
    if case.input is not None or case.kernel is not None:
        return []
    if not (drawer.gives("x", tensors.x) and drawer.gives("w", tensors.w)):
        return []
    return [
        f"rng = np.random.default_rng({seed_of(case)})",
        *drawer.lines("x", tensors.x.shape),
        *drawer.lines("w", tensors.w.shape),
    ]


def _draw_cotangent(drawer: _Drawer, g: Array) -> list[str]:
    """Lines that go on drawing, past a bias, to the cotangent; none where that does not give ``g``."""
    case, generator, passed = drawer.case, drawer.generator, []
    if case.bias is True:
        draw, size = ("normal(size={})" if case.data == "real" else "permutation({})"), case.out_channels
        passed = [f"rng.{draw.format(size)}  # drew b"]
        _ = generator.normal(size=size) if case.data == "real" else generator.permutation(size)
    return [*passed, *drawer.lines("g", g.shape)] if drawer.gives("g", g) else []


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Draws the tensors of ``case`` again, and writes down how."""

    case: Case
    plan: Plan | None
    generator: np.random.Generator

    def gives(self, name: Operand, wanted: Array) -> bool:
        """Whether the next draw is ``wanted``."""
        if self.plan is None:
            drawn: Array = self.generator.normal(size=wanted.shape)
        else:
            drawn = signed(self.generator, self.plan.recipes[name].draw(self.generator, wanted.shape))
        return np.array_equal(drawn.astype(DTYPES[self.case.dtype].numpy), wanted)

    def lines(self, name: Operand, shape: tuple[int, ...]) -> list[str]:
        """That draw as Python text."""
        if self.plan is None:
            lines = [f"{name} = rng.normal(size={shape})"]
        else:
            lines = _written(name, self.plan.recipes[name], shape)
        return [*lines, f"{name} = {name}.astype({DTYPES[self.case.dtype].text})"]


def _written(name: str, recipe: Recipe, shape: tuple[int, ...]) -> list[str]:
    """``recipe``, and random signs, as Python text."""
    signs = f"rng.choice([-1, 1], {shape})"
    if not recipe.many:
        return [f"{name} = rng.integers(1, {recipe.few}, {shape}, endpoint=True) * {signs}"]
    low, high = recipe.halves
    small = []
    if recipe.axis is not None:
        cut = recipe.cut(shape)
        view = name if cut == shape else f"{name}.reshape{cut}"
        places = ", ".join(":" if one == slice(None) else f"{one.start}::2" for one in recipe.others(shape))
        small = [
            f"part = {view}[{places}]  # where another tensor has many digits",
            f"part[:] = part // 2 % {recipe.few} + 1",
        ]
    return [f"{name} = 2 * rng.integers({low}, {high}, {shape}) + 1", *small, f"{name} *= {signs}"]
