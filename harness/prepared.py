"""Data and right answer of a case, made once for all adapters where they are small enough to keep."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from harness.case import GRADIENTS, Case, OutputName
from harness.data import Tensors, make_tensors
from harness.geometry import Geometry
from harness.gradients import Gradient
from harness.oracle import Reference

KEPT_BYTES = 16 << 20
_OBJECTS = 8 << 10
_COPIES = 6
"""Tensors, their float64 twins (twice as wide), the output and gradients, in units of the tensors' own size."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """``reference`` is None where the case is illegal or ambiguous; its output is computed when first asked for.

    ``gradients`` holds the right answer for each gradient that the case asks for, likewise.
    """

    case: Case
    tensors: Tensors
    reference: Reference | None
    gradients: Mapping[OutputName, Gradient] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, geometry: Geometry | None) -> Prepared:
        """The data of ``case`` and, given its geometry, what to hold results against."""
        tensors = make_tensors(case, geometry)
        if geometry is None:
            return cls(case, tensors, None)
        reference = tensors.reference(geometry)
        if tensors.g is None:
            return cls(case, tensors, reference)
        g = tensors.g.astype(np.float64)
        asked = [name for name in case.outputs if name in GRADIENTS]
        return cls(case, tensors, reference, {name: Gradient(name, reference, g) for name in asked})

    def truth(self, output: OutputName) -> Reference | Gradient | None:
        """The right answer for ``output``; None where no single one is right."""
        return self.gradients.get(output, self.reference)

    @property
    def size(self) -> int:
        """Bytes of the input, the kernel and the cotangent."""
        cotangent = 0 if self.tensors.g is None else self.tensors.g.nbytes
        return self.tensors.x.nbytes + self.tensors.w.nbytes + cotangent

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
        made = Prepared.of(case, geometry)
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
