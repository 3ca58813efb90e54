from __future__ import annotations

import pytest

from harness.core.corpus import CORPUS, SCHEMA
from harness.core.errors import BadInputError
from harness.suites.known_divergences import known_beside
from harness.suites.selection import parse_expression, select

SUITE = """
suite: A suite
about: for selecting
defaults: {dialect: canonical, input_size: [2, 3]}
cases:
  - {id: one, about: x, kernel_size: 2}
  - {id: two, about: x, sweep: {kernel_size: [1, [2, 3]], strides: [1, 2]}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "first.yaml").write_text(SUITE)
    (tmp_path / "cases" / "second.yaml").write_text(SUITE)
    return tmp_path


def names(*targets, expression=""):
    return [case.name for case in select(targets, expression).cases()]


def test_without_targets_every_case_of_a_clone_is_meant(folder):
    (folder / "cases" / SCHEMA).touch()
    assert len(names()) == 10
    assert select((), "").whole
    assert not select(("cases",), "").whole


def test_elsewhere_the_shipped_cases_are_meant_and_called_so(folder):
    """A folder ``cases`` without the schema is a person's own."""
    shipped = select(())
    assert shipped.whole
    assert shipped.folders == [CORPUS]
    assert {suite.file.path.partition(":")[0] for suite in shipped.suites} == {"shipped"}
    assert names("shipped:") == names()
    assert {suite.stem for suite in shipped.suites} == {name.partition("/")[0] for name in names()}


def test_shipped_suites_and_others_can_be_named_together(folder):
    one = "shipped:same_padding::odd-kernel-stride-2"
    (case,) = select([one]).cases()
    assert (case.name, case.selector) == ("same_padding/odd-kernel-stride-2", one.replace("::", ".yaml::"))
    assert names(case.selector) == names(one) == [case.name]
    assert sorted(names("cases/first.yaml::one", one)) == ["first/one", case.name]
    assert set(known_beside(select([one, "cases"]).folders).folders) == {CORPUS}


def test_in_the_clone_itself_a_shipped_suite_is_a_path(monkeypatch):
    monkeypatch.chdir(CORPUS.parent)
    for target in ("shipped:bias", f"{CORPUS}/bias.yaml"):
        assert [suite.file.path for suite in select([target]).suites] == ["cases/bias.yaml"]


def test_an_id_names_a_case_or_all_of_its_sweep(folder):
    assert names("cases/first.yaml::one") == ["first/one"]
    assert len(names("cases/first.yaml::two")) == 4
    assert names("cases/first.yaml::two[kernel_size=2x3,strides=2]") == ["first/two[kernel_size=2x3,strides=2]"]


def test_an_id_of_one_file_and_another_file_whole(folder):
    chosen = names("cases/first.yaml::one", "cases/second.yaml")
    assert chosen == ["first/one", *(name for name in names("cases/second.yaml"))]


def test_absolute_paths_are_shown_from_the_working_folder(folder):
    (case,) = select([f"{folder}/cases/first.yaml::one"]).cases()
    assert case.selector == "cases/first.yaml::one"


@pytest.mark.parametrize(
    ("target", "expression", "word"),
    [
        ("cases/first.yaml::three", "", "no such case"),
        ("cases/third.yaml", "", "no such file"),
        ("shipped:third", "", "shipped:third.yaml: no such file"),
        ("cases", "nothing-is-called-so", "no case matches"),
        ("cases", "one and", "expected words"),
        ("cases", "( one", "expected words"),
        ("cases", "one )", "expected words"),
        ("cases", "or", "expected words"),
    ],
)
def test_what_cannot_be_meant_is_said(folder, target, expression, word):
    with pytest.raises(BadInputError, match=word) as caught:
        select([target], expression)
    assert caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("expression", "matching"),
    [
        ("", {"same/odd", "same/even", "valid/odd"}),
        ("odd", {"same/odd", "valid/odd"}),
        ("not odd", {"same/even"}),
        ("same and odd", {"same/odd"}),
        ("same and not odd", {"same/even"}),
        ("valid or even", {"valid/odd", "same/even"}),
        ("not (valid or even)", {"same/odd"}),
        ("SAME", {"same/odd", "same/even"}),
    ],
)
def test_expressions(expression, matching):
    match = parse_expression(expression)
    assert {name for name in ("same/odd", "same/even", "valid/odd") if match(name)} == matching


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("cases/frist.yaml", "did you mean cases/first.yaml?"),
        ("cases/First", "did you mean cases/first.yaml?"),
        ("cases/third-and-last.yaml", "`harness cases` prints the names of the shipped suites"),
        ("csaes", "did you mean cases?"),
        ("same_paddin.yaml", "did you mean shipped:same_padding.yaml?"),
        ("cases/same_paddin.yaml", "did you mean shipped:same_padding.yaml?"),
        ("shipped:same_paddin", "did you mean shipped:same_padding.yaml?"),
        ("cases/first.yaml::tow", "did you mean two?"),
        ("cases/first.yaml::three", "see `harness list cases/first.yaml`"),
        ("cases/first.yaml::two[kernel_size=1,strides=3]", "did you mean two[kernel_size=1,strides=2]?"),
    ],
)
def test_of_what_is_not_there_the_nearest_is_offered(folder, target, hint):
    with pytest.raises(BadInputError) as refused:
        select([target])
    assert [problem.hint for problem in refused.value.problems] == [hint]


def test_in_a_clone_a_suite_is_offered_as_a_path(folder):
    (folder / "cases" / SCHEMA).touch()
    with pytest.raises(BadInputError, match=r"did you mean cases/second.yaml\?"):
        select(["secnd"])
