"""Calls to translate, drawn by Hypothesis: legal in their own framework, small, both axes apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from harness.core.case import Pair
from harness.operations.conv_transpose.geometry import Axis
from harness.porting.layers.layer import Framework
from harness.quality.fuzzing.words import Choose, pick

Draw = Callable[[st.SearchStrategy[Any]], Any]
Axes = tuple[Axis, Axis]
"""Height and width, without crops."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call as text, and the number of input channels where the call does not state it."""

    text: str
    in_channels: int | None = None


@st.composite
def calls(draw: Draw, framework: Framework) -> Drawn:
    """Legal calls of ``framework``."""
    return _CALLS[framework](lambda low, high: int(draw(st.integers(low, high))))


def _axes(choose: Choose, most_dilated: int = 3) -> Axes:
    height, width = (Axis(choose(1, 4), choose(1, 5), choose(1, 4), choose(1, most_dilated)) for _ in range(2))
    return height, width


def _pair(axes: Axes, name: str) -> Pair:
    return getattr(axes[0], name), getattr(axes[1], name)


def _pytorch(choose: Choose) -> Drawn:
    axes, groups = _axes(choose), pick(choose, 1, 1, 1, 2, 3, 4)
    inputs, outputs = (groups * choose(1, max(6 // groups, 1)) for _ in range(2))
    padding, kernel = (choose(0, 3), choose(0, 3)), _pair(axes, "k")
    extra = tuple(choose(0, max(axis.s, axis.d) - 1) for axis in axes)
    rest = f"stride={_pair(axes, 's')}, padding={padding}, output_padding={extra}, dilation={_pair(axes, 'd')}"
    rest += f", groups={groups}"
    bias, functional = (bool(choose(0, 1)) for _ in range(2))
    if not functional:
        return Drawn(f"ConvTranspose2d({inputs}, {outputs}, {kernel}, {rest}, bias={bias})")
    x = [choose(1, 2), inputs, *(axis.n + 8 for axis in axes)]
    w = [inputs, outputs // groups, *kernel]
    return Drawn(f"F.conv_transpose2d({x}, {w}, {[outputs] if bias else None}, {rest})")


def _keras(choose: Choose) -> Drawn:
    axes = _axes(choose, most_dilated=1)
    strides = _pair(axes, "s")
    words = {
        "strides": strides,
        "padding": pick(choose, "same", "valid"),
        "output_padding": tuple(choose(0, stride - 1) for stride in strides) if choose(0, 1) else None,
        "data_format": pick(choose, "channels_last", "channels_first"),
        "dilation_rate": choose(1, 3) if max(strides) == 1 else 1,
        "use_bias": bool(choose(0, 1)),
    }
    return Drawn(f"Conv2DTranspose({choose(1, 6)}, {_pair(axes, 'k')}, {_written(words)})", choose(1, 6))


def _tensorflow(choose: Choose) -> Drawn:
    axes, padding, layout = _axes(choose), pick(choose, "SAME", "VALID", "explicit"), pick(choose, "NHWC", "NCHW")
    sizes, pads = zip(*(_reached(choose, padding, axis) for axis in axes), strict=True)
    batch, inputs, outputs = choose(1, 2), choose(1, 6), choose(1, 6)
    words: dict[str, Any] = {
        "strides": list(_pair(axes, "s")),
        "padding": _arranged(layout, [0, 0], [0, 0], pads) if padding == "explicit" else padding,
        "data_format": layout,
    }
    if max(_pair(axes, "d")) > 1:
        words["dilations"] = list(_pair(axes, "d"))
    x, y = _arranged(layout, batch, inputs, _pair(axes, "n")), _arranged(layout, batch, outputs, sizes)
    return Drawn(f"tf.nn.conv2d_transpose({x}, {[*_pair(axes, 'k'), outputs, inputs]}, {y}, {_written(words)})")


def _reached(choose: Choose, padding: str, axis: Axis) -> tuple[int, list[int]]:
    """An output size that the padding reaches, any of as many as there are strides, and explicit pads."""
    if padding == "SAME":
        return choose((axis.n - 1) * axis.s + 1, axis.n * axis.s), [0, 0]
    before, after = (choose(0, axis.extent - 1) if padding == "explicit" else 0 for _ in range(2))
    while axis.full - before - after < 1:
        before, after = before // 2, after // 2
    return axis.full - before - after + choose(0, axis.s - 1), [before, after]


def _arranged(layout: str, batch: Any, channels: Any, spatial: tuple[Any, ...]) -> list[Any]:
    return [batch, channels, *spatial] if layout == "NCHW" else [batch, *spatial, channels]


def _written(words: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in words.items())


_CALLS: dict[Framework, Callable[[Choose], Drawn]] = {
    "pytorch": _pytorch,
    "keras": _keras,
    "tensorflow": _tensorflow,
}
