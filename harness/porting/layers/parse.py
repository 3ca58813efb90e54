"""From a call or a YAML case to the layer that it describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from harness.core.case import DTypeName, Expect, Layout, Padding, Pair
from harness.core.dtypes import TRANSLATED
from harness.core.errors import BadInputError, IllegalCaseError, Problem
from harness.operations.conv_transpose.case import Case, Words
from harness.porting.layers.call_syntax import Call, read_call
from harness.porting.layers.layer import TITLES, Framework, Layer, crops_of, layer_case
from harness.porting.layers.signatures import KERAS_LAYER, TF_FUNCTION, TORCH_FUNCTION
from harness.suites.selection import select

STAND_IN_CHANNELS = 3
_KERAS_LAYOUTS: dict[Any, Layout] = {None: "NHWC", "channels_last": "NHWC", "channels_first": "NCHW"}
_LAYOUTS: dict[Any, Layout] = {"NHWC": "NHWC", "NCHW": "NCHW"}
_FRAMEWORKS: dict[str, Framework] = {"pytorch": "pytorch", "keras": "keras", "tensorflow": "tensorflow"}


def read_layer(text: str, to: Framework, in_channels: int | None = None) -> Layer:
    """The layer that ``text`` names: a call, or ``FILE::ID`` of a case.

    ``in_channels`` is for calls that do not state it. Raises BadInputError for what cannot be read, breaks a rule of
    its own framework, or is in ``to``'s words already.
    """
    path, _, case_id = text.partition("::")
    layer = _case_layer(text) if case_id and "(" not in path else _call_layer(read_call(text), in_channels)
    if in_channels not in {None, layer.case.in_channels}:
        message = f"the call has {layer.case.in_channels} input channels, not {in_channels}"
        raise BadInputError(Problem("--in-channels", 0, 0, "", message, "leave the option out"))
    if to in {layer.framework, layer.case.dialect}:
        others = ", ".join(sorted(name for name in TITLES if name != to))
        raise BadInputError(Problem("--to", 0, 0, to, "the call is in these words already", f"translate to {others}"))
    try:
        crops_of(layer)
    except IllegalCaseError as error:
        raise BadInputError(Problem(layer.call, 0, 0, error.key, str(error), error.hint)) from None
    if layer.any_channels and to != "tensorflow":
        message = f"{TITLES[to]} needs the number of input channels, which this call does not name"
        raise BadInputError(Problem("--in-channels", 0, 0, "", message, "add --in-channels N"))
    return layer


def _case_layer(text: str) -> Layer:
    found = list(islice(select([text]).cases(), 2))
    if len(found) > 1:
        hint = f"name one, for example {found[0].selector}"
        raise BadInputError(Problem(text, 0, 0, "", "names several cases", hint))
    (case,) = found
    if not isinstance(case, Case):
        raise BadInputError(Problem(text, 0, 0, "", f"is a case of {case.op}; transposed convolutions are translated"))
    if case.nominal:
        raise BadInputError(Problem(text, 0, 0, "", "has no single right output, so nothing to translate"))
    plain = replace(
        case, bias=bool(case.bias), data="integers", input=None, kernel=None, cotangent=None, expect=Expect()
    )
    return Layer(plain, _FRAMEWORKS.get(case.dialect), case.selector, sized=True)


def _call_layer(call: Call, in_channels: int | None) -> Layer:
    if call.signature is KERAS_LAYER:
        return _keras_layer(call, in_channels)
    if call.signature is TF_FUNCTION:
        return _tf_function(call)
    return _torch_function(call) if call.signature is TORCH_FUNCTION else _torch_layer(call)


def _torch_layer(call: Call) -> Layer:
    values = call.values
    if values["padding_mode"] != "zeros":
        raise call.bad("padding_mode", f"ConvTranspose2d supports zeros only, not {values['padding_mode']!r}")
    if values["device"] is not None:
        raise call.bad("device", "a device is no part of what a layer computes", "leave it out")
    channels = (_count(call, "in_channels"), _count(call, "out_channels"))
    return _torch(call, channels, _pair(call, "kernel_size"), bias=_flag(call, "bias"), dtype=_dtype(call))


def _torch_function(call: Call) -> Layer:
    size = _shape(call, "input", "[N, C_in, H, W]")
    weight = _shape(call, "weight", "[C_in, C_out / groups, kH, kW]")
    out_channels = weight[1] * max(_count(call, "groups"), 1)
    if size[1] != weight[0]:
        raise call.bad("weight", f"has {weight[0]} input channels, the input {size[1]}")
    bias = call.values["bias"]
    if bias is not None and bias not in ([out_channels], (out_channels,)):
        raise call.bad("bias", f"expected None or the shape [{out_channels}], not {bias!r}")
    channels, kernel_size = (weight[0], out_channels), (weight[2], weight[3])
    layer = _torch(call, channels, kernel_size, bias=bias is not None, dtype="float32")
    return replace(layer, case=replace(layer.case, batch=size[0], input_size=(size[2], size[3])), sized=True)


def _torch(call: Call, channels: Pair, kernel_size: Pair, *, bias: bool, dtype: DTypeName) -> Layer:
    pads = tuple((each, each) for each in _pair(call, "padding"))
    case = layer_case(
        "pytorch",
        dtype,
        Words(pads, output_padding=_pair(call, "output_padding")),
        in_channels=channels[0],
        out_channels=channels[1],
        kernel_size=kernel_size,
        bias=bias,
        strides=_pair(call, "stride"),
        dilations=_pair(call, "dilation"),
        groups=_count(call, "groups"),
    )
    return Layer(case, "pytorch", call.text)


def _keras_layer(call: Call, in_channels: int | None) -> Layer:
    values = call.values
    if values["activation"] not in {None, "linear"}:
        hint = "leave it out, and apply it to the translated layer's output"
        raise call.bad("activation", f"{values['activation']!r} changes the output", hint)
    layout = _one_of(call, "data_format", _KERAS_LAYOUTS)
    stated = _keras_channels(call, layout)
    if None not in {stated, in_channels} and stated != in_channels:
        raise call.bad("input_shape", f"has {stated} channels, --in-channels is {in_channels}", "leave the option out")
    known = stated if stated is not None else in_channels
    words = Words(
        _one_of(call, "padding", {"valid": "valid", "same": "same"}),
        output_padding=None if values["output_padding"] is None else _pair(call, "output_padding"),
    )
    settings: dict[str, Any] = {"out_channels": _count(call, "filters"), "kernel_size": _pair(call, "kernel_size")}
    settings |= {"bias": _flag(call, "use_bias"), "dtype": _dtype(call)}
    settings |= {"strides": _pair(call, "strides"), "dilations": _pair(call, "dilation_rate"), "layout": layout}
    channels = STAND_IN_CHANNELS if known is None else known
    case = layer_case("keras", words=words, in_channels=channels, **settings)
    notes = call.dropped()
    if "data_format" not in call.given:
        notes = (*notes, "data_format is read as channels_last, Keras' default")
    return Layer(case, "keras", call.text, any_channels=known is None, notes=notes)


def _keras_channels(call: Call, layout: Layout) -> int | None:
    shape = call.values["input_shape"]
    if shape is None:
        return None
    if not isinstance(shape, list | tuple) or len(shape) != 3:
        raise call.bad("input_shape", f"expected three entries, not {shape!r}", "for example (None, None, 64)")
    channels = shape[0 if layout == "NCHW" else 2]
    if not _is_count(channels):
        raise call.bad("input_shape", f"has no number of channels: {shape!r}", "for example (None, None, 64)")
    return int(channels)


def _tf_function(call: Call) -> Layer:
    layout = _one_of(call, "data_format", _LAYOUTS)
    form = "[N, H, W, C]" if layout == "NHWC" else "[N, C, H, W]"
    size, output = _shape(call, "input", form), _shape(call, "output_shape", form)
    k_h, k_w, out_channels, in_channels = _shape(call, "filters", "[kH, kW, C_out, C_in]")
    channel, first = layout.index("C"), layout.index("H")
    for name, shape, count in (("input", size, in_channels), ("output_shape", output, out_channels)):
        if shape[channel] != count:
            raise call.bad(
                name, f"{shape} has {shape[channel]} channels, the filters say {count}", f"{form} is expected"
            )
    if output[0] != size[0]:
        raise call.bad("output_shape", f"has the batch {output[0]}, the input {size[0]}")
    words = Words(_tf_padding(call, layout), output_size=(output[first], output[first + 1]))
    case = layer_case(
        "tensorflow",
        "float32",
        words,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=(k_h, k_w),
        strides=_tf_pair(call, "strides", layout),
        dilations=(1, 1) if call.values["dilations"] is None else _tf_pair(call, "dilations", layout),
        layout=layout,
        batch=size[0],
        input_size=(size[first], size[first + 1]),
    )
    return Layer(case, "tensorflow", call.text, sized=True, notes=call.dropped())


def _tf_padding(call: Call, layout: Layout) -> Padding:
    padding = call.values["padding"]
    if padding in ("SAME", "VALID"):
        return "same" if padding == "SAME" else "valid"
    pairs = [_pair_of(entry) for entry in padding] if isinstance(padding, list | tuple) else []
    first = layout.index("H")
    outer = [pair for index, pair in enumerate(pairs) if index not in {first, first + 1}]
    if len(pairs) != 4 or None in pairs or outer != [(0, 0), (0, 0)]:
        hint = "for example [[0, 0], [1, 1], [1, 1], [0, 0]] for NHWC"
        raise call.bad(
            "padding", f"expected 'SAME', 'VALID' or four pairs in data_format's order, not {padding!r}", hint
        )
    return tuple(pair or (0, 0) for pair in pairs[first : first + 2])


def _tf_pair(call: Call, name: str, layout: Layout) -> Pair:
    """One number, two of them, or four in data_format's order with ones for batch and channels."""
    value, first = call.values[name], layout.index("H")
    if isinstance(value, list | tuple) and len(value) == 4 and all(map(_is_count, value)):
        outer = [entry for index, entry in enumerate(value) if index not in {first, first + 1}]
        if outer != [1, 1]:
            raise call.bad(name, f"{value!r} is not 1 for batch and channels")
        return (value[first], value[first + 1])
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return _as_pair(call, name, value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pair_of(value: object) -> Pair | None:
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_count, value)):
        return (value[0], value[1])
    return None


def _as_pair(call: Call, name: str, value: Any) -> Pair:
    pair = (value, value) if _is_count(value) else _pair_of(value)
    if pair is None:
        raise call.bad(name, f"expected a whole number or a pair of them, not {value!r}", "for example 2 or (2, 1)")
    return pair


def _pair(call: Call, name: str) -> Pair:
    return _as_pair(call, name, call.values[name])


def _count(call: Call, name: str) -> int:
    value = call.values[name]
    if not _is_count(value):
        raise call.bad(name, f"expected a whole number, not {value!r}")
    return int(value)


def _flag(call: Call, name: str) -> bool:
    value = call.values[name]
    if not isinstance(value, bool):
        raise call.bad(name, f"expected True or False, not {value!r}")
    return value


def _shape(call: Call, name: str, form: str) -> Sequence[int]:
    value = call.values[name]
    if not isinstance(value, list | tuple) or len(value) != 4 or not all(_is_count(n) and n > 0 for n in value):
        raise call.bad(name, f"expected a shape {form} of positive numbers, not {value!r}", "for example [1, 4, 4, 64]")
    return value


def _one_of(call: Call, name: str, accepted: dict[Any, Any]) -> Any:
    value = call.values[name]
    if isinstance(value, list | tuple | dict | set) or value not in accepted:
        raise call.bad(name, f"expected {' or '.join(map(repr, accepted))}, not {value!r}")
    return accepted[value]


def _dtype(call: Call) -> DTypeName:
    value = "float32" if call.values["dtype"] is None else call.values["dtype"]
    for name in TRANSLATED:
        if name == value:
            return name
    raise call.bad("dtype", f"expected one of {', '.join(TRANSLATED)}, not {value!r}")
