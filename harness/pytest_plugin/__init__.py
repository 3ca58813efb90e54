"""pytest front: suites are collected like test files, with one item per case and adapter.

``pytest 'cases/same_padding.yaml::odd-kernel-stride-2[keras]'`` runs one check. A known divergence is an expected
failure, a case that an adapter cannot say and an adapter that is not installed are skips with their reason. A session
that says nothing about any framework, or nothing about an adapter that was named, fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.corpus import located
from harness.core.errors import BadInputError, Problem
from harness.suites.registry import NOT_SUITES, load_good, relative

if TYPE_CHECKING:
    from harness.adapters import Chosen
    from harness.core.results import Row
    from harness.engine.check import Check
    from harness.engine.lane import Lane


@dataclass(slots=True)
class _Workers:
    """One lane for the adapters that share a process, started when first asked and kept for the session."""

    chosen: Sequence[Chosen]
    lists: Sequence[Path] = ()
    """Of known divergences, beside those in the folders of the suites."""
    lanes: dict[tuple[str, Path], Lane] = field(default_factory=dict)

    def ask(self, check: Check) -> Row:
        """The row of the first output that fails, or of the first."""
        from harness.engine.lane import Lane, Settings
        from harness.suites.known_divergences import known_beside

        folder = located(check.case.path).parent
        key = (check.chosen.process, folder)
        if key not in self.lanes:
            self.lanes[key] = Lane(check.chosen, Settings(), known_beside([folder], self.lists))
        rows = list(self.lanes[key].run([check]))
        return next((row for row in rows if row.verdict.fails), rows[0])

    def close(self) -> None:
        for lane in self.lanes.values():
            lane.close()


_WORKERS = pytest.StashKey[_Workers]()


@dataclass(slots=True, eq=False)
class _Conclusion:
    """A plugin that fails a session in which nothing ran. Its counts come from the processes of pytest-xdist too."""

    chosen: Sequence[Chosen]
    allow_unavailable: bool
    requested: Counter[str] = field(default_factory=Counter)
    """Items by adapter."""
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    """By adapter, why cases are not requested of it."""
    ran: set[str] = field(default_factory=set)
    absent: dict[str, str] = field(default_factory=dict)
    """Adapters that are not installed, with what they say."""
    lines: list[str] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what became of an item, in whatever process it ran."""
        found = dict(report.user_properties)
        if report.when == "call" and "adapter" in found:
            name, message = str(found["adapter"]), str(found["message"])
            if found["verdict"] == "unavailable":
                self.absent[name] = message
            elif found["verdict"] not in {"inexpressible", "broken"}:
                self.ran.add(name)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn a success that says nothing into a failure; where pytest-xdist has started this process, report."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["harness"] = {name: [self.requested[name], dict(found)] for name, found in self.reasons.items()}
            return
        self.lines = self.conclude()
        if self.lines and exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process of pytest-xdist collected; each collects everything."""
        for name, (count, found) in getattr(node, "workeroutput", {}).get("harness", {}).items():
            self.requested[name], self.reasons[name] = count, Counter(found)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why the session fails."""
        if self.lines:
            terminalreporter.section("nothing requested" if not self.absent else "nothing ran", red=True, bold=True)
            terminalreporter.write("\n".join([*self.lines, ""]))

    def conclude(self) -> list[str]:
        """Why the session says nothing, as lines; none where it says something."""
        from harness.engine.idle import describe_idle

        idle = [one.name for one in self.chosen if one.asked_by_name and not self.requested[one.name]]
        if idle:
            unseen = Counter({"no suite of cases was collected": 0})
            return describe_idle({name: self.reasons.get(name, unseen) for name in idle})
        if self.allow_unavailable or not self.absent or any(one.real and one.name in self.ran for one in self.chosen):
            return []
        lines = [f"  {name}: {message}" for name, message in sorted(self.absent.items())]
        return ["no check of a framework ran; --allow-unavailable lets such a session pass:", *lines]


_CONCLUSION = pytest.StashKey[_Conclusion]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--adapter NAME`` and ``--known FILE``, as often as wanted, and ``--allow-unavailable``."""
    group = parser.getgroup("harness", "transposed convolution conformance")
    group.addoption("--adapter", action="append", default=[], metavar="NAME", help="only this adapter (repeatable)")
    group.addoption("--known", action="append", default=[], metavar="FILE", help="known divergences (repeatable)")
    group.addoption("--allow-unavailable", action="store_true", help="pass although no framework is installed")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let each framework stay in one process of pytest-xdist, so that it is imported once."""
    if getattr(config.option, "numprocesses", None) and config.option.dist in {"no", "load"}:
        config.option.dist = "loadgroup"


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out together the checks of adapters that share a process; pytest-xdist's other groups stay as they are."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    processes = {one.name: one.process for one in config.stash[_WORKERS].chosen}

    class ByProcess(LoadGroupScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path, _, name = nodeid.partition("::")
            process = processes.get(name.rpartition("[")[2].removesuffix("]"))
            if process is None or not path.endswith((".yaml", ".yml")):
                return str(super()._split_scope(nodeid))
            return process

    return ByProcess(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the adapters; a wrong name, or a list that cannot be used, ends pytest with a usage error."""
    from harness.adapters import choose
    from harness.suites.known_divergences import known_beside

    config.addinivalue_line("markers", "xdist_group(name): keep the items of one group in one process (pytest-xdist)")
    try:
        chosen, lists = choose(config.getoption("adapter")), [Path(path) for path in config.getoption("known")]
        known_beside([], lists)
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_WORKERS] = _Workers(chosen, lists)
    config.stash[_CONCLUSION] = _Conclusion(chosen, config.getoption("allow_unavailable"))
    config.pluginmanager.register(config.stash[_CONCLUSION], "harness-conclusion")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the workers."""
    if _WORKERS in config.stash:
        config.stash[_WORKERS].close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
    """Every YAML file except lists of known divergences."""
    lists = [Path(path).resolve() for path in parent.config.getoption("known")]
    if (
        file_path.suffix in {".yaml", ".yml"}
        and file_path.name not in NOT_SUITES
        and not file_path.name.startswith(".")
        and file_path.resolve() not in lists
    ):
        suite: SuiteFile = SuiteFile.from_parent(parent, path=file_path)
        return suite
    return None


class SuiteFile(pytest.File):
    """A suite file; its children are the checks, named ``<case id>[<adapter>]``."""

    def collect(self) -> Iterator[CheckItem | BadCaseItem]:
        """One item per case and adapter, and a failing one per case that cannot be used.

        A file that cannot be used as a whole is a collection error with its problems.
        """
        from harness.engine.check import plan_check, why_not_requested
        from harness.suites.expected_values import wrong_expectations

        try:
            suites, problems = load_good([relative(self.path)])
            if not suites:
                raise BadInputError(*problems)
        except BadInputError as error:
            raise self.CollectError(str(error)) from None
        (suite,) = suites
        wrong = wrong_expectations(suite.cases())
        by_case: dict[str, list[Problem]] = {}
        for problem in [*problems, *wrong.values()]:
            by_case.setdefault(problem.case or "input", []).append(problem)
        for name, found in by_case.items():
            yield BadCaseItem.from_parent(self, name=name, problems=found)
        conclusion = self.config.stash[_CONCLUSION]
        for case in suite.cases():
            if case.name in wrong:
                continue
            for chosen in self.config.stash[_WORKERS].chosen:
                reasons = conclusion.reasons.setdefault(chosen.name, Counter())
                check = plan_check(case, chosen)
                if check is None:
                    reasons[why_not_requested(case, chosen)] += 1
                else:
                    conclusion.requested[chosen.name] += 1
                    yield CheckItem.from_parent(self, name=f"{case.id}[{chosen.name}]", check=check)


class BadCaseItem(pytest.Item):
    """A case that cannot be used: it fails, and the others of its file run."""

    def __init__(self, *, problems: list[Problem], **rest: Any) -> None:
        super().__init__(**rest)
        self.problems = problems

    def runtest(self) -> None:
        """Fail with everything that is wrong."""
        raise BadInputError(*self.problems)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The problems, with file, line and hint."""
        return str(excinfo.value) if isinstance(excinfo.value, BadInputError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.problems[0].line - 1, self.name


class CheckFailedError(Exception):
    """A check came to a failing verdict."""

    def __init__(self, row: Row, about: str) -> None:
        super().__init__(row.verdict)
        self.row = row
        self.about = about


class CheckItem(pytest.Item):
    """One case on one adapter."""

    def __init__(self, *, check: Check, **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.add_marker(pytest.mark.xdist_group(check.chosen.process.replace(":", "-")))

    def runtest(self) -> None:
        """Ask the adapter and judge its answer."""
        from harness.core.results import Verdict

        row = self.config.stash[_WORKERS].ask(self.check)
        self.user_properties += [("adapter", row.adapter), ("verdict", str(row.verdict)), ("message", row.message)]
        if row.verdict is Verdict.KNOWN:
            pytest.xfail(f"known, {row.observed}: {row.diagnosis}")
        if row.verdict.fails or (row.verdict is Verdict.UNAVAILABLE and self.check.chosen.asked_by_name):
            raise CheckFailedError(row, self.check.case.about)
        if not row.verdict.conforms:
            pytest.skip(f"{row.verdict} on {row.adapter}: {row.message}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict, what the case is for, and the command that repeats it."""
        if not isinstance(excinfo.value, CheckFailedError):
            return super().repr_failure(excinfo, style)
        from harness.reports.summary import failure_lines

        first, *rest = failure_lines(excinfo.value.row)
        return "\n".join([first, f"  about: {excinfo.value.about}", *rest])

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.check.case.line - 1, f"{self.check.case.name} on {self.check.chosen.name}"
