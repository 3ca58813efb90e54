from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.tests.badrows import BAD, GOOD, ROWS
from harness.tests.cli.conftest import SUITE
from harness.tests.cli.test_run import KNOWN, OTHER, WITHHELD

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
HONEST = "mutant:Honest"
ROTATED = "mutant:KernelRotated"


@pytest.fixture
def suites(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\nharness_suites = cases")
    folder = pytester.mkdir("cases")
    (folder / "small.yaml").write_text(SUITE)
    return pytester


def run(suites, *arguments):
    return suites.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_one_item_per_case_and_adapter(suites):
    result = run(suites, "cases", "--harness-adapter", HONEST, "--collect-only", "-q")
    result.stdout.fnmatch_lines(["cases/small.yaml::plain[[]*[]]", "cases/small.yaml::sizes[[]strides=1,padding=0[]]*"])
    assert sum("small.yaml::" in line for line in result.outlines) == 8


def test_an_honest_adapter_passes_also_in_several_processes(suites):
    run(suites, "cases", "--harness-adapter", HONEST, "-n", "2").assert_outcomes(passed=8)


def test_a_bad_row_is_one_failing_item_and_the_others_run(suites):
    (suites.path / "cases" / "small.yaml").write_text(ROWS)
    result = run(suites, "cases", "--harness-adapter", HONEST)
    result.assert_outcomes(failed=len(BAD) + 1, passed=len(GOOD))
    result.stdout.fnmatch_lines(
        ["*small.yaml:8:*size: cases.strides: *has an entry below 1", "    hint: use numbers >= 1"]
    )
    result.stdout.fnmatch_lines(["*: expected: expect: the oracle gives 6 *", "FAILED cases/small.yaml::expected*"])
    assert "Traceback" not in result.stdout.str()


def test_a_failure_is_understood_in_ten_seconds(suites):
    result = run(suites, "cases/small.yaml::plain", "--harness-adapter", ROTATED)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "DIVERGES  small/plain  on * (native)",
            "  about: the plain thing",
            "  values differ in *expected*got*",
            "  repeat: harness run cases/small.yaml::plain -a mutant:KernelRotated",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_gradient_that_is_wrong_fails_where_the_output_is_right(suites):
    mutant = "harness.tests.differentiating:RotatedKernelGradient"
    result = run(suites, "cases/small.yaml::plain", "--harness-adapter", mutant)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["DIVERGES  small/plain*"])


def test_a_known_divergence_is_an_expected_failure(suites):
    from harness.quality.mutant_adapter import KernelRotated

    (suites.path / "cases" / "known_divergences.yaml").write_text(
        f"divergences:\n  - {{cases: small/plain, adapter: {KernelRotated.name}, versions: {{numpy: '>=1'}},"
        " verdict: diverges, cause: {hypotheses: [kernel-rotated]}, why: it rotates, upstream: none}\n"
    )
    run(suites, "cases/small.yaml::plain", "--harness-adapter", ROTATED).assert_outcomes(xfailed=1)


@pytest.mark.parametrize("front", ["pytest", "harness run"])
def test_a_list_is_about_the_cases_of_its_own_folder_whatever_the_front(suites, front):
    mine = suites.mkdir("mine")
    (mine / "own.yaml").write_text(SUITE)
    (mine / "known_divergences.yaml").write_text(KNOWN.format(cases="'*'"))
    cases = ["cases/small.yaml::plain", "mine/own.yaml::plain"]
    if front == "pytest":
        result = run(suites, *cases, "--harness-adapter", ROTATED)
        result.assert_outcomes(failed=1, xfailed=1)
    else:
        result = suites.run(sys.executable, "-m", "harness", "run", *cases, "-a", ROTATED)
        assert result.ret == 1
        result.stdout.fnmatch_lines(["2 cases,* 1 failing*"])
    result.stdout.fnmatch_lines(["DIVERGES  small/plain*"])
    result.stdout.no_fnmatch_line("DIVERGES  own/plain*")


@pytest.mark.parametrize("more", [(), ("-n", "2")])
def test_lists_that_are_named_apply_too_and_are_no_suites(suites, more):
    (suites.path / "cases" / "mine.yaml").write_text(KNOWN.format(cases="small/plain"))
    (suites.path / "other.yaml").write_text(KNOWN.format(cases="'small/sizes[strides=3,*'"))
    lists = ["--harness-known", "cases/mine.yaml", "--harness-known", "other.yaml"]
    run(suites, "cases", "--harness-adapter", ROTATED, *lists, *more).assert_outcomes(xfailed=3, failed=4, passed=1)


def test_a_list_that_cannot_be_used_is_a_usage_error(suites):
    result = run(suites, "cases", "--harness-known", "absent.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: absent.yaml: *"])


@pytest.mark.parametrize(("evidence", "failed"), [("nope/nope", 1), ("small/plain", 0)])
def test_evidence_that_nothing_shows_fails(suites, evidence, failed):
    (suites.path / "mine.yaml").write_text(WITHHELD.format(shown="small/*", evidence=evidence))
    result = run(suites, "cases/small.yaml::plain", "--harness-adapter", HONEST, "--harness-known", "mine.yaml")
    result.assert_outcomes(failed=failed, passed=1 - failed)
    if failed:
        result.stdout.fnmatch_lines(["*mine.yaml:10:5: divergences.evidence: no other entry lists this case*"])


def test_an_absent_framework_is_a_failure_where_it_was_asked_for(suites):
    suites.makepyfile(
        absent="from harness.quality.mutant_adapter import Honest\nclass Absent(Honest):\n"
        "    name = 'absent'\n    def start(self):\n        import a_framework_that_is_not_there\n"
    )
    result = run(suites, "cases/small.yaml::plain", "--harness-adapter", "absent:Absent")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["UNAVAILABLE*", "*a_framework_that_is_not_there*"])


ABSENT = """
from harness.quality.mutant_adapter import Honest
class Absent(Honest):
    name = 'absent'
    def start(self):
        import a_framework_that_is_not_there
"""
ONLY_ABSENT = "import harness.adapters\nharness.adapters.available = lambda: {'absent': 'absent:Absent'}\n"


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_a_session_in_which_no_framework_is_installed_fails_unless_that_is_allowed(suites, processes):
    suites.makepyfile(absent=ABSENT)
    suites.makeconftest(ONLY_ABSENT)
    result = run(suites, "cases", *processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=8)
    result.stdout.fnmatch_lines(
        [
            "no check of a framework ran; --harness-allow-unavailable*",
            "  absent: not installed*pip install a_framework*",
        ]
    )
    assert run(suites, "cases", "--harness-allow-unavailable", *processes).ret == pytest.ExitCode.OK


IDLE = """
from harness.adapters.program import Inexpressible
from harness.quality.mutant_adapter import Honest

class Mute(Honest):
    def program(self, case):
        return Inexpressible("it never can")

class Beside(Honest):
    framework = False
"""


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_a_session_in_which_every_case_is_inexpressible_fails(suites, processes):
    suites.makepyfile(idle=IDLE)
    result = run(suites, "cases", "--harness-adapter", "idle:Mute", "--harness-allow-unavailable", *processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=8)
    result.stdout.fnmatch_lines(["no check of a framework ran:", "  mute: it never can (8 checks)"])
    result = run(suites, "cases", "--harness-adapter", "idle:Mute", "--harness-adapter", HONEST, *processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=8, passed=8)
    result.stdout.fnmatch_lines(["no check ran of mute:", "  mute: it never can (8 checks)"])


def test_a_session_in_which_no_framework_but_something_else_ran_fails(suites):
    suites.makepyfile(idle=IDLE)
    suites.makeconftest("import harness.adapters\nharness.adapters.available = lambda: {'beside': 'idle:Beside'}\n")
    for named in ((), ("--harness-adapter", "beside")):
        result = run(suites, "cases", *named)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.assert_outcomes(passed=8)
        result.stdout.fnmatch_lines(["no check of a framework ran:", "  beside: it ran, but is no framework"])
    run(suites, "cases", "--harness-adapter", "idle:Beside").assert_outcomes(passed=8)


@pytest.mark.parametrize(
    "arguments", [("cases", "-k", "not honest", "-n", "2"), ("cases/small.yaml::plain[beside]",)], ids=["-k", "name"]
)
def test_an_adapter_that_was_named_and_is_left_without_items_fails_the_session(suites, arguments):
    suites.makepyfile(idle=IDLE)
    result = run(suites, *arguments, "--harness-adapter", HONEST, "--harness-adapter=idle:Beside")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=8 if "-k" in arguments else 1)
    result.stdout.fnmatch_lines(["*nothing requested*", "nothing is requested of honest:", "  its items were not*"])


def test_an_adapter_that_the_ini_file_names_may_be_left_without_items(suites):
    suites.makeini(f"[pytest]\nharness_suites = cases\naddopts = --harness-adapter={HONEST}")
    suites.makepyfile(test_own="def test_own():\n    pass\n")
    assert run(suites, "-k", "own").ret == pytest.ExitCode.OK
    named = run(suites, "-k", "own", "--harness-adapter", ROTATED)
    assert named.ret == pytest.ExitCode.TESTS_FAILED
    named.stdout.fnmatch_lines(["nothing is requested of kernelrotated:", "  its items were not selected (8 cases)"])
    named.stdout.no_fnmatch_line("nothing is requested of honest:")


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_an_adapter_that_was_named_and_has_no_item_fails_the_session(suites, processes):
    (suites.path / "cases" / "small.yaml").write_text(OTHER)
    result = run(suites, "cases", "--harness-adapter", "pytorch:meta", *processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["nothing is requested of pytorch:meta:", "  programs of other operations*(1 case)"])


def test_adapters_that_share_a_process_are_asked_in_one(suites):
    suites.makepyfile(
        modes="import os\nfrom harness.quality.mutant_adapter import Honest\nclass One(Honest):\n"
        "    name, process = 'one', 'shared'\n    def start(self):\n"
        "        with open('pids', 'a') as file:\n            print(os.getpid(), file=file)\n"
        "        return super().start()\nclass Other(One):\n    name = 'other'\n"
    )
    run(
        suites, "cases", "--harness-adapter", "modes:One", "--harness-adapter", "modes:Other", "-n", "2"
    ).assert_outcomes(passed=16)
    pids = (suites.path / "pids").read_text().split()
    assert len(pids) == 2
    assert len(set(pids)) == 1


def test_a_bad_suite_is_a_collection_error_with_its_line(suites):
    (suites.path / "cases" / "small.yaml").write_text(SUITE.replace("kernel_size: [3, 2]", "kernel: [3, 2]"))
    result = run(suites, "cases", "--harness-adapter", HONEST)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*small.yaml:4:*kernel*"])


def test_a_wrong_adapter_is_a_usage_error(suites):
    assert run(suites, "cases", "--harness-adapter", "nope").ret == pytest.ExitCode.USAGE_ERROR
