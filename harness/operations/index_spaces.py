"""Index spaces: what one number of a pooling layer's indices means, and its translation to another space.

A space is an order of axes, the last one running fastest. An axis that a space leaves out is that of the element which
holds the index: in ``plane`` it lies in the same image and the same channel. Importing this needs no NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    IndexArray = npt.NDArray[np.int64]

SpaceName = Literal["plane", "hwc", "nhwc", "nchw", "ncwh"]
ORDERS: dict[SpaceName, str] = {"plane": "HW", "hwc": "HWC", "nhwc": "NHWC", "nchw": "NCHW", "ncwh": "NCWH"}
"""PyTorch's; TensorFlow's, and with ``include_batch_in_index``; ONNX's, and with ``storage_order`` 1."""
NATIVE: dict[str, SpaceName] = {"pytorch": "plane", "tensorflow": "hwc", "keras": "plane", "onnx": "nchw"}
"""The space of each dialect; Keras returns no indices, and is given that of one plane."""
LETTERS = "NCHW"
Shape = tuple[int, int, int, int]
"""(N, C, H, W), in elements."""


@dataclass(frozen=True, slots=True)
class Space:
    """The indices of a tensor of ``shape`` (N, C, H, W) in one space."""

    name: SpaceName
    shape: Shape

    @property
    def order(self) -> str:
        """The axes that an index counts, the slowest first."""
        return ORDERS[self.name]

    @property
    def sizes(self) -> Mapping[str, int]:
        """Elements along each axis, by its letter."""
        return dict(zip(LETTERS, self.shape, strict=True))

    @property
    def strides(self) -> Mapping[str, int]:
        """By how much an index grows along each axis that it counts."""
        found, step = {}, 1
        for letter in reversed(self.order):
            found[letter] = step
            step *= self.sizes[letter]
        return {letter: found[letter] for letter in self.order}

    @property
    def size(self) -> int:
        """How many indices there are."""
        first = self.order[0]
        return self.strides[first] * self.sizes[first]

    def flatten(self, coordinates: Mapping[str, IndexArray]) -> IndexArray:
        """The indices of the elements at ``coordinates``, arrays by letter that broadcast to (N, C, H', W')."""
        total: Any = 0
        for letter, stride in self.strides.items():
            total = total + coordinates[letter] * stride
        return total  # type: ignore[no-any-return]

    def place(self, element: tuple[int, ...], index: int) -> tuple[int, ...]:
        """The coordinates (N, C, H, W) of ``index``, which belongs to the value at ``element``."""
        found = dict(zip(LETTERS, element, strict=True)) | self._divided(index)
        return tuple(found[letter] for letter in LETTERS)

    def coordinates(self, indices: IndexArray) -> dict[str, IndexArray]:
        """The coordinates of ``indices`` (N, C, H', W') by letter; the inverse of ``flatten``.

        Of an index outside of the space the slowest coordinate is, too.
        """
        import numpy as np

        image, channel = np.ogrid[: indices.shape[0], : indices.shape[1]]
        found = {"N": image[..., None, None], "C": channel[..., None, None]} | self._divided(indices)
        return {letter: np.broadcast_to(one, indices.shape) for letter, one in found.items()}

    def _divided(self, index: Any) -> dict[str, Any]:
        """The coordinates that ``index`` counts."""
        first, sizes = self.order[0], self.sizes
        divided = {letter: index // stride for letter, stride in self.strides.items()}
        return {letter: one if letter == first else one % sizes[letter] for letter, one in divided.items()}


NAMES = {"N": "image", "C": "channel", "H": "row", "W": "column"}


def dividing(source: Space, letters: str, held: tuple[int, int]) -> list[str]:
    """Program text that divides ``indices`` into the coordinates that ``letters`` name, as NumPy arrays.

    ``held`` are the images and channels of ``indices``, which is (N, C, H', W').
    """
    lines = []
    for letter in letters:
        stride, size = source.strides.get(letter), source.sizes[letter]
        if stride is None:
            axes = "[:, None, None, None]" if letter == "N" else "[None, :, None, None]"
            lines.append(f"{NAMES[letter]} = np.arange({held[LETTERS.index(letter)]}){axes}")
            continue
        divided = "indices" if stride == 1 else f"indices // {stride}"
        lines.append(f"{NAMES[letter]} = {divided}" + ("" if letter == source.order[0] else f" % {size}"))
    return lines


def translating(source: Space, target: Space, moved: Sequence[int] = (0, 0)) -> list[str]:
    """Program text that turns ``indices`` of ``source`` into those of ``target``; nothing where they are the same.

    ``moved`` are the rows and columns of ``source`` before the first ones of ``target``, as where it was padded.
    """
    if source == target and not any(moved):
        return []
    lines = dividing(source, target.order, target.shape[:2])
    before = {"H": moved[0], "W": moved[1]}
    parts = []
    for letter, stride in target.strides.items():
        name = f"({NAMES[letter]} - {before[letter]})" if before.get(letter) else NAMES[letter]
        parts.append(name if stride == 1 else f"{name} * {stride}")
    return [*lines, f"indices = {' + '.join(parts)}"]


def spoken(name: SpaceName) -> str:
    """A space in words."""
    if name == "plane":
        return "one plane"
    return "·".join(ORDERS[name].lower())


def translation(source: Space, target: Space) -> str:
    """Why indices are translated."""
    if source.name == target.name:
        return "the indices of the padded image are turned into those of the image"
    return f"the indices are translated from {spoken(source.name)} to {spoken(target.name)}"
