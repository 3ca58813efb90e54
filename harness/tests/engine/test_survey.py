"""One pass over the cases finds what a run must know of them, and what a suite expects wrongly."""

import re

import pytest

from harness.adapters import available, choose
from harness.engine.check import plan_checks
from harness.engine.survey import survey
from harness.suites.selection import select
from harness.tests.build import make_case
from harness.tests.suites.test_expected_values import SUITE


def test_a_survey_counts_the_checks_that_are_planned():
    cases = [make_case(id="both"), make_case(id="own", dialect="pytorch")]
    chosen = choose(["keras", "pytorch"])
    assert survey(cases, chosen).checks == len(list(plan_checks(cases, chosen))) == 4
    assert survey(cases, chosen[:1]).checks == 2


def test_cases_are_named_in_the_order_of_a_report():
    infos = survey([make_case(id="b"), make_case(id="a", about="first")], []).infos
    assert [(info.case, info.about) for info in infos] == [("suite/a", "first"), ("suite/b", "a case")]


@pytest.mark.parametrize("name", available())
def test_of_the_harness_own_adapters_no_program_is_made_to_know_what_it_imports(name, monkeypatch):
    monkeypatch.setattr("harness.engine.survey.plan_of", lambda *_: pytest.fail("a check was planned twice"))
    found = survey([make_case(), make_case(dialect="tensorflow")], choose([name]))
    assert not found.modules


def test_digests_tell_the_suite_whose_content_changed():
    def digests(**words):
        return survey([make_case(suite="kept"), make_case(suite="other", **words)], []).digests

    before, after = digests(), digests(strides=2)
    assert before == digests()
    assert [name for name in before if before[name] != after[name]] == ["other"]


def test_what_a_suite_expects_wrongly_is_left_out_with_its_problem(tmp_path):
    path = tmp_path / "literal.yaml"
    path.write_text(SUITE.format(values="3, 4, 6, 9"))
    found = survey(select([str(path)]).cases(), choose(["pytorch"]))
    assert (found.checks, found.infos) == (0, ())
    assert list(found.problems) == ["literal/two-pixels"]
    assert re.search(r"literal\.yaml:5:.*oracle gives 8.*values say 9", str(found.problems["literal/two-pixels"]))
