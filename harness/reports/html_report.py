"""``conformance.html``: the whole run in one file that needs nothing from a network.

The tables stand in the page itself; a small program adds the list of checks and a page for each case. A content
security policy names the program and the style sheet by their hashes and permits nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from markupsafe import Markup

from harness.core.case import OutputName
from harness.core.errors import BadInputError
from harness.core.results import Verdict
from harness.core.templates import templates
from harness.core.version import project_url
from harness.engine.check import Check
from harness.engine.excerpts import Excerpts
from harness.engine.script import Scripts
from harness.reports.by_check import gathered
from harness.reports.checkerboard import boards
from harness.reports.findings import Finding, Kind, alone_otherwise, cards, families, find, right_everywhere
from harness.reports.html_data import Script, mark, pack_data
from harness.reports.view import View

MOST_SHOWN = 80
"""Findings that fail, or are known, in the page itself; without JavaScript all are shown."""
_STYLES = ("style.css", "views.css")
_PROGRAMS = (
    "data.js",
    "dom.js",
    "filter.js",
    "controls.js",
    "list.js",
    "geometry.js",
    "heat.js",
    "values.js",
    "case.js",
    "front.js",
    "compare.js",
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
    environment.filters |= {"chip": _chip, "kinds": _kinds, "mark": mark, "linked": _linked, "query": _query}
    findings = find(view)
    return environment.get_template("page.html.j2").render(
        view=view,
        meanings=MEANINGS,
        legend=[(kind, mark_of_kind(kind), words) for kind, words in _LEGEND.items()],
        versions=_versions(view),
        project=project_url(),
        failing=[finding for finding in findings if finding.fails],
        known=[finding for finding in findings if not finding.fails],
        cards=cards(view),
        right=len(right_everywhere(view)),
        alone=len(alone_otherwise(view)),
        frameworks=families(view),
        suites=list(_suites(view)),
        kinds_of_findings=list(Kind),
        boards=boards(),
        most=MOST_SHOWN,
        data=pack_data(view, findings, checks, showcase, script),
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


def _chip(finding: Finding) -> Markup:
    """What was observed, with the sign and colour of a failure, or of a known divergence."""
    kind, symbol = mark(finding.example.verdict)
    text = Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>')
    return text.format(kind, symbol, finding.example.observed)


def _linked(finding: Finding) -> Markup:
    """The reason of a finding, with a link to each issue that it names."""
    link = Markup('<a href="{1}" rel="noreferrer">{0}</a>')
    return Markup().join(link.format(*piece) if piece[1] else piece[0] for piece in finding.pieces)


def _query(text: object, **state: str) -> Markup:
    """``text``, which a page with its program links to the checks that ``state`` asks for."""
    return Markup('<span data-query="{}">{}</span>').format(urlencode(state), text)


def _suites(view: View) -> Iterator[tuple[str, list[tuple[str, Counter[Verdict], Counter[Verdict]]]]]:
    """Each suite that was run: per framework the verdicts of its plain adapter and those of its variants together."""
    for table in view.suites:
        if table.adapters:
            standing = defaultdict(Counter[Verdict], table.standing)
            cells = [
                (name, standing[name], sum((standing[one] for one in variants), Counter[Verdict]()))
                for name, variants in families(view).items()
            ]
            yield table.suite, cells


def _versions(view: View) -> str:
    """Every package that took part, with each of its versions, and what else is known of where it ran."""
    packages = gathered(pair for adapter in view.report.adapters for pair in sorted(adapter.versions.items()))
    named = {name: " and ".join(dict.fromkeys(found)) for name, found in packages.items()}
    return ", ".join(f"{name} {text}" for name, text in sorted(({**view.report.environment} | named).items()))


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
