from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.case import Expect, Reading
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.mutants import mutants
from harness.operations.conv_transpose.mutants.base import HONEST
from harness.operations.faults import Kills
from harness.quality import mutation
from harness.quality.mutation import Score, find_mutants
from harness.quality.subject import Subject
from harness.tests.asking import make_case

BIASED = make_case("biased", bias=True, strides=(2, 1))
PLAIN = make_case("plain", strides=(2, 1))
GROUPED = make_case("grouped", groups=2, strides=(2, 1))
TOO_MUCH = make_case("too-much", words=Words(((0, 0), (0, 0)), output_padding=(1, 0)), expect=Expect(error=True))


def test_a_case_kills_what_shows_on_it():
    killed = set(find_mutants(BIASED).killed)
    assert {"BiasMissing", "KernelRotated", "BatchAboveOne", "RefusesAll", "StrideInHeightOnly"} <= killed
    assert not {"BiasUnasked", "GroupsIgnored", "BatchAboveTwo", "AcceptsAll", "StrideInWidthOnly"} & killed


def test_an_illegal_case_kills_what_accepts_it():
    killed = set(find_mutants(TOO_MUCH).killed)
    assert killed == {"AcceptsAll", "PyTorchOutputPaddingAtTheLimit"}


@pytest.mark.parametrize("groups", [0, -1])
def test_no_mutant_breaks_over_groups_that_nothing_can_be_divided_by(groups):
    none = make_case("no-groups", groups=groups, expect=Expect(error=True))
    assert find_mutants(none).killed == ("AcceptsAll",)


def test_only_the_mutants_that_are_named_are_run():
    assert find_mutants(BIASED, ["BiasMissing", "BiasUnasked"]).killed == ("BiasMissing",)


def test_a_case_that_fails_without_a_fault_kills_nothing():
    wrong = tuple(Reading(name, "no text", ((crop, 0), (0, 0))) for name, crop in (("one", 1), ("two", 2)))
    finding = find_mutants(make_case("misread", expect=Expect(readings=wrong)))
    assert finding == Kills("suite/misread", (), sound=False)
    assert Score("s", "v", [finding]).unsound == ["suite/misread"]


def test_a_mutant_that_breaks_is_not_killed_but_an_error(monkeypatch):
    broken = replace(HONEST, name="Broken", answer=lambda call: call.x.reshape(0))
    monkeypatch.setattr(mutation, "mutants", lambda: {"Broken": broken})
    with pytest.raises(ValueError, match="reshape"):
        find_mutants(BIASED)


@pytest.mark.parametrize("case", [BIASED, PLAIN, GROUPED, TOO_MUCH], ids=lambda case: case.id)
def test_what_is_not_run_would_have_been_right(case, monkeypatch):
    short = find_mutants(case)
    monkeypatch.setattr(Subject, "is_right", lambda *_: False)
    assert find_mutants(case) == short


def test_a_score_counts_survivors_fragile_mutants_and_redundant_cases():
    everyone = tuple(mutants())
    first, second, third = everyone[:3]
    findings = [
        Kills("s/b", (first, second)),
        Kills("s/a", (second,)),
        Kills("s/idle", ()),
        Kills("s/c", (third,)),
    ]
    score = Score("s", "v", findings)
    assert score.kills[second] == ("s/a", "s/b")
    assert (score.killed, score.survivors) == (3, list(everyone[3:]))
    assert score.fragile == [(first, "s/b"), (third, "s/c")]
    assert score.redundant == ["s/a", "s/idle"]
    assert score.idle == ["s/idle"]
    assert score.cover == [("s/b", 2), ("s/c", 1)]
    assert score.unsound == []


def test_a_weakened_corpus_loses_score():
    whole = Score("s", "v", [find_mutants(case) for case in (PLAIN, GROUPED)])
    weaker = Score("s", "v", [find_mutants(PLAIN)])
    assert weaker.killed < whole.killed
    assert "GroupsIgnored" in set(weaker.survivors) - set(whole.survivors)
