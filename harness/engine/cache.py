"""The data and right answers of cases, made once for all adapters where they are small enough to keep."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from harness.core.case import AnyCase
from harness.core.prepared import OTHER, Prepared
from harness.operations import operation_of

KEPT_BYTES = 256 << 20
"""Ten thousand small cases take half of it: adapters that come to them one after the other find them made."""


class Preparer:
    """Prepares cases and keeps the latest, up to a number of bytes. Safe to use from several threads."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._used = 0
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, case: AnyCase) -> Prepared:
        """The data of ``case``, and the reference to hold results against."""
        with self._lock:
            found = self._kept.get(case.name)
        if found is not None and found.case == case:
            return found
        made = operation_of(case).oracle.prepare(case)
        self._keep(made)
        return made

    def other(self, prepared: Prepared) -> Prepared | None:
        """The same case with other data of the same sizes; see Oracle.prepare_other."""
        case = prepared.case
        renamed = replace(case, id=f"{case.id}{OTHER}")
        with self._lock:
            found = self._kept.get(renamed.name)
        if found is not None and found.case == renamed:
            return found
        made = operation_of(case).oracle.prepare_other(case, prepared)
        if made is not None and made.case == renamed:
            self._keep(made)
        return made

    def _keep(self, made: Prepared) -> None:
        with self._lock:
            old = self._kept.pop(made.case.name, None)
            self._used += made.footprint - (old.footprint if old else 0)
            self._kept[made.case.name] = made
            while self._used > self._limit:
                _, dropped = self._kept.popitem(last=False)
                self._used -= dropped.footprint
