"""What these operations share: forms, literal tensors, errors with their place, descriptions, programs and diagnoses."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.__main__ import main
from harness.adapters import choose
from harness.adapters.program import Inexpressible
from harness.core.comparator import judge
from harness.core.errors import BadInputError
from harness.core.findings import Explanation
from harness.core.outcome import Raised, Value
from harness.core.results import Verdict
from harness.engine.check import is_requested, plan_check
from harness.operations import DEFAULT, OPERATIONS, operation, operation_of
from harness.operations.faults import Fault, killed, outcomes
from harness.tests.operations.asking import cases_of

ONE = "{id: one, about: a, channels: 2, input_size: [2, 3], pool_size: [2, 3]}"
LITERAL = (
    "{id: one, about: a, pool_size: 2, input: {layout: HW, values: [[1, 2]]},"
    " expect: {output: {layout: HW, values: [[1, 1, 2, 2], [1, 1, 2, 9]]}}}"
)
REFUSED_BY_THE_NAME_OF_A_RESULT = (
    "{id: one, about: a, input_size: 2, expect: {readings:"
    " [{name: computed, because: y, refused: true}, {name: z, because: y, refused: true}]}}"
)


def operation_case(tmp_path, text=ONE):
    (case,) = cases_of(tmp_path, text, op="avg_unpool2d")
    return case


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != DEFAULT])
def test_a_room_has_at_least_twenty_faults_with_names_of_their_own(name):
    image_op = operation(name)
    names = [fault.name for fault in image_op.faults]
    assert len(set(names)) == len(names) >= 20
    assert image_op.name == name == image_op.case_type.op


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("{id: one, about: a, pool_size: 2}", "cases", "expected the key input_size"),
        ("{id: one, about: a, input_size: 0, pool_size: 2}", "cases.input_size", "below 1"),
        ("{id: one, about: a, input_size: 2, pool_size: 0}", "cases.pool_size", "below 1"),
        ("{id: one, about: a, input_size: 2, strides: 2}", "cases.strides", "unknown key"),
        ("{id: one, about: a, input_size: 4096, pool_size: 2}", "cases.input_size", "more than 4194304 elements"),
        ("{id: one, about: a, input_size: 2, data: real, dtype: int32}", "cases.data", "run on integers"),
        ("{id: one, about: a, input_size: 2, expect: {error: true}}", "cases.expect", "are legal"),
        (
            "{id: one, about: a, input_size: 2, expect: {readings: [{name: x, because: y}, {name: z, because: y}]}}",
            "cases.expect.readings",
            "reading 'x' has no result, and does not say that the call is refused",
        ),
        (
            REFUSED_BY_THE_NAME_OF_A_RESULT,
            "cases.expect.readings",
            "reading 'computed' says that the call is refused, and what it gives",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, key, words, tmp_path):
    with pytest.raises(BadInputError) as refused:
        operation_case(tmp_path, text)
    (problem,) = refused.value.problems
    assert problem.key == key
    assert words in problem.message
    assert problem.line == 5


def test_an_operation_that_is_not_there_is_named_with_the_nearest(tmp_path):
    with pytest.raises(BadInputError, match="did you mean avg_unpool2d") as refused:
        cases_of(tmp_path, ONE, op="avg_unpooling2d")
    assert refused.value.problems[0].key == "op"


def test_results_that_are_written_out_are_held_against_the_oracle(tmp_path):
    case = operation_case(tmp_path, LITERAL)
    problem = operation_of(case).oracle.expected_problem(case)
    assert problem is not None
    assert (problem.case, problem.key) == ("one", "expect.output")
    assert "gives 2 at [0, 0, 1, 3] (NCHW), the values say 9" in problem.message
    right = replace(case, expected=(("output", replace(case.expected[0][1], values=[[1, 1, 2, 2], [1, 1, 2, 2]])),))
    assert operation_of(case).oracle.expected_problem(right) is None


def test_the_frameworks_themselves_are_asked_but_none_of_their_variants(tmp_path):
    case = operation_case(tmp_path)
    asked = {one.name for one in choose() if is_requested(case, one)}
    assert asked == {"keras", "pytorch", "tensorflow"}


def test_a_dtype_that_an_adapter_does_not_compute_is_not_said(tmp_path):
    (pytorch,) = choose(["pytorch"])
    check = plan_check(replace(operation_case(tmp_path), dtype="int32"), pytorch)
    assert check is not None
    assert isinstance(check.plan, Inexpressible)


def test_a_fault_is_told_and_named_where_it_shows(tmp_path):
    case = operation_case(tmp_path)
    image_op = operation_of(case)
    prepared = image_op.oracle.prepare(case)
    shifted = next(fault for fault in image_op.faults if fault.name == "shifted-down")
    outcome = outcomes(case, prepared, shifted)["output"]
    judgement = judge(case, prepared.tensors, prepared.reference("output"), outcome)
    assert judgement.verdict is Verdict.DIVERGES
    assert (
        "as if the output is moved down by one" in image_op.explain(case, prepared, "output", outcome, judgement).text
    )
    right = Value(np.asarray(prepared.references["output"].output, np.float32))
    assert judge(case, prepared.tensors, prepared.reference("output"), right).verdict is Verdict.EXACT


def test_what_no_fault_gives_is_not_explained(tmp_path):
    case = operation_case(tmp_path)
    image_op = operation_of(case)
    prepared = image_op.oracle.prepare(case)
    outcome = Value(np.full((1, 2, 4, 9), 77, np.float32))
    judgement = judge(case, prepared.tensors, prepared.reference("output"), outcome)
    assert judgement.verdict is Verdict.DIVERGES
    assert image_op.explain(case, prepared, "output", outcome, judgement) == Explanation()
    refused = judge(case, prepared.tensors, prepared.reference("output"), Raised("ValueError", "no"))
    assert "allow these" in image_op.explain(case, prepared, "output", Raised("ValueError", "no"), refused).text


def test_a_case_that_no_fault_fails_proves_nothing(tmp_path, monkeypatch):
    case = operation_case(tmp_path)
    image_op = operation_of(case)
    assert image_op.vacuous(case) is None
    monkeypatch.setitem(image_op.__dict__, "faults", (Fault("none", "nothing is wrong"),))
    assert killed(case, image_op.oracle.prepare(case), image_op.faults).killed == ()
    problem = image_op.vacuous(case)
    assert problem is not None
    assert "no fault fails it" in problem.message


def test_show_prints_the_parameters_and_a_program_that_stands_alone(capsys):
    path = Path("cases/average_unpooling.yaml")
    assert main(["show", f"{path}::cut"]) == 0
    out = capsys.readouterr().out
    assert "pool_size 2 × 3, output_size 5 × 10" in out
    assert "the last windows are cut, so the result is sliced" in out
    assert main(["show", f"{path}::cut", "--script", "-a", "tensorflow", "--output", "input_grad"]) == 0
    script = capsys.readouterr().out
    compile(script, "script", "exec")
    assert "run = prepare(*arrange(input, cotangent))" in script
    assert 'run()["input_grad"]' in script
    assert main(["show", f"{path}::cut", "--script", "-a", "keras", "--output", "kernel_grad"]) == 2


def test_the_score_of_a_suite_counts_its_faults(capsys):
    assert main(["prove", "cases/average_unpooling.yaml"]) == 0
    assert capsys.readouterr().out.startswith("avg_unpool2d: 35 of 35 faults killed by ")
    assert main(["prove", "cases/average_unpooling.yaml::fills-every-window"]) == 1
    assert "  survivors: " in capsys.readouterr().out


def test_listing_every_shipped_case_needs_no_numpy():
    code = "import sys; from harness.__main__ import main; main(['list']); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
