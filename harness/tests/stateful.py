"""Adapters whose calls remember: each is right when it is called on one set of data alone."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from harness.core.case import DTypeName
from harness.operations.conv_transpose.mutants import mutant_called
from harness.quality.mutant_adapter import Honest
from harness.tests.differentiating import Differentiating

KEPT: dict[Any, Any] = {}


class AllTypes(Honest):
    """Remembers nothing."""

    dtypes: ClassVar[tuple[DTypeName, ...]] = (*Honest.dtypes, "int32", "int8", "uint8")


class FirstAnswer(AllTypes):
    """A prepared call gives its first result for ever."""

    def prepare(self, call, x, w, b):
        run, kept = super().prepare(call, x, w, b), []

        def again():
            kept.append(run())
            return kept[0]

        return again


class FirstAnswerAndScratch(AllTypes):
    """The same, and its input is memory to work in."""

    def prepare(self, call, x, w, b):
        run, kept = super().prepare(call, x, w, b), []

        def again():
            kept.append(run())
            x[...] = 0
            return kept[0]

        return again


class LastAnswer(AllTypes):
    """Each call but the first gives the result of the one before."""

    def prepare(self, call, x, w, b):
        run, kept = super().prepare(call, x, w, b), []

        def late():
            kept.append(run())
            return kept[max(len(kept) - 2, 0)]

        return late


class Saturates(AllTypes):
    """The end of its type, whatever the data are."""

    def finish(self, y):
        ends = np.iinfo(y.dtype) if y.dtype.kind in "iu" else np.finfo(y.dtype)
        return np.full_like(y, ends.max)


class AlwaysOnes(AllTypes):
    """Wrong, and right answers may be the same for all data too."""

    def finish(self, y):
        return np.ones_like(y)


class RotatedFirstAnswer(FirstAnswer):
    """A fault that may be listed, and that first result for ever."""

    mutant = mutant_called("KernelRotated")


class SameMemory(AllTypes):
    """Every result lies in the same memory."""

    def prepare(self, call, x, w, b):
        run, held = super().prepare(call, x, w, b), list[Any]()

        def written():
            held.append(run()) if not held else np.copyto(held[0], run())
            return held[0]

        return written


class RotatedSameMemory(SameMemory):
    """A fault that may be listed, and that memory."""

    mutant = mutant_called("KernelRotated")


class PackedKernel(AllTypes):
    """The kernel is packed once."""

    def prepare(self, call, x, w, b):
        return super().prepare(call, x, w.copy(), b)


class PackedInput(AllTypes):
    """So is the input."""

    def prepare(self, call, x, w, b):
        return super().prepare(call, x.copy(), w, b)


class RotatedPackedKernel(PackedKernel):
    """A fault that may be listed, and the first kernel for ever."""

    mutant = mutant_called("KernelRotated")


class RotatedPackedInput(PackedInput):
    """A fault that may be listed, and the first input for ever."""

    mutant = mutant_called("KernelRotated")


class PackedBias(AllTypes):
    def prepare(self, call, x, w, b):
        return super().prepare(call, x, w, None if b is None else b.copy())


class CachedByShape(AllTypes):
    """Prepares anew for each data, as a third party's adapter may, and finds the first result by its sizes."""

    reusable = False

    def prepare(self, call, x, w, b):
        run = super().prepare(call, x, w, b)
        return lambda: KEPT.setdefault((call["case"], x.shape, w.shape), run())


class PreparedOnce(AllTypes):
    """Copies its data when it is prepared: right, where each data are prepared apart."""

    reusable = False

    def prepare(self, call, x, w, b):
        return super().prepare(call, x.copy(), w.copy(), None if b is None else b.copy())


class WrongAfterwards(AllTypes):
    """Right for the first data alone, and not by remembering."""

    def prepare(self, call, x, w, b):
        run, first = super().prepare(call, x, w, b), x.copy()
        return lambda: run() if np.array_equal(x, first) else run() + x.dtype.type(1)


class OverwritesInput(AllTypes):
    """Computes in place."""

    def prepare(self, call, x, w, b):
        run = super().prepare(call, x, w, b)

        def once():
            y = run()
            x.fill(0)
            return y

        return once


class StaleGradients(Differentiating):
    """The gradients that ``names`` says are those of the first call."""

    names: tuple[str, ...] = ()

    def differentiate(self, call, x, w, b, g):
        run, kept = super().differentiate(call, x, w, b, g), []

        def again():
            kept.append(run())
            return kept[-1] | {name: kept[0][name] for name in self.names}

        return again


class StaleInputGradient(StaleGradients):
    names = ("input_grad",)


class StaleKernelGradient(StaleGradients):
    names = ("kernel_grad",)


class StaleBiasGradient(StaleGradients):
    names = ("bias_grad",)


class PackedCotangent(Differentiating):
    def differentiate(self, call, x, w, b, g):
        return super().differentiate(call, x, w, b, g.copy())


class ZerosStay(AllTypes):
    """Where the kernel is zero when the call is prepared it is taken for zero ever after."""

    def prepare(self, call, x, w, b):
        zero, kernel = w == 0, w.copy()
        run = super().prepare(call, x, kernel, b)

        def masked():
            kernel[...] = np.where(zero, 0, w)
            return run()

        return masked
