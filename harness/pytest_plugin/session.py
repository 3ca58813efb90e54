"""A session with suites: which files are theirs, how pytest-xdist shares checks out, and whether anything ran."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import choose
from harness.core.corpus import located
from harness.core.errors import BadInputError
from harness.core.files import PACKAGE
from harness.core.results import NOT_CALLED, Verdict
from harness.engine.idle import describe_idle, describe_not_run, describe_unable
from harness.pytest_plugin.collection import PROPERTIES, CheckItem, Requests, SuiteFile
from harness.pytest_plugin.lanes import LANES
from harness.suites.known_divergences import known_beside
from harness.suites.registry import NOT_SUITES
from harness_pytest import SHIPPED, SUFFIXES, absolute, has_options, has_suite, ini_folder, is_whole

NAME = "harness-suites"
UNSELECTED, NOT_RUN = "its items were not selected", "no check of a framework ran"


def start(config: pytest.Config, *, dist_is_free: bool) -> None:
    """Choose adapters and suites, and register what collects these.

    A wrong name, or a list that cannot be used, ends pytest with a usage error.
    """
    listed = _listed(config)
    _locate_arguments(config)
    named = frozenset(absolute(config, one) for one in config.args if one.partition("::")[0].endswith(SUFFIXES))
    try:
        chosen, lists = choose(config.getoption("harness_adapter")), [*map(Path, config.getoption("harness_known"))]
        known_beside([], lists)
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None
    config.addinivalue_line("markers", "xdist_group(name): keep the items of one group in one process (pytest-xdist)")
    everywhere, allowed = not listed and has_options(config), config.getoption("harness_allow_unavailable")
    places = (named, [*listed.values()], _apart(config, listed))
    session = SuiteSession(Requests(chosen, lists), *places, everywhere, allowed, dist_is_free)
    config.pluginmanager.register(session, NAME)


def _listed(config: pytest.Config) -> dict[str, Path]:
    """What the ini file lists, with absolute paths; raises UsageError where one holds no suite."""
    folder = ini_folder(config)
    listed = {name: Path(os.path.normpath(folder / located(name))) for name in config.getini("harness_suites")}
    for name, path in listed.items():
        if next(_suites_below(path), None) is None:
            raise pytest.UsageError(f"harness_suites: {name} is no suite, nor a folder that holds one")
    return listed


def _other_module(root: Path) -> Path | None:
    """A module or package called harness in the repository, if it is not this one."""
    own = (path for path in (root / "harness.py", root / "harness") if path.is_file() or any(path.glob("*.py")))
    return next((path for path in own if not path.samefile(PACKAGE)), None)


def _apart(config: pytest.Config, listed: Mapping[str, Path]) -> list[Path]:
    """Of ``listed`` what a session without arguments is about too, though pytest does not look there by itself."""
    if not is_whole(config):
        return []
    given = [absolute(config, argument) for argument in config.args]
    return [
        path
        for name, path in listed.items()
        if name.startswith(SHIPPED) or not any(path.is_relative_to(one) for one in given)
    ]


def _locate_arguments(config: pytest.Config) -> None:
    """Put paths in the place of the names of shipped suites."""
    for index, argument in enumerate(config.args):
        name, colons, case = argument.partition("::")
        if name.startswith(SHIPPED):
            config.args[index] = f"{located(name)}{colons}{case}"


def _suites_below(path: Path) -> Iterator[Path]:
    return filter(_is_suite, [path] if path.is_file() else path.rglob("*"))


def _is_suite(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.name in NOT_SUITES
    return path.suffix in SUFFIXES and not hidden and path.is_file() and has_suite(path)


@dataclass(slots=True, eq=False)
class SuiteSession:
    """The plugin. It fails a session in which nothing ran; its counts come from processes of pytest-xdist too."""

    requests: Requests
    named: frozenset[Path]
    """Files that are arguments."""
    listed: Sequence[Path]
    """What the ini file lists."""
    apart: Sequence[Path]
    """What pytest does not come upon: folders and files."""
    everywhere: bool
    """Whether suites are collected wherever pytest looks."""
    allow_unavailable: bool
    dist_is_free: bool
    """Whether this session may say how pytest-xdist shares items out."""
    ran: set[str] = field(default_factory=set)
    """Adapters with an item that ran."""
    not_run: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Items that did not, by adapter and reason."""
    absent: bool = False
    """Whether an adapter is not installed."""
    lines: list[str] = field(default_factory=list)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
        """Files with a suite, where they are listed or arguments; no list of known divergences."""
        here = self.everywhere or file_path in self.named or any(map(file_path.is_relative_to, self.listed))
        return self._suite(file_path, parent) if here and _is_suite(file_path) else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Add to what the session collects the suites that stand apart."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            files = [file for path in self.apart for file in sorted(_suites_below(path))]
            report.result += filter(None, (self._suite(file, collector) for file in files))
        return report

    def _suite(self, path: Path, parent: pytest.Collector) -> SuiteFile | None:
        if path.resolve() in map(Path.resolve, self.requests.lists):
            return None
        suite: SuiteFile = SuiteFile.from_parent(parent, path=path, requests=self.requests)
        return suite

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Unless ``--dist`` is given, hand out together the checks of adapters that share a process."""
        if not self.dist_is_free:
            return None
        from xdist.scheduler import LoadGroupScheduling

        processes = {one.name: one.process for one in self.requests.chosen}

        class ByProcess(LoadGroupScheduling):  # type: ignore[misc]
            def _split_scope(self, nodeid: str) -> str:
                path, _, name = nodeid.partition("::")
                process = processes.get(name.rpartition("[")[2].removesuffix("]"))
                return nodeid if process is None or not path.endswith(SUFFIXES) else process

        return ByProcess(config, log)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is left of the items after ``-k``, ``-m`` and names of items."""
        left = Counter(item.check.chosen.name for item in session.items if isinstance(item, CheckItem))
        for name, lost in (self.requests.count - left).items():
            self.requests.reasons[name][UNSELECTED] += lost
        self.requests.count = left

    def pytest_unconfigure(self) -> None:
        """End the workers."""
        LANES.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what became of an item, in whatever process it ran."""
        found = {str(name): str(value) for name, value in report.user_properties}
        if report.when == "call" and found.keys() >= set(PROPERTIES):
            if found["verdict"] not in NOT_CALLED:
                self.ran.add(found["adapter"])
                return
            self.not_run[found["adapter"], found["message"]] += 1
            self.absent |= found["verdict"] == Verdict.UNAVAILABLE

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn a success that says nothing into a failure; where pytest-xdist has started this process, report."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["harness"] = {
                name: [self.requests.count[name], dict(found)] for name, found in self.requests.reasons.items()
            }
            return
        self.lines = self._conclusion(session.config)
        if self.lines and exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process of pytest-xdist collected; each collects everything."""
        for name, (count, found) in getattr(node, "workeroutput", {}).get("harness", {}).items():
            self.requests.count[name], self.requests.reasons[name] = count, Counter(found)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Say why the session fails, and beside failures that a module of the repository was not to be had."""
        if self.lines:
            title = "nothing ran" if self.lines[0].startswith("no check") else "nothing requested"
            terminalreporter.section(title, red=True, bold=True)
            terminalreporter.write("\n".join([*self.lines, ""]))
        if (other := _other_module(config.rootpath)) and {"failed", "error"} & terminalreporter.stats.keys():
            message = f"in a session with suites `import harness` is the conformance harness, not {other}"
            terminalreporter.write_line(f"{message}: run the tests that need it in a session of their own")

    def _conclusion(self, config: pytest.Config) -> list[str]:
        """Why the session says nothing, as lines; none where it says something, or where it is about other tests.

        An adapter that is named on the command line, not in the ini file, makes any session one about suites, and
        must be left with items.
        """
        count, reasons, here = self.requests.count, self.requests.reasons, _named_here(config)
        idle = [
            one.name
            for one in self.requests.chosen
            if one.requested_by_name
            and not count[one.name]
            and (one.requested_as in here or ((reasons or here) and UNSELECTED not in reasons.get(one.name, {})))
        ]
        if idle:
            unseen = Counter({"no suite of cases was collected": 0})
            return describe_idle({name: reasons.get(name, unseen) for name in idle})
        if not (self.ran or self.not_run) or (self.allow_unavailable and self.absent):
            return []
        lines = describe_not_run(self.ran, self.not_run, self.requests.chosen)
        allowed = "; --harness-allow-unavailable lets such a session pass" if self.absent else ""
        return [f"{NOT_RUN}{allowed}:", *lines] if lines else self._unable(config)

    def _unable(self, config: pytest.Config) -> list[str]:
        """Why no item ran of adapters that the command line names, as lines."""
        named = [one for one in self.requests.chosen if one.requested_as in _named_here(config)]
        return describe_unable(self.ran, self.not_run, named)


def _named_here(config: pytest.Config) -> set[str]:
    """The adapters that the command line itself names."""
    flag, arguments = "--harness-adapter", config.invocation_params.args
    apart = {name for before, name in pairwise(arguments) if before == flag}
    return apart | {name for one in arguments if (name := one.removeprefix(f"{flag}=")) != one}
