"""What the oracle of an operation gives: data, right answers and readings, all in NumPy and float64."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.core.case import GRADIENTS, DTypeName, OutputName, Reading
from harness.core.dtypes import DTYPES
from harness.core.errors import Problem
from harness.core.literals import as_array, as_reference, difference, problem_of
from harness.core.numerics import flushed
from harness.core.prepared import OTHER, Prepared
from harness.core.reference import Reference, ReferenceValues
from harness.core.tensors import NamedTensors, seed_of
from harness.operations.conv_transpose.data import signed
from harness.operations.image_case import ImageCase
from harness.operations.integers import Recipe, alone

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
Draw = Callable[[tuple[int, ...], Recipe], Array]
"""Draws a tensor of a shape: normal numbers, or integers by the recipe."""


class Oracle(ABC):
    """Makes the data and the right answers of one operation."""

    @abstractmethod
    def prepare(self, case: Any) -> Prepared:
        """Data and right answers of ``case``."""

    def implies_other(self, case: Any, first: Prepared) -> bool:
        """Whether a worker makes the other data from those of ``first``, so that a job need not carry them."""
        return False

    @abstractmethod
    def other_is_alike(self, case: Any) -> bool:
        """Whether the other data have as many bits as the first, so that a fault shows in the same way."""

    @abstractmethod
    def prepare_other(self, case: Any, first: Prepared) -> Prepared | None:
        """The same for other data of the same sizes than ``first`` has; None where a case has no others."""

    @abstractmethod
    def prepare_with(self, case: Any, tensors: Mapping[str, Any]) -> Prepared:
        """The same for ``tensors``, by name."""

    @abstractmethod
    def reference_in(self, dtype: DTypeName, case: Any, prepared: Prepared, output: OutputName) -> Reference | None:
        """The right answer for ``output`` of a call that computes in ``dtype``; None where no single one is right.

        Its data are those of ``prepared``, unrounded.
        """

    @abstractmethod
    def expected_problem(self, case: Any) -> Problem | None:
        """A problem if results that the suite writes out are not these."""


@dataclass(frozen=True, slots=True)
class ImageOracle(Oracle):
    """That of an operation on images.

    ``data(case, draw)`` makes the tensors that a call is given, in the case's dtype; ``draw(shape, recipe)`` draws one.
    ``references(case, arrays)`` are the right answers for the outputs from these tensors, widened to float64, where
    ``cotangent`` is among them if gradients are requested; ``reading(case, arrays, name)`` those of one reading.
    ``cotangent`` says how the integers of the cotangent are drawn, so that the gradients are exact if they can be.
    """

    data: Callable[[Any, Draw], dict[str, Array]]
    references: Callable[[Any, Arrays], Mapping[OutputName, ReferenceValues]]
    cotangent: Callable[[Any], Recipe]
    reading: Callable[[Any, Arrays, str], Mapping[OutputName, ReferenceValues]] | None = None

    def read(self, case: Any, arrays: Arrays, name: str) -> Mapping[OutputName, ReferenceValues]:
        """The right answers of the reading called ``name``; where there is but one with a result, the reference."""
        return self.references(case, arrays) if self.reading is None else self.reading(case, arrays, name)

    def prepare(self, case: ImageCase) -> Prepared:
        draw = drawer(case)
        arrays = self.data(case, draw)
        if any(name in GRADIENTS for name in case.outputs):
            arrays = arrays | {"cotangent": draw(case.output_shape, self.cotangent(case))}
        return self.prepare_with(case, arrays)

    def other_is_alike(self, case: ImageCase) -> bool:
        """Not where an input that is written out is drawn."""
        return "input" not in dict(case.literals)

    def prepare_other(self, case: ImageCase, first: Prepared) -> Prepared | None:
        """Drawn with another seed, an input that is written out too; its indices stay, of which not all are legal.

        Where the output is the same, as the largest of the same numbers in another order is, the input is negated.
        """
        renamed = replace(case, id=f"{case.id}{OTHER}")
        drawn = tuple((name, one) for name, one in case.literals if name != "input")
        other = replace(self.prepare(replace(renamed, literals=drawn)), case=renamed)
        if _same_output(first, other):
            negated = {"input": -other.tensors.named["input"]}
            other = self.prepare_with(renamed, {**other.tensors.named, **negated})
        named = first.tensors.named
        same = all(array.tobytes() == named[name].tobytes() for name, array in other.tensors.named.items())
        return None if same else other

    def prepare_with(self, case: ImageCase, tensors: Arrays) -> Prepared:
        wide = widened(tensors)

        @cache
        def by_reading(name: str) -> Mapping[OutputName, ReferenceValues]:
            return self.read(case, wide, name)

        def read(reading: Reading, output: OutputName) -> Reference | None:
            if reading.results:
                return as_reference(
                    dict(reading.results)[output], DTYPES["int64" if output == "indices" else case.dtype]
                )
            return None if reading.refused else by_reading(reading.name)[output]

        named = NamedTensors(tensors, read)
        if case.nominal:
            return Prepared(case, named)
        references = self.references(case, wide)

        def low(name: OutputName, floor: float) -> ReferenceValues | None:
            small = {key: flushed(array, floor) for key, array in wide.items()}
            return None if all(small[key] is wide[key] for key in wide) else self.references(case, small)[name]

        return Prepared(case, named, {name: replace(references[name], low=partial(low, name)) for name in case.outputs})

    def reference_in(
        self, dtype: DTypeName, case: ImageCase, prepared: Prepared, output: OutputName
    ) -> Reference | None:
        """Coordinates may be rounded too."""
        if case.nominal:
            return None
        return self.references(replace(case, dtype=dtype), widened(arrays_of(prepared))).get(output)

    def expected_problem(self, case: ImageCase) -> Problem | None:
        if not case.expected:
            return None
        references = self.prepare(case).references
        for name, wanted in case.expected:
            if name in references and (found := difference(case, wanted, references[name])):
                return problem_of(case, f"expect.{name}", found)
        return None


def _same_output(first: Prepared, other: Prepared) -> bool:
    one, two = first.references.get("output"), other.references.get("output")
    return one is not None and two is not None and np.array_equal(one.output, two.output, equal_nan=True)


def drawer(case: ImageCase) -> Draw:
    """Draws non-zero integers, or normal numbers, in the case's dtype, seeded by the case's name."""
    generator, dtype = np.random.default_rng(seed_of(case)), DTYPES[case.dtype]

    def draw(shape: tuple[int, ...], recipe: Recipe) -> Array:
        if case.data == "real":
            return generator.normal(size=shape).astype(dtype.numpy)
        sizes = recipe.draw(generator, shape)
        return (signed(generator, sizes) if dtype.signed else sizes).astype(dtype.numpy)

    return draw


def distinct(case: ImageCase, shape: tuple[int, ...], most: int) -> Array:
    """Numbers that differ from each other within each plane of ``shape`` (N, C, H, W), in the case's dtype.

    They are odd numbers from ``-most`` to ``most``, as far apart as there is space for them; where there is not that
    much, all integers around 0, and where a plane has more elements than the dtype has exact integers, as many repeat.
    """
    generator, dtype = np.random.default_rng(seed_of(case)), DTYPES[case.dtype]
    planes, size = int(np.prod(shape[:2])), int(np.prod(shape[2:]))
    step = 2 * ((most - 1) // max(size, 1))
    numbers = np.arange(size) % (2 * dtype.exact_limit) - min(size, 2 * dtype.exact_limit) // 2
    if step:
        numbers = numbers * step + 1
    drawn = [generator.permutation(numbers) for _ in range(planes)]
    return np.array(drawn).reshape(shape).astype(dtype.numpy)


def drawn_input(case: ImageCase, draw: Draw, most: int) -> dict[str, Array]:
    """``input`` (N, C, H, W), as the case writes it out or else drawn, integers up to ``most``.

    These are the data of an operation that takes no more.
    """
    return {"input": written(case, "input", draw(case.input_shape, alone(DTYPES[case.dtype], most)))}


def summed_in_windows(case: Any) -> Recipe:
    """How to draw what a pooling, or the gradient of one, sums over windows or over those that share an element."""
    dtype = DTYPES[case.dtype]
    return alone(dtype, dtype.exact_limit // max(prod(case.pool_size), 1))


def written(case: ImageCase, name: str, drawn: Array) -> Array:
    """The tensor that ``case`` writes out under ``name``, in the dtype of ``drawn``, which it is otherwise."""
    given = literal(case, name)
    return drawn if given is None else given.astype(drawn.dtype)


def widened(arrays: Arrays) -> dict[str, Array]:
    """Floating point tensors in float64; indices as they are."""
    return {name: array if array.dtype == np.int64 else array.astype(np.float64) for name, array in arrays.items()}


def literal(case: ImageCase, name: str) -> Array | None:
    """The tensor that ``case`` writes out under ``name``, (N, C, H, W) in float64."""
    found = dict(case.literals).get(name)
    return None if found is None else as_array(found, "NCHW")


def arrays_of(prepared: Prepared) -> Arrays:
    """The tensors of a case; raises TypeError for what was prepared of another operation."""
    if not isinstance(prepared.tensors, NamedTensors):
        raise TypeError("the tensors of such a case have names")
    return prepared.tensors.arrays
