"""The form of a suite file: types of every key, with messages a person can act on.

The model checks form only; whether sizes are possible is for geometry. The JSON Schema beside the
cases is generated from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from harness.core.array_files import read_array
from harness.core.case import LiteralTensor, Nested, OutputName
from harness.core.fields import Form, is_number
from harness.core.plain_yaml import DEEPEST


def _measure(value: object, depth: int = 0) -> tuple[int, ...]:
    """The shape of a nested list of numbers; raises where rows differ or an entry is no number."""
    if depth > DEEPEST:
        raise PydanticCustomError(
            "values", f"nested more than {DEEPEST} levels deep", {"hint": "a tensor has four axes"}
        )
    if is_number(value):
        return ()
    if not isinstance(value, list):
        raise PydanticCustomError(
            "values", "expected nested lists of numbers", {"hint": f"{str(value)[:20]!r} is no number"}
        )
    shapes = {_measure(item, depth + 1) for item in value}
    if len(shapes) != 1:
        raise PydanticCustomError(
            "values",
            "expected nested lists of equal lengths, not empty",
            {"hint": f"the rows have the shapes {sorted(shapes)}" if shapes else "an empty list has no shape"},
        )
    return (len(value), *shapes.pop())


def checked_layout(layout: str, shape: tuple[int, ...], letters: str) -> str:
    """``layout``, one of ``letters`` for each axis of ``shape``; raises PydanticCustomError where it is not."""
    if len(set(layout)) != len(layout) or set(layout) - set(letters):
        raise PydanticCustomError(
            "layout", f"expected a layout of the letters {letters}, each at most once", {"hint": "for example HW"}
        )
    if len(layout) != len(shape):
        raise PydanticCustomError(
            "layout",
            f"layout {layout} has {len(layout)} axes but values have {len(shape)}",
            {"hint": f"the values have the shape {list(shape)}"},
        )
    return layout


class ValuesForm(Form):
    """Numbers, written out or in a file, which is read when the form is made."""

    values: Annotated[Any, WithJsonSchema({"type": ["array", "number"]})] = None
    file: Annotated[
        str | None, Field(description="In place of values: .npy, .npz or .json in the folder of the suite, or below.")
    ] = None
    key: Annotated[str | None, Field(description="The array of an .npz file.")] = None
    _read: tuple[Nested, str] | None = None

    def model_post_init(self, context: Any, /) -> None:
        """Read the file; the folder of the suite is the ``context``."""
        if self.file is not None:
            self._read = read_array((context or {}).get("folder", Path()), self.file, self.key)

    def literal_in(self, layout: str, letters: str, *, rotated: bool = False) -> LiteralTensor:
        """The literal, whose layout must consist of ``letters``; raises PydanticCustomError otherwise."""
        if (self.values is None) is (self.file is None) or (self.key is not None and self.file is None):
            raise PydanticCustomError("values", "expected values, or a file", {"hint": "for example values: [[1, 2]]"})
        nested, dtype = self._read or (self.values, "")
        shape = _measure(nested)
        return LiteralTensor(checked_layout(layout, shape, letters), shape, nested, rotated, dtype)


class TensorForm(ValuesForm):
    """A literal tensor; ``layout`` has one letter per axis of ``values``."""

    layout: str
    rotated: bool = False

    def to_literal(self, letters: str) -> LiteralTensor:
        """See ``literal_in``."""
        return self.literal_in(self.layout, letters, rotated=self.rotated)


class DataTensorForm(TensorForm):
    """An input or an expected output: letters of NCHW."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.to_literal("NCHW")
        if self.rotated:
            raise PydanticCustomError("rotated", "only a kernel can be rotated", {"hint": "leave rotated out"})
        return self


class AnyExpectForm(Form):
    """The shape of the output, beside which nothing else stands, or an error."""

    layout: str | None = None
    shape: Annotated[
        list[Annotated[int, Field(ge=0)]] | None,
        Field(description="Of the output, in the layout; it must be the one that the parameters make."),
    ] = None
    error: Literal[True] | None = None

    def stated_shape(self) -> tuple[int, ...] | None:
        """(N, C, H, W), 1 for what the layout leaves out; raises PydanticCustomError where the two do not fit."""
        if self.shape is None:
            return None
        literal = LiteralTensor(checked_layout(self.layout or "", tuple(self.shape), "NCHW"), tuple(self.shape), 0)
        return tuple(map(literal.size, "NCHW"))


class AnyReadingForm(Form):
    """One admissible reading of an ambiguous case: that the call is refused, or else a result."""

    name: str = Field(min_length=1)
    because: str = Field(min_length=1)
    refused: Literal[True] | None = None


ReadingT = TypeVar("ReadingT", bound=AnyReadingForm)


def named_apart(readings: list[ReadingT]) -> list[ReadingT]:
    """``readings``; raises where two have one name, by which a verdict says which of them holds."""
    names = [reading.name for reading in readings]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        hint = {"hint": "give each a name of its own, or remove one"}
        raise PydanticCustomError("readings", f"two readings are called {twice!r}", hint)
    return readings


def no_result(name: str) -> str:
    """What is wrong with a reading that leaves open what becomes of the call."""
    return f"reading {name!r} has no result, and does not say that the call is refused"


def sweep_form(parameters: type[Form], name: str = "SweepForm") -> type[Form]:
    """A form called ``name`` with a list of values for each of ``parameters``."""
    fields: dict[str, Any] = {
        key: (Annotated[list[info.rebuild_annotation()], Field(min_length=1)], None)  # type: ignore[misc]
        for key, info in parameters.model_fields.items()
    }
    return create_model(name, __base__=Form, __doc__="Values of each swept parameter.", **fields)


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
            "What is requested: the output, and the gradients of sum(g * output) for a drawn cotangent g. Left out,"
            " a legal case in a floating point dtype requests all of them."
        ),
    ),
]


EXPECTED_EXAMPLES = "expected a list of published examples, each once"


def _examples(value: object) -> object:
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return value
    raise PydanticCustomError("examples", EXPECTED_EXAMPLES, {"hint": "for example [A, B1]"})


ExamplesField = Annotated[
    list[str] | None,
    BeforeValidator(_examples),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1}),
    Field(description="The published examples that the entry shows; reports/published.md says what each is."),
]
"""Which examples there are is known where suites are read, see harness.suites.registry."""


class AnyEntryForm(Form):
    """What every entry of a suite says, whatever the operation; the parameters come before it."""

    id: str = Field(pattern=r"^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$")
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
