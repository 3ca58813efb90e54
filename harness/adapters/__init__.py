"""Which adapters there are: those of installed packages, and any ``module:Class`` requested by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from harness.adapters.base import Adapter
from harness.adapters.text import Framework
from harness.core.case import Dialect, DTypeName, OutputName
from harness.core.errors import BadInputError, Problem, near_name
from harness.operations import OPERATIONS

GROUP = "harness.adapters"
DIALECTS: tuple[str, ...] = get_args(Dialect)
WORDS: Mapping[str, Collection[str]] = {
    "dtypes": get_args(DTypeName),
    "refused_dtypes": get_args(DTypeName),
    "outputs": get_args(OutputName),
    "programs": OPERATIONS.keys(),
}
"""What an adapter may state in these attributes."""
FORMS: Mapping[str, type] = {
    **dict.fromkeys(("name", "mode", "process", "continues"), str),
    **dict.fromkeys(("environment", "refused_dtypes", "programs", "packages"), Mapping),
    **dict.fromkeys(("suites", "refusals", "unstated"), tuple),
    **dict.fromkeys(("shape_only", "reusable", "variant", "framework", "expensive", "smoke"), bool),
    "weight": int,
    "runtime": Framework,
}
"""Of what kind these attributes are; mappings are of texts."""
FAMILIES = {"mutant": "harness.quality.mutant_adapter"}
"""Words before a colon that stand for the modules of many adapters: ``mutant:KernelRotated``."""


Place = tuple[str, tuple[tuple[str, str], ...]]
Start = tuple[Place, Callable[[Any], object], tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """An adapter that takes part; ``target`` is the ``module:Class`` a worker imports."""

    adapter: Adapter
    target: str
    requested_by_name: bool = False
    requested_as: str = ""
    """What to write after ``-a`` to get this adapter again."""

    @property
    def name(self) -> str:
        """The adapter's name, as in reports and after ``-a``."""
        return self.adapter.name

    @property
    def real(self) -> bool:
        """Whether a check of it says something about a framework, or about what was given as ``module:Class``."""
        return self.adapter.framework or self.requested_as == self.target

    @property
    def process(self) -> str:
        """What it shares with the adapters whose worker can be its own, if their environment is its own too."""
        return self.adapter.process or self.adapter.name

    @property
    def place(self) -> Place:
        """A process and its environment: what adapters have in common of which one can go on where another was."""
        return self.process, tuple(sorted(self.adapter.environment.items()))

    @property
    def start(self) -> Start:
        """What adapters have in common that share a worker: that the first of them starts shows of each."""
        return self.place, type(self.adapter).start, tuple(sorted(self.adapter.packages.items()))

    @property
    def later_place(self) -> Place:
        """Where it can go on when nothing is left to do there."""
        return self.adapter.continues, self.place[1]


def available() -> dict[str, str]:
    """Name and ``module:Class`` of every adapter that an installed package offers."""
    from importlib.metadata import entry_points  # which no worker needs, and which takes a tenth of its start

    found: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        if found.setdefault(point.name, point.value) != point.value:
            message = f"two packages offer an adapter called {point.name}: {found[point.name]} and {point.value}"
            raise BadInputError(Problem("adapters", 0, 0, point.name, message, "uninstall one of them"))
    return dict(sorted(found.items()))


def choose(names: Sequence[str] = ()) -> list[Chosen]:
    """The adapters called ``names`` (names or ``module:Class``), or all that are installed; sorted by name.

    Raises BadInputError for a name that is not there, and for two adapters of one name, which a report cannot hold.
    """
    offered = available()
    chosen: dict[str, Chosen] = {}
    for requested in names or offered:
        target = _target(requested, offered)
        one = Chosen(_load(target, requested), target, requested_by_name=bool(names), requested_as=requested)
        other = chosen.setdefault(one.name, one)
        if other.target != target:
            message = f"{other.requested_as} and {requested} are both called {one.name}"
            hint = "give one of the classes another `name`: a report has one adapter of each"
            raise BadInputError(Problem("-a", 0, 0, "", message, hint))
    return [chosen[name] for name in sorted(chosen)]


def _target(name: str, offered: Mapping[str, str]) -> str:
    """The ``module:Class`` behind ``name``; one that is written out may lie in the working folder."""
    if name in offered:
        return offered[name]
    module, _, attribute = name.partition(":")
    if module in FAMILIES and attribute:
        return f"{FAMILIES[module]}:{attribute}"
    frameworks = {known.partition(":")[0] for known in offered}
    if module in frameworks or not attribute.isidentifier():
        hint = f"known are {', '.join(offered)}, mutant:NAME, or a module:Class"
        raise BadInputError(Problem("-a", 0, 0, name, "no such adapter", near_name(name, offered, hint)))
    if (folder := str(Path.cwd())) not in sys.path:
        sys.path.append(folder)
    return name


def _load(target: str, name: str) -> Adapter:
    try:
        adapter = load_adapter(target)
    except Exception as error:
        message = f"cannot be imported: {type(error).__name__}: {error}"
        hint = f"known are {', '.join(available())}, mutant:NAME, or a module:Class that imports without its framework"
        hint = "" if name.partition(":")[0] in FAMILIES else hint
        raise BadInputError(Problem("-a", 0, 0, name, message, hint)) from error
    if not isinstance(adapter, Adapter):
        raise BadInputError(Problem("-a", 0, 0, name, "is no harness.adapters.base.Adapter", "derive it from Adapter"))
    _check_forms(adapter, name)
    _check_words(adapter, name)
    return adapter


def _check_forms(adapter: Adapter, name: str) -> None:
    """Raises BadInputError for an attribute of another kind, which would fail where it is first of use."""
    for attribute, form in FORMS.items():
        stated: Any = getattr(adapter, attribute, None)
        right, hint = isinstance(stated, form), f"expected: {form.__name__}"
        if right and form is Mapping:
            right, hint = all(isinstance(text, str) for pair in stated.items() for text in pair), "expected: texts"
        elif right and attribute == "name":
            right, hint = stated.isprintable() and bool(stated.strip()) and "|" not in stated, "expected: str without |"
        if not right:
            raise BadInputError(Problem("-a", 0, 0, name, f"its {attribute} is {stated!r}", hint))


def _check_words(adapter: Adapter, name: str) -> None:
    """Raises BadInputError for what it states in a word that no case has, as nothing of that would be requested."""
    if (dialect := getattr(adapter, "dialect", "")) not in DIALECTS:
        hint = near_name(dialect, DIALECTS, f"known are {', '.join(DIALECTS)}")
        raise BadInputError(Problem("-a", 0, 0, name, f"its dialect is {dialect!r}, which no case has", hint))
    for attribute, known in WORDS.items():
        stated = getattr(adapter, attribute, None)
        if isinstance(stated, str) or not isinstance(stated, Collection):
            raise BadInputError(
                Problem("-a", 0, 0, name, f"its {attribute} are {stated!r}", "a tuple or dict of words is expected")
            )
        for word in stated:
            if word not in known:
                hint = near_name(word, known, f"known are {', '.join(known)}")
                raise BadInputError(
                    Problem("-a", 0, 0, name, f"its {attribute} have {word!r}, which no case has", hint)
                )


def load_adapter(target: str) -> Adapter:
    """The adapter at ``module:Class``."""
    module, _, name = target.partition(":")
    adapter: Adapter = getattr(import_module(module), name)()
    return adapter
