"""Are slight faults found and named in real layers, whose bounds are wide? Mutants of precision, layer by layer.

Each is compared with the right result in layers of drawn real data from few products to many; it must be ``diverges``,
and named. Where the array of zeros passes in a type, the type cannot show it, and lint must report the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from harness.core.case import DTypeName
from harness.core.results import Judgement, Verdict
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.diagnosis import findings_for
from harness.operations.conv_transpose.faults import kind
from harness.operations.conv_transpose.mutants import mutant_called
from harness.operations.conv_transpose.vacuity import vacuous
from harness.quality.subject import Subject

KERNELS = (1, 2, 3, 4)
CHANNELS = (3, 16, 64, 256, 1024, 2048)
ZEROS = "AllZero"
SLIGHT = (
    "OperandsInTf32",
    "DataInBfloat16",
    "OperandsInInt8",
    "SumsTruncated",
    "AwayFromZero",
    "TowardZero",
    ZEROS,
    "ProductMissing",
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
    """What one mutant showed in one layer. ``names`` are the hypotheses that fit; ``lint``: the case is vacuous."""

    mutant: str
    layer: Layer
    judgement: Judgement
    names: tuple[str, ...]
    named: bool
    lint: bool = False

    @property
    def proven(self) -> bool:
        """Whether the mutant is found and named, or lint reports that the case cannot show it."""
        return self.hidden if self.judgement.verdict is Verdict.INCONCLUSIVE else self.found

    @property
    def found(self) -> bool:
        """Whether the verdict is ``diverges`` and a right name is among those that fit."""
        return self.judgement.verdict is Verdict.DIVERGES and self.named

    @property
    def hidden(self) -> bool:
        """Whether the type cannot show it among so many products, which lint reports too."""
        return self.layer.dtype != "float32" and self.layer.terms > MOST_TERMS and self.lint


def layers() -> Iterator[tuple[Layer, Sequence[str]]]:
    """The layers, each with the names of the mutants that are tried in it."""
    for kernel, channels in product(KERNELS, CHANNELS):
        yield Layer(kernel, channels), SLIGHT
    halves: tuple[DTypeName, ...] = ("float16", "bfloat16")
    for dtype, kernel, channels in product(halves, KERNELS, CHANNELS):
        yield Layer(kernel, channels, dtype), (ZEROS,)


def show(layer: Layer, mutants: Sequence[str]) -> list[Shown]:
    """What the mutants of these names show in ``layer``."""
    subject = Subject.of(layer.case)
    found = []
    for mutant in map(mutant_called, mutants):
        outcome = subject.outcome(mutant)
        judgement = subject.judgement(outcome)
        findings, _ = findings_for(subject.case, subject.reference, outcome, judgement)
        names = tuple(finding.name for finding in findings)
        named = any(name in mutant.faults or kind(name) in mutant.faults for name in names)
        lint = judgement.verdict is Verdict.INCONCLUSIVE and vacuous(subject.case) is not None
        found.append(Shown(mutant.name, layer, judgement, names, named, lint))
    return found
