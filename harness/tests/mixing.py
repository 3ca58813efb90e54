"""Adapters that read an ambiguous transposed convolution in one way or, without saying so, in two."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import count
from typing import ClassVar

from harness.adapters.program import Program
from harness.operations.conv_transpose.geometry import full_geometry
from harness.tests.differentiating import Differentiating
from harness.tests.raising import raise_it


class First(Differentiating):
    """Everything by the first reading; ``backward`` numbers that of the gradients, ``later`` that of the second call."""

    backward: ClassVar[int] = 0
    later: ClassVar[int] = 0

    def program(self, case):
        program = super().program(case)
        assert isinstance(program, Program)
        full = full_geometry(case)
        read = [asdict(full.with_crops(one.crops)) for one in case.expect.readings if one.crops is not None]
        return replace(program, call={**program.call, "geometry": read[0], "read": read})

    def prepare(self, call, x, w, b):
        calls = count()
        runs = [super(First, self).prepare({**call, "geometry": call["read"][by]}, x, w, b) for by in (0, self.later)]

        def run():
            return runs[next(calls) == 1]()

        return run

    def differentiate(self, call, x, w, b, g):
        return super().differentiate({**call, "geometry": call["read"][self.backward]}, x, w, b, g)


class GradientsByAnother(First):
    backward = 1


class OtherDataByAnother(First):
    later = 1


class GradientsRefused(First):
    def differentiate(self, call, x, w, b, g):
        raise_it(ArithmeticError("no way back"))


class Refusing(First):
    def prepare(self, call, x, w, b):
        raise_it(ArithmeticError("no"))
