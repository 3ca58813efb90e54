"""The form of a suite about an operation whose cases are few parameters; see ``harness.operations.base``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from harness.core.case import (
    Dialect,
    DTypeName,
    Expect,
    Layout,
    LiteralTensor,
    OutputName,
    PlainDataKind,
    Reading,
)
from harness.core.fields import Form, PairField
from harness.core.forms import (
    AnyEntryForm,
    AnyExpectForm,
    AnyReadingForm,
    AnySuiteForm,
    DataTensorForm,
    OutputsField,
    named_apart,
    sweep_form,
)


class ImageParameters(Form):
    """What defaults, a case and a sweep of every such operation can say."""

    dialect: Dialect | None = None
    batch: int | None = None
    channels: int | None = None
    input_size: PairField | None = None
    dtype: DTypeName | None = None
    layout: Layout | None = None
    data: PlainDataKind | None = None


class ImageReadingForm(AnyReadingForm):
    """One admissible reading: that the call is refused, what the name stands for, or literal results."""

    output: DataTensorForm | None = None
    indices: DataTensorForm | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.refused and (self.output or self.indices):
            message = f"reading {self.name!r} says that the call is refused, and what it gives"
            raise PydanticCustomError("refused", message, {"hint": "remove refused, or the results"})
        if self.indices and not self.output:
            raise PydanticCustomError("output", f"reading {self.name!r} has indices alone", {"hint": "add its output"})
        return self

    def to_reading(self) -> Reading:
        """The same, as a case holds it."""
        return Reading(self.name, self.because, refused=bool(self.refused), results=literals_of(self))


class ImageExpectForm(AnyExpectForm):
    """Literal results, a shape, an error, or the admissible readings."""

    output: DataTensorForm | None = None
    indices: DataTensorForm | None = None
    readings: Annotated[list[ImageReadingForm], Field(min_length=2), AfterValidator(named_apart)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        shaped = self.shape is not None
        stated = [bool(self.output or self.indices), shaped, bool(self.error), bool(self.readings)]
        if sum(stated) != 1 or (self.layout is not None) != shaped:
            hint = {"hint": "leave expect out to check against the oracle"}
            message = "expected output and indices, or layout and shape, or error: true, or readings"
            raise PydanticCustomError("expect", message, hint)
        self.stated_shape()
        return self

    def to_expect(self) -> Expect:
        """What is expected beside results that are written out."""
        readings = tuple(one.to_reading() for one in self.readings or ())
        return Expect(shape=self.stated_shape(), error=bool(self.error), readings=readings)


def literals_of(form: ImageExpectForm | ImageReadingForm) -> tuple[tuple[OutputName, LiteralTensor], ...]:
    """The results that ``form`` writes out."""
    known: tuple[OutputName, ...] = ("output", "indices")
    pairs = [(name, getattr(form, name)) for name in known]
    return tuple((name, one.to_literal("NCHW")) for name, one in pairs if one is not None)


class ImageEntryForm(AnyEntryForm):
    """What every entry says; the parameters of the operation come before it."""

    input: DataTensorForm | None = None
    indices: DataTensorForm | None = None
    expect: ImageExpectForm | None = None
    outputs: OutputsField = None


def image_form(name: str, parameters: type[Form]) -> type[AnySuiteForm]:
    """The form of a suite about the operation called ``name`` with these ``parameters``."""
    title = "".join(part.capitalize() for part in name.split("_"))
    sweep: Any = sweep_form(parameters, f"{title}Sweep")
    bases = (ImageEntryForm, parameters)
    entry: Any = create_model(
        f"{title}Entry", __base__=bases, __doc__="A case, or a sweep.", sweep=(sweep | None, None)
    )
    members: dict[str, Any] = {
        "op": (Literal[name], ...),
        "defaults": (parameters, parameters()),
        "cases": (Annotated[list[entry], Field(min_length=1)], ...),
    }
    return create_model(f"{title}Suite", __base__=AnySuiteForm, __doc__=f"A suite about {name}.", **members)
