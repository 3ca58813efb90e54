"""What the element bound and the test of whole arrays say of honest sums and of narrow ones; no framework is needed.

Each array holds 400 sums of normally distributed products, made in an order and a precision that are written out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import DTypeName
from harness.core.dtypes import DTYPES, DType
from harness.core.measuring import Beside
from harness.core.numerics import rounded, widened
from harness.core.reference import ReferenceValues
from harness.core.results import Judgement
from harness.operations.conv_transpose.faults.roundings import round_bits
from harness.quality.benchmarks.runner import Options

SUMS = 400
TERMS = (9, 128, 512, 2048, 16384)
TYPES: tuple[DTypeName, ...] = ("float32", "float16", "bfloat16")
Array = npt.NDArray[Any]
Made = Callable[[Array, Array], Array]
"""Sums over the last axis of products of two arrays (SUMS, m) of one type, of that type or in float64."""


def one_by_one(x: Array, w: Array) -> Array:
    """From the first to the last, each rounded to nearest."""
    total = x[:, 0] * w[:, 0]
    for k in range(1, x.shape[1]):
        total = total + x[:, k] * w[:, k]
    return np.asarray(total)


def pairwise(x: Array, w: Array) -> Array:
    """Neighbours first, then pairs of them, and so on."""
    parts = x * w
    while parts.shape[1] > 1:
        odd = parts[:, -1:] if parts.shape[1] % 2 else parts[:, :0]
        parts = np.concatenate([parts[:, :-1:2] + parts[:, 1::2], odd], axis=1)
    return np.asarray(parts[:, 0])


def blas(x: Array, w: Array) -> Array:
    """A matrix product of BLAS for each sum; half precisions are summed in float32, as frameworks do."""
    wide = np.float64 if x.dtype == np.float64 else np.float32
    return np.asarray(np.matmul(x.astype(wide)[:, None, :], w.astype(wide)[:, :, None])[:, 0, 0].astype(x.dtype))


def toward_zero(x: Array, w: Array) -> Array:
    """One by one, each partial sum cut off where the type ends."""
    total = np.zeros(len(x), x.dtype)
    for k in range(x.shape[1]):
        exact = widened(total) + widened(x[:, k]) * widened(w[:, k])
        near = exact.astype(x.dtype)
        beyond = np.abs(widened(near)) > np.abs(exact)
        total = np.where(beyond, np.nextafter(near, np.zeros_like(near)), near)
    return np.asarray(total)


def with_bits(bits: int) -> Made:
    """Operands rounded to so many significant bits, summed in float64."""

    def made(x: Array, w: Array) -> Array:
        return _dot(round_bits(widened(x), bits), round_bits(widened(w), bits))

    return made


def one_missing(x: Array, w: Array) -> Array:
    """The last product of the first sum is left out."""
    y = _dot(widened(x), widened(w)).copy()
    y[0] -= float(x[0, -1]) * float(w[0, -1])
    return y


def zeros(x: Array, w: Array) -> Array:
    """Nothing is computed."""
    return np.zeros(len(x), w.dtype)


def _dot(x: Array, w: Array) -> Array:
    return np.asarray(np.einsum("nk,nk->n", x, w))


HONEST: Mapping[str, Made] = {"one by one": one_by_one, "pairwise": pairwise, "BLAS": blas}
BITS = {"operands in TF32": 11, "operands in bfloat16": 8}
NARROW: Mapping[str, Made] = {
    **{way: with_bits(bits) for way, bits in BITS.items()},
    "truncated, one by one": toward_zero,
    "zeros": zeros,
    "one product missing": one_missing,
}


def judged(made: Made, dtype: DType, terms: int, seed: int = 0) -> Judgement:
    """The verdict on ``SUMS`` sums of ``terms`` products in ``dtype``, made so."""
    generator = np.random.default_rng([seed, terms])
    x, w = (generator.normal(size=(SUMS, terms)).astype(dtype.numpy) for _ in range(2))
    wide = widened(x) * widened(w)
    truth = ReferenceValues(
        wide.sum(axis=1),
        "N",
        np.abs(wide).sum(axis=1),
        np.full(1, terms, np.int64),
        exact=False,
        squares=lambda: np.asarray(np.square(wide).sum(axis=1)),
    )
    return Beside(rounded(widened(made(x, w)), dtype), truth, dtype, independent=True).judgement()


def bounds_part(_: Options) -> Iterator[str]:
    """A table: the mean of z squared and the signed sum, with a mark where the array is found to be wrong.

    It has every way in every type, less what is no narrower than the type itself.
    """
    yield f"mean of z² and Σ z·sign(y) / √N of {SUMS} sums; * diverges"
    yield "".join([f"{'dtype':10}{'sums':24}", *(f"{f'{terms} terms':>20}" for terms in TERMS)])
    for name in TYPES:
        dtype = DTYPES[name]
        for way, made in {**HONEST, **NARROW}.items():
            if 2.0 ** -BITS.get(way, 0) > dtype.unit_roundoff:
                cells = (f"{cell_of(judged(made, dtype, terms)):>20}" for terms in TERMS)
                yield f"{name:10}{way:24}{''.join(cells)}".rstrip()


def cell_of(judgement: Judgement) -> str:
    """``0.23 -0.45``, with a star for an array that is found to be wrong."""
    mark = "" if judgement.verdict.conforms else "*"
    if judgement.figures is None:
        ratio = judgement.error_over_bound
        return f"{'exact' if not ratio else f'{ratio:.2g} of bound'}{mark}"
    return f"{judgement.figures.mean_square:.2g} {judgement.figures.signed:+.2g}{mark}"
