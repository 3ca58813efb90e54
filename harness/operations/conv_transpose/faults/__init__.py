"""Single faults that implementations of transposed convolution have, each as an edit of the right operation.

A fault turns a reference into the reference of a wrong implementation (another kernel, other data, other crops), or
moves, zeroes or offsets elements of the finished output. Where a fault would also change the output's size, the size
stays, as in an implementation that is given the shape.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from harness.operations.conv_transpose.oracle import ConvTransposeReference

__all__ = ["Fault", "edit_all", "faults_for", "kind", "structural_faults", "take", "wrong_output"]


def faults_for(reference: ConvTransposeReference) -> Iterator[Fault]:
    """The faults that these sizes allow, simplest first."""
    yield from structural_faults(reference)
    yield from rounding_faults(significant_bits(reference.x, reference.w))


def structural_faults(reference: ConvTransposeReference) -> Iterator[Fault]:
    """The same, less operands in fewer bits, of which there are hundreds."""
    yield from kernel_faults(reference.geometry)
    yield from bias_faults(reference)
    yield from crop_faults(reference.geometry)
    yield from size_faults(reference.geometry)
    yield from channel_faults(reference.geometry)
    yield from data_faults(reference.geometry)
    yield from output_faults(reference.geometry)
    yield from value_faults()
    yield from meeting_faults(reference.geometry)
