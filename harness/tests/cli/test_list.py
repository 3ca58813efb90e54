from __future__ import annotations

from harness.__main__ import main
from harness.operations.conv_transpose.mutants import mutants


def test_names_go_to_standard_output_and_the_count_does_not(folder, capsys):
    assert main(["list"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[:3] == [
        "small/plain",
        "small/too-much-padding-added",
        "small/sizes[strides=1,padding=0]",
    ]
    assert captured.err == "8 cases\n"


def test_about_says_what_a_case_is_for(folder, capsys):
    main(["list", "-k", "plain", "--about"])
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("small/plain\tthe plain thing\n", "1 case\n")


def test_every_mutant_is_listed_with_what_is_wrong(folder, capsys):
    assert main(["list", "--mutants"]) == 0
    captured = capsys.readouterr()
    assert [line.partition("\t")[0] for line in captured.out.splitlines()] == list(mutants())
    assert "KernelRotated\tThe kernel is rotated by 180 degrees\n" in captured.out
    assert captured.err == f"{len(mutants())} mutants\n"


def test_the_mutants_that_cases_kill_are_listed(folder, capsys):
    assert main(["list", "--mutants", "-k", "too-much"]) == 0
    captured = capsys.readouterr()
    assert [line.partition("\t")[0] for line in captured.out.splitlines()] == [
        "AcceptsAll",
        "PyTorchOutputPaddingAtTheLimit",
    ]
    assert captured.err == "2 mutants\n"
    main(["list", "--mutants", "cases/small.yaml::plain"])
    assert "BiasMissing\tThere is no bias\n" in capsys.readouterr().out
