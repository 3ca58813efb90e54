"""What the keys of a suite hold: a strict form, and the fields of sizes, pads and biases."""

from __future__ import annotations

import sys
from typing import Annotated, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.core.case import PaddingName, Pads, Pair
from harness.core.errors import near_name

PADDING_NAMES = get_args(PaddingName)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _to_pair(value: object) -> object:
    if _is_int(value):
        return (value, value)
    if isinstance(value, list) and len(value) == 2 and all(map(_is_int, value)):
        return tuple(value)
    raise PydanticCustomError(
        "pair", "expected an integer or a pair [height, width]", {"hint": "for example 2, or [2, 1]"}
    )


def _to_padding(value: object) -> object:
    if value in PADDING_NAMES or _is_int(value):
        return value if isinstance(value, str) else ((value, value), (value, value))
    if isinstance(value, list) and len(value) == 2:
        try:
            return tuple(_to_pair(side) for side in value)
        except PydanticCustomError:
            pass
    if value == "circular":
        message = "no dialect has a transposed convolution, a pooling or an unpooling that pads circularly"
        raise PydanticCustomError("padding", message, {"hint": "op: resize_conv2d has padding_mode: circular"})
    names = ", ".join(PADDING_NAMES)
    raise PydanticCustomError(
        "padding",
        f"expected {names}, an integer, or [height, width] of integers or [before, after] pairs",
        {"hint": near_name(value, PADDING_NAMES, "for example same, 1, [1, 2], or [[0, 1], [1, 0]]")},
    )


_INTEGER = {"type": "integer"}
_PAIR = {"type": "array", "items": _INTEGER, "minItems": 2, "maxItems": 2}
_INT_OR_PAIR = {"anyOf": [_INTEGER, _PAIR]}
_PADDING = {
    "anyOf": [
        {"enum": list(PADDING_NAMES)},
        _INTEGER,
        {"type": "array", "items": _INT_OR_PAIR, "minItems": 2, "maxItems": 2},
    ]
}
PairField = Annotated[Pair, BeforeValidator(_to_pair), WithJsonSchema(_INT_OR_PAIR)]
PaddingField = Annotated[PaddingName | Pads, BeforeValidator(_to_padding), WithJsonSchema(_PADDING)]


def is_number(value: object) -> bool:
    """Whether a float can hold ``value``: integers of YAML have any length."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= sys.float_info.max
    return isinstance(value, float)


class Form(BaseModel):
    """Strict: no unknown keys, no silent conversions."""

    model_config = ConfigDict(defer_build=True, extra="forbid", strict=True, frozen=True)
