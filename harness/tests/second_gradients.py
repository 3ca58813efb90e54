"""The three gradients a second time, from their definition: every product of an element, one by one.

Shares nothing with ``harness.operations.conv_transpose.gradients``: an axis is a plain (n, k, s, d, begin, end), and the place of a product in
the output is worked out for each pair of input element and tap.
"""

import itertools

import numpy as np


def products_of(name, x, w, g, height, width, groups):
    """For each element of the gradient called ``name`` the list of pairs of numbers whose products make it."""
    shape = {"input_grad": x.shape, "kernel_grad": w.shape, "bias_grad": g.shape[1:2]}[name]
    found: dict[tuple[int, ...], list[tuple[float, float]]] = {
        index: [] for index in itertools.product(*map(range, shape))
    }
    if name == "bias_grad":
        for n, o, i, j in itertools.product(*map(range, g.shape)):
            found[o,].append((1.0, g[n, o, i, j]))
        return found, shape
    per_group, share = w.shape[1], x.shape[1] // groups
    for n, c, i, j in itertools.product(*map(range, x.shape)):
        for o, a, e in itertools.product(*map(range, w.shape[1:])):
            row, column = _place(i, a, height), _place(j, e, width)
            if 0 <= row < g.shape[2] and 0 <= column < g.shape[3]:
                there = g[n, c // share * per_group + o, row, column]
                if name == "input_grad":
                    found[n, c, i, j].append((w[c, o, a, e], there))
                else:
                    found[c, o, a, e].append((x[n, c, i, j], there))
    return found, shape


def by_definition(name, x, w, g, height, width, groups):
    """The gradient in float64."""
    found, shape = products_of(name, x, w, g, height, width, groups)
    grad = np.zeros(shape)
    with np.errstate(invalid="ignore", over="ignore"):
        for index, pairs in found.items():
            grad[index] = sum((np.float64(one) * other for one, other in pairs), np.float64(0))
    return grad


def count(name, x, w, g, height, width, groups):
    """How many products make each element."""
    found, shape = products_of(name, x, w, g, height, width, groups)
    return np.array([len(pairs) for pairs in found.values()], dtype=np.int64).reshape(shape)


def _place(element, tap, axis):
    _, _, s, d, begin, _ = axis
    return element * s + tap * d - begin
