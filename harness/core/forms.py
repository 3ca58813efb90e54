"""The form of a suite file: types of every key, with messages a person can act on.

The model checks form only; whether sizes are possible is for geometry. The JSON Schema beside the
cases is generated from it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.json_schema import models_json_schema
from pydantic_core import PydanticCustomError

from harness.core.case import (
    DataKind,
    Dialect,
    DTypeName,
    Layout,
    LiteralTensor,
    Nested,
    OutputName,
    Overflow,
)
from harness.core.fields import BiasField, Form, PaddingField, PairField, is_number
from harness.core.rule_forms import ExamplesField, GivenForm, RuleField, TellsField


def _measure(value: object) -> tuple[int, ...]:
    """The shape of a nested list of numbers; raises where rows differ or an entry is no number."""
    if is_number(value):
        return ()
    if not isinstance(value, list):
        raise PydanticCustomError(
            "values", "expected nested lists of numbers", {"hint": f"{str(value)[:20]!r} is no number"}
        )
    shapes = {_measure(item) for item in value}
    if len(shapes) != 1:
        raise PydanticCustomError(
            "values",
            "expected nested lists of equal lengths, not empty",
            {"hint": f"the rows have the shapes {sorted(shapes)}" if shapes else "an empty list has no shape"},
        )
    return (len(value), *shapes.pop())


class TensorForm(Form):
    """A literal tensor; ``layout`` has one letter per axis of ``values``."""

    layout: str
    values: Annotated[Any, WithJsonSchema({"type": ["array", "number"]})]
    rotated: bool = False

    def to_literal(self, letters: str) -> LiteralTensor:
        """The literal, whose layout must consist of ``letters``; raises PydanticCustomError otherwise."""
        shape = _measure(self.values)
        if len(set(self.layout)) != len(self.layout) or set(self.layout) - set(letters):
            raise PydanticCustomError(
                "layout", f"expected a layout of the letters {letters}, each at most once", {"hint": "for example HW"}
            )
        if len(self.layout) != len(shape):
            raise PydanticCustomError(
                "layout",
                f"layout {self.layout} has {len(self.layout)} axes but values have {len(shape)}",
                {"hint": f"the values have the shape {list(shape)}"},
            )
        nested: Nested = self.values
        return LiteralTensor(self.layout, shape, nested, self.rotated)


class DataTensorForm(TensorForm):
    """An input or an expected output: letters of NCHW."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.to_literal("NCHW")
        if self.rotated:
            raise PydanticCustomError("rotated", "only a kernel can be rotated", {"hint": "leave rotated out"})
        return self


class KernelForm(TensorForm):
    """A kernel: letters of IOHW, O counting the output channels of one group."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.to_literal("IOHW")
        return self


class AnyReadingForm(Form):
    """One admissible reading of an ambiguous case: that the call is refused, or else a result."""

    name: str = Field(min_length=1)
    because: str = Field(min_length=1)
    refused: Literal[True] | None = None


ReadingT = TypeVar("ReadingT", bound=AnyReadingForm)


def named_apart(readings: list[ReadingT]) -> list[ReadingT]:
    """``readings``; raises where two have one name, by which a verdict says which of them was taken."""
    names = [reading.name for reading in readings]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        hint = {"hint": "give each a name of its own, or remove one"}
        raise PydanticCustomError("readings", f"two readings are called {twice!r}", hint)
    return readings


def no_result(name: str) -> str:
    """What is wrong with a reading that leaves open what becomes of the call."""
    return f"reading {name!r} has no result, and does not say that the call is refused"


class ReadingForm(AnyReadingForm):
    """One admissible reading of an ambiguous case: that the call is refused, its crops, or an overflow."""

    crops: PaddingField | None = None
    overflow: Overflow | None = None
    """What becomes of sums beyond an integer dtype."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if isinstance(self.crops, str):
            raise PydanticCustomError("crops", "expected numbers", {"hint": "for example [[0, 1], [0, 1]]"})
        if self.crops is None and not self.refused and self.overflow is None:
            hint = {"hint": "add `refused: true`, or the crops of its result, as `crops: [[0, 1], [0, 1]]`"}
            raise PydanticCustomError("refused", no_result(self.name), hint)
        if self.refused and (self.crops is not None or self.overflow is not None):
            message = f"reading {self.name!r} says that the call is refused, and what it gives"
            raise PydanticCustomError("refused", message, {"hint": "remove refused, or crops"})
        if self.crops is not None and self.overflow is not None:
            message = f"reading {self.name!r} has crops and an overflow, of which the crops are those of the call"
            raise PydanticCustomError("overflow", message, {"hint": "remove one of them"})
        return self


class ExpectForm(Form):
    """Literal values, an error, or the admissible readings."""

    layout: str | None = None
    values: Annotated[Any, WithJsonSchema({"type": ["array", "number"]})] = None
    error: Literal[True] | None = None
    readings: Annotated[list[ReadingForm], Field(min_length=2), AfterValidator(named_apart)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        said = [key for key in ("values", "error", "readings") if getattr(self, key) is not None]
        if len(said) != 1 or (self.layout is None) != (self.values is None):
            raise PydanticCustomError(
                "expect",
                "expected layout and values together, or error: true, or readings",
                {"hint": "leave expect out to check against the oracle"},
            )
        self.literal()
        return self

    def literal(self) -> LiteralTensor | None:
        """The expected values, if they are written out."""
        if self.values is None:
            return None
        return DataTensorForm(layout=self.layout or "", values=self.values).to_literal("NCHW")


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


def sweep_form(parameters: type[Form], name: str = "SweepForm") -> type[Form]:
    """A form called ``name`` with a list of values for each of ``parameters``."""
    fields: dict[str, Any] = {
        key: (Annotated[list[info.rebuild_annotation()], Field(min_length=1)], None)  # type: ignore[misc]
        for key, info in parameters.model_fields.items()
    }
    return create_model(name, __base__=Form, __doc__="Values of each swept parameter.", **fields)


SweepForm = sweep_form(Parameters)


def _unique(value: list[OutputName] | None) -> list[OutputName] | None:
    if value is not None and ("output" not in value or len(set(value)) < len(value)):
        raise PydanticCustomError(
            "outputs", "expected output, and any of the gradients, each once", {"hint": "for example [output]"}
        )
    return value


OutputsField = Annotated[
    list[OutputName] | None,
    AfterValidator(_unique),
    Field(
        description=(
            "What is asked for: the output, and the gradients of sum(g * output) for a drawn cotangent g. Left out,"
            " a legal case in a floating point dtype asks for all of them."
        ),
    ),
]


class AnyEntryForm(Form):
    """What every entry of a suite says, whatever the operation; the parameters come before it."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    about: str = Field(min_length=1)
    source: str = ""
    examples: ExamplesField = None
    sweep: Any = None
    """A form with a list of values for each swept parameter."""

    @field_validator("sweep", mode="before")
    @classmethod
    def _sweeps_something(cls, value: object) -> object:
        if not value:
            raise PydanticCustomError(
                "sweep", "an empty sweep makes no cases", {"hint": "for example {strides: [1, 2]}, or remove it"}
            )
        return value


class EntryForm(AnyEntryForm, Parameters):
    """One transposed convolution, or a sweep that makes many."""

    input: DataTensorForm | None = None
    kernel: KernelForm | None = None
    expect: ExpectForm | None = None
    tells: TellsField = None
    outputs: OutputsField = None
    rule: RuleField = None
    given: GivenForm | None = None
    sweep: SweepForm | None = None  # type: ignore[valid-type]


class AnySuiteForm(Form):
    """What every suite file says, whatever the operation."""

    op: Any = None
    """The operation's name."""
    suite: str = Field(min_length=1)
    about: str = Field(min_length=1)
    source: str = ""
    defaults: Any = None
    """A form of the operation's parameters."""
    cases: list[Any] = Field(min_length=1)


class SuiteForm(AnySuiteForm):
    """A suite of transposed convolutions."""

    op: Literal["conv_transpose2d"] = "conv_transpose2d"
    defaults: Parameters = Parameters()
    cases: list[EntryForm] = Field(min_length=1)


def suite_json_schema() -> dict[str, Any]:
    """JSON Schema of a suite file, for editors: that of the operation that ``op`` names."""
    from harness.operations import DEFAULT, ROOMS, operation

    forms = {name: operation(name).form for name in ROOMS}
    places, whole = models_json_schema([(form, "validation") for form in forms.values()])
    chosen: Any = places[forms[DEFAULT], "validation"]
    for name in sorted(set(ROOMS) - {DEFAULT}, reverse=True):
        asked = {"properties": {"op": {"const": name}}, "required": ["op"]}
        chosen = {"if": asked, "then": places[forms[name], "validation"], "else": chosen}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, **chosen}
