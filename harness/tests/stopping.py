"""An honest adapter that stands still at a call whose number the file ``stop`` in the working folder gives."""

from __future__ import annotations

import os
import time
from functools import cached_property
from pathlib import Path

from harness.quality.mutant_adapter import Honest
from harness.tests.faulty import leave_pid


class Stopping(Honest):
    """Leaves its id under ``worker`` when it starts, and under ``waiting`` when it stands still."""

    calls = 0

    @cached_property
    def last(self):
        return int(Path("stop").read_text())

    def start(self):
        leave_pid(f"worker-{os.getpid()}")
        return super().start()

    def finish(self, y):
        self.calls += 1
        if self.calls == self.last:
            leave_pid("waiting")
            time.sleep(3600)
        return y
