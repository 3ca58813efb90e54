"""Are slight faults found and named in real layers, whose bounds are wide? Mutants of precision, layer by layer.

Each is held to the truth in layers of drawn real data from few products to many; it must be ``diverges``, and named.
Where the array of zeros passes in a type, the type cannot tell, and lint must say so of the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from harness.adapters.plan import Plan, execute
from harness.core.case import DTypeName
from harness.core.comparator import judge
from harness.core.outcome import Value
from harness.core.results import Figures, Judgement, Verdict
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.diagnosis import findings_for
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import kind
from harness.operations.conv_transpose.mutants import (
    AllZero,
    AwayFromZero,
    DataInBfloat16,
    Honest,
    OperandsInInt8,
    OperandsInTf32,
    ProductMissing,
    SumsTruncated,
    TowardZero,
)
from harness.operations.conv_transpose.vacuity import vacuous

KERNELS = (1, 2, 3, 4)
CHANNELS = (3, 16, 64, 256, 1024, 2048)
SLIGHT: Sequence[type[Honest]] = (
    OperandsInTf32,
    DataInBfloat16,
    OperandsInInt8,
    SumsTruncated,
    AwayFromZero,
    TowardZero,
    AllZero,
    ProductMissing,
)
"""Tried in float32."""
MOST_TERMS = 2048
"""Up to how many products the zero array must be found in half precision."""
OUTPUTS, SIZE = 4, 12
"""Channels, rows and columns of the output: some hundred elements, as in a small layer."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the table: ``kernel`` x ``kernel`` taps of stride 1 and ``channels`` input channels."""

    kernel: int
    channels: int
    dtype: DTypeName = "float32"

    @property
    def terms(self) -> int:
        """Products that meet in an element that every tap reaches."""
        return self.kernel**2 * self.channels

    @property
    def case(self) -> Case:
        """The layer in PyTorch's words, cropped so that every tap reaches every element of the output."""
        reach = self.kernel - 1
        pads = ((reach, reach), (reach, reach))
        return Case(
            suite="precision",
            id=f"{self.dtype}-{self.kernel}x{self.kernel}-{self.channels}",
            about="",
            dialect="canonical",
            batch=1,
            in_channels=self.channels,
            out_channels=OUTPUTS,
            input_size=(SIZE + reach, SIZE + reach),
            kernel_size=(self.kernel, self.kernel),
            strides=(1, 1),
            words=Words(pads),
            dtype=self.dtype,
            data="real",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What one mutant showed in one layer. ``names`` are the hypotheses that fit; ``lint`` says the case is vacuous."""

    mutant: str
    layer: Layer
    judgement: Judgement
    names: tuple[str, ...]
    named: bool
    lint: bool = False

    @property
    def proven(self) -> bool:
        """Whether the mutant is found and named, or lint says that the case cannot tell."""
        return self.untold if self.judgement.verdict is Verdict.INCONCLUSIVE else self.found

    @property
    def found(self) -> bool:
        """Whether the verdict is ``diverges`` and a right name is among those that fit."""
        return self.judgement.verdict is Verdict.DIVERGES and self.named

    @property
    def untold(self) -> bool:
        """Whether the type cannot tell so many products, which lint says too."""
        return self.layer.dtype != "float32" and self.layer.terms > MOST_TERMS and self.lint


def layers() -> Iterator[tuple[Layer, Sequence[type[Honest]]]]:
    """The layers, each with the mutants that are tried in it."""
    for kernel, channels in product(KERNELS, CHANNELS):
        yield Layer(kernel, channels), SLIGHT
    halves: tuple[DTypeName, ...] = ("float16", "bfloat16")
    for dtype, kernel, channels in product(halves, KERNELS, CHANNELS):
        yield Layer(kernel, channels, dtype), (AllZero,)


def show(layer: Layer, mutants: Sequence[type[Honest]]) -> list[Shown]:
    """What ``mutants`` show in ``layer``. Raises TypeError where a mutant has no plan for it."""
    case = layer.case
    geometry = lower(case)
    tensors = make_tensors(case, geometry)
    reference = tensors.reference(geometry)
    found = []
    for mutant in mutants:
        adapter = mutant()
        plan = adapter.plan(case, geometry)
        if not isinstance(plan, Plan):
            message = f"{adapter.name} has no plan for {case.id}"
            raise TypeError(message)
        y, _ = execute(adapter.prepare, plan, tensors.x, tensors.w, tensors.b, runs=1)
        outcome = Value(y)
        judgement = judge(case, tensors, reference, outcome)
        findings, _ = findings_for(case, reference, outcome, judgement)
        names = tuple(finding.name for finding in findings)
        named = any(name in mutant.lie or kind(name) in mutant.lie for name in names)
        lint = judgement.verdict is Verdict.INCONCLUSIVE and vacuous(case) is not None
        found.append(Shown(mutant.__name__, layer, judgement, names, named, lint))
    return found


def figures_of(shown: Shown) -> Figures:
    """The figures of the verdict; NaN where single elements alone decided it."""
    return shown.judgement.figures or Figures(0, np.nan, np.nan, np.nan)
