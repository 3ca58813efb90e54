from __future__ import annotations

import threading

import numpy as np
import pytest

from harness.core.findings import Separation
from harness.engine.disambiguation import Separator, effects
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.tests.build import load_cases

SUITE = """\
suite: S
about: a
defaults: {dialect: pytorch, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: 3}
cases:
  - {id: b-square, about: rotation and convolution agree, padding: 1}
  - {id: c-strided, about: they differ, strides: 2}
  - {id: d-strided-too, about: they differ, strides: 3}
  - {id: e-large, about: not searched, strides: 2, input_size: 200}
  - {id: a-illegal, about: no values, output_padding: 9, expect: {error: true}}
"""
TIED = ["kernel-rotated", "ordinary-convolution"]


@pytest.fixture
def cases(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text("suite: [")
    (tmp_path / "known_divergences.yaml").write_text("[]")
    return {case.id: case for case in load_cases(tmp_path, SUITE)}


def everything(case):
    return True


def test_the_first_case_that_separates_is_found(cases):
    assert Separator().find(cases["b-square"], TIED, "me", everything) == Separation("suite/c-strided")


def test_the_adapter_must_be_able_to_say_it(cases):
    found = Separator().find(cases["b-square"], TIED, "me", lambda case: case.id != "c-strided")
    assert found == Separation("suite/d-strided-too")
    none = Separator().find(cases["b-square"], TIED, "me", lambda case: case.id == "b-square")
    assert none == Separation()


def test_what_is_found_belongs_to_the_adapter_and_is_found_once(cases):
    separator, asked = Separator(), []

    def expresses(case):
        asked.append(case.id)
        return True

    first = separator.find(cases["b-square"], TIED, "me", expresses)
    count = len(asked)
    assert separator.find(cases["b-square"], TIED, "me", expresses) == first
    assert len(asked) == count > 0
    assert separator.find(cases["b-square"], TIED, "you", lambda case: case.id == "b-square") == Separation()


def test_without_a_corpus_nothing_is_said(cases, tmp_path):
    (tmp_path / "suite.yaml").unlink()
    assert Separator().find(cases["b-square"], TIED, "me", everything) is None


def test_the_own_suite_comes_first_then_the_own_dialect(cases, tmp_path):
    (tmp_path / "a.yaml").write_text(SUITE)
    (case,) = (one for one in load_cases(tmp_path, SUITE, "b.yaml") if one.id == "b-square")
    assert Separator().find(case, TIED, "me", everything) == Separation("b/c-strided")
    foreign = SUITE.replace("dialect: pytorch", "dialect: canonical")
    (tmp_path / "a.yaml").write_text(foreign)
    only = "\n".join(line for line in SUITE.splitlines() if "they differ" not in line)
    (case,) = (one for one in load_cases(tmp_path, only, "b.yaml") if one.id == "b-square")
    (tmp_path / "z.yaml").write_text(SUITE)
    assert Separator().find(case, TIED, "me", lambda one: one.suite != "suite") == Separation("z/c-strided")


def test_what_no_case_separates_is_named_as_left_alike(cases):
    names = [*TIED, "kernel-rotated + shifted(1,0)", "shifted(1,0) + kernel-rotated"]
    found = Separator().find(cases["b-square"], names, "me", everything)
    assert found == Separation("suite/c-strided", ((2, 3),))


def test_threads_find_the_same(cases):
    separator, found = Separator(), []
    threads = [
        threading.Thread(target=lambda: found.append(separator.find(cases["b-square"], TIED, "me", everything)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Separation("suite/c-strided")] * 4


def marks(case, names):
    geometry = lower(case)
    return effects(case, make_tensors(case, geometry).reference(geometry), names)


def test_one_mistake_under_another_name_does_not_separate(tmp_path):
    """Rotating a kernel of one row is flipping it, whatever it was called on the tied case."""
    text = SUITE.replace("kernel_size: 3", "kernel_size: [1, 3]")
    case = next(one for one in load_cases(tmp_path, text) if one.id == "c-strided")
    rotated, flipped = marks(case, ["kernel-rotated", "kernel-flipped-in-width"])
    assert rotated & flipped
    rolled, missing = marks(case, ["rolled(1,0)", "bias-missing"])
    assert not rolled & missing
    assert len(missing) == 1  # the truth: there is no bias to miss


def test_effects_are_told_by_values(cases):
    up, down = marks(cases["c-strided"], ["shifted(1,0)", "shifted(-1,0)"])
    assert not up & down
    assert np.unique([*up, *down]).size == 2
