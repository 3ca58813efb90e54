"""Adapters that also run Python text: what ``harness translate`` is about to print, in the worker of its framework.

A call that holds ``text`` is a program with ``make_layer(kernel)`` or ``make_layer(kernel, bias)``; any other call is
the framework's own, as its adapter makes it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.keras import Keras
from harness.adapters.pytorch import PyTorch
from harness.adapters.tensorflow import TensorFlow
from harness.core.tensors import Array

TEXT = "text"


def load_text(text: str) -> Callable[..., Any]:
    """The function ``make_layer`` that the program ``text`` defines."""
    names: dict[str, Any] = {"__name__": "translation"}
    exec(compile(text, "<translation>", "exec"), names)  # noqa: S102 - written by harness.porting.layers from parsed numbers
    make: Callable[..., Any] = names["make_layer"]
    return make


def make_layer(text: str, w: Array, b: Array | None) -> Any:
    """The layer that ``text`` makes of a kernel and a bias, both in the layouts that it expects."""
    return load_text(text)(*([w] if b is None else [w, b]))


class _Texts(Adapter):
    """Mixed into an adapter, runs a text where the call is one."""

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        if TEXT in call:
            return self.caller(make_layer(call[TEXT], w, b), x)
        return super().prepare(call, x, w, b)  # type: ignore[safe-super]

    @abstractmethod
    def caller(self, layer: Any, x: Array) -> Callable[[], Array]:
        """A function that calls ``layer`` on ``x``, both of the framework."""


class PyTorchTexts(_Texts, PyTorch):
    """Gradients are recorded while a text runs, as in a program of its own."""

    def prepare(self, call: Mapping[str, Any], x: Array, w: Array, b: Array | None) -> Callable[[], Array]:
        """See Adapter.prepare."""
        with self.torch.set_grad_enabled(TEXT in call):
            return super().prepare(call, x, w, b)

    def caller(self, layer: Any, x: Array) -> Callable[[], Array]:
        """See _Texts.caller."""
        data = self.torch.from_numpy(x)
        return lambda: layer(data).detach().numpy()


class KerasTexts(_Texts, Keras):
    """TensorFlow backend."""

    def caller(self, layer: Any, x: Array) -> Callable[[], Array]:
        """See _Texts.caller."""
        data = self.keras.ops.convert_to_tensor(x)
        return lambda: self.keras.ops.convert_to_numpy(layer(data))


class TensorFlowTexts(_Texts, TensorFlow):
    """Eager."""

    def caller(self, layer: Any, x: Array) -> Callable[[], Array]:
        """See _Texts.caller."""
        data = self.tf.constant(x)
        return lambda: layer(data).numpy()
