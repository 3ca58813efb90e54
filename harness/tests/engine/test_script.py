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
from harness.adapters.program import Inexpressible
from harness.adapters.tensorflow import TensorFlow
from harness.core.case import GRADIENTS, Expect, Overrides, Reading
from harness.core.errors import BadInputError
from harness.core.results import Row, Verdict
from harness.engine.check import Check, plan_check
from harness.engine.lane import Lane, Settings
from harness.engine.script import render_script
from harness.operations.conv_transpose.case import Words, transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.suites.known_divergences import KnownDivergences, known_beside
from harness.suites.selection import select
from harness.tests.build import make_case
from harness.tests.engine import runner
from harness.tests.engine.script_adapters import CASE, RIGHT, Lying, checked

OWN = sorted(name for name, target in available().items() if target.startswith("harness.adapters."))
PROCESSES: dict[str, list[Chosen]] = {}
"""The adapters of each process."""
for one in choose(OWN):
    PROCESSES.setdefault(one.process, []).append(one)


def features(check):
    """What a script may be made of; one script for each set of them is run."""
    case, program = check.case, check.plan
    sides = [side for pads in program.crop for side in pads]
    return (
        program.route,
        "readings" if case.expect.readings else "error" if case.expect.error else case.data,
        "groups" in program.values,
        min(sides) < 0,
        max(sides) > 0,
        "bias" in program.arrays,
        program.gradients,
        program.layouts.get("input"),
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
        chosen = replace(chosen, requested_by_name=False)
    found: dict[tuple[object, ...], Check] = {}
    for case in transposed_convolutions(select([]).cases()):
        check = plan_check(case, chosen)
        if check is None or isinstance(check.plan, Inexpressible) or (adapter.shape_only and not case.expect.error):
            continue
        if adapter.variant and adapter.suites:
            found.setdefault(few_features(check), check)
        else:
            found.setdefault((*features(check), case.id.partition("[")[0] if case.nominal else ""), check)
    return list(found.values())


def differentiated(checks, rows):
    """Checks and rows of gradients: one for each set of features a script of that gradient may be made of, and all
    that did not conform."""
    found: dict[tuple[object, ...], Any] = {}
    for check in checks:
        sides = [side for pads in check.plan.crop for side in pads]
        features = (
            "groups" in check.plan.values,
            min(sides) < 0,
            max(sides) > 0,
            check.plan.layouts.get("input"),
            check.case.data,
            check.case.dtype in {"float16", "bfloat16"} and check.case.dtype,
        )
        for row in rows:
            if row.case == check.case.name and row.output in GRADIENTS:
                wrong = not row.observed.conforms and row.case
                found.setdefault((row.output, wrong, *features), (check, row))
    return list(found.values())


@pytest.mark.parametrize("process", PROCESSES)
def test_each_script_ends_as_its_check_was_judged(process, tmp_path):
    """Of every adapter; those that share a process in a run share one here too, and their scripts another."""
    group = PROCESSES[process]
    checks = {chosen.name: told_apart(chosen) for chosen in group}
    every = judged([check for some in checks.values() for check in some])
    asked = []
    for chosen in group:
        rows = [row for row in every if row.adapter == chosen.name]
        if {row.verdict for row in rows} == {Verdict.UNAVAILABLE}:
            continue
        results = {row.case: row for row in rows if row.output not in GRADIENTS}
        own = [(check, results[check.case.name]) for check in checks[chosen.name]]
        own += differentiated(checks[chosen.name], rows)
        assert own
        assert {row.output for _, row in own} >= set(chosen.adapter.outputs) - {"output", "bias_grad"}
        asked += own
    if not asked:
        pytest.skip(f"{process} is not installed")
    scripts: list[tuple[Path, Row]] = []
    deadly: list[tuple[Path, Row]] = []
    for index, (check, row) in enumerate(asked):
        path = tmp_path / f"{index}.py"
        output: Any = row.output if row.output in GRADIENTS else "output"
        path.write_text(render_script(check, output), encoding="utf-8")
        (deadly if row.observed is Verdict.CRASHES else scripts).append((path, row))
    for last in deadly[1:]:
        assert run_scripts([last[0]]) == ([], True)
    ends, died = run_scripts([path for path, _ in [*scripts, *deadly[:1]]])
    assert died is bool(deadly)
    for (_, row), (code, printed) in zip(scripts, ends, strict=True):
        assert code == (0 if row.observed.conforms else 1), (
            f"{row.case}, {row.output}, {row.adapter}: {row.observed}, but the script says\n{printed}"
        )


def judged(checks):
    """Their rows; those that are listed to end their process have one of their own."""
    known = known_beside(select([]).folders)
    lane = Lane(checks[0].chosen, Settings(), KnownDivergences([]))
    try:
        return list(
            lane.run(replace(check, isolated=known.isolates(check.case, check.chosen.name)) for check in checks)
        )
    finally:
        lane.close()


def run_scripts(paths):
    """How each script ends, and whether the last one ends the process.

    All are run in one process, from their own folder, which sees no harness.
    """
    command = [sys.executable, runner.__file__, *[path.name for path in paths]]
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS", "TF_"))}
    done = subprocess.run(
        command, cwd=paths[0].parent, capture_output=True, text=True, env=keep, timeout=300, check=False
    )
    ends = [json.loads(line) for line in (paths[0].parent / runner.ENDS).read_text(encoding="utf-8").splitlines()]
    died = done.returncode < 0 and len(ends) == len(paths) - 1
    assert died or done.returncode == 0, done.stderr[-2000:]
    return ends, died


ILLEGAL = replace(CASE, words=Words(output_padding=(5, 5)), expect=Expect(error=True))
READINGS = replace(
    CASE, expect=Expect(readings=(Reading("begin", "", ((1, 0), (0, 0))), Reading("end", "", ((0, 1), (0, 0)))))
)
REFUSABLE = replace(
    CASE, expect=Expect(readings=(Reading("refuse", "", refused=True), Reading("end", "", ((0, 1), (0, 0)))))
)
BEGIN = "y = conv_transpose(x, w, b, ((1, 0), (0, 0))).astype(np.float32)"


@pytest.mark.parametrize(
    ("case", "body", "code", "words"),
    [
        (CASE, (RIGHT,), 0, "0 of"),
        (replace(CASE, data="real"), (RIGHT,), 0, "largest error / bound"),
        (replace(CASE, data="real"), (RIGHT + " * np.float32(1.0001)",), 1, "elements differ"),
        (CASE, (RIGHT + " + np.float32(1)",), 1, "elements differ"),
        (
            CASE,
            ("y = conv_transpose(x, w, b, crops)[:, :, 1:].astype(np.float32)",),
            1,
            "differs: float32 (",
        ),
        (CASE, ("y = conv_transpose(x, w, b, crops)",), 1, "differs: float64"),
        (CASE, ("calls.append(1)", RIGHT + " + np.float32(len(calls) // 2)"), 1, "second run"),
        (CASE, ("raise NotImplementedError('not today')",), 1, "NotImplementedError: not today"),
        (
            CASE,
            ("y = conv_transpose(x, w, b, crops).astype(np.float32)", "y[0, 0, 0, 0] = np.nan"),
            1,
            "1 of",
        ),
        (ILLEGAL, ("raise ValueError('too much')",), 0, "ValueError: too much"),
        (ILLEGAL, ("y = np.zeros((1, 1, 1, 1), np.float32)",), 1, "actual: an array"),
        (READINGS, (BEGIN,), 0, "this is begin"),
        (READINGS, ("y = np.zeros((1, 1, 1, 1), np.float32)",), 1, "none of them"),
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
    from harness.operations.conv_transpose.dialects import lower

    tried = 0
    for case in (
        case for case in transposed_convolutions(select([]).cases()) if not case.nominal and not case.overrides
    ):
        check = checked(case, Lying("y = None"))
        if isinstance(check.plan, Inexpressible):
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
        (Overrides(kernel=()), "    kernel = np.ones((), np.float32)"),
        (Overrides(input=(2, 3)), "    input = np.ones((2, 3), np.float32)"),
        (Overrides(input_dtype="float64"), "    input = np.ones(input.shape, np.float64)"),
        (Overrides(bias=(4,)), "    bias = np.ones((4,), np.float32)"),
    ],
)
def test_a_script_hands_over_what_the_case_gives(given, line):
    case = make_case(dialect="tensorflow", bias=True, expect=Expect(error=True), overrides=given)
    check = checked(case, TensorFlow())
    assert line in render_script(check).splitlines()
    assert line not in render_script(checked(replace(case, overrides=None), TensorFlow()))


def test_a_kernel_without_elements_has_a_script():
    words = Words(output_size=(6, 8))
    case = replace(make_case(dialect="tensorflow", kernel_size=(0, 2), expect=Expect(error=True)), words=words)
    assert "w = np.array([], np.float32).reshape(1, 1, 0, 2)" in render_script(checked(case, TensorFlow())).splitlines()
