"""The form of a suite about transposed convolutions: what an entry says, the rule it is about, what is handed over."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from harness.core.case import (
    GRADIENTS,
    DataKind,
    Dialect,
    DTypeName,
    Expect,
    Layout,
    LiteralTensor,
    OutputName,
    Overflow,
    OverrideDType,
    Overrides,
    Reading,
    ShapeDType,
)
from harness.core.errors import near_name
from harness.core.fields import Form, PaddingField, PairField, is_number
from harness.core.forms import (
    AnyEntryForm,
    AnyExpectForm,
    AnyReadingForm,
    AnySuiteForm,
    DataTensorForm,
    OutputsField,
    TensorForm,
    ValuesForm,
    named_apart,
    no_result,
    sweep_form,
)
from harness.operations.conv_transpose.case import AXES
from harness.operations.conv_transpose.rules import RULES


def _bias(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and value and all(map(is_number, value)):
        # integers that no float holds stay what they are
        return tuple(v if isinstance(v, int) and float(v) != v else float(v) for v in value)
    raise PydanticCustomError(
        "bias",
        "expected true, false or a list of one number per output channel",
        {"hint": "true draws distinct values; [10, 20] writes them out"},
    )


BiasField = Annotated[
    bool | tuple[int | float, ...],
    BeforeValidator(_bias),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "number"}, "minItems": 1}]}),
]


class KernelForm(TensorForm):
    """A kernel: letters of IOHW, O counting the output channels of one group."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.to_literal("IOHW")
        return self


class ReadingForm(AnyReadingForm, ValuesForm):
    """One admissible reading of an ambiguous case: that it is refused, its crops, an overflow, or literal values."""

    crops: PaddingField | None = None
    overflow: Overflow | None = None
    """What becomes of sums beyond an integer dtype."""
    layout: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if isinstance(self.crops, str):
            raise PydanticCustomError("crops", "expected numbers", {"hint": "for example [[0, 1], [0, 1]]"})
        results = [key for key in ("crops", "overflow", "values", "file") if getattr(self, key) is not None]
        if not self.refused and not results:
            hint = {"hint": "add `refused: true`, or the crops of its result, as `crops: [[0, 1], [0, 1]]`"}
            raise PydanticCustomError("refused", no_result(self.name), hint)
        if self.refused and results:
            message = f"reading {self.name!r} says that the call is refused, and what it gives"
            raise PydanticCustomError("refused", message, {"hint": f"remove refused, or {results[0]}"})
        if results == ["crops", "overflow"]:
            message = f"reading {self.name!r} has crops and an overflow, of which the crops are those of the call"
            raise PydanticCustomError("overflow", message, {"hint": "remove one of them"})
        if len(results) > 1:
            message = f"reading {self.name!r} states its result twice: {' and '.join(results)}"
            raise PydanticCustomError("values", message, {"hint": "remove one of them"})
        self._results()
        return self

    def _results(self) -> tuple[tuple[OutputName, LiteralTensor], ...]:
        if (self.values, self.file, self.key, self.layout) == (None,) * 4:
            return ()
        if self.layout is None:
            raise PydanticCustomError(
                "layout", "expected layout and values together", {"hint": "for example layout: HW"}
            )
        return (("output", self.literal_in(self.layout, "NCHW")),)

    def to_reading(self) -> Reading:
        """The same, as a case holds it."""
        crops = None if isinstance(self.crops, str) else self.crops
        return Reading(self.name, self.because, crops, bool(self.refused), self.overflow, self._results())


class BiasGradientForm(TensorForm):
    """The gradient of a bias, of layout C."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.to_literal("C")
        return self


class ExpectForm(AnyExpectForm, ValuesForm):
    """Literal values of the output or of gradients, a shape, an error, or the admissible readings."""

    input_grad: DataTensorForm | None = None
    kernel_grad: KernelForm | None = None
    bias_grad: BiasGradientForm | None = None
    readings: Annotated[list[ReadingForm], Field(min_length=2), AfterValidator(named_apart)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        stated = [key for key in ("values", "file", "shape", "error", "readings") if getattr(self, key) is not None]
        wrong = {*stated} - {"values", "file"} if self._gradients() else len(stated) != 1
        if wrong or (self.layout is None) is bool({*stated} & {"values", "file", "shape"}):
            raise PydanticCustomError(
                "expect",
                "expected layout and values together or gradients, or layout and shape, or error: true, or readings",
                {"hint": "leave expect out to check against the oracle"},
            )
        self.to_expect()
        return self

    def literal(self) -> LiteralTensor | None:
        """The expected values, if they are written out."""
        if self.values is None and self.file is None and self.key is None:
            return None
        return self.literal_in(self.layout or "", "NCHW")

    def _gradients(self) -> tuple[tuple[OutputName, LiteralTensor], ...]:
        pairs = [(name, getattr(self, name)) for name in GRADIENTS]
        return tuple((name, form.to_literal(AXES[name])) for name, form in pairs if form is not None)

    def to_expect(self) -> Expect:
        """The same, as a case holds it."""
        readings = tuple(one.to_reading() for one in self.readings or ())
        return Expect(self.literal(), self.stated_shape(), self._gradients(), bool(self.error), readings)


def _rule(value: object) -> object:
    if isinstance(value, str) and value in RULES:
        return value
    hint = near_name(value, RULES, "the rules are those of rule in the JSON Schema")
    raise PydanticCustomError("rule", "expected the name of a rule", {"hint": hint})


RuleField = Annotated[
    str | None,
    BeforeValidator(_rule),
    WithJsonSchema({"enum": list(RULES)}),
    Field(
        description="The rule that an illegal case breaks, or its legal twin keeps. "
        + " ".join(f"{name}: {rule.sentence}" for name, rule in RULES.items())
    ),
]


KillsField = Annotated[
    list[str] | None,
    Field(
        min_length=1,
        description=(
            "The mutants (see `harness list --mutants`) that the entry is about: `harness lint` runs them; each must"
            " be killed by the case, or by at least one of those that the sweep makes."
        ),
    ),
]


def _shape(value: object) -> object:
    if isinstance(value, list) and all(type(item) is int for item in value):
        return tuple(value)
    raise PydanticCustomError("shape", "expected a list of integers", {"hint": "for example [2, 3, 3], or [] for none"})


ShapeField = Annotated[
    tuple[int, ...], BeforeValidator(_shape), WithJsonSchema({"type": "array", "items": {"type": "integer"}})
]


class OverridesForm(Form):
    """What is handed over in place of what the parameters say: shapes as the call sees them, filled with ones.

    Parameters here are lists of a wrong length, which the call gets as they are.
    """

    input: ShapeField | None = None
    kernel: ShapeField | None = None
    bias: ShapeField | None = None
    input_dtype: OverrideDType | None = None
    kernel_dtype: OverrideDType | None = None
    output_shape: ShapeField | None = None
    output_shape_dtype: ShapeDType | None = None
    strides: ShapeField | None = None
    padding: ShapeField | None = None
    output_padding: ShapeField | None = None
    output_size: ShapeField | None = None
    dilations: ShapeField | None = None

    def to_overrides(self) -> Overrides:
        """The same, as a case holds it."""
        return Overrides(**{name: getattr(self, name) for name in type(self).model_fields})


class Parameters(Form):
    """Everything that defaults, a case and a sweep can say."""

    dialect: Dialect | None = None
    batch: int | None = None
    in_channels: int | None = None
    out_channels: int | None = None
    input_size: PairField | None = None
    kernel_size: PairField | None = None
    strides: PairField | None = None
    padding: PaddingField | None = None
    output_padding: PairField | None = None
    output_size: PairField | None = None
    dilations: PairField | None = None
    groups: int | None = None
    bias: BiasField | None = None
    dtype: DTypeName | None = None
    layout: Layout | None = None
    data: DataKind | None = None


SweepForm = sweep_form(Parameters)


class EntryForm(AnyEntryForm, Parameters):
    """One transposed convolution, or a sweep that makes many."""

    input: DataTensorForm | None = None
    kernel: KernelForm | None = None
    cotangent: Annotated[
        DataTensorForm | None, Field(description="g of the gradients of sum(g * output), in place of a drawn one.")
    ] = None
    expect: ExpectForm | None = None
    kills: KillsField = None
    outputs: OutputsField = None
    rule: RuleField = None
    overrides: OverridesForm | None = None
    sweep: SweepForm | None = None  # type: ignore[valid-type]


class SuiteForm(AnySuiteForm):
    """A suite of transposed convolutions."""

    op: Literal["conv_transpose2d"] = "conv_transpose2d"
    defaults: Parameters = Parameters()
    cases: list[EntryForm] = Field(min_length=1)
