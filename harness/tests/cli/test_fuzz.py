from __future__ import annotations

import re
from typing import ClassVar

import pytest

from harness.__main__ import main
from harness.core.case import DTypeName
from harness.quality.fuzzing.strategies import real_dtypes
from harness.quality.mutant_adapter import Honest
from harness.tests.quality.fuzzing.test_soundness import Coarse

ROTATED, HONEST = (
    "mutant:KernelRotated",
    "mutant:Honest",
)


def test_findings_are_written_and_fail(folder, capsys):
    assert main(["fuzz", "-a", ROTATED, "--budget", "1s", "--out", "found"]) == 1
    out = capsys.readouterr().out
    assert "DIVERGES  on kernelrotated" in out
    written = sorted(path.name for path in (folder / "found").iterdir())
    suites = [name for name in written if name.endswith(".yaml")]
    assert suites[0] == "kernelrotated-01-diverges.yaml"
    assert out.count("  wrote found/") == len(written)
    assert out.splitlines()[-1] == f"{len(suites)} kinds of failure"
    assert main(["run", f"found/{suites[0]}", "-a", ROTATED]) == 1


def test_nothing_is_found_on_an_honest_adapter(folder, capsys):
    assert main(["fuzz", "-a", HONEST, "--budget", "1s", "--out", "found"]) == 0
    counted, *_, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"honest: [1-9]\d* checks", counted)
    assert last == "nothing found"
    assert not (folder / "found").exists()


def test_sound_prints_the_figures_of_each_adapter_and_dtype(folder, capsys):
    coarse = "harness.tests.quality.fuzzing.test_soundness:Coarse"
    assert main(["fuzz", "--sound", "90", "-a", HONEST, "-a", coarse, "--out", "found"]) == 0
    out = capsys.readouterr().out
    names = [(one.name, dtype) for one in (Coarse, Honest) for dtype in real_dtypes(one.dtypes)]
    lines = [line.split() for line in out.splitlines()[1 : 1 + len(names)]]
    assert [(line[0], line[1]) for line in lines] == names
    assert sum(int(line[2]) for line in lines) == 90
    assert {line[3] for line in lines if line[0] == "honest"} == {"0"}
    (single,) = (line for line in lines if line[:2] == ["coarse", "float32"])
    assert 0 < float(single[3]) <= 1
    assert 0 < float(single[4]) < 12
    assert 0 < float(single[5]) < 1
    assert float(single[6]) != 0
    assert "honest: 45 legal cases drawn, 0 of them it cannot express" in out
    assert (
        out.splitlines()[-1] == "90 arrays compared: nothing wrong found; 0 diverge by the test of whole arrays alone"
    )
    assert not (folder / "found").exists()


def test_sound_compares_an_array_of_each_adapter_at_least(folder, capsys):
    assert main(["fuzz", "--sound", "1", "-a", HONEST, "-a", "mutant:WrongShape", "--out", "found"]) == 1
    out = capsys.readouterr().out
    assert "honest: 1 legal cases drawn" in out
    assert "WRONG_SHAPE  on wrongshape" in out
    assert "\n2 arrays compared: 1 kinds of failure; " in out


class IntegersAlone(Honest):
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("int32",)


def test_sound_needs_a_type_of_real_numbers(folder, capsys):
    assert main(["fuzz", "--sound", "9", "-a", f"{__name__}:IntegersAlone"]) == 2
    message = (
        "-a: integersalone: computes in int32, and --sound draws real numbers\n    hint: leave it out, or --sound\n"
    )
    assert capsys.readouterr().err == message


def test_sound_shows_what_diverges_and_fails(folder, capsys):
    command = ["fuzz", "--sound", "60", "-a", "mutant:BiasDoubled", "--out", "found"]
    assert main(command) == 1
    out = capsys.readouterr().out
    assert "NOT LISTED: diverges, as if the bias is added twice" in out
    assert "DIVERGES  on biasdoubled" in out
    assert "60 arrays compared: " in out.splitlines()[-1]
    assert main(["run", "found/biasdoubled-01-diverges.yaml", "-a", "mutant:BiasDoubled"]) == 1
    capsys.readouterr()
    main(command)
    assert capsys.readouterr().out == out


def test_sound_does_not_pass_on_fewer_arrays_than_were_wanted(folder, capsys, monkeypatch):
    monkeypatch.setattr("harness.cli.fuzz_soundness.explained", lambda _: AnyKind())
    assert main(["fuzz", "--sound", "3", "-a", "mutant:RefusesAll"]) == 1
    assert (
        capsys.readouterr().out.splitlines()[-1]
        == "0 arrays compared: nothing wrong found; 0 diverge by the test of whole arrays alone"
    )


class AnyKind:
    """Holds whatever is asked for."""

    def __contains__(self, _: object) -> bool:
        return True


def test_an_adapter_of_which_no_check_ran_is_not_said_to_be_right(folder, capsys, monkeypatch):
    mute, some = "harness.tests.at_times:ExpressesNothing", ("fuzz", "--budget", "0.1s")
    for named in (["-a", mute], ["-a", mute, "-a", HONEST]):
        assert main([*some, *named]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[-2] == "no check ran of expressesnothing:"
        assert re.fullmatch(r"  expressesnothing: it never can \([1-9]\d+ checks\)", lines[-1])
        assert "nothing found" not in lines
    offered = {"mute": mute, "published-numpy": "harness.adapters.published_numpy:PublishedNumpy"}
    monkeypatch.setattr("harness.adapters.available", lambda: offered)
    assert main([*some]) == 1
    assert "\nno check of a framework ran:\n  expressesnothing: it never can (" in capsys.readouterr().out
    monkeypatch.setattr(
        "harness.adapters.available", lambda: offered | {"honest": "harness.quality.mutant_adapter:Honest"}
    )
    assert main([*some]) == 0
    assert capsys.readouterr().out.endswith("\nnothing found\n")


def test_a_mistake_of_the_adapter_is_not_what_it_cannot_express(folder, capsys):
    some = ["fuzz", "-a", "harness.tests.at_times:PlansSome", "--out", "found"]
    for more in (["--budget", "1s"], ["--sound", "40"]):
        assert main([*some, *more]) == 1
        out = capsys.readouterr().out
        assert "ADAPTER_ERROR  on planssome\n  the program of conv_transpose2d raised KeyError: 'oops'" in out
    assert " legal cases drawn, 0 of them it cannot express" in out


def test_an_adapter_that_cannot_be_asked_is_not_said_to_be_right(folder, capsys):
    for more in ([], ["--sound", "20"]):
        assert main(["fuzz", "-a", "harness.tests.faulty:ImportFails", *more]) == 2
        captured = capsys.readouterr()
        assert "cannot be run any more: not installed (No module named" in captured.err
        assert "nothing" not in captured.out


@pytest.mark.parametrize("more", [["--budget", "1s"], ["--sound", "40"]])
def test_an_adapter_that_cannot_be_run_does_not_cost_the_others_their_findings(folder, capsys, more):
    dead = "harness.tests.faulty:ImportFails"  # before the other, by name
    assert main(["fuzz", "-a", dead, "-a", ROTATED, "--out", "found", *more]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("cannot be run any more: not installed (No module named") == 1
    assert "DIVERGES  on kernelrotated" in captured.out
    assert (folder / "found" / "kernelrotated-01-diverges.yaml").exists()
    assert " kinds of failure" in captured.out.splitlines()[-1]


@pytest.mark.parametrize("budget", ["soon", "0s", "-3m", "infh", ""])
def test_a_wrong_budget_is_exit_2(budget, folder, capsys):
    assert main(["fuzz", "-a", HONEST, "--budget", budget]) == 2
    assert "is not a time such as 60s, 10m or 1h" in capsys.readouterr().err


def test_without_hypothesis_it_says_what_is_missing(folder, monkeypatch, capsys):
    monkeypatch.setattr("harness.cli.fuzz.find_spec", lambda name: None)
    assert main(["fuzz", "-a", HONEST]) == 2
    assert "needs the package hypothesis" in capsys.readouterr().err
