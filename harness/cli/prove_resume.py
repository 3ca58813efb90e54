"""Whether a run that was killed and gone on with reports what an uninterrupted one does: ``harness prove --resume``."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import click
from tqdm import tqdm

from harness.cli.prove_modes import Options
from harness.engine.resume import FILE_NAME

SUITES = ("shipped:bias", "shipped:groups", "shipped:real_values")
ADAPTERS = ("pytorch", "pytorch:no-onednn")
"""Each in a process of its own, and with gradients."""
MOST_KILLED = 3
"""Times that a run is killed before it is let end."""
LONGEST_PAUSE = 0.05
"""Seconds after a line of the partial report; most checks take less."""
TIMED = "timings.json"


def run(options: Options) -> int:
    """Kill and go on as often as requested; 1 where a report differs."""
    return prove(options.number or 1, options.paths or SUITES, ADAPTERS)


def prove(rounds: int, paths: Sequence[str], adapters: Sequence[str], seed: int = 0) -> int:
    """Run ``paths`` on ``adapters`` once to its end, and ``rounds`` times with SIGKILL at random moments.

    Returns 1 where a report of the latter differs. A moment is a number of checks that are kept and a pause after the
    last of them, drawn from ``seed``.
    """
    command = [sys.executable, "-m", "harness", "run", *paths]
    for name in adapters:
        command += ["-a", name]
    identical, killed = 0, 0
    with TemporaryDirectory(prefix="harness-resume-") as folder:
        kept = _finish([*command, "--report-dir", f"{folder}/whole"], Path(folder, "whole"))
        whole = _content(Path(folder, "whole"))
        for number in tqdm(range(rounds), unit="run", dynamic_ncols=True, leave=False, disable=None):
            draw = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
            parts = Path(folder, str(number))
            killed += _interrupted([*command, "--report-dir", str(parts)], parts, kept, draw)
            differing = _differing(whole, _content(parts))
            identical += not differing
            if differing:
                click.echo(f"run {number} differs in {', '.join(differing)}")
    click.echo(f"{kept} checks are kept of a whole run; killed {killed} times in {rounds} runs")
    click.echo(f"{identical} of {rounds} identical")
    return 0 if identical == rounds else 1


def _interrupted(command: Sequence[str], folder: Path, kept: int, draw: random.Random) -> int:
    """Run ``command``, kill it a few times, and go on from what it kept to its end; how often it was killed."""
    killed = 0
    for _ in range(draw.randint(1, MOST_KILLED)):
        lines = _lines(folder)
        moment, pause = draw.randint(lines, max(lines, kept)), draw.uniform(0, LONGEST_PAUSE)
        killed += _killed([*command, *_resuming(folder)], folder, moment, pause)
    _finish([*command, *_resuming(folder)], folder)
    return killed


def _killed(command: Sequence[str], folder: Path, moment: int, pause: float) -> bool:
    """Kill ``command`` ``pause`` seconds after it has kept ``moment`` lines; False where it ended before."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        while process.poll() is None and _lines(folder) < moment:
            time.sleep(0.01)
        time.sleep(pause)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return alive


def _finish(command: Sequence[str], folder: Path) -> int:
    """Run ``command`` to its end; how many lines its partial report has at most: those just before it is removed.

    Raises RuntimeError where it comes to no verdicts.
    """
    most = 0
    with TemporaryFile() as errors, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors) as process:  # noqa: S603 - our own
        while process.poll() is None:
            most = max(most, _lines(folder))
            time.sleep(0.01)
        if process.returncode not in {0, 1}:
            errors.seek(0)
            reason = errors.read().decode(errors="replace")[-1000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {reason}")
    return most


def _resuming(folder: Path) -> list[str]:
    """Before the first check is kept there is nothing to go on from."""
    return ["--resume"] if _lines(folder) else []


def _lines(folder: Path) -> int:
    try:
        return (folder / FILE_NAME).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def _content(folder: Path) -> dict[str, bytes]:
    """Every report but the one that holds the time; drafts that a killed run left have names that begin with a dot."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != TIMED and not path.name.startswith(".")
    }


def _differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
