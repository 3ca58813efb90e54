"""How an axis is cut into blocks, so that matrix products can make its part of the operation.

A block looks at the input through ``Q`` windows of ``M`` elements and has ``R`` landings in the output; a tap carries
each window to each landing. Three ways to cut an axis:

``whole``   one window, the input itself, and a landing for each tap; landings may meet (the column form)
``phases``  a landing for each residue of the stride, the windows shifted against one another; nothing meets (Shi et
            al., *Is the deconvolution layer the same as a convolutional layer?*, 2016)
``single``  a block for each tap, of exactly the elements that meet: no zero is multiplied by anything
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.operations.conv_transpose.geometry import Axis

Landing = tuple[slice, slice]
"""Which elements of a window, and where in the output they land."""
NOWHERE: Landing = (slice(0, 0), slice(0, 0))


@dataclass(frozen=True, slots=True)
class Block:
    """One part of an axis: ``taps[r][q]`` carries window ``q`` to landing ``r``.

    ``starts`` are the input elements that stand first in the windows, which may lie before the input or reach beyond
    it: there they hold zeros. ``length`` is M.
    """

    taps: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    length: int
    landings: tuple[Landing, ...]
    meet: bool


Cut = Callable[[Axis], list[Block]]


def whole(axis: Axis) -> list[Block]:
    """One block: the input as it is, and every tap."""
    residues = {tap * axis.d % axis.s for tap in range(axis.k)}
    taps = tuple((tap,) for tap in range(axis.k))
    return [Block(taps, (0,), axis.n, tuple(_meetings(axis)), len(residues) < axis.k)]


def single(axis: Axis) -> list[Block]:
    """A block for each tap that reaches the output."""
    blocks = []
    for tap, (here, there) in enumerate(_meetings(axis)):
        count = here.stop - here.start
        if count:
            blocks.append(Block(((tap,),), (here.start,), count, ((slice(0, count), there),), meet=True))
    return blocks


def phases(axis: Axis) -> list[Block]:
    """A block for all residues of the stride whose taps look at the input through the same windows."""
    taps: dict[int, list[tuple[int, int]]] = {}
    for tap in range(axis.k):
        shift, residue = divmod(tap * axis.d, axis.s)
        taps.setdefault(residue, []).append((shift, tap))
    alike: dict[tuple[int, ...], list[int]] = {}
    for residue, shifted in taps.items():
        alike.setdefault(tuple(shift for shift, _ in shifted), []).append(residue)
    blocks = (_phase_block(axis, shifts, sorted(residues), taps) for shifts, residues in alike.items())
    return [block for block in blocks if block.length > 0]


def _phase_block(
    axis: Axis, shifts: tuple[int, ...], residues: list[int], taps: dict[int, list[tuple[int, int]]]
) -> Block:
    reach = (shifts[0], axis.n + shifts[-1]) if axis.n else (0, 0)
    spans = {r: _clipped(reach, (axis.begin - r, axis.begin + axis.out - r), axis.s) for r in residues}
    kept = [r for r in residues if spans[r][0] < spans[r][1]]
    first = min((spans[r][0] for r in kept), default=0)
    last = max((spans[r][1] for r in kept), default=0)
    landings = []
    for r in kept:
        lo, hi = spans[r]
        start = lo * axis.s + r - axis.begin
        landings.append((slice(lo - first, hi - first), slice(start, start + (hi - lo - 1) * axis.s + 1, axis.s)))
    carried = tuple(tuple(tap for _, tap in taps[r]) for r in kept)
    return Block(carried, tuple(first - shift for shift in shifts), last - first, tuple(landings), meet=False)


def _clipped(reach: tuple[int, int], places: tuple[int, int], stride: int) -> tuple[int, int]:
    """The part of ``reach`` whose elements, a stride apart, land in ``places``."""
    first, beyond = (-(-place // stride) for place in places)
    return max(reach[0], first), min(reach[1], beyond)


def _meetings(axis: Axis) -> Iterator[Landing]:
    """For each tap, the input elements that it carries into the output, and where these land there."""
    size, stride = axis.out, axis.s
    for tap in range(axis.k):
        offset = tap * axis.d - axis.begin
        first = -(offset // stride) if offset < 0 else 0
        beyond = min(axis.n, (size - 1 - offset) // stride + 1)
        start = first * stride + offset
        if first < beyond:
            yield slice(first, beyond), slice(start, start + (beyond - first - 1) * stride + 1, stride)
        else:
            yield NOWHERE
