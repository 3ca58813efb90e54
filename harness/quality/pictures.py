"""The pictures of the documents: ``python -m harness.quality.pictures``.

Drawings are text, and written anew each time. The page of a case is a screenshot of the report, which needs Chromium
and playwright; in it stands the digest of what it was made from. With ``--check`` nothing is written, and the exit code
is 1 where a picture is not up to date.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.operations.conv_transpose.geometry import Axis, Geometry
from harness.operations.conv_transpose.mutants import mutant_called
from harness.operations.conv_transpose.mutants.base import Call, answer
from harness.operations.conv_transpose.oracle import count_terms
from harness.reports.checkerboard import boards

Values = npt.NDArray[np.float64]
DRAWINGS = Path("docs", "pictures")
REPORTS = Path("reports")
PAGE = REPORTS / "case-page.png"
CASE, ADAPTER = "reported_divergences/keras-channels-first-bias-as-wide-as-filters", "keras"
PROGRAMS = ("case.js", "geometry.js", "heat.js", "values.js")
KEYWORD = b"inputs"
SIDE, GAP, LINE = 112, 24, 18
SHADES = 16
STYLE = """<style>
text { font: 13px sans-serif; fill: #1f2328 } .title { font-weight: bold }
path { fill: #1f2328 } rect { fill: none; stroke: #8c959f }
@media (prefers-color-scheme: dark) { text, path { fill: #e6edf3 } }
</style>"""
LETTER = ("........", ".#####..", ".#......", ".####...", ".#......", ".#......", ".#......", "........")
TAPS, EQUAL = (3, 3, 1, 1), (1, 1, 1)
"""Of kernels at a stride of 2: both sums of every other tap of the first are 4, so that it leaves no pattern."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """An image (rows, columns) of numbers from 0 on, and a line below it."""

    text: str
    values: Values


def faults() -> tuple[tuple[str, tuple[Panel, ...]], ...]:
    """What becomes of an image: columns, each with a title, a result and what is to see in it."""
    image = np.array([[letter == "#" for letter in line] for line in LETTER], dtype=np.float64)
    call, uneven = _call(image, TAPS), _call(image, EQUAL)
    right = call.right()[0, 0]
    columns = [
        ("the image", (Panel("8 × 8", image),)),
        ("as it should be", (Panel("kernel 4, stride 2", right), _terms(call.geometry))),
    ]
    for title, name in (("wrong crop", "CropAtWrongEnd"), ("flipped kernel", "KernelRotated")):
        wrong = answer(mutant_called(name), call)[0, 0]
        columns.append((title, (Panel("the same call", wrong), Panel("difference", np.abs(wrong - right)))))
    columns.append(("uneven overlap", (Panel("kernel 3, stride 2", uneven.right()[0, 0]), _terms(uneven.geometry))))
    return tuple(columns)


def _call(image: Values, taps: Sequence[int]) -> Call:
    """A transposed convolution of ``image`` (H, W) at a stride of 2, cropped at the end to twice its size."""
    axis = Axis(len(image), len(taps), 2, 1, 0, len(taps) - 2)
    kernel = np.outer(taps, taps).astype(np.float64)
    return Call(Geometry((axis, axis), 1, 1, 1, 1), image[None, None], kernel[None, None], None, np.dtype(np.float64))


def _terms(geometry: Geometry) -> Panel:
    return Panel("products that meet", count_terms(geometry).astype(np.float64))


def draw(columns: Sequence[tuple[str, Sequence[Panel]]]) -> str:
    """``columns`` of panels below their titles, as SVG for light and dark pages."""
    rows = max(len(panels) for _, panels in columns)
    width, height = len(columns) * (SIDE + GAP) + GAP, rows * (SIDE + LINE + GAP) + LINE + GAP
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">', STYLE]
    for at, (title, panels) in enumerate(columns):
        x = GAP + at * (SIDE + GAP)
        lines.append(f'<text x="{x}" y="{LINE}" class="title">{title}</text>')
        for row, panel in enumerate(panels):
            lines += _panel(panel, x, LINE + GAP // 2 + row * (SIDE + LINE + GAP))
    return "\n".join([*lines, "</svg>", ""])


def _panel(panel: Panel, x: int, y: int) -> Iterator[str]:
    """The darker, or on a dark page the lighter, the larger the value is."""
    rows, columns = panel.values.shape
    shades = np.rint(panel.values / max(panel.values.max(), 1.0) * SHADES).astype(int)
    yield f'<svg x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" viewBox="0 0 {columns} {rows}">'
    for shade in range(1, SHADES + 1):
        if runs := "".join(_runs(shades == shade)):
            yield f'<path fill-opacity="{0.9 * shade / SHADES:.2f}" d="{runs}"/>'
    yield "</svg>"
    yield f'<rect x="{x}" y="{y}" width="{SIDE}" height="{SIDE}"/>'
    yield f'<text x="{x}" y="{y + SIDE + LINE}">{panel.text}</text>'


def _runs(places: npt.NDArray[np.bool_]) -> Iterator[str]:
    """The places that hold as parts of a path, one for each run along a row."""
    for row, line in enumerate(places.tolist()):
        for holds, group in groupby(range(len(line)), key=line.__getitem__):
            first, *rest = group
            if holds:
                yield f"M{first} {row}h{1 + len(rest)}v1h-{1 + len(rest)}z"


def checkerboards() -> tuple[tuple[str, tuple[Panel, ...]], ...]:
    """A constant image through the kernels of the report, a column for each, a row for each way."""
    return tuple(
        (
            f"{' '.join(map(str, board.taps))}, stride {board.stride}",
            tuple(Panel(f"{picture.way}, {picture.deviation}", picture.values) for picture in board.pictures),
        )
        for board in boards()
    )


def drawings() -> dict[Path, str]:
    """Every drawing by its path."""
    named = {"faults.svg": faults(), "checkerboard.svg": checkerboards()}
    return {DRAWINGS / name: draw(columns) for name, columns in named.items()}


def digest_of_inputs() -> str:
    """Of what the report says of the case, and of the programs that show it."""
    report = json.loads((REPORTS / "conformance.json").read_text(encoding="utf-8"))
    stated: list[Any] = [row for part in ("cases", "results") for row in report[part] if row["case"] == CASE]
    folder = Path(__file__).parents[1] / "reports" / "html"
    texts = [json.dumps(stated, sort_keys=True), *((folder / name).read_text(encoding="utf-8") for name in PROGRAMS)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def stated_digest(picture: bytes) -> str:
    """The digest that stands in a PNG, or nothing."""
    _, found, rest = picture.partition(b"tEXt" + KEYWORD + b"\0")
    return rest[:64].decode("latin-1") if found else ""


def with_digest(picture: bytes, digest: str) -> bytes:
    """A PNG with a chunk of text that holds ``digest``, before its last chunk, which is always as long."""
    chunk, end = b"tEXt" + KEYWORD + b"\0" + digest.encode(), len(picture) - 12
    size, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    return picture[:end] + size + chunk + check + picture[end:]


def screenshot() -> bytes:
    """The page of the case in the report, as a PNG."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 1330}, color_scheme="light")
        page.goto(f"{(REPORTS / 'conformance.html').resolve().as_uri()}#case={CASE}&adapter={ADAPTER}")
        page.wait_for_selector("#case canvas")
        taken = page.screenshot()
        browser.close()
    return taken


def stale() -> list[Path]:
    """The pictures that are not up to date."""
    drawn = {path: path.read_text(encoding="utf-8") for path in DRAWINGS.glob("*.svg")}
    found = [path for path, text in drawings().items() if drawn.get(path) != text]
    return found + [PAGE] * (not PAGE.is_file() or stated_digest(PAGE.read_bytes()) != digest_of_inputs())


def main() -> int:
    """Write what is not up to date, or with ``--check`` name it."""
    if "--check" in sys.argv[1:]:
        for path in (found := stale()):
            print(f"{path} is not up to date: run python -m harness.quality.pictures")
        return 1 if found else 0
    DRAWINGS.mkdir(parents=True, exist_ok=True)
    for path, text in drawings().items():
        path.write_text(text, encoding="utf-8")
    PAGE.write_bytes(with_digest(screenshot(), digest_of_inputs()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
