"""A program as a worker runs it: outputs, gradients, repeatability, and errors of either part."""

import traceback
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.adapters.base import ALL_OUTPUTS, Adapter
from harness.adapters.calls import program_calls
from harness.adapters.program import Program
from harness.adapters.text import Framework, text_of
from harness.adapters.written_out import written_out
from harness.core.tensors import NamedTensors
from harness.engine.protocol import job_of
from harness.engine.worker import answer, unpack

X = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
W = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
DOUBLED = ("y = x * 2",)


def program(compute=DOUBLED, gradient=(), **rest):
    return Program(**{"call": {}, "tensors": ("input",), "compute": compute, "gradient": gradient, **rest})


class Plain(Adapter):
    """Has no framework."""

    name = "plain"
    dialect = "pytorch"
    dtypes = ("float32",)
    outputs = ALL_OUTPUTS

    def start(self):
        return {}


def asked(one, requested=("output",), runs=2, adapter=Plain):
    tensors = NamedTensors({"input": X, "kernel": W, "cotangent": X})
    return answer(adapter(), {"id": 1, **job_of(one, tensors, requested, runs)})


def test_what_is_asked_comes_back_with_whether_it_was_stable():
    one = program(("y = x * 2", "indices = np.argsort(x)"), outputs=("output", "indices"))
    found = asked(one, ("output", "indices"))
    assert {name: set(one) for name, one in found.items()} == {"output": {"array"}, "indices": {"array"}}
    assert found["output"]["array"][:2] == ("float32", (1, 1, 2, 3))
    assert found["indices"]["array"][0] == "int64"


def test_an_output_that_changes_is_not_stable():
    one = program(("COUNT.append(1)", "y = x + len(COUNT)"), imports=("COUNT = []",))
    given = asked(one)["output"]
    assert (unpack(given["again"]) - unpack(given["array"])).max() == 1
    assert "again" not in asked(one, runs=1)["output"]


def test_what_is_built_is_built_once_and_what_is_loaded_is_loaded_each_time():
    one = program(("y = x + built + len(loads)",), build=("built, loads = len(input), []",), load=("loads.append(1)",))
    call, _ = program_calls(Plain(), one, {"input": X}, None, ("output",))
    assert [call.finish(call.make())["output"].min() for _ in range(3)] == [2, 3, 4]


def test_arrays_are_seen_in_the_layouts_of_the_call_and_come_back_in_those_of_the_case():
    one = program(("y = x.copy()", "seen.append((x, w))"), imports=("seen = []",), tensors=("input", "kernel"))
    one = replace(one, layouts={"input": ("NCHW", "NHWC", "NHWC"), "kernel": ("IOHW", "HWOI", "HWOI")})
    one = replace(one, layouts={**one.layouts, "output": ("NCHW", "NHWC", "NHWC")})
    given = unpack(asked(one)["output"]["array"])
    assert np.array_equal(given, X)
    assert given.flags.c_contiguous
    text = text_of(one, Framework())
    assert "    input = np.ascontiguousarray(input.transpose(0, 2, 3, 1))\n" in text
    assert "    kernel = np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))\n" in text
    seen = replace(one, layouts={"input": ("NCHW", "NCHW", "NHWC")})
    assert "    input = input.transpose(0, 2, 3, 1)\n" in text_of(seen, Framework())


def test_what_is_handed_over_in_place_of_an_array():
    one = program(
        ("y = x",), layouts={"input": ("NCHW", "NHWC", "NHWC")}, replaced={"input": "np.ones(input.shape, '>i2')"}
    )
    assert unpack(asked(one)["output"]["array"]).tolist() == np.ones((1, 2, 3, 1)).tolist()


def test_what_is_done_on_arrays_afterwards():
    one = program(
        ("y = x",), arrays=("kernel",), before=("kernel = kernel + 1",), after=("y = y + kernel[0, 0, 0, 0]",)
    )
    assert np.array_equal(unpack(asked(one)["output"]["array"]), X + 1)


def test_an_error_of_the_call_is_its_only_outcome():
    found = asked(program(("json.no_such_name",), ("found = {}",), imports=("import json",)), ("output", "input_grad"))
    assert set(found) == {"output"}
    assert found["output"]["message"] == "module 'json' has no attribute 'no_such_name'"
    assert found["output"]["own"].startswith("in run, <program ")


def test_an_error_of_the_gradient_leaves_the_output():
    raising = ('yaml.safe_load("[")',)
    found = asked(program(DOUBLED, raising, imports=("import yaml",)), ("output", "input_grad", "bias_grad"))
    assert set(found["output"]) == {"array"}
    assert found["input_grad"] == found["bias_grad"]
    assert set(found["input_grad"]) == {"error", "message"}


def test_a_gradient_that_is_forgotten_is_named():
    found = asked(program(DOUBLED, ('found = {"kernel_grad": 2 * cotangent}',)), ("output", "input_grad"))
    assert found["input_grad"]["message"] == "the program gives no input_grad: it gives kernel_grad"
    assert found["input_grad"]["own"].startswith("in finish, calls.py:")


def test_gradients_are_given_the_cotangent():
    found = asked(program(DOUBLED, ('found = {"input_grad": 2 * cotangent}',)), ("output", "input_grad"))
    assert np.array_equal(unpack(found["input_grad"]["array"]), 2 * X)


def test_without_a_gradient_none_is_run():
    assert set(asked(program(), ("output", "input_grad"))) == {"output"}


def test_a_text_that_cannot_be_run_is_an_error_of_the_call():
    found = asked(program(imports=("import no_such_framework",)))
    assert found["output"]["error"] == "ModuleNotFoundError"


def test_the_route_is_composed_where_something_is_done_around_the_call():
    assert program().route == "native"
    assert program(reasons=("the result is sliced",)).route == "composed"


def test_a_traceback_shows_the_lines_of_a_program():
    call, _ = program_calls(Plain(), program(("y = x / call['oops']",)), {"input": X}, None, ("output",))
    with pytest.raises(KeyError) as caught:
        call.make()
    assert "y = x / call['oops']" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("y = f(x, **call)", "y = f(x, stride=2, rows=(1, 2))"),
        ("y = f(x, **call, bias=True)", "y = f(x, stride=2, rows=(1, 2), bias=True)"),
        ('y = f(call["stride"])', "y = f(2)"),
        ('y = f(**nested["empty"])(x)', "y = f()(x)"),
        ('y = f(x, **nested["empty"], a=1)', "y = f(x, a=1)"),
        ("y = y[:, rows, columns]", "y = y[:, 1:-1, :]"),
        ("y = f(call['stride'], 'call')", "y = f(2, 'call')"),
        ('y = f"{call}"', "call = {'stride': 2, 'rows': (1, 2)}\n\n\ny = f\"{call}\""),
        ("columns = 3", "columns = slice(None, None, None)\n\n\ncolumns = 3"),
        ("rows = call_me(other.rows, 'rows', rows=3)", "rows = call_me(other.rows, 'rows', rows=3)"),
    ],
)
def test_what_is_handed_in_is_written_out(line, expected):
    call = {"stride": 2, "rows": (1, 2)}
    handed = {"call": call, "nested": {"empty": {}}, "rows": slice(1, -1), "columns": slice(None)}
    if line.startswith("rows"):
        handed.pop("rows")
    assert written_out(line, handed) == expected


def test_a_call_that_is_too_long_stands_one_argument_a_line():
    text = "def run(x):\n    y = f(x, **call)"
    written = written_out(text, {"call": {f"parameter_{n}": (n, [n, n]) for n in range(8)}})
    assert written.splitlines()[1:4] == ["    y = f(", "        x,", "        parameter_0=(0, [0, 0]),"]
    assert written.endswith("\n    )")


def add(x, w=None, cotangent=None, *, by=0):
    return (x + by) if cotangent is None else {"input_grad": cotangent * by}


def split(x, *, by):
    return x // by, x % by


HERE = "harness.tests.adapters.test_program"


def test_a_program_may_be_a_plain_function():
    one = Program.of_function(f"{HERE}:add", {"by": 2}, ("input",))
    assert np.array_equal(unpack(asked(one)["output"]["array"]), X + 2)
    text = written_out(text_of(one, Framework()), one.handed)
    assert f"from {HERE} import add\n" in text
    assert "y = add(x, by=2)\n" in text


def test_functions_may_give_several_outputs_and_gradients():
    one = Program.of_function(f"{HERE}:split", {"by": 2}, ("input",), outputs=("output", "indices"))
    assert np.array_equal(unpack(asked(one, ("output", "indices"))["indices"]["array"]), X % 2)
    back = Program.of_function(f"{HERE}:add", {"by": 3}, ("input", "kernel"), gradient=f"{HERE}:add")
    found: Any = asked(back, ("output", "input_grad"))
    assert np.array_equal(unpack(found["input_grad"]["array"]), 3 * X)


def test_a_function_may_not_have_a_name_that_the_text_defines():
    with pytest.raises(ValueError, match=r"m:run has a name that the text of a program gives to another function"):
        Program.of_function("m:run", {}, ("input",))
    with pytest.raises(ValueError, match="m:prepare"):
        Program.of_function("m:add", {}, ("input",), gradient="m:prepare")
