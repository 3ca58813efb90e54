"""Two reports dropped on the page are compared as `harness diff` compares them."""

import random
from collections import Counter

import pytest

from harness.core.results import NOT_CALLED, Verdict
from harness.reports.comparison import Stored, compare
from harness.reports.json_report import render_json
from harness.reports.view import View
from harness.suites.known_divergences import AT_TIMES
from harness.tests.browser.pages import report_of, row, with_dtypes
from harness.tests.browser.test_html_looks import BEYOND

pytestmark = pytest.mark.xdist_group("browser")
OUTPUTS = ("output", "input_grad", "kernel_grad")
DROP = """([one, other]) => {
  const data = new DataTransfer();
  for (const text of [one, other]) data.items.add(new File([text], `${data.items.length}.json`));
  document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def drawn(seed):
    """A report of random rows; of many checks there are others of the same case and adapter."""
    draw = random.Random(seed)
    rows = []
    for number in range(200):
        case, adapter = f"s/{number // 4:02}", f"torch:{number % 4}"
        if draw.random() < 0.1:
            continue
        for output in OUTPUTS[: draw.choice((1, 3))]:
            verdict = draw.choice([Verdict.EXACT] * 5 + list(Verdict))
            known = verdict is Verdict.KNOWN
            observed = draw.choice([Verdict.DIVERGES, Verdict.REJECTS]) if known else verdict
            message = draw.choice(
                ["", "one", "another", *(f"{AT_TIMES}crashes or diverges{end}" for end in ("", ": one"))]
            )
            texts = {
                "message": message,
                "cause": draw.choice(["", "narrower: float16"]),
                "diagnosis": draw.choice("ab"),
            }
            rows.append(row(case, adapter, verdict, observed=observed, output=output, **texts))
            if verdict in NOT_CALLED:
                break
    return with_dtypes(report_of(rows), lambda _: "float32", OUTPUTS)


def test_two_reports_are_compared_as_on_the_command_line(visit, mutants):
    old, new = map(drawn, "ab")
    found = compare(Stored.of_report(old), Stored.of_report(new))
    page = visit(mutants)
    page.evaluate(DROP, [render_json(View(one)) for one in (old, new)])
    page.wait_for_selector("#changes")
    counts = Counter[str]()
    for change in found.changes:
        counts[change.kind] += len(change.outputs)
    assert len(counts) == 7
    words = [f"{counts[kind]} {kind}" for kind in dict.fromkeys(change.kind for change in found.changes)]
    assert page.locator("#changes").text_content() == f"{', '.join([*words, f'{found.same} alike'])}."
    shown = page.eval_on_selector_all(".changes p:first-child", "all => all.map(one => one.textContent)")
    assert shown == [f"{one.case} on {one.where}: {one.verdicts.replace(' -> ', ' → ')}" for one in found.changes]


def test_files_are_chosen_one_after_the_other_and_swapped(visit, mutants, tmp_path):
    names = []
    for name, verdict in (("old", Verdict.EXACT), ("new", Verdict.DIVERGES)):
        names.append(tmp_path / f"{name}.json")
        names[-1].write_text(render_json(View(report_of([row("s/a", "torch", verdict, message="a message")]))))
    page = visit(mutants, "#view=compare", width=400)
    page.set_input_files("#reports", names[0])
    page.wait_for_selector("text=old.json: one report more")
    page.set_input_files("#reports", names[1])
    page.wait_for_selector("#changes")
    assert page.locator("#changes").text_content() == "1 worse, 0 alike."
    assert "s/a on torch: exact → diverges" in page.locator("#compared").text_content()
    assert page.evaluate(BEYOND) == []
    page.click("text=swap")
    assert page.locator("#changes").text_content() == "1 better, 0 alike."
    (tmp_path / "other.json").write_text('{"results": [{"case": "s/a"}]}')
    page.set_input_files("#reports", tmp_path / "other.json")
    page.wait_for_selector("text=other.json is no conformance.json of this version.")


def test_versions_that_changed_are_named(visit, mutants):
    one = render_json(View(report_of([row("s/a", "torch", Verdict.EXACT)])))
    page = visit(mutants)
    page.evaluate(DROP, [one, one.replace('"torch":"1.0"', '"torch":"2.0"')])
    page.wait_for_selector("text=Versions: torch 1.0 → 2.0 (torch).")
