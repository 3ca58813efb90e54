"""Whether a wrong array is wrong for the cause that a list of known divergences names.

A listed divergence explains one fault; another one in the same place is not known. Four things identify a fault: the
hypotheses of the diagnosis, which reproduce the values; a narrower type that the call computed in, where it rounds what
should not be rounded; for values that are the same on every machine, a digest of the array; and for memory that is not
written, which holds anything, the rows that are meant, where all others are right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import AnyCase, DTypeName, OutputName
from harness.core.comparator import judge
from harness.core.dtypes import DTYPES, DType
from harness.core.measuring import BoolArray, Errors, Sums, terms_of_one_sign
from harness.core.numerics import may_overflow, widened
from harness.core.outcome import Outcome, Value
from harness.core.prepared import Prepared
from harness.core.reference import Reference, ReferenceValues, has_independent_elements
from harness.core.results import Judgement
from harness.core.statistical import MOST_Z
from harness.operations import operation_of
from harness.suites.known_forms import CauseForm

DIGITS = 16
"""Of the digests that a report prints, in hexadecimal."""
IMAGE_AXES = 4
OPERANDS = 3
"""Roundings of one product beside those of a sum in the type itself: two operands and a cotangent or a coordinate."""
SHARED = 3
"""What an operand loses, all products of it lose: a square of u^2 at most, where the mean that is taken is u^2 / 3.

For the same reason the signed sum of errors has no limit here.
"""


def _no_other() -> None:
    """There are no other data."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a call gave as ``output`` of a case, with the names of the ``hypotheses`` that reproduce it."""

    case: AnyCase
    prepared: Prepared
    output: OutputName
    outcome: Outcome
    hypotheses: tuple[str, ...] = ()
    other: Callable[[], Prepared | None] = _no_other
    """Gives the other data that the call was made with too."""

    def has(self, cause: CauseForm) -> bool:
        """Whether the values are those that ``cause`` makes; of several runs each has them, or is right.

        So is what came of other data that are as exact, unless the cause is the digest of one array.
        """
        return self.has_on_its_data(cause) and self._has_on_other_data(cause)

    def has_on_its_data(self, cause: CauseForm) -> bool:
        """The same, of the runs on the data of the case."""
        if not isinstance(self.outcome, Value):
            return cause.hypotheses is not None and set(cause.hypotheses) <= set(self.hypotheses)
        first, *later = runs = _runs(self.outcome)
        if not later:
            return self._shows(cause, first, self.hypotheses)
        return all(self.is_right_or_shows(cause, got) for got in runs)

    def _has_on_other_data(self, cause: CauseForm) -> bool:
        if not isinstance(self.outcome, Value) or self.outcome.other is None or cause.digest is not None:
            return True
        if not operation_of(self.case).oracle.other_is_alike(self.case) or (made := self.other()) is None:
            return True
        alone = [cause]
        if cause.hypotheses is not None:  # those that give the same for the first data need not for others
            alone = [CauseForm.model_validate({"hypotheses": name}) for name in cause.hypotheses]
        seen = replace(self, prepared=made)
        return any(seen.is_right_or_shows(one, self.outcome.other, proving=False) for one in alone)

    def is_right_or_shows(self, cause: CauseForm, got: npt.NDArray[Any], *, proving: bool = True) -> bool:
        """Whether ``got``, one result for ``prepared``, is right or has the values that ``cause`` makes."""
        judgement = self._judged(got)
        if judgement.verdict.conforms:
            return True
        return self._shows(cause, got, self._hypotheses_of(cause, got, judgement), proving=proving)

    def _shows(
        self, cause: CauseForm, got: npt.NDArray[Any], hypotheses: tuple[str, ...], *, proving: bool = True
    ) -> bool:
        """Whether ``got``, which ``hypotheses`` reproduce, has the values that ``cause`` makes."""
        if cause.hypotheses is not None:
            return set(cause.hypotheses) <= set(hypotheses)
        if cause.narrower is not None:
            return self._is_computed_in(cause.narrower, got, proving=proving)
        if cause.unwritten_rows is not None:
            return self._is_right_beside(*cause.unwritten_rows, got)
        return any(digest_of(got).startswith(start) for start in cause.digest or ())

    def _hypotheses_of(self, cause: CauseForm, got: npt.NDArray[Any], judgement: Judgement) -> tuple[str, ...]:
        """The names of those that reproduce ``got``; none where ``cause`` is about something else."""
        if cause.hypotheses is None:
            return ()
        return operation_of(self.case).explain(self.case, self.prepared, self.output, Value(got), judgement).names

    def _judged(self, got: npt.NDArray[Any]) -> Judgement:
        reference = self.prepared.reference(self.output)
        return judge(self.case, self.prepared.tensors, reference, Value(got), self.output)

    def in_words(self) -> str:
        """What a list would have to say."""
        found = f"hypotheses: {', '.join(self.hypotheses) or 'none'}"
        if isinstance(self.outcome, Value):
            found += f"; digest: {', '.join(digest_of(got)[:DIGITS] for got in _runs(self.outcome))}"
        return found

    def _is_right_beside(self, least: int | None, most: int | None, got: npt.NDArray[Any]) -> bool:
        """Whether ``got``, of axes (N, C, H, W), is right in all rows but those from ``least`` to ``most``.

        Where no other row is left, nothing is known.
        """
        reference = self.prepared.reference(self.output)
        if reference is None or got.ndim != IMAGE_AXES or got.shape != reference.output.shape:
            return False
        unwritten = np.zeros((reference.output.shape[2], 1), dtype=np.bool_)
        unwritten[slice(least, None if most is None else most + 1)] = True
        mended = np.where(unwritten, reference.output, got).astype(got.dtype)
        return not np.all(unwritten) and self._judged(mended).verdict.conforms

    def _is_computed_in(self, narrower: DTypeName, got: npt.NDArray[Any], *, proving: bool) -> bool:
        """Whether the errors of ``got`` are those of the same call in the type called ``narrower``.

        The data are rounded to that type, so each product meets ``OPERANDS`` roundings more. Each error must be within
        the bound, or where the type overflows, and all of them together within ``SHARED`` times the variance that
        roundings have; where that says nothing of zeros it says nothing at all. Unless they are to be ``proving``,
        data all of whose results overflow say nothing against it.
        """
        dtype = DTYPES[narrower]
        reference = operation_of(self.case).oracle.reference_in(narrower, self.case, self.prepared, self.output)
        if reference is None or got.shape != reference.shape or got.dtype.kind != "f":
            return False
        values = widened(got)
        counted = np.isfinite(values) & np.isfinite(reference.output)
        target = np.where(counted, reference.output, 0.0)
        errors = Errors(
            np.where(counted, values, 0.0) - target,
            target,
            counted,
            _with_rounded_operands(reference, dtype),
            dtype,
            has_independent_elements(self.case, self.output),
        )
        same = counted | (values == reference.output) | (np.isnan(values) & np.isnan(reference.output))
        same |= ~np.isfinite(values) & np.isfinite(reference.output) & _may_be_infinite(values, reference, dtype)
        if not np.all(same) or not _are_of_rounding(errors):
            return False
        return not _are_of_rounding(errors.zero) or not (proving or np.any(counted))


def _runs(outcome: Value) -> list[npt.NDArray[Any]]:
    """The first result, and what came in its place on the same data later."""
    return [got for got in (outcome.output, outcome.again, outcome.after) if got is not None]


def _with_rounded_operands(reference: Reference, dtype: DType) -> ReferenceValues:
    """``reference`` of sums in ``dtype`` whose operands are rounded to it too."""
    return ReferenceValues(
        reference.output,
        reference.axes,
        reference.magnitude,
        reference.terms + OPERANDS,
        added=reference.added,
        loose=reference.slack(dtype),
        squares=lambda: np.square(reference.norm),
    )


def _may_be_infinite(values: npt.NDArray[Any], reference: Reference, dtype: DType) -> BoolArray:
    """Where ``values`` may be infinite or NaN as a sum in ``dtype`` of rounded operands: see Beside.misplaced."""
    alike = terms_of_one_sign(values, reference.output, reference.magnitude)
    return may_overflow(alike, reference.terms + OPERANDS, dtype)


def _are_of_rounding(errors: Errors) -> bool:
    sums = Sums(errors.dtype.name)
    if errors.ratio(sums) > 1:
        return False
    found = errors.scores(sums)
    if found is None:
        return True
    wide = found.independent and found.mean_square > SHARED * found.most_mean_square
    return found.largest <= MOST_Z and not wide


def digest_of(array: npt.NDArray[Any]) -> str:
    """The SHA-256 of dtype, shape and values in reading order; every NaN counts alike, and so do both zeros."""
    plain = widened(array) if array.dtype.kind not in "iub" else array
    if plain.dtype.kind in "fc":
        plain = np.where(np.isnan(plain), np.nan, plain + 0.0)
    header = f"{array.dtype} {list(array.shape)} ".encode()
    return hashlib.sha256(header + np.ascontiguousarray(plain).tobytes()).hexdigest()
