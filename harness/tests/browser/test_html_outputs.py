"""Many adapters, and several outputs of a check: the matrices, the list and the page of a case."""

import pytest

from harness.core.results import Verdict
from harness.reports.view import View
from harness.tests.browser.test_html_list import found, listed
from harness.tests.browser.test_html_looks import BEYOND, CLIPPED
from harness.tests.browser.waiting import until

pytestmark = pytest.mark.xdist_group("browser")
WIDE = """() => [...document.querySelectorAll('.wide')].filter((box) => box.checkVisibility()).map((box) => {
  const place = box.getBoundingClientRect();
  return [place.left >= 0 && place.right <= innerWidth, box.scrollWidth > box.clientWidth, getComputedStyle(box).overflowX];
})"""


@pytest.mark.parametrize("width", [1280, 400])
def test_a_matrix_of_many_adapters_scrolls_within_its_own_box(visit, modes, width):
    path, report = modes
    page = visit(path, width=width)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(BEYOND) == []
    boxes = page.evaluate(WIDE)
    assert len(boxes) == 2
    assert all(inside and overflow == "auto" for inside, _, overflow in boxes)
    assert any(scrolls for _, scrolls, _ in boxes) == (width == 400)
    lines = page.locator("table[aria-labelledby=dtypes] tbody tr")
    assert lines.count() == len(View(report).matrix.lines) == 28 * 4
    place = "rows => rows[0].getBoundingClientRect().left"
    box = page.locator(".wide[aria-labelledby=dtypes]")
    before = page.eval_on_selector_all("table[aria-labelledby=dtypes] tbody th", place)
    box.evaluate("box => { box.scrollLeft = 80; }")
    assert page.eval_on_selector_all("table[aria-labelledby=dtypes] tbody th", place) == before


def test_the_list_has_one_entry_for_each_check(visit, modes):
    path, report = modes
    page = visit(path, "#view=results")
    checks = [check.rows for check in View(report).checks]
    assert found(page) == len(checks) < len(report.results)
    page.click("#verdicts [data-verdict=diverges]")
    odd = [check for check in checks if any(one.verdict is Verdict.DIVERGES for one in check)]
    assert found(page) == len(odd)
    assert listed(page)[0] == [odd[0][0].case, odd[0][0].adapter]
    assert page.locator("#list .message").first.text_content() == "kernel_grad diverges: values differ"
    assert page.locator("#list li:not(.probe) .chip").first.text_content().endswith("diverges")
    page.click("#verdicts [data-verdict=diverges]")
    page.click("#verdicts [data-verdict=exact]")
    assert found(page) == sum(any(one.verdict is Verdict.EXACT for one in check) for check in checks)
    page.fill("#text", "kernel_grad")
    assert found(page) == len(odd)


def test_a_case_shows_each_output_of_a_check(visit, modes):
    path, report = modes
    odd = next(one for one in report.results if one.verdict is Verdict.DIVERGES)
    page = visit(path, f"#case={odd.case}&adapter={odd.adapter}")
    assert page.locator("#case .tabs li").count() == 28
    rows = page.eval_on_selector_all(
        "#case .outputs tbody tr", "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    assert rows == [
        ["kernel_grad", "✗ diverges", "3.5", "9"],
        ["output", "✓ exact", "0", "0"],
        ["input_grad", "✓ exact", "0", "0"],
        ["bias_grad", "✓ exact", "0", "0"],
    ]
    assert "Message (kernel_grad) values differ" in page.locator("#case-body").text_content()
    page.set_viewport_size({"width": 400, "height": 800})
    until(page, "document.scrollingElement.scrollWidth <= innerWidth")
    assert page.evaluate(BEYOND) == []
