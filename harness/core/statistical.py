"""Whether the errors of a whole array are those of rounding to nearest: a test that is sharp where the bound is wide.

The element bound of harness.core.numerics holds for every order of summation and every choice of roundings, so it grows
like ``m u`` with the number ``m`` of products, where errors grow like ``sqrt(m) u``: with a thousand products it leaves
space for operands rounded to ten bits.

**Derivation.** Rounding to nearest changes a number ``s`` by ``s d`` with ``|d| <= u``. Over numbers whose significands
are spread over a binade the mean of ``(s d)^2`` is ``(2^e u)^2 / 3`` for ``2^e <= |s| < 2^(e+1)``, hence at most
``u^2 s^2 / 3`` (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., ch. 2 for the model; sec. 2.8 and
4.5 for the statistical view of it). Roundings are taken for uncorrelated with mean zero (Higham and Mary, *A new
approach to probabilistic rounding error analysis*, 2019: errors then grow like ``sqrt(m) u``). What is rounded are
products, partial sums and the result. Of data with random signs the mean of a squared partial sum is the sum of the
squares of what it holds, in any order and any tree that is fixed before the data are known; so each of the ``m + 1``
roundings, the bias included, adds at most ``S2 = sum x_i^2 w_i^2 + b^2`` (ch. 4: the error of a sum is the sum of the
errors of its partial sums). A product that underflows loses at most the smallest subnormal ``eta``. So the variance of
an error ``e`` is at most::

    v = u^2 ((m + 1) S2 + y^2) / 3 + (m + 1) eta^2        z = e / sqrt(v)

and, where sums are made in a wider accumulator, ``(m + 1) S2`` counts at its roundoff and ``y^2`` at the dtype's own.
The oracle's rounding in float64 is added alike. Over ``N`` elements with independent data::

    |z| <= 12    mean z^2 <= 1 + max(6 sqrt(2 / N), 144 / N)    |sum z sign(y)| <= max(6 sqrt(N), 12)

The second is the mean of ``N`` squares of variance 2, the third a sum of ``N`` terms of variance 1, each with six
standard deviations; sums that are truncated rather than rounded fail the third. Neither sum is normal where ``N`` is
small. Partial sums that are made one by one are a random walk, and given the walk the variance of the error is, in
units of ``v``, at most the integral of its square over unit time, whose Laplace transform is ``cosh(q)^(-1/2)``
(Cameron and Martin, *Transformations of Wiener integrals*, 1944): so ``P(|z| > t)`` falls like ``exp(-pi t / 2)``, and
a sum of few such squares is large where one of them is (Nagaev, *Large deviations of sums of independent random
variables*, 1979). What the first limit lets one element be, 12, the other two must let it be: hence the maxima, of
which the second counts below 288 elements and the third below 4. The idea to test the squares and the
bias of all errors of a tensor together is that of the conformance suite of TOSA for its dot products.

**Shared operands.** Roundings of sums of several products are uncorrelated; two roundings are not, since what they drop
is fixed by an operand that many elements have in common. A bias ``b`` that is added to a rounded sum ``s`` of larger
exponent drops the bits of ``b`` below the last place ``U`` of the result, ``b mod U`` whatever ``s`` is; and of a
product alone it is a factor that decides: beside ``2 - 2u`` nearly every product is rounded toward zero. Given that
operand the mean of ``z sign(y)`` is not zero, and their sum grows like ``N``, not ``sqrt(N)``: with two channels of
3e4 elements right sums pass 6 ``sqrt(N)``. What these two roundings come to follows from the reference, though. With
``e0`` the error of a right value rounded once, or of ``fl(fl(s) + b)``, the rest ``e - e0`` of a right implementation
has no such mean, and no larger variance than ``v``: where each partial sum is rounded, ``e`` has at most
``u^2 ((m - 1) S2 + y^2) / 3`` (the last sum is the result) and ``e0`` at most ``u^2 (S2 + y^2) / 3``, where the mean of
``y^2`` is at most ``S2``; where sums are wider, ``e`` and ``e0`` differ in few elements. So an implementation is right
where the third holds for ``e`` or for one of these ``e - e0``. An error that truncation makes is in none of the ``e0``.

**Data that a user writes out** need no random signs, and their elements may be alike: a constant image makes the same
error everywhere. There ``(sum |x||w| + |b|)^2`` stands for ``S2``, as no partial sum is larger, and only ``|z|`` is
held against its limit, since the other two need independent elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.core.dtypes import ORACLE, DType
from harness.core.numerics import IntArray

Float64Array = npt.NDArray[np.float64]
MOST_Z = 12.0
"""Largest |z|: far beyond what rounding gives, near the worst that few roundings can conspire to."""
DEVIATIONS = 6.0
"""Standard deviations that the mean of squares and the signed sum of many elements may be off by."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one array: ``count`` elements, the largest |z|, the mean of z^2 and sum z sign(y) / sqrt(count).

    ``independent`` says that the elements are, so that all three have a limit.
    """

    count: int
    largest: float
    mean_square: float
    signed: float
    independent: bool = True

    @property
    def most_mean_square(self) -> float:
        """The limit of the mean of z^2."""
        return max(self.normal_mean_square, 1 + MOST_Z**2 / max(self.count, 1))

    @property
    def normal_mean_square(self) -> float:
        """What the mean of z^2 is below if it is normal; an array that agrees with a hypothesis stays below it."""
        return 1 + DEVIATIONS * math.sqrt(2 / max(self.count, 1))

    @property
    def most_signed(self) -> float:
        """The limit of the size of sum z sign(y) / sqrt(count)."""
        return max(DEVIATIONS, MOST_Z / math.sqrt(max(self.count, 1)))

    @property
    def failures(self) -> tuple[str, ...]:
        """Which figures are over their limits, and by how much; none where rounding explains the errors."""
        found = []
        if not self.largest <= MOST_Z:
            found.append(f"the largest |z| is {self.largest:.3g} (at most {MOST_Z:g})")
        if self.independent and not self.mean_square <= self.most_mean_square:
            found.append(f"the mean of z² is {self.mean_square:.3g} (at most {self.most_mean_square:.3g})")
        if self.independent and not abs(self.signed) <= self.most_signed:
            most = f"{self.most_signed:.3g}"
            found.append(f"Σ z·sign(y) / √N is {self.signed:.3g} (between -{most} and {most})")
        return tuple(found)


def scores(
    error: Float64Array,
    expected: Float64Array,
    deviation: Float64Array,
    *,
    independent: bool,
    shared: Callable[[], Iterable[Float64Array]] = tuple,
) -> Scores:
    """The figures for ``error`` beside ``expected`` values, with ``deviation`` the root of v; all of one shape.

    An element without a deviation has no error to be explained: it counts nothing where it has none, and fails else.
    ``shared()`` are the errors e0 of roundings that elements have in common; where the signed sum is over its limit, it
    is that of the ``error`` without the one of them that leaves least.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        z = np.where(error == 0, 0.0, error / deviation)
        count = int(np.count_nonzero(deviation))
        largest = float(np.max(np.abs(z), initial=0.0))
        size = math.sqrt(max(count, 1))
        mean = float(np.vdot(z / size, z / size))
        away = np.sign(expected)
        signed = float(np.vdot(z, away)) / size
        if independent and abs(signed) > DEVIATIONS:
            left = (np.where(deviation > 0, (error - one) / deviation, z) for one in shared())
            signed = min((signed, *(float(np.vdot(rest, away)) / size for rest in left)), key=abs)
        return Scores(count, largest, mean, signed, independent)


def deviation(
    expected: Float64Array,
    norm: npt.ArrayLike,
    terms: IntArray,
    dtype: DType,
    accumulator: DType | None = None,
    floor: float | None = None,
) -> Float64Array:
    """The root of v, element by element; arguments as in ``error_bound``, with ``norm`` the root of S2."""
    rounded = np.sqrt(terms + 1.0)
    summed = math.hypot((accumulator or dtype).unit_roundoff, ORACLE.unit_roundoff) / math.sqrt(3)
    final = math.hypot(dtype.unit_roundoff, ORACLE.unit_roundoff) / math.sqrt(3)
    under = rounded * (dtype.subnormal if floor is None else floor)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.hypot(summed * rounded * norm, final * np.abs(expected))
        return np.where(spread > 0, np.hypot(spread, under), 0.0) if np.any(spread < under) else spread
