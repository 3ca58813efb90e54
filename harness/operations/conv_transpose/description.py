"""What the HTML report says about a case: its parameters in the words of its dialect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from harness.core.case import Expect, Pads, Reading, Sizes
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import full_geometry, named_axes
from harness.operations.conv_transpose.overlap import overlap
from harness.operations.conv_transpose.overrides import describe_overrides, objection_to_lists
from harness.operations.conv_transpose.rules import RULES

_MOST_BIASES = 8
_SIDES = ("front", "back", "top", "bottom", "left", "right")
_LONGEST_DRAWN = 1 << 20


def description(case: Case) -> dict[str, Any]:
    """Everything that the page of a case shows of it."""
    return {
        "parameters": parameters(case),
        "readings": readings(case),
        "objection": objection(case),
        "axes": axes(case),
        "unevenness": unevenness(case),
        "nominal": case.nominal,
        "dtype": case.dtype,
    }


def parameters(case: Case) -> list[tuple[str, str]]:
    """Name and value of everything that determines ``case``, in reading order; what is left out is not listed."""
    return [(name, text) for name, text in _parameters(case) if text]


def _parameters(case: Case) -> Iterator[tuple[str, str]]:
    for key in ("dialect", "batch", "in_channels", "out_channels"):
        yield key, str(getattr(case, key))
    for key in ("input_size", "kernel_size", "strides", "dilations"):
        yield key, _sizes(getattr(case, key))
    padding = case.words.padding or ""
    yield "padding", padding if isinstance(padding, str) else _sides(padding)
    for key in ("output_padding", "output_size"):
        yield key, _sizes(getattr(case.words, key) or ())
    yield "groups", str(case.groups)
    yield "bias", _bias(case)
    yield "dtype", case.dtype
    yield "layout", case.layout or ""
    yield "data", "literal input" if case.input else "seeded " + case.data
    if case.kernel is not None:
        yield "kernel", "literal" + (", written rotated by 180°" if case.kernel.rotated else "")
    if case.cotangent is not None:
        yield "cotangent", "literal"
    yield "rule", RULES[case.rule].sentence if case.rule in RULES else ""
    if case.overrides is not None:
        yield "handed over", "; ".join(describe_overrides(case.overrides, unbatched=case.unbatched))
    yield "expected", _expected(case)


def _sizes(sizes: Sizes) -> str:
    return " × ".join(map(str, sizes))


def _sides(pads: Pads) -> str:
    sides = _SIDES[-2 * len(pads) :]
    return ", ".join(f"{side} {count}" for side, count in zip(sides, chain.from_iterable(pads), strict=True))


def _bias(case: Case) -> str:
    if isinstance(case.bias, bool):
        return "yes" if case.bias else "no"
    shown = ", ".join(f"{value:g}" for value in case.bias[:_MOST_BIASES])
    return shown + (", …" if len(case.bias) > _MOST_BIASES else "")


def _expected(case: Case) -> str:
    if case.expect.error:
        return "an error"
    if case.expect.readings:
        return "one of several readings"
    return (
        "literal values, checked against the oracle"
        if case.expect.values or case.expect.gradients
        else "the oracle’s values"
    )


def readings(case: Case) -> list[str]:
    """The admissible readings of an ambiguous case, each with the text that allows it."""
    return [
        f"{one.name}: {'written out' if one.results else _result(one)}. {one.because}" for one in case.expect.readings
    ]


def _result(reading: Reading) -> str:
    return f"crops {_sides(reading.crops)}" if reading.crops else "the call is refused"


def objection(case: Case) -> str:
    """The rule of its dialect that an illegal case breaks, as far as the harness knows it."""
    if not case.expect.error:
        return ""
    try:
        lower(replace(case, expect=Expect()))
    except IllegalCaseError as error:
        return f"not legal in {case.dialect}: {error}"
    if text := objection_to_lists(case):
        return f"not legal in {case.dialect}: {text}"
    return f"against the rule: {RULES[case.rule].sentence}" if case.rule in RULES else ""


def axes(case: Case) -> list[dict[str, Any]]:
    """The axes as numbers; without crops where no single output is right, nothing where no size is."""
    try:
        geometry = full_geometry(case) if case.nominal else lower(case)
    except IllegalCaseError:
        return []
    if case.expect.error and max(axis.full for axis in geometry.axes) > _LONGEST_DRAWN:
        return []
    sizes = ("n", "k", "s", "d", "begin", "end", "full", "out")
    return [{"name": name} | {key: getattr(axis, key) for key in sizes} for name, axis in named_axes(geometry)]


def unevenness(case: Case) -> str:
    """How unevenly the copies of the kernel overlap, where the sizes allow any."""
    try:
        return overlap(full_geometry(case)).words
    except IllegalCaseError:
        return ""
