"""What an operation states and does. One file per operation follows this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from harness.core.case import AnyCase, DTypeName, OutputName
    from harness.core.entry import Entry
    from harness.core.errors import Problem
    from harness.core.findings import Explanation, Separation
    from harness.core.forms import AnySuiteForm
    from harness.core.outcome import Outcome
    from harness.core.prepared import Prepared
    from harness.core.reference import Reference
    from harness.core.results import Judgement
    from harness.operations.conv_transpose.geometry import Geometry

    Separate = Callable[[Any, Sequence[str]], Separation | None]


class Operation(ABC):
    """What an operation is: the parameters of its cases, their reference, and how they are shown.

    Nothing here imports a framework. Cases are those that ``make`` made.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def form(self) -> type[AnySuiteForm]:
        """The form of a suite file about this operation."""

    @abstractmethod
    def make(self, entry: Entry) -> AnyCase:
        """The case of ``entry``; raises BadInputError where it is impossible, contradictory or too large."""

    @abstractmethod
    def assemble(self, entry: Entry) -> AnyCase:
        """The same of an entry that ``make`` found good, without looking at it again."""

    @abstractmethod
    def prepare(self, case: Any, geometry: Geometry | None) -> Prepared:
        """Data and right answers of ``case``; ``geometry`` is that of a transposed convolution, None otherwise."""

    @abstractmethod
    def prepare_other(self, case: Any, geometry: Geometry | None, first: Prepared) -> Prepared | None:
        """The same for other data of the same sizes than ``first`` has; None where a case has no others."""

    @abstractmethod
    def prepare_with(self, case: Any, geometry: Geometry | None, tensors: Mapping[str, Any]) -> Prepared:
        """The same for the tensors that are given, by name."""

    @abstractmethod
    def explain(
        self,
        case: Any,
        prepared: Prepared,
        output: OutputName,
        outcome: Outcome,
        judgement: Judgement,
        separate: Separate | None = None,
    ) -> Explanation:
        """One sentence on why the outcome, which is ``output``, got its verdict, or nothing."""

    @abstractmethod
    def reference_in(self, dtype: DTypeName, case: Any, prepared: Prepared, output: OutputName) -> Reference | None:
        """The right answer for ``output`` of a call that computes in ``dtype``; None where no single one is right.

        Its data are those of ``prepared``, unrounded.
        """

    @abstractmethod
    def describe(self, case: Any) -> Iterator[str]:
        """What ``harness show`` prints of a case, line by line."""

    @abstractmethod
    def words(self, case: Any) -> dict[str, Any]:
        """What its page shows: ``parameters``, ``readings``, ``objection``, ``axes``, ``nominal`` and ``dtype``."""

    @abstractmethod
    def check_expected(self, case: Any) -> Problem | None:
        """A problem if values that the suite writes out are not the oracle's."""

    @abstractmethod
    def vacuous(self, case: Any) -> Problem | None:
        """A problem if the case proves nothing."""
