"""The near side of an adapter's process: start it, ask it, notice when it dies or hangs.

``execnet`` starts the interpreter with its own environment and carries the messages; the end of the process
arrives as EOFError.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import execnet

from harness.errors import WorkerDiedError, WorkerFailedError, WorkerHungError, WorkerUnavailableError

_BOOT = """
import sys
sys.path[:0] = [folder for folder in channel.receive() if folder not in sys.path]
from harness.worker import serve
serve(channel)
"""
_GONE = (EOFError, OSError)


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """Which adapter to start, with which environment, and how long to wait (seconds)."""

    adapter: str
    environment: Mapping[str, str]
    python: str = sys.executable
    start_limit: float = 300.0
    answer_limit: float = 60.0


class Worker:
    """One running process. Not for use from several threads at once."""

    def __init__(self, spec: WorkerSpec) -> None:
        """Start the process and wait for its framework.

        Raises WorkerUnavailableError where either fails.
        """
        self._spec = spec
        self._pid = 0
        descriptor, self._log = tempfile.mkstemp(prefix="harness-worker-", suffix=".log")
        os.close(descriptor)
        self._group = execnet.Group()
        try:
            self._channel = self._boot()
            self._pid = self._receive(spec.start_limit)["pid"]
            started = self._receive(spec.start_limit)
        except WorkerFailedError as error:
            self.close()
            raise WorkerUnavailableError(f"{error} while starting") from None
        except (*_GONE, execnet.HostNotFound, execnet.RemoteError) as error:
            self.close()
            raise WorkerUnavailableError(_last_line(str(error)) or "the process did not start") from None
        except BaseException:
            self.close()
            raise
        if "unavailable" in started:
            self.close()
            raise WorkerUnavailableError(started["unavailable"])
        self.versions: dict[str, str] = started["versions"]

    def _boot(self) -> Any:
        variables = "".join(f"//env:{name}={value}" for name, value in sorted(self._spec.environment.items()))
        gateway = self._group.makegateway(f"popen//python={self._spec.python}{variables}")
        channel = gateway.remote_exec(_BOOT)
        channel.send([str(Path(__file__).parents[1]), str(Path.cwd())])
        channel.send({"adapter": self._spec.adapter, "log": self._log})
        return channel

    def send(self, job: Mapping[str, Any]) -> None:
        """Queue a job. A process that is already gone is noticed by ``receive``."""
        try:
            self._channel.send(dict(job))
        except _GONE:
            return

    def receive(self) -> dict[str, Any]:
        """The next answer. Raises WorkerDiedError or WorkerHungError, after which only ``close`` is of use."""
        return self._receive(self._spec.answer_limit)

    def _receive(self, limit: float) -> dict[str, Any]:
        try:
            message: dict[str, Any] = self._channel.receive(limit)
        except self._channel.TimeoutError:
            self._kill()
            raise WorkerHungError(f"no answer within {limit:g} s") from None
        except _GONE:
            raise WorkerDiedError(self._epitaph()) from None
        except self._channel.RemoteError as error:
            raise WorkerDiedError(f"the worker failed: {_last_line(str(error))}") from None
        return message

    def close(self) -> None:
        """End the process, by force if need be, and remove its log."""
        self._kill()
        self._group.terminate(timeout=1.0)
        Path(self._log).unlink(missing_ok=True)

    def _kill(self) -> None:
        if self._pid:
            try:
                os.kill(self._pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _epitaph(self) -> str:
        """How the process ended, and the last thing it said."""
        how = _how_it_ended(self._pid)
        said = _last_line(_without_stamp(Path(self._log).read_text(errors="replace")))
        return f"{how}: {said}" if said else how


def _how_it_ended(pid: int) -> str:
    try:
        status = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT) if pid else None
    except ChildProcessError:
        status = None
    if status is None:
        return "the process ended"
    if status.si_code == os.CLD_EXITED:
        return f"exit status {status.si_status}"
    return signal.Signals(status.si_status).name


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _without_stamp(log: str) -> str:
    """Fatal lines of the common C++ logger, without date, thread and address, which differ from run to run."""
    fatal = [line.partition("] ")[2] for line in log.splitlines() if line.startswith("F") and "] " in line]
    return fatal[-1] if fatal else ""
