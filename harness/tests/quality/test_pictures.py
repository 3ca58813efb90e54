"""The pictures of the documents show what they say, and are up to date."""

import json
import re
import struct
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.oracle import conv_transpose
from harness.quality import pictures

CHUNKS = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for kind, data in ((b"IHDR", b"\0" * 13), (b"IDAT", b"pixels"), (b"IEND", b""))
)


def test_the_pictures_are_up_to_date(monkeypatch):
    monkeypatch.chdir(Path(pictures.__file__).parents[2])
    assert pictures.stale() == []


def test_a_picture_that_is_not_up_to_date_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pictures"])
    monkeypatch.setattr(pictures, "screenshot", lambda: CHUNKS)
    monkeypatch.setattr(pictures, "digest_of_inputs", lambda: "a" * 64)
    (tmp_path / "reports").mkdir()
    assert pictures.main() == 0
    monkeypatch.setattr(sys, "argv", ["pictures", "--check"])
    assert pictures.main() == 0
    (tmp_path / "docs" / "pictures" / "faults.svg").write_text("<svg/>")
    monkeypatch.setattr(pictures, "digest_of_inputs", lambda: "b" * 64)
    assert pictures.main() == 1
    named = [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["docs/pictures/faults.svg", "reports/case-page.png"]


def test_the_digest_is_of_the_case_and_of_what_shows_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()

    def digest(*rows):
        parts = {"cases": [], "results": [{"case": case, "message": message} for case, message in rows]}
        (tmp_path / "reports" / "conformance.json").write_text(json.dumps(parts))
        return pictures.digest_of_inputs()

    here = digest((pictures.CASE, "differs"))
    assert here == digest((pictures.CASE, "differs"), ("another", "x"))
    assert here != digest((pictures.CASE, "differs more"))
    monkeypatch.setattr(pictures, "PROGRAMS", pictures.PROGRAMS[:-1])
    assert here != digest((pictures.CASE, "differs"))


def test_a_digest_stands_in_a_picture_whose_chunks_stay_whole():
    marked = pictures.with_digest(CHUNKS, "c" * 64)
    assert (pictures.stated_digest(CHUNKS), pictures.stated_digest(marked)) == ("", "c" * 64)
    at, kinds = 8, []
    while at < len(marked):
        (size,) = struct.unpack(">I", marked[at : at + 4])
        kinds.append(marked[at + 4 : at + 8])
        assert struct.unpack(">I", marked[at + 8 + size : at + 12 + size])[0] == zlib.crc32(
            marked[at + 4 : at + 8 + size]
        )
        at += 12 + size
    assert kinds == [b"IHDR", b"IDAT", b"tEXt", b"IEND"]


def test_the_faults_are_those_that_the_titles_name():
    columns = {title: [panel.values for panel in panels] for title, panels in pictures.faults()}
    (image,), (right, even) = columns["the image"], columns["as it should be"]
    moved, difference = columns["wrong crop"]
    assert np.array_equal(moved[:-2, :-2], right[2:, 2:])
    assert np.array_equal(difference, np.abs(moved - right))
    axis = Axis(8, 4, 2, 1, 0, 2)
    kernel = np.outer(pictures.TAPS, pictures.TAPS)[::-1, ::-1].astype(float)[None, None]
    flipped = conv_transpose(Geometry((axis, axis), 1, 1, 1, 1), image[None, None], kernel, None)[0, 0]
    assert np.array_equal(columns["flipped kernel"][0], flipped)
    assert columns["flipped kernel"][1].any()
    uneven = columns["uneven overlap"][1]
    assert (np.unique(even[2:-2, 2:-2]).tolist(), np.unique(uneven[2:-2, 2:-2]).tolist()) == ([4], [1, 2, 4])


@pytest.mark.parametrize("name", ["faults.svg", "checkerboard.svg"])
def test_a_drawing_has_a_picture_for_each_panel(name):
    columns = {"faults.svg": pictures.faults(), "checkerboard.svg": pictures.checkerboards()}[name]
    drawing = ET.fromstring(pictures.drawings()[pictures.DRAWINGS / name])
    panels = [panel for _, column in columns for panel in column]
    space = "{http://www.w3.org/2000/svg}"
    drawn = drawing.findall(f"{space}svg")
    assert [one.attrib["viewBox"] for one in drawn] == [f"0 0 {p.values.shape[1]} {p.values.shape[0]}" for p in panels]
    texts = [text.text for text in drawing.findall(f"{space}text")]
    assert set(texts) == {panel.text for panel in panels} | {title for title, _ in columns}
    filled = [sum(map(int, re.findall(r"h(\d+)v1h-", path.attrib["d"]))) for path in drawn[0]]
    assert sum(filled) == np.count_nonzero(panels[0].values)
