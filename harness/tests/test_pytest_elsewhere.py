"""The plugin in a repository that is not this one, with tests, suites and YAML files of its own."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from harness.suites.registry import passed_over
from harness_pytest import has_suite

INI = """
[tool.pytest.ini_options]
testpaths = ["tests"]
harness_suites = ["conformance"]
addopts = ["--strict-config", "--strict-markers", "--harness-adapter=published-numpy", "--harness-adapter=mine:Mine"]
filterwarnings = ["error"]
"""
SUITE = """
suite: Own
about: cases of a repository
defaults: {dialect: tensorflow, input_size: [3, 4], kernel_size: 3, strides: 2, padding: same}
cases:
  - {id: right, outputs: [output], about: the usual thing}
  - {id: shifted, outputs: [output], about: what Mine gets wrong}
  - {id: other, outputs: [output], about: what neither knows, kernel_size: 5}
"""
KNOWN = """
divergences:
  - cases: own/shifted
    adapter: mine
    versions: {numpy: ">=1"}
    verdict: diverges
    cause: {hypotheses: ['rolled(0,1)']}
    why: it rolls columns
    upstream: no upstream report found
"""
MINE = """
from dataclasses import replace
from harness.adapters.published_numpy import PublishedNumpy

class Mine(PublishedNumpy):
    name = "mine"

    def program(self, case):
        found = super().program(case)
        return replace(found, compute=(*found.compute, "y = np.roll(y, 1, 3)")) if case.id == "shifted" else found
"""
TESTS = """
import harness, mine, pytest

@pytest.fixture
def one():
    return 1

def test_own(one, record_property):
    record_property("adapter", "a word of ours")
    assert one == 1

@harness.parametrize_with_cases(mine.Mine, "conformance/own.yaml")
def test_cases(check):
    rows = check()
    assert [row.verdict for row in rows] == ["exact"]
"""
COMPOSE = "services:\n  web:\n    image: x\n"
MKDOCS = "site_name: x\nmarkdown_extensions:\n  - x: {format: !!python/name:x.y}\n"
BROKEN = "cases: [{\n\t suite: }"
SHOW_SCHEDULER = """
import sys

def pytest_sessionfinish(session):
    running = session.config.pluginmanager.get_plugin("dsession")
    if running:
        sys.__stdout__.write(f"<{type(running.sched).__name__}>")
"""
RIGHT, SHIFTED, OTHER = "own/right", "own/shifted", "own/other"


@pytest.fixture
def repository(tmp_path):
    """Writes the files, and calls ``python -m pytest``."""
    files = {
        "pyproject.toml": INI,
        "docker-compose.yaml": COMPOSE,
        "mkdocs.yml": MKDOCS,
        "mine.py": MINE,
        "tests/test_own.py": TESTS,
        "tests/data.yaml": "suites: 1\n",
        "conformance/own.yaml": SUITE,
        "conformance/known_divergences.yaml": KNOWN,
        "conformance/docker-compose.yaml": COMPOSE,
        "conformance/mkdocs.yml": MKDOCS,
        "conformance/broken.yaml": BROKEN,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def run(*arguments, command=("-m", "pytest")):
        command = [sys.executable, *command, "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
        return SimpleNamespace(ret=done.returncode, text=done.stdout + done.stderr, lines=done.stdout.splitlines())

    return run


def test_own_tests_and_own_suites_in_two_processes_with_a_report_for_ci(repository, tmp_path):
    done = repository("-n", "2", "--junitxml=junit.xml")
    assert "5 passed, 3 skipped, 2 xfailed" in done.lines[-1], done.text
    assert done.ret == 0
    found = {}
    for item in ET.parse(tmp_path / "junit.xml").iter("testcase"):
        stated = {one.get("name"): one.get("value") for one in item.iter("property")}
        if "verdict" in stated:
            found[stated["case"], stated["adapter"]] = (stated["verdict"], stated["output"])
    assert found == {
        (RIGHT, "mine"): ("exact", "output"),
        (RIGHT, "published-numpy"): ("exact", "output"),
        (SHIFTED, "mine"): ("known", "output"),
        (SHIFTED, "published-numpy"): ("exact", "output"),
        (OTHER, "mine"): ("inexpressible", "output"),
        (OTHER, "published-numpy"): ("inexpressible", "output"),
    }


def test_a_selection_is_that_of_pytest(repository, tmp_path):
    selected = {
        ("tests/test_own.py::test_own",): ["tests/test_own.py::test_own"],
        ("tests", "-k", "own and not cases"): ["tests/test_own.py::test_own"],
        ("-k", "right and published"): ["conformance/own.yaml::right[published-numpy]"],
        ("conformance/own.yaml::right[mine]",): ["conformance/own.yaml::right[mine]"],
        ("tests/test_own.py", "-k", "shifted"): ["tests/test_own.py::test_cases[own/shifted-mine]"],
    }
    for arguments, expected in selected.items():
        done = repository("-p", "no:xdist", "--collect-only", "-q", *arguments)
        assert [line for line in done.lines if "::" in line] == expected, done.text
        assert done.ret == 0


@pytest.mark.parametrize(
    ("arguments", "scheduler"),
    [
        ((), "ByProcess"),
        (("--dist", "loadfile"), "LoadFileScheduling"),
        (("tests/test_own.py",), "LoadScheduling"),
    ],
)
def test_only_a_session_about_suites_that_leaves_dist_open_is_shared_out_by_framework(
    repository, tmp_path, arguments, scheduler
):
    (tmp_path / "conftest.py").write_text(SHOW_SCHEDULER)
    done = repository("-n", "2", "-k", "own and right", *arguments)
    assert f"<{scheduler}>" in done.text, done.text
    assert done.ret == 0


LOADED = """
import sys

def test_own():
    loaded = [name for name in ("harness", "numpy", "pydantic", "yaml") if name in sys.modules]
    assert loaded == []
"""


@pytest.mark.parametrize("arguments", [(), ("tests", "-p", "harness_pytest")])
def test_without_suites_nothing_is_imported_and_no_yaml_file_is_collected(repository, tmp_path, arguments):
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests", "conformance"]')
    (tmp_path / "tests" / "test_own.py").write_text(LOADED)
    assert "= 1 passed" in repository("-p", "no:xdist", *arguments).lines[-1]


def test_a_suite_that_is_an_argument_is_collected_and_no_other(repository, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]")
    (tmp_path / "tests" / "of_another_program.yaml").write_text("suite: a test of a chart\ntests: []\n")
    done = repository("-p", "no:xdist", "--co", "-q", "conformance/own.yaml::right[published-numpy]", "tests")
    assert [line for line in done.lines if "yaml" in line] == ["conformance/own.yaml::right[published-numpy]"], (
        done.text
    )
    assert done.ret == 0


def test_a_module_of_the_repository_may_be_called_harness(repository, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]")
    (tmp_path / "harness.py").write_text("ours = True")
    (tmp_path / "tests" / "test_own.py").write_text("def test_own():\n    from harness import ours")
    assert repository("-p", "no:xdist").ret == 0
    done = repository("-p", "no:xdist", "conformance/own.yaml")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert f"another module named harness hides it, {tmp_path / 'harness.py'}: No module named 'harness." in done.text


def test_beside_failures_a_folder_of_the_repository_that_is_called_harness_is_named(repository, tmp_path):
    (tmp_path / "harness").mkdir()
    for name in ("__init__", "part"):
        (tmp_path / "harness" / f"{name}.py").write_text("")
    for name, text in (("__init__", ""), ("test_own", "def test_own():\n    import harness.part")):
        (tmp_path / "tests" / f"{name}.py").write_text(text)
    safe = ("-P", "-m", "pytest")
    assert repository("-p", "no:xdist", "tests", command=safe).ret == 0
    done = repository("-p", "no:xdist", "-k", "right or own", command=safe)
    assert done.ret == 1
    assert f"`import harness` is the conformance harness, not {tmp_path / 'harness'}: run the" in done.text


def test_shipped_suites_are_listed_or_named_beside_own_ones(repository, tmp_path):
    ini = INI.replace('"conformance"]', '"conformance", "shipped:published_numpy_implementation"]')
    (tmp_path / "pyproject.toml").write_text(ini)
    listed = repository("-n", "2", "-k", "four-channels-printed")
    named = repository("-p", "no:xdist", "shipped:published_numpy_implementation", "-k", "four-channels-printed")
    for done in (listed, named):
        assert "passed" in done.lines[-1], done.text
        assert done.ret == 0


@pytest.mark.parametrize("name", ["absent", "tests"])
def test_a_listed_path_without_a_suite_is_a_usage_error(repository, tmp_path, name):
    (tmp_path / "pyproject.toml").write_text(INI.replace('"conformance"]', f'"conformance", "{name}"]'))
    done = repository("-p", "no:xdist")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert f"harness_suites: {name} is no suite" in done.text


def test_a_parametrized_test_fails_with_the_verdict_and_the_way_to_repeat_it(repository, tmp_path):
    (tmp_path / "conformance" / "known_divergences.yaml").unlink()
    done = repository("-p", "no:xdist", "tests/test_own.py", "-k", "shifted")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert "DIVERGES  own/shifted  on mine (native)" in done.text
    assert "  about: what Mine gets wrong" in done.text
    assert "repeat: harness run conformance/own.yaml::shifted -a mine:Mine" in done.text
    assert "lanes.py" not in done.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("suite: A\n", True),
        ("# a comment\n---\nabout: b\n'suite': A\n", True),
        ("--- suite: A", True),
        ('{"suite": "A"}', True),
        ('{\n  "suite": "A"}', True),
        ("\ufeffsuite: A\r\n", True),
        ("about: b\n" * 200_000 + "suite: A\n", True),
        ("x:\n  suite: A\n", False),
        ("suites: A\n", False),
        ("suite:A\n", False),
        ("test-suite: A\n", False),
        ("- suite: A\n", False),
        ("", False),
    ],
)
def test_a_suite_is_told_by_its_key_alone(tmp_path, text, expected):
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    assert has_suite(path) is expected
    assert passed_over(path) is not expected


def test_a_file_that_cannot_be_read_is_no_suite(tmp_path):
    assert not has_suite(tmp_path)
    assert not has_suite(tmp_path / "absent.yaml")
    assert not passed_over(tmp_path)
    assert not passed_over(tmp_path / "absent.yaml")
