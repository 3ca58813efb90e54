"""What the diagnosis costs: nothing where a run conforms, and seconds for large outcomes that diverge."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from harness.adapters.plan import Plan, execute
from harness.core.case import DataKind
from harness.core.comparator import judge
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.operations.conv_transpose.case import Case, Words, transposed_convolutions
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import diagnose, explain
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import faults_for, wrong_output
from harness.operations.conv_transpose.mutants import Honest
from harness.operations.conv_transpose.oracle import ConvTransposeReference, Float64Array
from harness.quality.benchmarks.oracle import medians
from harness.suites.selection import select


def layer(kernel: int, data: DataKind) -> Case:
    """64 channels of 64 x 64 to 64 channels of 128 x 128, in PyTorch's words."""
    pads = ((1, 1), (1, 1))
    odd = kernel % 2
    return Case(
        suite="bench",
        id=f"k{kernel}-{data}",
        about="",
        dialect="pytorch",
        batch=1,
        in_channels=64,
        out_channels=64,
        input_size=(64, 64),
        kernel_size=(kernel, kernel),
        strides=(2, 2),
        words=Words(pads, output_padding=(odd, odd)),
        bias=True,
        data=data,
    )


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


def diverging(case: Case, rounds: int) -> dict[str, float]:
    """Median seconds of one diagnosis for each kind of outcome; the truth is there already, as after a verdict."""
    geometry = lower(case)
    reference = make_tensors(case, geometry).reference(geometry)
    calls: dict[str, Callable[[], object]] = {}
    for what, got in outcomes(reference).items():
        calls[what] = lambda got=got: diagnose(case, reference, got)  # type: ignore[misc]
    return medians(calls, rounds)


def conforming(cases: Sequence[Case], rounds: int) -> dict[str, float]:
    """Median seconds of asking an honest adapter all ``cases`` in this process, with and without the diagnosis."""
    adapter = Honest()

    def ask(*, explained: bool) -> float:
        start = time.perf_counter()
        for case in cases:
            geometry = lower(case)
            plan = adapter.plan(case, geometry)
            assert isinstance(plan, Plan)
            tensors = make_tensors(case, geometry)
            reference = tensors.reference(geometry)
            outcome = Value(*execute(adapter.prepare, plan, tensors.x, tensors.w, tensors.b, runs=1))
            judgement = judge(case, tensors, reference, outcome)
            assert judgement.verdict is Verdict.EXACT
            if explained:
                explain(case, reference, outcome, judgement)
        return time.perf_counter() - start

    times: dict[str, list[float]] = {"without": [], "with": []}
    for _ in range(rounds):
        times["without"].append(ask(explained=False))
        times["with"].append(ask(explained=True))
    return {what: statistics.median(values) for what, values in times.items()}


def main(rounds: int, paths: Sequence[str]) -> dict[str, object]:
    """Seconds with and without the diagnosis, and per diagnosis for each layer and kind of outcome."""
    cases = [case for case in transposed_convolutions(select(paths).cases()) if not case.nominal]
    return {
        "cases": len(cases),
        "conforming": conforming(cases, rounds),
        "diverging": {case.id: diverging(case, rounds) for case in LAYERS},
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2:])))
