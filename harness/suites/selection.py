"""Which cases are meant: ``PATH`` or ``shipped:NAME``, ``PATH::id`` and the expression after ``-k``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from harness.core.case import AnyCase
from harness.core.corpus import called, default_corpus, located
from harness.core.errors import BadInputError, Problem, near_name
from harness.suites.registry import SUFFIXES, Suite, load_good, relative

MOST_LIKE = 1000
"""Cases of a sweep among which one like another is looked for."""
MOST_WORDS = 200
"""Of an expression, words and signs; each is a call within another."""
Match = Callable[[str], bool]


@dataclass(frozen=True)
class Selection:
    """Checked suites and the cases of them that were requested. ``whole`` says that none was left out.

    ``problems`` are those of the cases that are left out as they cannot be used; ``refused`` names further ones.
    """

    suites: Sequence[Suite]
    wanted: frozenset[tuple[str, str]]
    match: Match
    whole: bool
    problems: tuple[Problem, ...] = ()
    refused: frozenset[str] = frozenset()

    def cases(self) -> Iterator[AnyCase]:
        """The chosen cases, made anew at each call so that none need to be kept."""
        for suite in self.suites:
            for case in suite.cases():
                if self._chosen(case):
                    yield case

    def _chosen(self, case: AnyCase) -> bool:
        ids = {wanted for path, wanted in self.wanted if path == case.path}
        entry = case.id.partition("[")[0]
        chosen = (not ids or bool(ids & {case.id, entry, ""})) and self.match(case.name)
        return chosen and case.name not in self.refused

    def without(self, problems: Mapping[str, Problem]) -> Selection:
        """Less the cases of these names, whose problems are added."""
        refused = self.refused | problems.keys()
        return replace(self, whole=False, problems=(*self.problems, *problems.values()), refused=refused)

    def has(self, name: str, folder: Path, alone: bool) -> bool:  # noqa: FBT001 - as lists of divergences call it
        """Whether a case has this ``name``: in ``folder``, or unless that ``alone`` counts in those of the suites."""
        if alone:
            return has_case(name, (folder,))
        there = (suite for suite in self.suites if suite.stem == name.partition("/")[0])
        return _is_in(there, name) or has_case(name, (folder, *self.folders))

    @property
    def folders(self) -> list[Path]:
        """The folders that hold the suites."""
        return sorted({located(suite.file.path).parent for suite in self.suites})


def select(targets: Sequence[str], expression: str = "") -> Selection:
    """Load and check what ``targets`` name, or all shipped suites when none do, and narrow it by ``expression``.

    Raises BadInputError for bad suites, for a target without cases and for a bad expression.
    """
    selection = select_good(targets, expression)
    if selection.problems:
        raise BadInputError(*selection.problems)
    return selection


def select_good(targets: Sequence[str], expression: str = "") -> Selection:
    """As ``select``, but cases and files that cannot be used are left out, with their problems.

    Raises BadInputError where nothing is left, and for a bad expression.
    """
    pairs = [_split(target) for target in targets] or [(default_corpus(), "")]
    match = parse_expression(expression)
    suites, problems = load_good([path for path, _ in pairs])
    wanted = frozenset((called(path), case_id) for path, case_id in pairs if any(case_id for _, case_id in pairs))
    whole = not (targets or expression or problems)
    selection = Selection(suites, wanted, match, whole, tuple(problems))
    try:
        _refuse_unknown(selection)
        if next(selection.cases(), None) is None:
            raise BadInputError(Problem("-k", 0, 0, expression, "no case matches", "see `harness list` for the names"))
    except BadInputError as error:
        raise BadInputError(*(problems or error.problems)) from None
    return selection


def has_case(name: str, folders: Iterable[Path]) -> bool:
    """Whether a suite in one of ``folders`` has the case called ``name``."""
    stem = name.partition("/")[0]
    paths = (folder / f"{stem}{ending}" for folder in folders for ending in SUFFIXES)
    return any(_is_in(load_good([path])[0], name) for path in paths if path.is_file())


def _is_in(suites: Iterable[Suite], name: str) -> bool:
    return any(case.name == name for suite in suites for case in suite.cases())


def _split(target: str) -> tuple[Path, str]:
    path, _, case_id = target.partition("::")
    return relative(located(path)), case_id


def _refuse_unknown(selection: Selection) -> None:
    for path, case_id in sorted(selection.wanted):
        suite = next((suite for suite in selection.suites if suite.file.path == path), None)
        if case_id and suite and not any(case_id in {c.id, c.id.partition("[")[0]} for c in suite.cases()):
            hint = near_name(case_id, _like(suite, case_id), f"see `harness list {path}`")
            raise BadInputError(Problem(path, 0, 0, case_id, "no such case", hint))


def _like(suite: Suite, case_id: str) -> Iterator[str]:
    """The ids of the entries of ``suite``, or where ``case_id`` begins with that of a sweep, of its cases."""
    swept = f"{case_id.partition('[')[0]}["
    cases = [case.id for case in suite.cases() if case.id.startswith(swept)] if swept in case_id else []
    yield from islice(cases, MOST_LIKE) if cases else (entry.id for _, entry in suite.entries())


def parse_expression(text: str) -> Match:
    """A test for names: words are parts of the name, joined by ``and``, ``or``, ``not`` and parentheses.

    Raises BadInputError where the expression is incomplete.
    """
    tokens = re.findall(r"[()]|[^\s()]+", text)
    if not tokens:
        return lambda _: True
    if len(tokens) > MOST_WORDS:
        hint = "name a file or a case instead"
        message = f"more than {MOST_WORDS} words joined by and, or, not and parentheses"
        raise BadInputError(Problem("-k", 0, 0, "", message, hint))
    match, rest = _any_of(tokens)
    if rest:
        raise _bad_expression(text)
    return match


def _any_of(tokens: list[str]) -> tuple[Match, list[str]]:
    parts, tokens = _joined(tokens, "or", _all_of)
    return (lambda name: any(part(name) for part in parts)), tokens


def _all_of(tokens: list[str]) -> tuple[Match, list[str]]:
    parts, tokens = _joined(tokens, "and", _one)
    return (lambda name: all(part(name) for part in parts)), tokens


def _joined(
    tokens: list[str], word: str, read: Callable[[list[str]], tuple[Match, list[str]]]
) -> tuple[list[Match], list[str]]:
    """What ``read`` makes of the parts that ``word`` joins, and the tokens behind them."""
    part, tokens = read(tokens)
    parts = [part]
    while tokens[:1] == [word]:
        part, tokens = read(tokens[1:])
        parts.append(part)
    return parts, tokens


def _one(tokens: list[str]) -> tuple[Match, list[str]]:
    if not tokens or tokens[0] in {"and", "or", ")"}:
        raise _bad_expression(" ".join(tokens))
    head, tail = tokens[0], tokens[1:]
    if head == "not":
        inner, rest = _one(tail)
        return (lambda name: not inner(name)), rest
    if head == "(":
        inner, rest = _any_of(tail)
        if rest[:1] != [")"]:
            raise _bad_expression(" ".join(tokens))
        return inner, rest[1:]
    return (lambda name: head.lower() in name.lower()), tail


def _bad_expression(text: str) -> BadInputError:
    expected = "expected words joined by and, or, not and parentheses"
    return BadInputError(Problem("-k", 0, 0, text, expected, "for example 'same and not keras'"))
