"""Why an outcome differs: faults are tried as hypotheses, and those that reproduce the outcome are named.

Exactly for exact data, within the rounding bound otherwise. Two output channels are computed first, so that a
hypothesis which does not fit there costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations

import numpy as np

from harness.case import Case, Dialect, Expect, Pads, Words
from harness.comparator import Outcome, Value
from harness.data import is_exact
from harness.dialects import lower, lower_words
from harness.faults import Fault, faults_for
from harness.geometry import NO_PADS, Geometry, IllegalCaseError
from harness.numerics import DTYPES, error_bound
from harness.oracle import Float64Array, Reference, conv_transpose
from harness.results import Judgement, Verdict

MOST_NAMED = 4


def explain(case: Case, reference: Reference | None, outcome: Outcome, judgement: Judgement) -> str:
    """One sentence on why the outcome got its verdict; nothing for a verdict that needs no explanation."""
    match judgement.verdict:
        case Verdict.ACCEPTS:
            return explain_acceptance(case)
        case Verdict.REJECTS:
            return explain_rejection(case)
    if reference is None or not isinstance(outcome, Value):
        return ""
    match judgement.verdict:
        case Verdict.WRONG_SHAPE:
            return explain_shape(reference, outcome.output.shape)
        case Verdict.DIVERGES:
            return describe(diagnose(case, reference, outcome.output.astype(np.float64)))
    return ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A hypothesis that reproduces the outcome: its name, and what it says in words."""

    name: str
    text: str


def diagnose(case: Case, reference: Reference, got: Float64Array) -> list[Finding]:
    """What explains ``got``, (N, C_out, H_out, W_out) and of the right shape but with wrong values.

    Returns every single fault that reproduces it, simplest first; if there is none, every pair of common faults;
    if there is none either, nothing.
    """
    if not np.all(np.isfinite(got)):
        return [_non_finite(got)]
    trial = _Trial(case, reference, got)
    faults = list(faults_for(reference))
    singles = [Finding(fault.name, f"as if {fault.text}") for fault in faults if trial.fits((fault,))]
    if singles:
        return singles
    if precision := trial.lower_precision():
        return [precision]
    common = [fault for fault in faults if fault.common]
    pairs = (pair for pair in permutations(common, 2) if trial.fits(pair))
    return [Finding(f"{a.name} + {b.name}", f"as if {a.text}, and {b.text}") for a, b in pairs]


def describe(findings: Sequence[Finding]) -> str:
    """The findings as one sentence; several that fit alike are said to be so."""
    if not findings:
        return "no single fault and no pair of common ones gives these values"
    texts = [finding.text for finding in findings[:MOST_NAMED]]
    if len(findings) == 1:
        return texts[0]
    if len(findings) > len(texts):
        texts.append(f"{len(findings) - len(texts)} more")
    return f"{'; or '.join(texts)} (this case cannot tell these apart)"


def explain_acceptance(case: Case) -> str:
    """The rule that a case breaks which a framework accepted."""
    try:
        lower(replace(case, expect=Expect()))
    except IllegalCaseError as error:
        return f"the rules of {case.dialect} exclude it: {error}" + (f"; {error.hint}" if error.hint else "")
    return ""


def explain_rejection(case: Case) -> str:
    """Why a refusal is not due."""
    return f"the documented rules of {case.dialect} allow these parameters"


def explain_shape(reference: Reference, got: Sequence[int]) -> str:
    """Which formulas give the height and the width that came, ``got`` being (N, C_out, H_out, W_out)."""
    if len(got) != len(reference.geometry.output_shape):
        return f"the output has {len(got)} axes instead of 4"
    formulas = dict(_shape_formulas(reference.geometry))
    parts = []
    for index, name in enumerate(("height", "width")):
        size, due = got[2 + index], reference.geometry.output_size[index]
        fitting = [text for text, geometry in formulas.items() if geometry.output_size[index] == size]
        if size != due:
            parts.append(f"{name} {size} for {due}" + (f" is that of {' or '.join(fitting)}" if fitting else ""))
    return "; ".join(parts)


def _shape_formulas(geometry: Geometry) -> Iterator[tuple[str, Geometry]]:
    """Other rules for the same input, kernel, strides and dilations."""
    begins: Pads = tuple((axis.begin, axis.begin) for axis in geometry.axes)  # type: ignore[assignment]
    rules: tuple[tuple[str, Dialect, Words], ...] = (
        ("SAME", "tensorflow", Words("same")),
        ("VALID in TensorFlow and Keras", "tensorflow", Words("valid")),
        ("no padding in PyTorch and ONNX", "pytorch", Words(NO_PADS)),
        ("padding on both sides without output_padding", "pytorch", Words(begins)),
    )
    for text, dialect, words in rules:
        with suppress(IllegalCaseError):
            yield text, lower_words(dialect, geometry, words)
    for text, change in (("the stride ignored", {"s": 1}), ("the dilation ignored", {"d": 1})):
        height, width = (replace(axis, **change) for axis in geometry.axes)
        yield text, replace(geometry, height=height, width=width)


def _non_finite(got: Float64Array) -> Finding:
    count = int(np.count_nonzero(~np.isfinite(got)))
    text = f"{count} elements are NaN or infinite: uninitialised memory, an overflow, or zeros multiplied by infinity"
    return Finding("non-finite", text)


@dataclass(frozen=True)
class _Trial:
    """The outcome, and what a hypothesis must reproduce."""

    case: Case
    reference: Reference
    got: Float64Array

    @cached_property
    def _exact(self) -> bool:
        return is_exact(self.case, self.reference)

    @cached_property
    def _bound(self) -> float:
        """How far a right computation of a wrong operation may be off: the bound of the right one, at its largest."""
        dtype = DTYPES[self.case.dtype]
        bound = error_bound(self.got, self.reference.magnitude, self.reference.terms, dtype)
        return float(np.max(bound, initial=0.0))

    def fits(self, faults: Sequence[Fault]) -> bool:
        """Whether the faults together give the outcome, and the right operation does not."""
        edited = self.reference
        for fault in faults:
            if fault.edit is not None:
                edited = fault.edit(edited)
        finishes = [fault.finish for fault in faults if fault.finish is not None]
        if not finishes and not self._equal(*self._narrow(edited)):
            return False
        y = edited.output
        for finish in finishes:
            y = finish(y)
        return self._equal(y, self.got)

    def _equal(self, y: Float64Array, got: Float64Array) -> bool:
        if self._exact:
            return np.array_equal(y, got)
        return y.shape == got.shape and bool(np.all(np.abs(y - got) <= self._bound))

    def _narrow(self, edited: Reference) -> tuple[Float64Array, Float64Array]:
        """The first and the last output channel of the edited operation, and of the outcome."""
        geometry = edited.geometry
        if geometry.groups > 1 or geometry.out_channels <= 2:
            return edited.output, self.got
        ends = [0, -1]
        b = None if edited.b is None else edited.b[ends]
        y = conv_transpose(replace(geometry, out_channels=2), edited.x, edited.w[:, ends], b)
        return y, self.got[:, ends]

    def lower_precision(self) -> Finding | None:
        """Whether the error is what a narrower accumulation may leave; the narrowest that is needed is named."""
        error = np.abs(self.got - self.reference.output)
        for name, roundoff in (("tf32 or float16", 2.0**-11), ("bfloat16", 2.0**-8)):
            if roundoff <= DTYPES[self.case.dtype].unit_roundoff:
                continue
            if np.all(error <= 2 * roundoff * self.reference.magnitude):
                return Finding("lower-precision", f"as if the products are rounded to {name}")
        return None
