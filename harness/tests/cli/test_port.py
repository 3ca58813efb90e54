from __future__ import annotations

from importlib.util import find_spec

import pytest

from harness.__main__ import main
from harness.porting.networks.fault_injection import FAULTS

needs_frameworks = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("torch", "keras", "tensorflow")), reason="needs all frameworks"
)


@needs_frameworks
def test_no_layer_differs(capsys):
    assert main(["port", "small"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("with keras ")
    assert lines[2:5] == [
        "small: two convolutions, two transposed ones around a concatenation",
        "  8 layers, 38,182 weights, an input of 1x3x64x64",
        "",
    ]
    assert " ".join(lines[5].split()) == "kind layers PyTorch Keras PyTorch again TensorFlow (error / bound)"
    assert [line.split()[:2] for line in lines[6:10]] == [
        ["conv2d", "2"], ["relu", "3"], ["conv_transpose2d", "2"], ["concat", "1"],
    ]  # fmt: skip
    assert lines[9].split()[2:] == ["exact"] * 4
    assert lines[-2:] == [
        "  no layer differs",
        "  the weights are equal bit by bit, in every framework and after the way back",
    ]


@needs_frameworks
def test_a_planted_fault_is_named(capsys):
    assert main(["port", "small", "--fault", "kernel-rotated", "--from", "keras", "--layers"]) == 1
    out = capsys.readouterr().out
    assert "  planted in conv2d_" in out or "  planted in conv2d\n" in out
    assert "  PyTorch, Keras again, TensorFlow: the first layer that differs is conv2d" in out
    assert "; as if the kernel is rotated by 180 degrees\n" in out
    assert "no layer differs" not in out
    assert "equal bit by bit" not in out
    assert out.count("  PyTorch, Keras again, TensorFlow: other weights in conv2d") == 1
    assert sum(line.startswith("  conv2d") and "diverges" in line for line in out.splitlines()) == 1


@needs_frameworks
def test_a_network_that_cannot_have_the_fault(capsys):
    assert main(["port", "small", "--fault", "batch-norm-epsilon"]) == 0
    assert "small: no layer of it can have this fault" in capsys.readouterr().out


def test_a_framework_that_is_not_installed_is_one_message(capsys, monkeypatch, tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert main(["port"]) == 1
    captured = capsys.readouterr()
    message = "PyTorch could not be started, so nothing can be ported: ModuleNotFoundError: No module named 'torch'"
    assert captured.out == ""
    assert captured.err.startswith(f"refused: {message}")


def test_faults_are_listed(capsys):
    assert main(["port", "--fault", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == sorted(FAULTS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "NETWORK: there is no 'nonsense'\n    hint: choose from small, unet\n"),
        (["--fault", "nonsense"], "--fault: there is no 'nonsense'\n    hint: choose from batch-norm-epsilon, "),
        (["--from", "jax"], "Invalid value for '--from'"),
    ],
)
def test_wrong_usage_is_exit_2(arguments, message, capsys):
    assert main(["port", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert (captured.out, "Traceback" in captured.err) == ("", False)
