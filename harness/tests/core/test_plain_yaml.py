"""What the quick reader gives is what the thorough one gives, and it gives nothing for any other text."""

import pytest

from harness.core.case import WrittenFloat
from harness.core.corpus import default_corpus
from harness.core.plain_yaml import read_plain
from harness.core.yamlfile import Loader, YamlFile, read_yaml
from harness.tests.hostile import HOSTILE

ROW = "[1, -2, 0.50, 1e3, 4, 5, 6, 7, 8, 9]"
LONG = "[10, -20, 30,\n      0.50, 1e3,\n    1.25E-2, 7]"


def thoroughly(text):
    """The data by way of the tree of nodes."""
    loader = Loader(text)
    return loader.construct_document(loader.get_single_node())


def plainly(text):
    """The data and the lines of a text that is plain."""
    found = read_plain(text, Loader)
    assert found is not None
    return found


def written(data):
    """``data`` with the digits of its numbers."""
    match data:
        case dict():
            return {key: written(value) for key, value in data.items()}
        case list():
            return [written(value) for value in data]
        case WrittenFloat():
            return data.written
    return (type(data), data)


@pytest.mark.parametrize("path", sorted(default_corpus().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_suite_is_plain(path):
    text = path.read_text()
    data, lines = plainly(text)
    assert written(data) == written(thoroughly(text))
    slowly = YamlFile("suite.yaml", data, text)
    assert lines == [slowly.line(("cases", index)) for index in range(len(data.get("cases", [])))]


@pytest.mark.parametrize(
    "text",
    [
        f"cases:\n  - {{id: a, values: {ROW}, last: 1}}\n  - {{id: b, values: [{ROW}, {ROW}]}}\n",
        f"cases:\n  - {{id: a, values: {LONG}, last: 1}}\n  - {{id: b}}\n",
        f"cases:\n  - id: a\n    values:\n      - {ROW}\n      - {LONG}\n    last: 1\n  - id: b\n",
        f"cases:\n  - id: a\n    values: {LONG} # {ROW}\n  - id: b\n",
        f"cases: [{LONG}, {{id: b}}, {ROW}]\n",
    ],
)
def test_rows_of_numbers_are_what_they_are_one_by_one(text):
    data, lines = plainly(text)
    assert written(data) == written(thoroughly(text))
    slowly = YamlFile("suite.yaml", data, text)
    assert lines == [slowly.line(("cases", index)) for index in range(len(data["cases"]))]


@pytest.mark.parametrize(
    "text",
    [
        f"about: 'a text with {ROW}'\n",
        f"about: a text with {ROW}\n",
        f"about: |\n  {ROW}\n",
        "values: [1, 2, 3, 4, 5, 6, 7, 8, 1e999]\n",
        "values: \ue0000\n",
        *(f"one: [{ROW}, {ROW}{more}]\n" for more in ("0", "1", "5", "_1", "\u3000", "\u0661", f"{ROW}", "x", " 1")),
        *(f"one: [{more}{ROW}]\n" for more in ("0", "-", "x", "0x")),
        f"one: 1 # {LONG}\n",
        "one: 1 # [1, 2, 3, 4, 5, 6, 7, 8, 9\r]\n",
        "one: &two [1]\n",
        "one: &two 1\n",
        "one: [1]\ntwo: *one\n",
        "one: !!set {a}\n",
        "one: !!str 1\n",
        "one: 1\none: 2\n",
        "1: one\n",
        "[a]: one\n",
        "one: 1\n---\ntwo: 2\n",
        "one: [\n",
        "~\n",
        "",
        "one: " + "[" * 80 + "]" * 80 + "\n",
        "one: " + "9" * 5000 + "\n",
    ],
)
def test_nothing_is_read_of_a_text_that_is_not_plain(text):
    assert read_plain(text, Loader) is None


@pytest.mark.parametrize(
    "row",
    [
        "[1, 2, 3, 4, 5, 6, 7, 8, 9,]",
        "[01, 2, 3, 4, 5, 6, 7, 8, 9]",
        "[+1, .5, 3., 4, 5, 6, 7, 8]",
        "[1 2 3 4 5 6 7 8 9 0]",
    ],
)
def test_rows_that_are_no_json_are_read_as_yaml(row):
    text = f"values: {row}\n"
    assert written(plainly(text)[0]) == written(thoroughly(text))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_read_alike_or_not_at_all(name):
    text = HOSTILE[name][0]
    if isinstance(text, str) and (found := read_plain(text, Loader)):
        assert written(found[0]) == written(thoroughly(text))


def test_a_file_is_read_in_one_pass_where_it_is_plain(tmp_path, monkeypatch):
    monkeypatch.setattr(Loader, "get_single_node", None)
    path = tmp_path / "suite.yaml"
    path.write_text("suite: One\ncases:\n  - {id: a}\n\n  - {id: b}\n")
    file = read_yaml(path)
    assert (file.line(("cases", 0)), file.line(("cases", 1))) == (3, 5)
