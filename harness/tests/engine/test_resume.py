"""A check is kept with all of its rows or not at all, and a run goes on from any part of its journal."""

from __future__ import annotations

import re
import shutil
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from harness.__main__ import main
from harness.adapters import choose
from harness.core import comparator
from harness.core.corpus import CORPUS, SCHEMA
from harness.core.errors import BadInputError
from harness.core.files import PACKAGE
from harness.core.results import Verdict
from harness.engine.excerpts import Excerpt, Excerpts, Window
from harness.engine.fingerprint import sources
from harness.engine.pool import Tally
from harness.engine.resume import FILE_NAME, Progress, load_partial, take_up
from harness.engine.survey import survey
from harness.tests.asking import chosen, make_case
from harness.tests.build import make_row
from harness.tests.cli.conftest import SUITE
from harness.tests.stopping import Stopping

GRADIENTS = "harness.tests.differentiating:RotatedKernelGradient"
OUTPUTS = ("output", "input_grad", "kernel_grad", "bias_grad")
RUN = {"cases": {"s": "digest"}}
WINDOW = Window((1, 1, 2, 2), (0, 0, 0), np.arange(4, dtype=np.float32).reshape(1, 2, 2))


def check(case, adapter="a", verdict=Verdict.DIVERGES):
    return [make_row(case, verdict, adapter=adapter, output=name, ulps=0.1 + 0.2) for name in OUTPUTS]


def recorded(folder, *checks):
    """A partial report of ``checks``, and the progress that wrote it."""
    showcase = Excerpts()
    excerpts = {row.key: Excerpt(WINDOW, None) for rows in checks for row in rows if row.output == "kernel_grad"}
    showcase.restore({rows[0].case: WINDOW for rows in checks}, excerpts)
    progress = Progress(folder, run=RUN, checks=9, showcase=showcase)
    progress.tally.versions |= {rows[0].adapter: {"numpy": "2"} for rows in checks}
    progress.begin()
    for rows in checks:
        progress.record(rows)
    progress.close()
    return progress


CHECKS = [check("s/1"), check("s/2"), check("s/3", "b"), check("s/4")]


def test_what_was_recorded_is_read_again(tmp_path):
    recorded(tmp_path, *CHECKS)
    stored = load_partial(tmp_path, RUN)
    assert stored.rows == {(rows[0].case, rows[0].adapter): tuple(rows) for rows in CHECKS}
    assert stored.versions == {"a": {"numpy": "2"}, "b": {"numpy": "2"}}
    assert stored.excerpts.keys() == {rows[2].key for rows in CHECKS}
    assert stored.expected.keys() == {rows[0].case for rows in CHECKS}
    assert np.array_equal(stored.expected["s/1"].values, WINDOW.values)
    assert stored.length == (tmp_path / FILE_NAME).stat().st_size


def test_wherever_it_is_cut_each_check_is_whole_or_missing(tmp_path):
    recorded(tmp_path, *CHECKS)
    path = tmp_path / FILE_NAME
    text = path.read_bytes()
    whole = load_partial(tmp_path, RUN).rows
    seen = set()
    for end in range(text.index(b"\n") + 1, len(text)):
        path.write_bytes(text[:end])
        stored = load_partial(tmp_path, RUN)
        assert all(whole[name] == rows for name, rows in stored.rows.items())
        assert len(stored.rows) == sum(b'"rows"' in line for line in text[:end].split(b"\n")[:-1])
        assert text[: stored.length].endswith(b"\n")
        seen.add(len(stored.rows))
    assert seen == {0, 1, 2, 3}
    path.write_bytes(text[:-9] + bytes(20))  # as a file system may leave what was not on the disk yet
    assert len(load_partial(tmp_path, RUN).rows) == 3


def test_damage_before_the_end_is_told_with_its_line(tmp_path):
    recorded(tmp_path, *CHECKS)
    path = tmp_path / FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[2][:-20] + b"\n", *lines[3:]]))
    with pytest.raises(BadInputError, match="is damaged in line 3, though not at its end"):
        load_partial(tmp_path, RUN)


def test_of_each_adapter_one_whole_check_is_asked_again(tmp_path):
    recorded(tmp_path, *CHECKS)
    progress = Progress(tmp_path)
    take_up(load_partial(tmp_path, RUN), progress)
    assert progress.tally.rows == [*CHECKS[1], *CHECKS[3]]
    assert progress.showcase.rows.keys() == {CHECKS[1][2].key, CHECKS[3][2].key}


def test_what_was_asked_again_takes_the_place_of_what_was_kept(tmp_path):
    right = [make_row("s/1", Verdict.EXACT, adapter="a")]
    recorded(tmp_path, CHECKS[0], right)
    stored = load_partial(tmp_path, RUN)
    assert stored.rows == {("s/1", "a"): tuple(right)}
    assert not stored.excerpts


@pytest.mark.parametrize(
    "rows",
    [
        [make_row("s/1", Verdict.UNAVAILABLE, adapter="a")],
        [make_row("s/1", Verdict.BROKEN, adapter="a")],
        [make_row("s/1", Verdict.INEXPRESSIBLE, adapter="a", route="inexpressible")],
    ],
)
def test_what_no_worker_answered_is_not_kept(tmp_path, rows):
    recorded(tmp_path, rows)
    assert not (tmp_path / FILE_NAME).exists()


def test_another_version_is_noticed_at_its_first_check(tmp_path):
    recorded(tmp_path, CHECKS[0])
    before = (tmp_path / FILE_NAME).read_bytes()
    progress = Progress(tmp_path, tally=Tally(versions={"a": {"numpy": "3"}}))
    stored = load_partial(tmp_path, RUN)
    take_up(stored, progress)
    progress.begin(stored.length)
    with pytest.raises(BadInputError, match="a had the versions numpy 2 and now has numpy 3"):
        progress.record(CHECKS[1])
    progress.close()
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_versions_that_are_not_known_yet_are_no_other_ones(tmp_path):
    progress = Progress(tmp_path, run=RUN)
    progress.begin()
    progress.record(CHECKS[0])
    progress.tally.versions["a"] = {"numpy": "2"}
    progress.record(CHECKS[1])
    progress.close()
    stored = load_partial(tmp_path, RUN)
    assert len(stored.rows) == 2
    assert stored.versions == {"a": {"numpy": "2"}}


def test_a_changed_adapter_has_another_digest(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "an_adapter_of_mine.py"
    path.write_text("from harness.quality.mutant_adapter import Honest\nclass Mine(Honest):\n    pass\n")
    mine = import_module("an_adapter_of_mine").Mine
    before = sources([chosen(mine)])
    assert before.keys() == {"harness", "mine"}
    assert before == sources([chosen(mine)])
    path.write_text(path.read_text() + "# changed\n")
    after = sources([chosen(mine)])
    assert {name for name in before if before[name] != after[name]} == {"mine"}
    assert sources([chosen(Stopping)])["harness"] == before["harness"]


@pytest.mark.parametrize(
    ("line", "beside"), [("from near import OFF", "near.py"), ("import parts.near", "parts/near.py")]
)
def test_what_an_adapter_imports_from_beside_it_is_of_its_code(tmp_path, monkeypatch, line, beside):
    name = f"another_of_mine_{len(line)}"
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "parts").mkdir()
    for path in ("near.py", "parts/near.py", "unrelated.py"):
        (tmp_path / path).write_text("OFF = 0\n")
    head = "from harness.quality.mutant_adapter import Honest\n"
    (tmp_path / f"{name}.py").write_text(f"{head}import further\nclass Mine(Honest):\n    pass\n")
    (tmp_path / "further.py").write_text(f"{line}\n")
    mine = import_module(name).Mine
    before = sources([chosen(mine)])
    (tmp_path / "unrelated.py").write_text("OFF = 1\n")
    assert sources([chosen(mine)]) == before
    (tmp_path / beside).write_text("OFF = 1\n")
    after = sources([chosen(mine)])
    assert {one for one in before if before[one] != after[one]} == {"mine"}


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("changed", ["kernels/impl.py", "adapters/helper.py", "kernels/fast.so"])
def test_the_whole_package_of_an_adapter_is_of_its_code(tmp_path, monkeypatch, changed, installed):
    top = tmp_path / "site-packages" if installed else tmp_path
    package = f"package_of_mine_{installed}_{changed.replace('/', '_').replace('.', '_')}"
    write(top / package, {"__init__.py": "", "adapters/__init__.py": "", "kernels/__init__.py": ""})
    write(top / package, {"adapters/helper.py": "", "kernels/impl.py": "def fix(y): return y\n", "kernels/fast.so": ""})
    write(top / package, {"adapters/mine.py": f"from {package}.kernels.impl import fix\n{MINE}"})
    monkeypatch.syspath_prepend(top)
    assert changed_by(import_module(f"{package}.adapters.mine").Mine, top / package / changed)


def test_imports_are_followed_to_where_packages_are_installed_and_no_further(tmp_path, monkeypatch):
    head = "def late():\n    import os, first_near as near; from framework_near.nn import conv\n    import numpy\n"
    write(tmp_path, {"follows.py": head + MINE.replace("pass", "packages = {'framework_near': 'x'}")})
    write(
        tmp_path,
        {"first_near/a/b.py": "try: from second_near.c import (\n    x)\nexcept: pass\n", "second_near/c.py": ""},
    )
    write(tmp_path, {"framework_near/nn.py": "", "site-packages/third_near.py": "", "unrelated.py": ""})
    write(tmp_path, {"first_near/old.py": "print 'python 2'\nimport third_near\n"})
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    monkeypatch.syspath_prepend(tmp_path)
    mine = import_module("follows").Mine
    for name in ("first_near/a/b.py", "second_near/c.py"):
        assert changed_by(mine, tmp_path / name)
    for name in ("framework_near/nn.py", "site-packages/third_near.py", "unrelated.py"):
        assert not changed_by(mine, tmp_path / name)
    assert not {"first_near", "second_near"} & sys.modules.keys()


STATED = """\
from dataclasses import replace
from harness.adapters.program import Program
from harness.quality.mutant_adapter import Honest
class Mine(Honest):
    def program(self, case):
        return {program}
    runtime = replace(Honest.runtime, {runtime})
"""


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"program": "Program.of_function('{impl}.a:conv', {{}}, ('input', 'kernel'))"}, True),
        ({"program": "replace(super().program(case), imports=('import {impl}.a as it',))"}, True),
        ({"program": "replace(super().program(case), load=('x = 1', 'from {impl} import a'))"}, True),
        ({"runtime": "imports=('from {impl} import a',)"}, True),
        ({"runtime": "setup=('import numpy, {impl}',)"}, True),
        ({}, False),
    ],
)
def test_what_a_program_names_is_of_the_code_of_its_adapter(tmp_path, monkeypatch, request, changes, changed):
    name = f"named_{abs(hash(request.node.name))}"
    texts = {"program": "super().program(case)", "runtime": ""} | changes
    stated = {key: text.format(impl=f"{name}_impl") for key, text in texts.items()}
    write(tmp_path, {f"{name}.py": STATED.format(**stated), f"{name}_impl/a.py": "import numpy\n"})
    monkeypatch.syspath_prepend(tmp_path)
    mine = import_module(name).Mine
    assert changed_by(mine, tmp_path / f"{name}_impl/a.py") is changed
    assert f"{name}_impl" not in sys.modules


MADE = """\
import types
from harness.adapters.program import Program
from harness.quality.mutant_adapter import Honest
def program(self, case):
    return Program.of_function("{impl}:conv", {{}}, ("input", "kernel"))
def Factory():
    adapter = Honest()
    adapter.program = types.MethodType(program, adapter)
    return adapter
Made = types.new_class("Made", (Honest,), {{}}, lambda space: space.update(program=program))
class Mine(Honest): pass
Mine.__module__ = Honest.__module__
"""


@pytest.mark.parametrize(("made", "changing"), [("Factory", "impl"), ("Made", "impl"), ("Mine", "itself")])
def test_the_code_of_an_adapter_is_where_it_was_requested_from(tmp_path, monkeypatch, made, changing):
    name = f"made_{made.lower()}"
    write(tmp_path, {f"{name}.py": MADE.format(impl=f"{name}_impl"), f"{name}_impl.py": "conv = None\n"})
    monkeypatch.syspath_prepend(tmp_path)
    adapters = choose([f"{name}:{made}"])

    def digests():
        return sources(adapters, survey([make_case()], adapters).modules)

    before, changed = digests(), tmp_path / (f"{name}_impl.py" if changing == "impl" else f"{name}.py")
    changed.write_text(changed.read_text() + "# changed\n")
    assert digests() != before


MINE = "from harness.quality.mutant_adapter import Honest\nclass Mine(Honest):\n    pass\n"


def write(folder, texts):
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def changed_by(adapter, path):
    """Whether another text at ``path`` makes the code of ``adapter`` another one."""
    found = survey([make_case()], [chosen(adapter)])
    before = sources([chosen(adapter)], found.modules)
    path.write_text(path.read_text() + "# changed\n")
    after = sources([chosen(adapter)], found.modules)
    assert before["harness"] == after["harness"]
    return before != after


def test_the_harness_itself_has_a_digest(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    for name in ("a.py", "b.j2", "tests/c.py"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr("harness.engine.fingerprint.PACKAGE", tmp_path)
    found = [sources([])]
    for name in ("a.py", "b.j2", "tests/c.py"):
        (tmp_path / name).write_text("changed")
        found.append(sources([]))
    first, second, third, fourth = (one["harness"] for one in found)
    assert first != second != third
    assert third == fourth


def test_the_digest_of_the_harness_is_over_every_layer():
    assert Path(comparator.__file__).relative_to(PACKAGE).parts == ("core", "comparator.py")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "small.yaml").write_text(SUITE)
    shutil.copy(CORPUS / SCHEMA, tmp_path / "cases")
    return tmp_path


def run(report_dir, *more):
    return main(
        [
            "run",
            "-a",
            GRADIENTS,
            "-a",
            "mutant:KernelRotated",
            "--report-dir",
            report_dir,
            *more,
        ]
    )


def content(report_dir):
    return {
        path.relative_to(report_dir): path.read_bytes()
        for path in Path(report_dir).rglob("*")
        if path.is_file() and path.name != "timings.json"
    }


def test_from_any_part_of_a_run_with_gradients_the_reports_are_the_same_bytes(folder, monkeypatch):
    monkeypatch.setattr("harness.engine.resume.discard_partial", lambda _: None)
    assert run("whole") == 1
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    journal = Path("whole", FILE_NAME).read_bytes()
    Path("whole", FILE_NAME).unlink()
    whole = content("whole")
    assert b'"kernel_grad","route":"native","verdict":"diverges"' in journal
    first = journal.index(b"\n") + 1
    for place, end in enumerate([first, len(journal) // 2, len(journal) - 1]):
        Path(f"cut{place}").mkdir()
        Path(f"cut{place}", FILE_NAME).write_bytes(journal[:end])
        assert run(f"cut{place}", "--resume") == 1
        assert content(f"cut{place}") == whole


def test_a_changed_adapter_is_not_gone_on_with(folder, capsys, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    (folder / "changing.py").write_text(
        "from harness.quality.mutant_adapter import Honest\nclass Changing(Honest):\n    pass\n"
    )
    monkeypatch.setattr("harness.engine.resume.discard_partial", lambda _: None)
    assert main(["run", "-a", "changing:Changing", "--report-dir", "out"]) == 0
    with (folder / "changing.py").open("a") as stream:
        stream.write("# changed\n")
    assert main(["run", "-a", "changing:Changing", "--report-dir", "out", "--resume"]) == 2
    assert "another run was interrupted: the sources differ (changing)" in capsys.readouterr().err


def test_reports_that_cannot_be_written_leave_the_verdicts_on_the_terminal(folder, capsys):
    Path("out").mkdir()
    Path("out/conformance.json").mkdir()
    assert run("out") == 2
    shown = capsys.readouterr()
    assert "failing verdicts" in shown.out
    assert re.search(r"^DIVERGES  ?[\w/]+", shown.out, re.MULTILINE)
    assert "small/plain" in shown.out
    assert "cannot be written" in shown.err
    assert "--resume writes the reports" in shown.err
    Path("out/conformance.json").rmdir()
    assert run("out", "--resume") == 1
    assert Path("out/conformance.json").is_file()
    assert not Path("out", FILE_NAME).exists()
