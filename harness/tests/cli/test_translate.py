from __future__ import annotations

from importlib.util import find_spec

import pytest

from harness.__main__ import main
from harness.porting.layers import translation
from harness.porting.layers.layer import DiffersError

K4 = "ConvTranspose2d(4, 3, 4, stride=2, padding=1)"
needs_frameworks = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("torch", "keras", "tensorflow")), reason="needs all frameworks"
)


@needs_frameworks
def test_a_verified_translation_is_printed_and_runs(capsys):
    assert main(["translate", K4, "--to", "keras"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    compile(captured.out, "out", "exec")
    assert "Conv2DTranspose(3, 4, strides=2, padding='same')" in captured.out
    assert "verified: on integer data" in captured.out


@needs_frameworks
def test_a_case(folder, capsys):
    assert main(["translate", "cases/small.yaml::plain", "--to", "tensorflow"]) == 0
    assert capsys.readouterr().out.startswith("# PyTorch: cases/small.yaml::plain\n")


def test_a_refusal_prints_the_reason_and_no_program(capsys):
    assert main(["translate", "ConvTranspose2d(4, 3, 4, stride=2, dilation=2)", "--to", "keras"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "refused: Keras documents strides > 1 together with dilation_rate > 1 as incompatible\n"


def test_what_differs_is_not_printed(capsys, monkeypatch):
    def differs(*arguments):
        raise DiffersError("values differ")

    monkeypatch.setattr(translation, "translate", differs)
    assert main(["translate", K4, "--to", "keras"]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "refused: values differ\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate"],
        ["translate", K4],
        ["translate", K4, "--to", "jax"],
        ["translate", K4, "--to", "pytorch"],
        ["translate", K4, "--to", "keras", "--in-channels", "0"],
        ["translate", K4, "--to", "keras", "--in-channels", "5"],
        ["translate", "Conv2DTranspose(3, 4)", "--to", "pytorch"],
        ["translate", "nonsense", "--to", "keras"],
    ],
)
def test_wrong_usage_is_exit_2_without_a_traceback(arguments, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
