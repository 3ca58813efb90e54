"""Narrow networks through worker processes; this process imports no framework for it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from harness.adapters.pytorch import PyTorch
from harness.porting import TranslationError
from harness.porting import workers as layer_workers
from harness.porting.networks import round_trip
from harness.porting.networks.example_models import NETWORKS
from harness.porting.networks.fault_injection import FAULTS
from harness.porting.networks.round_trip import NetworkWorkers, run_round_trip
from harness.tests.porting.networks.test_hypotheses import NAMED

WIDTH = 12
needs_frameworks = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("torch", "keras", "tensorflow")), reason="needs all frameworks"
)
FIRST = {
    "small": {
        "bias-missing": "conv2",
        "concat-order": "cat",
        "crop-one-off": "deconv2",
        "kernel-reshaped": "conv2",
        "kernel-rotated": "conv2",
        "padding-one-off": "conv2",
        "transposed-kernel-rotated": "deconv2",
    },
    "unet": {
        "batch-norm-epsilon": "down.4.4",
        "bias-missing": "down.4.3",
        "concat-order": "cat_2",
        "gamma-beta-swapped": "down.4.4",
        "kernel-reshaped": "down.4.3",
        "kernel-rotated": "down.4.3",
        "padding-one-off": "down.4.3",
        "transposed-kernel-rotated": "up.2.0",
    },
}
SAID = {
    ("small", "concat-order"): "as if its inputs are joined in the order 2, 1",
    ("unet", "concat-order"): "as if its inputs are joined in the order 2, 1",
    ("small", "crop-one-off"): "as if everything stands 1 row up from its place",
    ("small", "transposed-kernel-rotated"): (
        "as if the kernel is rotated by 180 degrees; or as if an ordinary convolution instead of a transposed one "
        "(this case cannot tell these apart)"
    ),
}


@pytest.fixture(scope="module")
def workers():
    with NetworkWorkers() as opened:
        yield opened


@needs_frameworks
@pytest.mark.parametrize("start", ["pytorch", "keras"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_no_layer_differs(workers, name, start):
    done = run_round_trip(workers, NETWORKS[name], start, width=WIDTH)
    assert done is not None
    assert done.conforms
    one, other = ("PyTorch", "Keras") if start == "pytorch" else ("Keras", "PyTorch")
    assert [stage.title for stage in done.stages] == [one, other, f"{one} again", "TensorFlow"]
    assert {len(stage.findings) for stage in done.stages} == {len(done.network.nodes)}


@needs_frameworks
@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_planted_fault_is_named_with_its_layer_and_nothing_else_is(workers, name, fault):
    done = run_round_trip(workers, NETWORKS[name], "pytorch", FAULTS[fault], WIDTH)
    if fault not in FIRST[name]:
        assert done is None
        return
    assert done is not None
    assert not done.conforms
    assert done.planted == FIRST[name][fault]
    assert done.stages[0].first is None
    for stage in done.stages[1:]:
        [wrong] = [finding for finding in stage.findings if finding.differs]
        assert wrong.name == FIRST[name][fault]
        assert wrong.diagnosis == SAID.get((name, fault), NAMED.get(fault, ("", ""))[1])


@needs_frameworks
def test_weights_that_a_fault_changes_are_told(workers):
    done = run_round_trip(workers, NETWORKS["small"], "pytorch", FAULTS["bias-missing"], WIDTH)
    assert done is not None
    assert [stage.changed for stage in done.stages] == [(), *[("conv2.bias",)] * 3]


def test_a_framework_that_does_not_start_is_told(monkeypatch):
    monkeypatch.setattr(round_trip, "_ADAPTERS", {"nonsense": PyTorch, "none": PyTorch})
    monkeypatch.setattr(layer_workers, "TITLES", {"nonsense": "Nonsense", "none": "None"})
    with pytest.raises(TranslationError) as caught, NetworkWorkers() as workers:
        workers.versions()
    assert str(caught.value) == (
        "Nonsense could not be started, so nothing can be ported: ValueError: there is no process for nonsense; "
        "None could not be started, so nothing can be ported: ValueError: there is no process for none"
    )


@needs_frameworks
def test_a_process_that_dies_is_told(monkeypatch):
    with NetworkWorkers() as workers:
        workers.versions()
        workers._workers["pytorch"].kill()
        with pytest.raises(TranslationError, match="PyTorch gave no answer: SIGKILL"):
            run_round_trip(workers, NETWORKS["small"], width=1)


@needs_frameworks
def test_this_process_imports_no_framework():
    program = (
        "import sys; from harness.porting.networks.round_trip import NetworkWorkers, run_round_trip;"
        "from harness.porting.networks.example_models import NETWORKS;"
        "workers = NetworkWorkers(); run_round_trip(workers, NETWORKS['small'], width=1); workers.close();"
        "sys.exit(len({'torch', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
