"""A sign of life: when a process began the call that it is making, readable by the process that waits for it.

Eight bytes of a file that both map into memory. A message for each call would cost as much as a small call does.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import time
from pathlib import Path

_TIME = struct.Struct("=d")


class Pulse:
    """The time of the last beat in seconds of ``time.monotonic``, which all processes of a machine share."""

    def __init__(self, path: str) -> None:
        self.path = path
        descriptor = os.open(path, os.O_RDWR)
        try:
            self._shared = mmap.mmap(descriptor, _TIME.size)
        finally:
            os.close(descriptor)

    @classmethod
    def make(cls) -> Pulse:
        """One that has not beaten, in a file of its own."""
        descriptor, path = tempfile.mkstemp(prefix="harness-worker-", suffix=".pulse")
        os.ftruncate(descriptor, _TIME.size)
        os.close(descriptor)
        return cls(path)

    def beat(self) -> None:
        """Note that a call begins now."""
        _TIME.pack_into(self._shared, 0, time.monotonic())

    @property
    def last(self) -> float:
        """When the last call began; zero before the first."""
        began: float = _TIME.unpack_from(self._shared, 0)[0]
        return began

    def remove(self) -> None:
        """Remove the file; what is mapped stays readable."""
        Path(self.path).unlink(missing_ok=True)
