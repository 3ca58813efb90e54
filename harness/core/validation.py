"""Turn the findings of the validation library into problems with file, line, column and hint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.core.corpus import located
from harness.core.errors import BadInputError, Problem, near_name
from harness.core.key_places import hint_for, keys_by_place
from harness.core.yamlfile import Location, YamlFile

FormT = TypeVar("FormT", bound=BaseModel)
MOST_FAULTS = 1000
"""Of one file; finding words that are near to a wrong one takes time."""
LONGEST_SHOWN = 60
RENAMED_KEYS = {"given": "overrides", "tells": "kills"}
"""Keys of older suites, and what they are called today."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem, and where in the data it was found."""

    location: Location
    problem: Problem


def validate(form: type[FormT], file: YamlFile) -> FormT:
    """``file`` as a ``form``; raises BadInputError with every fault of the file."""
    found, faults = validated(form, file)
    if found is None:
        raise BadInputError(*(fault.problem for fault in faults))
    return found


def validated(form: type[FormT], file: YamlFile) -> tuple[FormT | None, list[Fault]]:
    """``file`` as a ``form``, or None and everything that keeps it from being one."""
    try:
        return form.model_validate(file.data, context=context_of(file)), []
    except ValidationError as error:
        return None, _faults(form, file, error)


def context_of(file: YamlFile) -> dict[str, Any]:
    """What a form must know of the ``file`` that it is in."""
    return {"folder": located(file.path).parent}


def _faults(form: type[BaseModel], file: YamlFile, error: ValidationError) -> list[Fault]:
    return [Fault(found["loc"], _problem(form, file, found)) for found in islice(error.errors(), MOST_FAULTS)]


def _problem(form: type[BaseModel], file: YamlFile, found: Any) -> Problem:
    # "[key]" says that a key of a mapping is wrong, where the key itself is named before it
    location = tuple(part for part in found["loc"] if part != "[key]")
    context = found.get("ctx") or {}
    match found["type"]:
        case "extra_forbidden":
            *above, unknown = (_short(str(part)) for part in location)
            hint = hint_for(form, (*above, unknown))
            if (today := RENAMED_KEYS.get(unknown)) and any(today in keys for keys in keys_by_place(form).values()):
                hint = f"it is called {today} today"
            return file.problem(location, f"unknown key {unknown}", hint)
        case "missing":
            return file.problem(
                location, f"expected the key {location[-1]}, which is missing", f"add `{location[-1]}: …`"
            )
        case "string_pattern_mismatch":
            return file.problem(
                location, "expected words of letters and digits, joined by hyphens", "for example odd-kernel-stride-2"
            )
        case "model_type" | "model_attributes_type":
            return file.problem(location, "expected a mapping of keys to values", "indent the keys below it")
    message = (
        str(found["msg"]).replace("Input should be", "expected").replace("String should", "expected a text that should")
    )
    value = found.get("input")
    shown = "" if isinstance(value, dict | list) or value is None else f", not {_short(repr(value))}"
    hint = context.get("hint", "see the description of the key in the JSON Schema")
    if found["type"] == "literal_error":
        hint = near_name(value, re.findall("'([^']*)'", context["expected"]), hint)
    return file.problem(location, message + shown, hint)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
