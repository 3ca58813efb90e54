"""The page of a case: deep links, drawings, values under the pointer, things to copy."""

import re
from collections import Counter
from importlib.resources import files
from urllib.parse import quote

import numpy as np
import pytest

from harness.core.results import Verdict
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Axis
from harness.operations.conv_transpose.oracle import count_hits, count_terms
from harness.operations.conv_transpose.overlap import overlap
from harness.tests.browser.pages import HOSTILE
from harness.tests.browser.waiting import until
from harness.tests.build import make_case

pytestmark = pytest.mark.xdist_group("browser")


def link(case, adapter):
    return f"#case=browser/{case}&adapter={adapter}"


def excerpt(session, case, adapter):
    (key,) = (key for key in session.showcase.rows if key[:2] == (f"browser/{case}", adapter))
    return session.showcase.rows[key]


def hover(page, title, i, j):
    """Move the pointer to an element of a heat map; returns the line that reads it."""
    canvas = page.locator(f"#case canvas[aria-label^='{title},']").first
    canvas.scroll_into_view_if_needed()
    rows, columns = map(int, re.findall(r"(\d+) (?:rows|columns)", canvas.get_attribute("aria-label")))
    canvas.evaluate(
        "(canvas, [y, x]) => canvas.parentElement.scrollTo(x * canvas.clientWidth - 50, y * canvas.clientHeight - 50)",
        [i / rows, j / columns],
    )
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * (j + 0.5) / columns, box["y"] + box["height"] * (i + 0.5) / rows)
    return canvas.locator("xpath=ancestor::div[@class='maps']").locator(".readout").text_content()


def numbers(readout):
    """The index, and each panel's value as it is written."""
    index = [int(part) for part in readout.partition("[")[2].partition("]")[0].split(",")]
    return index, dict(re.findall(r"(expected|actual|difference) (\S+)", readout))


@pytest.mark.parametrize(
    ("case", "adapter"),
    [
        ("plain", "kernelrotated"),
        ("real", "oneulpoff"),
        ("half", "kernelrotated"),
        ("large", "onenan"),
        ("long", "onenan"),
    ],
)
def test_the_value_under_the_pointer_is_that_of_the_array(visit, mutants, session, case, adapter):
    page = visit(mutants, link(case, adapter))
    shown = excerpt(session, case, adapter)
    (plane, top, left), values = shown.actual.origin, shown.actual.values
    start = page.locator("#case .readout", has_text="[").first.text_content()  # drawn a moment later
    first = numbers(start)[0]
    channels = shown.actual.shape[1]
    at = first[0] * channels + first[1] - plane
    ends = {(0, 0), (values.shape[1] - 1, values.shape[2] - 1), (values.shape[1] // 2, values.shape[2] // 3)}
    for i, j in sorted(ends):
        index, texts = numbers(hover(page, "actual", i, j))
        assert index == [*first[:2], top + i, left + j]
        for title, window in (("expected", shown.expected), ("actual", shown.actual)):
            value = window.values[at, i, j]
            assert np.array_equal(value.dtype.type(float(texts[title])), value, equal_nan=True)
            assert value.dtype != np.float32 or len(texts[title]) <= len(str(value))
        wide = shown.actual.values[at, i, j].astype(float) - shown.expected.values[at, i, j].astype(float)
        assert texts["difference"] == "NaN" if np.isnan(wide) else float(texts["difference"]) == float(f"{wide:.6g}")


def test_the_page_starts_at_the_worst_element_and_arrows_move_from_there(visit, mutants, session):
    page = visit(mutants, link("large", "onenan"))
    message = next(
        row.message for row in session.report.results if (row.case, row.adapter) == ("browser/large", "onenan")
    )
    worst = [int(part) for part in message.partition("at [")[2].partition("]")[0].split(",")]
    readout = page.locator("#case .readout").first
    index, texts = numbers(readout.text_content())
    assert (index, texts["actual"]) == (worst, "NaN")
    page.locator("#case canvas").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert numbers(readout.text_content())[0] == [*worst[:2], worst[2] - 2, worst[3] - 1]


def test_batch_and_channel_can_be_chosen(visit, mutants, session):
    page = visit(mutants, link("plain", "kernelrotated"))
    selects = page.locator("#case .planes select")
    selects.nth(0).select_option("1")
    selects.nth(1).select_option("2")
    index, texts = numbers(hover(page, "expected", 1, 3))
    assert index == [1, 2, 1, 3]
    assert float(texts["expected"]) == excerpt(session, "plain", "kernelrotated").expected.values[5, 1, 3]


def test_an_exact_check_shows_what_was_expected(visit, mutants, session):
    page = visit(mutants, link("half", "honest"))
    assert "Every actual value equals the expected one." in page.locator("#case-body").text_content()
    index, texts = numbers(hover(page, "expected", 2, 1))
    assert float(texts["expected"]) == session.showcase.expected["browser/half"].values[0, 2, 1]
    assert list(texts) == ["expected"]
    assert index == [0, 0, 2, 1]


SAYS = [
    ("single", "wrongrank", "float32, shape [3, 7, 8]"),
    ("plain", "wrongshape", "The shapes differ, so there is no difference to show."),
    ("plain", "wrongdtype", "the actual values are float64"),
    ("illegal", "acceptsall", "An error is expected, so no output is right."),
    ("illegal", "honest", "not legal in pytorch: output_padding 7 is not in"),
    ("plain", "refusesall", "No array came back."),
    ("large", "onenan", "rows 97 to 141 of 142"),
    ("extended", "honest", "top 1, bottom -2, left 0, right -1"),
]


def test_a_page_says_what_it_shows(visit, mutants):
    page = visit(mutants)
    for case, adapter, text in SAYS:
        page.evaluate("hash => { location.hash = hash; }", link(case, adapter))
        until(
            page,
            "wanted => [...document.querySelectorAll('#case h1, #case h2')].slice(0, 2).map(e => e.textContent).join() === wanted",
            arg=f"browser/{case},On {adapter}",
        )
        assert text in page.locator("#case-body").text_content()


def test_drawing_and_overlap_are_the_oracles(visit, mutants):
    page = visit(mutants, link("extended", "honest"))
    page.wait_for_selector("#case svg")
    height = page.locator("#case svg").first
    axis = Axis(n=3, k=3, s=1, d=2, begin=1, end=-2)
    drawn = [int(text) for text in height.locator(".hit + .number").all_text_contents()]
    assert drawn == count_hits(Axis(n=3, k=3, s=1, d=2)).tolist()
    assert height.locator("rect.zero").count() == 2
    assert height.locator(".input").get_attribute("d").count("M") == axis.n
    case = make_case(input_size=(3, 4), kernel_size=(3, 2), dilations=(2, 1), padding=((1, -2), (0, -1)))
    terms = count_terms(lower(case))
    for i, j in np.ndindex(terms.shape):
        assert hover(page, "overlap", i, j).endswith(f"= {terms[i, j]} products")
    assert page.locator("#case .overlaps").text_content().endswith(f"Unevenness {overlap(lower(case)).words}.")


@pytest.mark.parametrize(
    ("axes", "titles", "shown"),
    [
        ([Axis(2, 3, 2, 1)], ["overlap, 1 rows and 5 columns"], "row 0, column 2: 1 × 2 = 2 products"),
        (
            [Axis(2, 2, 1, 1), Axis(2, 1, 1, 1), Axis(2, 3, 2, 1)],
            [f"overlap, depth {at}, 2 rows and 5 columns" for at in range(3)],
            "row 0, column 2: 2, 4, 2 products",
        ),
        ([Axis(20, 1, 1, 1), Axis(1, 1, 1, 1), Axis(1, 1, 1, 1)], None, " The first 8 × 1 × 1 elements."),
    ],
)
def test_one_axis_and_three_are_drawn(visit, mutants, axes, titles, shown):
    names = ("depth", "height", "width")[-len(axes) :]
    sizes = [
        {"name": name, "full": axis.full, "out": axis.out}
        | {key: getattr(axis, key) for key in ("n", "k", "s", "d", "begin", "end")}
        for name, axis in zip(names, axes, strict=True)
    ]
    page = visit(mutants, link("extended", "honest"))
    page.wait_for_selector("#case svg")
    folder = files("harness.reports") / "html"
    program = "".join((folder / name).read_text("utf-8") for name in ("dom.js", "heat.js", "geometry.js"))
    drawings = "...axes.map(axis => drawAxis(axis, 600)), overlapMap(axes, '')"
    page.evaluate(f"axes => {{ {program} document.body.replaceChildren({drawings}); }}", sizes)
    for place, axis in enumerate(axes):
        drawn = page.locator("figure.axis").nth(place).locator(".hit + .number").all_text_contents()
        assert list(map(int, drawn)) == count_hits(axis).tolist()
    labels = [one.get_attribute("aria-label") for one in page.locator("canvas").all()]
    if titles is None:
        assert len(labels) == 8
        assert page.locator(".overlaps").text_content().endswith(shown)
    else:
        assert [label.partition(";")[0] for label in labels] == titles
        page.locator("canvas").first.focus()
        for _ in range(2):
            page.keyboard.press("ArrowRight")
        assert page.locator(".readout").text_content() == shown


@pytest.mark.parametrize("width", [1280, 400])
def test_a_long_axis_is_drawn_as_bars_within_the_page(visit, mutants, width):
    page = visit(mutants, link("long", "honest"), width=width)
    page.wait_for_selector("#case svg .bar")
    assert page.locator("#case svg").nth(1).bounding_box()["width"] <= width


def test_links_back_and_keys_move_between_checks(visit, mutants):
    page = visit(mutants, "#text=plain&adapter=honest")
    page.click("#list li a")
    page.wait_for_selector("#case:not([hidden])")
    assert page.evaluate("location.hash") == link("plain", "honest")
    assert page.title().startswith("browser/plain")
    page.click("#case .tabs a:has-text('kernelrotated')")
    until(page, "document.querySelector('#case h2').textContent === 'On kernelrotated'")
    assert page.locator("#case .tabs a[aria-current=page] .subject").text_content() == "kernelrotated"
    page.go_back()
    until(page, "document.querySelector('#case h2').textContent === 'On honest'")
    page.go_back()
    page.wait_for_selector("#results:not([hidden])")
    assert page.input_value("#text") == "plain"
    page.go_forward()
    page.wait_for_selector("#case:not([hidden])")
    again = visit(mutants, link("real", "honest"))
    assert again.locator("#case h1").text_content() == "browser/real"
    again.keyboard.press("j")
    until(again, "location.hash.endsWith('kernelrotated')")
    again.keyboard.press("k")
    until(again, "location.hash.endsWith('honest')")


def test_an_unknown_case_is_said_to_be_unknown(visit, mutants):
    page = visit(mutants, "#case=browser/nothing")
    assert page.locator("#case h1").text_content() == "No such case"


@pytest.mark.parametrize("clipboard", [True, False])
def test_command_and_script_are_copied(visit, mutants, session, clipboard):
    rights = {"permissions": ["clipboard-read", "clipboard-write"]} if clipboard else {}
    page = visit(mutants, link("plain", "kernelrotated"), **rights)
    if not clipboard:
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
        page.evaluate(
            "() => { document.execCommand = (word) => { window.taken = [word, document.activeElement.value]; return true; }; }"
        )
    page.click("#case button[aria-label='copy repeat command']")
    until(page, "document.getElementById('status').textContent === 'copied'")
    assert page.locator("#case button[aria-label='copy repeat command']").text_content() == "copied"
    repeat = next(
        row.repeat for row in session.report.results if (row.case, row.adapter) == ("browser/plain", "kernelrotated")
    )
    if clipboard:
        assert page.evaluate("navigator.clipboard.readText()") == repeat
    else:
        assert page.evaluate("window.taken") == ["copy", repeat]


def test_no_text_is_taken_for_markup(visit, hostile):
    page = visit(hostile)
    name = f"suite/{HOSTILE}"
    for view in (
        "",
        "#view=results",
        f"#case={quote(name)}&adapter={quote(HOSTILE)}",
        "#text=%3Cimg",
        f"#text={quote(HOSTILE)}",
    ):
        page.evaluate("hash => { location.hash = hash; }", view)
        page.wait_for_timeout(50)
        assert page.locator("img").count() == 0
        assert "owned" not in page.title().replace(HOSTILE, "")
        assert page.locator("script").count() == 3
    page.evaluate("hash => { location.hash = hash; }", f"#case={quote(name)}&adapter={quote(HOSTILE)}")
    until(page, "document.querySelector('#case h1')")
    shown = page.locator("#case-body").text_content()
    assert page.locator("#case h1").text_content() == name
    # name, about, tab, heading, message, diagnosis, command, script
    assert shown.count(HOSTILE) == 8
    page.evaluate("location.hash = '#view=results'")
    page.wait_for_selector("#results:not([hidden])")
    assert Counter(page.locator("#list .name").all_text_contents())[name] == 1


def test_every_verdict_has_its_word_on_the_page(visit, hostile):
    page = visit(hostile, "#view=results&text=torch")
    words = " ".join(page.locator("#list .chip").all_text_contents())
    assert {verdict for verdict in Verdict if f" {verdict}" in words} == set(Verdict)
