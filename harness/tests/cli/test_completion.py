"""What a shell completes, as click computes it, and in bash itself."""

import os
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

from harness.adapters import available
from harness.cli import cli

SIZES = [f"sizes[strides={strides},padding={padding}]" for strides in (1, 2, 3) for padding in ("0", "1x0")]
SHIM = f"#!{sys.executable}\nimport sys\nfrom harness.__main__ import main\nsys.exit(main())\n"
BASH = """\
compopt() { echo "$@"; }
eval "$(_HARNESS_COMPLETE=bash_source harness)"
for COMP_LINE in "$@"; do
    COMP_POINT=${#COMP_LINE} COMP_WORDS=() COMP_CWORD=0 COMPREPLY=()
    _harness_completion harness
    echo "${COMPREPLY[*]}"
done
"""


def completed(line):
    *words, incomplete = line.split(" ")
    found = ShellComplete(cli, {}, "harness", "_HARNESS_COMPLETE").get_completions(words, incomplete)
    return [item.value for item in found if item.type == "plain"], {item.type for item in found}


@pytest.mark.parametrize("line", ["run -a ", "run cases --adapter ", "show cases/small.yaml::plain -a ", "fuzz -a "])
def test_adapters_are_completed(line):
    assert completed(line)[0] == list(available())
    assert completed(f"{line}keras:")[0] == [name for name in available() if name.startswith("keras:")] != []


@pytest.mark.parametrize("command", ["run", "list", "lint", "show", "export", "coverage", "prove", "bench"])
def test_the_cases_of_a_suite_are_completed(folder, command):
    named = f"{command} cases/small.yaml::"
    assert completed(named)[0] == [f"cases/small.yaml::{one}" for one in ("plain", "too-much-padding-added", "sizes")]
    assert completed(f"{named}too")[0] == ["cases/small.yaml::too-much-padding-added"]
    assert completed(f"{named}sizes[")[0] == [f"cases/small.yaml::{one}" for one in SIZES]
    assert completed(f"{command} absent.yaml::") == ([], set())


def test_files_are_left_to_the_shell_and_shipped_suites_are_named(folder):
    assert completed("run ") == completed("run ca") == ([], {"file"})
    assert completed("run shipped:same")[0] == ["shipped:same_padding"]
    assert completed("list shipped:same_padding::odd")[0] == ["shipped:same_padding::odd-kernel-stride-2"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_what_comes_after_a_colon(folder):
    program = folder / "harness"
    program.write_text(SHIM)
    program.chmod(0o755)
    lines = ["run -a pytorch:com", "list cases/small.yaml::", "list 'cases/small.yaml::p", "run cas", "ru"]
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", *(f"harness {line}" for line in lines)],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "compile",
        "plain too-much-padding-added sizes",
        "plain",
        "-o default",
        "",
        "run",
    ]
