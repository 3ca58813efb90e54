from __future__ import annotations

import json

import pytest

from harness.__main__ import main
from harness.adapters.program import Inexpressible
from harness.quality.mutant_adapter import Honest
from harness.reports.json_format import read_rows
from harness.tests.badrows import BAD, GOOD, ROWS, UNEXPECTED
from harness.tests.cli.conftest import SUITE

HONEST = "mutant:Honest"
ROTATED = "mutant:KernelRotated"
KNOWN = """
divergences:
  - cases: {cases}
    adapter: kernelrotated
    versions: {{numpy: ">=1"}}
    verdict: diverges
    cause: {{hypotheses: [kernel-rotated]}}
    why: it rotates
    upstream: no upstream report found
"""


def mutant_name():
    from harness.quality.mutant_adapter import KernelRotated

    return KernelRotated.name


def test_a_conforming_run_is_exit_0(folder, capsys):
    assert main(["run", "-a", HONEST]) == 0
    out = capsys.readouterr().out
    assert "conforming" in out
    assert not (folder / "reports").exists()  # only a part of all adapters: the committed reports stay


def test_a_lie_is_exit_1_with_evidence_and_a_command_that_repeats_it(folder, capsys):
    assert main(["run", "-a", ROTATED, "-k", "plain"]) == 1
    out = capsys.readouterr().out
    assert "DIVERGES  small/plain" in out
    repeat = next(line for line in out.splitlines() if "repeat:" in line).split("repeat: harness ")[1]
    assert main(repeat.split()) == 1
    assert capsys.readouterr().out.count("DIVERGES") == 1


def test_reports_are_the_same_bytes_on_a_second_run_and_for_any_number_of_jobs(folder):
    made = []
    for number, jobs in enumerate(["1", "2", "7"]):
        main(["run", "-a", HONEST, "-a", ROTATED, "-j", jobs, "--report-dir", str(number)])
        made.append(
            {name: (folder / str(number) / name).read_bytes() for name in ("conformance.json", "conformance.md")}
        )
    assert made[0] == made[1] == made[2]
    assert len(list(read_rows(json.loads(made[0]["conformance.json"])))) == 16


def test_the_clock_is_kept_out_of_the_reports_proper(folder):
    main(["run", "-a", HONEST, "--report-dir", "out"])
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "badges",
        "conformance.html",
        "conformance.json",
        "conformance.md",
        "details.md",
        "measurements.json",
        "suites",
        "timings.json",
    ]
    assert "seconds" not in (folder / "out" / "conformance.json").read_text()


def test_a_known_divergence_keeps_what_was_observed_and_does_not_fail(folder):
    (folder / "cases" / "known_divergences.yaml").write_text(
        KNOWN.format(cases="small/*").replace("kernelrotated", mutant_name())
    )
    assert main(["run", "-a", ROTATED, "-k", "plain", "--report-dir", "out"]) == 0
    (row,) = json.loads((folder / "out" / "conformance.json").read_text())["results"]
    assert (row["verdict"], row["observed"], row["cause"]) == ("known", "diverges", "hypotheses: kernel-rotated")
    assert row["diagnosis"] == "it rotates (no upstream report found)"
    assert "message" not in row
    (measured,) = json.loads((folder / "out" / "measurements.json").read_text())["results"]
    assert "expected" in measured["message"]
    assert measured["diagnosis"].endswith(f". {row['diagnosis']}")
    assert measured["error_over_bound"] > 1


def test_lists_that_are_named_apply_beside_that_of_the_folder(folder, capsys):
    own = KNOWN.replace("kernelrotated", mutant_name())
    (folder / "plain.yaml").write_text(own.format(cases="small/plain"))
    (folder / "wide.yaml").write_text(own.format(cases="'small/sizes[strides=3,*'"))
    (folder / "cases" / "known_divergences.yaml").write_text(own.format(cases="'small/sizes[strides=2,*'"))

    def failing(*lists):
        main(["run", "--verbose", "-a", ROTATED, *(word for path in lists for word in ("--known", path))])
        out = capsys.readouterr().out
        (options,) = {line.partition("]' ")[2] for line in out.splitlines() if "repeat: " in line and "]" in line}
        assert options == "".join(f"--known {path} " for path in lists) + f"-a {ROTATED}"
        return [line.split()[1] for line in out.splitlines() if line.startswith("DIVERGES")]

    rest = [f"small/sizes[strides=1,padding={padding}]" for padding in ("0", "1x0")]
    assert failing("plain.yaml", "wide.yaml") == rest
    assert failing("wide.yaml") == ["small/plain", *rest]


WITHHELD = """
divergences:
  - {{cases: {shown}, adapter: honest, outputs: [input_grad], versions: {{numpy: '>=1'}}, verdict: crashes,
     intermittent: true, why: it writes beyond its memory, upstream: none}}
  - cases: small/plain
    adapter: honest
    outputs: [input_grad]
    versions: {{numpy: '>=1'}}
    verdict: crashes
    evidence: {evidence}
    why: it writes beyond its memory
    upstream: none
"""


@pytest.mark.parametrize("path", ["ours/list.yaml", "cases/known_divergences.yaml"])
@pytest.mark.parametrize(
    ("shown", "evidence", "problem"),
    [
        ("small/sizes*", "nope/nope", "no other entry lists this case on honest"),
        ("nope/*", "nope/nope", "no such case"),
        ("small/*", "small/nope", "no such case"),
        ("other/*", "other/absent", "no such case"),
        ("small/too-much-padding-added", "small/too-much-padding-added", ""),
        ("other/*", "other/plain", ""),
    ],
)
def test_nothing_is_withheld_for_evidence_that_nothing_shows(folder, capsys, path, shown, evidence, problem):
    (folder / "ours").mkdir()
    (folder / path).parent.joinpath("other.yaml").write_text(SUITE)
    (folder / path).write_text(WITHHELD.format(shown=shown, evidence=evidence))
    lists = ("--known", path) if path.startswith("ours") else ()
    code = main(["run", "cases/small.yaml::plain", "-a", HONEST, *lists])
    assert code == (2 if problem else 0)
    error = capsys.readouterr().err
    assert (f"{path}:10:5: divergences.evidence: {problem}\n    hint: " in error) is bool(problem)


@pytest.mark.parametrize("named", [False, True])
def test_a_list_of_a_folder_takes_no_evidence_from_another_one(folder, capsys, named):
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "other.yaml").write_text(SUITE)
    path = "mine.yaml" if named else "cases/known_divergences.yaml"
    (folder / path).write_text(WITHHELD.format(shown="other/*", evidence="other/plain"))
    code = main(["run", "cases", "elsewhere", "-a", HONEST, *(("--known", path) if named else ())])
    assert code == (0 if named else 2)
    assert ("evidence: no such case" in capsys.readouterr().err) is not named


@pytest.mark.parametrize(
    ("text", "message"), [(None, "mine.yaml: cannot be read"), ("divergences: 3", "mine.yaml:1:1: divergences:")]
)
def test_a_list_that_cannot_be_used_is_exit_2(folder, capsys, text, message):
    if text:
        (folder / "mine.yaml").write_text(text)
    assert main(["run", "-a", HONEST, "--known", "mine.yaml"]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert not out


def test_bad_input_writes_nothing(folder, capsys):
    (folder / "cases" / "bad.yaml").write_text("suite: [")
    assert main(["run", "cases/bad.yaml", "--report-dir", "out"]) == 2
    assert not (folder / "out").exists()
    assert "bad.yaml:2" in capsys.readouterr().err


def test_an_absent_framework_fails_only_where_it_was_asked_for(folder, capsys):
    (folder / "absent.py").write_text(
        "from harness.quality.mutant_adapter import Honest\n"
        "class Absent(Honest):\n"
        "    name = 'absent'\n"
        "    def start(self):\n"
        "        import a_framework_that_is_not_there\n"
    )
    assert main(["run", "-a", "absent:Absent"]) == 1
    out = capsys.readouterr().out
    assert out.count("UNAVAILABLE") == 1
    assert "a_framework_that_is_not_there" in out


OTHER = """
op: resize2d
suite: Other
about: an operation for which no variant has a program
defaults: {batch: 1, channels: 1}
cases:
  - {id: double, about: x, input_size: [2, 3], output_size: [4, 6]}
"""


@pytest.mark.parametrize("name", ["pytorch:compile", "pytorch:meta", "tensorflow:xla", "keras:torch"])
def test_an_adapter_that_was_named_and_runs_nothing_is_exit_1_with_the_reason(folder, capsys, name):
    (folder / "cases" / "other.yaml").write_text(OTHER)
    assert main(["run", "cases/other.yaml", "-a", name, "-a", HONEST, "--report-dir", "out"]) == 1
    error = capsys.readouterr().err
    assert f"nothing is requested of {name}:\n  programs of other operations are written for no variant" in error
    assert not (folder / "out").exists()


BROKEN = """
from harness.quality.mutant_adapter import Honest
class Broken(Honest):
    name, smoke = 'broken', True
    def finish(self, y):
        return y * 0
"""


def test_a_broken_adapter_fails_once_and_its_report_replaces_none(folder, capsys):
    (folder / "out").mkdir()
    (folder / "out" / "conformance.json").write_text("earlier")
    (folder / "broken.py").write_text(BROKEN)
    assert main(["run", "-a", "broken:Broken", "--report-dir", "out"]) == 1
    out = capsys.readouterr().out
    assert out.count("BROKEN  broken\n  its smoke call") == 1
    assert (folder / "out" / "conformance.json").read_text() == "earlier"
    assert main(["run", "-a", "broken:Broken", "-a", HONEST, "--report-dir", "out"]) == 1
    rows = list(read_rows(json.loads((folder / "out" / "conformance.json").read_text())))
    assert {row["verdict"] for row in rows if row["adapter"] == "broken"} == {"broken"}
    assert {row["verdict"] for row in rows if row["adapter"] == "honest"} <= {"exact", "refuses"}


def test_a_run_of_inexpressible_cases_alone_is_exit_1(folder, capsys):
    (folder / "cases" / "small.yaml").write_text(
        "suite: Small\nabout: a type that is not there\ndefaults: {dialect: pytorch, batch: 1, in_channels: 1,"
        " out_channels: 1, input_size: 3, kernel_size: 2}\ncases:\n  - {id: whole, about: x, dtype: int8}\n"
    )
    assert main(["run", "-a", "pytorch", "--report-dir", "out"]) == 1
    out = capsys.readouterr().out
    assert "no check of a framework ran, and no report was written:\n  pytorch: " in out
    assert not (folder / "out").exists()


@pytest.mark.parametrize("name", ["nope", "keras:jaxx", "nowhere:Class", "mutant:Nope", "json:dumps"])
def test_a_wrong_adapter_is_exit_2(folder, name, capsys):
    assert main(["run", "-a", name]) == 2
    error = capsys.readouterr().err
    assert name in error
    assert "Traceback" not in error


def test_a_summary_is_appended_to_the_file_that_is_named(folder):
    summary = folder / "summary.md"
    summary.write_text("before\n")
    assert main(["run", "-a", ROTATED, "-k", "plain", f"--github-summary={summary}"]) == 1
    text = summary.read_text()
    assert text.startswith("before\n## Conformance")
    assert "diverges: small/plain" in text
    assert main(["run", "-a", HONEST, "-k", "plain", "--github-summary", str(folder / "other.md")]) == 0
    assert "1 case, 1 check, 1 verdict, 0 failing" in (folder / "other.md").read_text()
    assert summary.read_text() == text


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("cases/small.yaml", "cases/small.yaml: cannot be written: that names a suite"),
        ("cases/small.yaml::plain", "cannot be written: that names a suite"),
        ("shipped:bias", "cannot be written: that names a suite"),
        ("cases", "cases: cannot be written: Is a directory"),
        ("", "--github-summary: cannot be written: Is a directory"),
        ("a\0b", "cannot be written: embedded null byte"),
    ],
)
def test_a_summary_is_appended_to_no_suite_and_no_folder(folder, capsys, named, message):
    before = sorted(folder.rglob("*")), (folder / "cases" / "small.yaml").read_bytes()
    assert main(["run", "-a", HONEST, "--github-summary", named]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert before == (sorted(folder.rglob("*")), (folder / "cases" / "small.yaml").read_bytes())


def test_a_summary_needs_a_name(folder, capsys):
    assert main(["run", "-a", HONEST, "--github-summary"]) == 2
    assert "'--github-summary' requires an argument" in capsys.readouterr().err


def test_a_summary_that_cannot_be_written_is_said_before_anything_runs(folder, capsys):
    assert main(["run", "-a", HONEST, "--github-summary", "nowhere/summary.md", "--report-dir", "out"]) == 2
    assert "--github-summary: nowhere/summary.md: cannot be written" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_bad_rows_do_not_stop_the_others_and_the_run_fails_at_the_end(folder, capsys):
    (folder / "rows.yaml").write_text(ROWS)
    assert main(["run", "rows.yaml", "-a", HONEST, "--report-dir", "out"]) == 2
    out, error = capsys.readouterr()
    rows = list(read_rows(json.loads((folder / "out" / "conformance.json").read_text())))
    assert sorted({row["case"] for row in rows}) == sorted(f"rows/{name}" for name in GOOD)
    assert f"{len(GOOD)} cases" in out
    assert "conforming" not in out
    before, _, after = error.partition("checks\n")
    for name in [*BAD, UNEXPECTED]:
        assert f" {name}: " in before
        assert f" {name}: " in after


def test_a_run_with_bad_rows_takes_the_place_of_no_report(folder):
    main(["run", "-a", HONEST, "--report-dir", "out"])
    whole = (folder / "out" / "conformance.json").read_bytes()
    (folder / "rows.yaml").write_text(ROWS)
    assert main(["run", "rows.yaml", "cases", "-a", HONEST, "--report-dir", "out"]) == 2
    assert (folder / "out" / "conformance.json").read_bytes() == whole


def test_a_run_of_bad_rows_alone_asks_nobody(folder, capsys):
    (folder / "rows.yaml").write_text(ROWS.replace("strides: [1, 0, 2]", "strides: [0]"))
    assert main(["run", "rows.yaml::size", "-a", HONEST]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert " size: " in error


class Mute(Honest):
    def program(self, case):
        return Inexpressible("it never can")


MUTE = f"{__name__}:Mute"


@pytest.mark.parametrize(("beside", "failures"), [(HONEST, 0), (ROTATED, 7)])
def test_a_named_adapter_that_ran_nothing_beside_another_fails_the_run_and_takes_the_place_of_no_report(
    folder, capsys, beside, failures
):
    main(["run", "-a", HONEST, "--report-dir", "out"])
    before = {path: path.read_bytes() for path in (folder / "out").rglob("*.*")}
    capsys.readouterr()
    command = ["run", "-a", MUTE, "-a", beside, "--report-dir", "out", "--github-summary", "summary.md"]
    assert main([*command, "--github-annotations"]) == 1
    out = capsys.readouterr().out
    reason = "no check ran of mute:\n  mute: it never can (8 checks)\nno report was written\n"
    assert f"\n{reason}" in out
    assert f"\n```text\n{reason}```\n" in (folder / "summary.md").read_text()
    assert f"::error title=nothing ran::{reason.strip()}".replace("\n", "%0A") in out.splitlines()
    assert out.startswith(f"8 cases, 16 checks, 16 verdicts, {failures} failing\n")
    assert ("\nDIVERGES  " in out) == bool(failures)
    assert "\nconforming\n" not in out
    assert "\nwrote " not in out
    assert "\nthe rows of what ran: out/partial.jsonl keeps them\n" in out
    assert {path: path.read_bytes() for path in before} == before
    kept = map(json.loads, (folder / "out" / "partial.jsonl").read_text().splitlines()[1:])
    rows = [row for line in kept for row in line.get("rows", ())]
    assert len({row["case"] for row in rows}) == 8
    assert "mute" not in {row["adapter"] for row in rows}
