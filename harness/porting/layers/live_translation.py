"""Live layers into other frameworks, weights included; compared in the caller's process before they are returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.core.case import Layout
from harness.core.comparator import judge_value
from harness.core.errors import IllegalCaseError
from harness.core.outcome import Value
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.porting.layers.code import Draft, make_layer
from harness.porting.layers.layer import DiffersError, Framework, Layer, Probe, TranslationError, crops_of
from harness.porting.layers.live_layers import MARK, Live, call_of, planner, read_live
from harness.porting.layers.translation import WRITERS, draft_of, tried_probes


def to_keras(layer: Any) -> Any:
    """A built Keras layer, or model where it is composed, with the weights of ``layer``. See ``translate``."""
    return translate(layer, "keras")


def to_pytorch(layer: Any) -> Any:
    """A torch.nn.Module with the weights of ``layer``. See ``translate``."""
    return translate(layer, "pytorch")


def to_tensorflow(layer: Any) -> Any:
    """A tf.Module around tf.nn.conv2d_transpose with the weights of ``layer``. See ``translate``."""
    return translate(layer, "tensorflow")


def translate(layer: Any, to: Framework) -> Any:
    """A live layer of the framework ``to`` that computes what the live ``layer`` does, with a copy of its weights.

    ``layer`` is a torch.nn.ConvTranspose2d, a built keras.layers.Conv2DTranspose, or what a translation returned. It
    reads data in its framework's usual layout (PyTorch NCHW, the others NHWC). Both are run on drawn inputs, and each
    must lie within the rounding bound of the NumPy oracle. Raises TranslationError where they do not, or where the
    framework cannot state the layer.
    """
    try:
        live = read_live(layer)
        described = Layer(live.case, live.owner, type(layer).__name__)
        draft = draft_of(described, to, probes := tried_probes(described), planner(to))
    except IllegalCaseError as error:
        raise TranslationError(f"the layer breaks a rule of its framework: {error}") from None
    made = make_layer("\n".join(WRITERS[to](draft)), live.kernel, live.bias)
    _verify(draft, live, (call_of(live.owner, layer), call_of(to, made)), probes)
    if to == "tensorflow":
        words, layout = Words(crops_of(draft.layer)), draft.expression.data_layout
        setattr(made, MARK, replace(draft.case, dialect="canonical", words=words, layout=layout))
    return made


def _verify(draft: Draft, live: Live, calls: Sequence[Callable[[Array], Array]], probes: Sequence[Probe]) -> None:
    """Run both layers, by their ``calls``, on every probe."""
    have = draft.layer.kernel_layout
    weight = np.ascontiguousarray(live.kernel.transpose([have.index(letter) for letter in "IOHW"]))
    layouts = {"the layer itself": draft.layer.data_layout, "its translation": draft.expression.data_layout}
    for probe in probes:
        case = replace(probe.case, data="real")
        tensors = Tensors(make_tensors(case, probe.geometry).x, weight, live.bias)
        for (what, layout), call in zip(layouts.items(), calls, strict=True):
            _compare(what, Probe(case, probe.geometry), tensors, call, layout)


def _compare(what: str, probe: Probe, tensors: Tensors, call: Callable[[Array], Array], layout: Layout) -> None:
    where = f"on an input (N, H, W) = {probe}"
    there, back = (["NCHW".index(letter) for letter in layout], [layout.index(letter) for letter in "NCHW"])
    try:
        output = np.ascontiguousarray(call(np.ascontiguousarray(tensors.x.transpose(there))).transpose(back))
    except Exception as error:
        raise TranslationError(f"{what} raised {where}: {type(error).__name__}: {error}") from error
    judgement = judge_value(probe.case, tensors.reference(probe.geometry), Value(output), independent=False)
    if not judgement.verdict.conforms:
        raise DiffersError(f"{what} does not give the oracle's output {where}: {judgement.message}")
