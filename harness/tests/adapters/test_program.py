"""A program as a worker runs it: outputs, gradients, repeatability, and errors of either part."""

from typing import Any

import numpy as np

from harness.adapters.base import Adapter
from harness.adapters.program import Program
from harness.core.tensors import NamedTensors
from harness.engine.protocol import job_of
from harness.engine.worker import answer, unpack

X = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
DOUBLED = ('return {"output": input * 2, "indices": np.argsort(input)}',)


def program(forward=DOUBLED, gradient=(), **rest):
    outputs: Any = ("output", "indices")
    named = {"call": {}, "tensors": ("input",), "outputs": outputs, "imports": (), **rest}
    return Program(forward=forward, gradient=gradient, **named)


class Plain(Adapter):
    """Has no framework."""

    name = "plain"
    dialect = "pytorch"
    dtypes = ("float32",)
    layouts = ("NCHW",)

    def plan(self, case, geometry):
        raise NotImplementedError

    def start(self):
        return {}

    def prepare(self, call, x, w, b):
        raise NotImplementedError


def asked(one, outputs=("output",), runs=2):
    tensors = NamedTensors({"input": X, "cotangent": X})
    return answer(Plain(), {"id": 1, **job_of(one, tensors, outputs, runs)})


def test_what_is_asked_comes_back_with_whether_it_was_stable():
    found = asked(program(), ("output", "indices"))
    assert {name: set(one) for name, one in found.items()} == {"output": {"array"}, "indices": {"array"}}
    assert found["output"]["array"][:2] == ("float32", (1, 1, 2, 3))
    assert found["indices"]["array"][0] == "int64"


def test_an_output_that_changes_is_not_stable():
    counting = ("COUNT.append(1)", 'return {"output": input + len(COUNT)}')
    one = Program({}, ("input",), ("output",), ("COUNT = []",), counting)
    given = asked(one)["output"]
    assert (unpack(given["again"]) - unpack(given["array"])).max() == 1
    assert "again" not in asked(one, runs=1)["output"]


def test_each_run_is_given_data_of_its_own():
    spoiling = ("input *= 0", 'return {"output": input + 1}')
    one = Program({}, ("input",), ("output",), (), spoiling)
    assert set(asked(one)["output"]) == {"array"}


def test_an_error_of_the_call_is_its_only_outcome():
    found = asked(program(("json.no_such_name",), ("return {}",), imports=("import json",)), ("output", "input_grad"))
    message = "module 'json' has no attribute 'no_such_name'"
    assert found == {"output": {"error": "AttributeError", "message": message, "own": "in forward, <program>:4"}}


def test_an_error_of_the_gradient_leaves_the_output():
    raising = ('yaml.safe_load("[")',)
    found = asked(program(DOUBLED, raising, imports=("import yaml",)), ("output", "input_grad", "bias_grad"))
    assert set(found["output"]) == {"array"}
    assert found["input_grad"] == found["bias_grad"]
    assert set(found["input_grad"]) == {"error", "message"}


def test_gradients_are_given_the_cotangent():
    found = asked(program(DOUBLED, ('return {"input_grad": 2 * cotangent}',)), ("output", "input_grad"))
    assert np.array_equal(np.frombuffer(found["input_grad"]["array"][2], np.float32).reshape(X.shape), 2 * X)


def test_without_a_gradient_none_is_run():
    assert set(asked(program(), ("output", "input_grad"))) == {"output"}


def test_a_text_that_cannot_be_run_is_an_error_of_the_call():
    found = asked(Program({}, ("input",), ("output",), ("import no_such_framework",), DOUBLED))
    assert found["output"]["error"] == "ModuleNotFoundError"


def test_the_route_is_composed_where_something_is_done_around_the_call():
    assert program().route == "native"
    assert program(reasons=("the result is sliced",)).route == "composed"


def add(x, w=None, cotangent=None, *, by=0):
    return (x + by) if cotangent is None else {"input_grad": cotangent * by}


def split(x, *, by):
    return x // by, x % by


HERE = "harness.tests.adapters.test_program"


def test_a_program_may_be_a_plain_function():
    one = Program.of_function(f"{HERE}:add", {"by": 2}, ("input",))
    assert np.array_equal(unpack(asked(one)["output"]["array"]), X + 2)
    assert f"from {HERE} import add" in one.imports
    assert "add(input, by=2)" in one.text


def test_functions_may_give_several_outputs_and_gradients():
    one = Program.of_function(f"{HERE}:split", {"by": 2}, ("input",), outputs=("output", "indices"))
    assert np.array_equal(unpack(asked(one, ("output", "indices"))["indices"]["array"]), X % 2)
    back = Program.of_function(f"{HERE}:add", {"by": 3}, ("input", "kernel"), gradient=f"{HERE}:add")
    tensors = NamedTensors({"input": X, "kernel": X, "cotangent": X})
    found = answer(Plain(), {"id": 1, **job_of(back, tensors, ("output", "input_grad"), 2)})
    assert np.array_equal(unpack(found["input_grad"]["array"]), 3 * X)
