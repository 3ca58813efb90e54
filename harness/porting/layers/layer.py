"""What is translated: a transposed convolution in the words of one framework, for inputs of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.adapters.crops import KernelLayout
from harness.core.case import Dialect, DTypeName, Layout, Pads, Pair
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.geometry import Geometry
from harness.operations.conv_transpose.memory import estimate_bytes, memory_limit

Framework = Literal["pytorch", "keras", "tensorflow"]
TITLES: dict[str, str] = {"pytorch": "PyTorch", "keras": "Keras", "tensorflow": "TensorFlow"}
_FAR = (1 << 20, 1 << 20)
"""An input so large that something is left of it after any crop that a layer names."""
_GROWN: Sequence[Pair] = ((0, 0), (1, 2), (4, 1), (2, 5))


class TranslationError(Exception):
    """There is no verified translation; the message gives the reason."""


class DiffersError(TranslationError):
    """The source's or the translation's output is not the oracle's."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as written: ``call`` is its text, ``framework`` whose arrays its weights are (None: the harness's own).

    ``case`` holds its words; input size and batch are the call's own where ``sized``, and a stand-in otherwise.
    ``any_channels`` is true where the call names no number of input channels, and the case's is a stand-in.
    """

    case: Case
    framework: Framework | None
    call: str
    sized: bool = False
    any_channels: bool = False
    notes: tuple[str, ...] = ()

    @property
    def kernel_layout(self) -> KernelLayout:
        """How the framework holds the kernel."""
        return "HWOI" if self.framework in {"keras", "tensorflow"} else "IOHW"

    @property
    def data_layout(self) -> Layout:
        """How the layer reads its data."""
        return self.case.layout or ("NHWC" if self.framework in {"keras", "tensorflow"} else "NCHW")

    @property
    def title(self) -> str:
        """The framework's name, or that of the case's dialect."""
        return TITLES[self.framework] if self.framework else f"the {self.case.dialect} dialect"


@dataclass(frozen=True, slots=True)
class Probe:
    """The layer on one input size, in its own words and as a geometry."""

    case: Case
    geometry: Geometry

    def __str__(self) -> str:
        return str((self.case.batch, *self.case.input_size))


def layer_case(dialect: Dialect, dtype: DTypeName, words: Words, **settings: Any) -> Case:
    """A case of ``dialect`` with ``settings``; sizes and numbers of channels that they do not name are 1."""
    sizes = {"batch": 1, "in_channels": 1, "out_channels": 1, "input_size": (1, 1), "kernel_size": (1, 1)}
    common = {"suite": "translate", "id": "layer", "about": "", "dialect": dialect, "dtype": dtype, "words": words}
    return Case(**{**common, **sizes, **settings})


def added(one: Pads, other: Pads) -> Pads:
    """Padding or crops side by side."""
    return tuple((begin + before, end + after) for (begin, end), (before, after) in zip(one, other, strict=True))


def negative(pads: Pads) -> Pads:
    """Crops as padding, and padding as crops."""
    return tuple((-begin, -end) for begin, end in pads)


def crops_of(layer: Layer) -> Pads:
    """The crops of a layer, which hold for every input size. Raises IllegalCaseError."""
    return lower(layer.case if layer.sized else resized(layer.case, _FAR, 1)).crops


def resized(case: Case, input_size: Pair, batch: int) -> Case:
    """The same call on another input: an output size that it states grows by one stride for each element."""
    words = case.words
    if words.output_size is not None:
        sizes = zip(words.output_size, input_size, case.input_size, case.strides, strict=True)
        words = replace(words, output_size=tuple(o + (n - had) * s for o, n, had, s in sizes))
    return replace(case, input_size=input_size, batch=batch, words=words)


def probes(layer: Layer) -> list[Probe]:
    """The inputs to try: the smallest that leave an output, some larger ones, and the call's own.

    Raises IllegalCaseError for a layer that breaks a rule of its dialect, and TranslationError where its crops depend
    on the input size, or where no input is small enough to be tried here.
    """
    crops = crops_of(layer)
    shortest = (replace(axis, n=1) for axis in lower(resized(layer.case, _FAR, 1)).axes)
    height, width = (1 + max(-((axis.out - 1) // axis.s), 0) for axis in shortest)
    cases = [resized(layer.case, (height + a, width + b), 1 + i % 2) for i, (a, b) in enumerate(_GROWN)]
    if layer.sized and all(case.input_size != layer.case.input_size for case in cases):
        cases.append(layer.case)
    found = [Probe(case, lower(case)) for case in cases]
    if any(probe.geometry.crops != crops for probe in found):
        raise TranslationError("what is cropped depends on the size of the input, which no other layer could follow")
    fitting = [probe for probe in found if estimate_bytes(probe.case, probe.geometry) <= memory_limit() // 2]
    if not fitting:
        raise TranslationError("the layer is too large to be run, and thus to be verified, in this machine's memory")
    return fitting
