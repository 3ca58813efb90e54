"""Ways to be wrong that any operation may have: other values, data in another order, operands of fewer bits.

Each is made of the operation's own reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from harness.core.case import GRADIENTS, OutputName
from harness.operations.conv_transpose.faults.roundings import cut_bits, round_bits
from harness.operations.faults import Answer, Change, Fault, References, of_right
from harness.operations.oracle import Array, Arrays

VALUES: tuple[tuple[str, str, Change], ...] = (
    ("doubled", "the result is doubled", lambda y: 2 * y),
    ("halved", "the result is halved", lambda y: y / 2),
    ("negated", "the result has the other sign", lambda y: -y),
    ("relu", "negative results are zero", lambda y: np.maximum(y, 0)),
    ("first-of-batch", "every image is the first of the batch", lambda y: np.repeat(y[:1], len(y), axis=0)),
    ("channels-reversed", "the channels come in reverse order", lambda y: y[:, ::-1]),
    ("batch-reversed", "the elements of the batch are in reverse order", lambda y: y[::-1]),
)
"""What may be done to an output, (N, C, H, W)."""
INPUTS: tuple[tuple[str, str, Change], ...] = (
    ("data-flipped-in-height", "the data are flipped in height", lambda x: x[:, :, ::-1]),
    ("data-flipped-in-width", "the data are flipped in width", lambda x: x[..., ::-1]),
    ("data-rotated", "the data are rotated by 180 degrees", lambda x: x[:, :, ::-1, ::-1]),
)
OPERANDS: tuple[tuple[str, str, Change], ...] = (
    ("operands-rounded(tf32)", "everything given is rounded to tf32", partial(round_bits, bits=11)),
    ("operands-rounded(bfloat16)", "everything given is rounded to bfloat16", partial(round_bits, bits=8)),
    ("operands-truncated(bfloat16)", "everything given is cut off to bfloat16", partial(cut_bits, bits=8)),
)


def rolled(rows: int, columns: int) -> Change:
    """Moved down and to the right, around the ends."""
    return lambda y: np.roll(y, (rows, columns), axis=(2, 3))


def without_last(axis: int) -> Change:
    """Zeros in the last row (2) or column (3)."""

    def change(y: Array) -> Array:
        kept = y.copy()
        np.moveaxis(kept, axis, 0)[-1] = 0
        return kept

    return change


def usual_faults(references: References, *without: str) -> Iterator[Fault]:
    """Those of an operation with these right answers: of its output, its input, and all that it is given.

    ``without`` are names of faults that the operation has under a name of its own, or that change nothing in it.
    """
    found = [Fault(name, text, of_right(references, ["output"], change)) for name, text, change in VALUES]
    found.append(Fault("gradient-doubled", "the gradient is doubled", of_right(references, GRADIENTS, lambda g: 2 * g)))
    found += [Fault(name, text, _given(references, change, {"input"})) for name, text, change in INPUTS]
    found += [Fault(name, text, _given(references, change)) for name, text, change in OPERANDS]
    yield from (fault for fault in found if fault.name not in without)


def _given(references: References, change: Change, names: set[str] | None = None) -> Answer:
    """The tensors called ``names``, or all but indices, are others; gradients are taken by what is given."""

    def answer(case: Any, arrays: Arrays) -> Mapping[OutputName, Array]:
        changed = {
            name: change(one) if one.dtype.kind == "f" and (names is None or name in names) else one
            for name, one in arrays.items()
        }
        right = references(case, changed)
        return {name: one.output for name, one in right.items() if names is None or name == "output"}

    return answer
