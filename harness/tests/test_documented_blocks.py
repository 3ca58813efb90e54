"""Every command, every program and every block of output in README, CONTRIBUTING and docs/ (see documented.py)."""

from __future__ import annotations

import ast
import shutil
import tomllib
from collections import Counter
from importlib.util import find_spec

import pytest
import yaml

from harness.core.yamlfile import read_yaml
from harness.suites.known_divergences import load_known
from harness.tests.documented import (
    EXAMPLE,
    NAMED,
    PAGES,
    ROOT,
    STAND_IN,
    Folder,
    blocks_of,
    command_lines,
    missing_for,
    shows,
)

EXCUSES = {
    "it installs packages": 5,
    "it takes minutes": 3,
    "its figures are those of one machine": 3,
    "it needs a repository with reports": 2,
    "a test of its own runs it where ONNX Runtime is installed": 1,
    "a test of its own completes in bash": 1,
}
"""The reasons for which a block is not run, and how many blocks at most may have each."""
BLOCKS = [block for path in PAGES for block in blocks_of(path)]
RUN = [path for path in PAGES if any(block.kind in {"sh", "text", "python"} for block in blocks_of(path))]


@pytest.fixture
def folder(tmp_path):
    """An empty folder with the modules that several pages name."""
    found = Folder(tmp_path)
    for block in BLOCKS:
        if block.file == "my_module.py":
            found.save(block)
    shutil.copy(EXAMPLE / "harness_onnxruntime.py", tmp_path)
    if find_spec("onnxruntime") is None:
        (tmp_path / "onnxruntime.py").write_text(STAND_IN)
    return found


def calls_of(block, folder):
    """Each command of a block, the exit codes that it may have, and what it prints; None for any."""
    if block.kind == "sh":
        yield from ((line, codes, None) for line, codes in command_lines(block.text))
    elif block.kind == "text":
        first, _, shown = block.text.partition("\n")
        assert first.startswith("$ "), f"{block.place} is the output of no command"
        yield first.removeprefix("$ "), None, shown
    else:
        (folder.path / "script.py").write_text(block.text, encoding="utf-8")
        yield "python script.py", {0}, None


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.name)
def test_what_a_page_shows_is_what_happens(path, folder):
    blocks = [block for block in blocks_of(path) if not block.excuse]
    for block in blocks:
        if block.file:
            folder.save(block)
    if any("cases/" in block.text for block in blocks):
        (folder.path / "cases").symlink_to(ROOT / "cases")
    skipped = []
    for block in blocks:
        if block.file or block.is_quoted or block.kind not in {"sh", "text", "python"}:
            continue
        for command, codes, shown in calls_of(block, folder):
            if missing := missing_for(command, folder.path):
                skipped.append(f"{block.place} needs {', '.join(missing)}")
                break  # what follows in the block needs it too
            done = folder.call(command)
            printed = f"{block.place}: {command}\n{done.stdout}{done.stderr}"
            assert codes is None or done.returncode in codes, printed
            assert shown is None or shows(shown, done.stdout), printed
    if skipped:
        pytest.skip("; ".join(skipped))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_every_block_is_of_a_kind_that_is_checked(block, folder):
    assert block.kind in {"sh", "text", "python", "yaml", "toml", ""}
    if block.kind == "python" and not block.is_quoted:
        ast.parse(block.text)
    elif block.kind == "toml":
        assert tomllib.loads(block.text)
        assert block.file or block.is_quoted
    elif block.kind == "yaml" and not block.is_quoted:
        data = yaml.safe_load(block.text)
        folder.save(block if block.file else type(block)(block.path, 0, "yaml", f"# block.yaml\n{block.text}"))
        name = block.file or "block.yaml"
        if "suite" in data:
            done = folder.call(["harness", "lint", name])
            assert done.returncode == 0, done.stdout + done.stderr
        elif "divergences" in data:
            assert load_known(folder.path / name).entries
        else:
            assert {"steps", "repos"} & set(data)
            assert read_yaml(folder.path / name)


def test_few_blocks_are_excused_and_each_for_a_listed_reason():
    found = Counter(block.excuse for block in BLOCKS if block.excuse)
    assert set(found) <= set(EXCUSES)
    assert all(count <= EXCUSES[excuse] for excuse, count in found.items())
    marks = sum(path.read_text(encoding="utf-8").count("<!-- not run") for path in PAGES)
    assert marks == found.total(), "a mark stands before no block"


def test_every_command_of_the_harness_stands_in_a_block_that_is_run():
    """Those that take long are described in the text."""
    run = {
        line.split()[1]
        for one in BLOCKS
        if one.kind == "sh" and not one.excuse
        for line, _ in command_lines(one.text)
        if line.startswith("harness ")
    }
    run |= {one.text.split()[2] for one in BLOCKS if one.text.startswith("$ harness ") and not one.excuse}
    assert run >= {"cases", "coverage", "diff", "export", "judge", "lint", "list", "run", "show", "translate", "port"}


def test_output_is_compared_line_by_line():
    assert shows("a\n…\nd\n", "a\nb\nc\nd\n")
    assert shows("a\n…\nd\n", "a\nd\n")
    assert shows("", "")
    assert not shows("a\n…\nd\n", "a\nb\nd\ne\n")
    assert not shows("a\nb\n", "a\nb.\n")


def test_a_comment_states_the_code_of_an_exit():
    lines = list(command_lines("harness run   # exit 1: it fails\n\n# no command\nharness lint\n"))
    assert lines == [("harness run", {1}), ("harness lint", {0})]
    assert NAMED.match("# mine/first.yaml\nsuite: a\n")
    assert not NAMED.match("# compute.py is this\n")
    assert ROOT / "README.md" in PAGES
