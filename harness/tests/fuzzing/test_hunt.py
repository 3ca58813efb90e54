from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from harness.fuzzing.hunt import Asker, Hunt, explained_by, signature_of
from harness.known import EntryForm, KnownDivergences
from harness.liars import AcceptsAll, Honest, KernelRotated
from harness.results import Verdict
from harness.tests.asking import chosen, make_case
from harness.tests.build import make_row

LONG = 120.0


def first(liar, seed=0, explained=frozenset()):
    with Asker(chosen(liar)) as asker:
        return next(iter(Hunt(asker, LONG, seed, explained)))


def test_a_rotated_kernel_is_found_and_shrunk_to_two_taps():
    found = first(KernelRotated)
    case = found.check.case
    assert found.row.verdict is Verdict.DIVERGES
    assert sorted(case.kernel_size) in ([1, 2], [2, 2])
    assert (case.batch, case.in_channels, case.out_channels, case.input_size) == (1, 1, 1, (1, 1))


def test_an_error_that_does_not_come_is_found():
    found = first(AcceptsAll)
    assert found.row.verdict is Verdict.ACCEPTS
    assert found.check.case.expect.error


def test_the_same_seed_finds_the_same_case_and_explained_kinds_are_passed_over():
    one = first(KernelRotated, seed=3)
    assert first(KernelRotated, seed=3).check.case == one.check.case
    other = first(KernelRotated, seed=3, explained=frozenset({one.signature}))
    assert other.signature != one.signature


def test_nothing_is_found_where_nothing_is_wrong_and_the_budget_is_kept():
    asked: list[Verdict] = []
    with Asker(chosen(Honest), asked.append) as asker:
        assert list(islice(Hunt(asker, 3.0, 0), 1)) == []
    assert len(asked) > 50
    assert set(asked) <= {Verdict.EXACT, Verdict.WITHIN_BOUND, Verdict.REFUSES}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"diagnosis": "as if shifted by 1"}, {"diagnosis": "as if shifted by 2; or as if cut (this case …)"}, True),
        ({"diagnosis": "as if shifted"}, {"diagnosis": "as if rotated"}, False),
        ({"message": "3 of 4 differ"}, {"message": "-7 of 12 differ"}, True),
    ],
)
def test_a_kind_is_the_verdict_and_the_first_cause_without_numbers(one, other, same):
    rows = [make_row("s/a", Verdict.DIVERGES, **changes) for changes in (one, other)]
    assert (signature_of(rows[0]) == signature_of(rows[1])) is same
    assert signature_of(rows[0]) != signature_of(replace(rows[0], verdict=Verdict.WRONG_SHAPE))


def test_what_listed_cases_show_is_explained():
    entry = EntryForm(
        cases="suite/listed",
        adapter=[KernelRotated.name],
        versions={"numpy": ">=1"},
        verdict=Verdict.DIVERGES,
        why="it rotates",
        upstream="none",
    )
    shipped = [make_case("listed"), make_case("other", kernel_size=(1, 2))]
    explained = explained_by(chosen(KernelRotated), KnownDivergences([entry]), shipped)
    assert {verdict for verdict, _ in explained} == {"diverges"}
    assert len(explained) == 1
