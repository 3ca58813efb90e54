from __future__ import annotations

from harness.__main__ import main


def test_a_case_is_drawn_and_each_call_is_shown(folder, capsys):
    assert main(["show", "cases/small.yaml::plain", "-a", "pytorch", "-a", "tensorflow"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small/plain  (pytorch, float32)"
    assert "height: input 3, kernel 3, stride 2, dilation 1; full 7, crop 1 and 1, output 5" in lines
    assert any(line.startswith("pytorch: native: ") and "padding=(1, 0)" in line for line in lines)
    assert any(line.startswith("tensorflow: native: output_shape=[2, 5, 5, 3]") for line in lines)


def test_an_illegal_case_names_the_rule_and_asks_its_own_dialect_alone(folder, capsys):
    assert main(["show", "cases/small.yaml::too-much-padding-added", "-a", "pytorch", "-a", "keras"]) == 0
    out = capsys.readouterr().out
    assert "not legal in pytorch: output_padding 1 is not in" in out
    assert "keras" not in out


def test_an_unknown_case_is_exit_2(folder, capsys):
    assert main(["show", "cases/small.yaml::nothing"]) == 2
