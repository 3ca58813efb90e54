"""Layers and networks from framework to framework, each port verified.

``port`` and ``compare`` take whole models, ``to_keras``, ``to_pytorch`` and ``to_tensorflow`` one transposed
convolution. They are imported when they are first used; importing this imports no framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.porting.layers.layer import TranslationError
    from harness.porting.layers.live_translation import to_keras, to_pytorch, to_tensorflow, translate
    from harness.porting.networks.compare import compare
    from harness.porting.networks.porting import port

__all__ = ["TranslationError", "compare", "port", "to_keras", "to_pytorch", "to_tensorflow", "translate"]


def __getattr__(name: str) -> Any:
    """What is exported, from the package that has it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {"compare": "networks.compare", "port": "networks.porting", "TranslationError": "layers.layer"}
    return getattr(import_module(f"{__name__}.{homes.get(name, 'layers.live_translation')}"), name)
