"""Programs for the operations beside transposed convolution: a file for each framework, a function for each operation.

Nothing here imports a framework; the programs do, in a worker.
"""
