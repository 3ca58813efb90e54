"""An operation whose cases are few parameters, whose reference is a table and whose calls are programs.

An operation is three files: ``<name>/__init__.py`` with the case, its form and its rules, ``oracle.py`` with the data
and the right answers, and ``faults.py`` with the ways to be wrong; besides one function for each adapter, which writes
its program. Importing this needs no NumPy.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.case import AnyCase, DTypeName, Expect, LiteralTensor, OutputName, Pair
from harness.core.errors import IllegalCaseError, Problem, require
from harness.core.fields import Form
from harness.core.forms import AnySuiteForm, no_result
from harness.operations.image_forms import image_form
from harness.operations.operation import Operation

if TYPE_CHECKING:
    from harness.core.entry import Entry
    from harness.core.findings import Explanation
    from harness.core.outcome import Outcome
    from harness.core.prepared import Prepared
    from harness.core.reference import Reference
    from harness.core.results import Judgement
    from harness.operations.conv_transpose.geometry import Geometry
    from harness.operations.faults import Fault
    from harness.operations.operation import Separate
    from harness.operations.oracle import Oracle

MOST_ELEMENTS = 1 << 22
COMPUTED = "computed"
"""The reading that the call gives what its parameters say, where an operation knows no other."""


@dataclass(frozen=True, slots=True)
class ImageCase(AnyCase):
    """What the cases of these operations share; the data are (N, C, H, W), sizes in elements."""

    batch: int = 1
    channels: int = 1
    input_size: Pair = (1, 1)
    literals: tuple[tuple[str, LiteralTensor], ...] = ()
    """Tensors that are written out, by name."""
    expected: tuple[tuple[OutputName, LiteralTensor], ...] = ()
    """Results that are written out."""

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H, W)."""
        return (self.batch, self.channels, *self.input_size)


class ImageOperation(Operation):
    """An operation of this kind. ``place`` is the package of its oracle and its faults."""

    place: ClassVar[str]
    parameters: ClassVar[type[Form]]
    case_type: ClassVar[type[ImageCase]]
    defaults: ClassVar[dict[str, Any]] = {}
    readings: ClassVar[Sequence[str]] = (COMPUTED,)
    """The names of the readings with a result that an ambiguous case may list."""

    @abstractmethod
    def check(self, case: Any) -> None:
        """Raise IllegalCaseError where ``case`` breaks a rule of its dialect."""

    @abstractmethod
    def asks(self, case: Any) -> tuple[OutputName, ...]:
        """What a legal case asks for where it does not say."""

    @cached_property
    def form(self) -> type[AnySuiteForm]:
        """See Operation.form."""
        return image_form(self.name, self.parameters)

    @cached_property
    def oracle(self) -> Oracle:
        """Data and right answers."""
        made: Oracle = import_module(f"{self.place}.oracle").ORACLE
        return made

    @cached_property
    def faults(self) -> Sequence[Fault]:
        """Every way to be wrong that is known."""
        found: Sequence[Fault] = import_module(f"{self.place}.faults").FAULTS
        return found

    def make(self, entry: Entry) -> ImageCase:
        """See Operation.make."""
        case = self.assemble(entry)
        for key, least in (("batch", 1), ("channels", 1), ("input_size", 1)):
            value = getattr(case, key)
            if min(value if isinstance(value, tuple) else (value,)) < least:
                raise entry.bad(key, f"{key} has a number below {least}", f"use numbers >= {least}")
        self._check_readings(entry, case)
        self._check_legality(entry, case)
        if self.size(case) > MOST_ELEMENTS:
            raise entry.bad("input_size", f"more than {MOST_ELEMENTS} elements", "use smaller sizes")
        if case.data == "real" and not self._floats(case):
            raise entry.bad("data", f"{case.dtype} is asked with integers", "use a floating point dtype")
        return case

    def assemble(self, entry: Entry) -> ImageCase:
        """See Operation.assemble."""
        values = {"dialect": "pytorch"} | self.defaults | entry.defaults | self._literal_sizes(entry) | entry.said
        values = {key: value for key, value in values.items() if value is not None}
        if "input_size" not in values:
            raise entry.bad("input_size", "expected the key input_size, which is missing", "add `input_size: [3, 4]`")
        literals = [(key, entry.literal(key, "NCHW")) for key in ("input", "indices")]
        form = entry.form.expect  # type: ignore[attr-defined]
        known: tuple[OutputName, ...] = ("output", "indices")
        expected = [] if form is None else [(name, getattr(form, name)) for name in known]
        case = self.case_type(
            **entry.common,
            **values,
            literals=tuple((key, literal) for key, literal in literals if literal is not None),
            expected=tuple((name, one.to_literal("NCHW")) for name, one in expected if one is not None),
            expect=Expect() if form is None else form.to_expect(),
        )
        asked = entry.form.outputs  # type: ignore[attr-defined]
        return replace(case, outputs=tuple(asked or (("output",) if case.expect.error else self.asks(case))))

    def size(self, case: Any) -> int:
        """Elements of the largest tensor."""
        batch, channels, height, width = case.input_shape
        return int(batch * channels * height * width)

    def prepare(self, case: Any, geometry: Geometry | None) -> Prepared:
        """See Operation.prepare."""
        from harness.operations.oracle import prepare

        return prepare(self.oracle, case)

    def prepare_other(self, case: Any, geometry: Geometry | None, first: Prepared) -> Prepared | None:
        """See Operation.prepare_other: drawn with another seed; values that are written out stay."""
        from harness.core.prepared import OTHER
        from harness.operations.oracle import prepare

        other = prepare(self.oracle, replace(case, id=f"{case.id}{OTHER}"))
        named = first.tensors.named
        same = all(array.tobytes() == named[name].tobytes() for name, array in other.tensors.named.items())
        return None if same else other

    def prepare_with(self, case: Any, geometry: Geometry | None, tensors: Mapping[str, Any]) -> Prepared:
        """See Operation.prepare_with."""
        from harness.operations.oracle import prepare_with

        return prepare_with(self.oracle, case, tensors)

    def explain(
        self,
        case: Any,
        prepared: Prepared,
        output: OutputName,
        outcome: Outcome,
        judgement: Judgement,
        separate: Separate | None = None,
    ) -> Explanation:
        """The faults that give the same."""
        from harness.operations.faults import explain

        return explain(case, prepared, output, outcome, judgement, self.faults, self.objection)

    def reference_in(self, dtype: DTypeName, case: Any, prepared: Prepared, output: OutputName) -> Reference | None:
        """See Operation.reference_in; coordinates may be rounded too."""
        from harness.operations.oracle import arrays_of, widened

        if case.nominal:
            return None
        return self.oracle.references(replace(case, dtype=dtype), widened(arrays_of(prepared))).get(output)

    def objection(self, case: Any) -> str:
        """The rule that a case breaks, or nothing."""
        try:
            self.check(replace(case, expect=Expect()))
        except IllegalCaseError as error:
            return f"{error}" + (f"; {error.hint}" if error.hint else "")
        return ""

    def describe(self, case: Any) -> Iterator[str]:
        """The parameters."""
        if case.expect.error:
            yield f"not legal in {case.dialect}: {self.objection(case)}"
        yield ", ".join(f"{name} {text}" for name, text in self.shown(case))

    def shown(self, case: Any) -> list[tuple[str, str]]:
        """Name and value of everything that determines ``case``, in reading order."""
        common = {field.name for field in fields(AnyCase)} | {"literals", "expected"}
        own = [field.name for field in fields(case) if field.name not in common]
        values = [(name, getattr(case, name)) for name in ("dialect", *own, "dtype", "layout")]
        literal = " and ".join(name for name, _ in case.literals)
        data = f"literal {literal}" if literal else f"seeded {case.data}"
        return [*((name, show(value)) for name, value in values if value is not None), ("data", data)]

    def words(self, case: Any) -> dict[str, Any]:
        """See Operation.words."""
        expected = "an error" if case.expect.error else "one of several readings" if case.expect.readings else ""
        literal = "literal values, checked against the oracle"
        expected = expected or (literal if case.expected else "the oracle’s values")
        return {
            "parameters": [("op", self.name), *self.shown(case), ("expected", expected)],
            "readings": [
                f"{one.name}{': the call is refused' if one.refused else ''}. {one.because}"
                for one in case.expect.readings
            ],
            "objection": f"not legal in {case.dialect}: {self.objection(case)}" if case.expect.error else "",
            "axes": [],
            "nominal": case.nominal,
            "dtype": case.dtype,
        }

    def check_expected(self, case: Any) -> Problem | None:
        """See Operation.check_expected."""
        from harness.operations.oracle import expected_problem

        return expected_problem(self.oracle, case)

    def vacuous(self, case: Any) -> Problem | None:
        """A case that no fault fails proves nothing, unless it is published."""
        from harness.operations.faults import kills_any
        from harness.operations.oracle import arrays_of, prepare, widened
        from harness.operations.vacuous_bounds import bound_problem

        if not case.nominal:
            prepared = prepare(self.oracle, case)
            arrays = arrays_of(prepared)
            rotated: dict[OutputName, Any] = {}
            if "kernel" in arrays:
                turned = {**arrays, "kernel": arrays["kernel"][..., ::-1, ::-1]}
                rotated = {"output": self.oracle.references(case, widened(turned))["output"].output}
            if problem := bound_problem(case, arrays.values(), prepared.references, rotated):
                return problem
        if case.source or case.nominal or kills_any(case, self.prepare(case, None), self.faults):
            return None
        return Problem(case.path, case.line, 1, case.id, "vacuous: no fault fails it", "use other data or sizes")

    def _literal_sizes(self, entry: Entry) -> dict[str, Any]:
        x = entry.literal("input", "NCHW")
        if x is None:
            return {}
        return {"batch": x.size("N"), "channels": x.size("C"), "input_size": (x.size("H"), x.size("W"))}

    def _check_readings(self, entry: Entry, case: ImageCase) -> None:
        known = ", ".join(self.readings)
        for index, reading in enumerate(case.expect.readings):
            if reading.refused is (reading.name in self.readings):
                message, hint = no_result(reading.name), f"add `refused: true`, or name a result: {known}"
                if reading.refused:
                    message = f"reading {reading.name!r} says that the call is refused, and what it gives"
                    hint = f"remove refused, or choose a name that is no result: those are {known}"
                raise entry.bad("expect", message, hint, "readings", index)

    def _check_legality(self, entry: Entry, case: ImageCase) -> None:
        try:
            x = dict(case.literals).get("input")
            sizes = None if x is None else tuple(x.size(letter) for letter in "NCHW")
            require(
                sizes is None or sizes == case.input_shape,
                "input",
                "the values are of other sizes than the case",
                "make sizes and values agree",
            )
            self.check(case)
        except IllegalCaseError as error:
            if case.expect.error and error.key != "input":
                return
            raise entry.bad(error.key, str(error), error.hint) from None
        if case.expect.error:
            message = f"an error is expected, but these parameters are legal in dialect {case.dialect}"
            raise entry.bad("expect", message, "remove expect, or break the rule the case is about")

    def _floats(self, case: ImageCase) -> bool:
        from harness.core.dtypes import DTYPES

        return DTYPES[case.dtype].kind == "float"


def show(value: object) -> str:
    """A parameter as text: pairs as ``2 × 3``, pads as ``0:1 × 2:1``."""
    if isinstance(value, tuple):
        return " × ".join(":".join(map(str, one)) if isinstance(one, tuple) else show(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
