"""Files that are either whole or untouched, alone or all together."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.core.errors import BadInputError, Problem

PACKAGE = Path(__file__).parents[1]
"""The folder of the package ``harness``."""
DEFAULT_REPORTS = Path("reports")
"""Where reports are written and looked for unless another folder is named."""


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` beside ``path`` and rename it into place.

    On any error the old file stays as it was; one of the system (a full disk) is raised as BadInputError.
    """
    write_together(path.parent, {path.name: text})


def write_together(folder: Path, texts: Mapping[str, str]) -> None:
    """Write every text to its name below ``folder``: all of them, or on any error none.

    Nothing is put in place before everything is on the disk, and what was put in place is taken back where a later
    file cannot be. An error of the system (a full disk, a folder that cannot be written) is raised as BadInputError.
    """
    litter: list[Path] = []
    placed: list[tuple[Path, Path | None]] = []
    try:
        drafts = {folder / name: _draft(folder / name, text, litter) for name, text in texts.items()}
        olds = {path: _second_name(path, litter) for path in drafts}
        for path, draft in drafts.items():
            draft.replace(path)
            placed.append((path, olds[path]))
    except BaseException as error:
        for path, old in reversed(placed):
            _take_back(path, old)
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise
    finally:
        for path in litter:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``folder`` in the end, or on any error is removed.

    Raises BadInputError where there is something at ``folder`` already, or an error of the system.
    """
    draft: Path | None = None
    try:
        if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None)):
            raise BadInputError(
                Problem(str(folder), 0, 0, "", "is there already", "name a new folder, or an empty one")
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        draft.chmod(0o755)
        yield draft
        draft.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> BadInputError:
    hint = "what was there before is unchanged; free some space, or name another folder"
    return BadInputError(Problem(str(folder), 0, 0, "", f"cannot be written: {error.strerror or error}", hint))


def _draft(path: Path, text: str, litter: list[Path]) -> Path:
    """A file beside ``path`` that holds ``text``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    litter.append(Path(name))
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    Path(name).chmod(0o644)
    return Path(name)


def _second_name(path: Path, litter: list[Path]) -> Path | None:
    """Another name of the file at ``path``, by which it can be brought back; None where there is no file."""
    if not path.exists():
        return None
    other = path.with_name(f".{path.name}.old-{os.getpid()}")
    litter.append(other)
    other.unlink(missing_ok=True)
    try:
        other.hardlink_to(path)
    except OSError:  # not every file system has links
        shutil.copy2(path, other)
    return other


def _take_back(path: Path, old: Path | None) -> None:
    with contextlib.suppress(OSError):
        if old is None:
            path.unlink(missing_ok=True)
        else:
            os.replace(old, path)  # noqa: PTH105 - another call than the one that may just have failed


def holds_report(folder: Path) -> bool:
    """Whether a report stands in ``folder``."""
    return (folder / "conformance.json").exists()
