"""What a case is: one fully determined operation, by default a transposed convolution, in the words of one dialect.

Sizes are in elements. A pair is ``(height, width)``. Nothing here knows a formula, a file format or
a framework, so that a worker process can import it with the standard library alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal
from itertools import product
from math import isfinite, isinf
from typing import ClassVar, Literal, Self

Pair = tuple[int, int]
Sizes = tuple[int, ...]
"""A number for each spatial axis."""
Pads = tuple[Pair, ...]
"""``(before, after)`` for each spatial axis: of two axes ``((top, bottom), (left, right))``."""
PaddingName = Literal["same", "valid", "same_lower"]
Padding = PaddingName | Pads
Dialect = Literal["tensorflow", "keras", "pytorch", "onnx", "jax", "canonical"]
Layout = Literal["NHWC", "NCHW"]
DTypeName = Literal[
    "float64", "float32", "float16", "bfloat16", "int64", "int32", "int8", "uint8", "complex64", "complex128"
]
OutputName = Literal["output", "indices", "input_grad", "kernel_grad", "bias_grad"]
"""What can be requested of a call: its results, and the gradients of the first one times a cotangent, summed."""
GRADIENTS: tuple[OutputName, ...] = ("input_grad", "kernel_grad", "bias_grad")
PlainDataKind = Literal["integers", "real"]
AimedKind = Literal["mostly-zero", "large", "small-after-large", "wide-range", "boundary", "subnormal", "non-finite"]
"""Data of a transposed convolution with an aim; see harness.operations.aimed."""
DataKind = Literal[PlainDataKind, AimedKind]
Overflow = Literal["wraps", "saturates"]
"""What becomes of an integer sum beyond the type: the rest of the division by its span, or the nearest end."""
OverrideDType = Literal["float64", "float32", "float16", "int64", "int32"]
ShapeDType = Literal["int32", "int64", "float32"]
Nested = float | int | list["Nested"]


def pair(sizes: Sizes) -> Pair:
    """The numbers of two axes."""
    first, second = sizes
    return first, second


class WrittenFloat(float):
    """A number as a suite writes it out, with its digits; an infinity is ``.inf``."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> Self:
        """The float that ``written`` means; raises ValueError where it is none, or beyond any float."""
        infinite = written[-4:].lower() in {".inf", ".nan"}
        made = super().__new__(cls, written.replace(".", "") if infinite else written)
        if isinf(made) and not infinite:
            raise ValueError("it is beyond any float; an infinity is written .inf")
        made.written = written
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # a float would be made of a float
        """What a copy in another process is made of."""
        return (self.written,)

    @property
    def is_whole(self) -> bool:
        """Whether it is written as a whole number: 1e3, but neither 1.0e3 nor 1e-3."""
        return "." not in self.written and self.unit >= 1

    @property
    def unit(self) -> float:
        """One in its last digit: 0.01 of 1.50, 100 of 1.2e3, 0 of an infinity and of NaN."""
        exponent = Decimal(self.written).as_tuple().exponent if isfinite(self) else "F"
        return float(Decimal((0, (1,), exponent))) if isinstance(exponent, int) else 0.0


def flat(values: Nested) -> Iterator[float]:
    """Every number of nested lists, in reading order."""
    if isinstance(values, list):
        for item in values:
            yield from flat(item)
    else:
        yield values


@dataclass(frozen=True, slots=True)
class LiteralTensor:
    """A tensor written out in a suite.

    ``layout`` names one letter per axis of ``values``; letters that are missing are axes of size 1.
    ``rotated`` says that a kernel is held rotated by 180 degrees in (H, W). ``dtype`` is that of the file which
    the values are from, if it has one, as NumPy calls it.
    """

    layout: str
    shape: tuple[int, ...]
    values: Nested
    rotated: bool = False
    dtype: str = ""

    def size(self, letter: str) -> int:
        """Elements along the axis called ``letter``; 1 where the layout has no such axis."""
        return self.shape[self.layout.index(letter)] if letter in self.layout else 1

    def elements(self, letters: str) -> Iterator[tuple[Sizes, float]]:
        """Place and value of each element, in the reading order of an array with the axes ``letters``."""
        values = list(flat(self.values))
        for place in product(*(range(self.size(letter)) for letter in letters)):
            index = 0
            for letter, size in zip(self.layout, self.shape, strict=True):
                index = index * size + place[letters.index(letter)]
            yield place, values[index]


@dataclass(frozen=True, slots=True)
class Reading:
    """One admissible reading of an ambiguous case, with the text of the spec that allows it.

    It is either that the call is ``refused``, or it has a result: ``results`` that are written out, by output; of a
    transposed convolution the ``crops`` of the full output, of another operation what that knows by the ``name``.
    ``overflow`` says what becomes of sums beyond an integer dtype; the crops are then those of the call.
    """

    name: str
    because: str
    crops: Pads | None = None
    refused: bool = False
    overflow: Overflow | None = None
    results: tuple[tuple[OutputName, LiteralTensor], ...] = ()


@dataclass(frozen=True, slots=True)
class Expect:
    """What a case expects: literal values, an error, one of several readings, or (nothing) the oracle.

    ``shape`` states that of the oracle's output, (N, C, H, W); lint refuses another one. Where it is stated an axis may
    be empty, which no documentation promises. ``gradients`` are literal
    values too, by the cotangent that the case writes out.
    """

    values: LiteralTensor | None = None
    shape: tuple[int, ...] | None = None
    gradients: tuple[tuple[OutputName, LiteralTensor], ...] = ()
    error: bool = False
    readings: tuple[Reading, ...] = ()

    @property
    def of_legal(self) -> Expect:
        """What is expected if the case is taken for a legal one: a shape that is stated allows for empty axes."""
        return Expect(shape=self.shape)

    @property
    def has_written_readings(self) -> bool:
        """Whether a reading's result is written out: it is that of the data of the case alone, not of others."""
        return any(reading.results for reading in self.readings)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is handed over in place of what the parameters say; None where they hold.

    Shapes are those that the call sees, in the framework's own layouts: ``()`` is a scalar. The tensors hold ones, of
    the case's dtype unless another is named. Lists are parameters of another length than the case has axes.
    """

    input: tuple[int, ...] | None = None
    kernel: tuple[int, ...] | None = None
    bias: tuple[int, ...] | None = None
    input_dtype: OverrideDType | None = None
    kernel_dtype: OverrideDType | None = None
    output_shape: tuple[int, ...] | None = None
    output_shape_dtype: ShapeDType | None = None
    """Where it is named, the shape is a tensor of it."""
    strides: tuple[int, ...] | None = None
    padding: tuple[int, ...] | None = None
    output_padding: tuple[int, ...] | None = None
    output_size: tuple[int, ...] | None = None
    dilations: tuple[int, ...] | None = None

    @property
    def lists(self) -> dict[str, list[int]]:
        """Each list of another length than there are axes, by its parameter."""
        names = ("strides", "padding", "output_padding", "output_size", "dilations")
        return {name: [*value] for name in names if (value := getattr(self, name)) is not None}

    @property
    def tensors(self) -> dict[str, tuple[tuple[int, ...] | None, str | None]]:
        """Shape and dtype of each tensor that is replaced, None for what stays."""
        found = {
            "input": (self.input, self.input_dtype),
            "kernel": (self.kernel, self.kernel_dtype),
            "bias": (self.bias, None),
        }
        return {name: one for name, one in found.items() if one != (None, None)}

    @property
    def shapes_output(self) -> bool:
        """Whether it says something about ``output_shape``, which one framework has."""
        return self.output_shape is not None or self.output_shape_dtype is not None


@dataclass(frozen=True, slots=True)
class AnyCase:
    """What every case says, whatever operation it is one of."""

    op: ClassVar[str]
    """The operation's name, as a suite's ``op`` gives it."""

    suite: str
    id: str
    about: str
    dialect: Dialect
    _: KW_ONLY
    dtype: DTypeName = "float32"
    layout: Layout | None = None
    data: DataKind = "integers"
    input: LiteralTensor | None = None
    expect: Expect = field(default_factory=Expect)
    outputs: tuple[OutputName, ...] = ("output",)
    rule: str = ""
    """The rule of harness.operations.conv_transpose.rules that an illegal case breaks, or its legal twin keeps."""
    overrides: Overrides | None = None
    source: str = ""
    examples: tuple[str, ...] = ()
    """The published examples that it shows; see harness.suites.tutorials."""
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
        """Whether only adapters that speak the dialect can run it (errors and ambiguity are a dialect's own)."""
        return self.expect.error or bool(self.expect.readings)

    @property
    def has_empty_axis(self) -> bool:
        """Whether the input or the output of a legal case has no elements; whether that may be is a dialect's own."""
        return False
