"""How another framework states a layer: its expression, the same for every input size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.adapters.base import Adapter
from harness.adapters.crops import ConvTransposeAdapter, Expression
from harness.adapters.program import Inexpressible
from harness.core.case import Sizes
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry
from harness.porting.layers.layer import Probe, TranslationError

_SIZED = "output_shape"


def plan_target(adapter: ConvTransposeAdapter, probes: Sequence[Probe]) -> tuple[Expression, Sizes]:
    """What ``adapter`` makes of a layer, in its framework's usual data layout, without any size of the data.

    An output size in its call is strides times input + an offset, which is given beside it.
    Raises TranslationError where the framework cannot state the layer, or needs other parameters for other input sizes.
    """
    targets = []
    for probe in probes:
        expression = adapter.express(replace(probe.case, layout=None), probe.geometry)
        if isinstance(expression, Inexpressible):
            raise TranslationError(expression.reason)
        targets.append(_unsized(expression, probe.geometry))
    if any(target != targets[0] for target in targets):
        raise TranslationError(f"{adapter.name} needs other parameters for other input sizes")
    return targets[0]


def _unsized(expression: Expression, geometry: Geometry) -> tuple[Expression, Sizes]:
    if _SIZED not in expression.call:
        return expression, (0,) * len(geometry.axes)
    call = {name: value for name, value in expression.call.items() if name != _SIZED}
    first = expression.data_layout.index("H")
    sizes = zip(expression.call[_SIZED][first : first + 2], geometry.axes, strict=True)
    return replace(expression, call=call), tuple(size - axis.n * axis.s for size, axis in sizes)


def mistaken_same(adapter: Adapter, geometry: Geometry) -> str:
    """What ``padding="same"`` would do, where it has the right size and the wrong crops; or nothing."""
    size = geometry.output_size if adapter.dialect == "tensorflow" else None
    try:
        same = lower_words(adapter.dialect, geometry, Words("same", output_size=size))
    except IllegalCaseError:
        return ""
    if same.output_size != geometry.output_size or same.crops == geometry.crops:
        return ""
    (top, bottom), (left, right) = same.crops
    return (
        f'padding="same" has the right size and the wrong pixels: it crops ({top}, {bottom}) rows and '
        f"({left}, {right}) columns"
    )
