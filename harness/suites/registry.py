"""Suites on disk: which files there are, whether their form is right, and the cases they make.

Every problem of every file is found before anything runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.core.case import AnyCase
from harness.core.corpus import CORPUS, called, default_corpus, located
from harness.core.counting import counted
from harness.core.entry import SWEEP_LIMIT, Entry, combinations, oversized_sweep, show_value, swept_values
from harness.core.errors import BadInputError, Problem, near_name, nearest
from harness.core.forms import EXPECTED_EXAMPLES, AnyEntryForm, AnySuiteForm
from harness.core.validation import MOST_FAULTS, Fault, context_of, validated
from harness.core.yamlfile import LARGEST, LONGEST, YamlFile, read_yaml
from harness.operations import DEFAULT, OPERATIONS, operation
from harness.suites.tutorials import EXAMPLES

MOST_KEPT = 20_000
SUFFIXES = (".yaml", ".yml")
NOT_SUITES = frozenset({"known_divergences.yaml"})
_SUITE = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:---[ \t]+)?(?:\{\s*)?(["']?)suite\1[ \t]*:(?=\s|["'])""", re.MULTILINE)
"""The same stands in harness_pytest, which imports nothing of the package."""
_HINT = "`harness cases` prints the names of the shipped suites"


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file whose form is right; ``cases`` expands it."""

    file: YamlFile
    form: AnySuiteForm
    positions: tuple[int, ...]
    """Where each entry of ``form.cases`` stands in the file's list of cases."""
    kept: list[AnyCase] = field(default_factory=list, compare=False, repr=False)
    """The cases as ``problems`` made them, if they are few; many are made anew each time, to save memory."""
    refused: dict[int, set[int] | None] = field(default_factory=dict, compare=False, repr=False)
    """By the place of an entry, which of its combinations ``problems`` found wrong; None where all are left out."""

    @property
    def stem(self) -> str:
        return located(self.file.path).stem

    def cases(self) -> Iterator[AnyCase]:
        """Every case in file order, without those that ``problems`` has found wrong."""
        if self.kept:
            yield from self.kept
            return
        assemble = operation(self.form.op).assemble
        for index, entry in self.entries():
            wrong = self.refused.get(index, ())
            if wrong is None:
                continue
            for number, values in enumerate(combinations(entry)):
                if number not in wrong:
                    yield assemble(Entry(self.file, self.form, index, entry, values))

    def entries(self) -> Iterator[tuple[int, AnyEntryForm]]:
        """Every entry, and where it stands in the file's list of cases."""
        return zip(self.positions, self.form.cases, strict=True)

    def problems(self) -> list[Problem]:
        """Everything wrong with the cases of this file, one problem per place."""
        found = self._duplicates()
        for index, entry in self.entries():
            if size := oversized_sweep(entry):
                message = f"the sweep makes {size} cases, more than {SWEEP_LIMIT}"
                found.append(self.file.problem(("cases", index, "sweep"), message, "split it or sweep fewer values"))
                self.refused[index] = None
                continue
            found.extend(self._entry_problems(index, entry))
        if len(self.kept) > MOST_KEPT:
            self.kept.clear()
        return list(_once(found))

    def _entry_problems(self, index: int, entry: AnyEntryForm) -> Iterator[Problem]:
        places: set[tuple[int, int]] = set()
        make = operation(self.form.op).make
        for number, values in enumerate(combinations(entry)):
            wrong = self.refused.setdefault(index, set())
            try:
                case = make(Entry(self.file, self.form, index, entry, values))
                if len(self.kept) <= MOST_KEPT and wrong is not None:
                    self.kept.append(case)
            except BadInputError as error:
                if wrong is not None:
                    wrong.add(number)
                for problem in error.problems:
                    if (problem.line, problem.column) not in places:
                        places.add((problem.line, problem.column))
                        yield problem
                if len(places) >= MOST_FAULTS:
                    self.refused[index] = None
                    self.kept.clear()
                    return

    def _duplicates(self) -> list[Problem]:
        first: dict[str, int] = {}
        found = []
        for index, entry in self.entries():
            name = entry.id.casefold()  # a file named after a case must not be another one's on any system
            if name in first:
                line = self.file.line(("cases", first[name], "id"))
                message = f"duplicate id {entry.id}, first used on line {line}"
                found.append(self.file.problem(("cases", index, "id"), message, "give each case a name of its own"))
                self.refused[index] = None
            first.setdefault(name, index)
            found.extend(self._swept_twice(index, entry))
        return found

    def _swept_twice(self, index: int, entry: AnyEntryForm) -> Iterator[Problem]:
        """Equal values of a sweep make cases of one name."""
        for key, values in swept_values(entry).items():
            seen = set()
            for position, value in enumerate(values):
                if value in seen:
                    self.refused[index] = None
                    place = ("cases", index, "sweep", key, position)
                    yield self.file.problem(place, f"{show_value(value)} is swept twice", "keep one of them")
                seen.add(value)


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """``problems``; what is wrong with a default is stated for the first of the cases that it is wrong for."""
    groups: dict[Problem, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(replace(problem, case=""), []).append(problem)
    for first, *more in groups.values():
        yield replace(first, message=f"{first.message}; so in {counted(len(more), 'more case')}") if more else first


def load_suites(paths: Sequence[Path]) -> list[Suite]:
    """Read and check the suites in ``paths`` (files, or folders searched for YAML files), sorted by path.

    Raises BadInputError with every problem of every file.
    """
    suites, problems = load_good(paths)
    if problems:
        raise BadInputError(*problems)
    return suites


def load_good(paths: Sequence[Path]) -> tuple[list[Suite], list[Problem]]:
    """As ``load_suites``, but with every problem come the suites of all cases that have none.

    A file that cannot be read, or whose problem is not in one of its cases, is left out as a whole.
    """
    suites, problems = list[Suite](), list[Problem]()
    for path in find_files(paths):
        try:
            file = read_yaml(path)
        except BadInputError as error:
            problems.extend(error.problems)
            continue
        suite, found = _read_suite(file)
        problems.extend(found)
        if suite is not None:
            problems.extend(suite.problems())
            suites.append(suite)
    clashes = {id(suite): problem for suite, problem in _stem_clashes(suites)}
    return [suite for suite in suites if id(suite) not in clashes], [*problems, *clashes.values()]


def _read_suite(file: YamlFile) -> tuple[Suite | None, Sequence[Problem]]:
    """The suite and, where some of its cases have no right form, their problems and a suite of the others."""
    op = file.data.get("op", DEFAULT) if isinstance(file.data, dict) else DEFAULT
    if not isinstance(op, str) or op not in OPERATIONS:
        hint = near_name(op, OPERATIONS, "leave it out for a transposed convolution")
        return None, [file.problem(("op",), f"expected one of {', '.join(OPERATIONS)}", hint)]
    suite_form = operation(op).form
    form, faults = validated(suite_form, file)
    faults += _unknown_examples(file)
    if form is not None and not faults:
        return Suite(file, form, tuple(range(len(form.cases)))), ()
    problems = [fault.problem for fault in faults]
    if len(faults) >= MOST_FAULTS or any(len(fault.location) < 2 or fault.location[0] != "cases" for fault in faults):
        return None, problems
    bad = {fault.location[1] for fault in faults}
    good = {index: entry for index, entry in enumerate(file.data["cases"]) if index not in bad}
    if not good:
        return None, problems
    form = suite_form.model_validate({**file.data, "cases": list(good.values())}, context=context_of(file))
    return Suite(file, form, tuple(good)), problems


def _unknown_examples(file: YamlFile) -> Iterator[Fault]:
    """Of entries of a right form, those that name an example that is not known, or one twice."""
    entries = file.data.get("cases") if isinstance(file.data, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        named = entry.get("examples") if isinstance(entry, dict) else None
        if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
            continue
        if len(set(named)) < len(named) or not set(named) <= set(EXAMPLES):
            location = ("cases", index, "examples")
            hint = f"known are {', '.join(EXAMPLES)}"
            unknown = next((one for one in named if one not in EXAMPLES), None)
            yield Fault(location, file.problem(location, EXPECTED_EXAMPLES, near_name(unknown, EXAMPLES, hint)))


def passed_over(path: Path) -> bool:
    """Whether ``path`` is a readable file whose text has no key ``suite`` at its top: one about something else."""
    try:
        return path.is_file() and _SUITE.search(path.read_bytes()[:LARGEST]) is None
    except (OSError, ValueError):
        return False


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The suite files that ``paths`` name, each once."""
    found: set[Path] = set()
    for path in paths:
        try:
            folder, there = path.is_dir(), path.exists() or path.is_symlink()
        except (OSError, ValueError) as error:
            message = f"is no path: {getattr(error, 'strerror', None) or error}"
            raise BadInputError(Problem(str(path)[:LONGEST], 0, 0, "", message, _HINT)) from None
        if folder:
            found |= set(_files_below(path))
        elif there:
            found.add(path)
        else:
            raise BadInputError(Problem(called(path), 0, 0, "", "no such file or folder", _near_path(path)))
    kept = sorted(path for path in found if path.name not in NOT_SUITES)
    if not kept:
        raise BadInputError(Problem(" ".join(map(str, paths)), 0, 0, "", "no suite files here", "expected *.yaml"))
    return kept


def _near_path(path: Path) -> str:
    """The hint for a ``path`` that is not there: one of a name like its own, beside it or among the shipped suites."""
    found: dict[str, str] = {}
    for folder in (path.parent, default_corpus()):
        for one in sorted(folder.glob("*")):
            if one.name not in NOT_SUITES and (one.suffix in SUFFIXES or one.is_dir()):
                found.setdefault(one.stem, called(one))
    near = nearest(path.stem, found)
    return f"did you mean {found[near]}?" if near else _HINT


def _files_below(folder: Path) -> Iterator[Path]:
    """The YAML files in ``folder`` and its folders; what cannot be looked into is not passed over in silence."""

    def refuse(error: OSError) -> None:
        raise BadInputError(Problem(str(error.filename), 0, 0, "", f"cannot be read: {error.strerror}")) from None

    for place, folders, names in os.walk(folder, onerror=refuse):
        yield from (Path(place, name) for name in [*folders, *names] if name.endswith(SUFFIXES))


def _stem_clashes(suites: Sequence[Suite]) -> Iterator[tuple[Suite, Problem]]:
    first: dict[str, Suite] = {}
    for suite in suites:
        other = first.setdefault(suite.stem, suite)
        if other is not suite:
            message = f"the name {suite.stem} is also that of {other.file.path}"
            hint = "case names start with the file's name: rename one of them"
            yield suite, suite.file.problem((), message, hint)


def relative(path: Path) -> Path:
    """``path`` as seen from the working folder where it lies below it: reports must not name a machine's folders.

    Shipped files have their own names unless they are those of a clone that is the working folder.
    """
    try:
        if path.is_relative_to(CORPUS) and CORPUS.parent != Path.cwd():
            return path
        return Path(os.path.relpath(path)) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path
    except OSError:
        return path
