"""What differs between Keras' backends: versions, what their kernels compute on the CPU, and how they differentiate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.adapters.base import ONE_THREAD
from harness.adapters.pytorch.text import AUTOGRAD
from harness.adapters.tensorflow import ENVIRONMENT, NO_DILATION
from harness.adapters.tensorflow.text import TAPE
from harness.adapters.text import Framework
from harness.core.case import Layout
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.dialects import lower_words
from harness.operations.conv_transpose.geometry import Geometry

_KERAS = Framework(
    imports=("import keras",),
    versions=("keras.__version__", "keras.backend.backend()"),
    tensor="keras.ops.convert_to_tensor({})",
    array="keras.ops.convert_to_numpy({})",
)


@dataclass(frozen=True)
class Backend(ABC):
    """One backend; the methods that touch its framework run in a worker."""

    name: str
    environment: Mapping[str, str]
    """What is set before Python begins."""
    runtime: Framework

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """Import the framework and return its version."""

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

    def versions(self) -> dict[str, str]:
        import tensorflow as tf

        return {"tensorflow": str(tf.__version__)}

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

    def versions(self) -> dict[str, str]:
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        return {"torch": str(torch.__version__)}


class JaxBackend(Backend):
    """On the CPU, with 64 bits, without which JAX turns float64 into float32."""

    def versions(self) -> dict[str, str]:
        import jax

        return {"jax": str(jax.__version__)}


TENSORFLOW = TensorFlowBackend(
    "tensorflow",
    {**ENVIRONMENT, "KERAS_BACKEND": "tensorflow"},
    replace(_KERAS, gradient_imports=("import tensorflow as tf",), gradient=TAPE),
)
TORCH = TorchBackend(
    "torch",
    {**ONE_THREAD, "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": ""},
    replace(
        _KERAS,
        gradient_imports=("import torch",),
        gradient=AUTOGRAD,
    ),
)
JAX = JaxBackend(
    "jax",
    {
        **ONE_THREAD,
        "KERAS_BACKEND": "jax",
        "JAX_ENABLE_X64": "1",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    },
    replace(
        _KERAS,
        gradient_imports=("import jax",),
        # by arguments alone, so that the weights must be such; compiled, as training does it
        derivative=(
            "def differentiated({tensors}, *weights):",
            "    with keras.StatelessScope(list(zip([{variables}], weights))):",
            "        {compute}",
            "    return y",
            "",
            "@jax.jit",
            "def derive(cotangent, *leaves):",
            "    return jax.vjp(differentiated, *leaves)[1](cotangent)",
            "",
        ),
        gradient=("found = derive({cotangent}, *leaves)",),
    ),
)
