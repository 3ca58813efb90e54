"""How the page stands: widths, contrast, both colour schemes, and what is left of it without JavaScript."""

from itertools import pairwise

import pytest

from harness.reports.view import View
from harness.tests.browser.waiting import until

pytestmark = pytest.mark.xdist_group("browser")
VIEWS = {
    "overview": "",
    "results": "#view=results",
    "diverging": "#case=browser/plain&adapter=kernelrotated",
    "large": "#case=browser/large&adapter=onenan",
    "shapes": "#case=browser/single&adapter=wrongrank",
    "extended": "#case=browser/extended&adapter=honest",
}
CLIPPED = """() => [...document.querySelectorAll('body *')].filter((element) => {
  if (!element.checkVisibility() || element.closest('.unseen, .skip, svg')) return false;
  const style = getComputedStyle(element);
  const cuts = (value) => value === 'hidden' || value === 'clip' || style.contain !== 'none';
  const scrolls = (value) => value === 'auto' || value === 'scroll';
  return (cuts(style.overflowX) && element.scrollWidth > element.clientWidth + 1)
    || (cuts(style.overflowY) && !scrolls(style.overflowY) && element.scrollHeight > element.clientHeight + 1);
}).map((element) => element.outerHTML.slice(0, 200))"""
BEYOND = """() => [...document.querySelectorAll('body *')].filter((element) => {
  if (!element.checkVisibility() || element.closest('.unseen, .skip, .frame, .wide > *, pre')) return false;
  const box = element.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((element) => element.outerHTML.slice(0, 200))"""
LINES = """cells => cells.map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell.firstChild);
  return range.getClientRects().length;
})"""
FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const alpha = parts(colour)[3] ?? 1;
      if (alpha === 1) return colour;
      if (alpha > 0) throw new Error(`a translucent background: ${at.outerHTML.slice(0, 80)}`);
    }
    throw new Error('no background');
  };
  const faint = [];
  let count = 0;
  for (const element of document.querySelectorAll('body *')) {
    const texts = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!texts || !element.checkVisibility() || element.closest('.unseen, .skip, script, option')) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(element.closest('svg') ? style.fill : style.color), light(ground(element))].sort((a, b) => b - a);
    count++;
    if ((one + 0.05) / (other + 0.05) < 4.5) faint.push(`${((one + 0.05) / (other + 0.05)).toFixed(2)} ${element.outerHTML.slice(0, 120)}`);
  }
  return [count, faint];
}"""


def views(page):
    """Each view in turn, in the same page."""
    for name, address in VIEWS.items():
        page.evaluate("hash => { location.hash = hash; }", address)
        place = address.partition("case=")[2].partition("&")[0]
        until(page, "place => !place || document.querySelector('#case h1')?.textContent === place", arg=place)
        page.wait_for_timeout(100)
        yield name


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_clipped_or_stands_beyond_the_page(visit, mutants, width):
    page = visit(mutants, width=width)
    for view in views(page):
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), view
        assert page.evaluate(CLIPPED) == [], view
        assert page.evaluate(BEYOND) == [], view


def test_long_words_are_broken(visit, hostile):
    page = visit(hostile, width=400)
    for address in ("", "#case=suite/hangs&adapter=torch"):
        page.evaluate("hash => { location.hash = hash; }", address)
        page.wait_for_timeout(100)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        assert page.evaluate(BEYOND) == []


def test_long_names_wrap_in_the_list(visit, many):
    path, _ = many
    page = visit(path, "#text=case-00", width=400)
    assert page.evaluate(CLIPPED) == []
    heights = page.eval_on_selector_all("#list .name", "names => names.map(name => name.scrollHeight)")
    assert max(heights) > min(heights) or min(heights) > 30
    boxes = page.eval_on_selector_all(
        "#list li", "items => items.map(item => item.getBoundingClientRect()).map(box => [box.top, box.bottom])"
    )
    assert all(abs(one[1] - other[0]) < 1 for one, other in pairwise(boxes[1:]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(visit, mutants, scheme):
    page = visit(mutants, scheme=scheme)
    for view in views(page):
        count, faint = page.evaluate(FAINT)
        assert count > 10, view
        assert faint == [], view


def test_every_kind_of_chip_has_contrast(visit, hostile):
    for scheme in ("light", "dark"):
        page = visit(hostile, "#view=results", scheme=scheme)
        assert {"good", "known", "none", "bad"} <= {
            name for chip in page.locator("#list .chip").all() for name in chip.get_attribute("class").split()
        }
        assert page.evaluate(FAINT)[1] == []


def test_the_schemes_differ_and_the_maps_follow(visit, mutants):
    page = visit(mutants, VIEWS["diverging"])
    sample = "() => document.querySelector('#case canvas').toDataURL()"
    light = (page.evaluate("getComputedStyle(document.documentElement).backgroundColor"), page.evaluate(sample))
    page.emulate_media(color_scheme="dark")
    until(page, "color => getComputedStyle(document.documentElement).backgroundColor !== color", arg=light[0])
    until(page, "map => document.querySelector('#case canvas').toDataURL() !== map", arg=light[1])


@pytest.mark.parametrize("width", [1280, 400])
def test_without_javascript_the_tables_are_there(visit, mutants, session, width):
    page = visit(mutants, scripts=False, width=width)
    page.evaluate("for (const one of document.querySelectorAll('.finding, .rest')) one.open = true")
    text = page.locator("body").inner_text()
    report = session.report
    assert View(report).count() in text
    assert not page.locator("#views").is_visible()
    assert not page.locator("#results").is_visible()
    for row in report.failures:
        assert row.message in text
        assert row.repeat in text
    for details in page.locator("noscript details").all():
        details.locator("summary").click()
    table = page.locator("noscript details table")
    named = {
        case: line for line in table.locator("tbody tr").all() for case in line.locator("th").inner_text().split("\n")
    }
    assert set(named) == {info.case.partition("/")[2] for info in report.cases}
    for case, line in named.items():
        verdicts = {row.adapter: str(row.verdict) for row in report.results if row.case == f"browser/{case}"}
        stars = {row.adapter for row in report.results if row.case == f"browser/{case}" and row.route == "composed"}
        shown = [verdicts.get(one.name, "–") + "*" * (one.name in stars) for one in report.adapters]
        assert line.locator("td").all_inner_texts() == shown, case
    assert set(page.eval_on_selector_all("noscript td", LINES)) == {1}
    assert page.locator(".copy").count() == 0
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_the_page_is_named_and_its_parts_are_labelled(visit, mutants):
    page = visit(mutants, VIEWS["diverging"])
    assert page.locator("html").get_attribute("lang") == "en"
    for selector in ("nav", "section", "canvas", "button", "select", "input", "table"):
        for element in page.locator(selector).all():
            name = element.evaluate(
                "e => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length || e.textContent"
            )
            assert name, element.evaluate("e => e.outerHTML")


def test_the_skip_link_leads_to_the_content_of_the_same_view(visit, mutants):
    page = visit(mutants, VIEWS["diverging"])
    page.focus("a.skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.locator("#case").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "back"
