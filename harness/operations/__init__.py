"""The operations, found by the name that a suite gives in ``op``.

Registry, engine, comparator, reports and fronts take from the operation what they must know, and know none themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.core.case import AnyCase

if TYPE_CHECKING:  # a worker needs cases, but neither forms nor what reads them
    from harness.operations.base import Operation

DEFAULT = "conv_transpose2d"
OPERATIONS: dict[str, str] = {
    DEFAULT: "harness.operations.conv_transpose.operation:ConvTranspose2d",
    "avg_unpool2d": "harness.operations.avg_unpool2d:AvgUnpool2d",
    "max_pool2d_with_indices": "harness.operations.max_pool2d_with_indices:MaxPool2dWithIndices",
    "max_unpool2d": "harness.operations.max_unpool2d:MaxUnpool2d",
    "resize2d": "harness.operations.resize2d:Resize2d",
    "resize_conv2d": "harness.operations.resize_conv2d:ResizeConv2d",
}
"""Name and ``module:Class`` of each operation; each is imported when it is first used."""


@cache
def operation(name: str) -> Operation:
    """The operation called ``name``; raises KeyError where there is none."""
    module, _, attribute = OPERATIONS[name].partition(":")
    made: Operation = getattr(import_module(module), attribute)()
    return made


def operation_of(case: AnyCase) -> Operation:
    """The operation that ``case`` is one of."""
    return operation(case.op)


def suite_json_schema(examples: Iterable[str]) -> dict[str, Any]:
    """JSON Schema of a suite file, for editors: that of the operation that ``op`` names.

    ``examples`` are those that an entry may name.
    """
    from pydantic.json_schema import models_json_schema

    forms = {name: operation(name).form for name in OPERATIONS}
    places, whole = models_json_schema([(form, "validation") for form in forms.values()])
    _order_choices(whole)
    for entry in whole["$defs"].values():
        if named := entry.get("properties", {}).get("examples"):
            named["items"] = {"enum": list(examples)}
    chosen: Any = places[forms[DEFAULT], "validation"]
    for name in sorted(set(OPERATIONS) - {DEFAULT}, reverse=True):
        condition = {"properties": {"op": {"const": name}}, "required": ["op"]}
        chosen = {"if": condition, "then": places[forms[name], "validation"], "else": chosen}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, **chosen}


def _order_choices(node: Any) -> None:
    """Sort each ``enum``: two types of the same words have the order of the one that was imported first."""
    if isinstance(node, dict) and isinstance(node.get("enum"), list):
        node["enum"].sort()
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _order_choices(one)
