"""Transposed convolution: what the house was built for. Importing this needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.core.case import GRADIENTS, DTypeName, OutputName
from harness.operations.conv_transpose.case import Case
from harness.operations.conv_transpose.form import SuiteForm
from harness.operations.conv_transpose.parse import CaseMaker
from harness.operations.operation import Operation

if TYPE_CHECKING:
    from harness.core.entry import Entry
    from harness.core.errors import Problem
    from harness.core.findings import Explanation
    from harness.core.outcome import Outcome
    from harness.core.prepared import Prepared
    from harness.core.reference import Reference
    from harness.core.results import Judgement
    from harness.operations.conv_transpose.data import Tensors
    from harness.operations.conv_transpose.geometry import Geometry
    from harness.operations.operation import Separate


class ConvTranspose2d(Operation):
    """See harness.operations.conv_transpose.geometry for the operation, harness.operations.conv_transpose.oracle and
    harness.operations.conv_transpose.gradients for its reference.
    """

    name = "conv_transpose2d"
    form = SuiteForm

    def make(self, entry: Entry) -> Case:
        """See Operation.make."""
        return CaseMaker(entry).make()

    def assemble(self, entry: Entry) -> Case:
        """See Operation.assemble."""
        return CaseMaker(entry).assemble()

    def prepare(self, case: Case, geometry: Geometry | None) -> Prepared:
        """See Operation.prepare."""
        from harness.operations.conv_transpose.data import make_tensors

        return self._prepared(case, geometry, make_tensors(case, geometry))

    def prepare_other(self, case: Case, geometry: Geometry | None, first: Prepared) -> Prepared:
        """See Operation.prepare_other: what a worker makes of the first data; see Factors in other_data."""
        from harness.operations.conv_transpose.data import Tensors
        from harness.operations.conv_transpose.other_data import Given, factors

        named = first.tensors.named
        given = Given(named["input"], named["kernel"], named.get("bias"), named.get("cotangent"))
        other = factors(given.w).times(given)
        return self._prepared(case, geometry, Tensors(other.x, other.w, other.b, other.g))

    def prepare_with(self, case: Case, geometry: Geometry | None, tensors: Mapping[str, Any]) -> Prepared:
        """See Operation.prepare_with."""
        from harness.operations.conv_transpose.data import Tensors

        given = Tensors(tensors["input"], tensors["kernel"], tensors.get("bias"), tensors.get("cotangent"))
        return self._prepared(case, geometry, given)

    def _prepared(self, case: Case, geometry: Geometry | None, tensors: Tensors) -> Prepared:
        from harness.core.prepared import Prepared
        from harness.operations.conv_transpose.gradients import Gradient

        if geometry is None:
            return Prepared(case, tensors)
        reference = tensors.reference(geometry)
        references: dict[OutputName, Reference] = {"output": reference}
        if tensors.g is not None:
            g = tensors.g.astype("float64")
            references |= {name: Gradient(name, reference, g) for name in case.outputs if name in GRADIENTS}
        return Prepared(case, tensors, references)

    def explain(
        self,
        case: Case,
        prepared: Prepared,
        output: OutputName,
        outcome: Outcome,
        judgement: Judgement,
        separate: Separate | None = None,
    ) -> Explanation:
        """See harness.operations.conv_transpose.diagnosis."""
        from harness.operations.conv_transpose.diagnosis import explain

        reference: Any = prepared.reference(output)
        return explain(case, reference, outcome, judgement, separate)

    def reference_in(self, dtype: DTypeName, case: Case, prepared: Prepared, output: OutputName) -> Reference | None:
        """See Operation.reference_in; nothing but sums of products is rounded."""
        return prepared.reference(output)

    def describe(self, case: Case) -> Iterator[str]:
        """The sizes, a drawing of both axes and of the overlap, and what is handed over or broken."""
        from harness.operations.conv_transpose.text_drawing import draw_case

        yield from draw_case(case)

    def words(self, case: Case) -> dict[str, Any]:
        """See Operation.words."""
        from harness.operations.conv_transpose import description as html_words

        return html_words.words(case)

    def check_expected(self, case: Case) -> Problem | None:
        """See Operation.check_expected."""
        from harness.operations.conv_transpose.expected import expected_problem

        return expected_problem(case)

    def vacuous(self, case: Case) -> Problem | None:
        """See harness.operations.conv_transpose.vacuity."""
        from harness.operations.conv_transpose.vacuity import vacuous

        return vacuous(case)
