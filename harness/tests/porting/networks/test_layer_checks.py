from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.dtypes import DTYPES
from harness.operations.conv_transpose.faults.roundings import round_bits
from harness.porting.networks.graph import Conv2d, Relu, Sigmoid
from harness.porting.networks.layer_checks import Recall, judge, judge_layers
from harness.porting.networks.references import LayerCall
from harness.tests.porting.networks.samples import FLOAT32, NETWORK, WEIGHTS, X, computed


def test_an_honest_answer_has_no_layer_that_differs():
    findings = judge_layers(NETWORK, WEIGHTS, X, computed())
    assert [finding.name for finding in findings] == [node.name for node in NETWORK.nodes]
    assert {str(finding.judgement.verdict) for finding in findings} == {"exact"}


def test_an_error_stays_where_it_arose():
    """The layers after it are right for what they got."""
    outputs = computed()
    changed = outputs["deep"] + np.float32(0.5)
    later = computed(weights={**WEIGHTS, "deep.bias": WEIGHTS["deep.bias"] + np.float32(0.5)})
    findings = judge_layers(NETWORK, WEIGHTS, X, {**later, "deep": changed})
    wrong = [finding.name for finding in findings if finding.differs]
    assert wrong[0] == "deep"
    assert "last" not in wrong
    assert "out" not in wrong


def test_what_raised_is_told_and_ends_the_findings():
    outputs = {name: array for name, array in computed().items() if name in {"wide", "block.bn"}}
    findings = judge_layers(NETWORK, WEIGHTS, X, outputs, "ValueError: no")
    assert [str(finding) for finding in findings][2:] == ["skip (relu): rejects: ValueError: no"]


@pytest.mark.parametrize(
    ("change", "verdict", "message"),
    [
        (lambda y: y.astype(np.float64), "wrong_dtype", "expected float32, got float64"),
        (lambda y: y[:, :, 1:], "wrong_shape", "expected [2, 12, 4, 6], got [2, 12, 3, 6] (NCHW)"),
        (lambda y: y + np.float32(1), "diverges", "values differ in 576 of 576 elements"),
    ],
)
def test_types_shapes_and_values(change, verdict, message):
    outputs = computed()
    finding = judge_layers(NETWORK, WEIGHTS, X, {**outputs, "pool": change(outputs["pool"])})[3]
    assert (finding.name, str(finding.judgement.verdict)) == ("pool", verdict)
    assert finding.judgement.message.startswith(message)


def test_what_reads_another_shape_is_not_judged_by_values():
    outputs = computed()
    findings = judge_layers(NETWORK, WEIGHTS, X, {**outputs, "pool": outputs["pool"][:, 1:]})
    assert findings[4].judgement.message == "what it reads does not fit it: expected 12 channels, got 11"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_must_be_the_same(value):
    x = np.ones((1, 1, 2, 2), np.float32)
    reference = LayerCall(Relu(), {}, [x.astype(np.float64)], FLOAT32).reference
    got = x.copy()
    got[0, 0, 0, 0] = value
    assert judge(reference, got, FLOAT32).verdict == "diverges"
    same = LayerCall(Relu(), {}, [got.astype(np.float64)], FLOAT32).reference
    assert judge(same, np.maximum(got, 0), FLOAT32).verdict == "exact"
    assert judge(same, x, FLOAT32).verdict == "diverges"


def test_nan_answers_nan_beside_rounded_values():
    x = np.linspace(-3, 3, 99, dtype=np.float32).reshape(1, 1, 9, 11)
    x[0, 0, 0, 0] = np.nan
    reference = LayerCall(Sigmoid(), {}, [x.astype(np.float64)], FLOAT32).reference
    got = np.nextafter(reference.output.astype(np.float32), np.float32(9))
    assert judge(reference, got, FLOAT32).verdict == "within_bound"
    got[0, 0, 0, 0] = 0.5
    assert judge(reference, got, FLOAT32).verdict == "diverges"


def test_findings_are_recalled_only_for_the_same_bits():
    recall = Recall()
    outputs = computed()
    first = judge_layers(NETWORK, WEIGHTS, X, outputs, recall=recall)
    second = judge_layers(NETWORK, WEIGHTS, X, outputs, recall=recall)
    assert all(one is other for one, other in zip(first, second, strict=True))
    third = judge_layers(NETWORK, WEIGHTS, X, {**outputs, "out": outputs["out"] * np.float32(0.5)}, recall=recall)
    assert [finding.name for finding in third if finding.differs] == ["out"]


def layer_of(channels, dtype=FLOAT32):
    """A convolution with a 3x3 kernel, and what it reads."""
    generator = np.random.default_rng(channels)
    kernel, x = (generator.normal(size=shape) for shape in ((4, channels, 3, 3), (1, channels, 8, 8)))
    kernel, x = (tensor.astype(dtype.numpy).astype(np.float64) for tensor in (kernel, np.maximum(x, 0)))
    return LayerCall(Conv2d(channels, 4, (3, 3), (1, 1), (1, 1), 1, ((1, 1), (1, 1))), {"kernel": kernel}, [x], dtype)


@pytest.mark.parametrize("channels", [8, 64])
def test_operands_of_fewer_bits_are_found_in_layers(channels):
    seen = layer_of(channels)
    narrow = replace(
        seen,
        weights={"kernel": round_bits(seen.weights["kernel"], 11)},
        inputs=[round_bits(seen.inputs[0], 11)],
    )
    assert judge(seen.reference, narrow.reference.output.astype(np.float32), FLOAT32).verdict == "diverges"
    assert judge(seen.reference, seen.reference.output.astype(np.float32), FLOAT32).verdict == "exact"
    near = np.nextafter(seen.reference.output.astype(np.float32), np.float32(0))
    assert judge(seen.reference, near, FLOAT32).verdict == "within_bound"


def test_a_layer_of_zeros_proves_nothing():
    half = DTYPES["bfloat16"]
    seen = layer_of(512, half)
    near = np.nextafter(seen.reference.output.astype(half.numpy), half.numpy.type(0))
    assert judge(seen.reference, near * 0, half).verdict.fails


def test_what_a_runtime_flushes_to_zero_is_right():
    x = np.full((1, 1, 1, 2), -90.0, np.float32)
    reference = LayerCall(Sigmoid(), {}, [x.astype(np.float64)], FLOAT32).reference
    assert judge(reference, np.zeros_like(x), FLOAT32).verdict == "exact"
    assert judge(reference, np.full_like(x, 1e-39), FLOAT32).verdict == "within_bound"
    assert judge(reference, np.full_like(x, 1e-37), FLOAT32).verdict == "diverges"
