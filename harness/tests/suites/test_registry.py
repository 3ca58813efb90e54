"""Suites on disk: found, read, refused with every problem, expanded in order."""

import re
import time
from pathlib import Path

import pytest

from harness.core.errors import BadInputError
from harness.suites.registry import find_files, load_good, load_suites, relative
from harness.tests.badrows import BAD, GOOD, ROWS, UNEXPECTED
from harness.tests.build import load_cases, write_suite
from harness.tests.malformed import CASE, HEAD, MALFORMED

GOOD_ONE = HEAD + CASE


def problems_of(paths):
    with pytest.raises(BadInputError) as caught:
        load_suites(paths)
    return caught.value.problems


def test_there_are_enough_malformed_suites():
    assert len(MALFORMED) >= 40


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_suite_is_refused_with_line_message_and_hint(tmp_path, name):
    text, line, pattern = MALFORMED[name]
    path = write_suite(tmp_path, text)
    problems = problems_of([path])
    said = [(problem.line, f"{problem.key}: {problem.message} / {problem.hint}") for problem in problems]
    assert any(at == line and re.search(pattern, text) for at, text in said), said
    for problem in problems:
        assert problem.path == str(path)
        assert problem.column >= 1
        assert problem.hint
        assert str(problem).startswith(f"{path}:{problem.line}:{problem.column}:")


@pytest.mark.parametrize("name", MALFORMED)
def test_one_fault_makes_one_problem(tmp_path, name):
    missing_follows = {"no-space-after-colon", "reading-by-word"}
    if name not in missing_follows:
        assert len(problems_of([write_suite(tmp_path, MALFORMED[name][0])])) == 1


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    for paths, message in (
        ([tmp_path / "absent.yaml"], "no such file"),
        ([tmp_path], "no suite files"),
        ([], "no suite"),
    ):
        (problem,) = problems_of(paths)
        assert message in problem.message
        assert problem.hint


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    (problem,) = problems_of([tmp_path])
    assert problem.message.startswith("cannot be read")


def test_two_files_of_one_stem_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    first, second = write_suite(tmp_path / "a", GOOD_ONE), write_suite(tmp_path, GOOD_ONE)
    (problem,) = problems_of([tmp_path])
    assert (problem.path, problem.line) == (str(second), 1)
    assert f"also that of {first}" in problem.message


def test_all_problems_of_all_files_come_at_once(tmp_path):
    write_suite(tmp_path, HEAD + CASE.replace("input_size: 3", "input_size: x") + "    groups: 0\n", "a.yaml")
    write_suite(tmp_path, "suite: [", "b.yaml")
    write_suite(
        tmp_path, HEAD + CASE + CASE.replace("one", "two").replace("kernel_size: 3", "kernel_size: 0"), "c.yaml"
    )
    write_suite(tmp_path, GOOD_ONE, "d.yaml")
    found = [(Path(problem.path).name, problem.line) for problem in problems_of([tmp_path])]
    assert found == [("a.yaml", 6), ("b.yaml", 2), ("c.yaml", 11)]


def test_a_case_of_bad_form_does_not_hide_what_is_wrong_with_the_next(tmp_path):
    text = HEAD + "  - three\n" + CASE + "    batch: 0\n" + CASE
    assert [problem.line for problem in problems_of([write_suite(tmp_path, text)])] == [4, 9, 10]


def test_each_bad_value_of_a_sweep_is_one_problem_however_often_it_is_combined(tmp_path):
    text = GOOD_ONE + "    sweep: {kernel_size: [1, 2, 3], strides: [1, 0, 2, -1]}\n"
    problems = problems_of([write_suite(tmp_path, text)])
    assert [(problem.line, problem.key) for problem in problems] == [(8, "cases.sweep.strides")] * 2
    assert problems[0].column != problems[1].column


def test_enormous_suites_are_refused_at_once(tmp_path):
    started = time.monotonic()
    for name in ("terabytes", "terabytes-of-zeros", "beyond-every-unit", "billion-cases"):
        problems_of([write_suite(tmp_path, MALFORMED[name][0])])
    assert time.monotonic() - started < 5


def test_files_are_found_once_and_sorted(tmp_path):
    (tmp_path / "sub").mkdir()
    files = [write_suite(tmp_path, GOOD_ONE, name) for name in ("b.yml", "a.yaml", "sub/c.yaml")]
    for name in ("notes.txt", "known_divergences.yaml", "suite.schema.json"):
        write_suite(tmp_path, GOOD_ONE, name)
    found = find_files([files[0], tmp_path])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.yaml", "b.yml", "sub/c.yaml"]
    assert [suite.stem for suite in load_suites(found)] == ["a", "b", "c"]


def test_a_known_divergence_list_is_no_suite_even_by_name(tmp_path):
    (problem,) = problems_of([write_suite(tmp_path, GOOD_ONE, "known_divergences.yaml")])
    assert problem.message == "no suite files here"


def test_windows_line_ends_and_a_byte_order_mark_are_welcome(tmp_path):
    (case,) = load_cases(tmp_path, b"\xef\xbb\xbf" + GOOD_ONE.replace("\n", "\r\n").encode())
    assert (case.name, case.line) == ("suite/one", 4)


def test_cases_come_in_the_order_of_the_file(tmp_path):
    text = HEAD + CASE.replace("one", "z") + CASE.replace("one", "a") + "    sweep: {strides: [2, 1]}\n"
    assert [case.name for case in load_cases(tmp_path, text)] == ["suite/z", "suite/a[strides=2]", "suite/a[strides=1]"]


def test_paths_below_the_working_folder_are_shown_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(tmp_path / "cases" / "a.yaml") == Path("cases/a.yaml")
    assert relative(Path("cases/a.yaml")) == Path("cases/a.yaml")
    assert relative(Path("/elsewhere/a.yaml")) == Path("/elsewhere/a.yaml")


@pytest.mark.parametrize("path", ["cases/same_padding.yaml", "cases/groups.yaml", "cases/average_unpooling.yaml"])
def test_cases_that_are_made_anew_are_those_that_were_checked(path, monkeypatch):
    (kept,) = load_suites([Path(path)])
    monkeypatch.setattr("harness.suites.registry.MOST_KEPT", 0)
    (anew,) = load_suites([Path(path)])
    assert kept.kept
    assert not anew.kept
    assert list(anew.cases()) == list(anew.cases()) == list(kept.cases())


@pytest.mark.parametrize("kept", [20_000, 0])
def test_bad_rows_are_left_out_and_each_problem_names_its_case(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("harness.suites.registry.MOST_KEPT", kept)
    (suite,), problems = load_good([write_suite(tmp_path, ROWS)])
    assert [case.id for case in suite.cases() if case.id != UNEXPECTED] == GOOD
    assert [problem.case for problem in sorted(problems)] == BAD
    assert all(f" {problem.case}: " in str(problem) for problem in problems)


def test_a_file_that_is_bad_as_a_whole_leaves_the_other_files(tmp_path):
    write_suite(tmp_path, "suite: [", "bad.yaml")
    write_suite(tmp_path, GOOD_ONE, "good.yaml")
    (tmp_path / "sub").mkdir()
    write_suite(tmp_path / "sub", GOOD_ONE, "good.yaml")
    suites, problems = load_good([tmp_path])
    assert [suite.stem for suite in suites] == ["good"]
    assert [(Path(problem.path).name, problem.case) for problem in problems] == [("bad.yaml", ""), ("good.yaml", "")]


def test_two_hundred_problems_are_shown(tmp_path):
    text = HEAD + "".join(
        CASE.replace("one", f"one-{n}").replace("kernel_size: 3", "kernel_size: 0") for n in range(203)
    )
    with pytest.raises(BadInputError) as caught:
        load_suites([write_suite(tmp_path, text)])
    assert len(caught.value.problems) == 203
    lines = str(caught.value).splitlines()
    assert sum("hint:" in line for line in lines) == 200
    assert lines[-1] == "and 3 more"


def test_a_wrong_default_is_one_problem_that_names_the_first_case(tmp_path):
    head = HEAD.replace("cases:", "defaults: {strides: 0, padding: 1}\ncases:")
    rows = [f"  - {{id: {name}, about: text, input_size: 3, kernel_size: 3}}\n" for name in "abc"]
    path = write_suite(tmp_path, "".join([head, *rows, rows[0].replace("id: a,", "id: d, strides: 2,")]))
    suites, (problem,) = load_good([path])
    assert (problem.line, problem.key, problem.case) == (3, "defaults.strides", "a")
    assert problem.message.endswith("below 1; so in 2 more cases")
    assert [case.id for suite in suites for case in suite.cases()] == ["d"]
