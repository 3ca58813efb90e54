"""Whole networks from one framework to another, compared layer by layer; ``harness port`` shows two of them.

``port`` takes a live torch.nn.Module or keras.Model and returns a verified one of another framework, and ``compare``
finds the first layer in which a port made by hand differs. Importing this imports no framework.
"""
