"""Legal cases with an empty axis: their references, what is judged of them, and that lint says what they test."""

import numpy as np
import pytest

from harness.__main__ import main
from harness.adapters import choose
from harness.core.comparator import NO_ELEMENTS, judge
from harness.core.errors import BadInputError
from harness.core.outcome import Raised, Value
from harness.core.results import Verdict
from harness.engine.check import why_not_requested
from harness.operations import operation_of
from harness.operations.conv_transpose.dialects import lower
from harness.quality.lint import emptiness, is_foreign, unrun
from harness.suites.registry import load_suites

CONV = "in_channels: 2, out_channels: 4, kernel_size: 3, strides: 2, bias: true"
PARAMETERS = {
    "conv_transpose2d": CONV,
    "avg_unpool2d": "channels: 2, pool_size: 2",
    "max_unpool2d": "channels: 2, pool_size: 2",
    "max_pool2d_with_indices": "channels: 2, pool_size: 2",
    "resize2d": "channels: 2, output_size: [4, 5]",
    "resize_conv2d": "channels: 2, out_channels: 3, output_size: [4, 5], bias: true",
}
SHAPES = {
    "conv_transpose2d": [0, 4, 5, 7],
    "avg_unpool2d": [0, 2, 4, 6],
    "max_unpool2d": [0, 2, 4, 6],
    "max_pool2d_with_indices": [0, 2, 1, 1],
    "resize2d": [0, 2, 4, 5],
    "resize_conv2d": [0, 3, 4, 5],
}
"""Of a batch of none."""
NOTHING, BARE = (
    "no element of their output is compared, but its shape and dtype",
    "no input reaches their output, which is the bias alone, or zeros",
)


def write(folder, op, text):
    path = folder / "empty.yaml"
    head = (
        f"op: {op}\nsuite: Empty\nabout: text\ndefaults: {{batch: 2, input_size: [2, 3], dialect: pytorch}}\ncases:\n"
    )
    path.write_text(f"{head}  - {{id: one, about: a, {text}}}\n")
    return path


def case_of(folder, op, text, shape):
    (suite,) = load_suites([write(folder, op, f"{text}, expect: {{layout: NCHW, shape: {shape}}}")])
    (case,) = suite.cases()
    return case


def problem(folder, op, text):
    with pytest.raises(BadInputError) as caught:
        [*load_suites([write(folder, op, text)])[0].cases()]
    (found,) = caught.value.problems
    return found


def conv(**changes):
    parts = dict(part.split(": ", 1) for part in CONV.split(", ")) | changes
    return ", ".join(f"{key}: {value}" for key, value in parts.items())


@pytest.mark.parametrize("op", PARAMETERS)
def test_the_reference_of_no_images_has_no_elements_and_its_gradients_are_zeros(tmp_path, op):
    case = case_of(tmp_path, op, f"{PARAMETERS[op]}, batch: 0", SHAPES[op])
    prepared = operation_of(case).oracle.prepare(case)
    assert len(case.outputs) > 1
    for name in case.outputs:
        reference = prepared.references[name]
        assert reference.output.shape == reference.shape
        assert not np.any(reference.output)
    assert prepared.references["output"].shape == tuple(SHAPES[op])
    assert prepared.references["input_grad"].shape == prepared.tensors.named["input"].shape


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({"in_channels": 0}, [2, 4, 5, 7]),
        ({"out_channels": 0}, [2, 0, 5, 7]),
        ({"input_size": "[0, 3]"}, [2, 4, 1, 7]),
        ({"input_size": "[0, 3]", "kernel_size": 2}, [2, 4, 0, 6]),
        ({"input_size": "[0, 3]", "kernel_size": 1, "dialect": "tensorflow", "padding": "same"}, [2, 4, 0, 6]),
        ({"input_size": "[2, 0]", "dialect": "keras"}, [2, 4, 5, 1]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_what_no_input_reaches_is_the_bias_alone(tmp_path, changes, shape, dtype):
    case = case_of(tmp_path, "conv_transpose2d", conv(**changes, dtype=dtype), shape)
    prepared = operation_of(case).oracle.prepare(case)
    bias = prepared.tensors.named["bias"][:, None, None]
    np.testing.assert_array_equal(prepared.references["output"].output, np.broadcast_to(bias, shape))
    assert bias.size == shape[1]
    assert np.all(bias)
    for name in case.outputs:
        assert prepared.references[name].output.shape == prepared.references[name].shape
    assert emptiness(case) == (NOTHING if 0 in shape else BARE)
    assert operation_of(case).vacuous(case) is None
    assert list(operation_of(case).describe(case))


def judged(case, outcome, output="output"):
    prepared = operation_of(case).oracle.prepare(case)
    return judge(case, prepared.tensors, prepared.reference(output), outcome, output)


@pytest.mark.parametrize("op", PARAMETERS)
def test_an_output_without_elements_is_judged_on_shape_and_dtype(tmp_path, op):
    case = case_of(tmp_path, op, f"{PARAMETERS[op]}, batch: 0", SHAPES[op])
    right = judged(case, Value(np.zeros(SHAPES[op], np.float32)))
    assert (right.verdict, right.message) == (Verdict.EXACT, NO_ELEMENTS)
    assert judged(case, Value(np.zeros(SHAPES[op]))).verdict is Verdict.WRONG_DTYPE
    for shape in ([*SHAPES[op][:3], 9], [1, *SHAPES[op][1:]], SHAPES[op][1:]):
        assert judged(case, Value(np.zeros(shape, np.float32))).verdict is Verdict.WRONG_SHAPE
    refused = Raised("ValueError", "no")
    assert judged(case, refused).verdict is Verdict.REJECTS
    operation = operation_of(case)
    why = operation.explain(case, operation.oracle.prepare(case), "output", refused, judged(case, refused))
    assert why.text == "the suite states the output; whether an axis may be empty is not documented"


def test_the_elements_that_there_are_are_compared(tmp_path):
    case = case_of(tmp_path, "conv_transpose2d", conv(in_channels=0), [2, 4, 5, 7])
    right = operation_of(case).oracle.prepare(case).references["output"].output.astype(np.float32)
    found = judged(case, Value(right))
    assert (found.verdict, found.message) == (Verdict.EXACT, "")
    assert judged(case, Value(np.zeros_like(right))).verdict is Verdict.DIVERGES


@pytest.mark.parametrize(
    ("op", "key", "text"),
    [(op, "batch", f"{PARAMETERS[op]}, batch: 0") for op in PARAMETERS]
    + [("conv_transpose2d", key, conv(**{key: "0"})) for key in ("in_channels", "out_channels")]
    + [("conv_transpose2d", "input_size", conv(input_size="[0, 3]"))]
    + [("avg_unpool2d", "channels", "pool_size: 2, channels: 0")],
)
def test_without_a_stated_shape_an_empty_axis_is_bad_input(tmp_path, op, key, text):
    found = problem(tmp_path, op, text)
    assert found.key == f"cases.{key}"
    assert found.hint.endswith(" >= 1, or state the shape of the output under expect where it is known")


@pytest.mark.parametrize(
    ("op", "text", "message"),
    [
        ("conv_transpose2d", conv(batch=-1), "batch is -1"),
        ("conv_transpose2d", conv(padding=2, input_size=1, kernel_size=3), "the output would have -1 elements"),
        ("conv_transpose2d", conv(padding=1, input_size=1, kernel_size=2), "the output would have 0 elements"),
        ("conv_transpose2d", conv(input_size="[0, 3]", kernel_size=1), "the output would have -1 elements"),
        ("avg_unpool2d", "pool_size: 2, batch: -1", "batch has a number below 0"),
        ("resize2d", "input_size: [0, 3], scale: 2", "an image without rows or columns has nothing to resize"),
    ],
)
def test_a_stated_shape_allows_for_no_other_sizes(tmp_path, op, text, message):
    found = problem(tmp_path, op, f"{text}, expect: {{layout: NCHW, shape: [1, 1, 0, 0]}}")
    assert message in found.message


@pytest.mark.parametrize("op", PARAMETERS)
def test_an_empty_axis_is_a_matter_of_its_dialect(tmp_path, op):
    case = case_of(tmp_path, op, f"{PARAMETERS[op]}, batch: 0", SHAPES[op])
    pytorch, tensorflow = choose(["pytorch", "tensorflow"])
    assert why_not_requested(case, pytorch) == ""
    assert why_not_requested(case, tensorflow).startswith("empty axes run in the dialect of the case only: that is pyt")
    assert unrun(case, [pytorch]) is None
    assert is_foreign(case, [tensorflow])
    assert not is_foreign(case, [pytorch])
    assert unrun(case, [tensorflow]) is None


def test_an_empty_window_is_a_known_answer_too(tmp_path):
    text = "dialect: tensorflow, padding: valid, pool_size: 4"
    case = case_of(tmp_path, "max_pool2d_with_indices", text, [2, 1, 0, 0])
    assert (case.has_empty_axis, emptiness(case)) == (True, NOTHING)


@pytest.mark.parametrize("op", PARAMETERS)
def test_lint_says_what_such_a_case_tests(tmp_path, capfd, op):
    expect = f"expect: {{layout: NCHW, shape: {SHAPES[op]}}}"
    assert main(["lint", str(write(tmp_path, op, f"{PARAMETERS[op]}, batch: 0, {expect}"))]) == 0
    assert f"note: {NOTHING}: empty/one\n" in capfd.readouterr().out


def test_other_cases_have_no_empty_axis(tmp_path):
    case = case_of(tmp_path, "conv_transpose2d", CONV, [2, 4, 5, 7])
    assert (case.has_empty_axis, emptiness(case), lower(case).output_size) == (False, "", (5, 7))
