"""Tensors that a suite writes out: as arrays, and as results that are held against the oracle.

A page prints a result with the digits that it has. It is right when it is the oracle's, rounded to the dtype; or when
it lies within what rounding explains and half a unit of its last written digit. A number that is written as a whole
one, which has neither a decimal point nor a negative exponent, and one of an integer dtype, must be equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, LiteralTensor, WrittenFloat, flat
from harness.core.dtypes import DTYPES, DType
from harness.core.errors import Problem
from harness.core.numerics import error_bound, rounded
from harness.core.reference import Reference, ReferenceValues


def as_array(literal: LiteralTensor, order: str) -> npt.NDArray[np.float64]:
    """``literal`` as float64 with its axes in ``order``; absent axes have size 1, a rotated kernel is turned back."""
    return arranged(np.array(literal.values, dtype=np.float64).reshape(literal.shape), literal, order)


def as_integers(literal: LiteralTensor, order: str) -> npt.NDArray[Any]:
    """``as_array`` of whole numbers, exactly, as Python's integers."""
    whole = np.array([int(value) for value in flat(literal.values)], dtype=object)
    return arranged(whole.reshape(literal.shape), literal, order)


def arranged(array: npt.NDArray[Any], literal: LiteralTensor, order: str) -> npt.NDArray[Any]:
    """``array``, which is as ``literal`` is written, with its axes in ``order``; see ``as_array``."""
    missing = [letter for letter in order if letter not in literal.layout]
    array = array.reshape(array.shape + (1,) * len(missing))
    letters = literal.layout + "".join(missing)
    array = array.transpose([letters.index(letter) for letter in order])
    if literal.rotated:
        array = array[..., ::-1, ::-1]
    return np.ascontiguousarray(array)


def half_units(literal: LiteralTensor, order: str) -> npt.NDArray[np.float64]:
    """Half of one in the last written digit of each number, with its axes in ``order``; 0 of one written as whole.

    Of a number from a file in floating point it is half of a unit in its last place.
    """
    if literal.dtype.startswith("float"):
        with np.errstate(invalid="ignore"):
            units = np.spacing(np.abs(np.array(literal.values, dtype=literal.dtype))).astype(np.float64)
        return arranged(np.nan_to_num(units, nan=0.0) / 2, literal, order)
    units = [
        value.unit / 2 if isinstance(value, WrittenFloat) and not value.is_whole else 0.0
        for value in flat(literal.values)
    ]
    return arranged(np.array(units).reshape(literal.shape), literal, order)


def as_reference(literal: LiteralTensor, dtype: DType) -> ReferenceValues:
    """``literal``, of the axes NCHW, as a right answer in ``dtype``: its numbers, rounded to that, and no others."""
    if dtype.kind == "integer":
        whole = as_integers(literal, "NCHW").astype(dtype.numpy)
        return ReferenceValues(whole.astype(np.float64), whole=whole, dtype=dtype.name)
    return ReferenceValues(rounded(as_array(literal, "NCHW"), dtype))


def difference(case: AnyCase, literal: LiteralTensor, reference: Reference) -> str:
    """What of ``literal``, a result of ``case``, is not the oracle's ``reference``: the first number; or nothing."""
    dtype = DTYPES[reference.dtype or case.dtype]
    axes = reference.axes
    expected: npt.NDArray[Any] = as_array(literal, axes)
    right: npt.NDArray[Any] = reference.output
    if dtype.kind == "integer" and reference.whole is not None and expected.shape == right.shape:
        return _unequal(as_integers(literal, "NCHW"), reference.whole)
    if expected.shape != right.shape:
        return f"the oracle gives {list(right.shape)} ({axes}), the values have {list(expected.shape)}"
    nearest = rounded(right, dtype)
    same = (expected == right) | (expected == nearest) | (np.isnan(expected) & np.isnan(right))
    wrong = ~same
    if np.any(wrong) and dtype.kind != "integer":
        with np.errstate(invalid="ignore"):
            wrong &= ~(np.isfinite(right) & (np.abs(expected - right) <= allowed(case, literal, reference)))
    if not np.any(wrong):
        return ""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    written, found = digits(expected[index], right[index])
    return f"the oracle gives {found} at {list(index)} ({axes}), the values say {written}"


def _unequal(expected: npt.NDArray[Any], right: npt.NDArray[Any]) -> str:
    """The first number of ``expected`` that is not the integer in ``right``; or nothing."""
    for index in np.argwhere(expected != right)[:1].tolist():
        return f"the oracle gives {right[tuple(index)]} at {index} (NCHW), the values say {expected[tuple(index)]}"
    return ""


def allowed(case: AnyCase, literal: LiteralTensor, reference: Reference) -> npt.NDArray[np.float64]:
    """How far from the oracle each number of ``literal`` may be: what rounding explains, and half its last digit.

    Where rounding in a half precision explains any value, sums are held against the wider type that they are made in.
    """
    halves, dtype = half_units(literal, reference.axes), DTYPES[reference.dtype or case.dtype]
    if reference.is_exact(case):
        return halves
    bound = error_bound(reference.output, reference.magnitude, reference.terms, dtype)
    if dtype.accumulator is not None:
        wider = error_bound(reference.output, reference.magnitude, reference.terms, dtype, dtype.accumulator)
        bound = np.where(bound < reference.magnitude, bound, wider)
    bound = bound + reference.slack(dtype)
    return np.where(halves > 0, bound + halves, 0.0)


def digits(one: Any, other: Any) -> tuple[str, str]:
    """Two different numbers as text, in as many digits as tell them apart."""
    for count in range(9, 18):
        texts = f"{one:.{count}g}", f"{other:.{count}g}"
        if texts[0] != texts[1]:
            return texts
    return repr(one), repr(other)


def problem_of(case: AnyCase, key: str, message: str) -> Problem:
    """That what ``case`` writes out under ``key`` is not the oracle's."""
    hint = "check layout, rotated and the numbers"
    return Problem(case.path, case.line, 1, key, message, hint, case.id)
