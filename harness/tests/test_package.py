"""The installed package: what the wheel and the sdist hold, and that the commands work from an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import harness
from harness.core.corpus import CORPUS

ROOT = Path(harness.__file__).parents[1]
SOURCES = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "harness", "cases")
BUILD = "import sys; from hatchling.build import build_sdist; build_sdist(sys.argv[1])"
PIP = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
SUITES = sorted(path.name for path in CORPUS.iterdir())

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ("pip", "hatchling"))) or not (ROOT / "pyproject.toml").exists(),
    reason="needs a clone, pip and hatchling",
)


def call(*command, cwd, code=0, **environment):
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the wheel and the sdist, built from a copy that holds nothing of earlier builds."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    call(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(out), ".", cwd=source)
    call(sys.executable, "-c", BUILD, str(out), cwd=source)
    return out


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A folder into which the wheel is installed."""
    target = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("*.whl")
    call(*PIP, "install", "--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel), cwd=built)
    return target


@pytest.fixture
def command(installed, tmp_path):
    """Runs ``harness`` as installed, from an empty folder."""

    def run(*arguments, code=0):
        return call(sys.executable, "-m", "harness", *arguments, cwd=tmp_path, code=code, PYTHONPATH=str(installed))

    return run


def test_the_wheel_holds_what_is_needed_and_no_tests(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert sorted(Path(name).name for name in names if name.startswith("harness/shipped/")) == SUITES
    assert {"harness/py.typed", "harness_pytest.py"} <= set(names)
    for path in (ROOT / "harness").rglob("*"):
        if path.suffix in {".j2", ".js", ".css"}:
            assert path.relative_to(ROOT).as_posix() in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert [name for name in names if "tests" in Path(name).parts] == []


def test_the_sdist_holds_what_a_wheel_is_built_from_and_no_tests(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert sorted(Path(name).name for name in names if name.startswith("cases/")) == SUITES
    wanted = {"LICENSE", "CHANGELOG.md", "README.md", "pyproject.toml", "harness/pytest_entry/harness_pytest.py"}
    assert wanted <= set(names)
    assert [name for name in names if "tests" in Path(name).parts] == []


def test_from_an_empty_folder_the_shipped_cases_are_meant(command):
    listed = command("list").stdout.splitlines()
    assert len(listed) > 1000
    assert "same_padding/odd-kernel-stride-2" in listed
    drawn = command("show", "shipped:same_padding::odd-kernel-stride-2", "-a", "pytorch").stdout
    assert "same_padding/odd-kernel-stride-2  (tensorflow, float32)" in drawn
    assert "3 suites" in command("lint", "shipped:bias", "shipped:groups", "shipped:dilation").stdout


def test_the_shipped_cases_are_judged_beside_own_ones(command, tmp_path):
    pytest.importorskip("torch")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.yaml").write_text(
        "suite: S\nabout: a\ncases:\n  - {id: x, about: y, dialect: pytorch, input_size: [2, 3], kernel_size: 2}\n"
    )
    command("run", "-a", "pytorch", "shipped:same_padding", "mine/", "--report-dir", "out")
    report = json.loads((tmp_path / "out" / "conformance.json").read_text())
    suites = {row["case"].partition("/")[0] for row in report["results"]}
    assert suites == {"same_padding", "own"}
    assert str(tmp_path.parent) not in (tmp_path / "out" / "conformance.md").read_text()


def test_a_failure_in_a_shipped_case_is_repeated_by_its_name(command):
    case = "shipped:same_padding.yaml::odd-kernel-stride-2"
    shown = command("run", "-a", "mutant:KernelRotated", case, code=1)
    assert f"repeat: harness run {case} -a mutant:KernelRotated" in shown.stdout


@pytest.mark.parametrize("own", ["harness.py", "harness/__init__.py"])
def test_a_person_may_have_a_harness_of_their_own(own, installed, tmp_path):
    (tmp_path / own).parent.mkdir(exist_ok=True)
    (tmp_path / own).write_text("raise RuntimeError('imported')")
    case = "shipped:same_padding::odd-kernel-stride-2"
    command = [sys.executable, "-P", "-m", "harness", "run", "-a", "mutant:KernelRotated", case]
    shown = call(*command, cwd=tmp_path, code=1, PYTHONPATH=str(installed))
    assert "as if the kernel is rotated by 180 degrees" in shown.stdout
