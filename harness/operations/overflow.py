"""Integer sums beyond their type: whether a case has some, and what the readings of such a case give.

A sum may wrap around, as in two's complement, whatever its order; or it may stop at the ends of the type, where it is
summed in a wider one. A reading with neither leaves both open, so a case with such a sum must list what it admits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import Overflow
from harness.core.dtypes import DTYPES, DType
from harness.core.errors import Problem
from harness.core.reference import ReferenceValues
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.oracle import ConvTransposeReference

HINT = "use smaller numbers or a wider dtype, or list under readings what comes of it: `overflow: wraps`, `saturates`"


def overflow_problem(case: Case, reference: ConvTransposeReference) -> Problem | None:
    """A problem where a sum, or a partial sum in some order, leaves the integer dtype of a legal case."""
    dtype = DTYPES[case.dtype]
    if dtype.kind != "integer" or not reference.output.size:
        return None
    least, most = dtype.range
    y, magnitude = _exact(reference), reference.magnitude
    # in the worst order the terms of one sign are summed first
    up, down = (float(np.max(magnitude + sign * reference.output)) / 2 for sign in (1, -1))
    if int(y.max()) > most or up > float(most):
        beyond = f"up to {up:.9g}"
    elif int(y.min()) < least or -down < float(least):
        beyond = f"down to {-down:.9g}"
    else:
        return None
    message = f"sums reach {beyond}, outside the {least} to {most} of {dtype.name}"
    return Problem(case.path, case.line, 1, case.id, message, HINT)


def read_overflow(reference: ConvTransposeReference, dtype: DType, overflow: Overflow) -> ReferenceValues:
    """The results of ``reference`` in ``dtype`` where sums beyond it are read as ``overflow`` says."""
    least, most = dtype.range
    y = _exact(reference).astype(object)
    whole = (y - least) % (most - least + 1) + least if overflow == "wraps" else np.clip(y, least, most)
    right = whole.astype(dtype.numpy)
    return ReferenceValues(right.astype(np.float64), whole=right)


def _exact(reference: ConvTransposeReference) -> npt.NDArray[Any]:
    """The sums as integers."""
    return reference.output.astype(np.int64) if reference.whole is None else reference.whole
