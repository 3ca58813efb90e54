"""What the documents say of the code: every path, module, command and environment that they name is there."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from configparser import ConfigParser
from itertools import takewhile
from pathlib import Path
from typing import get_args

import pytest
import yaml
from click import Context

from harness.cli import COMMANDS, cli
from harness.core.results import Verdict
from harness.operations import DEFAULT, OPERATIONS, operation
from harness.suites.known_forms import EntryForm

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "pixel_shuffle"
"""Files in the places that a page gives them."""
HOUSE = ROOT / "docs" / "house.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
MODULES = [path for path in sorted((ROOT / "harness").rglob("*.py")) if "tests" not in path.parts]
PATHS = re.compile(r"\b(?:docs|harness|cases)/[\w./-]*\w/?")
LINKS = re.compile(r"\]\(([^):#]*)(#[^)]*)?\)")
DOTTED = re.compile(r"\bharness(?:\.[a-z_0-9]+)+")


def docstrings(path):
    """The docstrings of a module, and the texts that stand below names as such."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "\n".join(
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )


def is_module(name, root=ROOT):
    """Whether a dotted name is a module, or something that the module names."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = root.joinpath(*parts[:count])
        module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if module.exists():
            text = module.read_text(encoding="utf-8")
            return all(re.search(rf"\b{part}\b", text) for part in parts[count:])
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_paths_and_modules_that_are_there(path):
    text = path.read_text(encoding="utf-8")
    missing = [found for found in PATHS.findall(text) if not any((root / found).exists() for root in (ROOT, EXAMPLE))]
    missing += [found for found in DOTTED.findall(text) if not any(is_module(found, root) for root in (ROOT, EXAMPLE))]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_are_there(path):
    missing = []
    for place, anchor in LINKS.findall(path.read_text(encoding="utf-8")):
        target = path.parent / place if place else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_in(target)):
            missing.append(f"{place}{anchor}")
    assert missing == []


def anchors_in(path):
    """The anchors that GitHub and MkDocs give to the headings of a page."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_the_site_has_every_page():
    listed = re.findall(
        r"^ +- (?:\w+: )?([\w-]+\.md)$", (ROOT / ".mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_the_front_page_is_short_and_the_glossary_has_at_most_twenty_words():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 160
    assert (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").count("\n| **") <= 20


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


WORKFLOWS = [ROOT / "docs" / "conformance-workflow.yaml", *sorted((ROOT / ".github").rglob("*.yaml"))]


def steps_in(data):
    """The steps of every job in a workflow, or in a part of one."""
    if isinstance(data, dict):
        return [*data.get("steps", ()), *(step for value in data.values() for step in steps_in(value))]
    return []


def scripts_in(path):
    """What a workflow, or a document with examples of shells and workflows, lets a shell run."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        return [step["run"] for step in steps_in(yaml.safe_load(text)) if "run" in step]
    blocks = re.findall(r"^```(sh|yaml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    scripts = [block for kind, block in blocks if kind == "sh"]
    examples = [yaml.safe_load(block) for kind, block in blocks if kind == "yaml"]
    return [*scripts, *(step["run"] for data in examples for step in steps_in(data) if "run" in step)]


def calls_in(path):
    """The arguments of each call of ``harness``, by itself or in the environment of tox that runs it."""
    for script in scripts_in(path):
        for line in re.sub(r"\$\{\{.*?\}\}", "value", script).splitlines():
            words = list(takewhile(lambda word: word not in {">", "|", "&&"}, shlex.split(line, comments=True)))
            if words[:1] == ["harness"]:
                yield words[1:]
            elif words[:4] == ["tox", "-e", "report", "--"]:
                yield ["run", *words[4:]]


@pytest.mark.parametrize("path", [*DOCUMENTS, *WORKFLOWS], ids=lambda path: path.name)
def test_every_call_in_documents_and_workflows_is_one_that_the_command_line_takes(path):
    calls = list(calls_in(path))
    assert calls or path.name not in {"ci.md", "README.md", *(one.name for one in WORKFLOWS if one.name != "docs.yaml")}
    for name, *arguments in calls:
        command = cli.get_command(Context(cli), name)
        assert command is not None
        command.make_context(name, arguments)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_the_steps_and_the_matrix_that_they_name(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "permissions", "jobs"} <= set(workflow)
    for job in workflow["jobs"].values():
        assert all(("uses" in step) is not ("run" in step) for step in job["steps"])
        matrix = job.get("strategy", {}).get("matrix", {})
        rows = matrix.get("include", [matrix])
        named = set(re.findall(r"matrix\.(\w+)", str(job["steps"])))
        assert all(named <= set(row) for row in rows)
        assert job.get("needs", next(iter(workflow["jobs"]))) in workflow["jobs"]


def entry_keys(op):
    """What an entry of a suite about an operation may have."""
    (form,) = get_args(operation(op).form.model_fields["cases"].annotation)
    return set(form.model_fields)


@pytest.mark.parametrize("op", OPERATIONS)
def test_every_key_of_a_case_is_on_the_page_about_cases(op):
    names = ["writing-cases.md"] if op == DEFAULT else ["writing-cases.md", "operations.md"]
    text = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in names)
    assert {name for name in entry_keys(op) if f"`{name}" not in text} == set()
    assert len(entry_keys(op)) > 10


def test_every_key_of_a_known_divergence_is_on_its_page():
    text = (ROOT / "docs" / "known-divergences.md").read_text(encoding="utf-8")
    assert [name for name in EntryForm.model_fields if f"| `{name}`" not in text] == []
