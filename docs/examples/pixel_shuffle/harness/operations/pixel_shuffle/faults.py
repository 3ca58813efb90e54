"""Ways to be wrong in pixel shuffling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from harness.operations.faults import Fault, of_right, of_tensor
from harness.operations.oracle import Array
from harness.operations.pixel_shuffle.case import PixelShuffleCase
from harness.operations.pixel_shuffle.oracle import references, shuffled, unshuffled
from harness.operations.usual import rolled, usual_faults, without_last

_output = partial(of_tensor, "output", "input")
_gradient = partial(of_tensor, "input_grad", "cotangent")
_right = partial(of_right, references, ["output"])


def _other(case: PixelShuffleCase) -> PixelShuffleCase:
    return replace(case, dialect="pytorch" if case.is_block_first else "tensorflow")


def _exchanged(case: PixelShuffleCase, x: Array) -> Array:
    """Rows and columns within a block: the transpose of what the transposed data give."""
    return shuffled(case, x.swapaxes(2, 3)).swapaxes(2, 3)


def _tiled(case: PixelShuffleCase, x: Array) -> Array:
    """The places of a block stand for parts of the image, not for pixels."""
    r, (images, _, height, width) = case.factor, x.shape
    y = shuffled(case, x).reshape(images, -1, height, r, width, r)
    return y.transpose(0, 1, 3, 2, 5, 4).reshape(images, -1, height * r, width * r)


def _repeated(case: PixelShuffleCase, x: Array) -> Array:
    channels = case.channels // case.factor**2
    return np.repeat(np.repeat(x[:, :channels], case.factor, axis=2), case.factor, axis=3)


FAULTS: Sequence[Fault] = (
    Fault("other-order", "the channels are those of the other dialect", _output(lambda c, x: shuffled(_other(c), x))),
    Fault("exchanged", "rows and columns of a block are exchanged", _output(_exchanged)),
    Fault("tiled", "the image is made of small images, not of blocks", _output(_tiled)),
    Fault("shifted-down", "the output is moved down by one", _right(rolled(1, 0))),
    Fault("shifted-right", "the output is moved right by one", _right(rolled(0, 1))),
    Fault("last-row-zero", "the last row is zero", _right(without_last(2))),
    Fault("last-column-zero", "the last column is zero", _right(without_last(3))),
    Fault("repeated", "every channel is repeated over its block", _output(_repeated)),
    Fault(
        "gradient-other-order",
        "the gradient puts channels back as in the other dialect",
        _gradient(lambda c, g: unshuffled(_other(c), g)),
    ),
    Fault("gradient-negated", "the gradient has the other sign", of_right(references, ["input_grad"], np.negative)),
    Fault("refuses-odd-factors", "odd factors are refused", refuses=lambda case: case.factor % 2 == 1),
    Fault("accepts-a-remainder", "channels that fill no block are left out", accepts=lambda case: case.factor > 1),
    *usual_faults(references),
)
