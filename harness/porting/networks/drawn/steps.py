"""What a drawn network is: its layers, in words that belong to no framework, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.core.case import Pads, Pair
from harness.core.tensors import Array
from harness.porting.layers.layer import Framework
from harness.porting.networks.graph import Kind


@dataclass(frozen=True, slots=True)
class Step:
    """A layer. Kernels are (C_out, C_in/G, kH, kW), transposed (C_in, C_out/G, kH, kW).

    ``pads`` are those of a convolution or of max pooling, or the crops of a transposed convolution. Where ``same``,
    they follow from the size of the input, as in TensorFlow. ``style`` chooses between ways to write the same.
    """

    name: str
    kind: Kind
    inputs: tuple[str, ...]
    kernel_size: Pair = (1, 1)
    strides: Pair = (1, 1)
    dilations: Pair = (1, 1)
    groups: int = 1
    pads: Pads = ((0, 0), (0, 0))
    same: bool = False
    epsilon: float = 0.0
    way: str = ""
    style: int = 0
    weights: Mapping[str, Array] = field(default_factory=dict)

    @property
    def extents(self) -> Pair:
        """How many rows and columns a window spans."""
        rows, columns = ((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilations, strict=True))
        return rows, columns


@dataclass(frozen=True, slots=True)
class Drawing:
    """A network as drawn: ``steps`` in order, the last the output; ``sizes`` are those at which it is tried.

    ``owner`` is the framework in which the original is written.
    """

    owner: Framework
    channels: int
    sizes: tuple[Pair, ...]
    steps: tuple[Step, ...]

    def with_step(self, step: Step, **changes: Any) -> Drawing:
        """The same with another step of that name."""
        changed = replace(step, **changes)
        return replace(self, steps=tuple(changed if one.name == step.name else one for one in self.steps))
