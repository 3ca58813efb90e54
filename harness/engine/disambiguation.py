"""Which case of the corpus distinguishes tied hypotheses.

The corpus is the folder that the tied case's suite lies in. A search costs what computing the hypotheses on its cases
costs, so it is made only for a tie, and once for each set of names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice, product
from pathlib import Path

import numpy as np

from harness.core.corpus import located
from harness.core.errors import BadInputError
from harness.core.findings import Separation
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis.shapes import rules
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import Fault, faults_for, kind, wrong_output
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.suites.registry import load_suites

MOST_SEARCHED = 2_000
LARGEST = 1 << 16
"""Elements of the output times input channels; larger cases are not searched, nor good to look at."""

FAMILIES = (
    {"kernel-rotated", "kernel-flipped-in-height", "kernel-flipped-in-width"},
    {"kernel-channels-swapped", "kernel-channels-reread", "ordinary-convolution-with-its-channels"},
    {"bias-of-channel-0", "bias-of-group-0"},
    {"crops-exchanged", "crop-lower-for-upper", "crop-upper-for-lower"},
    {"crop-at-the-end", "crop-at-the-start", "crops-of-same"},
    {"last-rows-zero", "last-columns-zero", "all-zero"},
)
"""Kinds of faults that one mistake may be called by, depending on the sizes."""

Expresses = Callable[[Case], bool]
"""Whether the adapter at hand can express a case."""


@dataclass(slots=True)
class Separator:
    """Finds cases that separate, and keeps what it found. Safe to use from several threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _corpora: dict[Path, list[Case]] = field(default_factory=dict)
    _found: dict[tuple[object, ...], Separation] = field(default_factory=dict)

    def find(self, case: Case, names: Sequence[str], who: str, expresses: Expresses) -> Separation | None:
        """The first case of the corpus on which the hypotheses called ``names`` give the most different outcomes.

        ``expresses`` belongs to the adapter called ``who``. None where there is no corpus to search.
        """
        if not (path := located(case.path)).is_file():
            return None
        folder = path.parent
        key = (folder, who, case.suite, case.dialect, *names)
        with self._lock:
            if key not in self._found:
                corpus = self._corpus(folder)
                near = sorted(corpus, key=lambda one: (one.suite != case.suite, one.dialect != case.dialect, one.name))
                self._found[key] = _search(islice(filter(expresses, near), MOST_SEARCHED), names)
            return self._found[key]

    def _corpus(self, folder: Path) -> list[Case]:
        if folder not in self._corpora:
            self._corpora[folder] = [case for path in sorted(folder.glob("*.y*ml")) for case in _legal_cases(path)]
        return self._corpora[folder]


def _legal_cases(path: Path) -> Iterator[Case]:
    """The cases of a suite that may be computed; none of a file that is no good suite."""
    try:
        (suite,) = load_suites([path])
        yield from (case for case in islice(transposed_convolutions(suite.cases()), MOST_SEARCHED) if not case.nominal)
    except BadInputError:
        return


def _search(cases: Iterator[Case], names: Sequence[str]) -> Separation:
    """The first case with the most groups."""
    best, most = Separation(), 1
    for case in cases:
        reference = _reference(case)
        if reference is None:
            continue
        groups = _alike(effects(case, reference, names))
        if len(groups) > most:
            best, most = Separation(case.name, tuple(group for group in groups if len(group) > 1)), len(groups)
        if most == len(names):
            break
    return best


def _reference(case: Case) -> ConvTransposeReference | None:
    """The truth of a case that is small, and whose values are exact."""
    geometry = lower(case)
    if geometry.output_elements * geometry.in_channels > LARGEST:
        return None
    reference = make_tensors(case, geometry).reference(geometry)
    return reference if reference.is_exact(case) else None


def effects(case: Case, reference: ConvTransposeReference, names: Sequence[str]) -> list[set[bytes]]:
    """For each name, marks of what its hypothesis may give on ``case``, of the right size and of its own.

    A hypothesis that these sizes do not allow gives the truth, or what a relative of it gives.
    """
    faults = list(faults_for(reference))
    marks = [_value_marks(name, faults, reference) for name in names]
    shaped: dict[str, set[bytes]] = {}
    for one in rules(case, reference):
        if one.name in names:
            values = np.zeros(0) if one.right is None else one.right.output
            shaped.setdefault(one.name, set()).add(_mark(values, one.shape))
    known = {fault.name for fault in faults}
    return [
        shaped[name] | (found if name in known else set()) if name in shaped else found
        for name, found in zip(names, marks, strict=True)
    ]


def _value_marks(name: str, faults: Sequence[Fault], reference: ConvTransposeReference) -> set[bytes]:
    """What the faults that ``name`` joins by a plus sign may give in the right size."""
    choices: list[list[tuple[Fault, ...]]] = []
    for part in name.split(" + "):
        present: list[tuple[Fault, ...]] = [(fault,) for fault in faults if fault.name == part]
        choices.append(present or [(), *((fault,) for fault in faults if _related(fault.name, part))])
    return {_mark(wrong_output([fault for one in chosen for fault in one], reference)) for chosen in product(*choices)}


def _related(name: str, other: str) -> bool:
    """Whether one may be called the other on a case of other sizes."""
    kinds = {kind(name), kind(other)}
    return len(kinds) == 1 or any(kinds <= family for family in FAMILIES)


def _mark(y: Float64Array, shape: tuple[int, ...] | None = None) -> bytes:
    """Equal for equal shapes and values; 0.0 makes -0.0 equal to it."""
    return sha256(repr(shape or y.shape).encode() + (np.ascontiguousarray(y) + 0.0).tobytes()).digest()


def _alike(marks: Sequence[set[bytes]]) -> list[tuple[int, ...]]:
    """Positions, in groups that may give the same."""
    groups: list[tuple[set[bytes], tuple[int, ...]]] = []
    for position, found in enumerate(marks):
        same = [group for group in groups if group[0] & found]
        groups = [group for group in groups if group not in same]
        members = tuple(sorted([position, *(member for _, others in same for member in others)]))
        groups.append((found.union(*(others for others, _ in same)), members))
    return sorted(members for _, members in groups)
