"""Divergences that come at times, and gradients that are not requested as they would spoil the process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.core.errors import BadInputError
from harness.core.results import Row, Verdict
from harness.engine.check import Check, plan_check
from harness.engine.excerpts import Excerpts
from harness.engine.lane import Lane, Settings
from harness.suites.known_divergences import KnownDivergences, known_beside, load_known
from harness.suites.known_forms import EntryForm, WhereForm
from harness.tests.asking import chosen, make_case
from harness.tests.differentiating import Differentiating

SPOILING: dict[str, object] = {
    "cases": "suite/bad",
    "adapter": ["spoils", "spoilsnothing", "spoilsmuch"],
    "outputs": ["input_grad", "kernel_grad", "bias_grad"],
    "versions": {"numpy": ">=1"},
    "verdict": ["crashes", "diverges"],
    "intermittent": True,
    "why": "it writes beyond its memory",
    "upstream": "here",
}
WITHHOLDING = {**SPOILING, "cases": "*", "where": {"kernel_size": 1, "strides": [2, None]}, "evidence": "suite/bad"}
OUTPUTS = ("output", "input_grad", "kernel_grad")


class Spoils(Differentiating):
    """The way back through one tap with strides spoils every gradient that the process computes from then on."""

    spoilt = 0

    def differentiate(self, call, x, w, b, g):
        if w.shape[2:] == (1, 1):
            self.spoilt += 1
        return super().differentiate(call, x, w, b, g)

    def spoil(self, name, value):
        return value + value.dtype.type(self.spoilt)


class SpoilsNothing(Spoils):
    """What comes where chance is kind."""

    def spoil(self, name, value):
        return value


class SpoilsMuch(Spoils):
    """The process ends."""

    def spoil(self, name, value):
        if self.spoilt:
            os.abort()
        return value


def listed(*entries: dict[str, object]) -> KnownDivergences:
    return KnownDivergences([EntryForm.model_validate(entry) for entry in entries])


def one_tap(name, **changes):
    return make_case(name, kernel_size=(1, 1), strides=(1, 2), outputs=OUTPUTS, **changes)


def whole(name):
    return make_case(name, outputs=OUTPUTS)


def rows_of(adapter, cases, known, showcase=None) -> list[Row]:
    one = chosen(adapter)
    checks: Iterator[Check] = (check for case in cases if (check := plan_check(case, one)) is not None)
    lane = Lane(one, Settings(), known, showcase=showcase)
    try:
        return list(lane.run(checks))
    finally:
        lane.close()


def test_without_a_list_one_check_spoils_the_next():
    rows = rows_of(Spoils, [one_tap("bad"), whole("after")], KnownDivergences())
    assert {row.case for row in rows if row.verdict is Verdict.DIVERGES} == {"suite/bad", "suite/after"}


def test_what_may_spoil_its_process_has_one_of_its_own_and_comes_last():
    cases = [one_tap("bad"), whole("after")]
    rows = rows_of(Spoils, cases, listed(SPOILING))
    assert [(row.case, row.output, row.verdict) for row in rows] == [
        *(("suite/after", name, Verdict.EXACT) for name in OUTPUTS),
        ("suite/bad", "output", Verdict.EXACT),
        ("suite/bad", "input_grad", Verdict.KNOWN),
        ("suite/bad", "kernel_grad", Verdict.KNOWN),
    ]


def test_two_of_them_have_one_each():
    known = listed({**SPOILING, "cases": ["suite/bad", "suite/worse"]})
    showcase = Excerpts(10)
    rows = rows_of(Spoils, [one_tap("bad"), one_tap("worse"), whole("after")], known, showcase)
    assert [row.case for row in rows if row.verdict is Verdict.EXACT] == [
        *["suite/after"] * 3,
        "suite/bad",
        "suite/worse",
    ]
    assert not [key for key in showcase.rows if key[3] != "output"]


def test_the_row_is_the_same_whatever_came():
    found = [rows_of(adapter, [one_tap("bad")], listed(SPOILING)) for adapter in (Spoils, SpoilsNothing, SpoilsMuch)]
    plain = [
        [(row.case, row.output, row.verdict, row.observed, row.message, row.diagnosis) for row in rows]
        for rows in found
    ]
    assert plain[0] == plain[1] == plain[2]
    gradient = found[0][1]
    assert (gradient.verdict, gradient.observed) == (Verdict.KNOWN, Verdict.CRASHES)
    assert gradient.message == "at times crashes or diverges"
    assert gradient.diagnosis == gradient.listed == "it writes beyond its memory (here)"
    assert (gradient.error_over_bound, gradient.ulps, gradient.accumulation) == (None, None, "")


def test_another_verdict_than_those_listed_stays():
    (row,) = (
        row
        for row in rows_of(SpoilsMuch, [one_tap("bad")], listed({**SPOILING, "verdict": "rejects"}))
        if row.verdict.fails and row.output == "kernel_grad"
    )
    assert row.verdict is Verdict.CRASHES


def test_what_is_withheld_is_not_requested_and_names_the_case_that_shows_it():
    known = listed(SPOILING, WITHHOLDING)
    rows = rows_of(Spoils, [one_tap("tap"), whole("after"), one_tap("bad")], known)
    assert [(row.case, row.output, row.verdict) for row in rows if row.verdict is not Verdict.EXACT] == [
        ("suite/tap", "input_grad", Verdict.KNOWN),
        ("suite/tap", "kernel_grad", Verdict.KNOWN),
        ("suite/bad", "input_grad", Verdict.KNOWN),
        ("suite/bad", "kernel_grad", Verdict.KNOWN),
    ]
    withheld, shown = (
        next(row for row in rows if row.case == name and row.output == "kernel_grad")
        for name in ("suite/tap", "suite/bad")
    )
    assert withheld.observed is Verdict.KNOWN
    assert withheld.message == "not requested, as it can spoil or end the process; suite/bad shows it"
    assert withheld.listed == withheld.diagnosis != ""
    assert shown.observed is Verdict.CRASHES


@pytest.mark.parametrize(
    "changes", [{"cases": "other/*"}, {"versions": {"numpy": ">=99"}}, {"adapter": "honest"}, {"where": {"strides": 4}}]
)
def test_what_an_entry_does_not_match_is_requested(changes):
    rows = rows_of(SpoilsNothing, [one_tap("tap")], listed({**WITHHOLDING, **changes}))
    assert [row.verdict for row in rows] == [Verdict.EXACT] * 3


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ({}, True),
        ({"strides": 2}, True),
        ({"strides": 1}, False),
        ({"strides": [3, None]}, False),
        ({"input_size": [None, 4], "in_channels": [2, 2]}, True),
        ({"input_size": [None, 3]}, False),
        ({"dtype": ["float64", "float16"]}, False),
        ({"dtype": ["float32"]}, True),
    ],
)
def test_parameters_may_be_bounded(where, fits):
    assert WhereForm.model_validate(where).fits(one_tap("bad")) is fits


def test_parameters_are_those_of_a_transposed_convolution(tmp_path):
    from harness.tests.build import load_cases

    text = """\
op: max_pool2d_with_indices
suite: s
about: a
cases:
  - {id: pool, about: x, dialect: pytorch, batch: 1, channels: 1, input_size: 4, pool_size: 2, strides: 2}
"""
    (case,) = load_cases(tmp_path, text)
    assert not WhereForm.model_validate({"strides": 2}).fits(case)


LIST = """\
divergences:
  - cases: suite/bad
    adapter: keras
    outputs: [kernel_grad]
    versions: {keras: '>=3'}
    verdict: [crashes, unstable]
    intermittent: true
    why: w
    upstream: u
  - cases: '*'
    where: {kernel_size: 1}
    adapter: keras
    outputs: [kernel_grad]
    versions: {keras: '>=3'}
    verdict: crashes
    evidence: suite/bad
    why: w
    upstream: u
"""


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("    intermittent: true\n", "", "divergences", "several verdicts need intermittent: true"),
        (
            "[kernel_grad]\n    versions: {keras: '>=3'}\n    verdict: crashes",
            "[output]\n    versions: {keras: '>=3'}\n    verdict: crashes",
            "divergences",
            "expected gradients in outputs",
        ),
        (
            "{kernel_size: 1}",
            "{kernel_size: one}",
            "divergences.where.kernel_size",
            "expected an integer, or [least, most]",
        ),
        (
            "{kernel_size: 1}",
            "{kernel_size: [1, 2, 3]}",
            "divergences.where.kernel_size",
            "expected an integer, or [least, most]",
        ),
        ("{kernel_size: 1}", "{channels: 1}", "divergences.where.channels", "unknown key channels"),
        ("[crashes, unstable]", "[]", "divergences.verdict", "expected one of"),
    ],
)
def test_a_malformed_entry_is_refused(tmp_path, old, new, key, message):
    path = tmp_path / "known_divergences.yaml"
    assert old in LIST
    path.write_text(LIST.replace(old, new, 1))
    with pytest.raises(BadInputError) as caught:
        load_known(path)
    assert [problem.key for problem in caught.value.problems if message in problem.message] == [key]


@pytest.mark.parametrize(
    ("listed_case", "names", "found"),
    [
        ("suite/bad", ["suite/bad", "suite/other"], []),
        ("suite/bad", ["suite/other"], [(2, "matches no case")]),
        ("suite/other", ["suite/bad", "suite/other"], [(16, "no other entry lists this case on keras")]),
    ],
)
def test_evidence_must_be_a_case_that_another_entry_lists(tmp_path, listed_case, names, found):
    path = tmp_path / "known_divergences.yaml"
    path.write_text(LIST.replace("cases: suite/bad", f"cases: {listed_case}"))
    problems = load_known(path).unmatched(names, ["keras"])
    assert [(problem.line, problem.message) for problem in problems] == found


def test_evidence_must_be_listed_with_the_outputs_that_it_stands_for(tmp_path):
    path = tmp_path / "known_divergences.yaml"
    path.write_text(LIST.replace("outputs: [kernel_grad]", "outputs: [input_grad]", 1))
    problems = load_known(path).unmatched(["suite/bad"], ["keras"])
    assert [(problem.line, problem.message) for problem in problems] == [
        (16, "no other entry lists this case on keras")
    ]


@pytest.mark.parametrize(
    "narrower",
    ["    where: {dtype: [float64]}\n", "    mode: graph\n", "    cpu: {avx512f: true}\n"],
)
def test_evidence_must_be_listed_wherever_it_stands_for_others(tmp_path, narrower):
    path = tmp_path / "known_divergences.yaml"
    path.write_text(LIST.replace("    adapter: keras\n", f"    adapter: keras\n{narrower}", 1))
    assert [problem.message for problem in load_known(path).unmatched(["suite/bad"], ["keras"])] == [
        "no other entry lists this case on keras"
    ]
    path.write_text(LIST.replace("keras: '>=3'", "keras: '>=4'", 1))
    assert [problem.line for problem in load_known(path).unmatched(["suite/bad"], ["keras"])] == [16]


def test_evidence_is_requested_whatever_else_would_withhold_it():
    other = {**SPOILING, "cases": "suite/tap"}
    known = listed(SPOILING, other, WITHHOLDING, {**WITHHOLDING, "evidence": "suite/tap"})
    rows = rows_of(Spoils, [one_tap("tap"), one_tap("bad"), one_tap("third")], known)
    assert {(row.case, row.observed) for row in rows if row.output == "kernel_grad"} == {
        ("suite/tap", Verdict.CRASHES),
        ("suite/bad", Verdict.CRASHES),
        ("suite/third", Verdict.KNOWN),
    }


def test_an_entry_for_another_mode_withholds_nothing():
    rows = rows_of(SpoilsNothing, [one_tap("tap")], listed({**WITHHOLDING, "mode": "graph"}))
    assert [row.verdict for row in rows] == [Verdict.EXACT] * 3


def test_evidence_is_not_listed_by_what_is_about_another_folder(tmp_path):
    head, shows, withholds = LIST.partition("  - cases: suite/bad")[0], *LIST.split("  - cases: ")[1:]
    texts = {"one": withholds, "two": shows}
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "known_divergences.yaml").write_text(f"{head}  - cases: {text}")
    with pytest.raises(BadInputError, match="no other entry lists this case on keras"):
        known_beside([tmp_path / name for name in texts], is_there=lambda *_: True)
    known = known_beside([tmp_path / "one"], [tmp_path / "two" / "known_divergences.yaml"], lambda *_: True)
    assert len(known.entries) == 2


@pytest.mark.parametrize("elsewhere", [{"versions": {"numpy": ">=99"}}, {"mode": "graph"}, {"adapter": "other"}])
def test_evidence_of_an_entry_that_does_not_apply_is_withheld_like_other_cases(elsewhere):
    other = {**WITHHOLDING, "evidence": "suite/tap", **elsewhere}
    rows = rows_of(Spoils, [one_tap("tap"), one_tap("bad")], listed(SPOILING, WITHHOLDING, other))
    assert {(row.case, row.observed) for row in rows if row.output == "kernel_grad"} == {
        ("suite/tap", Verdict.KNOWN),
        ("suite/bad", Verdict.CRASHES),
    }
