"""Layer by layer: what a framework gave, against what is right for the inputs that the framework gave to the layer.

So an error of one layer is not passed on to the verdict on the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.core.comparator import judge_form
from harness.core.dtypes import DTYPES, DType
from harness.core.findings import Finding, describe
from harness.core.hypotheses import Hypothesis, explains
from harness.core.measuring import Beside, Sums
from harness.core.numerics import widened
from harness.core.reference import ReferenceValues
from harness.core.results import Judgement, Verdict
from harness.core.tensors import Array
from harness.porting.networks.graph import ConvTranspose2d, Kind, Network, Node, Weights
from harness.porting.networks.hypotheses import hypotheses
from harness.porting.networks.references import LayerCall, reference_of

NONE_FITS = "none of the mistakes that are tried gives these values"


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """The verdict on one layer of one framework; ``diagnosis`` is what a wrong one did, empty where that is unknown."""

    name: str
    kind: Kind
    judgement: Judgement
    diagnosis: str = ""

    @property
    def differs(self) -> bool:
        """Whether it gave something else than it must."""
        return not self.judgement.verdict.conforms

    def __str__(self) -> str:
        why = "; ".join(filter(None, [self.judgement.message, self.diagnosis]))
        return f"{self.name} ({self.kind}): {self.judgement.verdict}" + (f": {why}" if why else "")


Recall = dict[Any, LayerFinding]
"""The findings on one network and its weights, by the layer and the bits of its inputs and output."""


def judge_layers(
    network: Network,
    weights: Weights,
    x: Array,
    outputs: Mapping[str, Array],
    error: str = "",
    recall: Recall | None = None,
) -> list[LayerFinding]:
    """A finding for each layer of ``network``, in its order.

    ``outputs`` are a framework's, (N, C, H, W) by the name of the layer, for the input ``x``; where it raised, they end
    before the layer that did, with ``error`` as the reason, and so do the findings. ``recall`` spares finding the same
    again for another framework.
    """
    recall = Recall() if recall is None else recall
    have = {network.input: x, **outputs}
    findings = []
    for node in network.nodes:
        if node.name not in have:
            findings.append(LayerFinding(node.name, node.kind, Judgement(Verdict.REJECTS, error or "it has no output")))
            break
        arrays = [have[name] for name in (*node.inputs, node.name)]
        key = (node.name, *((one.dtype, one.shape, one.tobytes()) for one in arrays))
        if key not in recall:
            recall[key] = judge_layer(node, weights, arrays[:-1], arrays[-1], DTYPES[network.dtype])
        findings.append(recall[key])
    return findings


def judge_layer(node: Node, weights: Weights, inputs: Sequence[Array], got: Array, dtype: DType) -> LayerFinding:
    """The verdict on ``got``, the output of ``node`` for ``inputs``; all (N, C, H, W)."""
    call = LayerCall.of(node, weights, inputs, dtype)
    try:
        reference = call.reference
    except ValueError as error:
        judgement = Judgement(Verdict.WRONG_SHAPE, f"what it reads does not fit it: {error}")
        return LayerFinding(node.name, node.kind, judgement)
    judgement = judge(reference, got, dtype)
    if judgement.verdict.conforms or judgement.verdict is Verdict.WRONG_DTYPE:
        return LayerFinding(node.name, node.kind, judgement)
    right = Beside(widened(got), reference, dtype, independent=False)
    return LayerFinding(node.name, node.kind, judgement, _diagnosis(call, right))


def judge(reference: ReferenceValues, got: Array, dtype: DType) -> Judgement:
    """Whether ``got`` has the right type and shape, and values that rounding explains, as of any other outcome.

    Weights and inputs are treated as a user's: no signs are random.
    """
    if misfit := judge_form(dtype.name, reference, got.shape, str(got.dtype)):
        return misfit
    beside = Beside(widened(got), reference, dtype, independent=False)
    judgement = beside.with_floor(beside.judgement(lambda: reference.exact))
    if judgement.verdict is Verdict.INCONCLUSIVE and np.any(reference.loose):
        # what a function of one number gives may all be near zero
        return replace(judgement, verdict=Verdict.WITHIN_BOUND, message="")
    return judgement


def _diagnosis(call: LayerCall, right: Beside) -> str:
    """What explains the array that stands beside the ``right`` values, in words."""
    if isinstance(call.operation, ConvTranspose2d):
        return _transposed(call, right)
    found = [Finding(one.name, f"as if {one.text}") for one in hypotheses(call) if _holds(one, right)]
    if not found and _is_narrow(right):
        found.append(Finding("lower-precision", "as if it is computed in float32"))
    return describe(found) if found else NONE_FITS


def _holds(hypothesis: Hypothesis, right: Beside) -> bool:
    try:
        return explains(hypothesis, right)
    except ValueError:  # these sizes leave such a layer no output
        return False


def _transposed(call: LayerCall, right: Beside) -> str:
    """By what the rest of the harness knows of transposed convolutions."""
    from harness.operations.conv_transpose.diagnosis import diagnose
    from harness.operations.conv_transpose.diagnosis.shapes import shape_findings

    if right.got.shape == right.reference.shape:
        return describe(diagnose(*reference_of(call), right.got))
    findings, sentence = shape_findings(*reference_of(call), right.got)
    return describe(findings) if sentence is None else sentence


def _is_narrow(right: Beside) -> bool:
    """Whether what should be float64 is as exact as float32."""
    if right.dtype is not DTYPES["float64"] or right.got.shape != right.reference.shape:
        return False
    narrow = replace(right, dtype=DTYPES["float32"])
    return not np.any(narrow.misplaced) and narrow.errors.ratio(Sums("float32")) <= 1
