"""A layer as Keras code."""

from __future__ import annotations

from harness.adapters.keras import DEFAULTS
from harness.porting.layers.code import Draft, indented, pads_and_cuts
from harness.porting.layers.python_text import as_scalar, write_call

_ADD_BIAS = '''

class AddBias(keras.layers.Layer):
    """Adds one number per channel to (N, H, W, C), the appended zeros included."""

    def build(self, shape):
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")

    def call(self, x):
        return x + self.bias'''


def write(draft: Draft) -> list[str]:
    """Imports and ``make_layer``, which returns a Conv2DTranspose, or a model where it is composed."""
    body = _grouped(draft) if draft.expression.splits > 1 else _single(draft)
    late = draft.expression.bias == "after"
    helpers = _ADD_BIAS.split("\n") if late else []
    imports = ["import keras", *["import numpy as np"] * (draft.expression.splits > 1)]
    return [*imports, *helpers, "", "", f"def make_layer({draft.weights}):", *indented([draft.docstring, *body])]


def _single(draft: Draft) -> list[str]:
    channels = draft.case.in_channels
    weights = f"[{draft.permuted}, bias]" if draft.expression.bias == "native" else f"[{draft.permuted}]"
    lines = [
        *_call(draft, "layer = "),
        f"layer.build((None, None, None, {channels}))",
        draft.permutation_comment,
        f"layer.set_weights({weights})",
    ]
    after = _after(draft)
    if not after:
        return [*lines, "return layer"]
    inside = [_input(draft), "layer", *after]
    lines += ["model = keras.Sequential(", "    [", *(f"        {part}," for part in inside), "    ]", ")"]
    return [*lines, *_late_bias(draft), "return model"]


def _grouped(draft: Draft) -> list[str]:
    groups, biased = draft.expression.splits, draft.expression.bias == "native"
    pairs = f"zip(np.split(kernel, {groups}, axis=-1), np.split(bias, {groups}))"
    each = pairs if biased else f"np.split(kernel, {groups}, axis=-1)"
    return [
        draft.permutation_comment,
        f"kernel = {draft.permuted}",
        f"inputs = {_input(draft)}",
        f"parts = keras.ops.split(inputs, {groups}, axis=-1)",
        *["layers = [", *indented([*_call(draft, ""), "for _ in parts"]), "]"],
        f"y = keras.layers.Concatenate({_dtype(draft)})([layer(part) for layer, part in zip(layers, parts)])",
        *(f"y = {step}(y)" for step in _after(draft)),
        "model = keras.Model(inputs, y)",
        f"for layer, {'weights' if biased else 'weight'} in zip(layers, {each}):",
        "    layer.set_weights(weights)" if biased else "    layer.set_weights([weight])",
        *_late_bias(draft),
        "return model",
    ]


def _call(draft: Draft, start: str) -> list[str]:
    call = dict(draft.expression.call)
    positional = [str(as_scalar(call.pop(name))) for name in ("filters", "kernel_size")]
    arguments = {**call, "use_bias": draft.expression.bias == "native", "dtype": draft.case.dtype}
    return write_call(f"{start}keras.layers.Conv2DTranspose", positional, arguments, DEFAULTS)


def _after(draft: Draft) -> list[str]:
    """Layers that follow the transposed convolution."""
    pads, cuts = pads_and_cuts(draft.expression.crop)
    dtype = _dtype(draft)
    rest = f", {dtype}" if dtype else ""
    steps = [f"keras.layers.ZeroPadding2D({pads}{rest})"] if pads else []
    steps += [f"keras.layers.Cropping2D({cuts}{rest})"] if cuts else []
    return steps + ([f"AddBias({dtype})"] if draft.expression.bias == "after" else [])


def _late_bias(draft: Draft) -> list[str]:
    return ["model.layers[-1].set_weights([bias])"] if draft.expression.bias == "after" else []


def _input(draft: Draft) -> str:
    dtype = _dtype(draft)
    return f"keras.Input((None, None, {draft.case.in_channels}){', ' + dtype if dtype else ''})"


def _dtype(draft: Draft) -> str:
    return "" if draft.case.dtype == DEFAULTS["dtype"] else f"dtype={draft.case.dtype!r}"
