from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from harness.cli.fuzz import counts_of
from harness.core.case import Expect, Reading
from harness.core.results import Verdict
from harness.engine.check import plan_check, plan_checks
from harness.engine.process import Worker
from harness.operations.conv_transpose.case import Words, transposed_convolution
from harness.operations.conv_transpose.mutants.base import RefusalError
from harness.quality.fuzzing.search import FIRST, HEAP, AdapterClient, explained_by, is_finding, search, signature_of
from harness.quality.fuzzing.strategies import REFUSED
from harness.quality.mutant_adapter import AcceptsAll, BiasDoubled, Honest, KernelRotated
from harness.suites.known_divergences import KnownDivergences
from harness.suites.known_forms import CauseForm, EntryForm
from harness.tests import at_times, faulty
from harness.tests.asking import chosen, make_case
from harness.tests.build import make_row
from harness.tests.test_withheld import WITHHOLDING, Spoils, listed, one_tap, whole

LONG = 120.0


def first(mutant, seed=0, explained=frozenset()):
    with AdapterClient(chosen(mutant)) as client:
        return next(iter(search(client, LONG, seed, explained)))


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
    with AdapterClient(chosen(Honest), asked.append) as client:
        assert list(islice(search(client, 0.1, 0), 1)) == []
        assert client.judged == len(asked)
    assert len(asked) > 20
    assert set(asked) <= {Verdict.EXACT, Verdict.WITHIN_BOUND, Verdict.REFUSES, Verdict.AMBIGUOUS}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"diagnosis": "as if shifted by 1"}, {"diagnosis": "as if shifted by 2; or as if cut (this case …)"}, True),
        ({"diagnosis": "as if shifted"}, {"diagnosis": "as if rotated"}, False),
        ({"message": "3 of 4 differ"}, {"message": "-7 of 12 differ"}, True),
    ],
)
def test_a_kind_is_the_verdict_and_the_first_cause_without_numbers(one, other, same):
    case = make_case()
    rows = [make_row("s/a", Verdict.DIVERGES, **changes) for changes in (one, other)]
    assert (signature_of(case, rows[0]) == signature_of(case, rows[1])) is same
    assert signature_of(case, rows[0]) != signature_of(case, replace(rows[0], verdict=Verdict.WRONG_SHAPE))


def test_numbers_within_a_word_belong_to_it():
    row = make_row("s/a", Verdict.REJECTS, message="Conv2DBackprop: size 3, not -2.5 [op_4:1]")
    assert signature_of(make_case(), row) == ("rejects", "Conv2DBackprop: size n, not n [op_4:n]")


def test_errors_that_do_not_come_are_told_apart_by_the_rule_that_is_broken():
    row = make_row("s/a", Verdict.ACCEPTS, message="an error is expected, but an array came")
    rules: list[dict[str, Any]] = [
        {"groups": 3},
        {"words": Words(output_padding=(1, 0))},
        {"words": Words(output_padding=(7, 0))},
    ]
    kinds = [signature_of(make_case(**rule), row)[1] for rule in rules]
    assert kinds[0].startswith("groups: ")
    assert kinds[1].startswith("output_padding: ")
    assert kinds[1] == kinds[2]


@pytest.mark.parametrize(
    ("adapter", "changes", "kinds"),
    [
        (KernelRotated, {}, 1),
        (BiasDoubled, {}, 0),
        (KernelRotated, {"cause": CauseForm(hypotheses=["bias-doubled"])}, 0),
        (KernelRotated, {"outputs": ["input_grad"]}, 0),
        (KernelRotated, {"verdict": [Verdict.REJECTS]}, 0),
        (KernelRotated, {"message": "no listed reading fits"}, 0),
        (KernelRotated, {"versions": {"numpy": ">=99"}}, 0),
        (KernelRotated, {"intermittent": True}, 1),
        (KernelRotated, {"outputs": ["input_grad"], "evidence": "suite/other"}, 0),
    ],
)
def test_what_the_list_explains_of_its_cases_is_passed_over_and_nothing_else(adapter, changes, kinds):
    entry = EntryForm(
        **{
            "cases": ["suite/listed"],
            "adapter": [KernelRotated.name, BiasDoubled.name],
            "versions": {"numpy": ">=1"},
            "verdict": [Verdict.DIVERGES],
            "cause": CauseForm(hypotheses=["kernel-rotated"]),
            "why": "it rotates",
            "upstream": "none",
        }
        | changes
    )
    shipped = [make_case("listed", bias=True), make_case("other", kernel_size=(1, 2))]
    with AdapterClient(chosen(adapter)) as client:
        explained = explained_by(client, KnownDivergences([entry]), shipped)
        again = list(client.rows(plan_checks(shipped[:1], [chosen(adapter)])))
    assert {verdict for verdict, _ in explained} == ({"diverges"} if kinds else set())
    assert len(explained) == kinds
    assert [is_finding(row) for _, row in again] == [True]


class AlwaysEnds(faulty.OsExit):
    """A process that no case survives."""

    def prepare(self, call, x, w, b):
        return lambda: self.misbehave(None)


def test_what_is_asked_together_comes_back_in_order_each_with_its_check():
    checks = [check for number in range(30) if (check := plan_check(make_case(str(number)), chosen(Honest)))]
    with AdapterClient(chosen(Honest)) as client:
        answered = list(client.rows(checks))
        assert [check for check, _ in answered] == checks
        assert all(row.case == check.case.name for check, row in answered)
        one = client.row_of(checks[3])
    assert one is not None
    assert one.case == checks[3].case.name


def test_a_mistake_of_the_adapter_is_found_and_no_row_goes_to_another_check():
    cases = [make_case(str(number), strides=(1 + number % 3 // 2, 1)) for number in range(30)]
    checks = [check for case in cases if (check := plan_check(case, chosen(at_times.PlansSome)))]
    with AdapterClient(chosen(at_times.PlansSome)) as client:
        answered = list(client.rows(checks))
        (found,) = search(client, 0.1, 0)
    assert sorted(row.case for _, row in answered) == sorted(case.name for case in cases)
    for check, row in answered:
        mistaken = transposed_convolution(check.case).strides != (1, 1)
        assert (row.case, row.verdict is Verdict.ADAPTER_ERROR) == (check.case.name, mistaken)
    assert found.row.message.startswith("the program of conv_transpose2d raised KeyError: 'oops'")


def test_no_list_explains_a_mistake_of_the_adapter():
    entry = EntryForm(
        cases=["suite/*"],
        adapter=[at_times.PlansSome.name],
        versions={"numpy": ">=1"},
        verdict=[Verdict.CRASHES],
        why="it crashes",
        upstream="none",
    )
    with AdapterClient(chosen(at_times.PlansSome)) as client:
        assert not explained_by(client, KnownDivergences([entry]), [make_case("listed", strides=(2, 2))])
        assert client.verdicts == {Verdict.ADAPTER_ERROR: 1}


def test_an_adapter_that_cannot_start_says_so_and_gives_no_rows():
    check = plan_check(make_case(), chosen(faulty.ImportFails))
    assert check is not None
    with AdapterClient(chosen(faulty.ImportFails)) as client:
        assert client.row_of(check) is None
        assert "no_such_framework" in client.ended
        assert list(search(client, LONG, 0)) == []


def test_an_adapter_that_ends_at_every_case_is_found_out_before_it_is_given_up(monkeypatch):
    monkeypatch.setattr("harness.engine.lane.RESTARTS", 5)
    with AdapterClient(chosen(AlwaysEnds)) as client:
        (found,) = search(client, LONG, 0)
        assert "given up" in client.ended
    assert found.row.verdict is Verdict.CRASHES


class FailsOnce(Honest):
    """The truth, but for the very first call of the process."""

    calls = 0

    def finish(self, y):
        self.calls += 1
        if self.calls == 1:
            raise RefusalError("only once")
        return y


def test_a_failure_that_does_not_come_again_is_kept_as_it_was_drawn():
    found = first(FailsOnce)
    assert found.row.verdict is Verdict.REJECTS
    assert found.row.message == "RefusalError: only once"


def test_after_many_answers_a_new_worker_takes_over(monkeypatch):
    started: list[int] = []

    class Counted(Worker):
        def __init__(self, spec):
            started.append(len(started))
            super().__init__(spec)

    monkeypatch.setattr("harness.engine.lane.Worker", Counted)
    monkeypatch.setattr("harness.quality.fuzzing.search.RENEWED", 4)
    checks = [check for number in range(3) if (check := plan_check(make_case(str(number)), chosen(Honest)))]
    with AdapterClient(chosen(Honest)) as client:
        for workers in (1, 1, 2, 2, 3):
            assert [row.verdict for _, row in client.rows(checks)] == [Verdict.EXACT] * 3
            assert len(started) == workers


class Recorder(AdapterClient):
    """Is asked one round and answers nothing."""

    def __init__(self):
        super().__init__(chosen(Honest))
        self.cases = []

    def rows(self, checks):
        self.cases += [check.case for check in checks]
        self.ended = "enough"
        return iter(())


def test_another_seed_draws_other_cases():
    recorders = []
    for seed in (0, 0, 1):
        recorders.append(Recorder())
        assert list(search(recorders[-1], LONG, seed)) == []
    one, again, other = (recorder.cases for recorder in recorders)
    assert len(one) == FIRST
    assert one == again
    assert one != other


@pytest.mark.parametrize(
    ("output", "verdict", "message", "kind"),
    [
        ("kernel_grad", Verdict.CRASHES, "SIGABRT: free(): invalid next size (normal)", HEAP),
        ("output", Verdict.CRASHES, "SIGSEGV", HEAP),
        ("output", Verdict.CRASHES, "SIGABRT: Check failed: 3 < 4", "SIGABRT: Check failed: n < n"),
        ("bias_grad", Verdict.REJECTS, "ValueError: no", "gradients: ValueError: no"),
        ("bias_grad", Verdict.DIVERGES, "values differ", "bias_grad: values differ"),
    ],
)
def test_corrupted_memory_is_one_kind_and_gradients_have_names(output, verdict, message, kind):
    row = make_row("s/a", verdict, message=message, output=output)
    assert signature_of(make_case(), row) == (str(verdict), kind)


def test_a_case_that_proves_nothing_is_no_finding():
    assert not is_finding(make_row("s/a", Verdict.INCONCLUSIVE))
    assert is_finding(make_row("s/a", Verdict.UNSTABLE))


def test_gradients_that_are_listed_to_spoil_the_process_are_not_requested():
    known = listed(WITHHOLDING)
    checks = [plan_check(one, chosen(Spoils)) for one in (one_tap("tap"), whole("after"))]
    with AdapterClient(chosen(Spoils), known=known.withholding) as client:
        answered = list(client.results(filter(None, checks)))
        assert [[row.verdict for row in rows] for _, rows in answered] == [
            [Verdict.EXACT, Verdict.KNOWN, Verdict.KNOWN],
            [Verdict.EXACT] * 3,
        ]
        assert counts_of(client)[1].split()[:3] == ["2", "not", "requested:"]
        client.forget()
        assert client.judged == 0
    with AdapterClient(chosen(Spoils)) as client:
        rows = [row for one in filter(None, checks) for row in [client.row_of(one)]]
        assert [row and row.verdict for row in rows] == [Verdict.DIVERGES] * 2


def test_the_readings_that_were_taken_are_counted():
    case = replace(make_case("a", in_channels=0), outputs=("output",))
    reading = Reading("as the size rule", "", ((0, 0), (0, 0)))
    check = plan_check(replace(case, expect=Expect(readings=(reading, REFUSED))), chosen(Honest))
    assert check is not None
    with AdapterClient(chosen(Honest)) as client:
        list(client.results([check]))
        assert counts_of(client)[1].split(maxsplit=1) == ["1", "ambiguous: reading 'as the size rule'"]
