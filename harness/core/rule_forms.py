"""The form of the keys that say what an entry is about: a rule and what is handed over, liars, published examples."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.core.case import Given, GivenDType, ShapeDType
from harness.operations.conv_transpose.rules import RULES
from harness.suites.tutorials import EXAMPLES


def _rule(value: object) -> object:
    if value in RULES:
        return value
    near = get_close_matches(str(value), RULES, n=1)
    hint = f"did you mean {near[0]}?" if near else "the rules are those of rule in the JSON Schema"
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


TellsField = Annotated[
    list[str] | None,
    Field(
        min_length=1,
        description=(
            "The liars (see `harness list --liars`) that the entry is about: `harness lint` asks them, and each must"
            " be told from the truth by the case, or by at least one of those that the sweep makes."
        ),
    ),
]


def _examples(value: object) -> object:
    if isinstance(value, list) and value and all(item in EXAMPLES for item in value) and len(set(value)) == len(value):
        return value
    hint = f"known are {', '.join(EXAMPLES)}"
    raise PydanticCustomError("examples", "expected a list of published examples, each once", {"hint": hint})


ExamplesField = Annotated[
    list[str] | None,
    BeforeValidator(_examples),
    WithJsonSchema({"type": "array", "items": {"enum": list(EXAMPLES)}, "minItems": 1}),
    Field(description="The published examples that the entry shows; reports/published.md says what each is."),
]


def _shape(value: object) -> object:
    if isinstance(value, list) and all(type(item) is int for item in value):
        return tuple(value)
    raise PydanticCustomError("shape", "expected a list of integers", {"hint": "for example [2, 3, 3], or [] for none"})


ShapeField = Annotated[
    tuple[int, ...], BeforeValidator(_shape), WithJsonSchema({"type": "array", "items": {"type": "integer"}})
]


class GivenForm(BaseModel):
    """What is handed over in place of what the parameters say: shapes as the call sees them, filled with ones."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    input: ShapeField | None = None
    kernel: ShapeField | None = None
    bias: ShapeField | None = None
    input_dtype: GivenDType | None = None
    kernel_dtype: GivenDType | None = None
    output_shape: ShapeField | None = None
    output_shape_dtype: ShapeDType | None = None

    def to_given(self) -> Given:
        """The same, as a case holds it."""
        return Given(**{name: getattr(self, name) for name in type(self).model_fields})
