"""The two published networks, narrow: both hand-written forms are the same network, and run_round_trip alike."""

from __future__ import annotations

import pytest

from harness.porting import compare, port
from harness.porting.networks.compare import changed_weights, side
from harness.porting.networks.example_models import NETWORKS, unet_keras, unet_pytorch

WIDTH = 4
KINDS = {
    "small": {"conv2d": 2, "relu": 3, "conv_transpose2d": 2, "concat": 1},
    "unet": {
        "conv2d": 19, "batch_norm": 18, "relu": 18, "max_pool2d": 4, "conv_transpose2d": 4, "concat": 4, "sigmoid": 1,
    },
}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_they_are_what_the_page_says(frameworks, name):
    published = NETWORKS[name]
    reading = side("pytorch").read(published.makers["pytorch"](WIDTH), published.shape)
    kinds = [node.kind for node in reading.network.nodes]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == KINDS[name]
    widths = [node.operation.out_channels for node in reading.network.nodes if node.kind == "conv_transpose2d"]
    assert widths == ([4, 1] if name == "small" else [32, 16, 8, 4])


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_both_forms_by_hand_are_the_same(frameworks, name):
    published = NETWORKS[name]
    one, other = (published.makers[framework](WIDTH) for framework in ("pytorch", "keras"))
    findings = compare(one, other, published.shape)
    assert len(findings) == sum(KINDS[name].values())
    assert [str(finding) for finding in findings if finding.differs] == []
    first, second = side("pytorch").read(one, published.shape), side("keras").read(other, published.shape)
    assert changed_weights(first, second) == []


@pytest.mark.parametrize("start", ["pytorch", "keras"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_there_and_back(frameworks, name, start):
    published = NETWORKS[name]
    model = published.makers[start](WIDTH)
    there = port(model, "keras" if start == "pytorch" else "pytorch", published.shape)
    back = port(there, start, published.shape)
    port(model, "tensorflow", published.shape)
    first, last = (side(start).read(one, published.shape) for one in (model, back))
    assert changed_weights(first, last) == []
    if start == "pytorch" and name == "unet":
        counted = {"num_batches_tracked"}
        kept = [key for key in model.state_dict() if key.rpartition(".")[2] not in counted]
        assert all(frameworks.torch.equal(model.state_dict()[key], back.state_dict()[key]) for key in kept)


def test_the_default_epsilon_of_keras_is_named_in_every_normalisation(frameworks):
    findings = compare(unet_pytorch(WIDTH), unet_keras(WIDTH, epsilon=1e-3), NETWORKS["unet"].shape)
    wrong = [finding.ported for finding in findings if finding.differs]
    assert [one.kind for one in wrong if one is not None] == ["batch_norm"] * 18
    assert {one.diagnosis for one in wrong if one is not None} == {"as if epsilon is 0.001 where 1e-05 is expected"}
