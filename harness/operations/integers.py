"""How large drawn integers may be: every significant bit that the sums leave free is used, and none is ever rounded.

Data are exact where the sum of absolute products stays within the exact integers of the dtype: with ``m`` products in
an element, ``|x| |w| <= limit / m``. Two operands of equal size would share these bits, and then each is exact in
narrower types too: whatever rounds its operands to TF32 (11 bits) or bfloat16 (8 bits) would pass. So one operand
carries the bits, as odd numbers of the upper half of what it may reach, and the others are small, down to 1.

Output and gradients are sums of products of each two of input, kernel and cotangent. Where there are several channels,
the operand that carries alternates from channel to channel, so that the output and both gradients differ from those
of rounded operands in the same case: by input channel between input and kernel, or by output channel between kernel
and cotangent. A digest of the case's name chooses, and where there is but one channel, it chooses the operand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.core.dtypes import DType
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import most_hits

Operand = Literal["x", "w", "g"]
OPERANDS: tuple[Operand, ...] = ("x", "w", "g")
NARROWER = (53, 24, 11, 8, 4)
"""Significant bits of float64, float32, TF32, bfloat16 and the eight-bit types: what operands may be rounded to."""


_TURNS = 4
"""Where a block starts, and which of at most two ways comes first: turns beyond choose the same again."""

Place = tuple[int, int, int] | tuple[()]
"""Of a Recipe: axis, start and block."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the absolute values of one tensor are drawn.

    Those that carry bits are odd, from half of ``many`` up to it; there are none where ``many`` is 0. The others are
    1 to ``few``. Of the axis ``axis``, in blocks of ``block`` elements, every second element from ``start`` carries;
    where it is None, all do.
    """

    few: int
    many: int = 0
    axis: int | None = None
    start: int = 0
    block: int = 0

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
        """Numbers of ``shape``, none of them 0."""
        if not self.many:
            return generator.integers(1, self.few, size=shape, endpoint=True)
        halves = generator.integers(*self.halves, size=shape)
        sizes = 2 * halves + 1
        if self.axis is not None:
            places = self.others(shape)
            self.blocks(sizes)[places] = self.blocks(halves)[places] % self.few + 1
        return sizes

    @property
    def halves(self) -> tuple[int, int]:
        """The odd numbers are ``2 h + 1`` for ``h`` from the first up to, and without, the second."""
        count = (self.many + 1) // 2
        return count // 2, count

    def others(self, shape: tuple[int, ...]) -> tuple[slice, ...]:
        """Where ``blocks`` of a tensor of ``shape`` carries no bits."""
        axis = (self.axis or 0) + (self._blocks(shape) > 1)
        return (*[slice(None)] * axis, slice(1 - self.start, None, 2))

    def blocks(self, tensor: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """A view of ``tensor`` with the axis ``axis`` cut into blocks, if there are several."""
        return tensor.reshape(self.cut(tensor.shape))

    def cut(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of ``blocks``."""
        blocks, axis = self._blocks(shape), self.axis or 0
        return (*shape[:axis], blocks, self.block, *shape[axis + 1 :]) if blocks > 1 else shape

    def _blocks(self, shape: tuple[int, ...]) -> int:
        return shape[self.axis] // self.block if self.axis is not None and self.block else 1


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest absolute products of each two operands, and the largest cotangent, that keep every sum exact.

    They may be 0, where even ones would leave the exact integers. Without ``gradients`` only ``xw`` counts.
    """

    xw: int
    xg: int
    wg: int
    g: int
    gradients: bool = True

    def between(self, one: Operand, other: Operand) -> int:
        """The limit of the products of these two."""
        found: int = getattr(self, "".join(sorted((one, other), key=OPERANDS.index)))
        return found


@dataclass(frozen=True, slots=True)
class Products:
    """How many products meet in an element of the output and of the gradients by kernel and input.

    ``total`` is the number of cotangents in an element of the gradient by a bias; products are multiples of
    ``1 / grain``.
    """

    output: int
    kernel: int
    input: int
    total: int
    grain: int = 1

    def limits(self, dtype: DType, bias: int, *, gradients: bool = True, most: int | None = None) -> Limits:
        """Those in ``dtype``, where ``bias`` is the largest absolute one; there are gradients of floats only.

        Sums reach ``most``, which is None for the exact integers of the dtype that float64 holds too.
        """
        # of complex numbers, two products of parts make one part of the product
        limit = (most or dtype.exact_limit) // self.grain // (2 if dtype.kind == "complex" else 1)
        output = max(limit - bias, 0) // max(self.output, 1)
        if not (gradients and dtype.differentiable):
            return Limits(output, limit, limit, limit, gradients=False)
        kernel, given, total = (limit // max(terms, 1) for terms in (self.kernel, self.input, self.total))
        return Limits(output, kernel, given, total)


@dataclass(frozen=True, slots=True)
class Plan:
    """How each operand is drawn; ``sparse`` are those of which some elements must be zeros for the sums to be exact."""

    recipes: Mapping[Operand, Recipe]
    sparse: frozenset[Operand]


@dataclass(frozen=True, slots=True)
class Channels:
    """Where the channels lie in the tensors: the axes of ``x`` and ``g`` are 1.

    ``inputs`` counts input channels and ``outputs`` the output channels of one group; ``kernel`` are the axes of both
    in ``w``.
    """

    inputs: int
    outputs: int
    kernel: tuple[int, int] = (0, 1)


def limits_of(geometry: Geometry, dtype: DType, bias: int, *, gradients: bool = True) -> Limits:
    """Those of a transposed convolution, whose largest absolute bias is ``bias``, with its ``gradients`` or without."""
    most = dtype.range[1] if dtype.kind == "integer" else None
    return products_of(geometry).limits(dtype, bias, gradients=gradients, most=most)


def products_of(geometry: Geometry) -> Products:
    """How many products meet in the elements of a transposed convolution and of its gradients."""
    height, width = geometry.axes
    taps, pixels = (
        prod(min(size, max(axis.out, 1)) for axis, size in zip(geometry.axes, sizes, strict=True))
        for sizes in ((height.k, width.k), (height.n, width.n))
    )
    return Products(
        output=most_hits(height) * most_hits(width) * (geometry.in_channels // geometry.groups),
        kernel=geometry.batch * pixels,
        input=taps * (geometry.out_channels // geometry.groups),
        total=geometry.batch * height.out * width.out,
    )


def plan(limits: Limits, dtype: DType, turn: int, channels: Channels, given: Mapping[Operand, int]) -> Plan:
    """How to draw the operands that are not ``given``; of these it says the largest absolute value.

    The bits are carried by operands of which they do not fit the widest of the narrower types; ``turn`` decides among
    equals.
    """
    return _plan(limits, dtype, turn % _TURNS, channels, tuple(given.items()))


@lru_cache(maxsize=4096)
def _plan(
    limits: Limits, dtype: DType, turn: int, channels: Channels, literal: tuple[tuple[Operand, int], ...]
) -> Plan:
    """See ``plan``: the cases of a sweep mostly have the limits of others."""
    given = dict(literal)
    drawn = [name for name in OPERANDS if name not in given]
    tiers = _tiers(dtype)
    # without signs, a kernel of ones would not show a flip
    least = 1 if dtype.signed else 2
    ways = _carriers(channels, turn, drawn, differentiable=limits.gradients)
    tried = ((way, _caps(limits, given, way, least)) for way in ways)
    places, best = max(tried, key=lambda pair: max((_tier(cap, tiers) for cap in pair[1].values()), default=0))
    carriers = [name for name in places if _tier(best[name], tiers)]

    def is_enough(few: int) -> bool:
        caps = _caps(limits, given, carriers, few)
        kept = all(_tier(cap, tiers) == _tier(best[name], tiers) for name, cap in caps.items())
        return kept and not any(_beyond(limits, given, few))

    few = next((few for few in range(dtype.reach, least, -1) if is_enough(few)), least)
    many = _caps(limits, given, carriers, few)
    recipes = {
        name: Recipe(few, many.get(name, 0), *(places[name] if len(carriers) > 1 and name in many else ()))
        for name in drawn
    }
    sparse = (_yielding(pair, drawn) for pair in _beyond(limits, given, few))
    return Plan(recipes, frozenset(name for name in sparse if name is not None))


def alone(dtype: DType, most: int) -> Recipe:
    """How to draw an operand that meets no other, of which ``most`` is the largest exact value."""
    return Recipe(max(min(dtype.reach, most), 1), most if _tier(most, _tiers(dtype)) else 0)


def _tiers(dtype: DType) -> list[int]:
    """From where on odd numbers of the upper half do not fit into each of the types that are narrower."""
    return [2 ** (bits + 1) for bits in NARROWER if bits < dtype.exact_limit.bit_length() - 1]


def _carriers(
    channels: Channels, turn: int, drawn: list[Operand], *, differentiable: bool
) -> list[dict[Operand, Place]]:
    """The operands that may carry bits, in the order of choice; where they are two, with axis, start and block."""
    start, choice = turn & 1, turn >> 1
    by_input, by_output = channels.kernel
    ways: list[dict[Operand, Place]] = []
    if "w" in drawn and "x" in drawn and channels.inputs > 1:
        ways.append({"x": (1, start, 0), "w": (by_input, 1 - start, 0)})
    if "w" in drawn and "g" in drawn and channels.outputs > 1 and differentiable:
        ways.append({"w": (by_output, start, 0), "g": (1, 1 - start, channels.outputs)})
    if "x" in drawn and channels.inputs == 1:
        ways.append({"x": ()})
    if "w" in drawn and not ways:
        ways.append({"w": ()})
    first = choice % len(ways) if ways else 0
    return [*ways[first:], *ways[:first]] or [dict.fromkeys(drawn, ())]


def _caps(limits: Limits, given: Mapping[Operand, int], carriers: Iterable[Operand], few: int) -> dict[Operand, int]:
    """What each carrier may reach beside others of ``few``."""
    return {
        name: min(
            *(limits.between(name, other) // max(given.get(other, few), 1) for other in OPERANDS if other != name),
            *([limits.g] if name == "g" else []),
        )
        for name in carriers
    }


def _tier(cap: int, tiers: list[int]) -> int:
    """The widest of the narrower types that odd numbers up to ``cap`` do not fit in, by its tier; 0 if they fit all."""
    return next((tier for tier in tiers if cap >= tier), 0)


def _beyond(limits: Limits, given: Mapping[Operand, int], few: int) -> Iterator[tuple[Operand, ...]]:
    """The operands whose products leave the exact integers though those that are drawn are at most ``few``."""
    sizes = {name: given.get(name, few) for name in OPERANDS}
    for one, other in combinations(OPERANDS, 2):
        if sizes[one] * sizes[other] > limits.between(one, other):
            yield one, other
    if sizes["g"] > limits.g:
        yield ("g",)


def _yielding(pair: tuple[Operand, ...], drawn: list[Operand]) -> Operand | None:
    """Which of a pair gets zeros: the cotangent before the input, the kernel never."""
    return next((name for name in ("g", "x") if name in pair and name in drawn), None)
