from __future__ import annotations

import ast
import inspect
import sys

import numpy as np
import pytest

import harness.operations.conv_transpose.mutants
from harness.adapters.plan import Plan, execute
from harness.core.dtypes import DTYPES
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import ACCEPTS_ILLEGAL, REFUSES_LEGAL
from harness.operations.conv_transpose.diagnosis.differences import DERIVED
from harness.operations.conv_transpose.diagnosis.missing import PRODUCT_MISSING
from harness.operations.conv_transpose.diagnosis.shapes import candidates
from harness.operations.conv_transpose.diagnosis.slight import BIASED_ONE_WAY, RESULTS_TRUNCATED, SUMS_TRUNCATED
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import faults_for, kind
from harness.operations.conv_transpose.mutants import Honest, diagnosed
from harness.suites.selection import select

OTHERS = {"Honest", "SaysASet", "Unstable", "UnstableInPlace", "WrongDtype"}
"""Whose lie the verdict itself names, or who do not lie."""

UNKNOWN = (
    "harness.operations.conv_transpose.faults",
    "harness.operations.conv_transpose.diagnosis.hypothesis_test",
    "harness.diag",
    "harness.operations.conv_transpose.diagnosis.missing",
    "harness.operations.conv_transpose.diagnosis.slight",
    "harness.operations.conv_transpose.diagnosis.explaining",
    "harness.core.hypotheses",
)
"""What proves nothing where a mutant is made of it."""


@pytest.fixture(scope="module")
def legal():
    """Every legal case but those in complex numbers, of which no mutant knows anything."""
    cases = (case for case in transposed_convolutions(select(["cases"]).cases()) if not case.nominal)
    return [case for case in cases if DTYPES[case.dtype].kind != "complex"]


def offered():
    return {
        name: one
        for name in harness.operations.conv_transpose.mutants.__all__
        if isinstance(one := getattr(harness.operations.conv_transpose.mutants, name), type)
    }


def test_every_liar_says_what_its_lie_is():
    assert all(one.__doc__ and one.__doc__ != Honest.__doc__ for name, one in offered().items() if name != "Honest")
    assert set(offered()) == {one.__name__ for one in diagnosed()} | OTHERS
    assert [one.__name__ for one in diagnosed()] == sorted(one.__name__ for one in diagnosed())


def test_every_hypothesis_of_the_diagnosis_has_a_mutant(legal):
    hypotheses = set(DERIVED) | {ACCEPTS_ILLEGAL, REFUSES_LEGAL, PRODUCT_MISSING}
    hypotheses |= {SUMS_TRUNCATED, RESULTS_TRUNCATED, BIASED_ONE_WAY}
    for case in legal:
        geometry = lower(case)
        reference = make_tensors(case, geometry).reference(geometry)
        hypotheses |= {kind(fault.name) for fault in faults_for(reference)}
        if geometry.output_elements < 10_000:
            hypotheses |= {kind(one.name) for one in candidates(case, reference)}
    told = {kind(part) for mutant in diagnosed() for part in mutant.lie[0].split(" + ")}
    assert hypotheses - told == set()
    assert told - hypotheses == set()


def test_liars_do_not_know_the_faults():
    """A proof of the diagnosis by its own faults would prove nothing."""
    modules = {sys.modules[one.__module__] for one in offered().values()}
    for module in modules:
        tree = ast.parse(inspect.getsource(module))
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        assert not [name for name in imported if name.startswith(UNKNOWN)]


def test_the_honest_one_is_honest_on_every_case(legal):
    for case in legal:
        geometry = lower(case)
        plan = Honest().plan(case, geometry)
        assert isinstance(plan, Plan)
        tensors = make_tensors(case, geometry)
        y, _ = execute(Honest().prepare, plan, tensors.x, tensors.w, tensors.b, runs=1)
        with np.errstate(over="ignore"):
            right = tensors.reference(geometry).output.astype(case.dtype)
        assert np.array_equal(y, right, equal_nan=True)


def test_the_honest_one_refuses_what_is_handed_over_against_the_parameters_and_what_no_memory_holds():
    asked = [case for case in transposed_convolutions(select(["cases/broken_rules.yaml"]).cases()) if case.expect.error]
    assert any(case.overrides is not None for case in asked)
    assert any(case.rule == "stride-huge" for case in asked)
    for case in asked:
        plan = Honest().plan(case, None)
        assert isinstance(plan, Plan)
        assert plan.call["refusal"]
