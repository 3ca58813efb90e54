from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from harness.core.results import Verdict
from harness.engine.excerpts import Excerpts
from harness.operations.conv_transpose.oracle import count_hits, count_terms
from harness.operations.conv_transpose.overlap import overlap
from harness.reports.checkerboard import EXAMPLES, SIDE, Picture, boards, interior
from harness.reports.html_report import render_html
from harness.reports.markdown import render_markdown
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row

ALL = [pytest.param(board, id=f"{board.kernel} at {board.stride}") for board in boards()]


@pytest.mark.parametrize("board", ALL)
def test_a_picture_shows_the_interior_alone(board):
    geometry = interior(len(board.taps), board.stride)
    assert geometry.output_size == (SIDE, SIDE)
    per_axis = count_hits(geometry.height).tolist()
    assert per_axis == per_axis[: board.stride] * (SIDE // board.stride)
    assert board.unevenness == 1 - Fraction(min(per_axis) ** 2, max(per_axis) ** 2) == overlap(geometry).unevenness
    for picture in board.pictures:
        values = picture.values
        assert values.shape == (SIDE, SIDE)
        assert np.array_equal(values, np.tile(values[: board.stride, : board.stride], (SIDE // board.stride,) * 2))


@pytest.mark.parametrize("board", ALL)
def test_resizing_leaves_no_pattern_and_a_constant_kernel_shows_the_overlap(board):
    transposed, *resized = board.pictures
    assert [picture.way for picture in board.pictures] == ["transposed", "nearest", "bilinear"]
    assert [picture.deviation for picture in resized] == [0, 0]
    assert all(np.all(picture.values == sum(board.taps) ** 2) for picture in resized)
    if set(board.taps) == {1}:
        assert np.array_equal(transposed.values, count_terms(interior(len(board.taps), board.stride)))
        assert (transposed.deviation == 0) == (board.unevenness == 0)


def test_the_examples_include_an_even_overlap_with_a_pattern_and_an_uneven_one_without():
    found = {(board.unevenness == 0, board.pictures[0].deviation == 0) for board in boards()}
    assert found == {(True, True), (True, False), (False, True), (False, False)}
    assert len(boards()) == len(EXAMPLES)


def test_the_deviation_is_that_from_the_mean():
    values = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert Picture("transposed", values).deviation == Fraction(7, 9)


@pytest.mark.parametrize("board", ALL)
def test_a_drawing_fills_each_place_once_with_the_level_of_its_value(board):
    for picture in board.pictures:
        drawing = ET.fromstring(str(picture.svg))
        filled = np.zeros((SIDE, SIDE))
        opacities = []
        for path, level in zip(drawing.findall("path"), sorted(set(picture.values.ravel())), strict=True):
            opacities.append(float(path.attrib["fill-opacity"]))
            for x, y, length, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path.attrib["d"]):
                assert length == back
                filled[int(y), int(x) : int(x) + int(length)] += level
        assert np.array_equal(filled, picture.values)
        assert opacities == sorted(set(opacities))
        assert drawing.findtext("title", "").startswith(picture.way)


def test_both_reports_show_every_board():
    report = report_of([row("s/a", "torch", Verdict.EXACT)])
    page, text = render_html(View(report), (), Excerpts(), lambda *_: ""), render_markdown(View(report))["details.md"]
    section = page.partition('<h2 id="checkerboard">')[2].partition("<h2")[0]
    assert len(section.encode()) < 20_000
    assert section.count("<svg") == 3 * len(boards())
    for board in boards():
        figures = [board.unevenness, *(picture.deviation for picture in board.pictures)]
        assert f"| {board.kernel} | {board.stride} | {' | '.join(map(str, figures))} |" in text
        assert f'<th scope="row">{board.kernel}</th><td data-label="stride">{board.stride}</td>' in section
        assert [f"deviation {figure}</div>" in section for figure in figures[1:]] == [True] * 3
