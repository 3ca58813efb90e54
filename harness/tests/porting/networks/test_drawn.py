"""Drawn networks: written alike in two frameworks, exact, and judged by what they give when they are called."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.results import Judgement, Verdict
from harness.porting.layers.layer import DiffersError, TranslationError
from harness.porting.networks.compare import PairFinding
from harness.porting.networks.drawn import by_hand_keras, proof
from harness.porting.networks.drawn.drawing import MOST, drawn, whole
from harness.porting.networks.drawn.faults import faults
from harness.porting.networks.drawn.proof import Outcome, called, prove, same, written
from harness.porting.networks.drawn.steps import Drawing, Step
from harness.porting.networks.layer_checks import LayerFinding

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:Using padding='same'", "ignore::FutureWarning"
)
SEEDS = range(40)


def test_networks_are_the_same_for_a_seed_and_have_two_to_eight_layers():
    networks = [drawn(seed) for seed in range(300)]
    assert str(networks[:5]) == str([drawn(seed) for seed in range(5)])
    assert {len(one.steps) for one in networks} == set(range(2, 9))
    assert {step.kind for one in networks for step in one.steps} == {
        "conv2d", "conv_transpose2d", "batch_norm", "relu", "sigmoid", "max_pool2d", "average_pool2d", "upsample2d",
        "concat",
    }  # fmt: skip
    assert {one.owner for one in networks} == {"pytorch", "keras"}
    for one in networks:
        assert {size[axis] % 2 for size in one.sizes for axis in range(2)} == {0, 1} or one.sizes[0][0] % 2 == 0
        assert len(set(one.sizes)) == 3


def test_both_ways_to_write_by_hand_agree_in_every_bit(frameworks):
    agreed = 0
    for seed in SEEDS:
        drawing = drawn(seed)
        dilated = any(step.kind == "conv_transpose2d" and max(step.dilations) > 1 for step in drawing.steps)
        if dilated or not by_hand_keras.can_write(drawing):  # TensorFlow dilates with oneDNN alone
            continue
        one, other = written(drawing, "pytorch"), written(drawing, "keras")
        for n, size in enumerate(drawing.sizes, 1):
            x = whole((n, drawing.channels, *size), seed)
            pair = called(one, "pytorch", x), called(other, "keras", x)
            assert same(drawing, *pair), (seed, size)
            assert drawing.steps[-1].kind == "sigmoid" or np.abs(pair[0]).max() <= MOST
            agreed += 1
    assert agreed > 60


def outputs(*kinds):
    """A network of such steps, one after the other, and an output of it."""
    names = ("x", *kinds)
    steps = tuple(Step(kind, kind, (before,)) for before, kind in zip(names, kinds, strict=False))
    y = np.array([78.0, 5.0, -3.0, 0.5], np.float32)
    if kinds[-1] == "sigmoid":
        y = (1 / (1 + np.exp(-y / 8))).astype(np.float32)
    return Drawing("keras", 1, ((7, 7), (8, 10), (9, 8)), steps), y.reshape(1, 1, 2, 2)


@pytest.mark.parametrize(
    ("kinds", "off", "equal"),
    [
        (("conv2d",), 0.0, True),
        (("conv2d",), 2e-7, False),  # whole numbers are not rounded
        (("batch_norm", "relu"), 2e-7, True),
        (("batch_norm", "relu"), 1.1e-6, False),
        (("batch_norm", "batch_norm"), 1.1e-6, True),
        (("batch_norm", "batch_norm"), 2.3e-6, False),
        (("conv2d", "sigmoid"), 5e-7, True),
        (("conv2d", "sigmoid"), 4e-6, False),
        (("batch_norm", "sigmoid"), 4e-6, True),
        (("batch_norm", "sigmoid"), 9e-6, False),
    ],
)
def test_outputs_are_equal_but_for_what_these_steps_round(kinds, off, equal):
    drawing, y = outputs(*kinds)
    assert same(drawing, y, y * np.float32(1 + off)) is equal
    assert not same(drawing, y, y.astype(np.float64))


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_ports_and_copies_of_a_network(frameworks, seed):
    found = prove(seed)
    assert {finding.outcome for finding in found.ports.values()} <= {Outcome.RIGHT, Outcome.REFUSED}
    assert found.copy.outcome is Outcome.RIGHT
    assert found.faulty.outcome is Outcome.NAMED
    assert found.fault


def strided():
    weights = {"kernel": whole((2, 1, 3, 3), 1), "bias": whole((2,), 2)}
    conv = Step("conv", "conv2d", ("x",), (3, 3), (2, 2), same=True, weights=weights)
    pool = Step("pool", "max_pool2d", ("conv",), (2, 2))
    return Drawing("keras", 1, ((7, 7), (8, 10), (9, 8)), (conv, pool))


def test_a_port_that_is_wrong_at_another_size_is_noticed(frameworks, monkeypatch):
    """One that is returned all the same, padded as it is right for the first size."""
    drawing = strided()
    fixed = drawing.with_step(drawing.steps[0], same=False, pads=((1, 1), (1, 1)))
    monkeypatch.setattr(proof, "drawn", lambda seed: drawing)
    monkeypatch.setattr(proof, "port", lambda model, to, shape: written(fixed, "pytorch"))
    found = prove(0)
    assert found.ports["pytorch"].outcome is Outcome.WRONG
    assert found.ports["pytorch"].reason == "another output on [2, 1, 8, 10]"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DiffersError("its port to PyTorch differs"), Outcome.ACCUSED),
        (TranslationError("what is read of Keras's model is not what it gives"), Outcome.ACCUSED),
        (TranslationError("layer pool (max_pool2d): no"), Outcome.REFUSED),
    ],
)
def test_what_is_said_of_a_port_is_counted(frameworks, monkeypatch, error, outcome):
    def raises(*arguments):
        raise error

    drawing = strided()
    monkeypatch.setattr(proof, "drawn", lambda seed: drawing)
    monkeypatch.setattr(proof, "port", raises)
    assert {finding.outcome for finding in prove(0).ports.values()} == {outcome}


@pytest.mark.parametrize(
    ("found", "copy", "faulty"),
    [
        ([], Outcome.RIGHT, Outcome.WRONG),
        (["other"], Outcome.ACCUSED, Outcome.MISNAMED),
    ],
)
def test_what_a_comparison_says_is_counted(frameworks, monkeypatch, found, copy, faulty):
    drawing = strided()
    wrong = [LayerFinding(name, "relu", Judgement(Verdict.DIVERGES, "")) for name in found]
    monkeypatch.setattr(proof, "drawn", lambda seed: drawing)
    monkeypatch.setattr(proof, "compare", lambda *arguments: [PairFinding(one, one) for one in wrong])
    result = prove(0)
    assert (result.copy.outcome, result.faulty.outcome) == (copy, faulty)


def test_faults_are_of_every_kind_and_change_one_layer():
    names = set()
    for seed in range(200):
        drawing = drawn(seed)
        for name, layer, wrong in faults(drawing):
            names.add(name)
            changed = [
                one.name for one, other in zip(drawing.steps, wrong.steps, strict=True) if str(one) != str(other)
            ]
            assert changed in ([layer], [])
    assert len(names) == 17
    assert list(faults(replace(strided(), steps=()))) == []
