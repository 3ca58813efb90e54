"""How Keras states transposed convolutions: by its layer, and by the function on tensors."""

from __future__ import annotations

from typing import Any

from harness.adapters.crops import Expressed, Expression, surrounded
from harness.adapters.program import Inexpressible, Program
from harness.adapters.tensorflow.conv_transpose import NCHW_BY_TRANSPOSE, around_images
from harness.core.case import Layout, Overrides
from harness.operations.conv_transpose.case import Case


def stated(case: Case, words: Expressed, held: Layout, seen: Layout) -> Expression | Inexpressible:
    """``Conv2DTranspose`` with ``words``; groups are split and concatenated."""
    padding = words.words.padding or "valid"
    if not isinstance(padding, str) or words.words.output_size is not None:
        return Inexpressible("Conv2DTranspose has neither explicit padding nor an output size")
    call = {
        "filters": case.out_channels // max(case.groups, 1),
        "kernel_size": case.kernel_size,
        "strides": case.strides,
        "padding": padding,
        "output_padding": words.words.output_padding,
        "data_format": "channels_last" if seen == "NHWC" else "channels_first",
        "dilation_rate": case.dilations,
    }
    for name, given in ({} if case.overrides is None else case.overrides.lists).items():
        call["dilation_rate" if name == "dilations" else name] = given
    reasons = [
        "Conv2DTranspose has no groups: split, one layer each, concatenate" if case.groups > 1 else "",
        NCHW_BY_TRANSPOSE if seen != held else "",
    ]
    return words.expression(
        case, call, given=held, seen=seen, kernel_layout="HWOI", splits=case.groups, reasons=reasons
    )


def cannot_give(given: Overrides) -> str:
    """Why the layer cannot be handed what a case gives, or nothing."""
    if given.shapes_output:
        return "Conv2DTranspose has no output_shape"
    if given.input_dtype is not None or given.kernel_dtype is not None:
        return "a Keras layer casts its input and its weights to its own dtype"
    return ""


def layer_program(expression: Expression, case: Case) -> Program:
    """The layer, with its weights; one for each group."""
    lines = _each(expression, "keras.ops.split(x, groups, {})", "layer({})", "keras.ops.concatenate(parts, {})")
    names = ("kernel", "bias") if expression.bias == "native" else ("kernel",)
    one = "layer.{}.value" if expression.splits == 1 else "*(layer.{}.value for layer in layers)"
    weights = {name: one.format(name) for name in names}
    return _program(
        expression, case, lines, ("input",), build=_built(expression, case), load=_loaded(expression), weights=weights
    )


def model_program(expression: Expression, case: Case) -> Program:
    """The layer in a functional model, which predicts."""
    predicted = "model.predict({0}, batch_size=max(len({0}), 1), verbose=0)"
    lines = _each(expression, "np.split(x, groups, {})", predicted, "np.concatenate(parts, {})", layer="model")
    modelled = [f"image = keras.Input({_part(expression)}.shape[1:], dtype={case.dtype!r})"]
    if expression.splits == 1:
        modelled.append("model = keras.Model(image, layer(image))")
    else:
        modelled.append("models = [keras.Model(image, layer(image)) for layer in layers]")
    arrays = ("kernel", "bias") if expression.bias == "native" else ("kernel",)
    build = (*_built(expression, case), *modelled)
    return _program(expression, case, lines, ("input",), build=build, load=_loaded(expression), arrays=arrays)


def shape_program(expression: Expression, case: Case) -> Program:
    """What the layer states as its output's shape; nothing is built."""
    one, build = "layer.compute_output_shape({}.shape)", _built(expression, case)[:1]
    if expression.splits == 1 and not any(map(any, expression.crop)):  # which may be no shape of any tensor
        shape = one.format("input[0]" if expression.unbatched else "input")
        lines = [f"y = SimpleNamespace(shape={f'(1, *{shape})' if expression.unbatched else shape}, dtype=input.dtype)"]
        imports = ("from types import SimpleNamespace",)
        return _program(expression, case, lines, (), build=build, arrays=("input",), imports=imports)
    tensor = f"keras.KerasTensor({one}, {case.dtype!r})"
    lines = _each(expression, "keras.ops.split(x, groups, {})", tensor, "keras.ops.concatenate(parts, {})")
    return _program(expression, case, lines, ("input",), build=build)


def function_program(expression: Expression, case: Case) -> Program:
    """``keras.ops.conv_transpose``."""
    called, x = "keras.ops.conv_transpose({}, {}, **call)", "x[0]" if expression.unbatched else "x"
    axis = expression.data_layout.index("C")
    lines = [
        f"parts = zip(keras.ops.split(x, groups, {axis}), keras.ops.split(w, groups, 3))",
        f"parts = [{called.format('part', 'taps')} for part, taps in parts]",
        f"y = keras.ops.concatenate(parts, {axis})",
    ]
    if expression.splits == 1:
        lines = [f"y = {called.format(x, 'w')}{'[None]' if expression.unbatched else ''}"]
    return _program(expression, case, lines, ("input", "kernel"))


def _each(expression: Expression, split: str, called: str, joined: str, layer: str = "layer") -> list[str]:
    """Lines that leave ``y`` of what each ``layer`` is ``called`` on."""
    if expression.splits == 1:
        return [f"y = {called.format('x[0]')}[None]" if expression.unbatched else f"y = {called.format('x')}"]
    axis = expression.data_layout.index("C")
    each = f"for {layer}, part in zip({layer}s, {split.format(axis)})"
    return [f"parts = [{called.format('part')} {each}]", f"y = {joined.format(axis)}"]


def _part(expression: Expression) -> str:
    """The array that one layer is called on."""
    whole = "input[0]" if expression.unbatched else "input"
    return whole if expression.splits == 1 else f"np.split({whole}, groups, {expression.data_layout.index('C')})[0]"


def _built(expression: Expression, case: Case) -> tuple[str, ...]:
    words = f'use_bias={expression.bias == "native"}, dtype={case.dtype!r}, kernel_initializer="zeros"'
    made = f'keras.layers.Conv2DTranspose(**call, {words}, name="conv2d_transpose")'
    if expression.splits == 1:
        return (f"layer = {made}", f"layer.build({_part(expression)}.shape)")
    return (
        f"layers = [{made} for _ in range(groups)]",
        "for layer in layers:",
        f"    layer.build({_part(expression)}.shape)",
    )


def _loaded(expression: Expression) -> tuple[str, ...]:
    biased = expression.bias == "native"
    if expression.splits == 1:
        return (f"layer.set_weights([kernel{', bias' if biased else ''}])",)
    split = f"np.split(kernel, groups, 3){', np.split(bias, groups)' if biased else ''}"
    return (f"for layer, *weights in zip(layers, {split}):", "    layer.set_weights(weights)")


def _program(expression: Expression, case: Case, lines: list[str], tensors: tuple[str, ...], **parts: Any) -> Program:
    values = {} if expression.splits == 1 else {"groups": expression.splits}
    surround = around_images(expression)
    return surrounded(
        expression,
        case,
        lines,
        "keras.ops.pad(y, pads)",
        surround,
        values=values,
        tensors=tensors,
        parts="groups",
        **parts,
    )
