from __future__ import annotations

import pytest

from harness.core.findings import NOTHING_FITS, Finding, Separation, describe

TWO = [Finding("a", "as if a"), Finding("b", "as if b")]
SIX = [Finding(letter, f"as if {letter}") for letter in "abcdef"]


def test_no_finding_and_one_finding_are_plain():
    assert describe([]) == NOTHING_FITS
    assert describe(TWO[:1], Separation("s/c")) == "as if a"


@pytest.mark.parametrize(
    ("separation", "end"),
    [
        (None, "(this case cannot tell these apart)"),
        (Separation(), "(this case cannot tell these apart; no case here does)"),
        (Separation("s/c"), "(this case cannot tell these apart; s/c does)"),
    ],
)
def test_a_tie_names_the_case_that_separates(separation, end):
    assert describe(TWO, separation) == f"as if a; or as if b {end}"


def test_what_the_best_case_leaves_alike_is_said():
    text = describe(SIX[:4], Separation("s/c", ((0, 2), (1, 3))))
    assert text.endswith("s/c does, but for no. 1 and no. 3, and no. 2 and no. 4)")


def test_many_are_counted_not_listed():
    text = describe(SIX, Separation("s/c", ((0, 5),)))
    assert text.startswith("as if a; or as if b; or as if c; or as if d; or 2 more (")
    assert text.endswith("; s/c does for some of them)")
