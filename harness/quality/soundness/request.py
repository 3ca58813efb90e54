"""One call of an imitated framework: its data, and what a right implementation gives for any data."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import GRADIENTS
from harness.core.numerics import widened
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.integer_sums import exact_sums
from harness.operations.conv_transpose.oracle import ConvTransposeReference

Array = npt.NDArray[Any]
Tensors = Mapping[str, Array]
"""By name, in the case's dtype: ``input`` (N, C_in, H, W), ``kernel`` (C_in, C_out/G, kH, kW) and others."""
Results = Mapping[str, Array]
"""By the name of the output."""


class RefusedCallError(ValueError):
    """What an imitated framework raises for a call that it does not take."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call with ``tensors``, ``cotangent`` among them where its gradients are wanted.

    ``compute`` is a right implementation. ``kept`` lasts as long as the process, ``prepared`` as long as the prepared
    call; ``geometry`` is there for a legal transposed convolution, ``parameters`` are those of another operation, and
    ``readings`` compute what each admissible reading of an ambiguous call gives.
    """

    tensors: Tensors
    compute: Callable[[Tensors], Results]
    kept: dict[Any, Any]
    prepared: dict[Any, Any] = field(default_factory=dict)
    geometry: Geometry | None = None
    parameters: Hashable = None
    readings: Sequence[Callable[[Tensors], Results]] = ()

    @property
    def right(self) -> dict[str, Array]:
        """The right results."""
        return dict(self.compute(self.tensors))

    @property
    def differentiates(self) -> bool:
        """Whether gradients are wanted, not the results of the call itself."""
        return "cotangent" in self.tensors

    @property
    def form(self) -> Hashable:
        """Parameters, and shapes and dtypes of the data: what a cache of prepared calls may go by."""
        data = tuple((name, one.shape, str(one.dtype)) for name, one in self.tensors.items())
        return self.geometry, self.parameters, data

    @property
    def bits(self) -> bytes:
        """All data."""
        return b"".join(one.tobytes() for one in self.tensors.values())

    def with_tensors(self, **changed: Array) -> dict[str, Array]:
        """The right results for other data."""
        return dict(self.compute({**self.tensors, **changed}))


def forward(geometry: Geometry, tensors: Tensors) -> Results:
    """The transposed convolution in the dtype of the input, rounded once; integers wrap."""
    x, w, b = tensors["input"], tensors["kernel"], tensors.get("bias")
    if x.dtype.kind in "iu":
        return {"output": exact_sums(geometry, x, w, b, 0.0).astype(x.dtype)}
    with np.errstate(over="ignore", invalid="ignore"):
        return {"output": reference_of(geometry, x, w, b).output.astype(x.dtype)}


def gradients(geometry: Geometry, tensors: Tensors) -> Results:
    """The gradients of ``sum(cotangent * output)`` in the dtype of the input, rounded once."""
    x, w, b, g = tensors["input"], tensors["kernel"], tensors.get("bias"), widened(tensors["cotangent"])
    reference = reference_of(geometry, x, w, b)
    with np.errstate(over="ignore", invalid="ignore"):
        names = GRADIENTS[: 2 if b is None else 3]
        return {name: Gradient(name, reference, g).output.astype(x.dtype) for name in names}


def reference_of(geometry: Geometry, x: Array, w: Array, b: Array | None) -> ConvTransposeReference:
    """What is right for these data, in float64."""
    return ConvTransposeReference(geometry, widened(x), widened(w), None if b is None else widened(b))
