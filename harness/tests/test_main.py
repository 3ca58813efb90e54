from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import harness.suites.selection
from harness.__main__ import main
from harness.cli import COMMANDS

FRAMEWORKS = {"tensorflow", "keras", "torch", "jax", "onnx"}


@pytest.mark.parametrize("arguments", [["--help"], ["list", "--help"], ["run", "--help"], ["--version"]])
def test_help_is_no_failure(arguments, capsys):
    assert main(arguments) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_names_every_command(name, capsys):
    main(["--help"])
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--nonsense"], ["run", "-j", "0"], ["list", "nowhere"]])
def test_bad_usage_is_exit_2_without_traceback(arguments, capsys):
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["rnu"], "'run'"),
        (["run", "--adaptr", "keras"], "'--adapter'"),
        (["diff", "a", "b", "--format", "JSON"], "'json'"),
        (["show", "x", "--output", "kernel-grad"], "'kernel_grad'"),
    ],
)
def test_of_a_misspelt_command_option_or_choice_the_nearest_is_offered(arguments, meant, capsys):
    assert main(arguments) == 2
    assert f"Did you mean {meant}?" in capsys.readouterr().err


def test_of_what_is_like_nothing_none_is_offered(capsys):
    assert main(["zzz"]) == main(["diff", "a", "b", "--format", "zzz"]) == 2
    assert "Did you mean" not in capsys.readouterr().err


def test_a_fault_of_the_harness_itself_is_exit_3(monkeypatch, capsys):
    def broken(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(harness.suites.selection, "load_good", broken)
    assert main(["list"]) == 3
    assert "please report" in capsys.readouterr().err


def test_an_interrupt_is_exit_130(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(harness.suites.selection, "load_good", interrupted)
    assert main(["list"]) == 130


@pytest.mark.parametrize("command", ["--help", "list cases", "list --mutants", "list --mutants cases", "lint cases"])
def test_no_framework_is_imported(command, tmp_path):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "s.yaml").write_text(
        "suite: S\nabout: a\ncases:\n  - {id: x, about: y, input_size: [2, 3], kernel_size: [2, 1], kills: [AllZero]}\n"
    )
    program = (
        "import sys; from harness.__main__ import main; code = main(sys.argv[1:]);"
        f"bad = {FRAMEWORKS!r} & set(sys.modules); sys.exit(str(bad) if bad else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, re.sub(r"^\d+ (cases?|mutants)\n", "", done.stderr)) == (0, "")


def test_listing_needs_no_numpy(tmp_path):
    (tmp_path / "s.yaml").write_text(
        "suite: S\nabout: a\ncases:\n  - {id: x, about: y, input_size: 2, kernel_size: 2}\n"
    )
    program = (
        "import sys; from harness.__main__ import main; main(['list', 's.yaml']); sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device is always full")
@pytest.mark.parametrize("command", ["list", "cases", "run --help", "list nowhere"])
def test_a_full_disk_is_named(command):
    program = "import sys; from harness.__main__ import main; sys.exit(main(sys.argv[1:]))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        if "nowhere" not in command:
            assert done.stderr == "the output cannot be written: No space left on device\n"
        silent = subprocess.run(
            [sys.executable, "-c", program, *command.split()], stdout=subprocess.DEVNULL, stderr=full, check=False
        )
        assert silent.returncode == (0 if command in {"cases", "run --help"} else 2)
