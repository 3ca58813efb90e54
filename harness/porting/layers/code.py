"""What the printed programs of all frameworks share: header, weights, permutation, crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from harness.adapters.crops import Expression
from harness.core.case import Layout, Pads, Sizes
from harness.operations.conv_transpose.case import Case
from harness.porting.layers.layer import TITLES, Framework, Layer
from harness.porting.layers.python_text import WIDEST

_LETTERS = {"I": "C_in", "O": "C_out", "H": "kH", "W": "kW"}


class Code(str):
    """Python text that stands for itself where a value is written."""

    __slots__ = ()
    __repr__ = str.__str__


@dataclass(frozen=True, slots=True)
class Draft:
    """A layer and how the framework ``to`` states it."""

    layer: Layer
    to: Framework
    expression: Expression
    offset: Sizes
    """See ``harness.porting.layers.target``."""
    remarks: tuple[str, ...] = ()

    @property
    def case(self) -> Case:
        return self.layer.case

    @property
    def weights(self) -> str:
        """The parameters of ``make_layer``."""
        return "kernel, bias" if self.case.bias else "kernel"

    @property
    def permuted(self) -> str:
        """The kernel in the layout of the target, as an expression."""
        have, want = self.layer.kernel_layout, self.expression.kernel_layout
        return f"kernel.transpose({permutation(have, want)})" if have != want else "kernel"

    @property
    def permutation_comment(self) -> str:
        have, want = self.layer.kernel_layout, self.expression.kernel_layout
        if have == want:
            return f"# the kernel is {_axes(want, self.case)} in both, and not rotated"
        return f"# {_axes(have, self.case)} -> {_axes(want, self.case)}, not rotated"

    @property
    def docstring(self) -> str:
        """What ``make_layer`` takes."""
        owner = TITLES[self.layer.framework] if self.layer.framework else "the case"
        bias = f", bias ({self.case.out_channels},)" if self.case.bias else ""
        kernel = _shape(self.layer)
        return f'"""A layer with the weights of {owner}: NumPy arrays kernel {kernel}{bias}."""'

    @property
    def in_channels(self) -> str:
        return "C_in" if self.layer.any_channels else str(self.case.in_channels)


def header(draft: Draft, verified: Sequence[str]) -> list[str]:
    """The comment that opens a program: what it is, why it is composed, the data layout and what was compared."""
    layer, expression = draft.layer, draft.expression
    lines = [f"{layer.title}: {layer.call}", f"as {TITLES[draft.to]}, {expression.route}", *expression.reasons]
    lines += [*draft.remarks, *layer.notes, *_data(layer.data_layout, expression.data_layout, layer.title)]
    if layer.any_channels:
        lines.append(f"the number of input channels does not matter here; verified with {layer.case.in_channels}")
    if layer.sized:
        lines.append(f"the call states the size of its input, {draft.case.input_size}; this layer takes any")
    return [part for line in [*lines, *verified] for part in comment(line)]


def comment(text: str) -> list[str]:
    """``text`` as comment lines."""
    margin = "# " + " " * (len(text) - len(text.lstrip()))
    return wrap(" ".join(text.split()), WIDEST, initial_indent=margin, subsequent_indent="#   ")


def permutation(have: str, want: str) -> str:
    """The arguments of ``transpose``."""
    return ", ".join(str(have.index(letter)) for letter in want)


def _data(have: Layout, want: Layout, source: str) -> list[str]:
    if have == want:
        return [f"data are {want} in both"]
    there, back = permutation(have, want), permutation(want, have)
    return [
        f"data are {want}, where {source} has {have}:",
        f"  x.transpose({there}) on the way in, y.transpose({back}) on the way out",
    ]


def _axes(layout: str, case: Case) -> str:
    output = "C_out / groups" if case.groups > 1 else "C_out"
    return f"{layout} ({', '.join(output if letter == 'O' else _LETTERS[letter] for letter in layout)})"


def _shape(layer: Layer) -> str:
    case = layer.case
    sizes = {
        "I": "C_in" if layer.any_channels else case.in_channels,
        "O": case.out_channels // case.groups,
        "H": case.kernel_size[0],
        "W": case.kernel_size[1],
    }
    return f"({', '.join(str(sizes[letter]) for letter in layer.kernel_layout)})"


def make_layer(text: str, kernel: Any, bias: Any) -> Any:
    """The layer that the program ``text`` makes of a kernel and a bias or None, in the layouts that it expects."""
    names: dict[str, Any] = {"__name__": "translation"}
    exec(compile(text, "<translation>", "exec"), names)  # noqa: S102 - written by harness.porting.layers from parsed numbers
    return names["make_layer"](*([kernel] if bias is None else [kernel, bias]))


def pads_and_cuts(crop: Pads) -> tuple[Pads | None, Pads | None]:
    """A crop as zeros to append and elements to cut off, in this order; None where there are none."""
    pads = tuple((max(-begin, 0), max(-end, 0)) for begin, end in crop)
    cuts = tuple((max(begin, 0), max(end, 0)) for begin, end in crop)
    return (pads if any(map(any, pads)) else None), (cuts if any(map(any, cuts)) else None)


def indented(lines: Sequence[str], levels: int = 1) -> list[str]:
    """``lines`` as the body of something."""
    return ["    " * levels + line if line else line for line in lines]
