"""Input data read in another order, and tensors rounded to a narrower type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from harness.faults.fault import Fault, refit
from harness.geometry import Geometry
from harness.oracle import Float64Array, Reference

NARROW = {"float32": 24, "tf32 or float16": 11, "bfloat16": 8}
"""Significant bits of the types that products are rounded to, widest first."""


def data_faults(geometry: Geometry) -> Iterator[Fault]:
    """Faults of the input's layout and axes."""
    channels, height, width = geometry.in_channels, geometry.height.n, geometry.width.n
    if channels > 1 and height * width > 1:
        text = "the data are read in the other layout without being transposed"
        yield _data("data-in-the-other-layout", f"{text}, channels last for channels first", _read_as_last, common=True)
        yield _data("data-in-the-other-layout(NHWC)", f"{text}, channels first for channels last", _read_as_first)
    if max(height, width) > 1:
        yield Fault("data-axes-swapped", "height and width of the data are swapped", edit=_swap_axes)


def rounding_faults() -> Iterator[Fault]:
    """Input and kernel rounded to a narrower type, the sums as wide as they should be."""
    for name, bits in NARROW.items():
        text = f"input and kernel are rounded to {name}"
        yield Fault(f"data-rounded({name})", text, edit=_round_to(bits))


def round_bits(values: Float64Array, bits: int) -> Float64Array:
    """``values`` rounded to ``bits`` significant bits, ties to even; the range of exponents stays that of float64."""
    with np.errstate(invalid="ignore"):
        mantissa, exponent = np.frexp(values)
        rounded: Float64Array = np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)
    return np.where(np.isfinite(values), rounded, values)


def _round_to(bits: int) -> Callable[[Reference], Reference]:
    return lambda r: replace(r, x=round_bits(r.x, bits), w=round_bits(r.w, bits))


def _data(name: str, text: str, change: Callable[[Float64Array], Float64Array], *, common: bool = False) -> Fault:
    return Fault(name, text, edit=lambda r: replace(r, x=change(r.x)), common=common)


def _read_as_last(x: Float64Array) -> Float64Array:
    batch, channels, height, width = x.shape
    return np.ascontiguousarray(x).reshape(batch, height, width, channels).transpose(0, 3, 1, 2)


def _read_as_first(x: Float64Array) -> Float64Array:
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(x.shape)


def _swap_axes(r: Reference) -> Reference:
    height, width = r.geometry.axes
    changed = replace(r.geometry, height=replace(height, n=width.n), width=replace(width, n=height.n))
    return replace(r, geometry=refit(changed, height.begin, width.begin, r.geometry), x=r.x.swapaxes(2, 3))
