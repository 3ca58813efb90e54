from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.findings import Finding
from harness.operations.conv_transpose import diagnosis
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.mutants import mutant_called
from harness.quality import diagnosis_score as proof
from harness.quality.diagnosis_score import Naming, Tally, across_suites, tally_of
from harness.quality.mutant_adapter import Honest
from harness.tests.asking import make_case

CASES = [
    make_case("plain", kernel_size=(3, 3)),
    make_case("biased", kernel_size=(3, 3), bias=True, strides=(2, 3)),
    make_case("square", kernel_size=(3, 3), words=Words(((1, 1), (1, 1)))),
    make_case("strided", kernel_size=(3, 2), strides=(2, 3), bias=True),
]


def test_suites_take_turns():
    cases = [replace(make_case(name), suite=suite) for suite, name in ("b1", "b2", "a1", "b3")]
    assert [case.name for case in across_suites(cases)] == ["a/1", "b/1", "b/2", "b/3"]


def test_a_fault_that_is_named():
    tally = tally_of("BiasMissing", CASES, None)
    assert (tally.tried, tally.shows, tally.counts[Naming.FIRST]) == (4, 2, 2)
    assert tally.examples == {Naming.FIRST: "suite/biased"}
    assert tally.proven


def test_ties_and_simpler_names_are_told_from_misnamings():
    tied = tally_of("OrdinaryConvolution", CASES, None)
    assert (tied.counts[Naming.TIED], tied.counts[Naming.FIRST]) == (2, 0)
    assert tied.proven
    alike = tally_of("RotatedWithoutBias", CASES, None)
    assert (alike.counts[Naming.ALIKE], alike.counts[Naming.FIRST]) == (2, 2)


@pytest.mark.parametrize("name", ["DataInFloat32", "SumsTruncated"])
def test_aimed_data_give_no_wrong_name(name):
    """Rounding to float32 leaves its range; sums that lose bits look like operands of some other width by chance."""
    cases = [
        replace(make_case(f"{data}-{dtype}", kernel_size=(3, 2), strides=(2, 1), in_channels=3), data=data, dtype=dtype)
        for data in ("large", "small-after-large", "wide-range", "subnormal")
        for dtype in ("float64", "float32", "float16")
    ]
    tally = tally_of(name, cases, None)
    assert tally.shows
    assert tally.counts[Naming.MISNAMED] == 0


def test_enough_is_enough():
    assert tally_of("KernelRotated", CASES, 1).shows == 1
    assert tally_of("RotatedWithoutBias", CASES, 1).counts[Naming.FIRST] == 1


def test_a_wrong_name_is_misnamed(monkeypatch):
    class Mislabelled(Honest):
        mutant = replace(mutant_called("KernelRotated"), faults=("bias-missing",))

    monkeypatch.setattr(proof, "adapter_called", lambda _: Mislabelled)
    tally = tally_of("BiasMissing", CASES[:2], None)
    assert tally.counts[Naming.MISNAMED] == 2
    assert not tally.proven


@pytest.mark.parametrize(("name", "naming"), [("region", Naming.UNNAMED), ("shifted(1,0)", Naming.MISNAMED)])
def test_a_place_is_no_name(monkeypatch, name, naming):
    monkeypatch.setattr(diagnosis, "diagnose", lambda *_: [Finding(name, "as if")])
    tally = tally_of("KernelRotated", CASES[:1], None)
    assert tally.counts[naming] == 1
    assert not tally.proven


def test_one_misnaming_outweighs_any_number_of_names():
    counts = dict.fromkeys(Naming, 0) | {Naming.FIRST: 9}
    assert Tally("Mutant", "fault", 9, counts, {}).proven
    assert not Tally("Mutant", "fault", 9, counts | {Naming.MISNAMED: 1}, {}).proven


def test_nothing_named_is_nothing_proven(monkeypatch):
    monkeypatch.setattr(proof, "findings_for", lambda *_: ([], None))
    tally = tally_of("KernelRotated", CASES, None)
    assert tally.counts[Naming.UNNAMED] == 4
    assert not tally.proven
