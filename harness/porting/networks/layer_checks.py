"""Layer by layer: what a framework gave, against the truth for the very inputs that the framework gave to the layer.

So an error of one layer is not passed on to the verdict on the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.core.dtypes import DTYPES, ORACLE, DType
from harness.core.findings import Finding, describe
from harness.core.measuring import Beside
from harness.core.numerics import rounded, widened
from harness.core.results import Judgement, Verdict
from harness.core.tensors import Array
from harness.operations.conv_transpose.oracle import Float64Array
from harness.porting.networks.graph import ConvTranspose2d, Kind, Network, Node, Weights
from harness.porting.networks.hypotheses import Hypothesis, hypotheses
from harness.porting.networks.references import Seen, Truth, reference_of

NONE_FITS = "none of the mistakes that are tried gives these values"
SPARE_ROUNDINGS = 2
"""A wrong layer may round more often than the right one."""


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """The verdict on one layer of one framework; ``diagnosis`` says what a wrong one did, or nothing is known."""

    name: str
    kind: Kind
    judgement: Judgement
    diagnosis: str = ""

    @property
    def differs(self) -> bool:
        """Whether it gave something else than it must."""
        return not self.judgement.verdict.conforms

    def __str__(self) -> str:
        told = "; ".join(filter(None, [self.judgement.message, self.diagnosis]))
        return f"{self.name} ({self.kind}): {self.judgement.verdict}" + (f": {told}" if told else "")


@dataclass(frozen=True, slots=True)
class Recall:
    """The findings on one network and its weights, for inputs and outputs of a layer that come again."""

    known: dict[str, list[tuple[list[Array], LayerFinding]]] = field(default_factory=dict)

    def find(self, name: str, arrays: Sequence[Array]) -> LayerFinding | None:
        """What was found for the same ``arrays``, if they were seen."""
        for seen, finding in self.known.get(name, []):
            if all(
                one.dtype == other.dtype and np.array_equal(one, other) for one, other in zip(seen, arrays, strict=True)
            ):
                return finding
        return None

    def keep(self, name: str, arrays: Sequence[Array], finding: LayerFinding) -> None:
        """Remember a finding."""
        self.known.setdefault(name, []).append((list(arrays), finding))


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
    recall = recall or Recall()
    have = {network.input: x, **outputs}
    findings = []
    for node in network.nodes:
        if node.name not in have:
            findings.append(LayerFinding(node.name, node.kind, Judgement(Verdict.REJECTS, error or "no output came")))
            break
        arrays = [have[name] for name in (*node.inputs, node.name)]
        finding = recall.find(node.name, arrays)
        if finding is None:
            finding = judge_layer(node, weights, arrays[:-1], arrays[-1], DTYPES[network.dtype])
            recall.keep(node.name, arrays, finding)
        findings.append(finding)
    return findings


def judge_layer(node: Node, weights: Weights, inputs: Sequence[Array], got: Array, dtype: DType) -> LayerFinding:
    """The verdict on ``got``, the output of ``node`` for ``inputs``; all (N, C, H, W)."""
    seen = Seen.of(node, weights, inputs, dtype)
    try:
        truth = seen.truth
    except ValueError as error:
        judgement = Judgement(Verdict.WRONG_SHAPE, f"what it reads does not fit it: {error}")
        return LayerFinding(node.name, node.kind, judgement)
    judgement = judge(truth, got, dtype)
    if judgement.verdict.conforms or judgement.verdict is Verdict.WRONG_DTYPE:
        return LayerFinding(node.name, node.kind, judgement)
    return LayerFinding(node.name, node.kind, judgement, _diagnosis(seen, truth, widened(got)))


def judge(truth: Truth, got: Array, dtype: DType) -> Judgement:
    """Whether ``got`` has the right type and shape, and values that rounding explains, as of any other outcome.

    See harness.core.measuring. Weights and inputs are taken for a user's: no signs are random.
    """
    if str(got.dtype) != dtype.name:
        return Judgement(Verdict.WRONG_DTYPE, f"expected {dtype.name}, got {got.dtype}")
    if got.shape != truth.y.shape:
        return Judgement(Verdict.WRONG_SHAPE, f"expected {list(truth.y.shape)}, got {list(got.shape)} (NCHW)")
    values = truth.values
    beside = Beside(widened(got), values, dtype, independent=False)
    judgement = beside.with_floor(beside.judgement(lambda: values.exact))
    if judgement.verdict is Verdict.INCONCLUSIVE and truth.floor:
        # what a function of one number gives may all be near zero
        return replace(judgement, verdict=Verdict.WITHIN_BOUND, message="")
    return judgement


def _ratio(got: Float64Array, truth: Truth, nearest: Float64Array, dtype: DType, spare: int = 0) -> Float64Array:
    """Error over bound in each element: 0 where it is as exact as it can be, infinite where nothing explains it."""
    finite = np.isfinite(truth.y) & np.isfinite(got)
    same = (got == nearest) | (np.isnan(got) & np.isnan(truth.y))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.abs(got - truth.y) / truth.bound(dtype, spare)
    return np.where(same, 0.0, np.where(finite & ~np.isnan(ratio), ratio, np.inf))


def _diagnosis(seen: Seen, truth: Truth, got: Float64Array) -> str:
    """What explains ``got``, in words."""
    if isinstance(seen.operation, ConvTranspose2d):
        return _transposed(seen, truth, got)
    found = []
    for hypothesis in hypotheses(seen):
        try:
            if _likely(hypothesis, got, seen.dtype) and _fits(hypothesis.truth(), truth, got, seen.dtype):
                found.append(Finding(hypothesis.name, f"as if {hypothesis.text}"))
        except ValueError:  # these sizes leave such a layer no output
            continue
    if not found and _narrow(seen, truth, got):
        found.append(Finding("lower-precision", "as if it is computed in float32"))
    return describe(found) if found else NONE_FITS


def _transposed(seen: Seen, truth: Truth, got: Float64Array) -> str:
    """By what the rest of the harness knows of transposed convolutions."""
    from harness.operations.conv_transpose.diagnosis import diagnose
    from harness.operations.conv_transpose.diagnosis.shapes import shape_findings

    if got.shape == truth.y.shape:
        return describe(diagnose(*reference_of(seen), got))
    findings, sentence = shape_findings(*reference_of(seen), got)
    return describe(findings) if sentence is None else sentence


def _narrow(seen: Seen, truth: Truth, got: Float64Array) -> bool:
    """Whether what is due in float64 is as exact as float32."""
    narrow = DTYPES["float32"]
    if seen.dtype is not DTYPES["float64"] or got.shape != truth.y.shape:
        return False
    return bool(np.all(_ratio(got, truth, rounded(truth.y, narrow), narrow) <= 1))


def _likely(hypothesis: Hypothesis, got: Float64Array, dtype: DType) -> bool:
    """Whether a few channels, where they are told, are such; this only rejects."""
    if hypothesis.sample is None:
        return True
    wrong, seen = hypothesis.sample(), got[:, list(hypothesis.channels)]
    if wrong.y.shape != seen.shape:
        return False
    return not bool(np.any(_ratio(seen, wrong, rounded(wrong.y, dtype), dtype, SPARE_ROUNDINGS) > 1))


def _fits(wrong: Truth, truth: Truth, got: Float64Array, dtype: DType) -> bool:
    """Whether ``wrong`` gives ``got``, and not by leaving wrong elements as they should be."""
    if wrong.y.shape != got.shape or np.any(_ratio(got, wrong, rounded(wrong.y, dtype), dtype, SPARE_ROUNDINGS) > 1):
        return False
    if got.shape != truth.y.shape:
        return True
    missed = _ratio(got, truth, rounded(truth.y, dtype), dtype) > 1
    still = np.abs(wrong.y - truth.y) <= 2 * wrong.bound(ORACLE)
    return not bool(np.any(missed & still))
