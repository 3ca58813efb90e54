from __future__ import annotations

from importlib.util import find_spec

import pytest

from harness.__main__ import main
from harness.cli import prove_ports
from harness.porting.networks.drawn.proof import Finding, Outcome, Proof

needs_frameworks = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("torch", "keras", "tensorflow")), reason="needs all frameworks"
)
REFUSED = Finding(Outcome.REFUSED, "layer pool3 (max_pool2d): no such layer")


def proof(seed=0, **changes):
    right = Finding(Outcome.RIGHT)
    settings = {
        "ports": {"keras": right, "tensorflow": REFUSED},
        "copy": right,
        "fault": "kernel rotated",
        "faulty": Finding(Outcome.NAMED),
        **changes,
    }
    return Proof(seed, "pytorch", 3, **settings)


@needs_frameworks
def test_drawn_networks_are_ported_and_compared(capsys):
    assert main(["prove", "--ports", "2", "-j", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 drawn networks of ")
    assert [line.split()[-3:] for line in out.splitlines() if line.startswith("  in all")] == [["4", "2", "2"]]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({}, 0, ""),
        ({"copy": Finding(Outcome.ACCUSED, "conv0")}, 1, "seed 0 (pytorch), right copy: right and called wrong: conv0"),
        ({"faulty": Finding(Outcome.WRONG, "x")}, 1, "copy with kernel rotated: wrong and called right: x"),
        ({"faulty": Finding(Outcome.MISNAMED, "x")}, 1, "copy with kernel rotated: wrong and another layer named: x"),
        ({"ports": {"keras": Finding(Outcome.WRONG, "y")}}, 1, "port to keras: wrong and called right: y"),
        ({"ports": {"keras": Finding(Outcome.ACCUSED, "y")}}, 1, "port to keras: right and called wrong: y"),
        ({"ports": {"keras": Finding(Outcome.ALONE)}}, 0, ""),
    ],
)
def test_what_is_wrong_is_printed_and_fails(capsys, monkeypatch, changes, code, said):
    monkeypatch.setattr(prove_ports, "run_all", lambda _, seeds, *rest: [proof(seed, **changes) for (seed,) in seeds])
    assert main(["prove", "--ports", "1"]) == code
    assert said in capsys.readouterr().out


def test_refusals_are_counted_by_kind():
    lines = prove_ports.lines_of([proof(seed) for seed in range(3)])
    assert lines[-2:] == ["refused:", "       3  (max_pool2d): no such layer"]


def test_wrong_usage_is_exit_2(capsys):
    assert main(["prove", "--ports", "0"]) == 2
    assert main(["prove", "--ports", "3", "cases"]) == 2
    assert "Traceback" not in capsys.readouterr().err
