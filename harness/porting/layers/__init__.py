"""Transposed convolutions from one framework to another: live layers, and calls by ``harness translate``.

``to_keras``, ``to_pytorch`` and ``to_tensorflow`` take a live layer and return one with its weights, compared first.
"""
