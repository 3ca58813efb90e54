"""Whatever a suite holds: exit code 2, one clear message with its place, and the reports as they were."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.core.errors import MOST_SHOWN, BadInputError
from harness.core.files import write_together
from harness.tests.hostile import HOSTILE
from harness.tests.malformed import CASE, HEAD, MALFORMED, instead

INPUTS = HOSTILE | MALFORMED
COMMANDS = [
    ["lint"],
    ["list"],
    ["show"],
    ["run", "-a", "mutant:Honest", "--report-dir", "reports"],
]
SHOWN = 40_000
HONEST = "mutant:Honest"


def content(folder):
    """All files but the journal of the run itself, which is kept for ``--resume`` where reports cannot be written."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "partial.jsonl")
    return {path: path.read_bytes() for path in files}


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """A working folder with reports of an earlier run."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("conformance.json", "conformance.md", "conformance.html", "partial.json"):
        (folder / name).write_text(f"earlier {name}")
    return folder


def refused(capfd, arguments):
    """The message with which ``arguments`` are refused."""
    assert main(arguments) == 2, arguments
    out, error = capfd.readouterr()
    # a run goes on with the cases that are good
    assert out == "" or (arguments[0] == "run" and out.endswith("\nnot all cases could be used\n")), out
    assert "Traceback" not in error
    error = error.rpartition(" checks done\n")[2].removeprefix("reading the cases\n")
    assert 0 < len(error) < SHOWN
    assert error.count("\n    hint: ") <= MOST_SHOWN
    return error


def test_there_are_a_hundred_inputs_and_more():
    assert len(INPUTS) == len(HOSTILE) + len(MALFORMED) >= 100
    assert len({content for content, *_ in INPUTS.values()}) == len(INPUTS)


@pytest.mark.parametrize("name", INPUTS)
def test_every_command_refuses_it_with_one_message_and_leaves_the_reports(reports, capfd, name):
    text, line, pattern = INPUTS[name]
    Path("suite.yaml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    before = content(reports)
    said = {refused(capfd, [command, "suite.yaml", *rest]) for command, *rest in COMMANDS}
    assert len(said) == 1, "every command says the same"
    (error,) = said
    place = rf"suite\.yaml:{line}:\d+: " if line else r"suite\.yaml: "
    pattern = pattern if name in HOSTILE else ""
    assert re.search(rf"^{place}.*{pattern}", error, re.MULTILINE | re.DOTALL), error
    assert content(reports) == before


@pytest.mark.parametrize("held", [".inf", "-.inf", ".nan", "65519", "65504"])
def test_infinities_that_are_written_out_and_the_largest_numbers_stay_legal(tmp_path, monkeypatch, capfd, held):
    monkeypatch.chdir(tmp_path)
    Path("suite.yaml").write_text(HEAD + CASE + f"    dtype: float16\n    bias: [{held}]\n")
    assert main(["list", "suite.yaml"]) == 0
    assert "suite/one" in capfd.readouterr().out


def make_pipe():
    os.mkfifo("suite.yaml")


def make_loop():
    Path("suite.yaml").symlink_to("suite.yaml")


def make_dangling():
    Path("suite.yaml").symlink_to("gone.yaml")


def make_endless():
    Path("suite.yaml").symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_pipe, "suite.yaml: cannot be read: it is no file"),
        (make_endless, "suite.yaml: cannot be read: it is no file"),
        (make_loop, "suite.yaml: cannot be read: Too many levels of symbolic links"),
        (make_dangling, "suite.yaml: cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_file_is_refused_and_not_waited_for(reports, capfd, make, message):
    make()
    assert message in refused(capfd, ["run", ".", "-a", HONEST, "--report-dir", "reports"])


def test_a_file_that_vanishes_between_finding_and_reading_is_refused(reports, capfd, monkeypatch):
    Path("suite.yaml").write_text(HEAD + CASE)
    opened = Path.open

    def vanish(self, *arguments, **options):
        if self.name == "suite.yaml":
            self.unlink()
        return opened(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", vanish)
    before = content(reports)
    error = refused(capfd, ["run", ".", "-a", HONEST, "--report-dir", "reports"])
    assert "suite.yaml: cannot be read: No such file or directory" in error
    assert content(reports) == before


def test_a_folder_that_cannot_be_looked_into_is_not_passed_over(reports, capfd, monkeypatch):
    Path("suite.yaml").write_text(HEAD + CASE)
    Path("closed").mkdir()
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert "closed: cannot be read: Permission denied" in refused(capfd, ["list", "."])


@pytest.mark.parametrize("target", ["a\0b", "x" * 5000, "<b>.yaml", "::", "no/such::one", "reports::\n"])
def test_odd_paths_are_refused(reports, capfd, target):
    assert refused(capfd, ["list", target])


@pytest.mark.parametrize("expression", ["(", ")", "a and", "not", "(" * 9_000, "not " * 9_000, "a or " * 9_000])
def test_odd_expressions_are_refused(reports, capfd, expression):
    Path("suite.yaml").write_text(HEAD + CASE)
    assert "words joined by" in refused(capfd, ["list", "suite.yaml", "-k", expression])


def test_the_pages_escape_markup_in_paths_and_texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "<img src=x onerror=alert(1)>&'.yaml"
    Path(name).write_text(instead("about: text", 'about: "</script><script>alert(2)</script> | `x` <b>"'))
    assert main(["run", name, "-a", HONEST, "--report-dir", "out"]) == 0
    page = Path("out/conformance.html").read_text()
    assert "onerror=alert" in page
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "</script><script>" not in page


def full(*_arguments, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


def full_from(count):
    """A disk that takes ``count`` reports."""
    calls = []

    def fill(self, target):
        calls.append(target)
        return full() if len(calls) > count else self.rename(target)

    return fill


@pytest.mark.parametrize(
    ("where", "fault"),
    [("harness.core.files._draft", full), *(("pathlib.Path.replace", full_from(count)) for count in range(5))],
)
def test_a_full_disk_leaves_every_report_as_it_was(reports, capfd, monkeypatch, where, fault):
    Path("suite.yaml").write_text(HEAD + CASE)
    before = content(reports)
    monkeypatch.setattr(where, fault)
    assert main(["run", "suite.yaml", "-a", HONEST, "--report-dir", "reports"]) == 2
    error = capfd.readouterr().err
    assert error.count("reports: cannot be written: No space left on device") == 1
    assert "Traceback" not in error
    assert content(reports) == before


LIMITED = """
import resource, sys
from harness.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
sys.exit(main(["run", "suite.yaml", "-a", "mutant:Honest", "--report-dir", "reports"]))
"""


def test_a_disk_that_takes_a_part_of_a_report_leaves_all_as_they_were(reports):
    Path("suite.yaml").write_text(HEAD + CASE)
    before = content(reports)
    done = subprocess.run([sys.executable, "-c", LIMITED], check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("reports: cannot be written: File too large") == 1
    assert "Traceback" not in done.stderr
    assert content(reports) == before


def test_a_report_folder_that_is_a_file_is_refused(reports, capfd):
    Path("suite.yaml").write_text(HEAD + CASE)
    Path("file").write_text("mine")
    assert main(["run", "suite.yaml", "-a", HONEST, "--report-dir", "file/reports"]) == 2
    assert "file/reports: cannot be written: Not a directory" in capfd.readouterr().err
    assert Path("file").read_text() == "mine"


def test_files_written_together_are_all_new_or_all_old(tmp_path, monkeypatch):
    write_together(tmp_path, {"a": "1", "b/c": "1"})
    write_together(tmp_path, {"a": "2", "b/c": "2", "d": "2"})
    new = {tmp_path / name: b"2" for name in ("a", "b/c", "d")}
    assert content(tmp_path) == new
    monkeypatch.setattr("pathlib.Path.replace", full_from(2))
    with pytest.raises(BadInputError, match="No space left"):
        write_together(tmp_path, {"a": "3", "b/c": "3", "d": "3"})
    monkeypatch.setattr("pathlib.Path.replace", full_from(3))
    with pytest.raises(BadInputError, match="No space left"):
        write_together(tmp_path, {"a": "3", "b/c": "3", "e": "3", "f": "3"})
    assert content(tmp_path) == new
