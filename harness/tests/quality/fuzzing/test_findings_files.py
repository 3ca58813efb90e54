from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings

from harness.adapters import choose
from harness.engine.check import plan_check
from harness.quality.fuzzing.findings_files import entry_of, write_finding
from harness.quality.fuzzing.search import AdapterClient, Found, signature_of
from harness.quality.fuzzing.strategies import cases
from harness.quality.mutant_adapter import KernelRotated
from harness.suites.registry import load_suites
from harness.tests.asking import chosen, make_case
from harness.tests.build import load_cases, make_row


def planned(case, chosen):
    check = plan_check(case, chosen)
    assert check is not None
    return check


@pytest.mark.parametrize("dialect", ["pytorch", "tensorflow", "keras", "canonical"])
def test_what_is_written_of_a_case_is_the_case(dialect, tmp_path):
    @settings(max_examples=40, deadline=None, database=None, derandomize=True)
    @given(cases(dialect, ("float32", "float16")))
    def check(case):
        text = yaml.safe_dump({"suite": "s", "about": "a", "cases": [{"id": "x", "about": "b", **entry_of(case)}]})
        (read,) = load_cases(tmp_path, text, "suite.yaml")
        assert replace(read, suite=case.suite, id=case.id, about="", path="", line=0) == case

    check()


def test_a_finding_is_a_suite_that_fails_in_the_same_way_again(tmp_path):
    with AdapterClient(chosen(KernelRotated)) as client:
        check = planned(make_case("drawn", kernel_size=(2, 1), strides=(2, 2)), client.chosen)
        row = client.row_of(check)
        assert row is not None
        path, script = write_finding(tmp_path, 1, Found(signature_of(check.case, row), check, row), 7, client.row_of)
        (suite,) = load_suites([path])
        (case,) = suite.cases()
        again = client.row_of(planned(case, client.chosen))
    compile(script.read_text(), script.name, "exec")
    assert again is not None
    assert again.verdict is row.verdict
    assert case.about == "diverges: as if the kernel is flipped in height"
    assert "--seed 7" in path.read_text()
    assert path.name == "kernelrotated-01-diverges.yaml"


def test_an_adapter_that_writes_scripts_gets_one_that_compiles(tmp_path):
    (pytorch,) = choose(["pytorch"])
    check = planned(make_case("drawn"), pytorch)
    row = make_row("fuzz/drawn", "diverges", "pytorch", message="1 of 2\ndiffer")
    suite, script = write_finding(tmp_path, 2, Found(("", ""), check, row), 0, lambda _: row)
    compile(script.read_text(), script.name, "exec")
    assert "pytorch-02-diverges/smallest" in script.read_text()
    assert "diverges: 1 of 2 differ" in suite.read_text()
