"""Every hypothesis is named where it is what happened, with its layer, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.numerics import error_bound
from harness.porting.networks.fault_injection import FAULTS, plant
from harness.porting.networks.graph import BatchNorm, Conv2d, ConvTranspose2d, MaxPool2d, Node
from harness.porting.networks.layer_checks import judge_layers
from harness.porting.networks.references import LayerCall
from harness.tests.porting.networks.samples import FLOAT32, NETWORK, WEIGHTS, X, computed

NAMED = {
    "batch-norm-epsilon": ("block.bn", "as if epsilon is 0.001 where 1e-05 is expected"),
    "bias-missing": ("deep", "as if the bias is left out"),
    "concat-order": ("cat", "as if its inputs are joined in the order 3, 2, 1"),
    "gamma-beta-swapped": ("block.bn", "as if gamma and beta are swapped"),
    "kernel-reshaped": ("deep", "as if the kernel is reshaped to (kH, kW, C_in, C_out), not transposed"),
    "kernel-rotated": ("deep", "as if the kernel is rotated by 180 degrees"),
    "padding-one-off": (
        "wide",
        "as if the padding is (2, 0) rows and (1, 1) columns where (1, 1) rows and (1, 1) columns is expected",
    ),
    "transposed-kernel-rotated": ("up", "as if the kernel is rotated by 180 degrees"),
}


def differing(outputs, weights=WEIGHTS, network=NETWORK):
    return [finding for finding in judge_layers(network, weights, X, outputs) if finding.differs]


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"crop-one-off"}))
def test_planted_faults_are_named_with_their_layer_alone(name):
    planted = plant(FAULTS[name], NETWORK, WEIGHTS)
    assert planted is not None
    layer, network, weights = planted
    found = differing(computed(network, weights))
    assert [(finding.name, finding.diagnosis) for finding in found] == [NAMED[name]]
    assert layer == NAMED[name][0]


def test_a_crop_one_off_is_said_as_a_shift():
    up = NETWORK.nodes[5]
    crossed = ConvTranspose2d(8, 5, (3, 3), (2, 1), (1, 1), 1, ((1, 1), (1, 1)))
    network = replace(NETWORK, nodes=(*NETWORK.nodes[:5], replace(up, operation=crossed)))
    planted = plant(FAULTS["crop-one-off"], network, WEIGHTS)
    assert planted is not None
    [finding] = differing(computed(*planted[1:]), network=network)
    assert (finding.name, finding.diagnosis) == ("up", "as if everything stands 1 row up from its place")


def test_a_fault_that_no_layer_can_have_is_not_planted():
    assert plant(FAULTS["crop-one-off"], NETWORK, WEIGHTS) is None
    still = {**WEIGHTS, **{name: np.ones_like(array) for name, array in WEIGHTS.items() if name.endswith("kernel")}}
    assert plant(FAULTS["kernel-rotated"], NETWORK, still) is None


def misread(name, change=None, **weights):
    """The outputs where the layer ``name`` has other settings or weights; of later layers, what follows from it."""
    node = next(node for node in NETWORK.nodes if node.name == name)
    network = NETWORK if change is None else NETWORK.with_node(Node(name, node.inputs, change(node.operation)))
    return computed(network, {**WEIGHTS, **{f"{name}.{role}": array for role, array in weights.items()}})


K, DEEP = WEIGHTS["wide.kernel"], WEIGHTS["deep.kernel"]
BN = {role: WEIGHTS[f"block.bn.{role}"] for role in BatchNorm.roles}
OTHERS = {
    "the kernel is flipped along the height": ("wide", misread("wide", kernel=K[:, :, ::-1])),
    "the kernel is flipped along the width": ("wide", misread("wide", kernel=K[:, :, :, ::-1])),
    "the kernel is transposed in height and width": ("wide", misread("wide", kernel=K.swapaxes(2, 3))),
    "the kernel is reshaped from (kH, kW, C_in, C_out), not transposed": (
        "wide",
        misread("wide", kernel=K.transpose(2, 3, 1, 0).reshape(K.shape)),
    ),
    "the bias is added twice": ("wide", misread("wide", bias=2 * WEIGHTS["wide.bias"])),
    "the bias is subtracted": ("wide", misread("wide", bias=-WEIGHTS["wide.bias"])),
    "gamma is 1": ("block.bn", misread("block.bn", gamma=np.ones(12, np.float32))),
    "beta is 0": ("block.bn", misread("block.bn", beta=np.zeros(12, np.float32))),
    "epsilon is 0.0001 where 1e-05 is expected": ("block.bn", misread("block.bn", lambda operation: BatchNorm(1e-4))),
    "the standard deviation is taken for the variance": (
        "block.bn",
        misread("block.bn", variance=np.sqrt(BN["variance"])),
    ),
}


def test_what_the_values_cannot_tell_apart_is_said_to_be_so():
    """Without epsilon or with a very small one, this variance gives the same within rounding."""
    [finding] = differing(misread("block.bn", lambda operation: BatchNorm(0.0)))
    assert finding.diagnosis.startswith("as if epsilon is 1e-07 where 1e-05 is expected; or as if epsilon is 1e-08")
    assert finding.diagnosis.endswith("(this case cannot tell these apart)")


@pytest.mark.parametrize("text", sorted(OTHERS))
def test_other_mistakes_are_named(text):
    name, outputs = OTHERS[text]
    found = [(finding.name, finding.diagnosis) for finding in differing(outputs)]
    assert found == [(name, f"as if {text}")]


def values(name, outputs):
    """What the layer ``name`` reads, in float64."""
    node = next(node for node in NETWORK.nodes if node.name == name)
    return [{"x": X, **outputs}[one].astype(np.float64) for one in node.inputs]


def trained(outputs):
    """Batch normalisation in training mode, summed in float32."""
    x = outputs["wide"]
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
    operation = next(node.operation for node in NETWORK.nodes if node.name == "block.bn")
    weights = {**BN, "mean": mean, "variance": variance}
    wide = {role: array.astype(np.float64) for role, array in weights.items()}
    return LayerCall(operation, wide, [x.astype(np.float64)], FLOAT32).reference.output


def divided(outputs):
    parts = (BN[role].astype(np.float64)[:, None, None] for role in BatchNorm.roles)
    gamma, beta, mean, variance = parts
    return gamma * (outputs["wide"] - mean) / (variance + 1e-5) + beta


def averaged(outputs):
    x = outputs["skip"].astype(np.float64)
    return (x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]) / 4


def spread(outputs):
    y = np.zeros_like(outputs["grown"])
    y[:, :, ::2, ::2] = outputs["up"]
    return y


def cornered(outputs):
    """One axis after the other, written out."""
    x = outputs["thin"].astype(np.float64)
    rows = np.stack([(1 - t) * x[:, :, i] + t * x[:, :, i + 1] for i, t in spaced(4, 8)], axis=2)
    return np.stack([(1 - t) * rows[:, :, :, i] + t * rows[:, :, :, i + 1] for i, t in spaced(3, 12)], axis=3)


def spaced(have, want):
    places = [k * (have - 1) / (want - 1) for k in range(want)]
    return [(min(int(place), have - 2), place - min(int(place), have - 2)) for place in places]


REPLACED = {
    "it runs in training mode, with the statistics of this batch": ("block.bn", trained),
    "the variance is divided by where its root is expected": ("block.bn", divided),
    "it is left out": ("skip", lambda outputs: outputs["block.bn"]),
    "negative elements are multiplied by 0.01": (
        "skip",
        lambda outputs: np.where(outputs["block.bn"] > 0, outputs["block.bn"], outputs["block.bn"] * np.float32(0.01)),
    ),
    "it takes the average": ("pool", averaged),
    "zeros stand between the elements": ("grown", spread),
    "it is nearest": ("smooth", lambda outputs: outputs["thin"].repeat(2, axis=2).repeat(4, axis=3)),
    "it is bilinear between the corners (align_corners=True)": ("smooth", cornered),
    "it takes the largest": ("thin", lambda outputs: outputs["skip"].reshape(2, 12, 4, 2, 3, 4).max((3, 5))),
    "it takes the sum": ("thin", lambda outputs: outputs["thin"] * 8),
    "it is a rectifier": ("out", lambda outputs: np.maximum(outputs["last"], 0)),
}


@pytest.mark.parametrize("text", sorted(REPLACED))
def test_other_operations_are_named(text):
    name, wrong = REPLACED[text]
    outputs = computed()
    findings = judge_layers(NETWORK, WEIGHTS, X, {**outputs, name: wrong(outputs).astype(np.float32)})
    finding = next(finding for finding in findings if finding.name == name)
    assert finding.diagnosis == f"as if {text}"


def test_zeros_that_win_in_max_pooling_are_named():
    x = -np.abs(X)
    pool = Node("pool", ("x",), MaxPool2d((3, 3), (2, 2), ((1, 1), (1, 1))))
    network = replace(NETWORK, nodes=(pool,))
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y = np.max([padded[:, :, i : i + 7 : 2, j : j + 11 : 2] for i in range(3) for j in range(3)], axis=0)
    [finding] = judge_layers(network, {}, x, {"pool": y})
    assert finding.diagnosis == "as if the zeros that pad it can win"


@pytest.mark.parametrize("name", [node.name for node in NETWORK.nodes])
def test_what_is_none_of_them_is_not_named(name):
    outputs = computed()
    noise = np.random.default_rng(1).normal(size=outputs[name].shape).astype(np.float32)
    finding = next(one for one in judge_layers(NETWORK, WEIGHTS, X, {**outputs, name: noise}) if one.name == name)
    assert finding.differs
    assert not finding.diagnosis.startswith("as if")


def test_what_padding_leaves_out_is_named_where_the_shape_is_wrong():
    wide = NETWORK.nodes[0]
    bare = replace(wide, operation=Conv2d(3, 12, (3, 3), (1, 1), (1, 1), 1, ((0, 0), (0, 0))))
    y = LayerCall.of(bare, WEIGHTS, [X], FLOAT32).reference.output.astype(np.float32)
    finding = judge_layers(NETWORK, WEIGHTS, X, {"wide": y})[0]
    assert (str(finding.judgement.verdict), finding.diagnosis) == ("wrong_shape", "as if nothing is padded")


def test_a_hypothesis_that_changes_nothing_explains_nothing():
    """Without a bias to leave out, an error barely above the bound lies within the bound of more roundings."""
    weights = {**WEIGHTS, "wide.bias": np.zeros(12, np.float32)}
    outputs = computed(weights=weights)
    reference = LayerCall.of(NETWORK.nodes[0], weights, [X], FLOAT32).reference
    at = (1, 5, 4, 4)
    bound, spared = (
        error_bound(reference.output, reference.magnitude, reference.terms + n, FLOAT32)[at] for n in (0, 2)
    )
    got = outputs["wide"].copy()
    got[at] = np.float32(reference.output[at] + 1.04 * bound)
    assert 1 < abs(float(got[at]) - reference.output[at]) / bound < spared / bound
    finding = judge_layers(NETWORK, weights, X, {**outputs, "wide": got})[0]
    assert finding.differs
    assert not finding.diagnosis.startswith("as if")


def test_a_transposed_convolution_of_another_size_is_told_by_its_crops():
    up = NETWORK.nodes[5]
    whole = ConvTranspose2d(8, 5, (3, 3), (2, 1), (1, 1), 1, ((0, 0), (0, 0)))
    outputs = computed()
    y = LayerCall.of(replace(up, operation=whole), WEIGHTS, [outputs["deep"]], FLOAT32).reference.output.astype(
        np.float32
    )
    finding = judge_layers(NETWORK, WEIGHTS, X, {**outputs, "up": y})[5]
    assert str(finding.judgement.verdict) == "wrong_shape"
    assert "as if the size is that of no padding in PyTorch and ONNX" in finding.diagnosis
