"""Networks drawn at random and written by hand in PyTorch and in Keras, to prove ports and comparisons.

Nothing here reads a model: what is right is what the original gives when it is called. Weights and data are integers
and simple fractions, so that every sum is exact in float32 and right models agree in every bit.
"""
