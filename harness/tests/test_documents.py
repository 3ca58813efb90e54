"""What the documents say of the code: every path, module, command and environment that they name is there."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest

from harness.cli import COMMANDS
from harness.core.results import Verdict

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "docs" / "house.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
MODULES = [path for path in sorted((ROOT / "harness").rglob("*.py")) if "tests" not in path.parts]
PATHS = re.compile(r"\b(?:docs|harness|cases)/[\w./-]*\w/?")
LINKS = re.compile(r"\]\(([^):#]+)(?:#[^)]*)?\)")
DOTTED = re.compile(r"\bharness(?:\.[a-z_0-9]+)+")


def docstrings(path):
    """The docstrings of a module, and the texts that stand below names as such."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "\n".join(
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )


def is_module(name):
    """Whether a dotted name is a module, or something that the module names."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:count])
        module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if module.exists():
            text = module.read_text(encoding="utf-8")
            return all(re.search(rf"\b{part}\b", text) for part in parts[count:])
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_paths_and_modules_that_are_there(path):
    text = path.read_text(encoding="utf-8")
    missing = [found for found in PATHS.findall(text) if not (ROOT / found).exists()]
    missing += [found for found in DOTTED.findall(text) if not is_module(found)]
    missing += [found for found in LINKS.findall(text) if not (path.parent / found).exists()]
    assert missing == []


def test_docstrings_name_paths_and_modules_that_are_there():
    missing = []
    for path in MODULES:
        text = docstrings(path)
        missing += [(path.name, found) for found in PATHS.findall(text) if not (ROOT / found).exists()]
        missing += [(path.name, found) for found in DOTTED.findall(text) if not is_module(found)]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_commands_and_environments_that_are_there(path):
    text = path.read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:^|`|\$ )harness ([a-z]+)", text, re.MULTILINE))
    assert commands <= set(COMMANDS)
    settings = ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini")
    environments = {name for found in re.findall(r"tox -e ([\w,]+)", text) for name in found.split(",")}
    assert {f"testenv:{name}" for name in environments} <= set(settings)


def test_the_tree_in_house_has_every_package_and_no_other():
    """Two spaces more for each package within a package."""
    tree = re.search(r"```\nharness/\n(.*?)```", HOUSE.read_text(encoding="utf-8"), re.DOTALL)
    assert tree is not None
    parents: list[str] = []
    shown = set()
    for line in tree[1].splitlines():
        name, *about = shlex.split(line, posix=False)
        assert about, f"nothing is said about {name}"
        parents[(len(line) - len(line.lstrip())) // 2 - 1 :] = [name]
        shown.add("".join(parents))
    folders = {
        f"{path.parent.relative_to(ROOT / 'harness').as_posix()}/" for path in MODULES if path.name == "__init__.py"
    }
    modules = {path.name for path in MODULES if path.parent == ROOT / "harness"}
    assert shown == (folders - {"./"}) | modules | {"tests/"}


def test_house_has_the_order_that_imports_are_held_to():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert " > ".join(layers[1:]) in HOUSE.read_text(encoding="utf-8")


def test_design_has_every_verdict_and_which_of_them_fail():
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Verdicts")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    fails = {name: last.strip() == "yes" for first, _, last in rows for name in re.findall("`([a-z_]+)`", first)}
    assert fails == {str(verdict): verdict.fails for verdict in Verdict}
