"""Transposed convolutions from one framework to another: live layers here, calls by ``harness translate``.

``to_keras``, ``to_pytorch`` and ``to_tensorflow`` take a live layer and return one with its weights, compared first.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.porting.layers.layer import TranslationError
    from harness.porting.layers.live_translation import to_keras, to_pytorch, to_tensorflow, translate

__all__ = ["TranslationError", "to_keras", "to_pytorch", "to_tensorflow", "translate"]


def __getattr__(name: str) -> Any:
    """What is exported, imported when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'layer' if name == 'TranslationError' else 'live_translation'}"), name)
