"""What goes wrong in a port by hand: one layer of a drawn network, changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from harness.porting.networks.drawn.steps import Drawing, Step

Change = Callable[[Step], Step | None]
"""Gives a layer with the fault, or None where it cannot have it."""


def faults(drawing: Drawing) -> Iterator[tuple[str, str, Drawing]]:
    """Every fault that a layer of ``drawing`` can have: its name, the layer's, and the network with it."""
    for step in drawing.steps:
        for name, change in _CHANGES.get(step.kind, {}).items():
            wrong = change(step)
            if wrong is not None:
                yield name, step.name, drawing.with_step(wrong)


def _with(role: str, change: Callable[[np.ndarray], object]) -> Change:
    """Another array for the weights of a role, unless its shape is another one."""

    def wrong(step: Step) -> Step | None:
        if role not in step.weights:
            return None
        array = np.ascontiguousarray(change(step.weights[role]))
        same = array.shape == step.weights[role].shape
        return replace(step, weights={**step.weights, role: array}) if same else None

    return wrong


def _moved(step: Step) -> Step | None:
    """One more at the beginning and one less at the end of an axis, or the other way round."""
    for axis, (begin, end) in enumerate(step.pads):
        for by in (1, -1):
            if begin + by >= 0 and end - by >= 0:
                moved = (begin + by, end - by)
                return replace(step, pads=tuple(moved if one == axis else pad for one, pad in enumerate(step.pads)))
    return None


def _fixed(step: Step) -> Step | None:
    """``same`` as padding of both sides alike, as PyTorch's ``padding`` is."""
    pads = tuple(((extent - 1) // 2,) * 2 for extent in step.extents)
    return replace(step, same=False, pads=pads) if step.same else None


def _unbiased(step: Step) -> Step | None:
    return replace(step, weights={"kernel": step.weights["kernel"]}) if "bias" in step.weights else None


def _swapped(step: Step) -> Step:
    weights = step.weights
    return replace(step, weights={**weights, "gamma": weights["beta"], "beta": weights["gamma"]})


def _turned(step: Step) -> Step | None:
    return replace(step, inputs=step.inputs[::-1]) if step.inputs != step.inputs[::-1] else None


def _activated(step: Step) -> Step:
    """A ReLU where a sigmoid is, and the other way round."""
    return replace(step, kind="relu" if step.kind == "sigmoid" else "sigmoid")


_KERNELS: dict[str, Change] = {
    "kernel rotated": _with("kernel", lambda kernel: kernel[:, :, ::-1, ::-1]),
    "kernel flipped along the width": _with("kernel", lambda kernel: kernel[:, :, :, ::-1]),
    "kernel's axes swapped": _with("kernel", lambda kernel: kernel.swapaxes(2, 3)),
    "kernel's channels swapped": _with("kernel", lambda kernel: kernel.swapaxes(0, 1)),
    "bias left out": _unbiased,
    "bias negated": _with("bias", np.negative),
    "one pixel off": _moved,
}
_CHANGES: dict[str, dict[str, Change]] = {
    "conv2d": {**_KERNELS, "same padded on both sides alike": _fixed},
    "conv_transpose2d": _KERNELS,
    "batch_norm": {
        "another epsilon": lambda step: replace(step, epsilon=step.epsilon * 4),
        "gamma and beta swapped": _swapped,
        "mean left out": _with("mean", np.zeros_like),
    },
    "relu": {"another activation": _activated},
    "sigmoid": {"another activation": _activated},
    "max_pool2d": {
        "one pixel off": _moved,
        "same padded on both sides alike": _fixed,
        "average": lambda step: None if step.same or any(map(any, step.pads)) else replace(step, kind="average_pool2d"),
    },
    "average_pool2d": {"largest": lambda step: replace(step, kind="max_pool2d")},
    "upsample2d": {
        "another interpolation": lambda step: replace(step, way="nearest" if step.way == "bilinear" else "bilinear"),
        "corners aligned": lambda step: replace(step, way="bilinear-corners") if step.way == "bilinear" else None,
    },
    "concat": {"inputs in the other order": _turned},
}
