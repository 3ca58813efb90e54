"""Tiles cover the output once, and are as small as they should be."""

import numpy as np
import pytest

from harness.operations.conv_transpose import products
from harness.operations.conv_transpose.blocks import phases, whole
from harness.operations.conv_transpose.products import blocks, multiply
from harness.tests.build import make_geometry

SIZES = {
    "more rows than kernel": ((40, 3, 2, 1), 2, 16),
    "more kernel than rows": ((5, 3, 2, 1), 16, 16),
    "more kernel than rows, one channel": ((6, 16, 2, 1), 4, 2),
}


@pytest.mark.parametrize("what", SIZES)
@pytest.mark.parametrize("cut", [whole, phases])
def test_tiles_cover_everything_once_and_keep_to_their_size(cut, what, monkeypatch):
    monkeypatch.setattr(products, "TILE_BYTES", 8192)
    axis, *channels = SIZES[what]
    geometry = make_geometry(axis, batch=2, in_channels=channels[0], out_channels=channels[1], groups=2)
    y = np.zeros(geometry.output_shape)
    pairs = list(blocks(geometry, cut))
    assert sum(len(list(pair.tiles())) for pair in pairs) > 2 * len(pairs)
    for pair in pairs:
        for tile in pair.tiles():
            landed = tile.gather(np.ones(geometry.output_shape))
            least = 8 * len(pair.height.taps) * len(pair.width.taps) * geometry.batch * pair.width.length
            assert landed.nbytes <= max(2 * 8192, least)
            tile.scatter(landed, y)
    # how many taps reach an element where landings meet, once where they do not
    expected = multiply(geometry, np.ones(geometry.input_shape), np.ones(geometry.kernel_shape)) / (channels[0] // 2)
    assert np.array_equal(y, expected if cut is whole else np.ones_like(y))
