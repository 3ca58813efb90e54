"""Asking an adapter for its plan or program of a case: whatever goes wrong is the adapter's, and costs it that case."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.origin import place_of
from harness.adapters.plan import Plan
from harness.adapters.program import Inexpressible, Mistaken, Program
from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.geometry import Geometry


def stated_by(adapter: Adapter, case: AnyCase, geometry: Geometry | None) -> Plan | Program | Inexpressible:
    """How ``adapter`` runs ``case``."""
    if isinstance(case, Case) and type(adapter).program is Adapter.program:
        return plan_of(adapter, case, geometry)
    return program_of(adapter, case)


def plan_of(adapter: Adapter, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
    """What ``adapter.plan`` gives, or ``Mistaken`` with what it raised or gave instead."""
    made = _checked("plan", lambda: adapter.plan(case, geometry), Plan)
    if not isinstance(made, Plan | Inexpressible):
        raise TypeError("a plan was checked to be one")
    return made


def program_of(adapter: Adapter, case: AnyCase) -> Program | Inexpressible:
    """What ``adapter.program`` gives, or ``Mistaken`` with what it raised or gave instead."""
    made = _checked(f"the program of {case.op}", lambda: adapter.program(case), Program)
    if not isinstance(made, Program | Inexpressible):
        raise TypeError("a program was checked to be one")
    return made


def _checked(name: str, write: Callable[[], Any], kind: type[Plan | Program]) -> Plan | Program | Inexpressible:
    try:
        made = write()
    except Exception as error:
        return Mistaken(f"{name} raised {_said(error)} ({place_of(error)})")
    if isinstance(made, Inexpressible):
        return made
    if not isinstance(made, kind):
        return Mistaken(f"{name} gave {type(made).__name__}: expected {kind.__name__} or Inexpressible")
    try:
        pickle.dumps(made.to_dict(), protocol=5)
    except Exception as error:
        return Mistaken(f"{name} gave what cannot be sent to a worker: {_said(error)}")
    return made


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
