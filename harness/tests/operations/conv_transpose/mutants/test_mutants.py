from __future__ import annotations

import ast
import inspect
import itertools
from collections import Counter

import pytest

from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.mutants import diagnosed
from harness.operations.conv_transpose.mutants import pairs as stacked
from harness.operations.conv_transpose.mutants.honest import Honest
from harness.operations.conv_transpose.mutants.mutants import MODULES, defined_in, mutants
from harness.tests.build import make_case


def test_there_are_at_least_eighty_and_no_name_stands_twice():
    names = [one.__name__ for module in MODULES for one in defined_in(module)] + [one.__name__ for one in diagnosed()]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert len(mutants()) >= 80
    assert list(mutants()) == sorted(mutants())


def test_nobody_lies_twice():
    assert not [name for name, one in mutants().items() if one.__module__ == stacked.__name__]
    assert not [name for name, one in mutants().items() if any(" + " in lie for lie in one.lie[:1])]


def test_everyone_says_what_the_lie_is():
    told = [one.__doc__ for one in mutants().values()]
    assert all("__doc__" in vars(one) and one.__doc__ for one in mutants().values())
    own = [doc for doc, count in Counter(told).items() if count > 1]
    # a rule that two dialects have in common is broken in the same words
    shared = {doc: {one.__mro__[1] for one in mutants().values() if one.__doc__ == doc} for doc in own}
    assert [doc for doc, bases in shared.items() if len(bases) < told.count(doc)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_liars_do_not_know_the_faults(module):
    tree = ast.parse(inspect.getsource(module))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert defined_in(module)
    assert not [
        name
        for name in imported
        if name.startswith(
            (
                "harness.operations.conv_transpose.faults",
                "harness.operations.conv_transpose.diagnosis.hypothesis_test",
                "harness.diag",
            )
        )
    ]


def test_everyone_is_an_adapter_with_a_name_of_its_own():
    assert all(issubclass(one, Honest) and one is not Honest for one in mutants().values())
    assert len({one.name for one in mutants().values()}) == len(mutants())


def test_keras_valid_of_the_kernel_alone_is_no_fault():
    """A mutant that was removed: max(k, s) - k for max(E, s) - E.

    They differ only where d > 1 and k > 1, so that E > k, and s > k; but Keras allows d > 1 with s = 1 only.
    """
    legal = 0
    for k, s, d in itertools.product(range(1, 6), range(1, 6), range(1, 5)):
        case = make_case(dialect="keras", kernel_size=k, strides=s, dilations=d, padding="valid")
        try:
            axis = lower(case).height
        except IllegalCaseError:
            continue
        legal += 1
        assert -axis.end == max(k, s) - k
    assert legal == 5 * 5 + 5 * 3
