"""Every rule of the table is broken by a shipped case, in every dialect in which it can be."""

from __future__ import annotations

import pytest

from harness.adapters import choose
from harness.operations.conv_transpose.case import transposed_convolutions
from harness.operations.conv_transpose.rules import RULES
from harness.suites.selection import select


@pytest.fixture(scope="module")
def shipped():
    return list(transposed_convolutions(select([]).cases()))


@pytest.mark.parametrize(
    ("name", "dialect"), [(name, dialect) for name, rule in RULES.items() for dialect in rule.dialects]
)
def test_each_rule_has_an_illegal_case_in_each_of_its_dialects(name, dialect, shipped):
    found = [case for case in shipped if (case.rule, case.dialect) == (name, dialect)]
    if RULES[name].open:
        assert any(case.expect.readings for case in found)
    else:
        assert any(case.expect.error for case in found)


def test_every_illegal_case_names_a_rule_of_its_dialect(shipped):
    illegal = [case for case in shipped if case.expect.error]
    assert illegal
    assert [case.name for case in illegal if case.rule not in RULES] == []
    named = [case for case in shipped if case.rule]
    assert [case.name for case in named if case.dialect not in RULES[case.rule].dialects] == []


def test_rules_are_of_dialects_that_an_adapter_speaks():
    spoken = {one.adapter.dialect for one in choose()}
    assert {dialect for rule in RULES.values() for dialect in rule.dialects} <= spoken


def test_each_rule_is_one_sentence_of_its_own():
    sentences = [rule.sentence for rule in RULES.values()]
    assert len(set(sentences)) == len(sentences)
    assert all(text[0].isupper() and text.endswith(".") for text in sentences)
