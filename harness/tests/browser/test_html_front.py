"""The overview: every number that is a link shows as many, findings open with their script, places are scrolled to."""

import pytest

from harness.core.results import Verdict
from harness.engine.excerpts import Excerpts
from harness.reports.findings import find
from harness.reports.html_report import render_html
from harness.reports.view import View
from harness.tests.browser import pages
from harness.tests.browser.test_html_list import found, listed
from harness.tests.browser.waiting import until

pytestmark = pytest.mark.xdist_group("browser")
E, K, D, N = Verdict.EXACT, Verdict.KNOWN, Verdict.DIVERGES, Verdict.INEXPRESSIBLE
LINKS = """() => [...document.querySelectorAll('#overview a[data-query]')]
  .map((link) => [link.hash, link.textContent.trim(), link.closest('[data-counts]')?.dataset.counts ?? 'checks'])
  .filter(([hash]) => !hash.startsWith('#case='))"""


@pytest.fixture(scope="module")
def known(folder):
    """Path of a page on which several frameworks and their variants diverge in several ways, and its report."""
    rows = [
        *(pages.row(f"a/{dtype}", "torch", E) for dtype in ("float16", "float32")),
        *(pages.row(f"a/{dtype}", "torch", E, output="input_grad") for dtype in ("float16", "float32")),
        *(pages.row(f"a/{dtype}", "torch:compile", E) for dtype in ("float16", "float32")),
        pages.row("a/float16", "keras", K, observed=D, listed="It rounds. Twice."),
        pages.row("a/float16", "keras", E, output="input_grad"),
        pages.row("a/float32", "keras", E),
        pages.row("b/grad", "torch", E),
        pages.row("b/grad", "keras", E),
        pages.row("b/grad", "keras", K, observed=Verdict.REJECTS, listed="No gradient", output="input_grad"),
        pages.row("a/float16", "keras:jax", K, observed=D, listed="It rounds. Twice."),
        pages.row("a/float32", "keras:jax", N, route="inexpressible"),
        pages.row("b/only", "torch", E),
        pages.row("b/only", "torch:compile", D, diagnosis="as if flipped"),
        pages.row("b/only", "keras", E),
        pages.row("b/shape", "torch", Verdict.REFUSES),
        pages.row("b/shape", "torch:meta", Verdict.ACCEPTS, output="shape"),
        pages.row("b/right", "torch", E),
        pages.row("b/right", "keras", N, route="inexpressible"),
    ]
    report = pages.report_of(rows)
    report = pages.with_dtypes(report, lambda case: "float16" if case == "a/float16" else "float32")
    path = folder / "known.html"
    path.write_text(render_html(View(report), (), Excerpts(), lambda *_: ""), encoding="utf-8")
    return path, report


@pytest.mark.parametrize("name", ["known", "modes", "mutants"])
def test_every_number_that_is_a_link_shows_as_many(visit, request, name):
    given = request.getfixturevalue(name)
    page = visit(given[0] if isinstance(given, tuple) else given)
    links = page.evaluate(LINKS)
    assert len(links) > 10
    for address, text, counts in links[:: max(len(links) // 60, 1)]:
        page.evaluate("hash => { location.hash = hash; }", address)
        until(page, "hash => location.hash === hash && !document.getElementById('results').hidden", arg=address)
        words = page.locator("#found").text_content().replace(",", "").split()
        assert int(text) == int(words[0] if counts == "checks" else words[5]), (address, words)


def test_queries(visit, known):
    path, _ = known
    for query, expected in {
        "only=keras": [["a/float16", "keras"], ["a/float16", "keras:jax"], ["b/grad", "keras"]],
        "only=one": [
            ["a/float16", "keras"],
            ["a/float16", "keras:jax"],
            ["b/grad", "keras"],
            ["b/only", "torch:compile"],
        ],
        "only=nobody": [*(["a/float32", name] for name in ("keras", "torch", "torch:compile")), ["b/right", "torch"]],
        "text=fails+in+torch+only": [["b/only", "torch:compile"]],
        "text=torch+alone+flipped": [["b/only", "torch:compile"]],
        "differs=torch,torch:compile": [["b/only", "torch"], ["b/only", "torch:compile"]],
        "text=differs+between+torch+and+keras:jax": [["a/float16", "keras:jax"], ["a/float16", "torch"]],
        "differs=torch,torch:meta": [["b/shape", "torch"], ["b/shape", "torch:meta"]],
        "alone=float32": [],
        "alone=float16": [["a/float16", "keras"]],
        "text=float16+alone": [["a/float16", "keras"]],
        "adapter=keras:*": [["a/float16", "keras:jax"], ["a/float32", "keras:jax"]],
        "dtype=float16&kind=known": [["a/float16", "keras"], ["a/float16", "keras:jax"]],
        "output=input_grad&kind=known": [["b/grad", "keras"]],
        "output=input_grad&adapter=keras": [["a/float16", "keras"], ["b/grad", "keras"]],
        "cause=it-rounds-twice": [["a/float16", "keras"], ["a/float16", "keras:jax"]],
        "cause=unknown": [],
    }.items():
        assert listed(visit(path, f"#{query}")) == expected, query


def test_the_selects_make_a_query_that_is_a_link(visit, known):
    path, report = known
    page = visit(path, "#view=results")
    page.click("#more > summary")
    page.select_option("#output", "input_grad")
    page.select_option("#kind", "good")
    assert found(page) == 3  # two of torch, one of keras
    page.select_option("#kind", "")
    page.select_option("#output", "")
    page.select_option("#differs-one", "torch")
    assert found(page) == len(View(report).checks)
    page.select_option("#differs-other", "torch:compile")
    address = page.evaluate("location.hash")
    again = visit(path, address)
    assert again.input_value("#differs-one") == "torch"
    assert again.locator("#found").text_content() == "2 of 17 checks, in 1 case; differs torch,torch:compile"


def test_a_finding_opens_with_the_script_of_its_example(visit, mutants, session):
    finding = find(View(session.report))[0]
    page = visit(mutants)
    box = page.locator(f"#cause-{finding.key}")
    assert box.locator("pre[aria-label^='stand-alone script']").count() == 0
    box.locator("summary").click()
    script = box.locator("pre[aria-label^='stand-alone script']")
    script.wait_for()
    assert script.text_content().startswith(f"# {finding.example.case} on {finding.example.adapter}")
    assert box.locator("pre[aria-label='repeat command']").text_content() == finding.example.repeat
    box.locator("a", has_text="its values and geometry").click()
    page.wait_for_selector("#case:not([hidden])")
    assert page.locator("#case h1").text_content() == finding.example.case


def test_a_finding_without_a_script_says_so(visit, known):
    page = visit(known[0], "#cause-it-rounds-twice")
    page.wait_for_selector("text=No stand-alone script states what is right here")
    assert page.locator(".finding[open] pre").count() == 1  # the command


def test_a_place_in_the_address_is_scrolled_to_and_opened(visit, known, mutants, session):
    top = "id => document.getElementById(id).getBoundingClientRect().top"
    page = visit(mutants, "#suites")
    assert page.evaluate(top, "suites") < 100 < page.evaluate("scrollY")
    page.click(".contents a[href='#findings']")
    until(page, "document.getElementById('findings').getBoundingClientRect().top > -1")
    page.evaluate("location.hash = '#view=results'")
    page.wait_for_selector("#results:not([hidden])")
    page.evaluate("location.hash = '#known'")
    page.wait_for_selector("#overview:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "known"
    last = find(View(session.report))[-1].key
    page.evaluate("key => { location.hash = `#cause-${key}`; }", last)
    page.wait_for_selector(f"#cause-{last}[open]")
    ids = page.eval_on_selector_all(".contents a", "all => all.map(one => one.hash.slice(1))")
    assert all(page.locator(f"#overview #{name}").count() == 1 for name in [*ids, "failing", "known"])


def test_the_first_screen_names_the_worst_five(visit, folder):
    kinds = (Verdict.REJECTS, Verdict.CRASHES, Verdict.ACCEPTS, Verdict.DIVERGES, Verdict.HANGS, Verdict.WRONG_SHAPE)
    rows = [
        pages.row(
            f"s/{verdict}", "torch", Verdict.KNOWN, observed=verdict, message="words " * 15, listed=f"{verdict} " * 20
        )
        for verdict in kinds
    ]
    path = folder / "worst.html"
    path.write_text(render_html(View(pages.report_of(rows)), (), Excerpts(), lambda *_: ""), encoding="utf-8")
    page = visit(path)
    seen = page.eval_on_selector_all(
        ".finding .what", "all => all.filter(one => one.checkVisibility() && one.closest('summary')"
        ".getBoundingClientRect().bottom <= innerHeight).map(one => one.textContent.trim().split(' ')[1])"
    )  # fmt: skip
    assert seen == ["crashes", "hangs", "diverges", "wrong_shape", "accepts"]
