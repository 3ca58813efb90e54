"""Which cases concern which adapters."""

from __future__ import annotations

from dataclasses import replace

from harness.adapters import choose
from harness.core.case import Overrides
from harness.engine.check import is_requested
from harness.tests.asking import make_case


def test_a_variant_is_asked_its_own_dialect_unless_it_is_named():
    (variant,) = (one for one in choose() if one.name == "keras:torch")
    (named,) = choose(["keras:torch"])
    foreign, own = make_case("foreign"), replace(make_case("own"), dialect="keras")
    assert not is_requested(foreign, variant)
    assert is_requested(own, variant)
    assert is_requested(foreign, named)


def test_a_variant_that_names_suites_is_asked_no_others_unless_it_is_named():
    (variant,) = (one for one in choose() if one.name == "keras:ops")
    (named,) = choose(["keras:ops"])
    listed = replace(make_case("own"), dialect="keras", suite="reported_divergences")
    assert is_requested(listed, variant)
    assert not is_requested(replace(listed, dialect="pytorch"), variant)
    assert not is_requested(replace(listed, suite="other"), variant)
    assert is_requested(replace(listed, suite="other"), named)


def test_what_is_handed_over_as_it_is_concerns_its_dialect_alone():
    pytorch, tensorflow = (one for one in choose(["pytorch", "tensorflow"]))
    legal = replace(make_case("two-numbers"), dialect="tensorflow")
    assert is_requested(legal, pytorch)
    given = replace(legal, overrides=Overrides(output_shape=(3, 4)))
    assert not is_requested(given, pytorch)
    assert is_requested(given, tensorflow)
