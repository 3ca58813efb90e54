"""The adapters: what the frameworks can express, computed in NumPy, right or with the fault of a mutant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

from harness.adapters.base import ONE_THREAD, Adapter
from harness.adapters.keras import Keras
from harness.adapters.program import Inexpressible, Program
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.core.case import AnyCase
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import geometry_of, lower
from harness.operations.conv_transpose.geometry import Geometry, full_geometry
from harness.quality.mutant_adapter import planned
from harness.quality.soundness.mutant import Framework, Mutant
from harness.quality.soundness.operations import program
from harness.quality.soundness.request import RefusedCallError, Request, Results, forward, gradients

VERSIONS: Mapping[Framework, Mapping[str, str]] = {
    "keras": {"keras": "3.15.1", "tensorflow": "2.21.0"},
    "pytorch": {"torch": "2.13.0"},
    "tensorflow": {"tensorflow": "2.21.0"},
}
"""Those that the shipped list of known divergences is about."""
_KEPT: dict[str, dict[Any, Any]] = {}
"""What mutants keep between the calls of a process, by their name."""
_LIMITS = ("name", "dialect", "dtypes", "refused_dtypes", "outputs", "programs")
_IMITATED: Mapping[Framework, type[Adapter]] = {"keras": Keras, "pytorch": PyTorch, "tensorflow": TensorFlow}


def imitation(mutant: Mutant) -> Imitation:
    """The adapter of ``mutant``: its name, dialect and limits are those of the framework that it imitates."""
    framework = _IMITATED[mutant.imitates]
    limits = {key: getattr(framework, key) for key in _LIMITS}
    kind = type(f"Imitated{framework.__name__}", (Imitation,), limits)
    made: Imitation = kind(mutant, framework())
    return made


class Imitation(Adapter):
    """What ``framework`` expresses, computed by the oracle, with the fault of ``mutant``."""

    environment = ONE_THREAD
    reusable = True
    refusals = (RefusedCallError,)
    smoke = False

    def __init__(self, mutant: Mutant, framework: Adapter) -> None:
        self.mutant, self.framework_adapter = mutant, framework

    def program(self, case: AnyCase) -> Program | Inexpressible:
        framework = self.framework_adapter.program(case)
        if not isinstance(case, Case):
            return program(case, self.mutant.name, framework)  # type: ignore[arg-type] # the others are of images
        if isinstance(framework, Inexpressible):
            return framework
        call: dict[str, Any] = {"mutant": self.mutant.name, "concerns": self.mutant.concerns(case), "geometry": None}
        with suppress(IllegalCaseError):
            call["geometry"] = asdict(geometry_of(case) or _geometry(case))
        tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
        names = ", ".join(f"{name}={name}" for name in tensors)
        return Program(
            call,
            tensors,
            ('y = imitation()["output"]',),
            build=(f"imitation = prepared(call, {names})",),
            gradient=("found = imitation()",),
            gradient_build=(f"imitation = prepared(call, {names}, cotangent=cotangent)",),
            replaced=framework.replaced,
            imports=("from harness.quality.soundness.imitation import prepared",),
            dtype=case.dtype,
        )

    def start(self) -> dict[str, str]:
        return dict(VERSIONS[self.mutant.imitates])


def prepared(call: Mapping[str, Any], **tensors: Array) -> Callable[[], Results]:
    """The call of an imitation as a function, which reads ``tensors`` when it is called."""
    from harness.quality.soundness.table import mutant_called

    geometry = None if call["geometry"] is None else planned(call)
    kept = _KEPT.setdefault(call["mutant"], {})
    compute: Callable[..., Results] = partial(gradients if "cotangent" in tensors else forward, geometry)  # type: ignore[arg-type] # none is called without
    request = Request(tensors, compute, kept, geometry=geometry)
    named = mutant_called(call["mutant"])
    mutant = named if call["concerns"] else Mutant("none", named.imitates)
    mutant.prepare(request)
    return partial(mutant.illegal if geometry is None else mutant.answer, request)


def _geometry(case: Case) -> Geometry:
    """Of the first reading that gives a result; raises IllegalCaseError for an illegal case."""
    crops = next((reading.crops for reading in case.expect.readings if reading.crops is not None), None)
    if crops is not None:
        return full_geometry(case).with_crops(crops)
    if case.expect.error:
        raise IllegalCaseError("expect", "an error is expected", "")
    return lower(case)
