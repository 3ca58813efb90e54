"""The list of checks: filters, addresses, keys, and how little of it is in the document."""

from urllib.parse import parse_qs

import pytest

from harness.core.results import Verdict
from harness.tests.browser.waiting import until

pytestmark = pytest.mark.xdist_group("browser")
ROWS = "#list li:not(.probe)"


def found(page):
    """The number of checks that are listed."""
    until(page, "document.getElementById('found').textContent")
    return int(page.locator("#found").text_content().split()[0])


def address(page):
    return {key: value[0] for key, value in parse_qs(page.evaluate("location.hash.slice(1)")).items()}


def listed(page):
    """Case and adapter of the rows in the document, in order."""
    return page.eval_on_selector_all(
        ROWS, "rows => rows.map(row => [...row.querySelectorAll('.name, .subject')].map(part => part.textContent))"
    )


def test_counts_are_those_of_the_report(visit, mutants, session):
    page = visit(mutants, "#view=results")
    assert found(page) == len(session.report.results)
    chips = {
        chip.get_attribute("data-verdict"): int(chip.locator(".count").text_content())
        for chip in page.locator("#verdicts button").all()
    }
    given = [str(row.verdict) for row in session.report.results]
    assert chips == {verdict: given.count(verdict) for verdict in given}


def test_filters_narrow_the_list_and_stand_in_the_address(visit, mutants, session):
    page = visit(mutants, "#view=results")
    rows = session.report.results
    page.click("#verdicts [data-verdict=diverges]")
    assert found(page) == sum(row.verdict is Verdict.DIVERGES for row in rows)
    exact = page.locator("#verdicts [data-verdict=exact] .count").text_content()
    assert int(exact) == sum(row.verdict is Verdict.EXACT for row in rows)
    page.click("#verdicts [data-verdict=rejects]")
    assert found(page) == sum(row.verdict in {Verdict.DIVERGES, Verdict.REJECTS} for row in rows)
    page.select_option("#adapter", "onenan")
    wanted = [row for row in rows if row.verdict is Verdict.DIVERGES and row.adapter == "onenan"]
    assert found(page) == len(wanted)
    page.fill("#text", "NON-finite real")
    assert listed(page) == [["browser/real", "onenan"]]
    assert address(page) == {
        "verdict": "diverges,rejects",
        "adapter": "onenan",
        "text": "NON-finite real",
        "view": "results",
    }
    again = visit(mutants, page.evaluate("location.hash"))
    assert listed(again) == [["browser/real", "onenan"]]
    assert again.locator("#verdicts [data-verdict=rejects]").get_attribute("aria-pressed") == "true"
    assert again.input_value("#text") == "NON-finite real"
    again.click("#clear")
    assert found(again) == len(rows)


@pytest.mark.parametrize("part", ["message", "diagnosis"])
def test_text_is_sought_in_message_and_diagnosis(visit, many, part):
    path, report = many
    text = next(getattr(row, part) for row in report.results if row.diagnosis)
    page = visit(path, "#view=results")
    page.fill("#text", text)
    words = text.lower().split()
    hay = [f"{row.case} {row.adapter} {row.message} {row.diagnosis}".lower() for row in report.results]
    assert found(page) == sum(all(word in one for word in words) for one in hay) > 0


def test_back_undoes_a_filter_but_not_letter_by_letter(visit, mutants, session):
    page = visit(mutants, "#view=results")
    page.click("#verdicts [data-verdict=exact]")
    exact = found(page)
    page.locator("#text").press_sequentially("plain")
    assert 0 < found(page) < exact
    page.go_back()
    until(page, f"document.getElementById('found').textContent.startsWith('{len(session.report.results)} ')")
    assert address(page) == {"view": "results"}


def test_a_cell_of_each_summary_leads_to_its_checks(visit, mutants, session):
    page = visit(mutants)
    page.click("tr[data-suite=browser] td[data-label=onenan] .bad a")
    assert found(page) == sum(row.adapter == "onenan" and row.verdict.fails for row in session.report.results)
    page.go_back()
    page.click("tr[data-adapter=wrongrank] td[data-label=wrong_shape] a")
    assert listed(page) == [
        [row.case, row.adapter]
        for row in session.report.results
        if row.verdict is Verdict.WRONG_SHAPE and row.adapter == "wrongrank"
    ]


def test_the_list_is_walked_by_keys(visit, mutants, session):
    page = visit(mutants, "#view=results")
    names = [[row.case, row.adapter] for row in session.report.results]

    def focused():
        parts = "[...document.activeElement.querySelectorAll('.name, .subject')].map(part => part.textContent)"
        return names.index(page.evaluate(parts))

    places = []
    for key in ("j", "j", "ArrowDown", "k", "ArrowUp", "End", "Home", "PageDown"):
        page.keyboard.press(key)
        places.append(focused())
    assert places[:-1] == [1, 2, 3, 2, 1, len(names) - 1, 0]
    assert places[-1] > 3
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("j/k")
    assert page.input_value("#text") == "j/k"
    page.fill("#text", "browser/real honest")
    page.keyboard.press("Enter")
    assert names[focused()] == ["browser/real", "honest"]
    page.keyboard.press("Enter")
    page.wait_for_selector("#case:not([hidden])")
    assert address(page) == {"case": "browser/real", "adapter": "honest"}
    page.keyboard.press("Escape")
    page.wait_for_selector("#results:not([hidden])")
    assert names[focused()] == ["browser/real", "honest"]
    assert page.input_value("#text") == "browser/real honest"
    page.keyboard.press("Escape")
    page.wait_for_selector("#overview:not([hidden])")


def test_tab_leads_through_the_filters_to_one_row(visit, mutants):
    page = visit(mutants, "#view=results")
    page.focus("#text")
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if page.evaluate("!!document.activeElement.closest('#list li')"):
            break
    assert seen[:2] == ["adapter", "suite"]
    assert set(seen[2:-1]) <= {"BUTTON", "SUMMARY", "list"}
    assert page.locator(f"{ROWS} a[tabindex='0']").count() == 1
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_few_of_twenty_thousand_rows_are_in_the_document(visit, many, capsys):
    path, report = many
    page = visit(path, "#view=results")
    assert found(page) == len(report.results) == 20_000
    assert path.stat().st_size < 1_500_000
    assert page.locator(ROWS).count() < 200
    assert page.locator("*").count() < 8_000
    times = page.evaluate(SCROLL)
    assert page.locator(ROWS).count() < 200
    seen = listed(page)
    names = [[row.case, row.adapter] for row in report.results]
    assert seen[-1] == names[-1]
    filtering = page.evaluate(FILTER)
    assert found(page) == len(report.results)
    with capsys.disabled():
        print(f"\n20 000 rows: frames while scrolling {times}, from a key to the next frame {filtering}")


SCROLL = """async () => {
  const list = document.getElementById('list');
  const times = [];
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  for (let step = 1; step <= 120; step++) {
    const start = performance.now();
    list.scrollTop = (list.scrollHeight * step) / 120;
    await frame();
    await new Promise((done) => { const port = new MessageChannel(); port.port1.onmessage = done; port.port2.postMessage(0); });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return `median ${times[60].toFixed(1)} ms, longest ${times[119].toFixed(1)} ms`;
}"""
FILTER = """async () => {
  const field = document.getElementById('text');
  const times = [];
  for (const text of ['c', 'ca', 'cas', 'case-001', 'elements', 'shifted 3', 'alpha', '']) {
    const start = performance.now();
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise((done) => { const port = new MessageChannel(); port.port1.onmessage = done; port.port2.postMessage(0); });
    times.push(performance.now() - start);
  }
  return times.map((time) => `${time.toFixed(0)} ms`).join(', ');
}"""
