"""Calls to translate, drawn by Hypothesis: legal in their own framework, small, both axes apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from harness.core.case import Pair
from harness.operations.conv_transpose.geometry import Axis
from harness.porting.layers.layer import Framework

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call as text, and the number of input channels where the call does not state it."""

    text: str
    in_channels: int | None = None


@dataclass(frozen=True, slots=True)
class _Sizes:
    """What all frameworks share: one Axis per direction, without crops."""

    height: Axis
    width: Axis

    def pair(self, word: str) -> Pair:
        return (getattr(self.height, word), getattr(self.width, word))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Input and output size along an axis, and explicit padding."""

    n: int
    size: int
    pads: Pair = (0, 0)


def _axes(most_dilated: int = 3, most_input: int = 4) -> st.SearchStrategy[_Sizes]:
    one = st.builds(
        Axis, st.integers(1, most_input), st.integers(1, 5), st.integers(1, 4), st.integers(1, most_dilated)
    )
    return st.builds(_Sizes, one, one)


def calls(framework: Framework) -> st.SearchStrategy[Drawn]:
    """Legal calls of ``framework``."""
    return {"pytorch": _pytorch, "keras": _keras, "tensorflow": _tensorflow}[framework]()


@st.composite
def _pytorch(draw: Draw) -> Drawn:
    sizes: _Sizes = draw(_axes())
    groups = draw(st.sampled_from([1, 1, 1, 2, 3, 4]))
    channels = [groups * draw(st.integers(1, max(6 // groups, 1))) for _ in range(2)]
    padding = tuple(draw(st.integers(0, 3)) for _ in range(2))
    extra = tuple(draw(st.integers(0, max(axis.s, axis.d) - 1)) for axis in (sizes.height, sizes.width))
    rest = f"stride={sizes.pair('s')}, padding={padding}, output_padding={extra}, dilation={sizes.pair('d')}"
    bias, functional = (bool(draw(st.integers(0, 1))) for _ in range(2))
    rest += f", groups={groups}"
    if not functional:
        text = f"ConvTranspose2d({channels[0]}, {channels[1]}, {sizes.pair('k')}, {rest}, bias={bias})"
        return Drawn(text)
    x = [draw(st.integers(1, 2)), channels[0], *(n + 8 for n in sizes.pair("n"))]
    w = [channels[0], channels[1] // groups, *sizes.pair("k")]
    return Drawn(f"F.conv_transpose2d({x}, {w}, {[channels[1]] if bias else None}, {rest})")


@st.composite
def _keras(draw: Draw) -> Drawn:
    sizes: _Sizes = draw(_axes(most_dilated=1))
    dilation = draw(st.integers(1, 3)) if max(sizes.pair("s")) == 1 else 1
    extra = tuple(draw(st.integers(0, stride - 1)) for stride in sizes.pair("s")) if draw(st.integers(0, 1)) else None
    words = {
        "strides": sizes.pair("s"),
        "padding": draw(st.sampled_from(["same", "valid"])),
        "output_padding": extra,
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
        "dilation_rate": dilation,
        "use_bias": bool(draw(st.integers(0, 1))),
    }
    rest = ", ".join(f"{name}={value!r}" for name, value in words.items())
    filters, in_channels = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    return Drawn(f"Conv2DTranspose({filters}, {sizes.pair('k')}, {rest})", in_channels)


@st.composite
def _tensorflow(draw: Draw) -> Drawn:
    sizes: _Sizes = draw(_axes())
    padding = draw(st.sampled_from(["SAME", "VALID", "explicit"]))
    layout = draw(st.sampled_from(["NHWC", "NCHW"]))
    axes = [_tensorflow_axis(draw, padding, axis) for axis in (sizes.height, sizes.width)]
    batch, in_channels, out_channels = (draw(st.integers(1, most)) for most in (2, 6, 6))
    outer = [[0, 0], [0, 0]]
    pads = [list(axis.pads) for axis in axes]
    shapes = [
        _arranged(layout, batch, channels, spatial)
        for channels, spatial in (
            (in_channels, [axis.n for axis in axes]),
            (out_channels, [axis.size for axis in axes]),
        )
    ]
    stated = padding if padding != "explicit" else (outer + pads if layout == "NCHW" else [outer[0], *pads, outer[1]])
    words = {"strides": list(sizes.pair("s")), "padding": stated, "data_format": layout}
    if max(sizes.pair("d")) > 1:
        words["dilations"] = list(sizes.pair("d"))
    rest = ", ".join(f"{name}={value!r}" for name, value in words.items())
    kernel = [*sizes.pair("k"), out_channels, in_channels]
    return Drawn(f"tf.nn.conv2d_transpose({shapes[0]}, {kernel}, {shapes[1]}, {rest})")


def _tensorflow_axis(draw: Draw, padding: str, axis: Axis) -> _Asked:
    """An output size that the padding reaches: any of as many as there are strides."""
    if padding == "SAME":
        return _Asked(axis.n, draw(st.integers((axis.n - 1) * axis.s + 1, axis.n * axis.s)))
    if padding == "VALID":
        return _Asked(axis.n, axis.full + draw(st.integers(0, axis.s - 1)))
    before, after = (draw(st.integers(0, axis.extent - 1)) for _ in range(2))
    while axis.full - before - after < 1:
        before, after = before // 2, after // 2
    return _Asked(axis.n, axis.full - before - after + draw(st.integers(0, axis.s - 1)), (before, after))


def _arranged(layout: str, batch: int, channels: int, spatial: list[int]) -> list[int]:
    return [batch, channels, *spatial] if layout == "NCHW" else [batch, *spatial, channels]
