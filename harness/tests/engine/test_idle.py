"""What says nothing about any framework is no success, and the reasons are given adapter by adapter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.adapters import Chosen, choose
from harness.adapters.published_numpy import PublishedNumpy
from harness.core.errors import NothingRequestedError
from harness.core.results import Verdict
from harness.engine.idle import require_requests, why_nothing_ran
from harness.engine.survey import survey
from harness.tests.asking import make_case
from harness.tests.build import make_row

ILLEGAL = replace(make_case("illegal"), dialect="keras", rule="stride-zero")


def refusal(cases, chosen):
    with pytest.raises(NothingRequestedError) as caught:
        require_requests(survey(cases, chosen), chosen)
    return str(caught.value)


def given(case):
    from harness.core.case import Overrides

    return replace(case, overrides=Overrides(output_shape=(3, 4)))


def test_a_named_adapter_without_a_check_is_refused_with_the_reason():
    cases = [make_case("plain"), given(replace(make_case("own"), dialect="tensorflow"))]
    require_requests(survey(cases, choose(["pytorch"])), choose(["pytorch"]))
    text = refusal(cases[1:], choose(["pytorch", "tensorflow"]))
    assert "nothing is requested of pytorch:\n  errors, ambiguities and what is handed over" in text
    assert "that is tensorflow, the adapter's is pytorch (1 case)" in text
    assert "of tensorflow" not in text


def test_an_unnamed_variant_without_a_check_is_no_matter_but_a_run_of_none_is():
    ops = [one for one in choose() if one.name in {"keras:ops", "pytorch"}]
    case = make_case("plain")
    require_requests(survey([case], ops), ops)
    text = refusal([case], ops[:1])
    assert "unless it is named, a variant runs cases of its own dialect only, keras (1 case)" in text
    assert "unless it is named, it runs these suites only: reported_divergences" in refusal(
        [replace(case, dialect="keras")], ops[:1]
    )
    assert "no adapter is installed" in refusal([case], [])


def test_a_run_in_which_nothing_but_the_published_code_ran_says_nothing():
    published = Chosen(PublishedNumpy(), "x:Y", requested_as="published-numpy")
    pytorch = choose(["pytorch"])[0]
    ran = make_row("s/a", Verdict.EXACT, adapter="published-numpy")
    absent = make_row("s/a", Verdict.UNAVAILABLE, adapter="pytorch", message="not installed: pip install torch")
    text = why_nothing_ran([ran, absent], [published, pytorch])
    assert "pytorch: not installed: pip install torch (1 check)" in text
    assert "published-numpy: it ran, but is no framework" in text
    assert why_nothing_ran([ran], [replace(published, requested_as="x:Y")]) == ""
    assert why_nothing_ran([make_row("s/a", Verdict.DIVERGES, adapter="pytorch")], [published, pytorch]) == ""


@pytest.mark.parametrize("verdict", [Verdict.INEXPRESSIBLE, Verdict.UNAVAILABLE, Verdict.BROKEN])
def test_what_did_not_run_says_nothing(verdict):
    assert "(2 checks)" in why_nothing_ran(
        [make_row(name, verdict, adapter="pytorch", message="why") for name in ("s/a", "s/b")], choose(["pytorch"])
    )


def test_an_adapter_that_was_named_and_ran_nothing_is_no_success_beside_another():
    pytorch, keras = choose(["pytorch", "keras"])[::-1]
    ran = make_row("s/a", Verdict.EXACT, adapter="pytorch")
    unable = make_row("s/a", Verdict.INEXPRESSIBLE, adapter="keras", message="no such word")
    text = why_nothing_ran([ran, unable], [pytorch, keras])
    assert text.splitlines() == [
        "no check ran of keras:",
        "  keras: no such word (1 check)",
        "no report was written",
    ]
    assert why_nothing_ran([ran, replace(unable, case="s/b"), replace(ran, adapter="keras")], [pytorch, keras]) == ""
    assert why_nothing_ran([ran, unable], [pytorch, replace(keras, requested_by_name=False)]) == ""
    broken = make_row("s/b", Verdict.BROKEN, adapter="keras", message="does not start")
    assert why_nothing_ran([ran, unable, broken], [pytorch, keras]) == ""
