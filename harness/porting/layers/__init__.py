"""Transposed convolutions from one framework to another: live layers here, calls by ``harness translate``.

``to_keras``, ``to_pytorch`` and ``to_tensorflow`` take a live layer and return one with its weights, compared first.
"""

from harness.porting.layers.layer import TranslationError
from harness.porting.layers.live_translation import to_keras, to_pytorch, to_tensorflow, translate

__all__ = ["TranslationError", "to_keras", "to_pytorch", "to_tensorflow", "translate"]
