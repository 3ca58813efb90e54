"""Scripts are run, for every adapter over every route and verdict, and must end as the harness judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import Chosen, available, choose
from harness.adapters.plan import Plan
from harness.adapters.source import Source
from harness.adapters.tensorflow import TensorFlow
from harness.case import Expect, Given, Reading, Words
from harness.check import Check, plan_check
from harness.errors import BadInputError
from harness.known import KnownDivergences
from harness.lane import Lane, Settings
from harness.liars.honest import Honest
from harness.results import Verdict
from harness.script import render_script
from harness.selection import select
from harness.tests.build import make_case
from harness.tests.script import runner

OWN = sorted(name for name, target in available().items() if target.startswith("harness.adapters."))


def features(check):
    """What a script may be made of; one script for each set of them is run."""
    case, plan = check.case, check.plan
    sides = [side for pads in plan.crop for side in pads]
    return (
        plan.route,
        "readings" if case.expect.readings else "error" if case.expect.error else case.data,
        plan.splits > 1,
        min(sides) < 0,
        max(sides) > 0,
        plan.bias,
        plan.given_layout != plan.data_layout,
        case.suite == "reported_divergences",
        case.dtype in {"bfloat16", "int64", "int32"},
    )


def few_features(check):
    """Of another way to run a framework already seen: what differs in the script."""
    case = check.case
    return (check.plan.route, case.expect.error, bool(case.expect.readings), case.data, case.dtype == "bfloat16")


def told_apart(chosen):
    """A check for each set of features that the shipped cases have; of a variant that is named by no name, a few."""
    adapter = chosen.adapter
    if adapter.variant and adapter.suites:
        chosen = replace(chosen, asked_by_name=False)
    found: dict[tuple[object, ...], Check] = {}
    for case in select([]).cases():
        check = plan_check(case, chosen)
        if check is None or not isinstance(check.plan, Plan) or (adapter.shape_only and not case.expect.error):
            continue
        if adapter.variant and adapter.suites:
            found.setdefault(few_features(check), check)
        else:
            found.setdefault((*features(check), case.id.partition("[")[0] if case.nominal else ""), check)
    return list(found.values())


@pytest.mark.parametrize("name", OWN)
def test_each_script_ends_as_its_check_was_judged(name, tmp_path):
    (chosen,) = choose([name])
    checks = told_apart(chosen)
    rows = judged(chosen, checks)
    if {row.verdict for row in rows} == {Verdict.UNAVAILABLE}:
        pytest.skip(f"{name} is not installed")
    paths = []
    for index, check in enumerate(checks):
        paths.append(tmp_path / f"{index}.py")
        paths[-1].write_text(render_script(check), encoding="utf-8")
    assert len(rows) >= 1
    deadly = [path for path, row in zip(paths, rows, strict=True) if row.observed is Verdict.CRASHES]
    assert all(run_alone(path) < 0 for path in deadly)
    rows = [row for row in rows if row.observed is not Verdict.CRASHES]
    ends = run_scripts([path for path in paths if path not in deadly])
    for row, (code, printed) in zip(rows, ends, strict=True):
        assert code == (0 if row.observed.conforms else 1), (
            f"{row.case}: {row.observed}, but the script says\n{printed}"
        )


def checked(case, adapter):
    check = plan_check(case, Chosen(adapter, "", asked_by_name=True))
    assert check is not None
    return check


def judged(chosen, checks):
    lane = Lane(chosen, Settings(), KnownDivergences([]))
    try:
        by_case = {row.case: row for row in lane.run(checks) if row.output in {"output", "shape"}}
    finally:
        lane.close()
    return [by_case[check.case.name] for check in checks]


def run_alone(path):
    command = [sys.executable, path.name]
    return subprocess.run(command, cwd=path.parent, capture_output=True, timeout=120, check=False).returncode


def run_scripts(paths):
    """How each script ends, all run in one process from their own folder, which sees no harness."""
    command = [sys.executable, runner.__file__, *[path.name for path in paths]]
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS", "TF_"))}
    done = subprocess.run(
        command, cwd=paths[0].parent, capture_output=True, text=True, env=keep, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


class Lying(Honest):
    """An adapter's source, of which the test writes the body."""

    def __init__(self, *body):
        self.body = body

    def plan(self, case, geometry):
        return Plan("native", {}, "NCHW", "IOHW", "NCHW", bias="native" if case.bias else "none")

    def source(self, call, dtype, *, bias):
        return Source((), self.body, {}, ("np.__version__",), "calls = []")


RIGHT = "return conv_transpose(data, kernel, bias, crops).astype(np.float32)"
CASE = make_case(dialect="pytorch", strides=(2, 1), bias=True, padding=((1, 1), (0, 0)))
ILLEGAL = replace(CASE, words=Words(output_padding=(5, 5)), expect=Expect(error=True))
READINGS = replace(
    CASE, expect=Expect(readings=(Reading("begin", "", ((1, 0), (0, 0))), Reading("end", "", ((0, 1), (0, 0)))))
)
REFUSABLE = replace(CASE, expect=Expect(readings=(Reading("refuse", ""), Reading("end", "", ((0, 1), (0, 0))))))
BEGIN = "return conv_transpose(data, kernel, bias, ((1, 0), (0, 0))).astype(np.float32)"


@pytest.mark.parametrize(
    ("case", "body", "code", "words"),
    [
        (CASE, (RIGHT,), 0, "0 of"),
        (replace(CASE, data="real"), (RIGHT,), 0, "largest error / bound"),
        (replace(CASE, data="real"), (RIGHT + " * np.float32(1.0001)",), 1, "elements differ"),
        (CASE, (RIGHT + " + np.float32(1)",), 1, "elements differ"),
        (
            CASE,
            ("return conv_transpose(data, kernel, bias, crops)[:, :, 1:].astype(np.float32)",),
            1,
            "differs: float32 (",
        ),
        (CASE, ("return conv_transpose(data, kernel, bias, crops)",), 1, "differs: float64"),
        (CASE, ("calls.append(1)", RIGHT + " + np.float32(len(calls) // 2)"), 1, "second run"),
        (CASE, ("raise NotImplementedError('not today')",), 1, "NotImplementedError: not today"),
        (
            CASE,
            ("y = conv_transpose(data, kernel, bias, crops).astype(np.float32)", "y[0, 0, 0, 0] = np.nan", "return y"),
            1,
            "1 of",
        ),
        (ILLEGAL, ("raise ValueError('too much')",), 0, "ValueError: too much"),
        (ILLEGAL, ("return np.zeros((1, 1, 1, 1), np.float32)",), 1, "actual: an array"),
        (READINGS, (BEGIN,), 0, "this is begin"),
        (READINGS, ("return np.zeros((1, 1, 1, 1), np.float32)",), 1, "none of them"),
        (READINGS, ("raise ValueError('no')",), 1, "ValueError"),
        (REFUSABLE, ("raise ValueError('no')",), 0, "ValueError"),
        (REFUSABLE, (BEGIN,), 1, "none of them"),
    ],
)
def test_a_script_ends_with_1_exactly_where_the_outcome_is_wrong(case, body, code, words, tmp_path):
    check = checked(case, Lying(*body))
    path = tmp_path / "script.py"
    path.write_text(render_script(check), encoding="utf-8")
    ended, printed = runner.run(str(path))
    assert ended == code, printed
    assert words in printed


def test_the_reference_in_a_script_is_the_oracle(tmp_path):
    """Over every shape of case: what a script calls expected is what the harness expects."""
    from harness.data import make_tensors
    from harness.dialects import lower

    tried = 0
    for case in (case for case in select([]).cases() if not case.nominal and not case.given):
        check = checked(case, Lying("return None"))
        if not isinstance(check.plan, Plan):
            continue
        text = render_script(check).partition("\nrounded = ")[0]
        names: dict[str, Any] = {}
        with np.errstate(all="ignore"):
            exec(text.replace("import sys\n", ""), names)
        geometry = lower(case)
        tensors = make_tensors(case, geometry)
        assert names["x"].tobytes() == tensors.x.tobytes()
        assert names["w"].tobytes() == tensors.w.tobytes()
        if case.data == "integers":
            assert np.array_equal(names["expected"], tensors.reference(geometry).output, equal_nan=True), case.name
        tried += 1
    assert tried > 600


def test_a_case_that_cannot_be_said_has_no_script_and_the_reason_is_given():
    case = make_case(dialect="canonical", dilations=(2, 1), strides=(2, 2))
    check = checked(case, choose(["keras"])[0].adapter)
    with pytest.raises(BadInputError, match="Keras documents strides > 1"):
        render_script(check)


def test_words_of_a_case_cannot_leave_their_comment():
    case = replace(CASE, about='first\nimport os; os.abort()\r"""\u2028raise', source="a\nb")
    text = render_script(checked(case, Lying(RIGHT)))
    head = text.partition("\nimport sys")[0]
    assert all(line.startswith("#") for line in head.splitlines())


def test_a_script_is_the_same_text_every_time():
    check = checked(CASE, choose(["pytorch"])[0].adapter)
    assert render_script(check) == render_script(check)
    assert str(Path.cwd()) not in render_script(check)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (Given(kernel=()), "    kernel = np.ones((), np.float32)"),
        (Given(input=(2, 3)), "    data = np.ones((2, 3), np.float32)"),
        (Given(input_dtype="float64"), "    data = np.ones(data.shape, np.float64)"),
        (Given(bias=(4,)), "    bias = np.ones((4,), np.float32)"),
    ],
)
def test_a_script_hands_over_what_the_case_gives(given, line):
    case = make_case(dialect="tensorflow", bias=True, expect=Expect(error=True), given=given)
    check = checked(case, TensorFlow())
    lines = render_script(check).splitlines()
    assert lines.index("    # in place of these:") < lines.index(line) < lines.index("    y = call(data, kernel, bias)")
    assert "in place of" not in render_script(checked(replace(case, given=None), TensorFlow()))
