"""The near side of an adapter's process: start it, send it jobs, notice when it dies or hangs.

``execnet`` starts the interpreter with its own environment and carries the messages; the end of the process
arrives as EOFError.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import queue
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import execnet

from harness.core.errors import (
    WorkerBrokenError,
    WorkerDiedError,
    WorkerFailedError,
    WorkerHungError,
    WorkerUnavailableError,
)
from harness.core.files import PACKAGE
from harness.engine.held_back import HeldBack
from harness.engine.pulse import Pulse
from harness.engine.worker import MORE, pack_jobs

_BOOT = """
import os, sys
os.setsid()
environment, folders, far_side = channel.receive()
os.environ.update(environment)
# a folder or file called harness in the working folder is another's
sys.path.insert(0, folders[0]); import harness; del sys.path[0]
sys.path += [folder for folder in folders if folder not in sys.path]
from importlib import import_module
import_module(far_side).serve(channel)
"""
# In the usual model a remote_exec that follows another one may run outside the main thread.
_POPEN = "popen//execmodel=main_thread_only//python="
# Frameworks print sets in their messages; the order must not change from run to run. Read before Python begins.
# A terminal's Ctrl-C also goes to a process that is only just starting, and would make it print a traceback.
_SETTLED = ("sh", "-c", 'trap "" INT TERM HUP; exec env PYTHONHASHSEED=0 "$@"', "sh")
_GONE = (EOFError, OSError)
_DYING = 10.0


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """Which adapter to start, with which environment, and how long to wait (seconds).

    ``far_side`` is the module whose ``serve`` answers there.
    """

    adapter: str
    environment: Mapping[str, str]
    python: str = sys.executable
    start_limit: float = 300.0
    answer_limit: float = 60.0
    far_side: str = "harness.engine.worker"


class Worker:
    """One process. For use from one thread, but any thread may ``kill``."""

    def __init__(self, spec: WorkerSpec) -> None:
        self.versions: dict[str, str] = {}
        self.handed_on = False
        """Whether another adapter had the process before."""
        self._spec = spec
        self._pid = 0
        self._killed = False
        self._killing = threading.Lock()
        self._outbox: queue.SimpleQueue[Sequence[Mapping[str, Any]] | None] = queue.SimpleQueue()
        self._unsent: Exception | None = None
        self._sent = self._answered = 0
        self.so_far: dict[str, Any] = {}
        """What the process had found of the job under way before it ended."""
        self._sender = threading.Thread(target=self._deliver, name="harness-sender", daemon=True)
        descriptor, self._log = tempfile.mkstemp(prefix="harness-worker-", suffix=".log")
        os.close(descriptor)
        self._pulse, self._held = Pulse.make(), HeldBack.make()
        self._unread: deque[Any] = deque()
        self._received = 0
        self._ending: Exception | None = None
        self._group = execnet.Group()

    def start(self) -> None:
        """Start the process and wait for its framework.

        Raises WorkerUnavailableError where the framework is not installed and WorkerBrokenError where anything else
        fails, after which only ``close`` is of use.
        """
        if shutil.which(self._spec.python) is None:
            raise WorkerUnavailableError(f"there is no interpreter {self._spec.python}")
        try:
            self._channel = self._boot()
            self._sender.start()
            self._named(self._receive(self._spec.start_limit)["pid"])
            started = self._receive(self._spec.start_limit)
        except WorkerFailedError as error:
            message = f"does not start: {error}; see whether its framework imports by itself, and install it anew"
            raise WorkerBrokenError(message) from None
        except (*_GONE, execnet.HostNotFound, execnet.RemoteError) as error:
            raise WorkerBrokenError(_last_line(str(error)) or "the process did not start") from None
        if "unavailable" in started:
            raise WorkerUnavailableError(started["unavailable"])
        if "broken" in started:
            raise WorkerBrokenError(started["broken"])
        self.versions = started["versions"]

    def begin(self, adapter: str) -> bool:
        """Have another adapter answer here from now on, where everything is answered; False where that fails.

        After that only ``close`` is of use: what is wrong shows in a process of its own.
        """
        self.send({"begin": adapter})
        self.handed_on = True
        try:
            begun = self.receive()
        except WorkerFailedError:
            return False
        self.versions = begun.get("versions", {})
        return "versions" in begun

    def _boot(self) -> Any:
        gateway = self._group.makegateway(_POPEN + shlex.join([*_SETTLED, self._spec.python]))
        channel = gateway.remote_exec(_BOOT)
        folders = [str(PACKAGE.parent), str(Path.cwd())]
        channel.send((dict(self._spec.environment), folders, self._spec.far_side))
        setup = {"log": self._log, "pulse": self._pulse.path, "held": self._held.path}
        channel.send({"adapter": self._spec.adapter, **setup})
        return channel

    def send(self, *jobs: Mapping[str, Any]) -> None:
        """Queue jobs as one message, without waiting. A process that is already gone is noticed by ``receive``."""
        numbered = [{**job, "id": number} for number, job in enumerate(jobs, self._sent + 1)]
        self._sent += len(jobs)
        self._outbox.put(numbered)

    def _deliver(self) -> None:
        """In a thread of its own, since a process that holds still does not empty its pipe."""
        for jobs in iter(self._outbox.get, None):
            try:
                self._channel.send(pack_jobs(jobs))
            except _GONE:
                return
            except Exception as error:
                self._unsent = error
                self.kill()
                return

    def receive(self) -> dict[str, Any]:
        """The answer to the oldest job without one, its parts together; the limit is that of one call within it.

        Parts that came before the process ended are in ``so_far``.
        Raises WorkerHungError, and WorkerDiedError also where an answer to another job comes, since nothing that
        follows could be distinguished; after either only ``close`` is of use.
        """
        self._answered += 1
        self.so_far = {}
        while True:
            answer = self._answer()
            if not isinstance(answer, dict) or answer.pop("id", None) != self._answered:
                self.kill()
                raise WorkerDiedError("the worker answered another job than the one that was due")
            self.so_far |= answer
            if not self.so_far.pop(MORE, False):
                return self.so_far

    def _answer(self) -> Any:
        """The next part of an answer. Several come at once, or were held back when the process ended.

        A message that is none of a worker's belongs to the job that is under way there, after those whose answers are
        held back. Where these were sent behind it, the job is the one whose answer is not among them.
        """
        while not self._unread:
            message = self._receive(self._spec.answer_limit)
            parts = _unpacked(message)
            if parts is None:
                held = self._held.after(self._received)
                behind = not held and self._held.count > self._received
                parts = [] if behind else [*map(_loaded, held), message]
            self._unread.extend(parts)
            self._received += len(self._unread)
        return self._unread.popleft()

    def _receive(self, limit: float) -> Any:
        try:
            message = self._awaited(limit)
        except self._channel.TimeoutError:
            if self._ended(0.0):  # unnoticed, as a process that it forked holds the pipe open
                raise WorkerDiedError(self._epitaph()) from None
            self.kill()
            raise WorkerHungError(f"no answer within {limit:g} s") from None
        except _GONE:
            if self._unsent is not None:
                raise self._unsent from None
            raise WorkerDiedError(self._epitaph()) from None
        except self._channel.RemoteError as error:
            raise WorkerDiedError(f"the worker failed: {_last_line(str(error))}") from None
        return message

    def _awaited(self, limit: float) -> Any:
        """The next message, or what was held back where none comes any more.

        Raises TimeoutError ``limit`` seconds after the last sign of life, or after now.
        """
        left = limit
        while self._ending is None:
            try:
                return self._channel.receive(left)
            except self._channel.TimeoutError as error:
                left = self._pulse.last + limit - time.monotonic()
                self._ending = error if left <= 0 else None
            except (self._channel.RemoteError, *_GONE) as error:
                self._ending = error
        if held := self._held.after(self._received):
            return marshal.dumps(held)
        raise self._ending

    def kill(self) -> None:
        """End the process by force; ``receive`` then raises WorkerDiedError."""
        with self._killing:
            self._killed = True
            if self._pid:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._pid, signal.SIGKILL)

    def _named(self, pid: int) -> None:
        with self._killing:
            self._pid = pid
        if self._killed:
            self.kill()

    def close(self) -> None:
        """End the process and whatever it started, and remove its log."""
        self.kill()
        with self._killing:
            self._pid = 0  # from here on the number may be given to another process
        self._outbox.put(None)
        self._group.terminate(timeout=1.0)
        if self._sender.is_alive():
            self._sender.join(1.0)
        Path(self._log).unlink(missing_ok=True)
        self._pulse.remove()
        self._held.remove()

    def _epitaph(self) -> str:
        """How the process ended, and the last line it wrote."""
        how = self._ended(_DYING) or "the process closed its connection"
        written = _last_line(_without_stamp(Path(self._log).read_text(errors="replace")))
        return f"{how}: {written}" if written else how

    def _ended(self, patience: float) -> str:
        """The signal's name or the exit status, or nothing if after ``patience`` seconds the process still runs.

        It is left to be reaped by ``close``.
        """
        if not self._pid:
            return "the process ended"
        end = time.monotonic() + patience
        while not (status := os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)):
            if time.monotonic() > end:
                return ""
            time.sleep(0.01)
        if status.si_code == os.CLD_EXITED:
            return f"exit status {status.si_status}"
        names = {int(one): one.name for one in signal.Signals}
        return names.get(status.si_status, f"signal {status.si_status}")


def _unpacked(message: Any) -> list[Any] | None:
    """The answers in ``message``; None where it is none of a worker's."""
    if not isinstance(message, bytes):
        return None
    found = _loaded(message)
    return [_loaded(one) for one in found] if isinstance(found, list) else None


def _loaded(packed: bytes) -> Any:
    """What a worker packed; None for what cannot be read. Reading runs no code."""
    try:
        return marshal.loads(packed)  # noqa: S302
    except (EOFError, TypeError, ValueError):
        return None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _without_stamp(log: str) -> str:
    """Fatal lines of the common C++ logger, without date, thread and address, which differ from run to run."""
    fatal = [line.partition("] ")[2] for line in log.splitlines() if line.startswith("F") and "] " in line]
    return fatal[-1] if fatal else ""
