from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.core.case import Expect
from harness.engine.cache import Preparer
from harness.operations.conv_transpose.data import Tensors
from harness.tests.asking import make_case

CASE = make_case("one")


def data_of(prepared):
    assert isinstance(prepared.tensors, Tensors)
    return prepared.tensors


def test_what_is_kept_is_given_again():
    preparer = Preparer()
    made = preparer.get(CASE)
    assert preparer.get(CASE) is made
    assert preparer.get(replace(CASE)) is made


def test_another_case_of_the_same_name_gets_its_own_data():
    preparer = Preparer()
    made = preparer.get(CASE)
    wider = replace(CASE, input_size=(5, 7))
    other = preparer.get(wider)
    assert data_of(other).x.shape != data_of(made).x.shape
    assert data_of(preparer.get(CASE)).x.shape == data_of(made).x.shape


def test_what_is_too_much_to_keep_is_made_again_and_is_the_same():
    preparer = Preparer(limit=1)
    made = preparer.get(CASE)
    again = preparer.get(CASE)
    assert again is not made
    assert np.array_equal(data_of(again).x, data_of(made).x)


def test_the_oldest_goes_first():
    cases = [make_case(str(number)) for number in range(4)]
    size = Preparer().get(cases[0]).footprint
    preparer = Preparer(limit=2 * size)
    made = [preparer.get(case) for case in cases]
    assert preparer.get(cases[3]) is made[3]
    assert preparer.get(cases[0]) is not made[0]


def test_an_illegal_case_has_data_and_no_reference():
    case = replace(CASE, strides=(0, 1), expect=Expect(error=True))
    assert Preparer().get(case).reference("output") is None
