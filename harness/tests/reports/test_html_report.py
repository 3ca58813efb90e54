from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from harness.adapters import choose
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.engine.excerpts import Excerpts
from harness.engine.script import render_script
from harness.engine.session import Session
from harness.reports.html_report import MEANINGS, render_html, scripts
from harness.reports.view import View
from harness.reports.writing import write_reports
from harness.tests.browser.pages import HOSTILE, MUTANTS, hostile, report_of, row, run_mutants
from harness.tests.browser.pages import page_of as page_of_session
from harness.tests.build import make_case
from harness.tests.reports.test_html_data import check_of


def page_of(*rows):
    return render_html(View(report_of(rows)), (), Excerpts(), lambda *_: "")


def between(text, before, after):
    return text.partition(before)[2].partition(after)[0]


class _Reader(HTMLParser):
    """The elements, the address of each, and the text outside of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text, self.skipped = [], [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.skipped = tag in {"script", "style"}
        self.addresses += [value for name, value in attrs if name in {"href", "src", "srcset", "action"}]
        assert not any(name == "style" or name.startswith("on") for name, _ in attrs)

    def handle_endtag(self, tag):
        self.skipped = False

    def handle_data(self, data):
        if not self.skipped:
            self.text += data


def test_the_page_refers_to_nothing_outside():
    read = _Reader(page_of(row("s/a", "torch", Verdict.EXACT)))
    assert all(address.startswith(("#", "data:")) for address in read.addresses)
    assert "http" not in read.text


def test_the_policy_names_the_program_and_the_style_and_nothing_else():
    text = page_of(row("s/a", "torch", Verdict.EXACT))
    policy = between(text, 'Content-Security-Policy" content="', '"').replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(inline) == 1
        digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy


def test_hostile_texts_stay_texts():
    text, report = hostile()
    read = _Reader(text)
    assert "img" not in read.tags
    assert read.tags.count("script") == 3
    # the name, the message, the diagnosis and the command of its row, and the message and diagnosis of every other
    assert read.text.count(HOSTILE) >= 3 * len(report.failures)
    assert "{{ 7 * 7 }}" in read.text


def test_each_failure_is_in_the_page_with_its_evidence():
    rows = [
        row(f"s/{number:03}", "torch", Verdict.DIVERGES, message=f"message {number}", diagnosis=f"because {number}")
        for number in range(150)
    ]
    text = page_of(*rows)
    assert text.count('<details class="finding"') == 1
    for number in range(150):
        assert f"message {number}" in text
        assert f"because {number}" in text
        assert f"harness run cases/s.yaml::{number:03} -a torch</code>" in text
    assert text.index("message 0<") < text.index("<noscript>") < text.index("message 149 ")


def test_findings_beyond_the_most_are_shown_without_a_program():
    words = [f"{one}{other}" for one in "abcdefghijkl" for other in "abcdefghijkl"]
    text = page_of(*(row(f"s/{word}", "torch", Verdict.DIVERGES, diagnosis=f"because of {word}") for word in words))
    shown, hidden = text[: text.index("<noscript>")], text[text.index("<noscript>") :]
    assert (shown.count('<details class="finding"'), hidden.count('<details class="finding"')) == (80, 64)
    assert "the first 80 of 144 causes" in shown


def test_known_divergences_are_grouped_and_reasons_counted():
    known = {"observed": Verdict.REJECTS, "listed": "it refuses (upstream/it#1). Always.", "message": "TypeError: no"}
    text = page_of(
        *(row(f"s/{name}", "torch", Verdict.KNOWN, **known) for name in "ab"),
        *(row(f"s/{name}", "torch", Verdict.INEXPRESSIBLE, message="no such word") for name in "cde"),
    )
    (finding,) = re.findall(r'<details class="finding".*?</details>', text, re.DOTALL)
    read = " ".join(_Reader(finding).text.split())
    assert "◆ rejects torch it refuses (upstream/it#1) came TypeError: no due a result in 2 cases" in read
    assert "it refuses (upstream/it#1). Always." in read
    assert '<a href="https://github.com/upstream/it/issues/1" rel="noreferrer">upstream/it#1</a>' in finding
    assert "harness run cases/s.yaml::a -a torch" in read
    assert '<td class="number" data-label="checks">3</td><td>no such word</td>' in text


def test_the_worst_five_known_divergences_come_before_the_others():
    verdicts = (Verdict.ACCEPTS, Verdict.CRASHES, Verdict.REJECTS, Verdict.REJECTS, Verdict.HANGS, Verdict.STALE)
    rows = [
        row(f"s/{number}", "torch", Verdict.KNOWN, observed=verdict, listed=f"reason {number}")
        for number, verdict in enumerate((*verdicts, Verdict.REJECTS))
    ]
    text = page_of(*rows)
    first, rest = text.split('<details class="rest">')
    assert [number for number in range(7) if f"reason {number}<" in first] == [0, 1, 2, 4, 5]
    assert rest.startswith("<summary>2 more: rejects what is legal (2)</summary>")


def test_the_project_has_a_link_where_its_package_names_one(monkeypatch):
    assert "Conformance of transposed convolution</a>" not in page_of(row("s/a", "torch", Verdict.EXACT))
    monkeypatch.setattr("harness.reports.html_report.project_url", lambda: "https://example.org/it")
    text = page_of(row("s/a", "torch", Verdict.EXACT))
    assert '<a href="https://example.org/it" rel="noreferrer">Conformance of transposed convolution</a>' in text


def test_an_absent_adapter_that_was_asked_for_is_one_failure():
    report = report_of([row(f"s/{name}", "torch", Verdict.UNAVAILABLE, message="not there") for name in "abc"])
    (adapter,) = report.adapters
    asked = type(report)(
        report.schema_version,
        report.environment,
        (type(adapter)("torch", "pytorch", {}, True),),
        report.cases,
        report.results,
    )
    text = render_html(View(asked), (), Excerpts(), lambda *_: "")
    assert "3 failing" in text
    assert text.count('<details class="finding"') == 1
    assert "not there</span>" in text
    assert "in 3 cases" in text


def test_every_verdict_that_is_given_is_explained():
    assert set(MEANINGS) == set(Verdict)
    text = page_of(row("s/a", "torch", Verdict.EXACT), row("s/b", "torch", Verdict.HANGS))
    assert "<strong>hangs</strong>: no answer in time." in text
    assert "<strong>refuses</strong>" not in text


def test_an_empty_report_says_so():
    text = render_html(View(report_of([])), (), Excerpts(), lambda *_: "")
    assert "0 cases, 0 checks, 0 verdicts, 0 failing" in text
    assert "Nothing fails" in text
    assert "No known divergences" in text


def test_the_matrix_counts_by_kind():
    text = page_of(
        row("s/a", "torch", Verdict.EXACT),
        row("s/b", "torch", Verdict.REFUSES),
        row("s/c", "torch", Verdict.CRASHES),
        row("t/a", "torch", Verdict.EXACT),
    )
    cell = between(text, 'data-suite="s"><th scope="row">s<td data-label="torch">', "</tr>")
    assert re.findall(r'chip (\w+)">.*?</span> <span data-query="[^"]*">(\d+)<', cell) == [("good", "2"), ("bad", "1")]


def test_a_check_with_several_outputs_counts_once_in_the_matrix_of_suites():
    text = page_of(
        row("s/a", "torch", Verdict.EXACT),
        row("s/a", "torch", Verdict.DIVERGES, output="kernel_grad"),
        row("s/b", "torch", Verdict.EXACT),
    )
    cell = between(text, 'data-suite="s"><th scope="row">s<td data-label="torch">', "</tr>")
    assert re.findall(r'chip (\w+)">.*?</span> <span data-query="[^"]*">(\d+)<', cell) == [("good", "1"), ("bad", "1")]
    assert "2 cases, 2 checks, 3 verdicts, 1 failing" in text
    assert "<td>exact, kernel_grad diverges" in text
    assert "<dt>outputs</dt><dd>kernel_grad</dd>" in text


def test_dtypes_and_sums_have_their_tables():
    text = page_of(row("s/a", "torch", Verdict.EXACT))
    table = between(text, '<h2 id="dtypes">', "</table>")
    assert re.findall(r'<th scope="row">(.*?)<td>(.*?)<td>.*?chip (\w+)"><span data-query="(.*?)">(.*?)<', table) == [
        ("torch", "output", "good", "adapter=torch&amp;dtype=float32&amp;output=output&amp;kind=good", "1")
    ]
    assert "No values were rounded in half precision." in text


def test_scripts_are_written_where_there_can_be_one():
    (pytorch,) = choose(["pytorch"])
    check = plan_check(make_case(dialect="pytorch"), pytorch)
    assert check is not None
    assert scripts()(check, "output") == render_script(check)
    assert scripts()(check_of("a"), "output").startswith("# suite/a on honest")
    assert scripts()(check_of("a"), "input_grad") == ""


@pytest.mark.parametrize("name", sorted(path.name for path in (files("harness.reports") / "html").iterdir()))
def test_assets_are_small_and_safe_to_stand_in_a_page(name):
    text = (files("harness.reports") / "html" / name).read_text("utf-8")
    assert len(text.splitlines()) < 300
    if not name.endswith(".j2"):
        assert "</" not in text.replace("</span>", "")
        assert "innerHTML" not in text


def test_a_session_without_checks_and_values_can_be_rendered():
    report = report_of([row("s/a", "torch", Verdict.EXACT)])
    session = Session(report, 1.0)
    assert list(session.checks()) == []
    assert render_html(View(report), session.checks(), session.showcase, scripts()) == page_of(*report.results)


def test_the_page_does_not_depend_on_the_number_of_jobs(tmp_path):
    texts = {page_of_session(run_mutants(tmp_path, MUTANTS[:3], jobs)) for jobs in (1, 6)}
    assert len(texts) == 1


def test_the_reports_include_the_page(tmp_path):
    report = report_of([row("s/a", "torch", Verdict.EXACT)])
    assert tmp_path / "conformance.html" in write_reports(tmp_path, Session(report, 1.0), View(report))
    assert (tmp_path / "conformance.html").read_text("utf-8") == page_of(*report.results)
