"""The frameworks, imported into the tests' own process."""

from __future__ import annotations

import os
import sys
import warnings
from importlib.util import find_spec
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def frameworks():
    missing = [name for name in ("torch", "keras", "tensorflow") if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    os.environ.update(
        KERAS_BACKEND="tensorflow", TF_ENABLE_ONEDNN_OPTS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES=""
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras
        import tensorflow as tf
        import torch
    return SimpleNamespace(torch=torch, keras=keras, tf=tf)


@pytest.fixture(autouse=True)
def gradients_stay_on():
    """A test that starts PyTorch as a worker does switches gradients off for all that follow in its process."""
    yield
    if torch := sys.modules.get("torch"):
        torch.set_grad_enabled(True)
