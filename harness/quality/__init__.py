"""Whether the harness is good: mutation and diagnosis scores, soundness, coverage, lint, fuzzing and benchmarks."""
