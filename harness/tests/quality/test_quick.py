from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.quality.quick import changed_files, named_tests, package_tests, run, smoke

ROOT = Path(__file__).parents[3]
BY_NAME = {
    "harness/engine/lane.py": ["harness/tests/engine/test_lane.py"],
    "harness/api.py": ["harness/tests/test_api.py"],
    "harness/operations/avg_unpool2d/oracle.py": ["harness/tests/operations/test_avg_unpool2d.py"],
    "harness/tests/core/test_cpu.py": ["harness/tests/core/test_cpu.py"],
    "harness/tests/core/test_gone.py": [],
    "harness/tests/operations/resizing.py": ["harness/tests/operations/test_resize2d.py"],
    "README.md": ["harness/tests/test_documents.py"],
    "reports/conformance.json": [],
}


@pytest.mark.parametrize("path", BY_NAME)
def test_the_tests_of_a_file_are_found_by_its_name(path):
    expected = [one for one in map(Path, BY_NAME[path]) if (ROOT / one).exists()]
    found = named_tests([Path(path)], ROOT)
    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


def test_the_folders_of_packages_are_outermost_and_there():
    changed = [
        Path("harness", *path.split("/"))
        for path in ("engine/lane.py", "operations/base.py", "operations/resize2d/axis.py", "api.py", "tests/build.py")
    ]
    assert package_tests(changed, ROOT) == [Path("harness/tests/engine"), Path("harness/tests/operations")]


def test_a_changed_suite_is_run_too_and_the_list_of_known_divergences_is_none():
    changed = [Path("cases/groups.yaml"), Path("cases/known_divergences.yaml"), Path("cases/gone.yaml")]
    named = [one for one in smoke(changed, ROOT) if one.startswith("cases/")]
    assert "cases/groups.yaml" in named
    assert set(named) - {"cases/groups.yaml"} == {one for one in smoke([], ROOT) if one.startswith("cases/")}


def test_what_changed_is_counted_from_where_the_branch_left_main(tmp_path):
    def git(*arguments):
        names = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", *names, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def commit(name):
        (tmp_path / name).write_text("")
        git("add", name)
        git("commit", "-m", name)

    git("init", "-b", "main")
    for name in ("one", "two"):
        commit(name)
    assert changed_files(tmp_path) == [Path("two")]
    git("checkout", "-b", "branch")
    commit("three")
    git("checkout", "main")
    commit("four")
    git("checkout", "branch")
    (tmp_path / "five").write_text("")
    assert changed_files(tmp_path) == [Path("five"), Path("three")]


def test_a_step_that_takes_too_long_is_stopped(tmp_path, capfd):
    waiting = "import sys, time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: sys.exit(2)"
    command = [sys.executable, "-c", waiting]
    assert run(command, time.monotonic() + 1, tmp_path, partly=True) == 0
    assert run(command, time.monotonic() + 1, tmp_path, partly=False) == 2
    assert "not run to its end" in capfd.readouterr().out


def test_a_failing_step_fails(tmp_path):
    assert run([sys.executable, "-c", "raise SystemExit(3)"], time.monotonic() + 60, tmp_path, partly=True) == 3
