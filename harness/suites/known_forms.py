"""The form of the list of known divergences."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from harness.core.case import AnyCase, DTypeName, OutputName
from harness.core.cpu import InstructionSet
from harness.core.errors import near_name
from harness.core.fields import Form
from harness.core.results import FAILING, Verdict
from harness.operations.conv_transpose.case import Case

LISTABLE = sorted(FAILING - {Verdict.ADAPTER_ERROR, Verdict.BROKEN, Verdict.FIXED})


def _specifier(value: object) -> object:
    try:
        return str(SpecifierSet(str(value)))
    except InvalidSpecifier:
        raise PydanticCustomError(
            "versions", "expected a version range", {"hint": "for example '>=2.16,<2.22'"}
        ) from None


def _listable(value: object) -> object:
    names = value if isinstance(value, list) and value else [value]
    if all(name in [str(verdict) for verdict in LISTABLE] for name in names):
        return [Verdict(str(name)) for name in names]
    hint = near_name(value, LISTABLE, "as the report shows it")
    raise PydanticCustomError("verdict", f"expected one of {', '.join(LISTABLE)}, or a list of them", {"hint": hint})


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _range(value: object) -> object:
    ends = value if isinstance(value, list) else [value, value]
    if len(ends) == 2 and all(end is None or (isinstance(end, int) and not isinstance(end, bool)) for end in ends):
        return tuple(ends)
    raise PydanticCustomError(
        "range", "expected an integer, or [least, most]", {"hint": "for example 1, or [2, null] for 2 and more"}
    )


def _digests(value: object) -> object:
    found = value if isinstance(value, list) and value else [value]
    if all(isinstance(one, str) and re.fullmatch("[0-9a-f]{8,64}", one) for one in found):
        return found
    raise PydanticCustomError(
        "digest",
        "expected 8 to 64 hexadecimal digits, or a list of such",
        {"hint": "in quotes, as digits alone are read as a number"},
    )


_SHAPE = re.compile(r"got \[\d+(, \d+)*\]")
_NO_WRONG_VALUES = re.compile("both are right|both are within the bound|one run of the call raised .")
"""What a message has of two runs that differ where neither gave values that are known to be wrong."""
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    list[Name],
    Field(min_length=1),
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Digests = Annotated[
    list[str],
    BeforeValidator(_digests),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
_END = {"type": ["integer", "null"]}
Range = Annotated[
    tuple[int | None, int | None],
    BeforeValidator(_range),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "array", "items": _END, "minItems": 2, "maxItems": 2}]}),
]
_VERDICT = {"enum": [str(verdict) for verdict in LISTABLE]}
Verdicts = Annotated[
    list[Verdict],
    BeforeValidator(_listable),
    WithJsonSchema({"anyOf": [_VERDICT, {"type": "array", "items": _VERDICT, "minItems": 1}]}),
]


class WhereForm(Form):
    """For which parameters of a transposed convolution it shows; of two axes the larger one counts."""

    dtype: list[DTypeName] | None = Field(default=None, min_length=1)
    batch: Range | None = None
    in_channels: Range | None = None
    out_channels: Range | None = None
    input_size: Range | None = None
    kernel_size: Range | None = None
    strides: Range | None = None
    dilations: Range | None = None

    def fits(self, case: AnyCase) -> bool:
        """Whether the parameters of ``case`` are such."""
        if not isinstance(case, Case) or (self.dtype is not None and case.dtype not in self.dtype):
            return False
        named = [name for name in WhereForm.model_fields if name != "dtype" and getattr(self, name) is not None]
        return all(_lies(getattr(case, name), getattr(self, name)) for name in named)


def _lies(value: int | tuple[int, int], ends: tuple[int | None, int | None]) -> bool:
    size = value if isinstance(value, int) else max(value)
    least, most = ends
    return (least is None or least <= size) and (most is None or size <= most)


class CauseForm(Form):
    """What identifies the fault behind wrong values, one of these; see harness.suites.causes."""

    hypotheses: Names | None = None
    """Names of hypotheses of the diagnosis, all of which must fit."""
    narrower: DTypeName | None = None
    """The type that the call computes in, where the case's is wider."""
    digest: Digests | None = None
    """The beginning of the digest of the array, as the diagnosis of an array that does not fit prints it; or several
    of which one must fit. Only for values that are the same on every machine."""
    unwritten_rows: Range | None = None
    """The rows of each image that are never written, so that they hold whatever was in memory: every other row is
    right."""

    def __str__(self) -> str:
        """The cause as a report says it, for example ``hypotheses: kernel-rotated``."""
        ((key, value),) = self.model_dump(exclude_none=True).items()
        if isinstance(value, tuple):
            first, last = value
            value = f"{first or 0} to {'the last' if last is None else last}"
        return f"{key}: {', '.join(value) if isinstance(value, list) else value}"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.model_fields_set) != 1 or len(self.model_dump(exclude_none=True)) != 1:
            raise PydanticCustomError(
                "cause",
                "expected hypotheses, or narrower, or digest, or unwritten_rows",
                {"hint": "for example {hypotheses: kernel-rotated}; what fits stands in the report's diagnosis"},
            )
        return self


class EntryForm(Form):
    """One divergence. ``cases`` is a full case name, or a list of them, in which ``*`` stands for any text."""

    cases: Names
    where: WhereForm | None = None
    """Only those of ``cases`` whose parameters are such."""
    adapter: Names
    """One adapter, or a list of those that show the same."""
    mode: str = "eager"
    outputs: list[OutputName | Literal["shape"]] = Field(default=["output", "shape"], min_length=1)
    """Which outputs show it; where the output itself is refused there are no gradients."""
    versions: dict[str, Annotated[str, BeforeValidator(_specifier)]] = Field(min_length=1)
    cpu: dict[InstructionSet, StrictBool] = {}
    """Which instruction sets the processor has where it shows, and which it lacks."""
    verdict: Verdicts
    """What comes; several where it is now this, now that, as after a corrupted heap."""
    message: str = ""
    """Text that the observed message contains: another cause is not this divergence."""
    cause: CauseForm | None = None
    """What identifies wrong values: another fault in the same place is not this divergence. Where runs differ, each has
    these values or is right."""
    intermittent: bool = False
    """Whether a right result is possible too. Then it is no reason to change the list, and the report says the same
    in any case. A check that may crash so is run in a process of its own: what it corrupts must not change another."""
    evidence: str = ""
    """A case that shows it. The outputs of all others that the entry matches are not requested of the adapter, as that
    may corrupt or end the process: their rows are known and name this case."""
    why: str = Field(min_length=1)
    upstream: str = Field(min_length=1)

    @property
    def isolated(self) -> bool:
        """Whether what it matches needs a process of its own."""
        return self._corrupts_memory and not self.evidence

    @property
    def _corrupts_memory(self) -> bool:
        """Whether what comes is chance, so that wrong values have no cause of their own."""
        return self.intermittent and Verdict.CRASHES in self.verdict

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.evidence and "output" in self.outputs:
            raise PydanticCustomError(
                "evidence", "expected gradients in outputs", {"hint": "the output of a case is always requested"}
            )
        if len(self.verdict) > 1 and not self.intermittent:
            raise PydanticCustomError(
                "verdict", "several verdicts need intermittent: true", {"hint": "or an entry for each, by message"}
            )
        if self.cause is None and not self._corrupts_memory:
            self._check_without_cause()
        return self

    def _check_without_cause(self) -> None:
        """Whatever the values are that come, they would be known: no verdict may stand for wrong ones."""
        hint = "add `cause: {hypotheses: …}`, or narrower, or digest"
        differs = Verdict.UNSTABLE in self.verdict and not _NO_WRONG_VALUES.search(self.message)
        if differs or not {Verdict.DIVERGES, Verdict.STALE}.isdisjoint(self.verdict):
            right = "; or where no run is wrong, `message: both are within the bound`" if differs else ""
            raise PydanticCustomError("cause", "wrong values need a cause", {"hint": f"{hint}{right}"})
        if Verdict.WRONG_SHAPE in self.verdict and not _SHAPE.search(self.message):
            raise PydanticCustomError(
                "cause", "a wrong shape needs a cause", {"hint": "say the shape that comes: `message: 'got [2, 3]'`"}
            )


class ListForm(Form):
    """The file."""

    divergences: list[EntryForm]


def known_json_schema() -> dict[str, Any]:
    """JSON Schema of the list, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ListForm.model_json_schema()}
