"""What a case is: one fully determined transposed convolution, in the words of one dialect.

Sizes are in elements. A pair is ``(height, width)``. Nothing here knows a formula, a file format or
a framework, so that a worker process can import it with the standard library alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]
"""``((top, bottom), (left, right))``."""
PaddingName = Literal["same", "valid", "same_lower"]
Padding = PaddingName | Pads
Dialect = Literal["tensorflow", "keras", "pytorch", "onnx", "jax", "canonical"]
Layout = Literal["NHWC", "NCHW"]
DTypeName = Literal["float64", "float32", "float16"]
DataKind = Literal["integers", "real"]
Nested = float | int | list["Nested"]


@dataclass(frozen=True, slots=True)
class LiteralTensor:
    """A tensor written out in a suite.

    ``layout`` names one letter per axis of ``values``; letters that are missing are axes of size 1.
    ``rotated`` says that a kernel is held rotated by 180 degrees in (H, W).
    """

    layout: str
    shape: tuple[int, ...]
    values: Nested
    rotated: bool = False

    def size(self, letter: str) -> int:
        """Elements along the axis called ``letter``; 1 where the layout has no such axis."""
        return self.shape[self.layout.index(letter)] if letter in self.layout else 1


@dataclass(frozen=True, slots=True)
class Reading:
    """One admissible reading of an ambiguous case, with the text of the spec that allows it."""

    name: str
    because: str
    crops: Pads | None = None
    """Crops of the full output; ``None`` where this reading is that the call is refused."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What a case expects: literal values, an error, one of several readings, or (nothing) the oracle."""

    values: LiteralTensor | None = None
    error: bool = False
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """How a dialect says where the output begins and ends; ``None`` means left out."""

    padding: Padding | None = None
    output_padding: Pair | None = None
    output_size: Pair | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One operation with everything it needs; see DESIGN's section on cases for the keys."""

    suite: str
    id: str
    about: str
    dialect: Dialect
    batch: int
    in_channels: int
    out_channels: int
    input_size: Pair
    kernel_size: Pair
    strides: Pair = (1, 1)
    dilations: Pair = (1, 1)
    groups: int = 1
    words: Words = field(default_factory=Words)
    bias: bool | tuple[float, ...] = False
    dtype: DTypeName = "float32"
    layout: Layout | None = None
    data: DataKind = "integers"
    input: LiteralTensor | None = None
    kernel: LiteralTensor | None = None
    expect: Expect = field(default_factory=Expect)
    source: str = ""
    path: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """The full name, ``<file stem>/<id>``."""
        return f"{self.suite}/{self.id}"

    @property
    def selector(self) -> str:
        """What to hand to ``harness run`` or pytest to run this case alone."""
        return f"{self.path}::{self.id}"

    @property
    def nominal(self) -> bool:
        """Whether only adapters that speak the dialect can be asked (errors and ambiguity are a dialect's own)."""
        return self.expect.error or bool(self.expect.readings)
