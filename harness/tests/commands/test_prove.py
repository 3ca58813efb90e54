from __future__ import annotations

import pytest

from harness.__main__ import main
from harness.commands import prove
from harness.proof import Naming, Tally


def tally(liar, **counts):
    return Tally(liar, f"lie-of-{liar}", 9, dict.fromkeys(Naming, 0) | {Naming(k): v for k, v in counts.items()}, {})


def test_what_to_prove_must_be_said(capsys):
    assert main(["prove"]) == 2
    assert "--diagnosis" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("counts", "code", "words"),
    [
        ({"first": 2, "alike": 1}, 0, "every lie is named, and none is misnamed"),
        ({"tied": 1}, 0, "every lie is named"),
        ({"alike": 3, "unnamed": 1}, 1, "never named: Two"),
        ({"first": 3, "misnamed": 1}, 1, "misnamed: Two"),
    ],
)
def test_the_exit_code_says_whether_it_is_proven(counts, code, words, monkeypatch, capsys):
    monkeypatch.setattr(prove, "_prove", lambda *_: [tally("One", first=1), tally("Two", **counts)])
    assert main(["prove", "--diagnosis", "cases"]) == code
    out = capsys.readouterr().out
    assert words in out.splitlines()[-1]
    assert out.startswith("2 liars, each until it showed on ")


def test_a_small_proof_is_the_same_for_any_number_of_processes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "suite: S\nabout: a\ndefaults: {batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}\n"
        "cases:\n  - {id: x, about: y, bias: true, strides: [2, 1]}\n"
    )
    outputs = []
    for jobs in ("1", "2"):
        assert main(["prove", "--diagnosis", "--all", "s.yaml", "-j", jobs]) == 1
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    lines = [line.split() for line in outputs[0].splitlines()]
    assert ["bias-missing", "BiasMissing", "1", "1", "0", "0", "0", "0", "s/x"] in lines
    assert "never named" in outputs[0]
