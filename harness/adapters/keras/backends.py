"""What differs between Keras' backends: versions, what their kernels compute on the CPU, and how they differentiate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters.base import ONE_THREAD
from harness.adapters.tensorflow import ENVIRONMENT, NO_DILATION
from harness.core.case import Layout
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry

Function = Callable[..., Any]
Differentiated = Callable[[Sequence[Any], Any], Sequence[Any]]


@dataclass(frozen=True)
class Backend(ABC):
    """One backend; the methods that touch its framework run in a worker."""

    name: str

    @property
    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """What is set before Python begins."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """Import the framework and return its version."""

    @abstractmethod
    def gradients(self, function: Function) -> Differentiated:
        """A function of tensors and a cotangent: the gradients of ``function(*tensors)`` times it, by each tensor."""

    @property
    @abstractmethod
    def imported(self) -> str:
        """The framework's import, as Python text."""

    @abstractmethod
    def written(self, names: str, lines: Sequence[str]) -> list[str]:
        """``gradients`` as Python text: lines that leave ``found``.

        ``lines`` make ``y`` of ``tensors``, which are the arguments called ``names`` where they must be such.
        """

    def limit(self, case: Case) -> str:
        """Why the kernels cannot compute ``case``, or nothing."""
        return ""

    def computes(self, geometry: Geometry, words: Words) -> bool:
        """Whether the kernels compute what the layer can say."""
        return True

    def reads(self, case: Case, layout: Layout) -> bool:
        """Whether the kernels read ``layout`` in the case's dtype."""
        return True


class TensorFlowBackend(Backend):
    """Its CPU kernels dilate and read NCHW in float32 only."""

    @property
    def environment(self) -> Mapping[str, str]:
        """See Backend.environment."""
        return {**ENVIRONMENT, "KERAS_BACKEND": "tensorflow"}

    def versions(self) -> dict[str, str]:
        """See Backend.versions."""
        import tensorflow as tf

        return {"tensorflow": str(tf.__version__)}

    def gradients(self, function: Function) -> Differentiated:
        """By a GradientTape."""
        import tensorflow as tf

        def run(tensors: Sequence[Any], cotangent: Any) -> Sequence[Any]:
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                y = function(*tensors)
            found: Sequence[Any] = tape.gradient(y, list(tensors), cotangent)
            return found

        return run

    @property
    def imported(self) -> str:
        """See Backend.imported."""
        return "import tensorflow as tf"

    def written(self, names: str, lines: Sequence[str]) -> list[str]:
        """See Backend.written."""
        return [
            "with tf.GradientTape() as tape:",
            "    tape.watch(tensors)",
            *(f"    {line}" for line in lines),
            "found = tape.gradient(y, tensors, tf.constant(cotangent))",
        ]

    def limit(self, case: Case) -> str:
        """Dilation in other dtypes than float32."""
        return NO_DILATION if max(case.dilations) > 1 and case.dtype != "float32" else ""

    def computes(self, geometry: Geometry, words: Words) -> bool:
        """TensorFlow must itself reach the size by SAME."""
        if words.padding != "same":
            return True
        try:
            lower_words("tensorflow", geometry, Words("same", output_size=geometry.output_size))
        except IllegalCaseError:
            return False
        return True

    def reads(self, case: Case, layout: Layout) -> bool:
        """NHWC, and in float32 both."""
        return layout == "NHWC" or case.dtype == "float32"


class TorchBackend(Backend):
    """Its kernels have none of TensorFlow's limits."""

    @property
    def environment(self) -> Mapping[str, str]:
        """See Backend.environment."""
        return {**ONE_THREAD, "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": ""}

    def versions(self) -> dict[str, str]:
        """See Backend.versions."""
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        return {"torch": str(torch.__version__)}

    def gradients(self, function: Function) -> Differentiated:
        """By autograd; the weights of a layer are parameters already."""
        import torch

        def run(tensors: Sequence[Any], cotangent: Any) -> Sequence[Any]:
            leaves = [one if one.requires_grad else one.detach().requires_grad_() for one in tensors]
            with torch.enable_grad():
                found: Sequence[Any] = torch.autograd.grad(function(*leaves), leaves, cotangent)
            return found

        return run

    @property
    def imported(self) -> str:
        """See Backend.imported."""
        return "import torch"

    def written(self, names: str, lines: Sequence[str]) -> list[str]:
        """See Backend.written."""
        return [
            "for tensor in tensors:",
            "    tensor.requires_grad_()",
            *lines,
            "found = torch.autograd.grad(y, tensors, keras.ops.convert_to_tensor(cotangent))",
        ]


class JaxBackend(Backend):
    """On the CPU, with 64 bits, without which JAX turns float64 into float32."""

    @property
    def environment(self) -> Mapping[str, str]:
        """See Backend.environment."""
        return {
            **ONE_THREAD,
            "KERAS_BACKEND": "jax",
            "JAX_ENABLE_X64": "1",
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
        }

    def versions(self) -> dict[str, str]:
        """See Backend.versions."""
        import jax

        return {"jax": str(jax.__version__)}

    def gradients(self, function: Function) -> Differentiated:
        """By ``jax.vjp``, compiled as training does it."""
        import jax

        @jax.jit  # type: ignore[untyped-decorator]
        def pulled(cotangent: Any, *tensors: Any) -> Sequence[Any]:
            _, pull = jax.vjp(function, *tensors)
            found: Sequence[Any] = pull(cotangent)
            return found

        return lambda tensors, cotangent: pulled(cotangent, *tensors)

    @property
    def imported(self) -> str:
        """See Backend.imported."""
        return "import jax"

    def written(self, names: str, lines: Sequence[str]) -> list[str]:
        """See Backend.written."""
        return [
            f"def compute({names}):",
            *(f"    {line}" for line in lines),
            "    return y",
            "",
            "@jax.jit",
            "def derive(cotangent, *tensors):",
            "    _, pull = jax.vjp(compute, *tensors)",
            "    return pull(cotangent)",
            "",
            "found = derive(keras.ops.convert_to_tensor(cotangent), *tensors)",
        ]


TENSORFLOW = TensorFlowBackend("tensorflow")
TORCH = TorchBackend("torch")
JAX = JaxBackend("jax")
