"""The examples of the four tutorials that are reproduced; an entry of a suite names those that it shows.

A letter stands for a tutorial and a number for one of its examples. What each says is in our own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TITLES: Mapping[str, str] = {
    "A": "TensorFlow下反卷积(Deconvolution)的实现",
    "B": "反卷积和反池化",
    "C": 'tensorflow学习笔记(三十二):conv2d_transpose ("解卷积")',
    "D": "ConvTranspose2d(逆卷積)的原理和計算",
}
"""The tutorials, by their titles: the ``source`` of their cases."""


@dataclass(frozen=True, slots=True)
class Example:
    """What an example says, the ``command`` that reproduces it beside its cases, and the ``place`` where to look."""

    says: str
    command: str = ""
    place: str = ""


EXAMPLES: Mapping[str, Example] = {
    "A": Example(
        "Zeros inserted and a rotated kernel correlated by hand give the printed 6 × 6 × 2 values, as the library's "
        "call does; before that, the same with one channel."
    ),
    "B1": Example(
        "The -2 that a stride-2 convolution with a 2 × 2 kernel makes of ones, back to 4 × 4: SAME and VALID."
    ),
    "B2": Example("Four steps: rotate the kernel, insert zeros, pad, convolve with stride 1."),
    "B3": Example("It restores the size and not the values; a size that the parameters cannot make is an error."),
    "B4": Example("The parameters of tf.nn.conv2d_transpose, with data_format NHWC and NCHW."),
    "B5": Example("Average unpooling fills each window; max unpooling puts values back where an argmax found them."),
    "C1": Example("Sizes are those of the forward convolution: 3 × 3 at stride 2 becomes 5 × 5, and 6 × 6 as well."),
    "C2": Example("97 × 97 out of 25 × 25 is possible at stride 4 and not at stride 3, and is an error there."),
    "C3": Example("Its gradient is a convolution, and the other way round; here the first of the two."),
    "C4": Example(
        "output_shape as a list, in a traced graph, and as a tensor that is known when it runs.",
        place="tensorflow for the list, tensorflow:graph and tensorflow:dynamic for the others",
    ),
    "D1": Example("The formula of the size, 3 × 3 to 6 × 6; the picture of scattering, 2 × 2 to 4 × 4."),
    "D2": Example("The parameters of Keras' layer: output_padding below the stride, dilation without strides."),
    "D3": Example("The parameters of PyTorch's layer as numbers and as pairs; two groups are two layers."),
    "D4": Example(
        "Two networks with such layers, a small one in Keras and a U-Net in PyTorch: here their layers alone.",
        command="harness port",
        place="the whole networks have their verdicts from the command, which a run does not execute",
    ),
    "D5": Example(
        "Copies overlap unevenly where the stride does not divide the kernel size; resizing and then convolving helps.",
        place="figures in conformance.html and details.md, Checkerboard",
    ),
}


def title_of(example: str) -> str:
    """The tutorial of ``example``, by its title."""
    return TITLES[example[0]]
