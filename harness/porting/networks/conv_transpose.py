"""Transposed convolutions of a network, read and made by what translates single layers; no formula is written here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.case import DTypeName, pair
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.porting.layers.code import make_layer
from harness.porting.layers.layer import Framework, Layer, TranslationError, crops_of
from harness.porting.layers.live_layers import MARK, planner, read_live
from harness.porting.layers.translation import WRITERS, draft_of, tried_probes
from harness.porting.networks.graph import ConvTranspose2d

Read = tuple[ConvTranspose2d, dict[str, Array]]


def read_transposed(layer: Any) -> Read:
    """The operation and the weights, by role, of a live layer, or of what a translation composed.

    Raises TranslationError and IllegalCaseError, see harness.porting.layers.
    """
    live = read_live(layer)
    case = live.case
    if case.layout != ("NCHW" if live.owner == "pytorch" else "NHWC"):
        raise TranslationError(f"it reads {case.layout}, which is not the usual layout of its framework")
    described = Layer(case, live.owner, type(layer).__name__)
    have = described.kernel_layout
    kernel = np.ascontiguousarray(live.kernel.transpose([have.index(letter) for letter in "IOHW"]))
    operation = ConvTranspose2d(
        case.in_channels,
        case.out_channels,
        pair(case.kernel_size),
        pair(case.strides),
        pair(case.dilations),
        case.groups,
        crops_of(described),
    )
    return operation, {"kernel": kernel} | ({} if live.bias is None else {"bias": np.array(live.bias)})


def is_one_layer(layer: Any) -> bool:
    """Whether a composed layer can be read as one transposed convolution."""
    try:
        read_transposed(layer)
    except (TranslationError, IllegalCaseError):
        return False
    return True


def make_transposed(
    operation: ConvTranspose2d, kernel: Array, bias: Array | None, to: Framework, dtype: DTypeName
) -> Any:
    """A live layer of ``to`` in its usual layout; a Sequential or a model where it is composed.

    Raises TranslationError where the framework cannot state it.
    """
    case = operation.case((1, 1, 1), dtype, bias=bias is not None)
    layer = Layer(case, None, "a layer")
    draft = draft_of(layer, to, tried_probes(layer), planner(to))
    made = make_layer("\n".join(WRITERS[to](draft)), kernel, bias)
    if to == "tensorflow":
        setattr(made, MARK, replace(case, layout=draft.expression.data_layout))
    return made
