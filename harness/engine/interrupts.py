"""Ctrl-C, SIGTERM and a terminal that closes: the first ends a run in order, a later one does not disturb that end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OUTPUTS = (1, 2)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within the block the first of ``SIGNALS`` raises KeyboardInterrupt; from then on they are ignored for good.

    A signal that the process was set to ignore stays ignored. Outside the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in SIGNALS}
    taken = [one for one, handler in before.items() if handler is not signal.SIG_IGN]
    interrupted = False
    terminals = [descriptor for descriptor in _OUTPUTS if os.isatty(descriptor)]

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if number == signal.SIGHUP:
            _forget(terminals)
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    for one in taken:
        signal.signal(one, interrupt)
    try:
        yield
    finally:
        for one in taken:  # a handler of Python's would be taken off before the process ends
            signal.signal(one, signal.SIG_IGN if interrupted else before[one])


def _forget(descriptors: Iterable[int]) -> None:
    """Let what is written to terminals that are gone go nowhere, where it would raise OSError."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def leave_if_busy(prefix: str, code: int) -> None:
    """End this process at once where a thread whose name begins with ``prefix`` still computes.

    Python would wait for it, however long that takes.
    """
    if any(thread.name.startswith(prefix) for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
