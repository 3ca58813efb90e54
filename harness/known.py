"""Known divergences: listed, explained, bounded by version and processor, and taken off the list once fixed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.cpu import InstructionSet, instruction_sets
from harness.errors import Problem
from harness.forms import validate
from harness.results import FAILING, Row, Verdict
from harness.schema import Form
from harness.yamlfile import YamlFile, read_yaml

FILE_NAME = "known_divergences.yaml"
_LISTABLE = sorted(FAILING - {Verdict.BROKEN, Verdict.FIXED})


def _specifier(value: object) -> object:
    try:
        return str(SpecifierSet(str(value)))
    except InvalidSpecifier:
        raise PydanticCustomError(
            "versions", "expected a version range", {"hint": "for example '>=2.16,<2.22'"}
        ) from None


def _listable(value: object) -> object:
    if value in [str(verdict) for verdict in _LISTABLE]:
        return Verdict(str(value))
    raise PydanticCustomError("verdict", f"expected one of {', '.join(_LISTABLE)}", {"hint": "as the report shows it"})


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    list[Name],
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class EntryForm(Form):
    """One divergence. ``cases`` is a full case name, or a list of them, in which ``*`` stands for any text."""

    cases: Annotated[Names, BeforeValidator(_listed)]
    adapter: Annotated[Names, BeforeValidator(_listed)]
    """One adapter, or a list of those that show the same."""
    mode: str = "eager"
    outputs: list[Literal["output", "shape", "indices", "input_grad", "kernel_grad", "bias_grad"]] = Field(
        default=["output", "shape"], min_length=1
    )
    """Which outputs show it; where the output itself is refused there are no gradients."""
    versions: dict[str, Annotated[str, BeforeValidator(_specifier)]] = Field(min_length=1)
    cpu: dict[InstructionSet, StrictBool] = {}
    """Which instruction sets the processor has where it shows, and which it lacks."""
    verdict: Annotated[
        Verdict, BeforeValidator(_listable), WithJsonSchema({"enum": [str(verdict) for verdict in _LISTABLE]})
    ]
    message: str = ""
    """Text that the observed message contains: another cause is not this divergence."""
    why: str = Field(min_length=1)
    upstream: str = Field(min_length=1)


class ListForm(Form):
    """The file."""

    divergences: list[EntryForm]


@dataclass(frozen=True)
class KnownDivergences:
    """The list, ready to explain rows."""

    entries: Sequence[EntryForm] = ()
    file: YamlFile | None = None
    cpu: frozenset[InstructionSet] | None = None
    """What the processor has, None where that is unknown."""

    @cached_property
    def _by_adapter(self) -> dict[str, list[tuple[EntryForm, re.Pattern[str]]]]:
        found: dict[str, list[tuple[EntryForm, re.Pattern[str]]]] = {}
        for entry, pattern in zip(self.entries, self._patterns, strict=True):
            for name in dict.fromkeys(entry.adapter):
                found.setdefault(name, []).append((entry, pattern))
        return found

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        return [_pattern(entry.cases) for entry in self.entries]

    def explain(self, row: Row, versions: Mapping[str, str]) -> Row:
        """``row`` with its verdict turned to ``known``, or to ``fixed`` where a listed check now conforms."""
        for entry in self._about(row, versions):
            if row.verdict is entry.verdict and entry.message in row.message:
                seen = f"{row.diagnosis}. " if row.diagnosis else ""
                return replace(row, verdict=Verdict.KNOWN, diagnosis=f"{seen}{entry.why} ({entry.upstream})")
            if row.verdict.conforms and (self.cpu is not None or not entry.cpu):
                message = f"listed as known to be {entry.verdict}, but it conforms: remove it from {FILE_NAME}"
                return replace(row, verdict=Verdict.FIXED, message=message, diagnosis=entry.why)
        return row

    def _about(self, row: Row, versions: Mapping[str, str]) -> Iterable[EntryForm]:
        for entry, pattern in self._by_adapter.get(row.adapter, ()):
            asked = row.mode == entry.mode and row.output in entry.outputs
            if asked and pattern.fullmatch(row.case) and _within(entry, versions) and self._runs_here(entry):
                yield entry

    def _runs_here(self, entry: EntryForm) -> bool:
        """An unknown processor may be any."""
        return self.cpu is None or all((name in self.cpu) is wanted for name, wanted in entry.cpu.items())

    def lists(self, case: str, adapter: str) -> bool:
        """Whether an entry names ``case`` on ``adapter``, in whatever version."""
        return any(pattern.fullmatch(case) for _, pattern in self._by_adapter.get(adapter, ()))

    def unmatched(self, names: Iterable[str], adapters: Iterable[str]) -> list[Problem]:
        """A problem for each entry that names no case of ``names``, or no adapter of ``adapters``."""
        if self.file is None:
            return []
        names, adapters, problems = list(names), set(adapters), []
        for index, entry in enumerate(self.entries):
            if not all(any(_pattern([one]).fullmatch(name) for name in names) for one in entry.cases):
                problems.append(
                    self.file.problem(("divergences", index, "cases"), "matches no case", "see `harness list`")
                )
            if not adapters.issuperset(entry.adapter):
                problems.append(
                    self.file.problem(
                        ("divergences", index, "adapter"), "no such adapter", f"known are {', '.join(sorted(adapters))}"
                    )
                )
        return problems


def load_known(path: Path) -> KnownDivergences:
    """The list at ``path``; raises BadInputError where its form is wrong. A missing file is an empty list."""
    if not path.exists():
        return KnownDivergences()
    file = read_yaml(path)
    return KnownDivergences(validate(ListForm, file).divergences, file, instruction_sets())


def known_json_schema() -> dict[str, Any]:
    """JSON Schema of the list, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ListForm.model_json_schema()}


def _pattern(texts: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(".*".join(map(re.escape, text.split("*"))) for text in texts))


def _within(entry: EntryForm, versions: Mapping[str, str]) -> bool:
    return all(_in_range(versions.get(package, ""), wanted) for package, wanted in entry.versions.items())


def _in_range(version: str, wanted: str) -> bool:
    """A version that is absent or cannot be ordered lies in no range."""
    try:
        return SpecifierSet(wanted).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False
