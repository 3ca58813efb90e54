from __future__ import annotations

import ast
import inspect
import itertools
from collections import Counter
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

import harness.operations.conv_transpose.mutants
from harness.core.dtypes import DTYPES
from harness.core.errors import IllegalCaseError
from harness.core.outcome import Value
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import ACCEPTS_ILLEGAL, REFUSES_LEGAL
from harness.operations.conv_transpose.diagnosis.differences import DERIVED
from harness.operations.conv_transpose.diagnosis.missing import PRODUCT_MISSING
from harness.operations.conv_transpose.diagnosis.shapes import candidates
from harness.operations.conv_transpose.diagnosis.slight import BIASED_ONE_WAY, RESULTS_TRUNCATED, SUMS_TRUNCATED
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import faults_for, kind
from harness.operations.conv_transpose.mutants import MODULES, TABLE, diagnosed, mutant_called, mutants
from harness.operations.conv_transpose.mutants.base import HONEST, decide
from harness.quality.mutation import find_mutants
from harness.quality.subject import Subject
from harness.suites.selection import select
from harness.tests.build import make_case

FOLDER = Path(harness.operations.conv_transpose.mutants.__file__).parent


@pytest.fixture(scope="module")
def legal():
    """Every legal case but those in complex numbers, of which no mutant knows anything."""
    cases = (case for case in transposed_convolutions(select(["cases"]).cases()) if not case.nominal)
    return [case for case in cases if DTYPES[case.dtype].kind != "complex"]


def test_every_module_and_every_row_that_is_written_is_in_the_table():
    written = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "base"}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == written
    rows = [row.name for module in MODULES for row in module.MUTANTS]
    assert [name for name, count in Counter(rows).items() if count > 1] == []
    assert set(TABLE) == set(rows)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_function_that_is_written_is_left_out(module):
    used = Counter(
        node.id if isinstance(node, ast.Name) else node.attr
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
    )
    own = [one for one in vars(module).values() if isinstance(one, FunctionType) and one.__module__ == module.__name__]
    unused = [one.__name__ for one in own if one.__name__ != "<lambda>" and not used[one.__name__]]
    assert own
    # what a decorator wraps has the name of the decorator's own function
    assert [name for name in unused if f"def {name}(" in inspect.getsource(module)] == []


def test_there_are_as_many_faults_as_there_were():
    assert len(mutants()) == 378
    assert len(diagnosed()) == 131
    assert list(mutants()) == sorted(mutants())


def test_only_single_faults_count_in_the_score():
    assert not [name for name, row in mutants().items() if any(" + " in fault for fault in row.faults)]
    assert set(TABLE) - set(mutants()) == {"SaysASet", "Unstable", "UnstableInPlace"} | {
        row.name for row in diagnosed() if " + " in row.faults[0]
    }


def test_every_row_says_what_is_wrong():
    assert all(row.text.endswith(".") for row in TABLE.values())
    # a rule that two dialects have in common is broken in the same words
    shared = Counter((row.text, row.dialect) for row in TABLE.values())
    assert [text for text, count in shared.items() if count > 1] == []


def test_a_name_is_found_in_any_spelling():
    assert mutant_called("kernel-rotated") is mutant_called("KernelRotated") is TABLE["KernelRotated"]
    assert mutant_called("honest") is HONEST
    with pytest.raises(KeyError):
        mutant_called("kernel")


def test_every_mutant_answers_where_the_output_has_no_elements():
    cases = list(transposed_convolutions(select(["cases/empty_inputs.yaml"]).cases()))
    assert {"empty_inputs/keras-same", "empty_inputs/tensorflow-same"} <= {case.name for case in cases}
    assert [find_mutants(case).case for case in cases] == [case.name for case in cases]


def test_every_hypothesis_of_the_diagnosis_has_a_mutant(legal):
    hypotheses = set(DERIVED) | {ACCEPTS_ILLEGAL, REFUSES_LEGAL, PRODUCT_MISSING}
    hypotheses |= {SUMS_TRUNCATED, RESULTS_TRUNCATED, BIASED_ONE_WAY}
    for case in legal:
        geometry = lower(case)
        reference = make_tensors(case, geometry).reference(geometry)
        hypotheses |= {kind(fault.name) for fault in faults_for(reference)}
        if geometry.output_elements < 10_000:
            hypotheses |= {kind(one.name) for one in candidates(case, reference)}
    named = {kind(part) for mutant in diagnosed() for part in mutant.faults[0].split(" + ")}
    assert hypotheses == named


def test_without_a_fault_every_legal_result_is_right(legal):
    for case in legal:
        subject = Subject.of(case)
        assert subject.reference is not None
        with np.errstate(over="ignore"):
            right = subject.reference.output.astype(case.dtype)
        outcome = subject.outcome(HONEST)
        assert isinstance(outcome, Value)
        assert np.array_equal(outcome.output, right, equal_nan=True)


def test_what_is_handed_over_against_the_parameters_and_what_no_memory_holds_is_refused():
    broken = [
        case for case in transposed_convolutions(select(["cases/broken_rules.yaml"]).cases()) if case.expect.error
    ]
    assert any(case.overrides is not None for case in broken)
    assert any(case.rule == "stride-huge" for case in broken)
    assert all(decide(HONEST, case, None).refusal for case in broken)


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
