"""Operands that are rounded, or cut off, to fewer bits before they are multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES
from harness.core.numerics import rounded
from harness.operations.conv_transpose.faults.fault import Change, Fault
from harness.operations.conv_transpose.oracle import Float64Array

FLOAT32: DTypeName = "float32"
FLOAT16: DTypeName = "float16"
NARROW: dict[str, int] = {FLOAT32: 24, "tf32": 11, "bfloat16": 8}
"""Significant bits of the types that products are rounded to, widest first; float16 has those of tf32."""
WIDTH = " bits"
MOST_BITS, LEAST_BITS = 52, 2
LARGEST_INT8 = 127
WHERE = (("operands", "input and kernel are"), ("input", "the input is"), ("kernel", "the kernel is"))
HOW = {"rounded": "rounded to", "truncated": "cut off after"}


def rounding_faults(bits: int) -> Iterator[Fault]:
    """Input, kernel or both in fewer than the ``bits`` significant bits that they have; the sums stay as they are."""
    for how, what, change in narrowings(bits):
        for which, words in WHERE:
            operands = (None if which == "kernel" else change, None if which == "input" else change)
            text = f"{words} {HOW[how]} {words_of(what)}"
            yield Fault(f"{which}-{how}({what})", text, operands=operands, numeric=True)
    text = "input and kernel are rounded to 8-bit integers, each times one number"
    yield Fault("operands-quantised(int8)", text, lambda r: replace(r, x=to_int8(r.x), w=to_int8(r.w)), numeric=True)


def narrowings(bits: int) -> Iterator[tuple[str, str, Change]]:
    """How, to what, and what that does to operands: types of fewer than ``bits`` bits, then other numbers of bits."""
    types = {count: name for name, count in NARROW.items()}
    others = [count for count in range(min(bits - 1, MOST_BITS), LEAST_BITS - 1, -1) if count not in types]
    for counts in ([count for count in types if count < bits], others):
        for how, narrow in (("rounded", round_bits), ("truncated", cut_bits)):
            for count in counts:
                change: Change = partial(narrow, bits=count)
                if how == "rounded" and types.get(count) == FLOAT32:
                    change = partial(rounded, dtype=DTYPES[FLOAT32])
                yield how, types.get(count, f"{count}{WIDTH}"), change
                if how == "rounded" and count == NARROW["tf32"]:
                    yield how, FLOAT16, partial(rounded, dtype=DTYPES[FLOAT16])


def words_of(what: str) -> str:
    """As a text says what operands are rounded to."""
    return what if what.endswith(WIDTH) else f"the bits of {what}"


def has_other_width(name: str) -> bool:
    """Whether a fault's name is that of operands with a number of bits that none of the types has."""
    return name.endswith(f"{WIDTH})")


def bits_of(what: str) -> int:
    """The significant bits that ``narrowings`` means by ``what``."""
    return int(what.partition(" ")[0]) if what.endswith(WIDTH) else NARROW["tf32" if what == FLOAT16 else what]


def to_int8(values: Float64Array) -> Float64Array:
    """``values`` as integers of magnitude up to 127 times one number, the usual symmetric quantisation of a tensor."""
    finite = np.isfinite(values)
    scale = float(np.max(np.abs(values), initial=0.0, where=finite)) / LARGEST_INT8
    with np.errstate(invalid="ignore"):
        return np.where(finite, np.rint(values / scale) * scale, values) if scale else values


def round_bits(values: Float64Array, bits: int) -> Float64Array:
    """``values`` rounded to ``bits`` significant bits, ties to even; the range of exponents stays that of float64."""
    return _with_mantissa(values, bits, np.rint)


def cut_bits(values: Float64Array, bits: int) -> Float64Array:
    """``values`` without what is beyond ``bits`` significant bits."""
    return _with_mantissa(values, bits, np.trunc)


def _with_mantissa(values: Float64Array, bits: int, whole: Change) -> Float64Array:
    with np.errstate(invalid="ignore"):
        mantissa, exponent = np.frexp(values)
        narrow: Float64Array = np.ldexp(whole(np.ldexp(mantissa, bits)), exponent - bits)
    return np.where(np.isfinite(values), narrow, values)


def significant_bits(*tensors: Float64Array) -> int:
    """The most significant bits that any finite element of ``tensors`` needs, at least 1."""
    most = 1
    for tensor in tensors:
        mantissas = np.ldexp(np.frexp(np.where(np.isfinite(tensor), tensor, 0.0))[0], MOST_BITS + 1)
        used = int(np.bitwise_or.reduce(np.abs(mantissas).astype(np.int64), axis=None))
        most = max(most, MOST_BITS + 2 - (used & -used).bit_length() if used else 1)
    return most
