from __future__ import annotations

from dataclasses import replace

import pytest

from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import diagnose
from harness.operations.conv_transpose.dialects import lower
from harness.quality.benchmarks.diagnosis import EARLY, LATE, LAYERS, PAIR, conforming, outcomes
from harness.quality.benchmarks.whole_runs import swept_suite

FOUND = {"an early fault": [*EARLY], "a late fault": [*LATE], "a pair": [" + ".join(PAIR)], "noise": []}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda case: case.id)
def test_the_outcomes_that_are_timed_are_what_they_are_called(layer):
    case = replace(layer, in_channels=4, out_channels=4, input_size=(6, 7))
    geometry = lower(case)
    reference = make_tensors(case, geometry).reference(geometry)
    found = {what: [one.name for one in diagnose(case, reference, got)] for what, got in outcomes(reference).items()}
    assert found == FOUND


def test_conforming_cases_are_timed_with_and_without(tmp_path):
    (tmp_path / "many.yaml").write_text(swept_suite(4))
    count, taken = conforming(1, [str(tmp_path)])
    assert (count, set(taken)) == (4, {"with", "without"})
