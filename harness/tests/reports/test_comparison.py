from __future__ import annotations

import json
from itertools import product

import pytest

from harness.core.results import AdapterInfo, Verdict
from harness.reports.comparison import Kind, State, Stored, VersionChange, compare, kind_of
from harness.reports.json_format import ReportFile
from harness.reports.json_report import render_json
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

E, K, D, R = Verdict.EXACT, Verdict.KNOWN, Verdict.DIVERGES, Verdict.REJECTS
BEST = ["exact", "within_bound", "refuses", "ambiguous", "fixed"]
BEST_TO_WORST = [
    BEST,
    *([name] for name in ("known", "inexpressible", "unavailable", "inconclusive", "rejects", "wrong_dtype")),
    *([name] for name in ("wrong_shape", "accepts", "diverges", "unstable", "stale", "hangs", "crashes")),
    *([name] for name in ("adapter_error", "broken")),
]
RANKS = {name: rank for rank, names in enumerate(BEST_TO_WORST) for name in names}


def stored(*rows):
    return Stored.of_report(report_of(list(rows)))


def changes(old, new):
    return [
        (change.kind, change.case, change.where, change.verdicts)
        for change in compare(stored(*old), stored(*new)).changes
    ]


def state(verdict, observed=None, message="", cause="", diagnosis=""):
    return State(Verdict(verdict), Verdict(observed or verdict), cause, message, diagnosis)


def test_every_verdict_has_its_place():
    assert set(RANKS) == set(Verdict)


@pytest.mark.parametrize(("old", "new"), list(product(RANKS, RANKS)))
def test_pairs_of_verdicts(old, new):
    expected = {
        old == new: None,
        old != new and RANKS[old] == RANKS[new]: Kind.OTHER_VERDICT,
        RANKS[new] > RANKS[old]: Kind.WORSE,
        RANKS[new] < RANKS[old]: Kind.BETTER,
    }[True]
    assert kind_of(state(old), state(new)) is expected


def test_a_divergence_that_is_listed_in_one_report_alone_is_neither_worse_nor_better():
    listed = state("known", "diverges", "values differ")
    for other, kind in [
        (state("diverges", message="values differ"), Kind.OTHER_VERDICT),
        (state("diverges", message="values differ elsewhere"), Kind.WORSE),
        (state("crashes", message="values differ"), Kind.WORSE),
    ]:
        assert kind_of(listed, other) is kind
        assert kind_of(other, listed) is (kind if kind is Kind.OTHER_VERDICT else Kind.BETTER)


def test_so_is_one_that_comes_at_times():
    listed = state("known", "crashes", "at times crashes or unstable")
    assert kind_of(listed, state("unstable", message="two runs differ")) is Kind.OTHER_VERDICT
    assert kind_of(listed, state("diverges", message="values differ")) is Kind.WORSE
    assert kind_of(state("exact"), listed) is Kind.WORSE


@pytest.mark.parametrize(
    ("cause", "kind"), [("", Kind.WORSE), ("narrower: float32", Kind.WORSE), ("digest: 01234567", Kind.OTHER_VERDICT)]
)
def test_but_with_another_cause_than_is_listed_it_is_worse(cause, kind):
    listed = state("known", "diverges", "at times diverges or unstable", cause="digest: 01234567")
    for verdict in ("diverges", "unstable"):
        assert kind_of(listed, state(verdict, message="values differ", cause=cause)) is kind


@pytest.mark.parametrize(
    ("message", "kind"), [("got [3, 2]: 4", Kind.WORSE), ("expected [1], got: [2]", Kind.OTHER_VERDICT)]
)
def test_or_with_another_message(message, kind):
    listed = state("known", "wrong_shape", "at times wrong_shape: got: [2]")
    assert kind_of(listed, state("wrong_shape", message=message)) is kind


def test_what_was_not_requested_is_worse_where_it_fails():
    withheld = state("known", message="not requested, as it can spoil or end the process; s/a shows it")
    for verdict in ("diverges", "unstable", "crashes", "rejects"):
        assert kind_of(withheld, state(verdict, message="values differ")) is Kind.WORSE


def test_another_cause_and_another_message():
    assert kind_of(state("diverges", diagnosis="rotated"), state("diverges", diagnosis="cropped")) is Kind.OTHER_CAUSE
    assert kind_of(state("diverges", message="a"), state("diverges", message="b")) is Kind.OTHER_MESSAGE
    assert kind_of(state("known", "diverges", cause="x"), state("known", "diverges", cause="y")) is Kind.OTHER_CAUSE
    assert kind_of(state("known", "diverges"), state("known", "crashes")) is Kind.OTHER_CAUSE
    # what a list says of a divergence is no cause of its own
    assert kind_of(state("known", "diverges", diagnosis="a"), state("known", "diverges", diagnosis="b")) is (
        Kind.OTHER_MESSAGE
    )


def test_new_and_gone_rows_and_outputs_that_change_alike():
    old = [row("s/a", "keras", E, output=output) for output in ("output", "kernel_grad", "input_grad")]
    new = [row("s/a", "keras", E), *(row("s/a", "keras", D, output=output) for output in ("kernel_grad", "input_grad"))]
    assert changes(old, new) == [(Kind.WORSE, "s/a", "keras (input_grad, kernel_grad)", "exact -> diverges")]
    assert changes(old, [row("s/b", "keras", D)]) == [
        (Kind.NEW, "s/b", "keras", "diverges"),
        (Kind.GONE, "s/a", "keras (output, input_grad, kernel_grad)", "exact"),
    ]
    assert changes(old, old) == []


@pytest.mark.parametrize("verdict", [R, Verdict.INEXPRESSIBLE, Verdict.UNAVAILABLE, Verdict.BROKEN, Verdict.CRASHES])
@pytest.mark.parametrize("first", ["output", "shape"])
def test_an_output_without_an_array_stands_for_the_others(verdict, first):
    whole = [row("s/a", "keras", E, output=output) for output in (first, "input_grad")]
    none = [row("s/a", "keras", verdict)]
    where = "keras (output, input_grad)" if first == "output" else "keras (shape, input_grad)"
    assert changes(whole, none) == [(Kind.WORSE, "s/a", where, f"exact -> {verdict}")]
    assert changes(none, whole) == [(Kind.BETTER, "s/a", where, f"{verdict} -> exact")]


def test_an_output_that_was_not_requested_is_new():
    assert changes([row("s/a", "keras", D)], [row("s/a", "keras", D), row("s/a", "keras", D, output="bias_grad")]) == [
        (Kind.NEW, "s/a", "keras (bias_grad)", "diverges")
    ]


def test_evidence_is_of_the_new_report_and_of_the_old_one_where_it_says_otherwise():
    found = compare(
        stored(row("s/a", "k", E), row("s/b", "k", D, message="m", diagnosis="old"), row("s/c", "k", D, message="x")),
        stored(row("s/a", "k", D, message="m", diagnosis="d"), row("s/b", "k", D, message="m", diagnosis="new")),
    )
    assert [change.evidence for change in found.changes] == [["m", "d"], ["was: old", "is: new"], []]


def with_versions(versions, environment):
    report = report_of([row("s/a", name, E) for name in versions])
    adapters = tuple(AdapterInfo(name, "keras", found, requested_by_name=False) for name, found in versions.items())
    return Stored.of_report(type(report)(2, environment, adapters, report.cases, report.results))


def test_versions_are_gathered_by_change():
    old = with_versions(
        {"keras": {"keras": "3.15.0", "numpy": "2"}, "keras:ops": {"keras": "3.15.0"}, "gone": {"a": "1"}}, {"cpu": "x"}
    )
    new = with_versions(
        {"keras": {"keras": "3.15.1", "numpy": "2"}, "keras:ops": {"keras": "3.15.1"}, "new": {"a": "2"}}, {}
    )
    assert compare(old, new).versions == (
        VersionChange("cpu", "x", "", ("environment",)),
        VersionChange("keras", "3.15.0", "3.15.1", ("keras", "keras:ops")),
    )


def test_a_run_and_the_file_that_it_writes_compare_as_the_same():
    rows = [
        row("s/a", "k", E),
        row("s/a", "k", K, output="input_grad", observed=D, message="m", diagnosis="d", cause="c"),
    ]
    report = report_of([*rows, row("s/b", "k", D, message="n"), row("s/c", "k", Verdict.INEXPRESSIBLE)])
    content = ReportFile.model_validate(json.loads(render_json(View(report))))
    assert Stored.of_file(content) == Stored.of_report(report)
    assert compare(Stored.of_file(content), Stored.of_report(report)).same == 4
