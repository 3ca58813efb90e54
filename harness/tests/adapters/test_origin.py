"""Whose an error is: compiled code leaves no frame, so that the innermost one is often the adapter's all the same."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pydantic_core
import pytest
import yaml

from harness.adapters.origin import own_mistake
from harness.adapters.text import run_text
from harness.operations.conv_transpose.mutants.base import RefusalError
from harness.quality.mutant_adapter import Honest
from harness.tests.raising import raise_it

FRAMEWORK: Any = pydantic_core
WRITTEN: Any = yaml
PARSE: Any = pydantic_core.from_json  # compiled, of no standard library: it stands for a framework here
HELD: dict[str, Any] = {"parse": PARSE, "partial": partial(PARSE, allow_inf_nan=False), "table": {}}


class Mine(Honest):
    """The code of this module is its own."""

    parse = staticmethod(PARSE)

    def made(self):
        return PARSE

    def keyword(self, *, known=0):
        return known


def text(body):
    lines = ["import pydantic_core", "import yaml", "", "TABLE = {}", "def forward():", f"    {body}"]
    return run_text("\n".join(lines), {})["forward"]


MINE: Any = Mine()
FRAMEWORKS = {
    "its own frame": lambda: WRITTEN.safe_load("["),
    "a function of another module": lambda: raise_it(KeyError("x")),
    "a compiled function": lambda: PARSE("{"),
    "of a module": lambda: FRAMEWORK.from_json("{"),
    "by keywords": lambda: FRAMEWORK.from_json(data="{"),
    "with too few arguments": lambda: PARSE(strict=1),
    "in a container": lambda: HELD["parse"]("{"),
    "with some arguments": lambda: HELD["partial"]("{"),
    "as an attribute": lambda: MINE.parse("{"),
    "of an object that it made": lambda: FRAMEWORK.Url("https://a.b").unicode_string(1),
    "over several lines": lambda: FRAMEWORK.from_json(
        "{",
    ),
    "in a text": text('return pydantic_core.from_json("{")'),
    "its own frame in a text": text('return yaml.safe_load("[")'),
}
MISTAKES = {
    "a key": lambda: HELD["oops"],
    "a key of a text": text('return TABLE["oops"]'),
    "a name": lambda: oops,  # type: ignore[name-defined]  # noqa: F821
    "an attribute of the framework": lambda: FRAMEWORK.oops,
    "an attribute of nothing": lambda: HELD["parse"].oops,
    "an unknown keyword": lambda: MINE.keyword(oops=1),
    "an unknown keyword of the framework": lambda: WRITTEN.safe_load("[", oops=1),
    "too few arguments for the framework": lambda: WRITTEN.load(""),
    "numbers": lambda: 1 / 0,
    "an assertion": lambda: pytest.fail("x") if HELD["table"] else _assert(),
    "raised on purpose": lambda: _raise(ValueError("no")),
    "by NumPy": lambda: np.ones(3).reshape(2),
    "in NumPy's Python": lambda: np.split(np.ones(3), 2),
    "in the standard library": lambda: json.loads("{"),
    "a compiled one of the standard library": lambda: int("x"),
}


def _assert() -> None:
    assert HELD["table"]


def _raise(error):
    raise error


def raised(function):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of every kind
        function()
    return caught.value


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_what_the_framework_raises_is_an_answer(name):
    assert own_mistake(MINE, raised(FRAMEWORKS[name])) == ""


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_adapter_raises_is_its_mistake(name):
    place = own_mistake(MINE, raised(MISTAKES[name]))
    assert place.startswith("in ")
    assert ("test_origin.py:" in place) is ("text" not in name)


def test_what_it_refuses_by_is_an_answer():
    error = raised(partial(_raise, RefusalError("no")))
    assert own_mistake(MINE, error) == ""
