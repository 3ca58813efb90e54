"""What the diagnosis costs: nothing where a run conforms, and seconds for large outcomes that diverge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from harness.adapters.base import ONE_THREAD
from harness.core.case import DataKind
from harness.core.results import Verdict
from harness.operations.conv_transpose.case import Case, transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import diagnose, explain
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import faults_for, wrong_output
from harness.operations.conv_transpose.mutants.base import HONEST
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.quality.benchmarks.layers import Layer
from harness.quality.benchmarks.runner import Options, apart, medians
from harness.quality.subject import Subject
from harness.suites.selection import select


def layer(kernel: int, data: DataKind) -> Case:
    """64 channels of 64 x 64 to 64 channels of 128 x 128, in PyTorch's words."""
    case = Layer(f"k{kernel}-{data}", 64, 64, kernel, 2, 1, 64).case()
    words = replace(case.words, output_padding=(kernel % 2, kernel % 2))
    return replace(case, words=words, dtype="float32", data=data, outputs=("output",))


LAYERS = (layer(3, "integers"), layer(4, "integers"), layer(3, "real"), layer(4, "real"))
EARLY, LATE = ("kernel-rotated",), ("rolled(2,2)",)
PAIR = ("kernel-rotated", "data-in-the-other-layout")


def outcomes(reference: ConvTransposeReference) -> dict[str, Float64Array]:
    """Wrong outputs that fit early, late, as a pair, and not at all, in float32's numbers."""
    faults = {fault.name: fault for fault in faults_for(reference)}
    made = {
        what: wrong_output([faults[name] for name in names], reference)
        for what, names in (("an early fault", EARLY), ("a late fault", LATE), ("a pair", PAIR))
    }
    made["noise"] = np.random.default_rng(1).integers(-900, 900, reference.output.shape).astype(np.float64)
    return {what: y.astype(np.float32).astype(np.float64) for what, y in made.items()}


def diverging(rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds of one diagnosis for each layer and kind of outcome; the reference is there already."""
    found = {}
    for case in LAYERS:
        geometry = lower(case)
        reference = make_tensors(case, geometry).reference(geometry)
        calls = {what: partial(diagnose, case, reference, got) for what, got in outcomes(reference).items()}
        found[case.id] = medians(calls, rounds)
    return found


def run_honest(cases: Sequence[Case], *, explained: bool) -> None:
    """Judge the right results of all ``cases`` in this process, with or without the diagnosis."""
    for case in cases:
        subject = Subject.of(case)
        outcome = subject.outcome(HONEST)
        judgement = subject.judgement(outcome)
        assert judgement.verdict is Verdict.EXACT
        if explained:
            explain(case, subject.reference, outcome, judgement)


def conforming(rounds: int, paths: Sequence[str]) -> tuple[int, dict[str, float]]:
    """How many cases there are, and median seconds of running all of them without and with the diagnosis."""
    cases = [case for case in transposed_convolutions(select(paths).cases()) if not case.nominal]
    calls = {name: partial(run_honest, cases, explained=name == "with") for name in ("without", "with")}
    return len(cases), medians(calls, rounds, warm_up=False)


def diagnosis_part(options: Options) -> Iterator[str]:
    """Seconds with and without the diagnosis, and per diagnosis for each layer and kind of outcome."""
    count, times = apart(conforming, options.rounds, options.paths, environment=ONE_THREAD)
    without, explained = times["without"], times["with"]
    yield f"diagnosis on one thread, median of {options.rounds}"
    yield (
        f"  {count} conforming cases: {without:.2f} s without, {explained:.2f} s with it, {explained / without:.2f} x"
    )
    for name, seconds in apart(diverging, options.rounds, environment=ONE_THREAD).items():
        kinds = "   ".join(f"{what} {value:.2f} s" for what, value in seconds.items())
        yield f"  1x64x64x64 to 1x64x128x128, {name:12} {kinds}"
