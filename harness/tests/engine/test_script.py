"""Scripts are run, for every adapter over every route and verdict, and must end as the harness judged."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zlib
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import Chosen, available, choose
from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow import TensorFlow
from harness.adapters.text import Framework
from harness.core.case import GRADIENTS, Expect, LiteralTensor, Overrides, Reading
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError
from harness.core.numerics import error_bound
from harness.core.results import Verdict
from harness.engine.check import Check, plan_check
from harness.engine.lane import Lane, Settings
from harness.engine.script import render_script
from harness.operations.conv_transpose.case import Words, transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.gradients import Gradient
from harness.quality.mutant_adapter import Honest
from harness.suites.known_divergences import KnownDivergences
from harness.suites.selection import select
from harness.tests.build import make_case
from harness.tests.engine import runner

OWN = sorted(name for name, target in available().items() if target.startswith("harness.adapters."))


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


@pytest.mark.parametrize("name", OWN)
def test_each_script_ends_as_its_check_was_judged(name, tmp_path):
    (chosen,) = choose([name])
    checks = told_apart(chosen)
    every = judged(chosen, checks)
    if {row.verdict for row in every} == {Verdict.UNAVAILABLE}:
        pytest.skip(f"{name} is not installed")
    results = {row.case: row for row in every if row.output not in GRADIENTS}
    asked = [(check, results[check.case.name]) for check in checks] + differentiated(checks, every)
    rows = [row for _, row in asked]
    assert {row.output for row in rows} >= set(chosen.adapter.outputs) - {"output", "bias_grad"}
    paths = []
    for index, (check, row) in enumerate(asked):
        paths.append(tmp_path / f"{index}.py")
        output: Any = row.output if row.output in GRADIENTS else "output"
        paths[-1].write_text(render_script(check, output), encoding="utf-8")
    assert len(rows) >= 1
    deadly = [path for path, row in zip(paths, rows, strict=True) if row.observed is Verdict.CRASHES]
    assert all(run_alone(path) < 0 for path in deadly)
    rows = [row for row in rows if row.observed is not Verdict.CRASHES]
    ends = run_scripts([path for path in paths if path not in deadly])
    for row, (code, printed) in zip(rows, ends, strict=True):
        assert code == (0 if row.observed.conforms else 1), (
            f"{row.case}, {row.output}: {row.observed}, but the script says\n{printed}"
        )


def checked(case, adapter):
    check = plan_check(case, Chosen(adapter, "", requested_by_name=True))
    assert check is not None
    return check


def judged(chosen, checks):
    lane = Lane(chosen, Settings(), KnownDivergences([]))
    try:
        return list(lane.run(checks))
    finally:
        lane.close()


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
    """An adapter of whose program the test writes the lines."""

    runtime = Framework(versions=("np.__version__",), array="{}")

    def __init__(self, *body):
        self.body = body

    def program(self, case):
        tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
        return Program({}, tensors, self.body, imports=("calls = []",), dtype=case.dtype)


RIGHT = "y = conv_transpose(x, w, b, crops).astype(np.float32)"
CASE = make_case(dialect="pytorch", strides=(2, 1), bias=True, padding=((1, 1), (0, 0)))
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


class LyingBack(Lying):
    """An adapter whose gradients alone the test writes, as a list ``found``."""

    outputs = ALL_OUTPUTS

    def program(self, case):
        named = 'found = dict(zip(("input_grad", "kernel_grad", "bias_grad"), found))'
        return replace(super().program(case), compute=("y = None",), gradient=(*self.body, named) if self.body else ())


TRUE = "found = [gradient(input, kernel, cotangent).astype(x.dtype)] * 3"
GRADIENT = replace(CASE, outputs=ALL_OUTPUTS)


@pytest.mark.parametrize("output", GRADIENTS)
@pytest.mark.parametrize(
    ("body", "data", "code", "words"),
    [
        ((), "integers", 0, "0 of"),
        ((), "real", 0, "largest error / bound"),
        (("found = [one * np.float32(1.0001) for one in found]",), "real", 1, "elements differ"),
        (("found = [one + np.float32(1) for one in found]",), "integers", 1, "elements differ"),
        (("found = [np.float32('inf') * one for one in found]",), "real", 1, "elements differ"),
        (("found = [one[None] for one in found]",), "integers", 1, "differs: float32 ("),
        (("found = [one.astype(float) for one in found]",), "integers", 1, "differs: float64"),
        (("calls.append(1)", "found = [one + np.float32(len(calls) // 2) for one in found]"), "real", 1, "second run"),
        (("raise NotImplementedError('not today')",), "integers", 1, "NotImplementedError: not today"),
        (("found = found[:0]",), "integers", 1, "KeyError"),
    ],
)
def test_a_script_of_a_gradient_ends_with_1_exactly_where_it_is_wrong(output, body, data, code, words, tmp_path):
    check = checked(replace(GRADIENT, data=data), LyingBack(TRUE, *body))
    path = tmp_path / "script.py"
    path.write_text(render_script(check, output), encoding="utf-8")
    ended, printed = runner.run(str(path))
    assert ended == code, printed
    assert words in printed


@pytest.mark.parametrize("output", GRADIENTS)
def test_a_script_tells_operands_of_eleven_bits(output, tmp_path):
    case = replace(GRADIENT, data="real", in_channels=24, out_channels=24)
    near = "np.ldexp(np.rint(np.ldexp(np.frexp(t.astype(float))[0], 11)), np.frexp(t.astype(float))[1] - 11)"
    rounds = f"found = gradient(*({near} for t in (input, kernel, cotangent)))"
    for made, code in ((rounds, 1), ("found = gradient(input, kernel, cotangent)", 0)):
        path = tmp_path / "script.py"
        body = (made, "found = [found.astype(x.dtype)] * 3")
        path.write_text(render_script(checked(case, LyingBack(*body)), output), encoding="utf-8")
        ended, printed = runner.run(str(path))
        assert ended == code, printed
        assert "largest |z|" in printed


@pytest.mark.parametrize("wrong", GRADIENTS)
@pytest.mark.parametrize("output", GRADIENTS)
def test_a_script_compares_the_gradient_that_was_asked(wrong, output, tmp_path):
    spoil = f"found[{GRADIENTS.index(wrong)}] = found[{GRADIENTS.index(wrong)}] + np.float32(1)"
    path = tmp_path / "script.py"
    path.write_text(render_script(checked(GRADIENT, LyingBack(TRUE, spoil)), output), encoding="utf-8")
    assert runner.run(str(path))[0] == (wrong == output)


def test_a_sum_that_no_bound_covers_is_not_called_wrong_and_an_infinity_for_a_number_is(tmp_path):
    """300 products in bfloat16, of which u is 2**-8; the bound of such a sum is infinite, all of them together tell."""
    case = make_case(
        dialect="pytorch", batch=3, input_size=10, dtype="bfloat16", data="real", outputs=("output", "kernel_grad")
    )
    for factor, code, words in (("1.01", 0, "\n0 of 9 "), ("2", 1, "\n9 of 9 "), ("np.inf", 1, "\n9 of 9 ")):
        true = "found = gradient(*(t.astype(float) for t in (input, kernel, cotangent)))"
        body = (true, f"found = [None, (found * {factor}).astype(x.dtype)]")
        path = tmp_path / "script.py"
        path.write_text(render_script(checked(case, LyingBack(*body)), "kernel_grad"), encoding="utf-8")
        with np.errstate(all="ignore"):
            ended, printed = runner.run(str(path))
        assert (ended, words in printed) == (code, True)


def test_each_gradient_is_exact_by_its_own_products():
    """The input is beyond the whole numbers of float32, and has a part in the gradient of the kernel alone."""
    case = replace(GRADIENT, input=LiteralTensor("HW", (3, 3), [[2.0**30 + 2.0**10] * 3] * 3))
    texts = {output: render_script(checked(case, LyingBack(TRUE)), output) for output in GRADIENTS}
    assert [output for output, text in texts.items() if "bound = " in text] == ["kernel_grad"]


@pytest.mark.parametrize("output", GRADIENTS)
def test_the_gradient_and_the_bound_in_a_script_are_those_of_the_harness(output):
    """Over every shape of case: expected, and where it is rounded the number of products and the bound."""
    tried = bounded = 0
    for case in (case for case in transposed_convolutions(select([]).cases()) if output in case.outputs):
        if case.data == "integers" and zlib.crc32(case.name.encode()) % 4:
            continue
        check = checked(case, LyingBack("found = [None] * 3"))
        if output not in check.outputs:
            continue
        names: dict[str, Any] = {}
        text = render_script(check, output).replace(f'np.array(run()["{output}"])', "rounded")
        text = text.replace(f'np.asarray(run()["{output}"])', "actual")
        kept = "    globals().setdefault('kept', {'m': m, 'magnitude': magnitude, 'bound': bound})\n"
        text = text.replace("    error = np.abs(actual - expected)\n", f"{kept}    error = np.abs(actual - expected)\n")
        with np.errstate(all="ignore"), pytest.raises(SystemExit) as end, redirect_stdout(io.StringIO()):
            exec(text, names)
        assert end.value.code == 0, case.name
        assert check.geometry is not None
        tensors = make_tensors(case, check.geometry)
        assert tensors.g is not None
        for name in ("x", "w", "g"):
            assert names[name].tobytes() == getattr(tensors, name).tobytes(), (case.name, name)
        truth = Gradient(output, tensors.reference(check.geometry), tensors.g.astype(float))
        exact = truth.is_exact(case)
        assert ("kept" in names) != exact
        if exact:
            assert np.array_equal(names["expected"], truth.output, equal_nan=True), case.name
        else:
            kept = names["kept"]
            assert np.array_equal(kept["m"], np.broadcast_to(truth.terms, truth.shape)), case.name
            due = error_bound(names["expected"], kept["magnitude"], truth.terms, DTYPES[case.dtype])
            assert np.array_equal(kept["bound"], due, equal_nan=True), case.name
            finite = np.isfinite(truth.output)
            assert np.array_equal(names["expected"][~finite], truth.output[~finite], equal_nan=True), case.name
            assert np.all(abs(names["expected"][finite] - truth.output[finite]) <= due[finite]), case.name
            bounded += 1
        tried += 1
    assert tried > 50
    assert bounded > 5


@pytest.mark.parametrize(
    ("case", "adapter", "output", "words"),
    [
        (CASE, LyingBack(TRUE), "input_grad", "does not list this output"),
        (GRADIENT, Lying(RIGHT), "input_grad", "does not compute it"),
        (
            replace(GRADIENT, outputs=("output", "input_grad")),
            LyingBack(TRUE),
            "bias_grad",
            "does not list this output",
        ),
        (replace(GRADIENT, bias=False), LyingBack(TRUE), "bias_grad", "adds no bias"),
        (GRADIENT, LyingBack(), "kernel_grad", "does not compute it"),
    ],
)
def test_a_gradient_that_is_not_there_has_no_script_and_the_reason_is_given(case, adapter, output, words):
    with pytest.raises(BadInputError, match=words):
        render_script(checked(case, adapter), output)


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
