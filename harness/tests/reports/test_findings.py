from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.findings import NOTHING_FITS
from harness.core.results import Verdict
from harness.reports.findings import Kind, Share, alone_otherwise, cards, find, right_everywhere
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

E, K, D = Verdict.EXACT, Verdict.KNOWN, Verdict.DIVERGES


def found(*rows):
    return find(View(report_of(rows)))


def known(case, adapter, observed=D, reason="because (somewhere/else#7)", **rest):
    return row(case, adapter, K, observed=observed, listed=reason, diagnosis=f"diagnosed. {reason}", **rest)


def test_the_worst_kind_comes_first_then_what_fails_then_what_most_frameworks_show():
    order = [
        known("s/a", "torch", Verdict.REJECTS, "1"),
        known("s/b", "torch", Verdict.ACCEPTS, "2"),
        known("s/c", "torch", Verdict.WRONG_DTYPE, "3"),
        known("s/d", "torch", Verdict.STALE, "4"),
        known("s/e", "torch", D, "5"),
        known("s/e", "keras", D, "5"),
        row("s/f", "torch", D, diagnosis="6"),
        known("s/g", "torch", Verdict.HANGS, "7"),
        row("s/h", "torch", Verdict.FIXED, diagnosis="8"),
    ]
    findings = found(*order)
    assert [(one.kind, one.reason, one.fails) for one in findings] == [
        (Kind.PROCESS, "7", False),
        (Kind.VALUES, "6", True),
        (Kind.VALUES, "5", False),
        (Kind.VALUES, "4", False),
        (Kind.SHAPE, "3", False),
        (Kind.ACCEPTS, "2", False),
        (Kind.REJECTS, "1", False),
        (Kind.OTHER, "8", True),
    ]


def test_what_is_listed_with_one_reason_is_one_finding_whatever_was_diagnosed():
    one, other = found(
        replace(known("s/a", "torch:compile"), diagnosis="of one. because (somewhere/else#7)"),
        known("s/b", "torch"),
        known("s/b", "torch", output="kernel_grad"),
        known("s/a", "keras:jax"),
        known("s/c", "torch", reason="another"),
    )
    assert one.adapters == ["torch", "keras:jax", "torch:compile"]
    assert one.frameworks == ["keras", "torch"]
    assert (one.cases, one.outputs, one.checks) == (["s/a", "s/b"], ["output", "kernel_grad"], 3)
    assert one.versions == ("torch 1.0", "keras:jax 1.0", "torch:compile 1.0")
    assert (one.example.case, one.example.adapter, one.example.output) == ("s/b", "torch", "output")
    assert one.reason == "because (somewhere/else#7)"
    assert one.pieces == [
        ("because (", ""),
        ("somewhere/else#7", "https://github.com/somewhere/else/issues/7"),
        (")", ""),
    ]
    assert (other.reason, other.pieces) == ("another", [("another", "")])
    assert (one.key, other.key) == ("because-somewhere-else-7", "another")


def test_what_was_not_requested_belongs_to_the_case_that_shows_why():
    message = "not requested, as it can spoil or end the process; s/shown shows it"
    rows = [
        known("s/a", "torch", K, "it writes beyond", message=message, output="kernel_grad"),
        known("s/a", "other", K, "it writes beyond", message=message, output="kernel_grad"),
        known("s/shown", "torch", Verdict.CRASHES, "as shown", message="at times crashes or diverges"),
    ]
    (one,) = found(*rows)
    assert (one.reason, one.kind, one.cases) == ("as shown", Kind.PROCESS, ["s/a", "s/shown"])
    assert (one.came, one.due) == ("at times crashes or diverges", "the right values on every call")
    assert one.example.case == "s/shown"
    (alone,) = found(*rows[:2])
    assert alone.reason == "it writes beyond"


def test_failing_rows_are_alike_where_the_same_is_stated_of_a_framework():
    rows = [
        row("s/a", "torch", D, message="values differ in 3 of 9", diagnosis=""),
        row("s/b", "torch:compile", D, message="values differ in 4 of 17", diagnosis=""),
        row("s/b", "keras", D, message="values differ in 4 of 17", diagnosis=""),
        row("s/c", "torch", D, message="values differ in 4 of 17", diagnosis="as if flipped"),
        row("s/d", "torch", Verdict.UNSTABLE, message="values differ in 4 of 17"),
        row("s/e", "torch", D, diagnosis="as if computed in float16"),
        row("s/f", "torch", D, diagnosis="as if computed in float32"),
    ]
    assert [[one.case for one in finding.rows] for finding in found(*rows)] == [
        ["s/a", "s/b"],
        ["s/b"],
        ["s/c"],
        ["s/d"],
        ["s/e"],
        ["s/f"],
    ]


def test_what_nothing_explains_is_alike_within_a_case_alone():
    text = f"{NOTHING_FITS}; digest: ab"
    rows = [row(name, "torch", D, diagnosis=text) for name in ("s/a[strides=1]", "s/a[strides=2]", "s/b")]
    assert [[one.case for one in finding.rows] for finding in found(*rows)] == [
        ["s/a[strides=1]", "s/a[strides=2]"],
        ["s/b"],
    ]


def test_an_adapter_that_did_not_start_is_one_finding():
    rows = [row(f"s/{name}", "torch", Verdict.BROKEN, message="no library") for name in "abc"]
    (one,) = found(*rows, row("s/a", "keras", E))
    assert (one.kind, one.checks, one.came) == (Kind.OTHER, 3, "no library")


@pytest.mark.parametrize(
    ("rest", "came", "due"),
    [
        ({"observed": Verdict.ACCEPTS, "message": "an error is expected, but the shape [2] came"}, "the shape [2]", "an error"),
        ({"observed": Verdict.ACCEPTS, "message": "something else"}, "something else", "an error"),
        ({"observed": Verdict.WRONG_SHAPE, "message": "no listed reading fits: expected [2, 0], got [2, 1] (NCHW)"}, "[2, 1]", "[2, 0]"),
        ({"observed": D, "message": "values differ in 1 of 2 elements; at [0] (W) expected 5, got nan"}, "nan", "5"),
        ({"observed": D, "cause": "narrower: float32"}, "values computed in float32", "the values of the oracle"),
        ({"observed": D, "cause": "unwritten_rows: 1 to the last"}, "rows 1 to the last not written", "the values of the oracle"),
        ({"observed": Verdict.UNSTABLE, "message": "two runs differ"}, "two runs differ", "the right values on every call"),
        ({"observed": Verdict.CRASHES, "message": "SIGSEGV"}, "SIGSEGV", "a result or an error"),
        ({"observed": Verdict.CRASHES, "message": "SIGSEGV", "output": "bias_grad"}, "SIGSEGV", "a gradient"),
        ({"observed": Verdict.REJECTS, "message": "E" * 200}, "E" * 89 + "…", "a result"),
    ],
)  # fmt: skip
def test_what_came_and_what_is_due_stand_in_a_short_line(rest, came, due):
    (one,) = found(row("s/a", "torch", K, listed="because", **rest))
    assert (one.came, one.due) == (came, due)


@pytest.mark.parametrize(("other", "due"), [(Verdict.REFUSES, "an error"), (E, "a result")])
def test_what_is_due_where_a_process_ends_is_known_from_other_adapters(other, due):
    (one,) = found(row("s/a", "torch", Verdict.CRASHES, message="SIGFPE"), row("s/a", "keras", other))
    assert one.due == due


def test_keys_are_the_first_words_and_differ():
    keys = [one.key for one in found(*(known("s/a", "torch", reason=f"One, two 3 four five six {n}") for n in "ab"))]
    assert keys == ["one-two-3-four-five-six", "one-two-3-four-five-six-2"]


ROWS = [
    row("s/right", "torch", E),
    row("s/right", "keras", Verdict.WITHIN_BOUND),
    row("s/alone", "torch", E),
    row("s/alone", "torch:compile", E),
    row("s/alone", "keras", E),
    row("s/alone", "keras", D, output="kernel_grad"),
    row("s/variant", "torch:compile", D),
    row("s/variant", "keras", E),
    row("s/both", "torch", D),
    row("s/both", "keras", K, observed=D),
    row("s/only", "torch", D),
    row("s/only", "keras", Verdict.INEXPRESSIBLE),
    row("s/none", "keras", Verdict.INEXPRESSIBLE),
]


def test_what_is_right_everywhere_and_what_one_framework_does_otherwise():
    view = View(report_of(ROWS))
    assert right_everywhere(view) == ["s/right"]
    assert alone_otherwise(view) == {"s/alone": "keras", "s/variant": "torch"}


def test_a_card_has_the_share_of_checks_that_conform_with_variants_beneath():
    keras, torch = cards(View(report_of(ROWS)))
    assert (keras.framework, keras.plain, keras.variants) == ("keras", Share("keras", 2, 4), ())
    assert (torch.plain, torch.variants) == (Share("torch", 2, 4), (Share("torch:compile", 1, 2),))
    assert (keras.alone, torch.alone) == (("s/alone",), ("s/variant",))
    (card,) = cards(View(report_of([row("s/a", "torch:compile", E)])))
    assert (card.framework, card.versions, card.plain) == ("torch", "torch:compile 1.0", None)


def test_a_share_of_all_is_no_rounded_one():
    assert [Share("torch", *numbers).percent for numbers in ((1999, 2000), (2, 2), (0, 0))] == ["99.9 %", "100 %", "–"]
