"""Max unpooling: values go back to the indices that a max pooling recorded, zeros elsewhere.

``y[indices[i]] = x[i]`` over an output of ``output_size``, or of the size that the pooling's parameters make; the
parameters say nothing else. ``indices`` are of the index space ``index_space`` of the output (see
harness.operations.index_spaces). The gradient is picked at the same places.
"""

from __future__ import annotations

from harness.core.dtypes import DTYPES
from harness.core.errors import require
from harness.core.fields import PairField
from harness.operations.base import Operation
from harness.operations.index_spaces import NATIVE, SpaceName
from harness.operations.max_pool2d_with_indices import PoolParameters
from harness.operations.max_pool2d_with_indices.windows import NO_PADS
from harness.operations.max_unpool2d.case import MaxUnpoolCase
from harness.operations.max_unpool2d.indices import misshapen, odd_index, outside, repeats

DIALECTS = ("pytorch", "tensorflow", "onnx")


class Parameters(PoolParameters):
    """The words of a case."""

    output_size: PairField | None = None
    index_space: SpaceName | None = None


class MaxUnpool2d(Operation):
    parameters = Parameters
    case_type = MaxUnpoolCase
    readings = ("first", "last", "sum")
    data = ("input", "indices")

    def check_answerable(self, case: MaxUnpoolCase) -> None:
        """Of indices that come twice the readings must be listed."""
        known = f"known: {', '.join(DIALECTS)}"
        require(case.dialect in DIALECTS, "dialect", f"no max unpooling is known in {case.dialect}", known)
        dtype = DTYPES[case.dtype]
        require(dtype.kind == "float", "dtype", "max unpooling is run in floating point", "for example float32")
        if case.expect.error:
            native = case.space.name == NATIVE[case.dialect]
            message = "indices that are translated first may no longer be wrong"
            require(native, "index_space", message, "leave index_space out")
            return
        self._check_limits(case)
        height, width = case.size
        few = height * width <= 2 * dtype.exact_limit
        require(few, "input_size", f"{case.dtype} has no {height * width} different numbers", "use fewer")
        written = "indices" in dict(case.literals)
        bare = not written and any(axis.bare for axis in case.axes)
        require(not bare, "output_size", "a window holds no element to draw an index from", "write the indices out")
        if not case.nominal:
            again = repeats(case) if written else case.overlaps and not case.has_empty_axis
            key = "indices" if written else "strides"
            require(not again, key, "an index comes twice", "list the admissible readings")

    def check(self, case: MaxUnpoolCase) -> None:
        for key, values in (("pool_size", case.pool_size), ("strides", case.step)):
            require(min(values) >= 1, key, f"an entry of {key} is below 1", "use numbers >= 1")
        named_in = {"pytorch": (), "tensorflow": ("same", "valid")}.get(case.dialect, ("same", "valid", "same_lower"))
        if isinstance(case.padding, str):
            wanted = " or ".join(named_in) or "numbers"
            require(case.padding in named_in, "padding", f"{case.dialect} has no padding {case.padding}", wanted)
        self._check_size(case)
        self._check_indices(case)

    def size(self, case: MaxUnpoolCase) -> int:
        height, width = case.size
        return case.batch * case.channels * height * width

    def _check_size(self, case: MaxUnpoolCase) -> None:
        """Every size that pools to the input's, rounded down or, where padding has no name, up."""
        for o, usual, n, k, s in zip(
            case.size, case.usual_size, case.input_size, case.pool_size, case.step, strict=True
        ):
            require(o >= min(n, 1), "pool_size", f"the output has {o} elements along an axis", "use larger sizes")
            if case.padding in ("same", "same_lower"):
                least, most = (n - 1) * s + 1, n * s
            else:
                # what a pooling that rounds up reads is smaller
                least = usual if case.dialect == "tensorflow" else max(usual - s + 1, 1)
                most = usual + s - 1
            pooled = f"no pooling of {o} elements by {k}, step {s}, makes {n}"
            require(least <= o <= most, "output_size", pooled, f"use {least} to {most}")

    def _check_indices(self, case: MaxUnpoolCase) -> None:
        shape = misshapen(case)
        require(not shape, "indices", shape, "write one index for each value")
        index = outside(case)
        require(index is None, "indices", f"index {index} is outside of the output", f"use 0 to {case.space.size - 1}")

    def _check_limits(self, case: MaxUnpoolCase) -> None:
        """What breaks no rule of a framework, and yet is no case."""
        hint = "write another one"
        require(min(map(min, case.pads)) >= 0, "padding", "an entry of padding is below 0", hint)
        numbers = case.dialect == "tensorflow" and case.pads != NO_PADS
        require(not numbers, "padding", "TensorFlow has no padding in numbers", hint)
        uneven = case.dialect == "pytorch" and any(before != after for before, after in case.pads)
        require(not uneven, "padding", "PyTorch has one padding for both sides of an axis", hint)
        odd = odd_index(case)
        require(not odd, "indices", odd, hint)
