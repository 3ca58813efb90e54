"""Answers that a process has made and not sent yet, where the harness finds them if that process ends.

To wake the harness for each answer costs as much as a small call does, so several go in one message. They lie in a file
that both processes map into memory until that message is sent: what was answered is never charged to the next call.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from contextlib import suppress
from pathlib import Path

CAPACITY = 256 << 10
"""Bytes of answers that are held back at most; none where the disk has no place for them."""
_HEAD = struct.Struct("=qq")
_LENGTH = struct.Struct("=q")
_reserve = getattr(os, "posix_fallocate", lambda descriptor, _, size: os.ftruncate(descriptor, size))
"""macOS has no such function."""


class HeldBack:
    """How many answers were sent, and those after these, as bytes. For one process that writes and one that reads."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._sent, self._end = 0, _HEAD.size
        descriptor = os.open(path, os.O_RDWR)
        try:
            self._size = os.fstat(descriptor).st_size
            self._shared = mmap.mmap(descriptor, self._size)
        finally:
            os.close(descriptor)

    @classmethod
    def make(cls) -> HeldBack:
        """An empty one, in a file of its own."""
        descriptor, path = tempfile.mkstemp(prefix="harness-worker-", suffix=".held")
        os.ftruncate(descriptor, _HEAD.size)
        with suppress(OSError):
            # a page of the file that cannot be written would end the process that writes to it
            _reserve(descriptor, 0, _HEAD.size + CAPACITY)
        os.close(descriptor)
        return cls(path)

    def add(self, answer: bytes) -> bool:
        """Hold ``answer`` back; False where there is no place for it."""
        end = self._end + _LENGTH.size + len(answer)
        if end > self._size:
            return False
        _LENGTH.pack_into(self._shared, self._end, len(answer))
        self._shared[self._end + _LENGTH.size : end] = answer
        self._end = end
        self._note()  # at last, so that no answer counts before it is whole
        return True

    def sent(self, count: int) -> None:
        """Note that ``count`` more answers were sent, and hold none back any more."""
        self._sent, self._end = self._sent + count, _HEAD.size
        self._note()

    def after(self, received: int) -> list[bytes]:
        """The answers that are held back, without those of which ``received`` came already."""
        sent, end = _HEAD.unpack_from(self._shared, 0)
        answers, place = list[bytes](), _HEAD.size
        while place < end:
            begin = place + _LENGTH.size
            (length,) = _LENGTH.unpack_from(self._shared, place)
            if not 0 <= length <= end - begin <= CAPACITY:  # overwritten by a call that went astray
                break
            place = begin + length
            answers.append(self._shared[begin:place])
        return answers[max(received - sent, 0) :]

    @property
    def count(self) -> int:
        """How many answers were sent."""
        sent: int = _HEAD.unpack_from(self._shared, 0)[0]
        return sent

    def _note(self) -> None:
        _HEAD.pack_into(self._shared, 0, self._sent, self._end)

    def remove(self) -> None:
        """Remove the file; what is mapped stays readable."""
        Path(self.path).unlink(missing_ok=True)
