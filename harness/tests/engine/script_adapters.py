"""Adapters whose program a test writes, from which scripts are made."""

from __future__ import annotations

from dataclasses import replace

from harness.adapters import Chosen
from harness.adapters.base import ALL_OUTPUTS
from harness.adapters.program import Program
from harness.adapters.text import Framework
from harness.engine.check import plan_check
from harness.quality.mutant_adapter import Honest
from harness.tests.build import make_case


def checked(case, adapter):
    check = plan_check(case, Chosen(adapter, "", requested_by_name=True))
    assert check is not None
    return check


class Lying(Honest):
    """An adapter of whose program the test writes the lines."""

    runtime = Framework(versions=("np.__version__",), array="{}")

    def __init__(self, *body):
        self.body = body

    def program(self, case):
        tensors = ("input", "kernel", "bias") if case.bias else ("input", "kernel")
        return Program({}, tensors, self.body, imports=("calls = []",), dtype=case.dtype)


RIGHT = "y = conv_transpose(x, w, b, crops).astype(np.float32)"
CASE = make_case(dialect="pytorch", strides=(2, 1), bias=True, padding=((1, 1), (0, 0)))


class LyingBack(Lying):
    """An adapter whose gradients alone the test writes, as a list ``found``."""

    outputs = ALL_OUTPUTS

    def program(self, case):
        named = 'found = dict(zip(("input_grad", "kernel_grad", "bias_grad"), found))'
        return replace(super().program(case), compute=("y = None",), gradient=(*self.body, named) if self.body else ())


TRUE = "found = [gradient(input, kernel, cotangent).astype(x.dtype)] * 3"
GRADIENT = replace(CASE, outputs=ALL_OUTPUTS)
