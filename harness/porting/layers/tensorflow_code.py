"""A layer as TensorFlow code: a module around ``tf.nn.conv2d_transpose``."""

from __future__ import annotations

from harness.adapters.tensorflow import DEFAULTS
from harness.porting.layers.code import Draft, indented, pads_and_cuts
from harness.porting.layers.python_text import write_call


def write(draft: Draft) -> list[str]:
    """Imports, a tf.Module and ``make_layer``, which returns one with the weights."""
    biased = draft.case.bias
    init = [
        "super().__init__()",
        "self.kernel = tf.Variable(kernel)",
        *["self.bias = tf.Variable(bias)"] * bool(biased),
    ]
    call = ["batch, height, width, _ = tf.unstack(tf.shape(x))", _shape(draft), *_convolution(draft), *_crops(draft)]
    call.append("return tf.nn.bias_add(y, self.bias)" if biased else "return y")
    return [
        "import tensorflow as tf",
        "",
        "",
        "class TransposedConvolution(tf.Module):",
        f'    """From (N, H, W, {draft.in_channels}) to {draft.case.out_channels} channels, channels last."""',
        "",
        f"    def __init__(self, {draft.weights}):",
        *indented(init, 2),
        "",
        "    def __call__(self, x):",
        *indented(call, 2),
        "",
        "",
        f"def make_layer({draft.weights}):",
        *indented([draft.docstring, draft.permutation_comment]),
        f"    return TransposedConvolution({draft.permuted}{', bias' if biased else ''})",
    ]


def _shape(draft: Draft) -> str:
    height, width = (
        _affine(name, stride, offset)
        for name, stride, offset in zip(("height", "width"), draft.case.strides, draft.offset, strict=True)
    )
    return f"shape = [batch, {height}, {width}, {draft.case.out_channels // draft.expression.splits}]"


def _affine(name: str, stride: int, offset: int) -> str:
    scaled = name if stride == 1 else f"{stride} * {name}"
    return f"{scaled} {'+' if offset > 0 else '-'} {abs(offset)}" if offset else scaled


def _convolution(draft: Draft) -> list[str]:
    groups, call = draft.expression.splits, draft.expression.call
    if groups == 1:
        return write_call("y = tf.nn.conv2d_transpose", ["x", "self.kernel", "shape"], call, DEFAULTS)
    return [
        f"parts = zip(tf.split(x, {groups}, axis=-1), tf.split(self.kernel, {groups}, axis=-1))",
        "y = [",
        *indented(write_call("tf.nn.conv2d_transpose", ["part", "kernel", "shape"], call, DEFAULTS)),
        "    for part, kernel in parts",
        "]",
        "y = tf.concat(y, axis=-1)",
    ]


def _crops(draft: Draft) -> list[str]:
    pads, cuts = pads_and_cuts(draft.expression.crop)
    lines = []
    if pads:
        lines.append(f"y = tf.pad(y, {[(0, 0), *pads, (0, 0)]})")
    if cuts:
        rows, columns = (f"{begin or ''}:{-end if end else ''}" for begin, end in cuts)
        lines.append(f"y = y[:, {rows}]" if columns == ":" else f"y = y[:, {rows}, {columns}]")
    return lines
