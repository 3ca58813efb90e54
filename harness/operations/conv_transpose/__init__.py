"""Transposed convolution: its geometry and dialects, reference and bounds, faults, diagnosis and mutants."""
