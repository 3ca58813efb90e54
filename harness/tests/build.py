"""Short ways to write cases, geometries and suites in tests."""

from typing import Any

from harness.core.results import Row
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.suites.registry import load_suites

_WORDS = ("padding", "output_padding", "output_size")
_PAIRS = ("input_size", "kernel_size", "strides", "dilations", "output_padding", "output_size")
_DEFAULTS: dict[str, Any] = {
    "suite": "suite",
    "id": "case",
    "about": "a case",
    "dialect": "canonical",
    "batch": 1,
    "in_channels": 1,
    "out_channels": 1,
    "input_size": 3,
    "kernel_size": 3,
}


def pair(value):
    return (value, value) if isinstance(value, int) else value


def make_case(**keys):
    """A Case; an integer means both axes, an integer padding all four sides."""
    values = _DEFAULTS | keys
    values |= {key: pair(values[key]) for key in _PAIRS if key in values}
    words: dict[str, Any] = {key: values.pop(key) for key in _WORDS if key in values}
    if isinstance(words.get("padding"), int):
        words["padding"] = (pair(words["padding"]),) * 2
    return Case(words=Words(**words), **values)


def make_geometry(height, width=None, batch=1, in_channels=1, out_channels=1, groups=1):
    """A Geometry from (n, k, s, d, begin, end) for each axis, trailing crops left out at will."""
    return Geometry((Axis(*height), Axis(*(width or height))), batch, in_channels, out_channels, groups)


def write_suite(folder, text, name="suite.yaml"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load_cases(folder, text, name="suite.yaml"):
    """All cases of one suite, given as text."""
    return [case for suite in load_suites([write_suite(folder, text, name)]) for case in suite.cases()]


def make_row(case, verdict, adapter="torch", **rest):
    """A report row, native and eager, observed as judged unless said otherwise."""
    values = {
        "mode": "eager",
        "output": "output",
        "route": "native",
        "observed": verdict,
        "error_over_bound": None,
        "ulps": None,
        "message": f"message of {case}",
        "diagnosis": "",
        "repeat": f"harness run cases/s.yaml::{case.partition('/')[2]} -a {adapter}",
    }
    return Row(case=case, adapter=adapter, verdict=verdict, **(values | rest))
