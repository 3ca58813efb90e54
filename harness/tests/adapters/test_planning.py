"""An adapter that cannot say a case by a mistake of its own costs one clear verdict each, and no other adapter's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from harness.adapters.planning import malformed
from harness.adapters.program import Program
from harness.core.results import Verdict
from harness.engine.check import plan_checks
from harness.engine.lane import Lane, Settings
from harness.quality.mutant_adapter import Honest
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen
from harness.tests.build import load_cases

SUITE = """\
op: resize2d
suite: S
about: a
defaults: {batch: 1, channels: 1}
cases:
  - {id: double, about: x, input_size: [2, 3], output_size: [4, 6]}
"""
HERE = "harness.tests.adapters.test_planning"


EMPTY: dict[str, Any] = {}


def gives_nothing(case: Any) -> None:
    return None


def raises(case: Any) -> Any:
    return EMPTY[case.id]


class Programs(Honest):
    entry: ClassVar[str] = ""

    def __init__(self):
        self.programs = {"resize2d": self.entry}  # type: ignore[misc]


class NoModule(Programs):
    entry = "harness.no_such_module:program"


class NoFunction(Programs):
    entry = f"{HERE}:program"


class NoEntry(Programs):
    entry = ""


class GivesNothing(Programs):
    entry = f"{HERE}:gives_nothing"


class RaisesKeyError(Programs):
    entry = f"{HERE}:raises"


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        (NoModule, "raised ModuleNotFoundError: No module named 'harness.no_such_module'"),
        (NoFunction, f"raised AttributeError: module '{HERE}' has no attribute 'program'"),
        (NoEntry, "raised ValueError: Empty module name"),
        (GivesNothing, "gave NoneType: expected Program or Inexpressible"),
        (RaisesKeyError, "raised KeyError: 'double' (in raises, test_planning.py:"),
    ],
)
def test_a_wrong_entry_of_programs(adapter, message, tmp_path):
    one = chosen(adapter)
    (row,) = Lane(one, Settings(), KnownDivergences()).run(plan_checks(load_cases(tmp_path, SUITE), [one]))
    assert row.verdict is Verdict.ADAPTER_ERROR
    assert row.message.startswith("the program of resize2d ")
    assert message in row.message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": ("result",)}, "expected 'output' first"),
        ({"outputs": ()}, "expected 'output' first"),
        ({"compute": ["y = x"]}, "has compute = ['y = x']: expected a tuple of strings"),
        ({"tensors": "input"}, "has tensors = 'input': expected a tuple of strings"),
        ({"tensors": ("image",)}, "has the tensor 'image': expected input, kernel, bias"),
        ({"layouts": {"input": ("NCHW", "NCHW")}}, "expected three orders of the same letters"),
        ({"layouts": {"input": ("NCHW", "NCHW", "NHWX")}}, "expected three orders of the same letters"),
    ],
)
def test_a_program_of_which_no_text_can_be_made_is_a_mistake(changes, message):
    right = Program({}, ("input",), ("y = x",))
    assert malformed(right) == ""
    assert message in malformed(replace(right, **changes))
