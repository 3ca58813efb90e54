"""Conformance harness for transposed convolution and what goes with it.

The names below are the public API; everything else may change from version to version. They are imported when they
are first used, so that ``import harness`` costs nothing and a worker imports nothing that it does not need.

- ``run(suites, adapters)`` runs cases on frameworks and returns the rows of the report.
- ``check_adapter(MyAdapter)`` runs the shipped cases on one adapter, and raises where it does not conform.
- ``load_cases(suites)``, ``tensors_of(case)`` and ``judge(case, arrays)`` judge arrays that you computed yourself.
- ``parametrize_with_cases(adapter, suites)`` makes the cases parameters of a pytest test.
- ``Adapter``, ``Program`` and ``Inexpressible`` are what an adapter of your own is made of; ``crops_of(case)`` states a
  transposed convolution of any dialect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.adapters.program import Inexpressible, Program
    from harness.api import NotConformingError, Result, check_adapter, judge, load_cases, run, tensors_of
    from harness.core.case import AnyCase
    from harness.core.errors import BadInputError, NothingRequestedError
    from harness.core.results import Row, Verdict
    from harness.operations.conv_transpose.case import Case
    from harness.operations.conv_transpose.dialects import crops_of
    from harness.pytest_plugin.parametrize import parametrize_with_cases

    __version__: str

__all__ = [
    "Adapter",
    "AnyCase",
    "BadInputError",
    "Case",
    "Inexpressible",
    "NotConformingError",
    "NothingRequestedError",
    "Program",
    "Result",
    "Row",
    "Verdict",
    "check_adapter",
    "crops_of",
    "judge",
    "load_cases",
    "parametrize_with_cases",
    "run",
    "tensors_of",
]

_PLACES = {
    "Adapter": "harness.adapters.base",
    "AnyCase": "harness.core.case",
    "BadInputError": "harness.core.errors",
    "Case": "harness.operations.conv_transpose.case",
    "Inexpressible": "harness.adapters.program",
    "NothingRequestedError": "harness.core.errors",
    "Program": "harness.adapters.program",
    "crops_of": "harness.operations.conv_transpose.dialects",
    "Row": "harness.core.results",
    "Verdict": "harness.core.results",
    "parametrize_with_cases": "harness.pytest_plugin.parametrize",
}
"""The modules of the names that do not come from harness.api."""

if not TYPE_CHECKING:  # a type checker must go by the imports above, and report any other name

    def __getattr__(name: str) -> object:
        """The public name, imported when it is first used; the version is that of the installed package."""
        if name == "__version__":
            from harness.core.version import harness_version

            return harness_version()
        if name not in __all__:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        found = globals()[name] = getattr(import_module(_PLACES.get(name, "harness.api")), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
