"""The adapters: what the frameworks can express, computed in NumPy, right or with the fault of a mutant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from harness.adapters.base import ONE_THREAD, Adapter
from harness.adapters.keras import Keras
from harness.adapters.plan import Gradients, Inexpressible, Plan
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Axis, Geometry, full_geometry
from harness.quality.soundness.mutant import Framework, Mutant
from harness.quality.soundness.request import RefusedCallError, Request, forward, gradients

VERSIONS: Mapping[Framework, Mapping[str, str]] = {
    "keras": {"keras": "3.15.1", "tensorflow": "2.21.0"},
    "pytorch": {"torch": "2.13.0"},
    "tensorflow": {"tensorflow": "2.21.0"},
}
"""Those that the shipped list of known divergences is about."""
_LIMITS = ("name", "dialect", "dtypes", "refused_dtypes", "outputs", "layouts")
_IMITATED: Mapping[Framework, type[Adapter]] = {"keras": Keras, "pytorch": PyTorch, "tensorflow": TensorFlow}


def imitation(mutant: Mutant) -> Imitation:
    """The adapter of ``mutant``: its name, dialect and limits are those of the framework that it imitates."""
    framework = _IMITATED[mutant.imitates]
    limits = {key: getattr(framework, key) for key in _LIMITS}
    programs = dict.fromkeys(framework.programs, "harness.quality.soundness.operations:program")
    kind = type(f"Imitated{framework.__name__}", (Imitation,), {**limits, "programs": programs})
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
        self.kept: dict[Any, Any] = {}

    def plan(self, case: Case, geometry: Geometry | None) -> Plan | Inexpressible:
        """See Adapter.plan."""
        framework = self.framework_adapter.plan(case, geometry)
        if isinstance(framework, Inexpressible):
            return framework
        layout = framework.given_layout
        call: dict[str, Any] = {"layout": layout, "concerns": self.mutant.concerns(case)}
        try:
            call["geometry"] = asdict(_geometry(case) if geometry is None else geometry)
        except IllegalCaseError:
            call["geometry"] = None
        bias = "native" if case.bias else "none"
        return Plan("native", call, layout, "IOHW", layout, bias, given=framework.given)  # type: ignore[arg-type]

    def start(self) -> dict[str, str]:
        """See Adapter.start."""
        return dict(VERSIONS[self.mutant.imitates])

    def explain(self, error: BaseException) -> str:
        """See Adapter.explain."""
        return str(error)

    def source(self, *_: Any, **__: Any) -> None:
        """See Adapter.source: the framework's text would say another call."""

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        run = self._prepared(call, forward, {"input": x, "kernel": w, "bias": b})
        return lambda: run()["output"]

    def differentiate(
        self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None, g: Array
    ) -> Callable[[], Gradients]:
        """See Adapter.differentiate."""
        return self._prepared(call, gradients, {"input": x, "kernel": w, "bias": b, "cotangent": g})

    def _prepared(
        self, call: Mapping[str, Any], compute: Callable[..., Any], tensors: Mapping[str, Array | None]
    ) -> Callable[[], dict[str, Array]]:
        """The call as a function; ``tensors`` are held in the call's layout, and read when it is made."""
        last, geometry = call["layout"] == "NHWC", planned(call)
        seen = {
            name: one.transpose(0, 3, 1, 2) if last and one.ndim == 4 and name in {"input", "cotangent"} else one
            for name, one in tensors.items()
            if one is not None
        }
        request = Request(seen, partial(compute, geometry), self.kept, geometry=geometry)
        mutant = self.mutant if call["concerns"] else Mutant("none", "", self.mutant.imitates)
        mutant.prepare(request)
        answer = mutant.illegal if geometry is None else mutant.answer

        def run() -> dict[str, Array]:
            found = dict(answer(request))
            for name in ("output", "input_grad"):
                if last and name in found and found[name].ndim == 4:
                    found[name] = found[name].transpose(0, 2, 3, 1)
            return found

        return run


def planned(call: Mapping[str, Any]) -> Geometry | None:
    """The geometry that a plan holds; None for an illegal call."""
    sizes = call["geometry"]
    if sizes is None:
        return None
    return Geometry(**{**sizes, "axes": tuple(Axis(**axis) for axis in sizes["axes"])})


def _geometry(case: Case) -> Geometry:
    """Of the first reading that gives a result; raises IllegalCaseError for an illegal case."""
    crops = next((reading.crops for reading in case.expect.readings if reading.crops is not None), None)
    if crops is not None:
        return full_geometry(case).with_crops(crops)
    if case.expect.error:
        raise IllegalCaseError("expect", "an error is expected", "")
    return lower(case)
