"""Which verdicts fail a run: the last column of the table of verdicts in docs/design.md."""

import pytest

from harness.core.results import SCHEMA_VERSION, AdapterInfo, Report, Row, Verdict

FAILS = {
    "exact": False,
    "within_bound": False,
    "diverges": True,
    "inconclusive": True,
    "wrong_shape": True,
    "wrong_dtype": True,
    "rejects": True,
    "accepts": True,
    "refuses": False,
    "ambiguous": False,
    "unstable": True,
    "crashes": True,
    "hangs": True,
    "inexpressible": False,
    "unavailable": False,
    "known": False,
    "fixed": True,
    "stale": True,
    "adapter_error": True,
    "broken": True,
}
CONFORMS = {"exact", "within_bound", "refuses", "ambiguous"}


def row(verdict, adapter="pytorch", case="suite/case"):
    return Row(case, adapter, "eager", "output", "native", Verdict(verdict), Verdict(verdict), None, None, "", "", "")


def report(rows, *, requested_by_name):
    adapters = (AdapterInfo("pytorch", "pytorch", {}, requested_by_name), AdapterInfo("other", "keras", {}, False))
    return Report(SCHEMA_VERSION, {}, adapters, (), tuple(rows))


def test_the_table_lists_every_verdict():
    assert {str(verdict) for verdict in Verdict} == set(FAILS)


@pytest.mark.parametrize(("verdict", "fails"), FAILS.items())
def test_a_verdict_fails_as_the_table_says(verdict, fails):
    assert Verdict(verdict).fails is fails
    assert Verdict(verdict).conforms is (verdict in CONFORMS)
    assert bool(report([row(verdict)], requested_by_name=False).failures) is fails


def test_what_is_unavailable_fails_only_if_asked_for_by_name():
    missing = row("unavailable")
    assert report([missing], requested_by_name=True).failures == (missing,)
    assert report([missing], requested_by_name=False).failures == ()
    assert report([row("unavailable", "other")], requested_by_name=True).failures == ()
    assert report([row("inexpressible")], requested_by_name=True).failures == ()


def test_failures_keep_their_order():
    rows = [row("diverges", case="a/1"), row("exact", case="a/2"), row("fixed", case="a/3"), row("known", case="a/4")]
    assert [failure.case for failure in report(rows, requested_by_name=False).failures] == ["a/1", "a/3"]


def test_a_row_is_known_by_what_was_asked():
    assert row("exact").key == ("suite/case", "pytorch", "eager", "output")
