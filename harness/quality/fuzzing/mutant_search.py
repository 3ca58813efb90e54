"""Planted faults: whether the search, from nothing, finds mutants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from itertools import chain

from harness.adapters import Chosen
from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import transposed_convolution
from harness.quality.fuzzing.search import AdapterClient, search
from harness.quality.mutant_adapter import adapter_called


@dataclass(frozen=True, slots=True)
class Planted:
    """How the search for one mutant went; ``largest`` is the largest size of the case that finds it, if one did."""

    mutant: str
    seconds: float
    largest: int | None = None
    verdict: str = ""

    @property
    def found(self) -> bool:
        return self.largest is not None


def search_mutant(name: str, budget: float, seed: int) -> Planted:
    """Search for ``budget`` seconds for any failure of the mutant called ``name``, and shrink the first."""
    mutant = adapter_called(name)
    target = f"{mutant.__module__}:{name}"
    begin = time.monotonic()
    with AdapterClient(Chosen(mutant(), target, requested_by_name=True, requested_as=target)) as client:
        for found in search(client, budget, seed):
            return Planted(name, time.monotonic() - begin, largest_size(found.check.case), str(found.row.verdict))
    return Planted(name, time.monotonic() - begin)


def largest_size(any_case: AnyCase) -> int:
    """The largest number among a case's parameters, on either axis; of a padding its size without the sign."""
    case = transposed_convolution(any_case)
    sizes = (case.batch, case.in_channels, case.out_channels, case.groups, case.input_size, case.kernel_size)
    return max(_numbers((*sizes, case.strides, case.dilations, *astuple(case.words))))


def _numbers(parameter: object) -> Iterator[int]:
    if isinstance(parameter, tuple):
        yield from chain.from_iterable(map(_numbers, parameter))
    elif isinstance(parameter, int):
        yield abs(parameter)
