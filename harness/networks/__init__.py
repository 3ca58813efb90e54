"""Whole networks from one framework to another, compared layer by layer; ``harness port`` shows two of them.

``port`` takes a live torch.nn.Module or keras.Model and returns a verified one of another framework, and ``compare``
finds the first layer in which a port made by hand differs. Importing this imports no framework.
"""

from harness.networks.compare import PairFinding, compare
from harness.networks.judging import LayerFinding
from harness.networks.porting import port
from harness.porting.layers.layer import TranslationError

__all__ = ["LayerFinding", "PairFinding", "TranslationError", "compare", "port"]
