"""Transposed convolution: its geometry and dialects, truth and bounds, faults, diagnosis and mutants."""
