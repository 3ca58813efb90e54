"""``harness prove --ports N``: whether ports and comparisons of drawn networks are right."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from harness.cli.prove_modes import Options
from harness.porting.networks.drawn.proof import FAILING, Finding, Outcome, Proof, prove
from harness.quality.proof import run_all

MOST = 20
"""Failures, and kinds of refusals, that are printed."""


def run(options: Options) -> int:
    """Prove ``options.number`` networks; 1 where a right one is called wrong or a wrong one right."""
    proofs = run_all(prove, ((seed,) for seed in range(options.number or 1)), options.processes, "network", begin)
    click.echo("\n".join(lines_of(proofs)))
    return 1 if any(finding.outcome in FAILING for proof in proofs for _, finding in _findings(proof)) else 0


def begin() -> None:
    """Import the frameworks as their adapters run them, in one process."""
    from harness.adapters.keras import Keras

    os.environ.update({name: value for name, value in Keras.environment.items() if value is not None})
    warnings.simplefilter("ignore")
    import keras  # noqa: F401 - before PyTorch, with the backend that was chosen
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")


def _findings(proof: Proof) -> list[tuple[str, Finding]]:
    ports = [(f"port to {to}", finding) for to, finding in proof.ports.items()]
    return [*ports, ("right copy", proof.copy), (f"copy with {proof.fault}", proof.faulty)]


def lines_of(proofs: Sequence[Proof]) -> list[str]:
    """How many of the ports and copies had which outcome; the failures; and what was refused, with counts."""
    layers = [proof.layers for proof in proofs]
    lines = [
        f"{len(proofs)} drawn networks of {min(layers)} to {max(layers)} layers, at three sizes and two batches",
        "",
    ]
    ports = Counter(finding.outcome for proof in proofs for finding in proof.ports.values())
    copies = Counter(proof.copy.outcome for proof in proofs)
    faulty = Counter(proof.faulty.outcome for proof in proofs)
    rows: list[tuple[Any, ...]] = [("", "ports", "right copies", "copies with a fault")]
    rows += [(str(one), ports[one], copies[one], faulty[one]) for one in Outcome]
    rows += [("in all", ports.total(), copies.total(), faulty.total())]
    lines += [f"  {row[0]:<32}" + "".join(f"{cell!s:>22}" for cell in row[1:]) for row in rows]
    named = [(proof, *one) for proof in proofs for one in _findings(proof)]
    wrong = [(proof, what, finding) for proof, what, finding in named if finding.outcome in FAILING]
    for proof, what, finding in wrong[:MOST]:
        lines += ["", f"seed {proof.seed} ({proof.owner}), {what}: {finding.outcome}: {finding.reason}"]
    lines += [f"and {len(wrong) - MOST} more"] if len(wrong) > MOST else []
    refused = Counter(_kind(finding.reason) for _, _, finding in named if finding.outcome is Outcome.REFUSED)
    lines += ["", "refused:"] if refused else []
    lines += [f"  {count:>6}  {reason}" for reason, count in refused.most_common(MOST)]
    return lines


def _kind(reason: str) -> str:
    """A refusal without the name of its layer."""
    _, _, rest = reason.partition(" (")
    return " ".join((f"({rest}" if rest else reason).split())[:160]
