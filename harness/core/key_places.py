"""Which keys a form has at which place, to say of a key that does not belong where it stands what was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from pydantic import BaseModel

from harness.core.errors import nearest

Place = tuple[str, ...]
"""The keys that lead to it, from the top of the file; which item of a list it is does not count."""
OTHERWISE = "remove it, or see the JSON Schema for the keys"


@cache
def keys_by_place(form: type[BaseModel]) -> Mapping[Place, tuple[str, ...]]:
    """The keys at each place of ``form`` that has any."""
    schema = form.model_json_schema()
    found: dict[Place, dict[str, None]] = {}
    waiting: list[tuple[Place, Any]] = [((), schema)]
    while waiting:
        place, part = waiting.pop()
        part = schema["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        properties = part.get("properties", {})
        found.setdefault(place, {}).update(dict.fromkeys(properties))
        waiting += [((*place, key), below) for key, below in properties.items()]
        waiting += [(place, one) for one in (*part.get("anyOf", ()), part.get("items")) if isinstance(one, dict)]
    return {place: tuple(keys) for place, keys in sorted(found.items()) if keys}


def hint_for(form: type[BaseModel], location: Sequence[str | int]) -> str:
    """What to do about the unknown key at ``location``: where it belongs, or which key is nearest to it.

    ``location`` may hold names of parts of the form between the keys.
    """
    places, here, key = keys_by_place(form), _place_of(form, location[:-1]), str(location[-1])
    if there := _places_of(key, places):
        return f"{key} belongs {there}, not {_in_words(here)}"
    if near := nearest(key, places.get(here, ())):
        return f"did you mean {near}?"
    near = nearest(key, sorted({*chain.from_iterable(places.values())}))
    return f"did you mean {near}? It belongs {_places_of(near, places)}" if near else OTHERWISE


def _place_of(form: type[BaseModel], location: Sequence[str | int]) -> Place:
    place: Place = ()
    for part in location:
        if part in keys_by_place(form).get(place, ()):
            place = (*place, str(part))
    return place


def _places_of(key: str, places: Mapping[Place, Sequence[str]]) -> str:
    """The places of ``key`` in words, those nearest to the top; nothing where ``key`` is none of the form's."""
    found = [place for place, keys in places.items() if key in keys]
    return " or ".join(_in_words(place) for place in found if len(place) == min(map(len, found)))


def _in_words(place: Place) -> str:
    return f"under {'.'.join(place)}" if place else "at the top of the file"
