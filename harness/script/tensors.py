"""A case's tensors as Python text: written out where they are small, else drawn again or packed."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.case import Case
from harness.data import Tensors, seed_of
from harness.dtypes import DTYPES

WRITTEN_OUT = 600
WIDTH = 90
Array = npt.NDArray[Any]


def write_tensors(case: Case, tensors: Tensors) -> list[str]:
    """Lines that leave ``x``, ``w``, ``b`` (None without a bias) and ``g``, if it is there, in the case's dtype."""
    cotangent = [] if tensors.g is None else [tensors.g]
    generator = np.random.default_rng(seed_of(case))
    large = sum(tensor.size for tensor in (tensors.x, tensors.w, *cotangent)) > WRITTEN_OUT
    lines = _draw_again(case, tensors, generator) if large else []
    drawn = bool(lines)
    if not drawn:
        lines = [*write_array("x", tensors.x), *write_array("w", tensors.w)]
    lines += ["b = None"] if tensors.b is None else write_array("b", tensors.b)
    for g in cotangent:
        lines += (drawn and _draw_cotangent(case, g, generator)) or write_array("g", g)
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
    with np.errstate(invalid="ignore"):
        whole = flat.astype(np.int32)
    if np.array_equal(whole, flat.astype(np.float64)) and not np.any(np.signbit(flat) & (flat == 0)):
        return [str(value) for value in whole.tolist()]
    return [_number(value) for value in flat]


def _number(value: np.floating[Any]) -> str:
    """The shortest text that gives ``value`` back through a float64."""
    if not np.isfinite(value):
        return "np.nan" if np.isnan(value) else ("np.inf" if value > 0 else "-np.inf")
    short = str(value)
    return short if value.dtype.type(float(short)) == value else repr(float(value))


def _packed(name: str, array: Array) -> list[str]:
    """Bytes, as int8 where the numbers are small integers."""
    with np.errstate(invalid="ignore"):
        narrow = array.astype(np.int8)
    held = narrow if np.array_equal(narrow, array.astype(np.float64)) else array
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


def _draw_again(case: Case, tensors: Tensors, generator: np.random.Generator) -> list[str]:
    """Lines that draw the input and the kernel from the case's seed; none where that does not give these tensors."""
    if case.input is not None or case.kernel is not None:
        return []
    if not all(np.array_equal(_drawn(case, tensor.shape, generator), tensor) for tensor in (tensors.x, tensors.w)):
        return []
    return [
        f"rng = np.random.default_rng({seed_of(case)})",
        *_draw(case, "x", tensors.x),
        *_draw(case, "w", tensors.w),
    ]


def _draw_cotangent(case: Case, g: Array, generator: np.random.Generator) -> list[str]:
    """Lines that go on drawing, past a bias, to the cotangent; none where that does not give ``g``."""
    passed = []
    if case.bias is True:
        draw, size = ("normal(size={})" if case.data == "real" else "permutation({})"), case.out_channels
        passed = [f"rng.{draw.format(size)}  # drew b"]
        _ = generator.normal(size=size) if case.data == "real" else generator.permutation(size)
    return [*passed, *_draw(case, "g", g)] if np.array_equal(_drawn(case, g.shape, generator), g) else []


def _drawn(case: Case, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    if case.data == "real":
        return generator.normal(size=shape).astype(DTYPES[case.dtype].numpy)
    sizes = generator.integers(1, DTYPES[case.dtype].reach, size=shape, endpoint=True)
    signed: Array = (sizes * generator.choice([-1, 1], size=shape)).astype(DTYPES[case.dtype].numpy)
    return signed


def _draw(case: Case, name: str, tensor: Array) -> list[str]:
    """``_drawn`` as Python text."""
    draw = "rng.normal(size=shape)"
    if case.data == "integers":
        draw = f"rng.integers(1, {DTYPES[case.dtype].reach}, shape, endpoint=True) * rng.choice([-1, 1], shape)"
    shape = str(tensor.shape)
    return [f"{name} = {draw.replace('shape', shape)}", f"{name} = {name}.astype({DTYPES[case.dtype].text})"]
