"""The page of a case that is no transposed convolution: several results, among them indices, and nothing to draw."""

import numpy as np
import pytest

from harness.adapters import choose
from harness.core.outcome import Value
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.engine.excerpts import Excerpts
from harness.operations import operation_of
from harness.reports.html_report import render_html, scripts
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row
from harness.tests.browser.test_html_case import hover
from harness.tests.build import load_cases

pytestmark = pytest.mark.xdist_group("browser")
SUITE = """
op: max_pool2d_with_indices
suite: Pooling
about: One case.
cases:
  - {id: plain, about: Windows side by side., dialect: pytorch, batch: 2, channels: 2, input_size: [4, 6], pool_size: 2}
"""


@pytest.fixture(scope="module")
def pooled(folder):
    """Path of a page on which the values are right and one index is not, and the indices that are due."""
    (case,) = load_cases(folder, SUITE, "pooling.yaml")
    (chosen,) = choose(["pytorch"])
    check = plan_check(case, chosen)
    assert check is not None
    truths = [operation_of(case).oracle.prepare(case).reference(name) for name in ("output", "indices")]
    values, due = (truth.output for truth in truths if truth is not None)
    wrong = due.astype(np.int64)
    wrong[1, 0, 1, 2] += 2**40
    rows = [
        row("pooling/plain", "pytorch", Verdict.EXACT),
        row("pooling/plain", "pytorch", Verdict.DIVERGES, output="indices", message="values differ"),
    ]
    showcase = Excerpts()
    showcase.add(rows[0], case.dtype, truths[0], Value(values.astype(np.float32)))
    showcase.add(rows[1], case.dtype, truths[1], Value(wrong))
    path = folder / "pooling.html"
    path.write_text(render_html(View(report_of(rows)), [check], showcase, scripts()), encoding="utf-8")
    return path, due.astype(np.int64)


def test_indices_are_shown_as_the_integers_that_they_are(visit, pooled):
    path, due = pooled
    page = visit(path, "#case=pooling/plain&adapter=pytorch")
    assert page.locator("#case h3", has_text="Values of indices").count() == 1
    notes = page.locator("#case .values .note").all_text_contents()
    assert "int64, shape [2, 2, 2, 3]" in notes
    line = hover(page, "difference", 1, 2)
    right = due[1, 0, 1, 2]
    assert line == f"[1, 0, 1, 2]  expected {right}   actual {right + 2**40}   difference 1099510000000"


def test_a_long_script_is_named_by_the_command_that_prints_it(visit, folder):
    (case,) = load_cases(folder, SUITE, "pooling.yaml")
    check = plan_check(case, choose(["pytorch"])[0])
    assert check is not None
    rows = [row("pooling/plain", "pytorch", Verdict.EXACT, repeat="harness run pooling.yaml::plain -a pytorch")]
    path = folder / "long.html"
    page = render_html(View(report_of(rows)), [check], Excerpts(), lambda *_: "# a line\n" * 1000)
    path.write_text(page, encoding="utf-8")
    page = visit(path, "#case=pooling/plain&adapter=pytorch")
    assert "The stand-alone script has 1000 lines; this prints it." in page.locator("#case-body").text_content()
    command = page.locator("#case pre[aria-label='command for the script']").text_content()
    assert command == "harness show pooling.yaml::plain -a pytorch --script"
    assert page.locator("#case details").count() == 0


def test_values_that_are_right_are_said_to_be_and_the_expected_ones_shown(visit, pooled):
    page = visit(pooled[0], "#case=pooling/plain&adapter=pytorch")
    text = page.locator("#case-body").text_content()
    assert "Every actual value equals the expected one." in text
    assert page.locator("#case canvas[aria-label^='expected, 2 rows and 3 columns']").count() == 2


def test_parameters_are_listed_and_no_geometry_is_drawn(visit, pooled):
    page = visit(pooled[0], "#case=pooling/plain&adapter=pytorch")
    facts = dict(
        page.eval_on_selector_all(
            "#case .facts div", "all => all.map(one => [...one.children].map(part => part.textContent))"
        )
    )
    assert {name: facts[name] for name in ("op", "channels", "input_size", "pool_size", "dtype")} == {
        "op": "max_pool2d_with_indices",
        "channels": "2",
        "input_size": "4 × 6",
        "pool_size": "2 × 2",
        "dtype": "float32",
    }
    text = page.locator("#case-body").text_content()
    assert "Geometry" not in text
    assert "Overlap map" not in text
    assert page.locator("#case svg").count() == 0
    assert "None" not in text.partition("What is requested")[2]
    script = page.locator("#case pre[aria-label^='stand-alone script']").text_content()
    assert script.startswith("# max_pool2d_with_indices: pooling/plain on pytorch")
