"""One entry of a suite and one combination of its swept values: what it says, and where each value was written.

A location in a message is where the offending value was written: in the sweep, the case or the defaults.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from harness.core.case import AnyCase, DTypeName, Expect, LiteralTensor, OutputName, Reading
from harness.core.corpus import located
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError, IllegalCaseError
from harness.core.fields import Form
from harness.core.forms import AnyEntryForm, AnySuiteForm
from harness.core.yamlfile import Location, YamlFile

SWEEP_LIMIT = 1_000_000


def swept_values(entry: AnyEntryForm) -> dict[str, list[Any]]:
    """The values of each swept parameter."""
    if entry.sweep is None:
        return {}
    return {key: getattr(entry.sweep, key) for key in entry.sweep.model_fields_set}


def oversized_sweep(entry: AnyEntryForm) -> int:
    """How many cases the entry's sweep makes, if that is more than SWEEP_LIMIT; else 0."""
    size = 1
    for values in swept_values(entry).values():
        size *= len(values)
    return size if size > SWEEP_LIMIT else 0


class Swept(NamedTuple):
    """A value of a sweep: where it stands in its list, and as the name of a case says it."""

    position: int
    value: Any
    shown: str


def combinations(entry: AnyEntryForm) -> Iterator[dict[str, Swept]]:
    """Each combination of swept values."""
    sweep = swept_values(entry)
    keys = [key for key in type(entry).model_fields if key in sweep]
    lists = ([Swept(at, value, show_value(value)) for at, value in enumerate(sweep[key])] for key in keys)
    for values in itertools.product(*lists):
        yield dict(zip(keys, values, strict=True))


@dataclass(frozen=True, slots=True)
class Entry:
    """Defaults, the entry at ``index`` of the file and one combination of swept values."""

    file: YamlFile
    suite: AnySuiteForm
    index: int
    form: AnyEntryForm
    swept: dict[str, Swept]

    @property
    def common(self) -> dict[str, Any]:
        """What a case says whatever its operation: its names, its text and where it stands."""
        return {
            "suite": _stem(self.file.path),
            "id": self.form.id + self.suffix,
            "about": self.form.about,
            "source": self.form.source or self.suite.source,
            "examples": tuple(self.form.examples or ()),
            "path": self.file.path,
            "line": self.file.line(("cases", self.index)),
        }

    @property
    def stated(self) -> dict[str, Any]:
        """The parameters that the entry gives, those set to null included: they unset a default."""
        return self._stated(self.form) | {key: swept.value for key, swept in self.swept.items()}

    @property
    def defaults(self) -> dict[str, Any]:
        """The parameters that the suite gives for all its cases."""
        return self._stated(self.suite.defaults)

    @property
    def suffix(self) -> str:
        """The swept values as they stand in the case's name, or nothing."""
        if not self.swept:
            return ""
        return f"[{','.join(f'{key}={swept.shown}' for key, swept in self.swept.items())}]"

    def literal(self, key: str, letters: str) -> LiteralTensor | None:
        """The tensor written out under ``key``, in a layout of ``letters``."""
        form = getattr(self.form, key)
        return None if form is None else form.to_literal(letters)

    def bad(self, key: str, message: str, hint: str, *below: str | int) -> BadInputError:
        """An error about the value of ``key`` or what is ``below`` it, at the place where it was written."""
        combination = f" (in {self.suffix})" if self.swept else ""
        problem = self.file.problem((*self._origin(key), *below), message + combination, hint)
        return BadInputError(replace(problem, case=self.form.id))

    def check_shape(self, expect: Expect, made: tuple[int, ...]) -> None:
        """Raise BadInputError where ``expect`` states another shape than the one that was ``made``, (N, C, H, W)."""
        if expect.shape not in (None, made):
            message = f"the shape is {list(expect.shape or ())} (NCHW), but the parameters make {list(made)}"
            raise self.bad("expect", message, "check layout, shape and the parameters", "shape")

    def check_stored(self, literal: LiteralTensor, dtype: DTypeName, key: str, *below: str | int) -> None:
        """Raise BadInputError where ``literal`` is from a file in another dtype, which ``dtype`` does not hold."""
        if literal.dtype and not DTYPES[dtype].holds(literal.dtype):
            message = f"the file holds {literal.dtype}, of which {dtype} does not hold every number"
            raise self.bad(key, message, "save it in a narrower dtype, or name a wider one", *below, "file")

    def check_results(self, case: AnyCase, planes: tuple[int, int], drawn: Sequence[str]) -> None:
        """Raise BadInputError where results of readings are no such results of ``case``.

        ``planes`` are the images and the channels of its output, ``drawn`` the data that it does not write out.
        """
        for index, reading in enumerate(case.expect.readings):
            if problem := _objection(case, reading, planes, drawn):
                raise self.bad(
                    "expect", f"the result of reading {reading.name!r} {problem[0]}", problem[1], "readings", index
                )

    @contextmanager
    def locating(self) -> Iterator[None]:
        """Turn an IllegalCaseError from the code within into an error at the place of its key."""
        try:
            yield
        except IllegalCaseError as error:
            raise self.bad(error.key, str(error), error.hint) from None

    def _stated(self, form: Form) -> dict[str, Any]:
        parameters = type(self.suite.defaults).model_fields.keys()
        return {key: getattr(form, key) for key in form.model_fields_set & parameters}

    def _origin(self, key: str) -> Location:
        """Where the value of ``key`` was written."""
        here: Location = ("cases", self.index)
        if key in self.swept:
            return (*here, "sweep", key, self.swept[key].position)
        if key in self.form.model_fields_set:
            return (*here, key)
        if key in self.suite.defaults.model_fields_set:
            return ("defaults", key)
        return here


def _objection(
    case: AnyCase, reading: Reading, planes: tuple[int, int], drawn: Sequence[str]
) -> tuple[str, str] | None:
    """What is wrong with the results that ``reading`` writes out, and a hint; None where nothing is."""
    results: dict[OutputName, LiteralTensor] = dict(reading.results)
    if not results:
        return None
    if drawn:
        return f"is written out, but the {drawn[0]} is drawn", "write out all data of the case, or no result"
    for name in sorted({*results} ^ {*case.outputs}):
        lacks = f"has no {name}, which is requested" if name in case.outputs else f"has {name}, which is not requested"
        return lacks, f"use `outputs: [{', '.join(results)}]`, or make them agree"
    shapes = {name: tuple(map(one.size, "NCHW")) for name, one in results.items()}
    if len({*shapes.values()}) > 1:
        return f"has outputs of the shapes {', '.join(str(list(one)) for one in shapes.values())}", "make them agree"
    if shapes["output"][:2] != planes:
        found = "{} images of {} channels".format(*shapes["output"])
        return f"has {found}, but the case {planes[0]} of {planes[1]}", "make sizes and values agree"
    return None


@cache
def _stem(path: str) -> str:
    return located(path).stem


def show_value(value: object, separator: str = "x") -> str:
    """A swept value as it stands in a case's name: 3, 3x2, 0:1x1:0, same, none, true."""
    if isinstance(value, tuple):
        parts = [show_value(item, ":") for item in value]
        return parts[0] if len(set(parts)) == 1 else separator.join(parts)
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
