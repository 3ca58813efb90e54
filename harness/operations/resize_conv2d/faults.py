"""Ways to be wrong in resizing and convolving: those of resizing, and those of a convolution and its gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.core.case import OutputName
from harness.operations.faults import Answer, Change, Fault, of_right, of_tensor, of_tensors
from harness.operations.oracle import Array, Arrays
from harness.operations.resize2d.faults import MATRICES, Matrices, back, right
from harness.operations.resize2d.oracle import both
from harness.operations.resize_conv2d.case import ResizeConvCase
from harness.operations.resize_conv2d.oracle import by_kernel, convolve, pads, references, transpose
from harness.operations.usual import usual_faults

Output = Callable[[ResizeConvCase, Arrays], Array]


def resized(case: ResizeConvCase, arrays: Arrays) -> Array:
    """The right image before the convolution."""
    rows, columns = right(case)
    return both(rows, arrays["input"], columns)


def convolved(case: ResizeConvCase, arrays: Arrays) -> Array:
    """The right result without the bias."""
    return convolve(resized(case, arrays), arrays["kernel"], case.border)


def biased(y: Array, arrays: Arrays) -> Array:
    """``y`` (N, O, H, W) with the bias, where there is one."""
    return y + arrays["bias"][:, None, None] if "bias" in arrays else y


def _resizing(matrices: Matrices) -> Answer:
    """The image is resized in a wrong way, and its gradient likewise."""

    def answer(case: ResizeConvCase, arrays: Arrays) -> Mapping[OutputName, Array]:
        (rows, columns), w = matrices(case), arrays["kernel"]
        image = both(rows, arrays["input"], columns)
        found: dict[OutputName, Array] = {"output": biased(convolve(image, w, case.border), arrays)}
        g = arrays.get("cotangent")
        if g is not None and image.shape[2:] == g.shape[2:]:
            found["input_grad"] = back((rows, columns), transpose(g, w, case.border))
            found["kernel_grad"] = by_kernel(image, g, case.kernel_size, case.border)
        return found

    return answer


def _kernel(change: Change) -> Answer:
    """Another kernel is used, in the output alone."""
    return _output(lambda case, arrays: convolve(resized(case, arrays), change(arrays["kernel"]), case.border))


def _output(change: Output) -> Answer:
    return of_tensors("output", lambda case, arrays: biased(change(case, arrays), arrays))


def _bias(change: Change) -> Answer:
    def other(case: ResizeConvCase, arrays: Arrays) -> Array:
        return biased(convolved(case, arrays), {"bias": change(arrays["bias"])} if "bias" in arrays else {})

    return of_tensors("output", other)


def _padded(mode: Any = None, *, first: bool = False) -> Output:
    """What is beyond the image is made by NumPy's ``mode``, or as is right; ``first`` puts the larger half first."""

    def change(case: ResizeConvCase, arrays: Arrays) -> Array:
        sides = [pads(k)[::-1] if first else pads(k) for k in case.kernel_size]
        whole = np.pad(resized(case, arrays), ((0, 0), (0, 0), *sides), mode or case.border)
        seen = np.lib.stride_tricks.sliding_window_view(whole, case.kernel_size, axis=(2, 3))
        return np.asarray(np.einsum("nihwab,oiab->nohw", seen, arrays["kernel"]))

    return change


def _unpadded(case: ResizeConvCase, arrays: Arrays) -> Array:
    y = convolved(case, arrays)
    (top, bottom), (left, right_) = map(pads, case.kernel_size)
    return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right_]


def _convolved_first(case: ResizeConvCase, arrays: Arrays) -> Array:
    rows, columns = right(case)
    return both(rows, convolve(arrays["input"], arrays["kernel"], case.border), columns)


def _zeros_between(case: ResizeConvCase, arrays: Arrays) -> Array:
    """Each element once, at the first output that it touches most, and zeros elsewhere."""
    rows, columns = (_once(table) for table in right(case))
    return convolve(both(rows, arrays["input"], columns), arrays["kernel"], case.border)


def _once(table: Array) -> Array:
    chosen = np.zeros(table.shape)
    chosen[np.argmax(table, axis=0), np.arange(table.shape[1])] = 1
    return chosen


def _by_input(change: Change) -> Answer:
    def gradient(case: ResizeConvCase, arrays: Arrays) -> Array:
        return back(right(case), transpose(arrays["cotangent"], change(arrays["kernel"]), case.border))

    return of_tensors("input_grad", gradient)


def _gradient_of_zeros(case: ResizeConvCase, arrays: Arrays) -> Array:
    return back(right(case), transpose(arrays["cotangent"], arrays["kernel"]))


def _by_kernel(change: Change) -> Answer:
    return of_right(references, ["kernel_grad"], change)


def _of_unresized(case: ResizeConvCase, arrays: Arrays) -> Array:
    """The cotangent is taken back to the size of the input, by the transpose, and correlated with the input."""
    return by_kernel(arrays["input"], back(right(case), arrays["cotangent"]), case.kernel_size, case.border)


def _of_first_images(case: ResizeConvCase, arrays: Arrays) -> Mapping[OutputName, Array]:
    if "cotangent" not in arrays:
        return {}
    g = arrays["cotangent"][:1]
    return {
        "kernel_grad": by_kernel(resized(case, arrays)[:1], g, case.kernel_size, case.border),
        "bias_grad": g.sum((0, 2, 3)),
    }


def _unscattered(case: ResizeConvCase, arrays: Arrays) -> Array:
    return back(tuple(map(_once, right(case))), transpose(arrays["cotangent"], arrays["kernel"], case.border))


def _rotated(w: Array) -> Array:
    return w[:, :, ::-1, ::-1]


def _first_channel(w: Array) -> Array:
    """The kernel without what it takes from the other channels."""
    kept = np.zeros(w.shape)
    kept[:, :1] = w[:, :1]
    return kept


FAULTS: Sequence[Fault] = (
    *(Fault(name, text, _resizing(matrices)) for name, text, matrices in MATRICES),
    Fault("kernel-rotated", "the kernel is rotated by 180 degrees", _kernel(_rotated)),
    Fault("kernel-upside-down", "the rows of the kernel are reversed", _kernel(lambda w: w[:, :, ::-1])),
    Fault("kernel-turned", "height and width of the kernel are exchanged", _kernel(lambda w: w.swapaxes(2, 3))),
    Fault("kernel-inputs-reversed", "the kernel's input channels are reversed", _kernel(lambda w: w[:, ::-1])),
    Fault("kernel-outputs-reversed", "the kernel's output channels are reversed", _kernel(lambda w: w[::-1])),
    Fault("first-channel", "only the first channel is convolved", _kernel(_first_channel)),
    Fault("kernel-of-the-mean", "the kernel is divided by its size", _kernel(lambda w: w / w[0, 0].size)),
    Fault("larger-half-first", "of an odd padding the larger half is first", _output(_padded(first=True))),
    Fault("padded-by-edges", "the image is padded with its edges", _output(_padded("edge"))),
    Fault("padded-by-zeros", "the image is padded with zeros", _output(_padded("constant"))),
    Fault("padded-around", "the image goes on at its other side", _output(_padded("wrap"))),
    Fault("unpadded", "the image is not padded", _output(_unpadded)),
    Fault("convolved-first", "the convolution comes before the resizing", _output(_convolved_first)),
    Fault("zeros-between", "zeros are put between the elements", _output(_zeros_between)),
    Fault("not-convolved", "the values are those of the first channel", _output(lambda c, a: resized(c, a)[:, :1])),
    Fault("cut-off", "negative values are cut off", _output(lambda c, a: np.maximum(convolved(c, a), 0.0))),
    Fault("bias-left-out", "the bias is left out", _bias(np.zeros_like)),
    Fault("bias-subtracted", "the bias is subtracted", _bias(lambda b: -b)),
    Fault("bias-reversed", "the bias comes in reverse order", _bias(lambda b: b[::-1])),
    Fault("bias-twice", "the bias is added twice", _bias(lambda b: 2 * b)),
    Fault("gradient-kernel-rotated", "the gradient has the kernel rotated", _by_input(_rotated)),
    Fault("gradient-kernel-turned", "the gradient has the kernel turned", _by_input(lambda w: w.swapaxes(2, 3))),
    Fault("gradient-unscattered", "the gradient is not summed over copies", of_tensors("input_grad", _unscattered)),
    Fault("gradient-padded-by-zeros", "the gradient ends at the edges", of_tensors("input_grad", _gradient_of_zeros)),
    Fault("kernel-grad-rotated", "the gradient by the kernel is rotated", _by_kernel(_rotated)),
    Fault("kernel-grad-negated", "the gradient by the kernel has the other sign", _by_kernel(lambda w: -w)),
    Fault(
        "kernel-grad-unresized",
        "the gradient by the kernel is that of the small image",
        of_tensors("kernel_grad", _of_unresized),
    ),
    Fault("gradients-first-image", "the gradients are those of the first image", _of_first_images),
    Fault(
        "bias-grad-mean",
        "the gradient by the bias is a mean",
        of_tensor("bias_grad", "cotangent", lambda _, g: g.mean((0, 2, 3))),
    ),
    Fault("refuses-even-kernels", "even kernels are refused", refuses=lambda c: any(k % 2 == 0 for k in c.kernel_size)),
    Fault("refuses-a-bias", "a bias is refused", refuses=lambda c: c.bias),
    Fault("refuses-one-by-one", "a kernel of one element is refused", refuses=lambda c: c.kernel_size == (1, 1)),
    *usual_faults(references, "relu", "first-of-batch", "channels-reversed"),
)
