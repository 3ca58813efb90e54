"""What the imitations do with the operations beside transposed convolution: programs that call back here."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from harness.adapters.program import Inexpressible, Program
from harness.core.case import GRADIENTS
from harness.core.dtypes import DTYPES
from harness.operations import operation_of
from harness.operations.image_case import ImageCase
from harness.operations.oracle import widened
from harness.quality.soundness.mutant import right
from harness.quality.soundness.request import Array, RefusedCallError, Request, Results, Tensors

_KEPT: dict[Any, Any] = {}
"""What mutants keep between the calls of a process."""


def program(case: ImageCase, mutant: str, framework: Program | Inexpressible) -> Program | Inexpressible:
    """The program of an imitation: inexpressible where the framework's own is, and with its outputs and gradients."""
    if isinstance(framework, Inexpressible):
        return framework
    packed = base64.b64encode(pickle.dumps(case)).decode()
    place = "harness.quality.soundness.operations:"
    return Program.of_function(
        f"{place}outputs",
        {"name": mutant, "packed": packed, "names": framework.given, "wanted": framework.outputs},
        framework.given,
        outputs=framework.outputs,
        gradient=f"{place}gradients",
        reasons=framework.reasons,
    )


def outputs(*arrays: Array, name: str, packed: str, names: Sequence[str], wanted: Sequence[str]) -> Any:
    """What the mutant called ``name`` gives for a packed case and the ``arrays`` with these names."""
    found = answer(name, packed, dict(zip(names, arrays, strict=True)))
    several = tuple(found[one] for one in wanted)
    return several if len(several) > 1 else several[0]


def gradients(*arrays: Array, name: str, packed: str, names: Sequence[str], **_: Any) -> Results:
    """The same of its gradients; the cotangent is the last of the arrays."""
    return answer(name, packed, dict(zip((*names, "cotangent"), arrays, strict=True)))


def answer(name: str, packed: str, tensors: Tensors) -> Results:
    """What the mutant called ``name`` gives for a packed case and its data."""
    from harness.quality.soundness.table import mutant_called

    case, mutant = _unpacked(packed), mutant_called(name)
    names = [one.name for one in case.expect.readings if not (one.refused or one.results)]
    readings = [partial(compute, case, reading=name) for name in names]
    words = tuple(case.shown)
    request = Request(tensors, partial(compute, case), _KEPT, parameters=words, readings=readings)
    if case.expect.error:
        return mutant.illegal(request)
    return (mutant.answer if mutant.concerns(case) else right)(request)


@cache
def _unpacked(packed: str) -> ImageCase:
    case: ImageCase = pickle.loads(base64.b64decode(packed))  # noqa: S301 - written by ``program``
    return case


def compute(case: ImageCase, tensors: Tensors, reading: str = "") -> Results:
    """The right results, rounded once to their dtype; of an ambiguous case those of ``reading`` or its first."""
    oracle: Any = operation_of(case).oracle
    wide: Mapping[str, Array] = widened(tensors)
    if case.expect.readings:
        first = next((one.name for one in case.expect.readings if not (one.refused or one.results)), "")
        if not first:
            raise RefusedCallError("no reading is computed")
        found = oracle.read(case, wide, reading or first)
    else:
        found = oracle.references(case, wide)
    wanted = GRADIENTS if "cotangent" in tensors else ("output", "indices")
    with np.errstate(over="ignore", invalid="ignore"):
        return {
            name: truth.output.astype(DTYPES[truth.dtype or case.dtype].numpy)
            for name, truth in found.items()
            if name in wanted
        }
