"""The rules of legality that suites name: what an illegal case breaks, and its legal twin keeps.

Sources: the documentation of ``torch.nn.ConvTranspose2d``, ``tf.nn.conv2d_transpose`` with its raw op, and
``keras.layers.Conv2DTranspose``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.case import Dialect

_ALL: tuple[Dialect, ...] = ("keras", "pytorch", "tensorflow")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as a sentence, and the dialects with adapters in which there is something that it can be broken by.

    ``open`` says that the documentation admits several readings: its cases list them instead of expecting an error.
    """

    sentence: str
    dialects: tuple[Dialect, ...] = _ALL
    open: bool = False


RULES: Mapping[str, Rule] = {
    "stride-zero": Rule("A stride is at least 1, not 0."),
    "stride-negative": Rule("A stride is at least 1, not negative."),
    "stride-huge": Rule("A stride of 2^31 and more, whose output no memory holds, is not cut to fewer bits."),
    "dilation-zero": Rule("A dilation is at least 1, not 0."),
    "dilation-negative": Rule("A dilation is at least 1, not negative."),
    "dilation-huge": Rule("A dilation that puts the taps beyond any output is not cut to fewer bits."),
    "dilation-differs-by-axis": Rule("Keras takes one dilation rate for both axes.", ("keras",)),
    "stride-with-dilation": Rule("Keras takes strides or dilation rates above 1, not both.", ("keras",)),
    "kernel-of-zero": Rule("A kernel has at least one tap along each axis."),
    "kernel-rank": Rule("A kernel has four axes."),
    "kernel-dtype": Rule("The kernel has the dtype of the input.", ("pytorch", "tensorflow")),
    "input-rank": Rule("An input has four axes; PyTorch also takes three, one image without a batch."),
    "input-dtype": Rule("The input has the dtype of the kernel.", ("pytorch", "tensorflow")),
    "channels-mismatch": Rule("The kernel has the input channels of the input."),
    "grouped-kernel": Rule("The kernel has the output channels of output_shape: there are no groups.", ("tensorflow",)),
    "groups-zero": Rule("There is at least one group, not 0.", ("pytorch",)),
    "groups-negative": Rule("There is at least one group, not a negative number.", ("pytorch",)),
    "groups-not-dividing-inputs": Rule("The groups divide the input channels.", ("pytorch",)),
    "groups-not-dividing-outputs": Rule("The groups divide the output channels.", ("pytorch",)),
    "bias-of-wrong-size": Rule("A bias has one number per output channel."),
    "padding-name": Rule("A padding that is a name is one that the dialect knows; PyTorch knows none."),
    "padding-negative": Rule("A padding is at least 0.", ("pytorch", "tensorflow")),
    "output-padding-at-the-limit": Rule(
        "An output_padding is below the stride, in PyTorch below the larger of stride and dilation.",
        ("keras", "pytorch"),
    ),
    "output-padding-above-the-limit": Rule(
        "An output_padding is not above the stride, in PyTorch the larger of stride and dilation.",
        ("keras", "pytorch"),
    ),
    "output-padding-negative": Rule("An output_padding is at least 0.", ("keras", "pytorch")),
    "list-length": Rule(
        "A list has one number for each of the two axes; TensorFlow also takes one for both, or four for all axes."
    ),
    "unreachable-output-size": Rule(
        "An output size is one that a convolution turns back into the input.", ("pytorch", "tensorflow")
    ),
    "output-of-zero": Rule("An output has at least one row and one column.", ("pytorch", "tensorflow")),
    "output-shape-length": Rule("An output_shape names all four axes, or height and width.", ("tensorflow",)),
    "output-shape-mismatch": Rule(
        "An output_shape has the batch of the input and the channels of the kernel.", ("tensorflow",)
    ),
    "output-shape-negative": Rule("An output_shape has no negative entry.", ("tensorflow",)),
    "output-shape-dtype": Rule("An output_shape holds integers, of 32 or 64 bits.", ("tensorflow",)),
    "size-2-to-the-31": Rule("A size of 2^31 and more is not cut to fewer bits."),
    "empty-axis": Rule("Whether an axis may be empty is for the documentation to say, and it does not.", open=True),
}
