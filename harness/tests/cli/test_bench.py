from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner

from harness.adapters.base import ONE_THREAD
from harness.cli import bench
from harness.quality.benchmarks import layers, runner, whole_runs


def timed(oracle):
    return {output: {"oracle": oracle, "pytorch float64": 1e-3} for output in layers.OUTPUTS}


ANSWERS = {
    "by_layer": {"fast": timed(5e-4), "slow": timed(4.5e-3)},
    "references": {"onnx ReferenceEvaluator": {"reference": 0.6, "oracle": 1e-3}},
    "by_size": {"1x16x4x4": timed(2e-3)},
}


@pytest.fixture
def called(monkeypatch):
    """The functions that were called in processes of their own, with what they return made up."""
    started = []

    def apart(function, *arguments, environment=None):
        started.append((function.__name__, arguments, environment))
        if function.__name__ == "grown":
            return (3 if arguments[0] == "oracle" else 7) * 2**20
        return ANSWERS[function.__name__]

    monkeypatch.setattr(layers, "apart", apart)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    return started


def shown(*arguments):
    result = CliRunner().invoke(bench.command, arguments, standalone_mode=False)
    assert result.exception is None
    return result.output


def test_every_part_is_there():
    for part, module in bench.PARTS.items():
        assert callable(getattr(import_module(f"harness.quality.benchmarks.{module}"), f"{part}_part"))


def test_the_oracle_is_compared_on_as_many_threads_as_pytorch(called):
    text = shown("--part", "oracle", "--rounds", "2")
    assert called == [
        ("by_layer", (6, 4), dict.fromkeys(ONE_THREAD, "4")),
        ("by_layer", (6, 1), dict.fromkeys(ONE_THREAD, "1")),
        ("references", (6,), ONE_THREAD),
    ]
    assert "oracle / PyTorch float64 in ms, 4 threads each, median of 6\n" in text
    assert "in ms, 1 thread each" in text
    assert text.count("  fast                         0.50 /    1.00  0.50 x") == 2
    # the geometric mean of 0.5 and 4.5
    assert "of all outputs 1.50 x" in text
    assert "600 ms against 1.00 ms, the oracle is 600 times as fast" in text


def test_sizes_and_memory_have_parts_of_their_own(called):
    assert "  1x16x4x4                     2.00 /    1.00  2.00 x" in shown("--part", "size", "--rounds", "1")
    assert "output 3 / 7   input_grad 3 / 7   kernel_grad 3 / 7   bias_grad 3 / 7" in shown("--part", "memory")
    memory = [arguments for name, arguments, _ in called if name == "grown"]
    assert memory == [(who, output) for output in layers.OUTPUTS for who in ("oracle", "pytorch")]


def test_options_are_handed_to_the_part_that_is_named(monkeypatch):
    given: list[runner.Options] = []
    monkeypatch.setattr(whole_runs, "cases_part", lambda options: map(given.append, [options]))
    shown("--part", "cases", "--counts", "100", "-a", "pytorch", "--rounds", "2", "folder")
    shown("--part", "cases")
    assert given == [runner.Options(("folder",), 2, "100", ("pytorch",)), runner.Options(("cases",), 3)]
