"""One small legal case of each operation, for the tests that take every operation."""

SMALL = {
    "conv_transpose2d": "dialect: pytorch; strides: 2; kernel_size: 3; out_channels: 4; in_channels: 3",
    "avg_unpool2d": "pool_size: 2; channels: 3",
    "max_unpool2d": "pool_size: 2; channels: 3",
    "max_pool2d_with_indices": "pool_size: 2; channels: 3",
    "resize2d": "output_size: [4, 5]; channels: 3; method: nearest",
    "resize_conv2d": "output_size: [4, 5]; channels: 3; method: nearest; out_channels: 6; kernel_size: 2",
}
"""The words beside those of ``SIZES``."""
SIZES = "batch: 2; input_size: [2, 3]"
SHAPES = {
    "conv_transpose2d": [2, 5, 7, 4],
    "avg_unpool2d": [2, 4, 6, 3],
    "max_unpool2d": [2, 4, 6, 3],
    "max_pool2d_with_indices": [2, 1, 1, 3],
    "resize2d": [2, 4, 5, 3],
    "resize_conv2d": [2, 4, 5, 6],
}
"""The shape (N, H, W, C) of its output."""
