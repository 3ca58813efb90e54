"""A file of lines that grows while a run goes on, so that whatever ends the run costs the checks under way alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SYNC = 1.0
"""Seconds between two orders to bring the lines to the disk itself, of which a power cut costs the last."""


class Journal:
    """Appends JSON lines to ``path``, which is created with ``header`` as its first line when there is one to append.

    With ``length`` the file is there already, its first ``length`` bytes are good, and it goes on behind these.
    A line goes to the system at once, which keeps it when this process is killed; a thread brings the lines to the
    disk. Where that cannot be, ``warn`` is called once with the reason, and nothing more is written.
    For use from one thread at a time.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], warn: Callable[[str], None], length: int = 0) -> None:
        self.path = path
        self._header = header
        self._warn = warn
        self._good = length
        self._descriptor: int | None = None
        self._failed = False
        self._dirty = threading.Event()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._syncing = threading.Thread(target=self._sync, name="harness-journal", daemon=True)

    @property
    def begun(self) -> bool:
        """Whether there is anything in the file."""
        return self._good > 0

    @property
    def whole(self) -> bool:
        """Whether every line could be written."""
        return not self._failed

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write a line; never raises OSError."""
        if self._failed:
            return
        try:
            with self._lock:
                if self._ending.is_set():
                    return
                if self._descriptor is None:
                    self._descriptor = self._open()
                self._write(self._descriptor, entry)
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """Bring everything to the disk and close the file."""
        self._ending.set()
        if self._syncing.is_alive():
            self._syncing.join()
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            self._fail(error)
        os.close(descriptor)

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise OSError(0, "another run writes it") from None
        except OSError:  # not every file system has locks
            pass
        try:
            os.ftruncate(descriptor, self._good)
            os.lseek(descriptor, 0, os.SEEK_END)
            if not self._good:
                self._write(descriptor, self._header)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._good)
            os.close(descriptor)
            raise
        self._syncing.start()
        return descriptor

    def _write(self, descriptor: int, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        rest = line
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        self._good += len(line)
        self._dirty.set()

    def _sync(self) -> None:
        while not self._ending.wait(SYNC):
            if not self._dirty.is_set():
                continue
            self._dirty.clear()
            descriptor = self._descriptor  # closed only when this thread has ended
            if descriptor is not None:
                try:
                    os.fsync(descriptor)
                except OSError as error:
                    self._fail(error)
                    return

    def _fail(self, error: OSError) -> None:
        """Leave the file as it was before the line that did not fit."""
        if self._failed:
            return
        self._failed = True
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._good)
        self._warn(
            f"{self.path}: cannot be written: {error.strerror or error}; the run goes on, but what follows is not kept"
        )
