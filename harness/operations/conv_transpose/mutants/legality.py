"""Mutants with a wrong limit: they refuse what one dialect allows, or answer what it excludes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.core.case import Dialect
from harness.core.errors import IllegalCaseError
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import full_geometry
from harness.operations.conv_transpose.mutants.base import Call, Mutant, RefusalError, StatedAxis, stated_axes, wrong


def strict(dialect: Dialect, name: str, text: str, refuses: Callable[[StatedAxis], bool]) -> Mutant:
    """A mutant that refuses the legal cases of ``dialect`` of which ``refuses`` holds for an axis."""
    return Mutant(name, f"Refuses {text}.", dialect=dialect, refuses=refuses)


def lax(dialect: Dialect, name: str, text: str, broken: str, allows: Callable[[Case], bool]) -> Mutant:
    """A mutant that answers the cases of ``dialect`` that are illegal for their parameter ``broken`` and ``allows``."""

    def accepts(case: Case) -> bool:
        return case.dialect == dialect and case.expect.error and parameter_at_fault(case) == broken and allows(case)

    return Mutant(name, f"Accepts {text}.", dialect=dialect, accepts=accepts)


def lax_axis(dialect: Dialect, name: str, text: str, broken: str, lets: Callable[[StatedAxis], bool]) -> Mutant:
    """The same, where ``lets`` holds for an axis, which is not cropped."""

    def allows(case: Case) -> bool:
        return any(map(lets, stated_axes(case, full_geometry(case))))

    return lax(dialect, name, text, broken, allows)


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


strict_pytorch = partial(strict, "pytorch")
strict_tensorflow = partial(strict, "tensorflow")
strict_keras = partial(strict, "keras")
strict_onnx = partial(strict, "onnx")
strict_jax = partial(strict, "jax")
strict_canonical = partial(strict, "canonical")
lax_pytorch, lax_pytorch_case = partial(lax_axis, "pytorch"), partial(lax, "pytorch")
lax_tensorflow, lax_tensorflow_case = partial(lax_axis, "tensorflow"), partial(lax, "tensorflow")
lax_keras, lax_keras_case = partial(lax_axis, "keras"), partial(lax, "keras")
# fmt: off
MUTANTS = (
    wrong("RefusesAll", "Raises on every case, also on the legal ones.", refuse, "refuses-legal"),
    Mutant("SaysASet", "Raises on every case, with a set of words in the message.", answer=refuse_with_a_set,
        scored=False),
    Mutant("AcceptsAll", "Zeros where an error is right.", ("accepts-illegal",), accepts=lambda _: True),
    strict_pytorch("PyTorchLimitOfTheStride", "an output_padding that the dilation alone allows",
        lambda axis: axis.extra >= axis.s),
    strict_pytorch("PyTorchLimitOfTheDilation", "an output_padding that the stride alone allows",
        lambda axis: axis.extra >= max(axis.d, 1) and axis.q != 0),
    strict_pytorch("PyTorchLimitOneLess", "the largest output_padding: >= for >",
        lambda axis: axis.q is not None and 0 < axis.q == max(axis.s, axis.d) - 1),
    strict_pytorch("PyTorchSmallestSizeRefused", "the smallest output_size: > for >=",
        lambda axis: axis.o is not None and axis.begin == axis.end and axis.s > 1),
    strict_pytorch("PyTorchLargestSizeRefused", "the largest output_size: >= for >",
        lambda axis: axis.o is not None and axis.begin - axis.end == axis.s - 1 > 0),
    strict_pytorch("PyTorchPaddingOfHalfTheKernel", "a padding above half the kernel, as pooling does",
        lambda axis: axis.begin > axis.k // 2),
    strict_pytorch("PyTorchPaddingOfTheKernelRefused", "a padding of the kernel's extent or more",
        lambda axis: axis.begin >= axis.extent),
    strict_pytorch("PyTorchOneElementRefused", "an output of one element along an axis: > for >=",
        lambda axis: axis.out == 1),
    strict_pytorch("PyTorchOutputPaddingBelowPadding", "an output_padding above the padding",
        lambda axis: axis.end < 0),
    strict_tensorflow("TensorFlowSameSmallestRefused", "the smallest output of SAME: > for >=",
        lambda axis: axis.same and axis.out == (axis.n - 1) * axis.s + 1 < axis.n * axis.s),
    strict_tensorflow("TensorFlowSameLargestRefused", "the largest output of SAME: < for <=",
        lambda axis: axis.same and axis.out == axis.n * axis.s > axis.n),
    strict_tensorflow("TensorFlowSameFloor", "an output of SAME that is no multiple of the stride: floor for ceil",
        lambda axis: axis.same and axis.out // axis.s != axis.n),
    strict_tensorflow("TensorFlowValidSmallestRefused", "the smallest output of VALID: > for >=",
        lambda axis: axis.pads == "valid" and axis.end == 0 and axis.s > 1),
    strict_tensorflow("TensorFlowValidLargestRefused", "the largest output of VALID: < for <=",
        lambda axis: axis.pads == "valid" and -axis.end == axis.s - 1 > 0),
    strict_tensorflow("TensorFlowValidFloor", "an output of VALID whose strides do not come out even: floor for ceil",
        lambda axis: axis.pads == "valid" and (axis.out - axis.extent + 1) // axis.s != axis.n),
    strict_tensorflow("TensorFlowExplicitSmallestRefused", "the smallest output of explicit padding: > for >=",
        lambda axis: isinstance(axis.pads, tuple) and axis.pads[1] == axis.end and axis.s > 1),
    strict_tensorflow("TensorFlowExplicitLargestRefused", "the largest output of explicit padding: < for <=",
        lambda axis: isinstance(axis.pads, tuple) and axis.pads[1] - axis.end == axis.s - 1 > 0),
    strict_tensorflow("TensorFlowExplicitCeil",
        "an output of explicit padding whose strides do not come out even: ceil for floor",
        lambda axis: isinstance(axis.pads, tuple) and (axis.pads[1] - axis.end) % axis.s > 0),
    strict_tensorflow("TensorFlowLargerThanInput", "an output that is no larger than the input",
        lambda axis: axis.out <= axis.n),
    strict_tensorflow("TensorFlowOneElementRefused", "an output of one element along an axis",
        lambda axis: axis.out == 1),
    strict_tensorflow("TensorFlowKernelBelowStrideRefused", "a kernel smaller than the stride",
        lambda axis: axis.k < axis.s),
    strict_keras("KerasLimitOneLess", "the largest output_padding: >= for >",
        lambda axis: axis.q is not None and 0 < axis.q == axis.s - 1),
    strict_keras("KerasZeroRefused", "an output_padding of 0: > for >=", lambda axis: axis.q == 0),
    strict_keras("KerasKernelBelowStrideRefused", "a kernel smaller than the stride", lambda axis: axis.k < axis.s),
    strict_keras("KerasDilationRefused", "every dilation", lambda axis: axis.d > 1),
    strict_keras("KerasOneElementRefused", "an output of one element along an axis", lambda axis: axis.out == 1),
    strict_keras("KerasStrideOfOneRefused", "a stride of 1: > for >=", lambda axis: axis.s == 1),
    strict_onnx("OnnxLimitOfTheStride", "an output_padding that the dilation alone allows",
        lambda axis: axis.extra >= axis.s),
    strict_onnx("OnnxLimitOneLess", "the largest output_padding: >= for >",
        lambda axis: axis.q is not None and 0 < axis.q == max(axis.s, axis.d) - 1),
    strict_onnx("OnnxFullSizeRefused", "an output_shape that leaves nothing to crop: > for >=",
        lambda axis: axis.o is not None and axis.begin + axis.end + axis.extra == 0),
    strict_jax("JaxPadsBeyondTheKernelRefused", "pads beyond the kernel's overhang, which append zeros",
        lambda axis: min(axis.begin, axis.end) < 0),
    strict_canonical("CanonicalNegativeRefused", "a negative crop", lambda axis: min(axis.begin, axis.end) < 0),
    lax_pytorch("PyTorchOutputPaddingAtTheLimit", "an output_padding of exactly the limit: > for >=", "output_padding",
        lambda axis: axis.q == max(axis.s, axis.d)),
    lax_pytorch("PyTorchOutputPaddingAbove", "an output_padding above the limit, as if clamped", "output_padding",
        lambda axis: axis.q is not None and axis.q > max(axis.s, axis.d)),
    lax_pytorch("PyTorchOutputPaddingNegative", "a negative output_padding", "output_padding",
        lambda axis: axis.q is not None and axis.q < 0),
    lax_pytorch("PyTorchSizeOneTooSmall", "an output_size of one below the smallest", "output_size",
        lambda axis: isinstance(axis.pads, tuple) and axis.o == axis.full - sum(axis.pads) - 1),
    lax_pytorch("PyTorchSizeOneTooLarge", "an output_size of one above the largest", "output_size",
        lambda axis: isinstance(axis.pads, tuple) and axis.o == axis.full - sum(axis.pads) + axis.s),
    lax_pytorch("PyTorchSizeWithinTheDilation",
        "an output_size that only the dilation would allow as an output_padding", "output_size",
        lambda axis: isinstance(axis.pads, tuple) and axis.o is not None
        and axis.s <= axis.o - axis.full - sum(axis.pads) < axis.d),
    lax_pytorch("PyTorchPaddingNegative", "a negative padding", "padding",
        lambda axis: isinstance(axis.pads, tuple) and min(axis.pads) < 0),
    lax_pytorch("PyTorchNothingLeft", "a padding that leaves nothing", "padding",
        lambda axis: isinstance(axis.pads, tuple) and min(axis.pads) >= 0 and axis.full - sum(axis.pads) <= 0),
    lax_pytorch("PyTorchPaddingByName", "a padding called same", "padding", lambda axis: isinstance(axis.pads, str)),
    lax_pytorch_case("PyTorchStrideOfZero", "a stride of 0", "strides", lambda case: min(case.strides) == 0),
    lax_pytorch_case("PyTorchDilationOfZero", "a dilation of 0", "dilations", lambda case: min(case.dilations) == 0),
    lax_pytorch_case("PyTorchKernelOfZero", "a kernel without taps", "kernel_size",
        lambda case: min(case.kernel_size) == 0),
    lax_pytorch_case("PyTorchGroupsOfTheInputs", "groups that do not divide the input channels", "groups",
        lambda case: case.groups > 0 and case.in_channels % case.groups > 0),
    lax_pytorch_case("PyTorchGroupsOfTheOutputs", "groups that do not divide the output channels alone", "groups",
        lambda case: case.groups > 0 and case.in_channels % case.groups == 0),
    lax_tensorflow("TensorFlowSameOneTooSmall", "an output of one below the smallest of SAME", "output_size",
        lambda axis: axis.same and axis.o == (axis.n - 1) * axis.s),
    lax_tensorflow("TensorFlowSameOneTooLarge", "an output of one above the largest of SAME", "output_size",
        lambda axis: axis.same and axis.o == axis.n * axis.s + 1),
    lax_tensorflow("TensorFlowSameFar", "an output further beyond the largest of SAME", "output_size",
        lambda axis: axis.same and axis.o is not None and axis.o > axis.n * axis.s + 1),
    lax_tensorflow("TensorFlowValidOneTooSmall", "an output of one below the smallest of VALID", "output_size",
        lambda axis: axis.pads == "valid" and axis.o == axis.full - 1),
    lax_tensorflow("TensorFlowValidOneTooLarge", "an output of one above the largest of VALID", "output_size",
        lambda axis: axis.pads == "valid" and axis.o == axis.full + axis.s),
    lax_tensorflow("TensorFlowValidBelowTheKernel", "an output of VALID that is smaller than the dilated kernel",
        "output_size", lambda axis: axis.pads == "valid" and axis.o is not None and axis.o < axis.extent),
    lax_tensorflow("TensorFlowExplicitOneTooSmall", "an output of one below the smallest of explicit padding",
        "output_size", lambda axis: isinstance(axis.pads, tuple) and axis.o == axis.full - sum(axis.pads) - 1),
    lax_tensorflow("TensorFlowExplicitOneTooLarge", "an output of one above the largest of explicit padding",
        "output_size", lambda axis: isinstance(axis.pads, tuple) and axis.o == axis.full - sum(axis.pads) + axis.s),
    lax_tensorflow("TensorFlowNoRows", "an output without elements", "output_size", lambda axis: axis.o == 0),
    lax_tensorflow("TensorFlowPaddingNegative", "a negative padding", "padding",
        lambda axis: isinstance(axis.pads, tuple) and min(axis.pads) < 0),
    lax_tensorflow("TensorFlowPaddingByName", "a padding of another framework's name", "padding",
        lambda axis: axis.pads == "same_lower"),
    lax_tensorflow_case("TensorFlowStrideOfZero", "a stride of 0", "strides", lambda case: min(case.strides) == 0),
    lax_tensorflow_case("TensorFlowStrideNegative", "a negative stride", "strides", lambda case: min(case.strides) < 0),
    lax_tensorflow_case("TensorFlowDilationOfZero", "a dilation of 0", "dilations",
        lambda case: min(case.dilations) == 0),
    lax_tensorflow_case("TensorFlowGroups", "groups, which the operation does not have", "groups",
        lambda case: case.groups > 1),
    lax_keras("KerasOutputPaddingAtTheLimit", "an output_padding of exactly the stride: > for >=", "output_padding",
        lambda axis: axis.q == axis.s),
    lax_keras("KerasOutputPaddingAbove", "an output_padding above the stride, as if clamped", "output_padding",
        lambda axis: axis.q is not None and axis.q > axis.s),
    lax_keras("KerasOutputPaddingNegative", "a negative output_padding", "output_padding",
        lambda axis: axis.q is not None and axis.q < 0),
    lax_keras("KerasPaddingByName", "a padding of another framework's name", "padding",
        lambda axis: axis.pads == "same_lower"),
    lax_keras_case("KerasStrideOfZero", "a stride of 0", "strides", lambda case: min(case.strides) == 0),
    lax_keras_case("KerasStrideNegative", "a negative stride", "strides", lambda case: min(case.strides) < 0),
    lax_keras_case("KerasDilationOfZero", "a dilation of 0", "dilations", lambda case: min(case.dilations) == 0),
    lax_keras_case("KerasKernelOfZero", "a kernel without taps", "kernel_size",
        lambda case: min(case.kernel_size) == 0),
    lax_keras_case("KerasStrideWithDilation", "a stride with a dilation of the same axis", "dilations",
        lambda case: any(s > 1 < d for s, d in zip(case.strides, case.dilations, strict=True))),
    lax_keras_case("KerasStrideAcrossDilation", "a stride of one axis with a dilation of the other", "dilations",
        lambda case: min(case.dilations) > 0 and max(case.strides) > 1
        and all(min(s, d) == 1 for s, d in zip(case.strides, case.dilations, strict=True))),
    lax_keras_case("KerasDilationsUnequal", "different dilations of the axes", "dilations",
        lambda case: min(case.dilations) > 0 and max(case.strides) == 1 and case.dilations[0] != case.dilations[1]),
)
