"""A script of a gradient computes, bounds and judges it as the harness does."""

from __future__ import annotations

import io
import zlib
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.core.case import GRADIENTS, LiteralTensor
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError
from harness.core.numerics import error_bound
from harness.engine.script import render_script
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.gradients import Gradient
from harness.suites.selection import select
from harness.tests.build import make_case
from harness.tests.engine import runner
from harness.tests.engine.script_adapters import CASE, GRADIENT, RIGHT, TRUE, Lying, LyingBack, checked


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
