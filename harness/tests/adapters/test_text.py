"""The texts of all programs: Python that a linter passes, and the same results with the parameters written out."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from harness.adapters import choose
from harness.adapters.program import Program
from harness.adapters.text import run_text, text_of
from harness.adapters.written_out import literal, written_out
from harness.core.case import GRADIENTS
from harness.core.tensors import same_bits
from harness.engine.check import plan_checks
from harness.operations import operation_of
from harness.suites.known_divergences import known_beside
from harness.suites.selection import select


def programs(names=()):
    """One check for each distinct text of the corpus, with the text and whether it is that of the gradients.

    None of them is listed to end its process here, which would be that of the tests.
    """
    found: dict[str, Any] = {}
    selection = select([])
    known = known_beside(selection.folders)
    for check in plan_checks(selection.cases(), choose(names)):
        if isinstance(check.plan, Program) and not known.isolates(check.case, check.chosen.name):
            for gradient in (False, True)[: 1 + bool(set(GRADIENTS) & set(check.outputs))]:
                text = text_of(check.plan, check.chosen.adapter.runtime, gradient=gradient)
                found.setdefault(text, (check, gradient))
    return found


def test_every_distinct_text_is_python_in_which_ruff_finds_no_mistake(tmp_path):
    found = programs()
    assert len(found) > 200
    for number, (text, (check, _)) in enumerate(found.items()):
        lines = [f"{name} = None" for name in check.plan.handed]
        lines += [f"import {module}" for module in ("numpy as np", "ml_dtypes") if f"{module.split()[-1]}." in text]
        for kind, one in (("handed", "\n".join([*lines, text])), ("written", written_out(text, check.plan.handed))):
            compile(one, kind, "exec")
            (tmp_path / f"{kind}{number}.py").write_text(one + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F,E9", str(tmp_path)]
    found_none = subprocess.run(
        [*command, "--config", 'builtins = ["np", "ml_dtypes"]'], check=False, capture_output=True
    )
    assert found_none.returncode == 0, found_none.stdout.decode()[:3000]


@pytest.mark.filterwarnings("ignore")  # which some are given once in a process
@pytest.mark.xdist_group("pytorch")
@pytest.mark.parametrize("name", ["pytorch", "pytorch:functional", "published-numpy"])
def test_a_text_gives_the_same_with_its_parameters_written_out(name):
    torch = pytest.importorskip("torch")
    tried = 0
    with torch.set_grad_enabled(False):
        for text, (check, gradient) in programs([name]).items():
            program, arrays = check.plan, operation_of(check.case).oracle.prepare(check.case).tensors.named
            given = [arrays[one] for one in (*program.given, *(["cotangent"] if gradient else []))]
            handed = outcome(run_text(text, program.handed), given)
            written = outcome(run_text(written_out(text, program.handed), {}), given)
            assert handed.keys() == written.keys()
            assert all(same_bits(one, written[key]) for key, one in handed.items()), check.case.name
            tried += 1
    assert tried > (30 if "pytorch" in name else 0)


def outcome(functions, arrays):
    """The results of a call on copies of ``arrays``, as arrays, or its error's message."""
    copies = [array.copy() for array in arrays]
    try:
        return functions["prepare"](*(functions["arrange"](*copies) if "arrange" in functions else copies))()
    except Exception as error:
        return {"error": np.array(str(error))}


@pytest.mark.parametrize(
    ("text", "handed"),
    [
        ("y = [x for x in values]", {"x": 3, "values": (1, 2)}),
        ("y = low + limit", {"low": -np.inf, "limit": np.float32(1).item()}),
        ("y = np.add(bias, 1)", {"bias": np.ones(2, np.float32)}),
        ("y = call['a']", {"call": {"a": (float("inf"),)}}),
        ("def f():\n    k = 3\n    return k\ny = (f(), k)", {"k": 2}),
        ("def f(k):\n    return 1, k\ny = f(*k)", {"k": (2,)}),
        ("def f(x):\n    k = x\n    return k * 2\ny = f(1) * factor", {"k": 5, "factor": 3}),
        ("from math import pi as k\ny = k", {"k": 5}),
        ("table = {'big k here': 1}\ny = table.get('big k here', k)", {"k": 5}),
        ("y = 'a, ), b'.join(dict(**call, a='1'))", {"call": {}}),
        ("y = f'{k}'", {"k": 5}),
        ("y = k ** 2", {"k": -5}),
        ("y = k.real", {"k": 5}),
        ("y = {**call}['a']", {"call": {"a": 1}}),
        ("y = {'a': 1, **call}['a']", {"call": {"a": 2}}),
        ("call['a'] = 3\ny = call['a']", {"call": {"a": 2}}),
        ("y = [1, 2, 3, 4][part]", {"part": slice(None, None, 2)}),
        ("y = [1, 2, 3, 4][(part)]", {"part": slice(1, 3)}),
        ("y = call.get('b', 4)", {"call": {"a": 2}}),
        ("y = 'é' * k + str(k)", {"k": 2}),
        ("y = (" + " + ".join(["k"] * 60) + ")", {"k": 2}),
        ("y = max(k for _ in range(3) if '" + "a, " * 40 + "')", {"k": 2}),
        ("y = max(\n    k,\n    call[\n        'a'\n    ],\n)", {"k": 2, "call": {"a": 7}}),
    ],
)
def test_what_is_written_out_gives_the_same(text, handed):
    names = {"np": np}
    exec(written_out(text, copy.deepcopy(handed)), names)
    np.testing.assert_array_equal(names["y"], run_text(text, handed)["y"])


def test_numbers_that_are_not_finite_are_written_as_python():
    assert literal({"a": [float("nan"), (1.5,)]}) == "{'a': [float(\"nan\"), (1.5,)]}"
