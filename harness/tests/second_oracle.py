"""Transposed convolution a second time, from the four-step recipe, and the ordinary convolution it is the adjoint of.

Shares nothing with ``harness.operations.conv_transpose.oracle``, not even the crops: an axis is a plain (n, k, s, d, begin, end).
"""

import numpy as np


def by_recipe(x, w, b, height, width, groups):
    """x (N, C_in, H, W), w (C_in, C_out/G, kH, kW), b (C_out) or None.

    1. Put s - 1 zeros between the pixels. 2. Rotate the kernel by 180 degrees. 3. Pad by E - 1 less the crop on each
    side. 4. Correlate with stride 1.
    """
    spread = _dilate(x, height[2], width[2])
    taps = _dilate(w, height[3], width[3])[:, :, ::-1, ::-1]
    for axis, (_, k, _, d, begin, end) in ((2, height), (3, width)):
        reach = (k - 1) * d
        spread = _pad(spread, axis, reach - begin, reach - end)
    y = _correlate(spread, taps, groups)
    return y if b is None else y + b.reshape(1, -1, 1, 1)


def convolve(u, w, height, width, groups):
    """The ordinary convolution u (N, C_out, H', W') -> (N, C_in, H, W): stride s, dilation d, padding = crops."""
    (n, kh, sh, dh, top, _), (m, kw, sw, dw, left, _) = height, width
    c_in, per_group = w.shape[:2]
    result = np.zeros((u.shape[0], c_in, n, m))
    for c in range(c_in):
        first = c // (c_in // groups) * per_group
        for i in range(n):
            for j in range(m):
                for a in range(kh):
                    for e in range(kw):
                        row, column = i * sh + a * dh - top, j * sw + e * dw - left
                        if 0 <= row < u.shape[2] and 0 <= column < u.shape[3]:
                            result[:, c, i, j] += u[:, first : first + per_group, row, column] @ w[c, :, a, e]
    return result


def _dilate(t, rows, columns):
    """``rows`` - 1 zeros between rows, likewise columns."""
    out = np.zeros((*t.shape[:2], (t.shape[2] - 1) * rows + 1, (t.shape[3] - 1) * columns + 1))
    out[:, :, ::rows, ::columns] = t
    return out


def _pad(t, axis, before, after):
    """Zeros at both ends; a negative amount cuts instead."""
    widths = [(0, 0)] * 4
    widths[axis] = (max(before, 0), max(after, 0))
    t = np.pad(t, widths)
    keep = [slice(None)] * 4
    keep[axis] = slice(max(-before, 0), t.shape[axis] - max(-after, 0))
    return t[tuple(keep)]


def _correlate(x, w, groups):
    """out[n, o, i, j] = sum over the channels c of o's group of x[n, c, i:, j:] . w[c, o]."""
    c_in, per_group, kh, kw = w.shape
    share = c_in // groups
    rows, columns = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    out = np.zeros((x.shape[0], per_group * groups, rows, columns))
    for o in range(per_group * groups):
        group = o // per_group
        channels = slice(group * share, (group + 1) * share)
        kernel = w[channels, o % per_group]
        for i in range(rows):
            for j in range(columns):
                window = x[:, channels, i : i + kh, j : j + kw]
                out[:, o, i, j] = (window * kernel).sum(axis=(1, 2, 3))
    return out
