"""The blocks of code in README, CONTRIBUTING and docs/, run as a reader would, each page in a folder of its own.

- A block whose first line is a comment with a file name (``# mine/first.yaml``) is that file.
- Every line of an ``sh`` block is run; its comment names the exit code where that may be another than 0.
- A ``text`` block begins with ``$ `` and a command, and is what that prints; a line ``…`` stands for any lines.
- Other ``python`` blocks are run as scripts, unless an example in docs/examples has the very same lines.
- ``<!-- not run: REASON -->`` before a block excuses it.

``harness run``, ``pytest`` and scripts that name no framework mean imitations of the frameworks in NumPy, which start at
once, and without a path a small part of the corpus. Everything else runs as it is.
"""

from __future__ import annotations

import os
import re
import runpy
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from click import Context

from harness import adapters
from harness.cli import cli

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    path for path in sorted((ROOT / "docs" / "examples").rglob("*")) if path.suffix in {".py", ".toml", ".yaml"}
]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"(?:<!-- not run: (.+?) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w./-]+\.(?:py|yaml|toml))\n")
PORTS = r"|harness[. ](translate|port|porting)\b"
NEEDED = {
    "torch": rf"import torch{PORTS}",
    "keras": rf"import keras{PORTS}",
    "tensorflow": rf"import (keras|tensorflow){PORTS}",
    "onnx": "onnxruntime|--onnx|test_ort",
}
"""What shows that a module is needed, in a command or in the script that it runs."""
EXAMPLE = ROOT / "docs" / "examples" / "onnxruntime"
STAND_IN = """
from onnx.reference import ReferenceEvaluator

__version__ = "1.32.0"


class SessionOptions:
    pass


class InferenceSession:
    def __init__(self, model, options, providers):
        self.evaluator = ReferenceEvaluator(model)

    def run(self, names, given):
        return self.evaluator.run(names, given)
"""
"""A module in place of ONNX Runtime, where that is not installed."""
PART = ("shipped:groups",)
"""What commands are about here where a page means all shipped cases."""
LIMIT = 300.0
"""Seconds of one command."""


@dataclass(frozen=True)
class Block:
    path: Path
    line: int
    kind: str
    text: str
    excuse: str = ""

    @property
    def file(self) -> str:
        """The name of the file that it is, or nothing."""
        found = NAMED.match(self.text)
        return found[1] if found else ""

    @property
    def is_quoted(self) -> bool:
        return any(self.text in path.read_text(encoding="utf-8") for path in EXAMPLES)

    @property
    def place(self) -> str:
        return f"{self.path.name}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [
        Block(path, text.count("\n", 0, found.start(2)) + 1, found[2], found[3], found[1] or "")
        for found in FENCE.finditer(text)
    ]


def missing_for(text: str, folder: Path) -> list[str]:
    """What is not installed of what ``text`` needs, a command with the script that it runs."""
    for name in re.findall(r"^(?:\$ )?python (\S+)", text, re.MULTILINE):
        text += (folder / name).read_text(encoding="utf-8") if (folder / name).exists() else ""
    return [name for name, pattern in NEEDED.items() if re.search(pattern, text) and find_spec(name) is None]


@dataclass
class Folder:
    """Where the blocks of one page are run."""

    path: Path

    def __post_init__(self) -> None:
        programs = self.path / ".programs"
        programs.mkdir()
        for name in ("harness", "pytest", "python"):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {sys.executable} -m harness.tests.documented {name} "$@"\n')
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))},
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(self.path), str(ROOT)]),
            "GITHUB_STEP_SUMMARY": str(self.path / "summary.md"),
            "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",  # of -n auto; docs/pytest.md starts two
        }

    def save(self, block: Block) -> None:
        target = self.path / block.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")

    def call(self, words: Sequence[str] | str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-c", words] if isinstance(words, str) else words
        return subprocess.run(
            command,
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            stdin=subprocess.DEVNULL,
        )


def command_lines(text: str) -> Iterator[tuple[str, set[int]]]:
    """Each line of a shell's block, and the exit codes that it may have."""
    for line in text.replace("\\\n", " ").splitlines():
        command, _, comment = line.partition("   #")
        if command.strip() and not command.startswith("#"):
            yield command, {int(code) for code in re.findall(r"exit (\d+)", comment)} or {0}


def shows(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, or parts of it in order where it has lines that stand for others."""
    lines = shown.strip("\n").splitlines()
    pattern = "".join(r"(?:.*\n)?" if line == "…" else f"{re.escape(line)}\n" for line in lines)
    return re.fullmatch(pattern, printed.strip("\n") + "\n" * bool(lines), re.DOTALL) is not None


def shortened(arguments: Sequence[str]) -> list[str]:
    """The same on a part of the corpus, where it is about all of it."""
    words = [word for argument in arguments for word in (PART if argument == "shipped:" else [argument])]
    command = cli.get_command(Context(cli), words[0])
    assert command is not None
    if words[1:] and {"-h", "--help"} & set(words):
        return words
    paths = command.make_context(words[0], words[1:]).params.get("paths")
    return [*words, *PART] if paths == () else words


def imitate() -> None:
    """Let the names of frameworks mean their imitations in this process."""
    names = ("keras", "pytorch", "tensorflow")
    imitated = {name: f"harness.quality.soundness.table:honest_{name}" for name in names}
    adapters.available = lambda: imitated


pytest_configure = imitate
"""For this session of pytest, and each process of pytest-xdist: the module is a plugin there."""


def main(program: str, *arguments: str) -> int:
    """Run ``program`` where the names of frameworks mean their imitations."""
    if program == "python":
        text = Path(arguments[0]).read_text(encoding="utf-8")
        if any(re.search(pattern, text) for pattern in (r"import (torch|keras|tensorflow)", "harness.porting")):
            os.execv(sys.executable, [sys.executable, *arguments])
        imitate()
        sys.argv = list(arguments)
        runpy.run_path(arguments[0], run_name="__main__")
        return 0
    if program == "pytest":
        return int(pytest.main(["-p", "no:cacheprovider", "-p", "harness.tests.documented", *arguments]))
    if arguments[0] == "run":
        imitate()
    from harness.__main__ import main as run

    return run(shortened(arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
