from __future__ import annotations

import pytest

from harness.operations.conv_transpose.case import Words
from harness.quality.fuzzing.mutant_search import largest_size, search_mutant
from harness.tests.asking import make_case


def test_a_liar_is_found_and_its_case_is_small():
    planted = search_mutant("BiasDoubled", 120.0, 0)
    assert planted.found
    assert planted.verdict == "diverges"
    assert planted.largest == 1


def test_an_honest_adapter_is_not_found():
    planted = search_mutant("Honest", 2.0, 0)
    assert not planted.found
    assert planted.largest is None


@pytest.mark.parametrize(
    "changes",
    [
        {"input_size": (1, 9)},
        {"kernel_size": (9, 1)},
        {"strides": (1, 9)},
        {"dilations": (9, 1)},
        {"batch": 9},
        {"in_channels": 9},
        {"out_channels": 9},
        {"groups": 9},
        {"words": Words("same", output_padding=(0, 9))},
        {"words": Words(output_size=(9, 1))},
        {"words": Words(((0, 1), (-9, 2)))},
    ],
)
def test_the_largest_size_is_that_of_any_parameter(changes):
    assert largest_size(make_case()) < 9
    assert largest_size(make_case(**changes)) == 9
