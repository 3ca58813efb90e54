"""Mutants with two faults at once."""

from __future__ import annotations

from dataclasses import replace

from harness.core.tensors import Array
from harness.operations.conv_transpose.mutants.base import Answer, Call, Finish, Mutant, sized
from harness.operations.conv_transpose.mutants.crops import exchanged, shifted
from harness.operations.conv_transpose.mutants.operands import ROTATED, first_group, rotated
from harness.operations.conv_transpose.mutants.outputs import read_as_last, zeros
from harness.operations.conv_transpose.mutants.sizes import dilations_ignored


def pair(name: str, text: str, compute: Answer, *faults: str, finish: Finish | None = None) -> Mutant:
    """A mutant that the mutation score leaves out."""
    return Mutant(name, text, faults, compute, finish, scored=False)


def rotated_and_shifted(call: Call) -> Array:
    return call.right(geometry=call.geometry.with_crops(shifted(-1, 0)(call.geometry)), w=rotated(call.w))


def wrong_end_and_bias_twice(call: Call) -> Array:
    doubled = replace(call, b=None if call.b is None else call.b + call.b)
    return doubled.within(call.geometry.with_crops(exchanged(call.geometry)))


def undilated_without_bias(call: Call) -> Array:
    return call.right(geometry=sized(call.geometry, *dilations_ignored(*call.geometry.axes)), b=None)


# fmt: off
MUTANTS = (
    pair("RotatedWithoutBias", "The kernel is rotated, and the bias is missing.",
        lambda call: call.right(w=rotated(call.w), b=None), *(f"{one} + bias-missing" for one in ROTATED)),
    pair("RotatedAndShifted", "The kernel is rotated, and everything stands one row too high.", rotated_and_shifted,
        *(f"{one} + shifted(-1,0)" for one in ROTATED)),
    pair("WrongEndAndBiasTwice", "Crops are taken off the wrong ends, and the bias is added twice.",
        wrong_end_and_bias_twice,
        *(f"bias-doubled + {one}" for one in ("crops-exchanged", "crop-lower-for-upper", "crop-upper-for-lower"))),
    pair("UndilatedWithoutBias", "The dilations are 1, and the bias is missing.", undilated_without_bias,
        "bias-missing + dilations-ignored"),
    pair("OtherLayoutAndFirstOfBatch",
        "The data are read in the other layout, and only the first of the batch is computed.",
        lambda call: call.right(x=read_as_last(call.x)), "data-in-the-other-layout + batch-of-one",
        finish=zeros(slice(1, None))),
    pair("FirstGroupWithoutBias", "Every group uses the kernel of group 0, and the bias is missing.",
        lambda call: call.right(w=first_group(call), b=None), "bias-missing + kernel-of-group-0"),
)
