from __future__ import annotations

import pytest
from click.testing import CliRunner

from harness.adapters.base import ONE_THREAD
from harness.cli import bench
from harness.quality.benchmarks.whole_runs import PLAIN


def timed(oracle):
    return {output: {"oracle": oracle, "pytorch float64": 1e-3} for output in bench.OUTPUTS}


ANSWERS = {
    "harness.quality.benchmarks.oracle": {
        "layers": {"fast": timed(5e-4), "slow": timed(4.5e-3)},
        "references": {"onnx ReferenceEvaluator": {"reference": 0.6, "oracle": 1e-3}},
    },
    "harness.quality.benchmarks.case_sizes": {"4": timed(2e-3)},
}


@pytest.fixture
def asked(monkeypatch):
    """The programs that were started, with their answers made up."""
    started = []

    def ask(module, *arguments, environment=None):
        started.append((module, arguments, environment))
        if module == "harness.quality.benchmarks.memory":
            return (3 if arguments[0] == "oracle" else 7) * 2**20
        return ANSWERS[module]

    monkeypatch.setattr(bench, "ask", ask)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    return started


def shown(*arguments):
    result = CliRunner().invoke(bench.command, arguments, standalone_mode=False)
    assert result.exception is None
    return result.output


def test_the_oracle_is_compared_on_as_many_threads_as_pytorch(asked):
    text = shown("--part", "oracle", "--rounds", "2")
    assert [(arguments, environment) for _, arguments, environment in asked] == [
        (("6", "4"), dict.fromkeys(ONE_THREAD, "4")),
        (("6", "1"), dict.fromkeys(ONE_THREAD, "1")),
    ]
    assert "oracle / PyTorch float64 in ms, 4 threads each, median of 6\n" in text
    assert "in ms, 1 thread each" in text
    assert text.count("  fast                         0.50 /    1.00  0.50 x") == 2
    # the geometric mean of 0.5 and 4.5
    assert "of all outputs 1.50 x" in text
    assert "600 ms against 1.00 ms, the oracle is 600 times as fast" in text


def test_sizes_and_memory_have_parts_of_their_own(asked):
    assert "  1x16x4x4                     2.00 /    1.00  2.00 x" in shown("--part", "size", "--rounds", "1")
    assert "output 3 / 7   input_grad 3 / 7   kernel_grad 3 / 7   bias_grad 3 / 7" in shown("--part", "memory")
    memory = [arguments for module, arguments, _ in asked if module == "harness.quality.benchmarks.memory"]
    assert memory == [(who, output) for output in bench.OUTPUTS for who in ("oracle", "pytorch")]


def test_counts_and_adapters_are_handed_to_the_parts_about_whole_runs(monkeypatch):
    parts = []
    monkeypatch.setattr(bench, "bench_cases", lambda *arguments: parts.append(arguments))
    monkeypatch.setattr(bench, "bench_fronts", lambda *arguments: parts.append(arguments))
    shown("--part", "cases", "--counts", "100", "-a", "pytorch", "--rounds", "2")
    shown("--part", "cases", "--rounds", "1")
    shown("--part", "fronts", "--rounds", "1")
    assert parts == [("100", 2, ("pytorch",)), (bench.COUNTS, 1, PLAIN), (("cases",), 1, ())]
