"""``conformance.html``: the whole run in one file that needs nothing from a network.

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

from markupsafe import Markup

from harness.core.case import OutputName
from harness.core.errors import BadInputError
from harness.core.results import Row, Verdict
from harness.core.templates import templates
from harness.engine.check import Check
from harness.engine.excerpts import Excerpts
from harness.engine.script import Scripts
from harness.reports.by_check import gathered
from harness.reports.checkerboard import boards
from harness.reports.html_data import Script, mark, pack_data
from harness.reports.view import View

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
_LEGEND = {"good": "conforms", "known": "known divergence", "none": "not expressed or not run", "bad": "fails"}

MEANINGS = {
    Verdict.EXACT: "equals the oracle element by element, or after rounding to the dtype",
    Verdict.WITHIN_BOUND: "the errors are those of rounding, and an array of zeros would not pass",
    Verdict.REFUSES: "an error where one is expected",
    Verdict.AMBIGUOUS: "one of the readings that the specification admits",
    Verdict.KNOWN: "a listed divergence of the framework",
    Verdict.INEXPRESSIBLE: "the framework has no way to express the case",
    Verdict.UNAVAILABLE: "the framework is not installed",
    Verdict.DIVERGES: "the right shape with wrong values",
    Verdict.INCONCLUSIVE: "no more than an array of zeros would show: the case proves nothing in this type",
    Verdict.WRONG_SHAPE: "an array of another shape",
    Verdict.WRONG_DTYPE: "an array of another dtype",
    Verdict.REJECTS: "an error on a legal case",
    Verdict.ACCEPTS: "an array where an error is expected",
    Verdict.UNSTABLE: "two runs differ",
    Verdict.STALE: "a later call on other data changed an earlier result, or answered with it",
    Verdict.CRASHES: "the process died",
    Verdict.HANGS: "no answer in time",
    Verdict.BROKEN: "the framework is installed but does not start",
    Verdict.ADAPTER_ERROR: "the adapter's own code raised, which says nothing about the framework",
    Verdict.FIXED: "listed as known, but it conforms now",
}


def render_html(view: View, checks: Iterable[Check], showcase: Excerpts, script: Script) -> str:
    """The report as one HTML page; ``checks`` come case by case, and ``script`` writes the program of an output."""
    style, program = _asset(_STYLES), _program()
    environment = templates("harness.reports", "html", html=True)
    environment.filters |= {"chip": _chip, "kinds": _kinds, "mark": mark}
    return environment.get_template("page.html.j2").render(
        view=view,
        meanings=MEANINGS,
        legend=[(kind, mark_of_kind(kind), words) for kind, words in _LEGEND.items()],
        failing=list(_failing(view)),
        known=list(divergences(view)),
        boards=boards(),
        most=MOST_SHOWN,
        data=pack_data(view, checks, showcase, script),
        policy=_policy(style, program),
        style=Markup(style),  # noqa: S704 - our own files
        program=Markup(program),  # noqa: S704
    )


def scripts() -> Script:
    """Writes the stand-alone program of an output of a check, and nothing where there can be none."""
    writer = Scripts()

    def script(check: Check, output: OutputName) -> str:
        try:
            return writer.render(check, output)
        except BadInputError:
            return ""

    return script


def mark_of_kind(kind: str) -> str:
    """The sign that goes with the colour of a kind of verdict."""
    return next(symbol for found, symbol in map(mark, Verdict) if found == kind)


def _chip(verdict: Verdict) -> Markup:
    kind, symbol = mark(verdict)
    return Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>').format(kind, symbol, verdict)


def _failing(view: View) -> Iterator[tuple[Row, Verdict, str]]:
    """Every failing row; an adapter that did not start is one of them, with how many of its checks are like it."""
    for row, count in view.failing:
        yield row, row.verdict, f", and {count - 1} more like it" if count > 1 else ""


def divergences(view: View) -> Iterator[tuple[Row, Verdict, str]]:
    """The known divergences as one adapter shows them first, and how many verdicts each explains on every adapter.

    Those stand together of which the same was observed and the same is stated.
    """
    found = gathered(((row.observed, row.message, row.diagnosis), (row, count)) for row, count in view.known)
    for (row, first), *others in found.values():
        more = f", and {first - 1} more like it" if first > 1 else ""
        yield row, row.observed, more + "".join(f"; also on {one.adapter} ({count})" for one, count in others)


def _kinds(counts: Counter[Verdict]) -> Iterator[tuple[str, str, str, int]]:
    """Each kind of verdict that occurs in ``counts``, its sign, its words and how often it does."""
    for kind, words in _LEGEND.items():
        if count := sum(number for verdict, number in counts.items() if mark(verdict)[0] == kind):
            yield kind, mark_of_kind(kind), words, count


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
