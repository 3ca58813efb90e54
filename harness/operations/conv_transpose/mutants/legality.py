"""Mutants with a wrong limit: they refuse what one dialect allows, or answer what it excludes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import full_geometry
from harness.operations.conv_transpose.mutants.base import (
    Call,
    Mutant,
    RefusalError,
    StatedAxis,
    dialect_of,
    stated_axes,
    wrong,
)


def strict(name: str, text: str, refuses: Callable[[StatedAxis], bool]) -> Mutant:
    """A mutant that refuses the legal cases of its dialect of which ``refuses`` holds for an axis."""
    return Mutant(name, f"Refuses {text}.", dialect=dialect_of(name), refuses=refuses)


def lax(name: str, text: str, broken: str, allows: Callable[[Case], bool]) -> Mutant:
    """A mutant that answers the cases of its dialect that are illegal for their parameter ``broken`` and ``allows``."""
    dialect = dialect_of(name)

    def accepts(case: Case) -> bool:
        return case.dialect == dialect and case.expect.error and parameter_at_fault(case) == broken and allows(case)

    return Mutant(name, f"Accepts {text}.", dialect=dialect, accepts=accepts)


def lax_axis(name: str, text: str, broken: str, lets: Callable[[StatedAxis], bool]) -> Mutant:
    """The same, where ``lets`` holds for an axis, which is not cropped."""

    def allows(case: Case) -> bool:
        return any(map(lets, stated_axes(case, full_geometry(case))))

    return lax(name, text, broken, allows)


def each(names: Sequence[str], make: Callable[..., Mutant], *rest: Any) -> Iterator[Mutant]:
    """The same mutant of several dialects."""
    return (make(name, *rest) for name in names)


def parameter_at_fault(case: Case) -> str:
    """The parameter that makes ``case`` illegal, or nothing."""
    try:
        lower(case)
    except IllegalCaseError as error:
        return error.key
    return ""


def refuse(_: Call) -> Array:
    raise RefusalError("not today")


def refuse_with_a_set(_: Call) -> Array:
    raise RefusalError(str({"one", "two", "three", "four", "five", "six"}))


# fmt: off
MUTANTS = (
    wrong("RefusesAll", "Raises on every case, also on the legal ones.", refuse, "refuses-legal"),
    Mutant("SaysASet", "Raises on every case, with a set of words in the message.", answer=refuse_with_a_set,
        scored=False),
    Mutant("AcceptsAll", "Zeros where an error is right.", ("accepts-illegal",), accepts=lambda _: True),
    *each(("PyTorchLimitOfTheStride", "OnnxLimitOfTheStride"), strict,
        "an output_padding that the dilation alone allows", lambda axis: axis.extra >= axis.s),
    strict("PyTorchLimitOfTheDilation", "an output_padding that the stride alone allows",
        lambda axis: axis.extra >= max(axis.d, 1) and axis.q != 0),
    *each(("PyTorchLimitOneLess", "OnnxLimitOneLess"), strict, "the largest output_padding: >= for >",
        lambda axis: axis.q is not None and 0 < axis.q == max(axis.s, axis.d) - 1),
    strict("PyTorchSmallestSizeRefused", "the smallest output_size: > for >=",
        lambda axis: axis.o is not None and axis.begin == axis.end and axis.s > 1),
    strict("PyTorchLargestSizeRefused", "the largest output_size: >= for >",
        lambda axis: axis.o is not None and axis.begin - axis.end == axis.s - 1 > 0),
    strict("PyTorchPaddingOfHalfTheKernel", "a padding above half the kernel, as pooling does",
        lambda axis: axis.begin > axis.k // 2),
    strict("PyTorchPaddingOfTheKernelRefused", "a padding of the kernel's extent or more",
        lambda axis: axis.begin >= axis.extent),
    strict("PyTorchOneElementRefused", "an output of one element along an axis: > for >=", lambda axis: axis.out == 1),
    strict("PyTorchOutputPaddingBelowPadding", "an output_padding above the padding", lambda axis: axis.end < 0),
    strict("TensorFlowSameSmallestRefused", "the smallest output of SAME: > for >=",
        lambda axis: axis.same and axis.out == (axis.n - 1) * axis.s + 1 < axis.n * axis.s),
    strict("TensorFlowSameLargestRefused", "the largest output of SAME: < for <=",
        lambda axis: axis.same and axis.out == axis.n * axis.s > axis.n),
    strict("TensorFlowSameFloor", "an output of SAME that is no multiple of the stride: floor for ceil",
        lambda axis: axis.same and axis.out // axis.s != axis.n),
    strict("TensorFlowValidSmallestRefused", "the smallest output of VALID: > for >=",
        lambda axis: axis.valid and axis.end == 0 and axis.s > 1),
    strict("TensorFlowValidLargestRefused", "the largest output of VALID: < for <=",
        lambda axis: axis.valid and -axis.end == axis.s - 1 > 0),
    strict("TensorFlowValidFloor", "an output of VALID whose strides do not come out even: floor for ceil",
        lambda axis: axis.valid and (axis.out - axis.extent + 1) // axis.s != axis.n),
    strict("TensorFlowExplicitSmallestRefused", "the smallest output of explicit padding: > for >=",
        lambda axis: axis.explicit and axis.pair[1] == axis.end and axis.s > 1),
    strict("TensorFlowExplicitLargestRefused", "the largest output of explicit padding: < for <=",
        lambda axis: axis.explicit and axis.pair[1] - axis.end == axis.s - 1 > 0),
    strict("TensorFlowExplicitCeil", "an output of explicit padding whose strides do not come out even: ceil for floor",
        lambda axis: axis.explicit and (axis.pair[1] - axis.end) % axis.s > 0),
    strict("TensorFlowLargerThanInput", "an output that is no larger than the input", lambda axis: axis.out <= axis.n),
    *each(("TensorFlowOneElementRefused", "KerasOneElementRefused"), strict, "an output of one element along an axis",
        lambda axis: axis.out == 1),
    *each(("TensorFlowKernelBelowStrideRefused", "KerasKernelBelowStrideRefused"), strict,
        "a kernel smaller than the stride", lambda axis: axis.k < axis.s),
    strict("KerasLimitOneLess", "the largest output_padding: >= for >",
        lambda axis: axis.q is not None and 0 < axis.q == axis.s - 1),
    strict("KerasZeroRefused", "an output_padding of 0: > for >=", lambda axis: axis.q == 0),
    strict("KerasDilationRefused", "every dilation", lambda axis: axis.d > 1),
    strict("KerasStrideOfOneRefused", "a stride of 1: > for >=", lambda axis: axis.s == 1),
    strict("OnnxFullSizeRefused", "an output_shape that leaves nothing to crop: > for >=",
        lambda axis: axis.o is not None and axis.begin + axis.end + axis.extra == 0),
    strict("JaxPadsBeyondTheKernelRefused", "pads beyond the kernel's overhang, which append zeros",
        lambda axis: min(axis.begin, axis.end) < 0),
    strict("CanonicalNegativeRefused", "a negative crop", lambda axis: min(axis.begin, axis.end) < 0),
    lax_axis("PyTorchOutputPaddingAtTheLimit", "an output_padding of exactly the limit: > for >=", "output_padding",
        lambda axis: axis.q == max(axis.s, axis.d)),
    lax_axis("PyTorchOutputPaddingAbove", "an output_padding above the limit, as if clamped", "output_padding",
        lambda axis: axis.q is not None and axis.q > max(axis.s, axis.d)),
    *each(("PyTorchOutputPaddingNegative", "KerasOutputPaddingNegative"), lax_axis, "a negative output_padding",
        "output_padding", lambda axis: axis.q is not None and axis.q < 0),
    lax_axis("PyTorchSizeOneTooSmall", "an output_size of one below the smallest", "output_size",
        lambda axis: axis.explicit and axis.o == axis.least - 1),
    lax_axis("PyTorchSizeOneTooLarge", "an output_size of one above the largest", "output_size",
        lambda axis: axis.explicit and axis.o == axis.least + axis.s),
    lax_axis("PyTorchSizeWithinTheDilation", "an output_size that only the dilation would allow as an output_padding",
        "output_size", lambda axis: axis.explicit and axis.o is not None
        and axis.s <= axis.o - axis.least < axis.d),
    *each(("PyTorchPaddingNegative", "TensorFlowPaddingNegative"), lax_axis, "a negative padding", "padding",
        lambda axis: axis.explicit and min(axis.pair) < 0),
    lax_axis("PyTorchNothingLeft", "a padding that leaves nothing", "padding",
        lambda axis: axis.explicit and min(axis.pair) >= 0 and axis.least <= 0),
    lax_axis("PyTorchPaddingByName", "a padding called same", "padding", lambda axis: isinstance(axis.pads, str)),
    *each(("PyTorchStrideOfZero", "TensorFlowStrideOfZero", "KerasStrideOfZero"), lax, "a stride of 0", "strides",
        lambda case: min(case.strides) == 0),
    *each(("PyTorchDilationOfZero", "TensorFlowDilationOfZero", "KerasDilationOfZero"), lax, "a dilation of 0",
        "dilations", lambda case: min(case.dilations) == 0),
    *each(("PyTorchKernelOfZero", "KerasKernelOfZero"), lax, "a kernel without taps", "kernel_size",
        lambda case: min(case.kernel_size) == 0),
    lax("PyTorchGroupsOfTheInputs", "groups that do not divide the input channels", "groups",
        lambda case: case.groups > 0 and case.in_channels % case.groups > 0),
    lax("PyTorchGroupsOfTheOutputs", "groups that do not divide the output channels alone", "groups",
        lambda case: case.groups > 0 and case.in_channels % case.groups == 0),
    lax_axis("TensorFlowSameOneTooSmall", "an output of one below the smallest of SAME", "output_size",
        lambda axis: axis.same and axis.o == (axis.n - 1) * axis.s),
    lax_axis("TensorFlowSameOneTooLarge", "an output of one above the largest of SAME", "output_size",
        lambda axis: axis.same and axis.o == axis.n * axis.s + 1),
    lax_axis("TensorFlowSameFar", "an output further beyond the largest of SAME", "output_size",
        lambda axis: axis.same and axis.o is not None and axis.o > axis.n * axis.s + 1),
    lax_axis("TensorFlowValidOneTooSmall", "an output of one below the smallest of VALID", "output_size",
        lambda axis: axis.valid and axis.o == axis.full - 1),
    lax_axis("TensorFlowValidOneTooLarge", "an output of one above the largest of VALID", "output_size",
        lambda axis: axis.valid and axis.o == axis.full + axis.s),
    lax_axis("TensorFlowValidBelowTheKernel", "an output of VALID that is smaller than the dilated kernel",
        "output_size", lambda axis: axis.valid and axis.o is not None and axis.o < axis.extent),
    lax_axis("TensorFlowExplicitOneTooSmall", "an output of one below the smallest of explicit padding", "output_size",
        lambda axis: axis.explicit and axis.o == axis.least - 1),
    lax_axis("TensorFlowExplicitOneTooLarge", "an output of one above the largest of explicit padding", "output_size",
        lambda axis: axis.explicit and axis.o == axis.least + axis.s),
    lax_axis("TensorFlowNoRows", "an output without elements", "output_size", lambda axis: axis.o == 0),
    *each(("TensorFlowPaddingByName", "KerasPaddingByName"), lax_axis, "a padding of another framework's name",
        "padding", lambda axis: axis.pads == "same_lower"),
    *each(("TensorFlowStrideNegative", "KerasStrideNegative"), lax, "a negative stride", "strides",
        lambda case: min(case.strides) < 0),
    lax("TensorFlowGroups", "groups, which the operation does not have", "groups", lambda case: case.groups > 1),
    lax_axis("KerasOutputPaddingAtTheLimit", "an output_padding of exactly the stride: > for >=", "output_padding",
        lambda axis: axis.q == axis.s),
    lax_axis("KerasOutputPaddingAbove", "an output_padding above the stride, as if clamped", "output_padding",
        lambda axis: axis.q is not None and axis.q > axis.s),
    lax("KerasStrideWithDilation", "a stride with a dilation of the same axis", "dilations",
        lambda case: any(s > 1 < d for s, d in zip(case.strides, case.dilations, strict=True))),
    lax("KerasStrideAcrossDilation", "a stride of one axis with a dilation of the other", "dilations",
        lambda case: min(case.dilations) > 0 and max(case.strides) > 1
        and all(min(s, d) == 1 for s, d in zip(case.strides, case.dilations, strict=True))),
    lax("KerasDilationsUnequal", "different dilations of the axes", "dilations",
        lambda case: min(case.dilations) > 0 and max(case.strides) == 1 and case.dilations[0] != case.dilations[1]),
)
