"""Adapters that refuse an illegal call at times, or that state some cases alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from harness.adapters.program import Inexpressible
from harness.operations.conv_transpose.mutants.base import RefusalError
from harness.quality.mutant_adapter import Honest

NO_PROGRAMS: dict[str, Any] = {}


class RefusesAtTimes(Honest):
    """Refuses what is illegal in the calls of ``numbers``, counted by case; unless ``late``, while they are prepared."""

    numbers: ClassVar[Sequence[int]] = ()
    late: ClassVar[bool] = True
    made: ClassVar[Counter[str]] = Counter()

    def prepare(self, call, x, w, b):
        if "refusal" not in call:
            return super().prepare(call, x, w, b)

        def run():
            self.made[call["case"]] += 1
            if self.made[call["case"]] in self.numbers:
                raise RefusalError(call["refusal"])
            return np.zeros((1, 2), x.dtype)

        if self.late:
            return run
        y = run()
        return lambda: y


class RefusesOnce(RefusesAtTimes):
    numbers = (1,)


class RefusesOnceAndEarly(RefusesOnce):
    late = False


class RefusesLater(RefusesAtTimes):
    numbers = range(2, 9)


class RefusesEachTime(RefusesAtTimes):
    numbers = range(1, 9)


class PlansSome(Honest):
    """Fails to state what has strides, by a mistake of its own."""

    def program(self, case):
        return super().program(case) if case.strides == (1, 1) else NO_PROGRAMS["oops"]


class ExpressesNothing(Honest):
    def program(self, case):
        return Inexpressible("it never can")
