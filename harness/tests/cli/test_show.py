from __future__ import annotations

import json

import pytest

from harness.__main__ import main


def test_a_case_is_drawn_and_each_call_is_shown(folder, capsys):
    assert main(["show", "cases/small.yaml::plain", "-a", "pytorch", "-a", "tensorflow"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small/plain  (pytorch, float32)"
    assert lines.count("height: input 3, kernel 3, stride 2, dilation 1; full 7, crop 1 and 1, output 5") == 1
    assert any(line.startswith("pytorch: native: ") and "padding=(1, 0)" in line for line in lines)
    assert any(line.startswith("tensorflow: native: output_shape=[2, 5, 5, 3]") for line in lines)


def test_an_illegal_case_names_the_rule_and_asks_its_own_dialect_alone(folder, capsys):
    assert main(["show", "cases/small.yaml::too-much-padding-added", "-a", "pytorch", "-a", "keras"]) == 0
    out = capsys.readouterr().out
    assert "not legal in pytorch: output_padding 1 is not in" in out
    assert "keras" not in out


def test_an_unknown_case_is_exit_2(folder, capsys):
    assert main(["show", "cases/small.yaml::nothing"]) == 2


def test_the_overlap_and_the_last_verdict_are_shown(folder, capsys):
    row = {"case": "small/plain", "adapters": ["pytorch"], "verdict": "known", "observed": "diverges"}
    results = [{**row, "message": "3 of 90 differ", "diagnosis": "as if rotated"}]
    cases = [{"case": "small/plain", "about": ""}]
    (folder / "reports").mkdir()
    (folder / "reports" / "conformance.json").write_text(json.dumps({"cases": cases, "results": results}))
    assert main(["show", "cases/small.yaml::plain", "-a", "pytorch", "-a", "tensorflow"]) == 0
    out = capsys.readouterr().out
    assert "meet in each element of the output: 1 to 4" in out
    assert "  last: known (diverges)\n  3 of 90 differ\n  as if rotated\n" in out
    assert out.count("last:") == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"results": [{}]}'])
def test_a_report_that_cannot_be_read_is_left_aside(text, folder, capsys):
    (folder / "reports").mkdir()
    (folder / "reports" / "conformance.json").write_text(text)
    assert main(["show", "cases/small.yaml::plain", "-a", "pytorch"]) == 0
    assert "last:" not in capsys.readouterr().out


def test_a_script_is_printed_alone_and_runs(folder, capsys):
    assert main(["show", "cases/small.yaml::plain", "-a", "pytorch", "--script"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# small/plain on pytorch\n")
    compile(text, "script", "exec")


def test_a_script_is_for_an_adapter_that_speaks_the_dialect_unless_one_is_named(folder, capsys):
    assert main(["show", "cases/small.yaml::plain", "--script"]) == 0
    assert capsys.readouterr().out.startswith("# small/plain on pytorch\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cases/small.yaml::sizes"], "names several cases"),
        (["cases/small.yaml::too-much-padding-added", "-a", "keras"], "no adapter here runs this case"),
        (["cases/small.yaml::plain", "-a", "published-numpy"], "the published code knows 3x3 kernels"),
    ],
)
def test_a_script_that_cannot_be_written_is_exit_2_with_the_reason(arguments, words, folder, capsys):
    assert main(["show", *arguments, "--script"]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert not captured.out


@pytest.mark.parametrize("output", ["output", "input_grad", "kernel_grad", "bias_grad"])
def test_a_script_is_for_the_output_that_is_named(output, folder, capsys):
    assert main(["show", "cases/small.yaml::plain", "-a", "pytorch", "--script", "--output", output]) == 0
    text = capsys.readouterr().out
    about = "" if output == "output" else f", {output}"
    assert text.startswith(f"# small/plain on pytorch{about}\n")
    assert ("torch.autograd.grad" in text) == bool(about)
    compile(text, "script", "exec")


def test_a_script_for_a_gradient_is_for_an_adapter_that_computes_it(folder, capsys):
    names = ["-a", "pytorch:meta", "-a", "tensorflow"]
    assert main(["show", "cases/small.yaml::plain", *names, "--script", "--output", "kernel_grad"]) == 0
    assert capsys.readouterr().out.startswith("# small/plain on tensorflow, kernel_grad\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cases/small.yaml::plain", "-a", "keras:predict", "--script", "--output", "kernel_grad"], "not compute it"),
        (["cases/small.yaml::plain", "-a", "keras:ops", "--script", "--output", "bias_grad"], "adds no bias"),
        (
            ["cases/small.yaml::too-much-padding-added", "--script", "--output", "input_grad"],
            "does not list this output",
        ),
        (["cases/small.yaml::plain", "--output", "input_grad"], "is for scripts only"),
        (["cases/small.yaml::plain", "--script", "--output", "gradient"], "is not one of"),
    ],
)
def test_an_output_that_is_not_there_is_exit_2_with_the_reason(arguments, words, folder, capsys):
    assert main(["show", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert not captured.out


BROKEN = """
suite: Broken
about: what is handed over
defaults: {dialect: tensorflow, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - id: scalar
    about: a kernel without axes
    rule: kernel-rank
    overrides: {kernel: [], output_shape: [3, 4]}
    expect: {error: true}
  - id: huge
    about: more than any memory
    dialect: pytorch
    rule: stride-huge
    strides: 1099511627776
    expect: {error: true}
"""


def test_what_is_handed_over_instead_and_the_rule_are_shown(folder, capsys):
    (folder / "cases" / "broken.yaml").write_text(BROKEN)
    assert main(["show", "cases/broken.yaml::scalar", "-a", "tensorflow"]) == 0
    out = capsys.readouterr().out
    assert "rule kernel-rank: A kernel has four axes.\n" in out
    assert "handed over instead: kernel: ones of shape ()\n" in out
    assert "tensorflow: native: output_shape=[3, 4], strides=" in out


def test_an_output_beyond_every_memory_is_not_drawn(folder, capsys):
    (folder / "cases" / "broken.yaml").write_text(BROKEN)
    assert main(["show", "cases/broken.yaml::huge", "-a", "pytorch"]) == 0
    out = capsys.readouterr().out
    assert "height: input 3, kernel 3, stride 1099511627776" in out
    assert "meet in each element" not in out
