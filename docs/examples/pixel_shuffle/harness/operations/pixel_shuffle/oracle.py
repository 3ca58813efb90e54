"""The reference of pixel shuffling: axes are split, exchanged and joined."""

from __future__ import annotations

from collections.abc import Mapping

from harness.core.case import OutputName
from harness.core.dtypes import DTYPES
from harness.core.reference import ReferenceValues
from harness.operations.integers import Recipe, alone
from harness.operations.oracle import Array, Arrays, Draw, ImageOracle, drawn_input
from harness.operations.pixel_shuffle.case import PixelShuffleCase


def references(case: PixelShuffleCase, arrays: Arrays) -> Mapping[OutputName, ReferenceValues]:
    """``output``, and ``input_grad`` where a cotangent is there."""
    found: dict[OutputName, ReferenceValues] = {"output": ReferenceValues(shuffled(case, arrays["input"]))}
    if "cotangent" in arrays:
        found["input_grad"] = ReferenceValues(unshuffled(case, arrays["cotangent"]))
    return found


def shuffled(case: PixelShuffleCase, x: Array) -> Array:
    """``x`` (N, C r r, H, W) as (N, C, H r, W r)."""
    r, (images, _, height, width) = case.factor, x.shape
    if case.is_block_first:
        blocks = x.reshape(images, r, r, -1, height, width).transpose(0, 3, 4, 1, 5, 2)
    else:
        blocks = x.reshape(images, -1, r, r, height, width).transpose(0, 1, 4, 2, 5, 3)
    return blocks.reshape(images, -1, height * r, width * r)


def unshuffled(case: PixelShuffleCase, g: Array) -> Array:
    """The inverse: ``g`` (N, C, H r, W r) as (N, C r r, H, W)."""
    r, (images, channels, height, width) = case.factor, g.shape
    blocks = g.reshape(images, channels, height // r, r, width // r, r)
    order = (0, 3, 5, 1, 2, 4) if case.is_block_first else (0, 1, 3, 5, 2, 4)
    return blocks.transpose(order).reshape(images, -1, height // r, width // r)


def data(case: PixelShuffleCase, draw: Draw) -> dict[str, Array]:
    """``input`` (N, C r r, H, W): values are only copied, so they may have all bits."""
    return drawn_input(case, draw, DTYPES[case.dtype].exact_limit)


def cotangent(case: PixelShuffleCase) -> Recipe:
    """Copied too."""
    dtype = DTYPES[case.dtype]
    return alone(dtype, dtype.exact_limit)


ORACLE = ImageOracle(data, references, cotangent)
