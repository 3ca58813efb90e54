"""Runs the unit tests of a package and writes down the calls that they make, and the results that they expect."""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from itertools import product
from typing import Any

import numpy as np

from harness.quality.peers.row import Array, Row, UnstatedError

Describe = Callable[[str, Mapping[str, Any], Any], Row]
"""Makes a row of a name, of the arguments of a call and of what came back."""
SEED = 0


class NoValuesError(Exception):
    """A call is made on symbols: it computes nothing yet."""


class Recorder(unittest.TestResult):
    """Each kind of call is written down once for each test that makes it: the first, or one that is held against
    what it should be.

    ``as_array`` turns a tensor into an array, and raises NoValuesError of a symbol.
    """

    def __init__(self, as_array: Callable[[Any], Array]) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.as_array = as_array
        self._test = ""
        self._made: dict[str, tuple[int, list[Row]]] = {}
        """By what makes a kind, where its row stands, and all calls of that kind."""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - a name of unittest
        """Tests that draw data draw the same in each run."""
        super().startTest(test)
        np.random.seed(SEED)  # noqa: NPY002 - what the tests draw from
        self._test = test.id().rpartition(".")[2]
        self._made = {}

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - a name of unittest
        """A test that pytest would pass over is no error."""
        if err[0] is not None and err[0].__name__ == "Skipped":
            self.addSkip(test, str(err[1]))
        else:
            super().addError(test, err)

    def watch(self, owner: Any, name: str, describe: Describe) -> None:
        """Write down the calls of the function or method ``name`` of ``owner`` from now on."""
        original = getattr(owner, name)
        signature = inspect.signature(original)

        @wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            self._record(bound.arguments, made, describe)
            return made

        setattr(owner, name, watched)

    def watch_expectations(self, owner: Any, name: str = "assertAllClose") -> None:
        """What the assertion ``name`` of ``owner`` holds a recorded result against is what the test expects."""
        original = getattr(owner, name)

        @wraps(original)
        def watched(test: Any, first: Any, second: Any, *args: Any, **kwargs: Any) -> Any:
            self._expect(first, second)
            return original(test, first, second, *args, **kwargs)

        setattr(owner, name, watched)

    def run_tests(self, modules: Sequence[Any], match: Callable[[str], bool]) -> None:
        """Run the tests in ``modules`` whose names match; raises RuntimeError where one fails."""
        loader = unittest.defaultTestLoader
        for module in modules:
            for test in _single(loader.loadTestsFromModule(module)):
                if match(test.id()):
                    test.run(self)
        wrong = [*self.errors, *self.failures]
        if wrong:
            test, text = wrong[0]
            raise RuntimeError(f"{len(wrong)} tests fail, the first is {test.id()}: {text.strip().splitlines()[-1]}")

    def _record(self, given: Mapping[str, Any], made: Any, describe: Describe) -> None:
        name = f"{self._test} {len(self._made) + 1}"
        try:
            row = describe(name, given, made)
        except NoValuesError:
            return
        except UnstatedError as error:
            row = Row(name, absent=str(error))
        shapes = [(key, array.shape, str(array.dtype)) for key, (_, array) in row.inputs.items()]
        kind = repr((row.operation, row.words, row.absent, shapes))
        _, calls = self._made.setdefault(kind, (len(self.rows), []))
        if not calls:
            self.rows.append(row)
        calls.append(row)

    def _expect(self, first: Any, second: Any) -> None:
        try:
            pair = [self.as_array(first), self.as_array(second)]
        except Exception:  # of whatever is compared there
            return
        for place, calls in self._made.values():
            if self.rows[place].expected or not calls[0].results:
                continue
            for row, (made, wanted) in product(calls, (pair, pair[::-1])):
                letters, result = row.results["output"]
                if _same(made, result) and wanted.shape == result.shape:
                    results = {"output": (letters, wanted.astype(result.dtype))}
                    self.rows[place] = replace(row, results=results, expected=True)
                    break


def _same(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _single(suite: Any) -> list[Any]:
    if not isinstance(suite, unittest.TestSuite):
        return [suite]
    return [test for part in suite for test in _single(part)]
