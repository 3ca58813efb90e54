"""``conformance.html``: the whole run in one file that asks nothing of a network.

The tables stand in the page itself; a small program adds the list of checks and a page for each case. A content
security policy names the program and the style sheet by their hashes and permits nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby

from markupsafe import Markup

from harness.core.case import OutputName
from harness.core.errors import BadInputError
from harness.core.results import NOT_STARTED, Report, Row, Verdict
from harness.core.templates import templates
from harness.engine.check import Check
from harness.engine.excerpts import Excerpts
from harness.engine.script import writer_of
from harness.reports.by_check import by_check, standing, subjects
from harness.reports.checkerboard import boards
from harness.reports.error_conformance import refusal_table
from harness.reports.html_data import Script, mark, pack_data
from harness.reports.html_tables import answers_once, divergences, every_check
from harness.reports.number_types import accumulation, dtype_matrix, subnormals
from harness.reports.summary import (
    counts_line,
    on_output,
    reasons,
    show_versions,
    verdict_counts,
    verdicts_given,
)

MOST_SHOWN = 60
"""Rows of evidence in the page itself; without JavaScript all are shown."""
_STYLES = ("style.css", "views.css")
_PROGRAMS = (
    "data.js",
    "dom.js",
    "filter.js",
    "list.js",
    "geometry.js",
    "heat.js",
    "values.js",
    "case.js",
    "main.js",
)
_LEGEND = {"good": "conforms", "known": "known divergence", "none": "not said or not run", "bad": "fails"}

MEANINGS = {
    Verdict.EXACT: "equals the oracle element by element, or after rounding to the dtype",
    Verdict.WITHIN_BOUND: "the errors are those of rounding, and an array of zeros would not pass",
    Verdict.REFUSES: "an error where one is due",
    Verdict.AMBIGUOUS: "one of the readings that the specification admits",
    Verdict.KNOWN: "a listed divergence of the framework",
    Verdict.INEXPRESSIBLE: "the framework has no way to say the case",
    Verdict.UNAVAILABLE: "the framework is not installed",
    Verdict.DIVERGES: "the right shape with wrong values",
    Verdict.INCONCLUSIVE: "no more than an array of zeros would show: the case proves nothing in this type",
    Verdict.WRONG_SHAPE: "an array of another shape",
    Verdict.WRONG_DTYPE: "an array of another dtype",
    Verdict.REJECTS: "an error on a legal case",
    Verdict.ACCEPTS: "an array where an error is due",
    Verdict.UNSTABLE: "two runs differ",
    Verdict.STALE: "a later call on other data changed an earlier result, or answered with it",
    Verdict.CRASHES: "the process died",
    Verdict.HANGS: "no answer in time",
    Verdict.BROKEN: "the framework is installed but does not start",
    Verdict.ADAPTER_ERROR: "the adapter's own code raised, which says nothing about the framework",
    Verdict.FIXED: "listed as known, but it conforms now",
}


def render_html(report: Report, checks: Iterable[Check], showcase: Excerpts, script: Script) -> str:
    """The report as one HTML page; ``checks`` come case by case, and ``script`` writes the program of an output."""
    style, program = _asset(_STYLES), _program()
    environment = templates("harness.reports", "html", html=True)
    environment.filters |= {
        "versions": show_versions,
        "chip": _chip,
        "mark": mark,
        "on_output": on_output,
    }
    return environment.get_template("page.html.j2").render(
        report=report,
        verdicts=verdicts_given(report),
        meanings=MEANINGS,
        counts=verdict_counts(report),
        names=subjects(report),
        legend=[(kind, mark_of_kind(kind), words) for kind, words in _LEGEND.items()],
        counted=counts_line(report),
        matrix=list(_matrix(report)),
        dtypes=dtype_matrix(report),
        sums=accumulation(report),
        subnormals=subnormals(report),
        failing=list(_failing(report)),
        known=[(one.row, one.row.observed, one.words) for one in divergences(report)],
        reasons=reasons(report),
        rules=list(answers_once(refusal_table(report))),
        boards=boards(),
        suites=every_check(report),
        most=MOST_SHOWN,
        data=pack_data(report, checks, showcase, script),
        policy=_policy(style, program),
        style=Markup(style),  # noqa: S704 - our own files
        program=Markup(program),  # noqa: S704
    )


def scripts() -> Script:
    """Writes the stand-alone program of an output of a check, and nothing where there can be none."""
    writer = cache(writer_of)

    def script(check: Check, output: OutputName) -> str:
        try:
            return writer(check.case.op)(check, output)
        except BadInputError:
            return ""

    return script


def mark_of_kind(kind: str) -> str:
    """The sign that goes with the colour of a kind of verdict."""
    return next(symbol for found, symbol in map(mark, Verdict) if found == kind)


def _chip(verdict: Verdict) -> Markup:
    kind, symbol = mark(verdict)
    return Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>').format(kind, symbol, verdict)


def _failing(report: Report) -> Iterator[tuple[Row, Verdict, str]]:
    """Every failing row; an adapter that did not start is one of them, with how many of its checks are like it."""
    absent = Counter((row.adapter, row.verdict) for row in report.failures if row.verdict in NOT_STARTED)
    for row in report.failures:
        if row.verdict not in NOT_STARTED:
            yield row, row.verdict, ""
        elif count := absent.pop((row.adapter, row.verdict), 0):
            yield row, row.verdict, f", and {count - 1} more like it" if count > 1 else ""


Kind = tuple[str, str, str, int]


def _matrix(report: Report) -> Iterator[tuple[str, list[tuple[str, list[Kind]]]]]:
    """Suite -> adapter -> kind of verdict, its sign, its words and how many checks stand for it."""
    for suite, rows in groupby(report.results, key=lambda row: row.case.partition("/")[0]):
        counts = Counter((check[0].adapter, mark(standing(check))) for check in by_check(rows))
        yield suite, [(adapter.name, list(_kinds(counts, adapter.name))) for adapter in report.adapters]


def _kinds(counts: Counter[tuple[str, tuple[str, str]]], adapter: str) -> Iterator[Kind]:
    for kind, words in _LEGEND.items():
        symbol = mark_of_kind(kind)
        if count := counts[adapter, (kind, symbol)]:
            yield kind, symbol, words, count


@cache
def _asset(names: tuple[str, ...]) -> str:
    folder = files("harness.reports") / "html"
    return "\n".join((folder / name).read_text("utf-8") for name in names)


def _program() -> str:
    return f"(() => {{\n'use strict';\n{_asset(_PROGRAMS)}}})();\n"


def _policy(style: str, program: str) -> str:
    return (
        f"default-src 'none'; script-src {_hash(program)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
