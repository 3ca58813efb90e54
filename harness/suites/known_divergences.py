"""Known divergences: listed, explained, bounded by version and processor, and taken off the list once fixed.

A call that corrupts its process's memory harms whatever is computed after it. One case shows such a divergence, in a
process of its own; in the other cases that an entry matches, the gradients concerned are not requested of the adapters
that it names, and are reported as known with the name of the case that shows it. The cases still request them of every
other adapter, which a shorter list of ``outputs`` in the cases would not. To run each case in a process of its own
would show no more, and start TensorFlow fifty times.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from harness.core.case import AnyCase, OutputName
from harness.core.corpus import located
from harness.core.cpu import InstructionSet, instruction_sets
from harness.core.errors import BadInputError, Problem, near_name
from harness.core.results import Row, Verdict
from harness.core.validation import validate
from harness.core.yamlfile import YamlFile, read_yaml
from harness.suites.causes import Seen
from harness.suites.known_forms import EntryForm, ListForm
from harness.suites.known_versions import standing

FILE_NAME = "known_divergences.yaml"
AT_TIMES = "at times "
"""What begins the message of a row that an intermittent divergence explains.

The listed verdicts follow, and after a colon the message that is listed with them.
"""
NOT_REQUESTED = "not requested, as it can spoil or end the process; "
SHOWS_IT = " shows it"
"""What stands around the name of the case that shows a divergence, in the message of a row that was withheld for it."""


IsThere = Callable[[str, Path, bool], bool]


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry, the names it is about, and the folder of their suites, or None for any."""

    entry: EntryForm
    pattern: re.Pattern[str]
    folder: Path | None

    def names(self, name: str, case: AnyCase | None) -> bool:
        """Whether the entry is about the case called ``name``, which is ``case`` where that is at hand."""
        if not self.pattern.fullmatch(name):
            return False
        return self.is_about(case) and (self.entry.where is None or (case is not None and self.entry.where.fits(case)))

    def is_about(self, case: AnyCase | None) -> bool:
        """Whether the entry is about the folder of ``case``."""
        return self.folder is None or (case is not None and located(case.path).parent == self.folder)


@dataclass(frozen=True)
class KnownDivergences:
    """The list, ready to explain rows."""

    entries: Sequence[EntryForm] = ()
    places: Sequence[tuple[YamlFile, int]] = ()
    """Of each entry its file, and where it stands there; empty where the entries are of none."""
    cpu: frozenset[InstructionSet] | None = None
    """What the processor has, None where that is unknown."""
    folders: Sequence[Path | None] = ()
    """Of each entry the folder whose cases it is about, None where of any; empty where each is about cases of any."""

    @cached_property
    def _by_adapter(self) -> dict[str, list[_Listed]]:
        found: dict[str, list[_Listed]] = {}
        folders = self.folders or itertools.repeat(None, len(self.entries))
        for entry, folder in zip(self.entries, folders, strict=True):
            listed = _Listed(entry, _pattern(entry.cases), folder)
            for name in dict.fromkeys(entry.adapter):
                found.setdefault(name, []).append(listed)
        return found

    def _shows_others(
        self, name: str, adapter: str, mode: str, versions: Mapping[str, str], case: AnyCase | None
    ) -> bool:
        """Whether the case called ``name`` is evidence of an entry that applies here, and so is always requested."""
        return name in self._evidence and any(
            one.entry.evidence == name and one.is_about(case) and self._applies(one.entry, mode, versions)
            for one in self._by_adapter.get(adapter, ())
        )

    @cached_property
    def _evidence(self) -> frozenset[str]:
        return frozenset(entry.evidence for entry in self.entries if entry.evidence)

    def explain(
        self, row: Row, versions: Mapping[str, str], case: AnyCase | None = None, seen: Seen | None = None
    ) -> Row:
        """``row`` with its verdict turned to ``known``, or to ``fixed`` where a listed check now conforms.

        A row that is ``known`` already was ``withheld``, and gets the reason. ``case`` is the row's, without which no
        entry about parameters applies, and ``seen`` what the call gave, without which none does that names a cause.
        Where values are wrong for another cause than is listed, the diagnosis says so; where they are wrong as is
        listed for other versions or processors, the row has the cause.
        """
        shows = self._shows_others(row.case, row.adapter, row.mode, versions, case)
        for entry in self._about(row.case, row.adapter, row.mode, versions, case):
            if row.output not in entry.outputs:
                continue
            if (found := self._explained(row, entry, seen, requested=shows or not entry.evidence)) is not None:
                unverified = standing(entry, versions).unverified
                mark = f"unverified here: {unverified}. " if unverified and found.verdict is Verdict.KNOWN else ""
                listed = found.listed and f"{mark}{found.listed}"
                return replace(found, diagnosis=f"{mark}{found.diagnosis}", listed=listed)
            row = _of_another_cause(row, entry, seen)
        return self._as_elsewhere(row, case, seen)

    def _as_elsewhere(self, row: Row, case: AnyCase | None, seen: Seen | None) -> Row:
        """``row``, with the cause that an entry lists which is not about these versions or this processor."""
        if not row.verdict.fails or seen is None:
            return row
        for one in self._by_adapter.get(row.adapter, ()):
            entry = one.entry
            about = entry.cause is not None and row.output in entry.outputs and one.names(row.case, case)
            if about and _lists(entry, row) and _shows_cause(entry, seen):
                return replace(row, cause=str(entry.cause or ""))
        return row

    def _explained(self, row: Row, entry: EntryForm, seen: Seen | None, *, requested: bool) -> Row | None:
        """``row`` as ``entry`` explains it; None where it does not."""
        if not requested:
            return _not_requested(row, entry) if row.verdict is Verdict.KNOWN else None
        shows = _lists(entry, row) and _shows_cause(entry, seen)
        if entry.intermittent and (shows or row.verdict.conforms):
            return _at_times(row, entry)
        if shows:
            diagnosed = f"{row.diagnosis}. " if row.diagnosis else ""
            listed = _reason(entry)
            text = f"{diagnosed}{listed}"
            return replace(row, verdict=Verdict.KNOWN, diagnosis=text, listed=listed, cause=str(entry.cause or ""))
        if row.verdict.conforms and (self.cpu is not None or not entry.cpu):
            message = f"listed as known to be {_in_words(entry)}, but it conforms: remove it from the list"
            return replace(row, verdict=Verdict.FIXED, message=message, diagnosis=entry.why)
        return None

    def withheld(
        self, case: AnyCase, adapter: str, mode: str, outputs: Sequence[OutputName], versions: Mapping[str, str]
    ) -> tuple[OutputName, ...]:
        """Those of ``outputs`` that must not be requested, as that may corrupt or end the process."""
        if self._shows_others(case.name, adapter, mode, versions, case):
            return ()
        entries = [entry for entry in self._about(case.name, adapter, mode, versions, case) if entry.evidence]
        return tuple(name for name in outputs if any(name in entry.outputs for entry in entries))

    def isolates(self, case: AnyCase, adapter: str) -> bool:
        """Whether the check needs a process of its own, in whatever version."""
        return any(
            one.entry.isolated and one.names(case.name, case) and self._runs_here(one.entry)
            for one in self._by_adapter.get(adapter, ())
        )

    def _about(
        self, name: str, adapter: str, mode: str, versions: Mapping[str, str], case: AnyCase | None
    ) -> Iterable[EntryForm]:
        for one in self._by_adapter.get(adapter, ()):
            if one.names(name, case) and self._applies(one.entry, mode, versions):
                yield one.entry

    def _applies(self, entry: EntryForm, mode: str, versions: Mapping[str, str]) -> bool:
        return entry.mode == mode and standing(entry, versions).applies and self._runs_here(entry)

    def _runs_here(self, entry: EntryForm) -> bool:
        """An unknown processor may be any."""
        return self.cpu is None or all((name in self.cpu) is wanted for name, wanted in entry.cpu.items())

    def lists(self, case: str, adapter: str) -> bool:
        """Whether an entry is about what ``case`` shows on ``adapter``, in whatever version."""
        listed = self._by_adapter.get(adapter, ())
        shows = any(one.entry.evidence == case for one in listed)
        return any(one.pattern.fullmatch(case) and (shows or not one.entry.evidence) for one in listed)

    @property
    def withholding(self) -> KnownDivergences:
        """The entries alone by which outputs are not requested, for calls that are made for another reason.

        They are about cases of any folder.
        """
        return replace(self, entries=[entry for entry in self.entries if entry.evidence], places=(), folders=())

    def unmatched(self, names: Iterable[str], adapters: Iterable[str]) -> list[Problem]:
        """A problem for each entry that names no case of ``names``, or no adapter of ``adapters``."""
        names, adapters, problems = list(names), set(adapters), list[Problem]()
        known = f"known are {', '.join(sorted(adapters))}"
        for entry, (file, index) in zip(self.entries, self.places, strict=bool(self.places)):
            place = ("divergences", index)
            unmatched = [one for one in entry.cases if not any(map(_pattern([one]).fullmatch, names))]
            if unmatched:
                hint = near_name(unmatched[0], names, "see `harness list`")
                problems.append(file.problem((*place, "cases"), "matches no case", hint))
            if unknown := sorted({*entry.adapter} - adapters):
                hint = near_name(unknown[0], adapters, known)
                problems.append(file.problem((*place, "adapter"), "no such adapter", hint))
            problems += self._unlisted(entry, file, index)
        return problems

    def unshown(self, is_there: IsThere) -> list[Problem]:
        """A problem for each entry whose evidence no other entry lists, or is a case that ``is_there`` denies."""
        problems = list[Problem]()
        folders = self.folders or [None] * len(self.entries)
        for entry, (file, index), folder in zip(self.entries, self.places, folders, strict=bool(self.places)):
            if unlisted := self._unlisted(entry, file, index):
                problems += unlisted
            elif entry.evidence and not is_there(entry.evidence, located(file.path).parent, folder is not None):
                alone = "expected a case of a suite beside the list, which is about these alone"
                hint = alone if folder else "expected a case of this run, or of a suite beside the list"
                problems.append(file.problem(("divergences", index, "evidence"), "no such case", hint))
        return problems

    def _unlisted(self, entry: EntryForm, file: YamlFile, index: int) -> list[Problem]:
        """A problem where no other entry lists the evidence of ``entry`` with all of its outputs."""
        if not entry.evidence or any(self._shows(entry, name) for name in entry.adapter):
            return []
        message = f"no other entry lists this case on {', '.join(entry.adapter)}"
        hint = "list the case that shows it, with these outputs, versions and mode, no where, and intermittent: true"
        return [file.problem(("divergences", index, "evidence"), message, hint)]

    def _shows(self, entry: EntryForm, adapter: str) -> bool:
        """Whether the outputs of the evidence of ``entry`` are listed by an entry that has them run.

        It must apply wherever ``entry`` does; a case that it names needs no further parameters. What is about the cases
        of another folder says nothing.
        """
        listed = self._by_adapter.get(adapter, ())
        folders = (None, *(one.folder for one in listed if one.entry is entry))
        return any(
            one.pattern.fullmatch(entry.evidence)
            and one.folder in folders
            and not one.entry.evidence
            and one.entry.where is None
            and one.entry.mode == entry.mode
            and one.entry.versions == entry.versions
            and one.entry.cpu.items() <= entry.cpu.items()
            and set(entry.outputs) <= set(one.entry.outputs)
            for one in listed
        )


def load_known(path: Path) -> KnownDivergences:
    """The list at ``path``; raises BadInputError where its form is wrong. A missing file is an empty list."""
    if not path.exists():
        return KnownDivergences()
    return _read(path)


def known_beside(
    folders: Iterable[Path], named: Iterable[Path] = (), is_there: IsThere | None = None
) -> KnownDivergences:
    """The lists in ``folders``, as every front reads them: each is about the cases of its own folder.

    The lists that are ``named`` are about cases of any folder, and come last. Raises BadInputError where the form of a
    list is wrong, where a named one cannot be read, or where nothing shows the evidence of an entry: so that a run
    would pass over what that matches. ``is_there`` says whether there is a case of a name, given with the folder of
    the list and whether the list is about that alone; without it the evidence is not looked at.
    """
    lists: list[tuple[KnownDivergences, Path | None]] = [
        (load_known(folder / FILE_NAME), folder) for folder in sorted(set(folders))
    ]
    lists += [(_read(path), None) for path in named]
    entries = [entry for known, _ in lists for entry in known.entries]
    places = [place for known, _ in lists for place in known.places]
    about = [folder for known, folder in lists for _ in known.entries]
    found = KnownDivergences(entries, places, instruction_sets(), about)
    if is_there is not None and (problems := found.unshown(is_there)):
        raise BadInputError(*problems)
    return found


def _read(path: Path) -> KnownDivergences:
    file = read_yaml(path)
    entries = validate(ListForm, file).divergences
    return KnownDivergences(entries, [(file, index) for index in range(len(entries))], instruction_sets())


def _pattern(texts: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(".*".join(map(re.escape, text.split("*"))) for text in texts))


def _reason(entry: EntryForm) -> str:
    return f"{entry.why} ({entry.upstream})"


def _in_words(entry: EntryForm) -> str:
    return " or ".join(entry.verdict)


def _lists(entry: EntryForm, row: Row) -> bool:
    return row.verdict in entry.verdict and entry.message in row.message


def _shows_cause(entry: EntryForm, seen: Seen | None) -> bool:
    return entry.cause is None or (seen is not None and seen.has(entry.cause))


def _of_another_cause(row: Row, entry: EntryForm, seen: Seen | None) -> Row:
    """``row``, and where ``entry`` lists the same verdict for another cause, that it does."""
    if seen is None or row.verdict not in entry.verdict:
        return row
    if entry.message not in row.message:
        text = f"another message is listed here: {entry.message}"
    elif entry.cause is not None and seen.has_on_its_data(entry.cause):
        text = (
            f"{entry.cause} is listed here, which explains these values, but not those for other data of the same sizes"
        )
    elif entry.cause is not None:
        text = f"another cause is listed here ({entry.cause}); this is {seen.in_words()}"
    else:
        return row
    return replace(row, diagnosis=f"{row.diagnosis}. {text}" if row.diagnosis else text)


def _not_requested(row: Row, entry: EntryForm) -> Row:
    message = f"{NOT_REQUESTED}{entry.evidence}{SHOWS_IT}"
    return replace(row, message=message, diagnosis=_reason(entry), listed=_reason(entry))


def _at_times(row: Row, entry: EntryForm) -> Row:
    """``row`` as it is reported whatever the call gave, so that a report does not depend on chance."""
    message = f": {entry.message}" if entry.message else ""
    return replace(
        row,
        verdict=Verdict.KNOWN,
        observed=entry.verdict[0],
        error_over_bound=None,
        ulps=None,
        accumulation="",
        subnormals="",
        cause=str(entry.cause or ""),
        message=f"{AT_TIMES}{_in_words(entry)}{message}",
        diagnosis=_reason(entry),
        listed=_reason(entry),
    )
