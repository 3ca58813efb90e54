"""Adapters on the frameworks themselves, one worker for those that share one."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from itertools import product
from typing import Any

import pytest

from harness.adapters.keras import Keras, KerasTorch
from harness.adapters.keras.ops import KerasOps, KerasTorchOps
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow, TensorFlowPlain
from harness.core.case import Expect
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import AllRows, run_all
from harness.operations.conv_transpose.case import Words
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen, make_case

EXTENDED = Words(((-1, 2), (0, -2)))
SLICED = Words(((1, 0), (0, 2)))
BEYOND = Words(((5, -4), (-3, 7)))
ERROR = Expect(error=True)


def cases():
    """Layouts, groups, biases and dtypes, on crops that are sliced, extended and both."""
    for layout, groups, dtype in product(["NHWC", "NCHW"], [1, 2], ["float64", "float32", "float16"]):
        for name, words in (("extended", EXTENDED), ("sliced", SLICED), ("beyond", BEYOND), ("full", Words())):
            yield make_case(
                f"{name}-{layout}-{groups}-{dtype}",
                dialect="canonical",
                words=words,
                strides=(2, 1),
                groups=groups,
                bias=True,
                dtype=dtype,
                layout=layout,
            )
    for dtype in ("float64", "float32", "float16"):
        yield make_case(f"same-{dtype}", dialect="tensorflow", strides=(2, 3), dtype=dtype, batch=3)
        yield make_case(f"real-{dtype}", dtype=dtype, data="real", bias=True, in_channels=16, kernel_size=(3, 3))
        yield make_case(f"dilated-{dtype}", dilations=(2, 2), dtype=dtype)
        yield make_case(f"dilated-strides-{dtype}", dilations=(2, 1), strides=(1, 2), dtype=dtype)
    yield make_case("one", batch=1, in_channels=1, out_channels=1, input_size=(1, 1), kernel_size=(1, 1))
    yield make_case("tall", batch=1, input_size=(40, 1), kernel_size=(1, 7), strides=(1, 5))
    yield make_case("deep", batch=1, in_channels=64, out_channels=32, groups=32, bias=(0.0,) * 32)
    yield make_case("torch-error", words=Words(output_padding=(2, 0)), expect=ERROR)
    yield make_case("keras-error", dialect="keras", words=Words("same", output_padding=(3, 0)), expect=ERROR)
    words = Words("same", output_size=(97, 97))
    yield make_case("tf-error", dialect="tensorflow", strides=(3, 3), words=words, expect=ERROR)


DILATED = {"dilated-float64", "dilated-float16", "dilated-strides-float64", "dilated-strides-float16"}
NOT_SAID = {
    "tensorflow": DILATED,
    "keras": DILATED | {"dilated-strides-float32"},
    "keras:torch": {name for name in DILATED if "strides" in name} | {"dilated-strides-float32"},
    "keras:ops": DILATED | {"dilated-strides-float32"},
    "keras:torch-ops": {name for name in DILATED if "strides" in name} | {"dilated-strides-float32"},
    "pytorch": set(),
    "tensorflow:no-onednn": DILATED | {"dilated-float32", "dilated-strides-float32"},
}
ERRORS = {
    "tensorflow": "tf-error",
    "keras": "keras-error",
    "keras:ops": "keras-error",
    "keras:torch": "keras-error",
    "pytorch": "torch-error",
    "tensorflow:no-onednn": "tf-error",
}


def _one(adapter, group, *modules):
    missing = [module for module in modules if find_spec(module) is None]
    reason = f"{' and '.join(missing)} not installed"
    marks = (pytest.mark.xdist_group(group), pytest.mark.skipif(bool(missing), reason=reason))
    return pytest.param(adapter, marks=marks, id=adapter.name)


PARAMS: list[Any] = [
    _one(TensorFlow, "tensorflow", "tensorflow"),
    _one(PyTorch, "pytorch", "torch"),
    _one(Keras, "keras", "keras", "tensorflow"),
    _one(KerasTorch, "keras", "keras", "torch"),
    _one(KerasOps, "keras", "keras", "tensorflow"),
    _one(KerasTorchOps, "keras", "keras", "torch"),
    _one(TensorFlowPlain, "tensorflow", "tensorflow"),
]


@cache
def asked_together(process):
    """Of the adapters that share a process."""
    group = [one for one in (chosen(param.values[0]) for param in PARAMS) if one.process == process]
    return run_all(cases, group, KnownDivergences(), Settings(), 1, lambda row: None)


@pytest.fixture(scope="module", params=PARAMS)
def asked(request):
    one = chosen(request.param)
    found = asked_together(one.process)
    return AllRows(tuple(row for row in found.rows if row.adapter == one.name), {one.name: found.versions[one.name]})


@pytest.fixture
def adapter(asked):
    (name,) = asked.versions
    return name


def named(asked):
    return {row.case.removeprefix("suite/"): row for row in asked.rows}


def test_every_legal_case_conforms_or_cannot_be_said(asked, adapter):
    rows = {name: row for name, row in named(asked).items() if not name.endswith("-error")}
    other = {name: (row.verdict, row.message) for name, row in rows.items() if not row.verdict.conforms}
    assert {name: verdict for name, (verdict, _) in other.items()} == dict.fromkeys(
        NOT_SAID[adapter], Verdict.INEXPRESSIBLE
    )
    assert len(rows) == sum(not case.expect.error for case in cases())


def test_integers_are_exact_and_real_data_within_the_bound(asked):
    for name, row in named(asked).items():
        if row.verdict.conforms and not name.endswith("-error"):
            allowed = {Verdict.EXACT, Verdict.WITHIN_BOUND} if name.startswith("real") else {Verdict.EXACT}
            assert row.verdict in allowed, name


def test_the_illegal_case_of_its_own_dialect_is_refused_with_a_message(asked, adapter):
    if adapter not in ERRORS:
        pytest.skip("accepts what the layer refuses: a known divergence")
    errors = {name: row for name, row in named(asked).items() if name.endswith("-error")}
    assert set(errors) == {ERRORS[adapter]}
    row = errors[ERRORS[adapter]]
    assert row.verdict is Verdict.REFUSES
    kind, _, message = row.message.partition(": ")
    assert kind.endswith("Error")
    assert message
    assert "\x1b" not in message


def test_versions_name_the_framework_first(asked, adapter):
    first = {"pytorch": "torch"}.get(adapter, adapter.partition(":")[0])
    assert next(iter(asked.versions[adapter])) == first
    assert all(version[0].isdigit() for version in asked.versions[adapter].values())
