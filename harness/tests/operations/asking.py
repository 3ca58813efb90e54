"""Cases of one operation from YAML text, and what the operation's oracle and faults make of them."""

from fractions import Fraction

import pytest

from harness.core.errors import BadInputError
from harness.operations import operation_of
from harness.operations.faults import killed
from harness.operations.oracle import arrays_of
from harness.suites.registry import load_suites


def cases_of(folder, text, **head):
    """The cases of a suite that ``text`` lists, written to ``folder``."""
    lines = [f"{key}: {value}" for key, value in {"suite": "Tiny", "about": "a", **head}.items()]
    path = folder / "tiny.yaml"
    path.write_text("\n".join([*lines, "cases:", *(f"  - {line}" for line in text.splitlines())]) + "\n")
    (suite,) = load_suites([path])
    return list(suite.cases())


def problem_of(folder, text, **head):
    """The one problem for which such a suite is refused."""
    with pytest.raises(BadInputError) as refused:
        cases_of(folder, text, **head)
    (problem,) = refused.value.problems
    return problem


def shipped(path):
    """The cases of a shipped suite."""
    (suite,) = load_suites([path])
    return list(suite.cases())


def truths_of(case):
    """The tensors of ``case`` and its right answers by the name of the output."""
    prepared = operation_of(case).oracle.prepare(case)
    return arrays_of(prepared), {name: reference.output for name, reference in prepared.references.items()}


def survivors(cases):
    """The faults that none of ``cases`` fails, and the cases that fail the reference itself."""
    image_op = operation_of(cases[0])
    found = [killed(case, image_op.oracle.prepare(case), image_op.faults) for case in cases]
    left = {fault.name for fault in image_op.faults} - {name for one in found for name in one.killed}
    return left, [one.case for one in found if not one.sound]


def adjoint_holds(forward, x, g, gradient):
    """Whether <g, forward(x)> = <gradient, x> for a linear operation, in exact fractions."""
    return inner(g, forward(x)) == inner(gradient, x)


def inner(one, other):
    """The inner product of two arrays of finite numbers, exactly."""
    pairs = zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
    return sum((Fraction(a) * Fraction(b) for a, b in pairs), Fraction(0))
