"""Single faults that implementations of transposed convolution have, each as an edit of the right operation.

A fault turns a reference into the reference of a wrong implementation (another kernel, other data, other crops), or
moves, zeroes or offsets elements of the finished output. Where a fault would also change the output's size, the size
stays, as in an implementation that is given the shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from harness.operations.conv_transpose.faults.biases import bias_faults
from harness.operations.conv_transpose.faults.channels import channel_faults
from harness.operations.conv_transpose.faults.crops import crop_faults
from harness.operations.conv_transpose.faults.fault import Fault, edit_all, kind, take, wrong_output
from harness.operations.conv_transpose.faults.kernels import kernel_faults
from harness.operations.conv_transpose.faults.outputs import output_faults
from harness.operations.conv_transpose.faults.results import meeting_faults, value_faults
from harness.operations.conv_transpose.faults.roundings import rounding_faults, significant_bits
from harness.operations.conv_transpose.faults.sizes import size_faults
from harness.operations.conv_transpose.faults.tensors import data_faults
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.oracle import ConvTransposeReference

__all__ = ["Fault", "edit_all", "faults_for", "kind", "structural_faults", "take", "wrong_output"]


def faults_for(reference: ConvTransposeReference) -> Iterator[Fault]:
    """The faults that these sizes allow, simplest first."""
    yield from structural_faults(reference)
    yield from rounding_faults(significant_bits(reference.x, reference.w))


def structural_faults(reference: ConvTransposeReference) -> Iterator[Fault]:
    """The same, less operands in fewer bits, of which there are hundreds."""
    of_kernel, others = _faults_of(reference.geometry)
    yield from of_kernel
    yield from bias_faults(reference)
    yield from others


@lru_cache(maxsize=256)
def _faults_of(geometry: Geometry) -> tuple[Sequence[Fault], Sequence[Fault]]:
    """What stands before and after the faults of the bias; the same for all data of one geometry."""
    of_sizes = (crop_faults, size_faults, channel_faults, data_faults, output_faults)
    others = [*chain.from_iterable(faults(geometry) for faults in of_sizes), *value_faults(), *meeting_faults(geometry)]
    return list(kernel_faults(geometry)), others
