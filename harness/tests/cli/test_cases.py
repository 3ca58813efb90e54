"""``harness cases``: names, and a copy that works by itself."""

from __future__ import annotations

import pytest

from harness.__main__ import main
from harness.core.corpus import CORPUS


def test_the_names_are_those_that_other_commands_take(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["cases"]) == 0
    names = capsys.readouterr().out.split()
    assert len(names) == len(list(CORPUS.glob("*.yaml"))) - 1
    assert main(["list", names[0]]) == 0
    assert capsys.readouterr().out.startswith(names[0].removeprefix("shipped:"))


def test_the_copy_is_whole_and_is_not_written_twice(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["cases", "--copy", "mine"]) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == {
        path.name: path.read_bytes() for path in CORPUS.iterdir()
    }
    (tmp_path / "mine" / "bias.yaml").write_text("mine")
    assert main(["cases", "--copy", "mine"]) == 2
    assert "mine: --copy: holds aimed_data.yaml already" in capsys.readouterr().err
    assert (tmp_path / "mine" / "bias.yaml").read_text() == "mine"


def test_a_file_is_no_folder_for_a_copy(tmp_path, capsys):
    (tmp_path / "taken").touch()
    assert main(["cases", "--copy", str(tmp_path / "taken")]) == 2
    assert "is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["lint --write-schemas"])
def test_what_needs_a_clone_says_so(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 2
    assert "for a clone" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
