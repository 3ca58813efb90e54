"""Why an outcome differs: faults are tried as hypotheses, and those that reproduce the outcome are named.

Exactly for exact data, within the rounding bound otherwise; see
harness.operations.conv_transpose.diagnosis.hypothesis_test. What no fault explains is described by where it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from harness.core.errors import IllegalCaseError
from harness.core.findings import Explanation, Finding, Separation, allowed, describe
from harness.core.long_integers import float64_finding
from harness.core.outcome import Outcome, Value
from harness.core.reference import has_independent_elements
from harness.core.results import Judgement, Verdict
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.diagnosis.differences import (
    accumulated_finding,
    bias_finding,
    lower_precision_finding,
    non_finite_finding,
    region_finding,
)
from harness.operations.conv_transpose.diagnosis.gradient_shapes import gradient_shape_findings
from harness.operations.conv_transpose.diagnosis.gradients import gradient_findings
from harness.operations.conv_transpose.diagnosis.hypothesis_test import HypothesisTest
from harness.operations.conv_transpose.diagnosis.missing import missing_product
from harness.operations.conv_transpose.diagnosis.shapes import candidates, shape_findings
from harness.operations.conv_transpose.diagnosis.slight import one_sided_finding
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import Fault, faults_for
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.operations.conv_transpose.overrides import objection_to_lists
from harness.operations.conv_transpose.rules import RULES

Separate = Callable[[Case, Sequence[str]], "Separation | None"]
"""Finds the case that tells hypotheses apart, by name; None where none is known."""
QUIET = np.errstate(over="ignore", invalid="ignore")
"""Hypotheses may overflow: what comes of it is compared with the outcome like any other number."""
REFUSES_LEGAL, ACCEPTS_ILLEGAL = "refuses-legal", "accepts-illegal"


@QUIET
def explain(
    case: Case,
    reference: ConvTransposeReference | Gradient | None,
    outcome: Outcome,
    judgement: Judgement,
    separate: Separate | None = None,
) -> Explanation:
    """One sentence on why the outcome got its verdict; nothing for a verdict that needs no explanation."""
    if isinstance(reference, Gradient):
        return _explain_gradient(case, reference, outcome, judgement)
    findings, sentence = findings_for(case, reference, outcome, judgement)
    names = tuple(finding.name for finding in findings)
    if sentence is not None:
        return Explanation(sentence, names)
    return Explanation(describe(findings, separate(case, names) if separate and len(names) > 1 else None), names)


def _explain_gradient(case: Case, reference: Gradient, outcome: Outcome, judgement: Judgement) -> Explanation:
    if judgement.verdict is Verdict.REJECTS:
        return Explanation(f"the output of the same call is computed, so {reference.name} exists")
    if not isinstance(outcome, Value) or judgement.verdict not in {Verdict.WRONG_SHAPE, Verdict.DIVERGES}:
        return Explanation()
    got = outcome.output.astype(np.float64)
    exact, independent = reference.is_exact(case), has_independent_elements(case, reference.name)
    if judgement.verdict is Verdict.WRONG_SHAPE:
        found, sentence = gradient_shape_findings(reference, got, case.dtype, exact)
    else:
        found, sentence = gradient_findings(reference, got, case.dtype, exact, independent=independent), None
    return Explanation(describe(found) if sentence is None else sentence, tuple(one.name for one in found))


@QUIET
def findings_for(
    case: Case, reference: ConvTransposeReference | None, outcome: Outcome, judgement: Judgement
) -> tuple[list[Finding], str | None]:
    """What explains the verdict, and the sentence that says it; None where ``describe`` does."""
    if judgement.verdict in {Verdict.REFUSES, Verdict.ACCEPTS, Verdict.REJECTS}:
        return _legality(case, judgement.verdict)
    if reference is None or not isinstance(outcome, Value) or np.iscomplexobj(reference.x):
        return [], ""
    if judgement.verdict is Verdict.WRONG_SHAPE:
        return shape_findings(case, reference, outcome.output.astype(np.float64))
    if judgement.verdict is Verdict.DIVERGES:
        if reference.whole is not None:
            finding = float64_finding(outcome.output, reference.whole, reference.magnitude, reference.terms)
            if finding:
                return [finding], None
        return diagnose(case, reference, outcome.output.astype(np.float64)), None
    return [], ""


def _legality(case: Case, verdict: Verdict) -> tuple[list[Finding], str]:
    """Whether an error, or its absence, agrees with the dialect's rules."""
    rule = broken_rule(case)
    if verdict is Verdict.REFUSES:
        return [], f"the refusal is due: {rule}" if rule else ""
    if verdict is Verdict.ACCEPTS:
        return [Finding(ACCEPTS_ILLEGAL, rule)] if rule else [], rule
    text = "" if rule else allowed(case)
    return [Finding(REFUSES_LEGAL, text)] if text else [], text


@QUIET
def diagnose(case: Case, reference: ConvTransposeReference, got: Float64Array) -> list[Finding]:
    """What explains ``got``, (N, C_out, H_out, W_out) and of the right shape but with wrong values.

    Returns every single fault that reproduces it, simplest first; if there is none, what the difference itself says;
    then every pair of common faults; at last the region that is wrong, or nothing.
    """
    trial = HypothesisTest(case, reference, got)
    faults = list(faults_for(reference))
    if np.all(np.isfinite(reference.output)) and (finding := non_finite_finding(trial)):
        return _overflown(trial, faults) or [finding]
    if singles := [Finding(fault.name, f"as if {fault.text}") for fault in faults if trial.fits((fault,))]:
        return singles
    finding = bias_finding(trial) or accumulated_finding(trial) or _missing(trial)
    if finding := finding or one_sided_finding(trial.errors, got):
        return [finding]
    if pairs := list(_pairs(trial, [fault for fault in faults if fault.common])):
        return pairs
    finding = non_finite_finding(trial) or lower_precision_finding(trial) or region_finding(trial)
    return [finding] if finding else []


def _overflown(trial: HypothesisTest, faults: Sequence[Fault]) -> list[Finding]:
    """What explains infinities and NaN by the range of a narrower type, of operands or of sums."""
    found = [Finding(one.name, f"as if {one.text}") for one in faults if one.operands and trial.fits((one,))]
    finding = None if found else accumulated_finding(trial)
    return [finding] if finding else found


def _missing(trial: HypothesisTest) -> Finding | None:
    fault = missing_product(trial.reference, trial.errors)
    fits = fault is not None and trial.fits((fault,))
    return Finding(fault.name, f"as if {fault.text}") if fault is not None and fits else None


@QUIET
def weaker_findings(
    case: Case, reference: ConvTransposeReference, got: Float64Array, names: Sequence[str]
) -> list[Finding]:
    """Those of the hypotheses called ``names`` that fit ``got`` but give way where anything simpler fits.

    These are pairs, what the difference itself says, and rules for the shape that do not say the values.
    """
    if got.shape != reference.geometry.output_shape:
        shaped = [one for one in candidates(case, reference) if one.shape == got.shape and one.right is None]
        return [Finding(one.name, one.text) for one in shaped]
    trial = HypothesisTest(case, reference, got)
    faults = {fault.name: fault for fault in faults_for(reference)}
    found = [bias_finding(trial), accumulated_finding(trial), _missing(trial), one_sided_finding(trial.errors, got)]
    found += [non_finite_finding(trial), lower_precision_finding(trial), region_finding(trial)]
    for name in names:
        # of a pair, these sizes may allow one alone
        pair = [faults[part] for part in name.split(" + ") if part in faults]
        if " + " in name and pair and trial.fits(pair):
            found.append(Finding(name, " and ".join(part.text for part in pair)))
    return [finding for finding in found if finding]


def _pairs(trial: HypothesisTest, common: Sequence[Fault]) -> Iterator[Finding]:
    for one, other in combinations(common, 2):
        if trial.fits((one, other)):
            yield Finding(f"{one.name} + {other.name}", f"as if {one.text}, and {other.text}")


def broken_rule(case: Case) -> str:
    """The rule of its dialect that a case breaks, or nothing."""
    try:
        lower(replace(case, expect=case.expect.of_legal))
    except IllegalCaseError as error:
        return f"the rules of {case.dialect} exclude it: {error}" + (f"; {error.hint}" if error.hint else "")
    if case.expect.error and (text := objection_to_lists(case)):
        return f"the rules of {case.dialect} exclude it: {text}"
    if case.expect.error and case.rule in RULES:
        return f"it is against a rule of {case.dialect}: {RULES[case.rule].sentence}"
    return ""
