"""What every adapter states and does. One file per framework follows this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import ClassVar

from harness.adapters.program import Inexpressible, Program
from harness.adapters.text import Framework
from harness.core.case import GRADIENTS, AnyCase, Dialect, DTypeName, OutputName
from harness.operations.conv_transpose.case import Case

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Results must not depend on the number of cores, and small calls are fastest on one."""
LEGALITY = ("broken_rules", "empty_inputs", "impossible_parameters", "reported_divergences")
"""Suites about what is refused, in which ways to run one framework differ most."""
ALL_OUTPUTS: tuple[OutputName, ...] = ("output", *GRADIENTS)


class NotInstalledError(Exception):
    """Raised by ``start`` where something that the adapter needs is not installed, with what that is."""


class Adapter(ABC):
    """One framework, in one configuration.

    ``program`` runs in the harness and must not import the framework; ``start``, and the lines of programs, run in a
    worker process whose ``environment`` was set before Python began.
    """

    name: ClassVar[str]
    dialect: ClassVar[Dialect]
    mode: ClassVar[str] = "eager"
    dtypes: ClassVar[tuple[DTypeName, ...]]
    refused_dtypes: ClassVar[Mapping[DTypeName, str]] = {}
    """What the framework states about the other dtypes, where that is known."""
    runtime: ClassVar[Framework] = Framework()
    """What is put around the lines of its programs."""
    programs: ClassVar[Mapping[str, str]] = {}
    """For each operation whose programs ``program`` does not itself write, the ``module:function`` that does."""
    outputs: ClassVar[tuple[OutputName, ...]] = ("output",)
    """What can be requested of it: gradients too, where its programs or its ``runtime`` give them."""
    shape_only: ClassVar[bool] = False
    """It states shape and dtype without computing a value, as its ``runtime`` does."""
    reusable: ClassVar[bool] = False
    """A prepared call can be made again with other data, as a layer can: it reads its arrays when it is called.

    Other data of the same sizes are then written into these between its calls. Without this, other data are prepared
    apart.
    """
    refusals: ClassVar[tuple[type[BaseException], ...]] = ()
    """What its own code raises to refuse a case, where it is itself the implementation.

    Whatever else the adapter's own code raises is its mistake; what the framework raises is an answer.
    """
    environment: ClassVar[Mapping[str, str]] = ONE_THREAD
    unstated: ClassVar[tuple[str, ...]] = ()
    """Variables of ``environment`` that no result of its own depends on."""
    variant: ClassVar[bool] = False
    """Another configuration of a framework: it runs its own dialect's cases, and all others only when named."""
    process: ClassVar[str] = ""
    """Adapters with the same word here share a process: one framework, one environment, imported once.

    Those of another ``start`` or other ``packages`` do not: whether they start, and in which versions, is their own.
    """
    continues: ClassVar[str] = ""
    """The word of other processes that it can go on in when they have nothing left: its framework is loaded there.

    Their environment must be its own.
    """
    suites: ClassVar[tuple[str, ...]] = ()
    """The only suites that a variant runs unless it is named, beside that about modes; none means every one."""
    framework: ClassVar[bool] = True
    """False for an implementation that is checked beside the frameworks: a run of it alone says nothing about any."""
    expensive: ClassVar[bool] = False
    """A variant of seconds a call: it does not run the suite about modes either, unless it is named."""
    packages: ClassVar[Mapping[str, str]] = {}
    """The modules that it needs, by the names under which pip installs them; without one it is not installed."""
    smoke: ClassVar[bool] = True
    """Whether a small known call is made once it has started, to see that it works (see harness.adapters.readiness)."""
    weight: ClassVar[int] = 0
    """How long a whole run takes, roughly, in seconds; the heaviest start first, so that none is left to run alone."""

    @abstractmethod
    def start(self) -> dict[str, str]:
        """Import the framework and return the versions in play, the framework's own first."""

    def explain(self, error: BaseException) -> str:
        """The part of an error's message that describes what is wrong."""
        return str(error)

    def program(self, case: AnyCase) -> Program | Inexpressible:
        """How to run ``case``: here, what the function that ``programs`` names for its operation gives."""
        module, _, function = self.programs[case.op].partition(":")
        written: Program | Inexpressible = getattr(import_module(module), function)(case)
        return written

    def computes(self, op: str) -> bool:
        """Whether it can run the operation called ``op``; programs are written for no variant."""
        return op == Case.op or (op in self.programs and not self.variant)

    @property
    def settings(self) -> dict[str, str]:
        """The part of ``environment`` that may change a result."""
        return {
            name: value
            for name, value in self.environment.items()
            if not name.endswith("_THREADS") and name not in self.unstated
        }
