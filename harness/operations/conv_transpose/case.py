"""What a case of transposed convolution says. Importing this needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from harness.core.case import AnyCase, LiteralTensor, OutputName, Padding, Sizes

AXES: dict[OutputName, str] = {"input_grad": "NCHW", "kernel_grad": "IOHW", "bias_grad": "C"}
"""A letter for each axis of a gradient."""


@dataclass(frozen=True, slots=True)
class Words:
    """How a dialect says where the output begins and ends; ``None`` means left out."""

    padding: Padding | None = None
    output_padding: Sizes | None = None
    output_size: Sizes | None = None


@dataclass(frozen=True, slots=True)
class Case(AnyCase):
    """One transposed convolution with everything it needs; CONTRIBUTING.md has the keys in YAML."""

    op: ClassVar[str] = "conv_transpose2d"

    batch: int
    in_channels: int
    out_channels: int
    input_size: Sizes
    kernel_size: Sizes
    strides: Sizes = (1, 1)
    dilations: Sizes = (1, 1)
    groups: int = 1
    words: Words = field(default_factory=Words)
    bias: bool | tuple[float, ...] = False
    kernel: LiteralTensor | None = None
    cotangent: LiteralTensor | None = None

    @property
    def spatial(self) -> str:
        """A letter for each spatial axis: of two HW."""
        return "DHW"[-len(self.input_size) :]

    @property
    def has_empty_axis(self) -> bool:
        return 0 in (self.batch, self.in_channels, self.out_channels, *self.input_size)

    @property
    def unbatched(self) -> bool:
        """Whether the one image of a legal case is handed over without the axis of the batch."""
        return self.overrides is not None and not self.nominal and self.overrides.input is not None


def transposed_convolution(case: AnyCase) -> Case:
    """``case`` as one; raises TypeError where it is of another operation."""
    if not isinstance(case, Case):
        message = f"{case.name} is a case of {case.op}"
        raise TypeError(message)
    return case


def transposed_convolutions(cases: Iterable[AnyCase]) -> Iterator[Case]:
    """Those of ``cases`` that are transposed convolutions."""
    return (case for case in cases if isinstance(case, Case))
