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
    """Lines that leave ``x``, ``w`` and ``b`` (None without a bias) as NumPy arrays in the case's dtype."""
    lines = _draw_again(case, tensors) if tensors.x.size + tensors.w.size > WRITTEN_OUT else []
    if not lines:
        lines = [*_written("x", tensors.x), *_written("w", tensors.w)]
    return lines + (["b = None"] if tensors.b is None else _written("b", tensors.b))


def _written(name: str, array: Array) -> list[str]:
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


def _draw_again(case: Case, tensors: Tensors) -> list[str]:
    """Lines that draw the input and the kernel from the case's seed; none where that does not give these tensors."""
    if case.input is not None or case.kernel is not None:
        return []
    seed, reach = seed_of(case), DTYPES[case.dtype].reach
    generator = np.random.default_rng(seed)
    drawn = []
    for shape in (tensors.x.shape, tensors.w.shape):
        if case.data == "real":
            drawn.append(generator.normal(size=shape).astype(DTYPES[case.dtype].numpy))
        else:
            sizes = generator.integers(1, reach, size=shape, endpoint=True)
            drawn.append((sizes * generator.choice([-1, 1], size=shape)).astype(DTYPES[case.dtype].numpy))
    if not (np.array_equal(drawn[0], tensors.x) and np.array_equal(drawn[1], tensors.w)):
        return []
    draw = "rng.normal(size=shape)"
    if case.data == "integers":
        draw = f"rng.integers(1, {reach}, shape, endpoint=True) * rng.choice([-1, 1], shape)"
    return [
        f"rng = np.random.default_rng({seed})",
        *(
            line.replace("shape", str(tensor.shape))
            for name, tensor in (("x", tensors.x), ("w", tensors.w))
            for line in (f"{name} = {draw}", f"{name} = {name}.astype({DTYPES[case.dtype].text})")
        ),
    ]
