"""What the cases of operations on images share. Importing this needs no NumPy."""

from __future__ import annotations

from dataclasses import dataclass, fields

from harness.core.case import AnyCase, LiteralTensor, OutputName, Pair


@dataclass(frozen=True, slots=True)
class ImageCase(AnyCase):
    """The data are (N, C, H, W), sizes in elements."""

    batch: int = 1
    channels: int = 1
    input_size: Pair = (1, 1)
    literals: tuple[tuple[str, LiteralTensor], ...] = ()
    """Tensors that are written out, by name."""
    expected: tuple[tuple[OutputName, LiteralTensor], ...] = ()
    """Results that are written out."""

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H, W)."""
        return (self.batch, self.channels, *self.input_size)

    @property
    def has_empty_axis(self) -> bool:
        return 0 in self.input_shape or 0 in self.output_shape

    @property
    def size(self) -> Pair:
        """Height and width of the output."""
        raise NotImplementedError

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H_out, W_out)."""
        return (self.batch, self.channels, *self.size)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Name and value of everything that determines the case, in reading order."""
        common = {field.name for field in fields(AnyCase)} | {"literals", "expected"}
        own = [field.name for field in fields(self) if field.name not in common]
        values = [(name, getattr(self, name)) for name in ("dialect", *own, "dtype", "layout")]
        literal = " and ".join(name for name, _ in self.literals)
        data = f"literal {literal}" if literal else f"seeded {self.data}"
        return [*((name, _show(value)) for name, value in values if value is not None), ("data", data)]


def _show(value: object) -> str:
    """A parameter as text: pairs as ``2 × 3``, pads as ``0:1 × 2:1``."""
    if isinstance(value, tuple):
        return " × ".join(":".join(map(str, one)) if isinstance(one, tuple) else _show(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
