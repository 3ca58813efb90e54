from __future__ import annotations

import pytest

from harness.core.case import Expect, Reading
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.mutants.honest import Honest
from harness.operations.conv_transpose.mutants.mutants import mutants
from harness.operations.faults import Kills
from harness.quality import mutation
from harness.quality.mutation import Score, find_mutants
from harness.tests.asking import make_case

BIASED = make_case("biased", bias=True, strides=(2, 1))
PLAIN = make_case("plain", strides=(2, 1))
GROUPED = make_case("grouped", groups=2, strides=(2, 1))
TOO_MUCH = make_case("too-much", words=Words(((0, 0), (0, 0)), output_padding=(1, 0)), expect=Expect(error=True))


def test_a_case_kills_whose_lie_shows_on_it():
    killed = set(find_mutants(BIASED).killed)
    assert {"BiasMissing", "KernelRotated", "BatchAboveOne", "RefusesAll", "StrideInHeightOnly"} <= killed
    assert not {"BiasUnasked", "GroupsIgnored", "BatchAboveTwo", "AcceptsAll", "StrideInWidthOnly"} & killed


def test_an_illegal_case_kills_who_accepts_it():
    killed = set(find_mutants(TOO_MUCH).killed)
    assert killed == {"AcceptsAll", "PyTorchOutputPaddingAtTheLimit"}


@pytest.mark.parametrize("groups", [0, -1])
def test_no_liar_breaks_over_groups_that_nothing_can_be_divided_by(groups):
    none = make_case("no-groups", groups=groups, expect=Expect(error=True))
    assert find_mutants(none).killed == ("AcceptsAll",)


def test_only_the_liars_asked_for_are_asked():
    assert find_mutants(BIASED, ["BiasMissing", "BiasUnasked"]).killed == ("BiasMissing",)


def test_a_case_that_fails_the_honest_one_kills_nobody():
    wrong = tuple(Reading(name, "no text", ((crop, 0), (0, 0))) for name, crop in (("one", 1), ("two", 2)))
    finding = find_mutants(make_case("misread", expect=Expect(readings=wrong)))
    assert finding == Kills("suite/misread", (), sound=False)
    assert Score("s", "v", [finding]).unsound == ["suite/misread"]


class Broken(Honest):
    """Breaks."""

    def compute(self, geometry, x, w, b):
        raise ZeroDivisionError


def test_a_liar_that_breaks_is_not_killed_but_an_error(monkeypatch):
    monkeypatch.setattr(mutation, "mutants", lambda: {"Broken": Broken})
    with pytest.raises(ZeroDivisionError):
        find_mutants(BIASED)


@pytest.mark.parametrize("case", [BIASED, PLAIN, GROUPED, TOO_MUCH], ids=lambda case: case.id)
def test_who_is_not_asked_would_have_told_the_truth(case, monkeypatch):
    short = find_mutants(case)
    monkeypatch.setattr(mutation, "_tells_the_truth", lambda *_: False)
    assert find_mutants(case) == short


def test_a_score_counts_survivors_fragile_liars_and_redundant_cases():
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
