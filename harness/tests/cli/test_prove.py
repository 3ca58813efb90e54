from __future__ import annotations

from concurrent.futures import Future
from importlib import import_module

import click
import pytest

from harness.__main__ import main
from harness.cli import prove_diagnosis, prove_modes
from harness.cli import prove_mutation as prove_score
from harness.cli.prove_fuzzer import lines_of
from harness.cli.prove_modes import MODES, SCORE, SHOWN, Mode, Options, chosen_mode
from harness.operations.conv_transpose.mutants import mutants
from harness.operations.faults import Kills
from harness.quality.diagnosis_score import Naming, Tally
from harness.quality.fuzzing.mutant_search import Planted
from harness.quality.mutation import Score


def tally(mutant, **counts):
    return Tally(
        mutant, f"fault-of-{mutant}", 9, dict.fromkeys(Naming, 0) | {Naming(k): v for k, v in counts.items()}, {}
    )


TINY = """
suite: Tiny
about: one biased case and one without
defaults: {batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - {id: biased, about: a bias, strides: [2, 1], bias: true}
  - {id: plain, about: no bias, strides: [2, 1]}
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


def line_of(out, mutant):
    return next(line.split() for line in out.splitlines() if line.startswith(f"{mutant} "))


def test_a_mutant_that_survives_is_named_and_fails(tiny, capsys):
    assert main(["prove", "tiny.yaml", "-j", "1"]) == 1
    out = capsys.readouterr().out
    survivors = out.splitlines()[-1]
    assert survivors.startswith("survivors: ")
    assert " GroupsIgnored," in survivors
    assert " BiasMissing," not in survivors
    assert line_of(out, "BiasMissing") == ["BiasMissing", "1", "tiny/biased"]
    assert line_of(out, "GroupsIgnored") == ["GroupsIgnored", "0"]
    assert not (tiny / "reports").exists()


def test_a_weaker_corpus_scores_less(tiny, capsys):
    scores = []
    for target in ("tiny.yaml", "tiny.yaml::plain"):
        main(["prove", target, "-j", "1"])
        scores.append(capsys.readouterr().out)
    killed = [int(out.splitlines()[-2].split(" of ")[0].split()[-1]) for out in scores]
    assert killed[1] < killed[0]
    assert " BiasMissing," in scores[1].splitlines()[-1]


def test_the_score_is_the_same_for_any_number_of_processes(tiny, capsys):
    written = []
    for jobs in ("1", "2"):
        main(["prove", "tiny.yaml", "-j", jobs, "--report-dir", f"r{jobs}"])
        out = capsys.readouterr().out
        written.append((out.replace(f"r{jobs}", "r"), (tiny / f"r{jobs}" / "proof.md").read_bytes()))
    assert written[0] == written[1]
    assert written[0][0].splitlines()[-1] == "wrote r/proof.md and proof-mutants.md"


def test_no_survivor_is_no_failure(tiny, monkeypatch, capsys):
    everyone = Kills("tiny/biased", tuple(mutants()))
    monkeypatch.setattr(prove_score, "make_scores", lambda *_, **__: [Score("these cases", "v", [everyone])])
    assert main(["prove", "tiny.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "survivors: none"


@pytest.mark.parametrize("flag", [["--public"], ["--report-dir", "r"]])
def test_what_belongs_to_the_score_is_refused_with_the_diagnosis(flag, tiny, capsys):
    assert main(["prove", "--diagnosis", *flag, "tiny.yaml"]) == 2
    assert "--diagnosis goes with PATHS, --all and --jobs alone" in capsys.readouterr().err


def test_the_score_takes_no_budget_and_two_modes_exclude_each_other(tiny, capsys):
    assert main(["prove", "--budget", "3s", "tiny.yaml"]) == 2
    assert "the mutation score goes with PATHS, --all, --public" in capsys.readouterr().err
    assert main(["prove", "--diagnosis", "--fuzzer"]) == 2
    assert "--diagnosis and --fuzzer exclude each other" in capsys.readouterr().err


def test_every_mode_is_there_and_is_refused_without_its_package(monkeypatch, capsys):
    for mode in (SCORE, *MODES):
        module, _, function = mode.place.partition(":")
        assert callable(getattr(import_module(module), function))
        assert mode.takes <= set(SHOWN)
    monkeypatch.setattr("harness.cli.fuzz.find_spec", lambda name: None)
    assert main(["prove", "--fuzzer"]) == 2
    assert "harness prove --fuzzer needs the package hypothesis" in capsys.readouterr().err


def test_a_mode_that_counts_gets_its_number(monkeypatch):
    mode = Mode("times", "harness.tests.cli.test_prove:numbered", "", counts=True)
    monkeypatch.setattr(prove_modes, "MODES", (mode,))
    assert mode.option.opts == ["--times"]
    assert chosen_mode({"times": 7}, ()) == (mode, 7)
    assert mode.run(Options(number=7)) == 7
    assert chosen_mode({"times": None}, ()) == (SCORE, None)
    with pytest.raises(click.UsageError, match="--times goes with no other option alone, not with --jobs"):
        chosen_mode({"times": 7}, ("jobs",))


def numbered(options):
    return options.number


@pytest.mark.parametrize(
    ("counts", "code", "words"),
    [
        ({"first": 2, "alike": 1}, 0, "every fault is named, and none is misnamed"),
        ({"tied": 1}, 0, "every fault is named"),
        ({"alike": 3, "unnamed": 1}, 1, "never named: Two"),
        ({"first": 3, "misnamed": 1}, 1, "misnamed: Two"),
    ],
)
def test_the_exit_code_says_whether_it_is_proven(counts, code, words, monkeypatch, capsys):
    monkeypatch.setattr(prove_diagnosis, "_prove", lambda *_: [tally("One", first=1), tally("Two", **counts)])
    assert main(["prove", "--diagnosis", "cases"]) == code
    out = capsys.readouterr().out
    assert words in out.splitlines()[-1]
    assert out.startswith("2 mutants, each until it showed on ")


def test_a_small_proof_is_the_same_for_any_number_of_processes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "suite: S\nabout: a\ndefaults: {batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}\n"
        "cases:\n  - {id: x, about: y, bias: true, strides: [2, 1]}\n"
    )
    outputs = []
    for jobs in ("1", "2"):
        assert main(["prove", "--diagnosis", "--all", "s.yaml", "-j", jobs]) == 1
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    lines = [line.split() for line in outputs[0].splitlines()]
    assert ["bias-missing", "BiasMissing", "1", "1", "0", "0", "0", "0", "s/x"] in lines
    assert "never named" in outputs[0]


def planted(*sizes):
    return [Planted(f"Mutant{number}", 1.25, size, "diverges" if size else "") for number, size in enumerate(sizes)]


@pytest.mark.parametrize(("missed", "code"), [(0, 0), (5, 0), (6, 1), (100, 1)])
def test_the_fuzzer_must_find_nearly_all_mutants(missed, code, monkeypatch, capsys):
    monkeypatch.setattr("harness.quality.proof.ProcessPoolExecutor", Here)
    monkeypatch.setattr("harness.cli.prove_fuzzer.diagnosed", lambda: [mutants()["KernelRotated"]] * 100)
    found = iter(planted(*[None] * missed, *[2] * (100 - missed)))
    monkeypatch.setattr("harness.cli.prove_fuzzer.search_mutant", lambda *_: next(found))
    assert main(["prove", "--fuzzer", "--budget", "1s"]) == code
    out = capsys.readouterr().out
    assert f"{100 - missed} of 100 found ({100 - missed}.0%)" in out
    assert out.count("not found") == missed


class Here:
    """Runs what is submitted at once, in this process."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, call, *arguments):
        future: Future[Planted] = Future()
        future.set_result(call(*arguments))
        return future


def test_the_fuzzer_table_says_what_was_found_and_how_large():
    assert lines_of(planted(2, None, 3, 1)) == [
        "mutant   seconds  largest size  verdict",
        "Mutant0      1.2             2  diverges",
        "Mutant1      1.2             -  not found",
        "Mutant2      1.2             3  diverges",
        "Mutant3      1.2             1  diverges",
        "",
        "3 of 4 found (75.0%)",
        "longest: 1.2 s, Mutant0",
        "median largest size of the cases: 2",
    ]


@pytest.mark.parametrize("more", [["cases"], ["--all"], ["--public"], ["--report-dir", "r"]])
def test_the_fuzzer_needs_no_case(more, capsys):
    assert main(["prove", "--fuzzer", *more]) == 2
    assert "--fuzzer goes with --budget and --jobs alone" in capsys.readouterr().err


def test_a_few_mutants_are_found_side_by_side(monkeypatch, capsys):
    monkeypatch.setattr(
        "harness.cli.prove_fuzzer.diagnosed", lambda: [mutants()["KernelRotated"], mutants()["AllZero"]]
    )
    assert main(["prove", "--fuzzer", "-j", "2"]) == 0
    assert "2 of 2 found (100.0%)" in capsys.readouterr().out


def test_a_run_that_is_killed_and_gone_on_with_gives_the_same_reports(folder, capsys):
    from harness.cli.prove_resume import prove

    adapters = [
        "harness.tests.differentiating:Differentiating",
        "mutant:KernelRotated",
    ]
    assert prove(2, ["cases/small.yaml"], adapters) == 0
    assert "2 of 2 identical" in capsys.readouterr().out


def test_a_difference_after_a_kill_is_found_and_named(folder, capsys, monkeypatch):
    from harness.cli import prove_resume

    contents = iter([{"a": b"1", "b": b"2"}, {"a": b"1", "b": b"3"}])
    monkeypatch.setattr(prove_resume, "_content", lambda _: next(contents))
    assert prove_resume.prove(1, ["cases/small.yaml"], ["mutant:Honest"]) == 1
    out = capsys.readouterr().out
    assert "run 0 differs in b" in out
    assert "0 of 1 identical" in out
