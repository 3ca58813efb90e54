"""Transposed convolutions from one framework to another: live layers here, calls by ``harness translate``.

``to_keras``, ``to_pytorch`` and ``to_tensorflow`` take a live layer and return one with its weights, compared first.
"""

from harness.translate.layer import TranslationError
from harness.translate.live import to_keras, to_pytorch, to_tensorflow, translate

__all__ = ["TranslationError", "to_keras", "to_pytorch", "to_tensorflow", "translate"]
