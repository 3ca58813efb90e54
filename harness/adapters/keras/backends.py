"""What differs between Keras' backends in the text of a program: how they differentiate."""

from __future__ import annotations

from dataclasses import replace

from harness.adapters.pytorch.text import AUTOGRAD
from harness.adapters.tensorflow.text import TAPE
from harness.adapters.text import Framework

KERAS = Framework(
    imports=("import keras",),
    versions=("keras.__version__", "keras.backend.backend()"),
    tensor="keras.ops.convert_to_tensor({})",
    array="keras.ops.convert_to_numpy({})",
)
TENSORFLOW = replace(KERAS, gradient_imports=("import tensorflow as tf",), gradient=TAPE)
TORCH = replace(KERAS, gradient_imports=("import torch",), gradient=AUTOGRAD)
JAX = replace(
    KERAS,
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
)
