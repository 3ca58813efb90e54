"""What TensorFlow's side reads and writes: plain calls of tf.nn with variables."""

from __future__ import annotations

import numpy as np
import pytest

from harness.porting import TranslationError
from harness.porting.networks.graph import Conv2d, MaxPool2d, Network, Node
from harness.porting.networks.tensorflow import read, write
from harness.tests.porting.networks.samples import NETWORK, WEIGHTS, X, computed, drawn

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_every_kind_is_written_run_and_read(frameworks):
    module = write(NETWORK, WEIGHTS)
    reading = read(module, NETWORK.shape)
    assert reading.network == NETWORK
    assert {name: array.tobytes() for name, array in reading.weights.items()} == {
        name: array.tobytes() for name, array in WEIGHTS.items()
    }
    assert sum(int(np.prod(variable.shape)) for variable in module.variables) == sum(a.size for a in WEIGHTS.values())
    answer = reading.run(X)
    honest = computed()
    assert {name: array.shape for name, array in answer.outputs.items()} == {
        name: array.shape for name, array in honest.items()
    }
    assert answer.called is not None
    assert np.array_equal(answer.called, answer.outputs["out"])
    layers = module.layers(frameworks.tf.constant(X.transpose(0, 2, 3, 1)))
    assert np.array_equal(layers["cat"].numpy().transpose(0, 3, 1, 2), answer.outputs["cat"])


def test_weights_are_read_as_they_are_now(frameworks):
    module = write(NETWORK, WEIGHTS)
    module.parts["last"]["kernel"].assign_add(frameworks.tf.ones_like(module.parts["last"]["kernel"]))
    assert np.array_equal(read(module, NETWORK.shape).weights["last.kernel"], WEIGHTS["last.kernel"] + 1)


def test_pads_that_no_word_means(frameworks):
    nodes = (
        Node("c", ("x",), Conv2d(3, 2, (3, 3), (2, 1), (1, 1), 1, ((1, 1), (2, 0)))),
        Node("p", ("c",), MaxPool2d((3, 2), (2, 1), ((1, 0), (1, 1)))),
    )
    network = Network("x", (1, 3, 8, 8), "float32", nodes)
    weights = {"c.kernel": drawn((2, 3, 3, 3))}
    x = drawn(network.shape)
    answer = read(write(network, weights), network.shape).run(x)
    expected = computed(network, weights, x)
    assert answer.error == ""
    assert np.max(np.abs(answer.outputs["c"] - expected["c"])) < 1e-5
    pooled = computed(Network("c", (1, 2, 4, 8), "float32", nodes[1:]), {}, answer.outputs["c"])
    assert np.array_equal(answer.outputs["p"], pooled["p"])


def test_what_does_not_say_its_layers_is_refused(frameworks):
    for model in (frameworks.tf.Module(), frameworks.tf.function(lambda x: x)):
        with pytest.raises(TranslationError, match="only modules made by a port or a translation do"):
            read(model, (1, 3, 8, 8))
