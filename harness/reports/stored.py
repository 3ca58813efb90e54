"""Reports that were written before, read from a file, a folder or a revision in git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pydantic import ValidationError

from harness.core.errors import BadInputError, Problem
from harness.core.files import DEFAULT_REPORTS
from harness.reports.comparison import Stored
from harness.reports.json_format import ReportFile

NAME = "conformance.json"
EXPECTED = f"a {NAME}, a folder that holds one, or git:REV"


def load_report(named: str) -> Stored:
    """The report of a ``conformance.json``, of a folder that holds one, of ``git:REV`` or of ``git:REV:PATH``.

    Raises BadInputError where there is none, or one of another form.
    """
    text = _from_git(named) if named.startswith("git:") else _from_file(named)
    try:
        return Stored.of_file(ReportFile.model_validate_json(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"is no report of this version: {place + ': ' if place else ''}{first['msg'][:200]}"
    except KeyError as error:
        message = f"is no report: results are of {error}, which is not among its cases"
    except ValueError as error:
        message = f"is no report: it has two results for {error}"
    raise BadInputError(Problem(named, 0, 0, "", message, f"expected {EXPECTED}, as `harness run` writes it"))


def _from_file(named: str) -> bytes:
    path = Path(named)
    try:
        return (path / NAME if path.is_dir() else path).read_bytes()
    except OSError as error:
        message, hint = f"cannot be read: {error.strerror}", f"expected {EXPECTED}"
        raise BadInputError(Problem(named, 0, 0, "", message, hint)) from None


def _from_git(named: str) -> bytes:
    """The file as it was in a revision of the repository that the working directory is in."""
    revision, _, path = named.removeprefix("git:").partition(":")
    path = path or str(DEFAULT_REPORTS)
    path = path if path.endswith(".json") else f"{path.rstrip('/')}/{NAME}"
    command = ["git", "show", "--end-of-options", f"{revision}:{path}"]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603 - no shell
        reason = done.stderr.decode(errors="replace").strip().partition("\n")[0].removeprefix("fatal: ")
    except (OSError, ValueError) as error:
        raise BadInputError(Problem(named, 0, 0, "", f"git cannot be run: {error}", f"expected {EXPECTED}")) from None
    if done.returncode:
        hint = f"expected git:REV, whose {path} is a report; git:REV:PATH names another place"
        raise BadInputError(Problem(named, 0, 0, "", f"git has no such file: {reason}", hint))
    return done.stdout
