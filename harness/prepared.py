"""Data and right answer of a case, made once for all adapters where they are small enough to keep."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from harness.case import Case
from harness.data import Tensors, make_tensors
from harness.geometry import Geometry
from harness.oracle import Reference

KEPT_BYTES = 16 << 20
_OBJECTS = 8 << 10
_COPIES = 4
"""Tensors, their float64 twins (twice as wide) and the output, in units of the tensors' own size."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """``reference`` is None where the case is illegal or ambiguous; its output is computed when first asked for."""

    case: Case
    tensors: Tensors
    reference: Reference | None

    @property
    def size(self) -> int:
        """Bytes of the input and the kernel."""
        return self.tensors.x.nbytes + self.tensors.w.nbytes

    @property
    def footprint(self) -> int:
        """Bytes that keeping it takes, about."""
        output = 1 if self.reference is None else self.reference.geometry.output_elements
        return _OBJECTS + _COPIES * self.size + 16 * output


class Preparer:
    """Prepares cases and keeps the latest, up to a number of bytes. Safe to use from several threads."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._used = 0
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, case: Case, geometry: Geometry | None) -> Prepared:
        """The data of ``case`` and, given its geometry, the reference to hold results against."""
        with self._lock:
            found = self._kept.get(case.name)
        if found is not None and found.case == case:
            return found
        tensors = make_tensors(case, geometry)
        made = Prepared(case, tensors, None if geometry is None else tensors.reference(geometry))
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
