"""Asking an adapter for its program of a case: whatever goes wrong is the adapter's, and costs it that case."""

from __future__ import annotations

import pickle
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.origin import place_of
from harness.adapters.program import Inexpressible, Mistaken, Program
from harness.core.case import AnyCase


def program_of(adapter: Adapter, case: AnyCase) -> Program | Inexpressible:
    """What ``adapter.program`` gives, or ``Mistaken`` with what it raised or gave instead."""
    name = f"the program of {case.op}"
    try:
        made: Any = adapter.program(case)
    except Exception as error:
        return Mistaken(f"{name} raised {_said(error)} ({place_of(error)})")
    if isinstance(made, Inexpressible):
        return made
    if not isinstance(made, Program):
        return Mistaken(f"{name} gave {type(made).__name__}: expected Program or Inexpressible")
    try:
        pickle.dumps(made.to_dict(), protocol=5)
    except Exception as error:
        return Mistaken(f"{name} gave what cannot be sent to a worker: {_said(error)}")
    return made


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
