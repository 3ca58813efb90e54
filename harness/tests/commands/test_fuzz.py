from __future__ import annotations

import pytest

from harness.__main__ import main

ROTATED, HONEST = "harness.liars:KernelRotated", "harness.liars:Honest"


def test_findings_are_written_and_fail(folder, capsys):
    assert main(["fuzz", "-a", ROTATED, "--budget", "4s", "--out", "found"]) == 1
    out = capsys.readouterr().out
    assert "DIVERGES  on kernelrotated" in out
    written = sorted(path.name for path in (folder / "found").iterdir())
    assert written[0] == "kernelrotated-01-diverges.yaml"
    assert out.count("  wrote found/") == len(written)
    assert out.splitlines()[-1] == f"{len(written)} kinds of failure"
    assert main(["run", f"found/{written[0]}", "-a", ROTATED]) == 1


def test_nothing_is_found_on_an_honest_adapter(folder, capsys):
    assert main(["fuzz", "-a", HONEST, "--budget", "2s", "--out", "found"]) == 0
    assert capsys.readouterr().out == "nothing found\n"
    assert not (folder / "found").exists()


@pytest.mark.parametrize("budget", ["soon", "0s", "-3m", "infh", ""])
def test_a_wrong_budget_is_exit_2(budget, folder, capsys):
    assert main(["fuzz", "-a", HONEST, "--budget", budget]) == 2
    assert "is not a time such as 60s, 10m or 1h" in capsys.readouterr().err


def test_without_hypothesis_it_says_what_is_missing(folder, monkeypatch, capsys):
    monkeypatch.setattr("harness.commands.fuzz.find_spec", lambda name: None)
    assert main(["fuzz", "-a", HONEST]) == 2
    assert "needs the package hypothesis" in capsys.readouterr().err
