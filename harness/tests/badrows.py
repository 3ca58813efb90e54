"""A suite of which some rows cannot be used, each in another way, and what is said of them."""

ROWS = """
suite: Bad rows
about: one bad row does not stop the others
defaults: {batch: 1, in_channels: 1, out_channels: 1, input_size: 3, kernel_size: 2}
cases:
  - {id: good, about: a}
  - {id: form, about: a, kernel_size: three}
  - {id: size, about: a, strides: 0}
  - {id: swept, about: a, sweep: {strides: [1, 0, 2]}}
  - {id: expected, about: a, kernel_size: 1, input: {layout: W, values: [2]}, kernel: {layout: W, values: [3]}, expect: {layout: W, values: [7]}}
  - {id: good, about: another of this name}
"""
GOOD = ["good", "swept[strides=1]", "swept[strides=2]"]
BAD = ["form", "size", "swept", "good"]
"""The ids of the rows with which something is wrong beside what they expect."""
UNEXPECTED = "expected"
