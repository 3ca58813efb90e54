"""Average unpooling: every value fills its window.

Per axis ``y[j] = x[j // k]`` for ``j`` in ``[0, o)``, where ``o`` is ``n * k`` or, where an ``output_size`` says so, up
to ``k - 1`` less: the last window is then cut. It is the transpose of summing over windows, so the gradient sums.
"""

from __future__ import annotations

from harness.core.errors import require
from harness.core.fields import PairField
from harness.operations.avg_unpool2d.case import AvgUnpoolCase
from harness.operations.base import Operation
from harness.operations.image_forms import ImageParameters


class Parameters(ImageParameters):
    """The words of a case."""

    pool_size: PairField | None = None
    output_size: PairField | None = None


class AvgUnpool2d(Operation):
    parameters = Parameters
    case_type = AvgUnpoolCase

    def check(self, case: AvgUnpoolCase) -> None:
        require(min(case.pool_size) >= 1, "pool_size", "an entry of pool_size is below 1", "use numbers >= 1")
        for n, k, o in zip(case.input_size, case.pool_size, case.size, strict=True):
            hint = f"use {(n - 1) * k + 1} to {n * k}"
            require((n - 1) * k < o <= n * k, "output_size", f"{n} windows of {k} do not fill {o}", hint)
