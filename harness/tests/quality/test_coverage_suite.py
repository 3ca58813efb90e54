from __future__ import annotations

from harness.quality.coverage import measure, points, regions_of
from harness.quality.coverage_suite import covering_suite
from harness.tests.build import load_cases, make_case


def missing_of(*cases):
    return measure([point for case in cases for point in points(case)], 3).missing


def test_the_suite_that_is_printed_loads_and_touches_every_missing_triple(tmp_path):
    missing = missing_of(make_case(), make_case(dilations=2, kernel_size=4))
    cases = load_cases(tmp_path, covering_suite(missing))
    touched = {region for case in cases for point in points(case) for region in regions_of(point, 3)}
    assert set(missing) <= touched
    assert len(cases) < 80
    assert all(case.about and min(case.input_size) > 0 for case in cases)


def test_nothing_is_printed_for_nothing(tmp_path):
    assert "cases: []" in covering_suite([])


def test_the_same_regions_give_the_same_text():
    missing = missing_of(make_case())[::7]
    assert covering_suite(missing) == covering_suite(missing)
