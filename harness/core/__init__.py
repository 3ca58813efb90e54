"""What every other package speaks: cases, data types, numerics, references, outcomes, verdicts and errors."""
