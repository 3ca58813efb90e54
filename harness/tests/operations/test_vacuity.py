from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.case import LiteralTensor
from harness.core.comparator import judge_value
from harness.core.dtypes import DTYPES
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.operations import operation_of
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.vacuity import _passing

REAL = Case("s", "c", "", "canonical", 2, 3, 2, (3, 2), (2, 3), (2, 1), words=Words(((1, 0), (0, -1))), data="real")
MANY = replace(REAL, in_channels=300, input_size=(1, 1), kernel_size=(1, 1), strides=(1, 1), words=Words())
LARGE_TAP = LiteralTensor("I", (2,), [1000, 1])
SMALL = replace(
    MANY, batch=1, in_channels=2, out_channels=1, input=LiteralTensor("C", (2,), [1e-5, 1]), kernel=LARGE_TAP
)
"""With an input that is subnormal in float16, times a large tap."""
ADMITTED = {Verdict.WITHIN_BOUND, Verdict.INCONCLUSIVE}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("data", ["real", "subnormal", "large", "non-finite"])
@pytest.mark.parametrize("sizes", [REAL, MANY, SMALL])
def test_what_passes_has_a_verdict_that_passes(sizes, data, dtype):
    case = replace(sizes, data=data, dtype=dtype, outputs=("output", "kernel_grad"))
    tiny, kinds = DTYPES[dtype].smallest_normal, set()
    for output, reference in operation_of(case).oracle.prepare(case).references.items():
        y = reference.output
        with np.errstate(over="ignore", invalid="ignore"):
            made = {f"{factor}": y * factor for factor in (0.0, -1.0, *(1 + 2.0**-bits for bits in range(1, 25)))}
            made |= {"flushed": np.where(np.abs(y) < tiny, 0.0, y), "infinite": y + np.inf, "near": y + tiny / 2}
            if low := reference.flushed(tiny):
                made |= {f"low {bits}": low.output * (1 + 2.0**-bits) for bits in range(1, 25)}
            casts = {what: wrong.astype(DTYPES[dtype].numpy) for what, wrong in made.items()}
        verdicts = {what: judge_value(case, reference, Value(cast), output).verdict for what, cast in casts.items()}
        passing = [what for what, verdict in verdicts.items() if verdict in ADMITTED]
        assert list(_passing(case, reference, output, made.items())) == passing
        kinds |= {verdict in ADMITTED for verdict in verdicts.values()}
    assert kinds == {False, True}
