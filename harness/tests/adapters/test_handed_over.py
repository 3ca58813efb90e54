"""What a case hands over instead of its own arrays and sizes is part of the program, or the reason why there is none."""

from __future__ import annotations

import pytest

from harness.adapters.crops import Expression
from harness.adapters.keras import Keras, KerasTorch
from harness.adapters.keras.ops import KerasOps
from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.core.case import Expect, Overrides
from harness.tests.adapters.texts import printed
from harness.tests.asking import make_case

ERROR = Expect(error=True)


def given_case(dialect, **given):
    return make_case(dialect=dialect, bias=True, expect=ERROR, overrides=Overrides(**given))


@pytest.mark.parametrize("adapter", [TensorFlow(), Keras(), KerasTorch(), PyTorch()], ids=lambda one: one.name)
def test_what_is_handed_over_instead_is_part_of_the_plan(adapter):
    plan = adapter.express(given_case(adapter.dialect, kernel=(), bias=(4, 1)), None)
    assert isinstance(plan, Expression)
    assert plan.given == {"kernel": ((), None), "bias": ((4, 1), None)}
    usual = adapter.express(make_case(dialect=adapter.dialect, expect=ERROR), None)
    assert isinstance(usual, Expression)
    assert usual.given == {}


@pytest.mark.parametrize(
    ("adapter", "given", "reason"),
    [
        (PyTorch(), {"output_shape": (3, 4)}, "has no output_shape"),
        (PyTorch(), {"output_shape_dtype": "int64"}, "has no output_shape"),
        (Keras(), {"output_shape": (3, 4)}, "has no output_shape"),
        (Keras(), {"input_dtype": "float64"}, "casts its input and its weights"),
        (KerasTorch(), {"kernel_dtype": "float64"}, "casts its input and its weights"),
        (KerasOps(), {"bias": (4,)}, "has no bias"),
    ],
    ids=lambda one: getattr(one, "name", None) or str(one),
)
def test_what_cannot_be_handed_over_is_inexpressible_with_its_reason(adapter, given, reason):
    said = adapter.express(given_case(adapter.dialect, **given), None)
    assert isinstance(said, Inexpressible)
    assert reason in said.reason


def test_tensorflow_hands_over_output_shape_as_it_is():
    def call_of(case):
        plan = TensorFlow().express(case, None)
        assert isinstance(plan, Expression)
        return dict(plan.call)

    usual = call_of(make_case(dialect="tensorflow", expect=ERROR))
    assert usual["output_shape"] == [2, 3, 4, 4]
    assert "output_shape_dtype" not in usual
    call = call_of(given_case("tensorflow", output_shape=(-1, 3, 4)))
    assert call == usual | {"output_shape": [-1, 3, 4]}
    call = call_of(given_case("tensorflow", output_shape_dtype="int64"))
    assert call == usual | {"output_shape_dtype": "int64"}
    program = TensorFlow().program(given_case("tensorflow", output_shape_dtype="int64"))
    assert isinstance(program, Program)
    assert "tf.constant([2, 3, 4, 4], 'int64')" in printed(program, "tensorflow")
