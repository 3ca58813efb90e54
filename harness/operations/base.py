"""What an operation states and does.

An operation is a package: ``__init__.py`` with its class, its form and its rules, ``case.py``, ``oracle.py`` with the
data and the right answers, and ``faults.py`` with the ways to be wrong; besides one function for each adapter, which
writes its program. Importing this needs neither NumPy nor a framework.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.case import GRADIENTS, Expect, OutputName, flat
from harness.core.dtypes import DTYPES
from harness.core.errors import IllegalCaseError, Problem, require
from harness.core.fields import Form
from harness.core.forms import AnySuiteForm, no_result
from harness.operations.image_case import ImageCase
from harness.operations.image_forms import image_form, literals_of

if TYPE_CHECKING:
    from harness.core.entry import Entry
    from harness.core.findings import Explanation, Separation
    from harness.core.outcome import Outcome
    from harness.core.prepared import Prepared
    from harness.core.results import Judgement
    from harness.operations.faults import Fault
    from harness.operations.oracle import Oracle

    Separate = Callable[[Any, Sequence[str]], Separation | None]

MOST_ELEMENTS = 1 << 22
COMPUTED = "computed"
"""The reading that the call gives what its parameters say, where an operation knows no other."""


class Operation(ABC):
    """An operation; its cases are those that ``make`` made, its parameters those of ``case_type``.

    What is not abstract holds for operations on images; another one overrides more.
    """

    parameters: ClassVar[type[Form]]
    case_type: ClassVar[Any]
    readings: ClassVar[Sequence[str]] = (COMPUTED,)
    """The names of the readings with a result that an ambiguous case may list."""
    data: ClassVar[Sequence[str]] = ("input",)
    """The tensors of a call, which are drawn unless they are written out."""

    @abstractmethod
    def check(self, case: Any) -> None:
        """Raise IllegalCaseError where ``case`` breaks a rule of its dialect."""

    def default_outputs(self, case: Any) -> tuple[OutputName, ...]:
        """What is requested of a legal case that does not list its outputs."""
        return ("output", "input_grad")

    @property
    def name(self) -> str:
        """As a suite's ``op`` gives it."""
        name: str = self.case_type.op
        return name

    @cached_property
    def form(self) -> type[AnySuiteForm]:
        """The form of a suite file about this operation."""
        return image_form(self.name, self.parameters)

    def module(self, name: str) -> Any:
        """The module ``name`` of the operation's package, imported now: what needs NumPy is not there to list cases."""
        package = self.case_type.__module__.rpartition(".")[0]
        return import_module(f"{package}.{name}")

    @cached_property
    def oracle(self) -> Oracle:
        """Makes data and right answers."""
        made: Oracle = self.module("oracle").ORACLE
        return made

    @cached_property
    def faults(self) -> Sequence[Fault]:
        """Every way to be wrong that is known."""
        found: Sequence[Fault] = self.module("faults").FAULTS
        return found

    def make(self, entry: Entry) -> Any:
        """The case of ``entry``; raises BadInputError where it is impossible, contradictory or too large."""
        case = self.assemble(entry)
        with entry.locating():
            self.check_known(case)
        least = 1 if case.expect.shape is None else 0
        for key in ("batch", "channels", "input_size"):
            value = getattr(case, key)
            if (smallest := min(value if isinstance(value, tuple) else (value,))) < least:
                known = "" if smallest else ", or state the shape of the output under expect where it is known"
                raise entry.bad(key, f"{key} has a number below {least}", f"use numbers >= {least}{known}")
        self._check_readings(entry, case)
        self._check_legality(entry, case)
        stated = [(literal, (name,)) for name, literal in case.literals]
        for literal, place in [*stated, *((literal, ("expect", name)) for name, literal in case.expected)]:
            entry.check_stored(literal, "int64" if place[-1] == "indices" else case.dtype, *place)
        if case.expect.shape is not None:
            entry.check_shape(case.expect, case.output_shape)
        with entry.locating():
            small = self.size(case) <= MOST_ELEMENTS
            require(small, "input_size", f"more than {MOST_ELEMENTS} elements", "use smaller sizes")
            floats = DTYPES[case.dtype].kind == "float"
            require(
                case.data != "real" or floats, "data", f"{case.dtype} is run on integers", "use a floating point dtype"
            )
            self.check_answerable(case)
        return case

    def assemble(self, entry: Entry) -> Any:
        """The same of an entry that ``make`` found good, without looking at it again."""
        values = entry.defaults | _literal_sizes(entry) | entry.stated
        values = {"dialect": "pytorch"} | {key: value for key, value in values.items() if value is not None}
        if "input_size" not in values:
            raise entry.bad("input_size", "expected the key input_size, which is missing", "add `input_size: [3, 4]`")
        literals = [(key, entry.literal(key, "NCHW")) for key in ("input", "indices")]
        form = entry.form.expect  # type: ignore[attr-defined]
        parts = {
            **entry.common,
            **values,
            "literals": tuple((key, literal) for key, literal in literals if literal is not None),
            "expected": () if form is None else literals_of(form),
            "expect": Expect() if form is None else form.to_expect(),
        }
        listed = entry.form.outputs  # type: ignore[attr-defined]
        case = self.case_type(**parts)
        usual = ("output",) if case.expect.error else self.default_outputs(case)
        if case.expect.has_written_readings:
            usual = tuple(name for name in usual if name not in GRADIENTS)
        return self.case_type(**parts, outputs=tuple(listed or usual))

    def check_known(self, case: Any) -> None:  # noqa: B027 - of most all is known
        """Raise IllegalCaseError for what nothing is known of here, whether it is legal or not."""

    def check_answerable(self, case: Any) -> None:  # noqa: B027 - most answer all
        """Raise IllegalCaseError for what is legal as far as it can be, and yet is no case."""

    def size(self, case: Any) -> int:
        """Elements of the largest tensor."""
        batch, channels, height, width = case.input_shape
        return int(batch * channels * height * width)

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
        from harness.operations.faults import explain

        return explain(case, prepared, output, outcome, judgement, self.faults, self.objection)

    def vacuous(self, case: Any) -> Problem | None:
        """A problem if the case proves nothing."""
        from harness.operations.vacuity import vacuous

        oracle: Any = self.oracle
        return vacuous(case, oracle, self.faults)

    def objection(self, case: Any) -> str:
        """The rule that a case breaks, or nothing."""
        try:
            self.check(replace(case, expect=case.expect.of_legal))
        except IllegalCaseError as error:
            return f"{error}" + (f"; {error.hint}" if error.hint else "")
        return ""

    def describe(self, case: Any) -> Iterator[str]:
        """What ``harness show`` prints of a case, line by line."""
        if case.expect.error:
            yield f"not legal in {case.dialect}: {self.objection(case)}"
        yield ", ".join(f"{name} {text}" for name, text in case.shown)

    def description(self, case: Any) -> dict[str, Any]:
        """What its page shows: ``parameters``, ``readings``, ``objection``, ``axes``, ``nominal`` and ``dtype``."""
        expected = "an error" if case.expect.error else "one of several readings" if case.expect.readings else ""
        literal = "literal values, checked against the oracle"
        expected = expected or (literal if case.expected else "the oracle’s values")
        return {
            "parameters": [("op", self.name), *case.shown, ("expected", expected)],
            "readings": [
                f"{one.name}{': the call is refused' if one.refused else ': written out' if one.results else ''}. "
                f"{one.because}"
                for one in case.expect.readings
            ],
            "objection": f"not legal in {case.dialect}: {self.objection(case)}" if case.expect.error else "",
            "axes": [],
            "nominal": case.nominal,
            "dtype": case.dtype,
        }

    def _check_readings(self, entry: Entry, case: ImageCase) -> None:
        known = ", ".join(self.readings)
        for index, reading in enumerate(case.expect.readings):
            if (reading.refused or bool(reading.results)) is (reading.name in self.readings):
                message, hint = no_result(reading.name), f"add `refused: true` or an output, or name a result: {known}"
                if reading.refused:
                    message = f"reading {reading.name!r} says that the call is refused, and what it gives"
                    hint = f"remove refused, or choose a name that is no result: those are {known}"
                elif reading.results:
                    message = f"reading {reading.name!r} has a result by its name, and another one that is written out"
                    hint = f"choose a name that is no result: those are {known}"
                raise entry.bad("expect", message, hint, "readings", index)
            indices = dict(reading.results).get("indices")
            if indices is not None and not all(float(value).is_integer() for value in flat(indices.values)):
                raise entry.bad("expect", "an index is no integer", "write integers", "readings", index, "indices")
            for name, one in reading.results:
                dtype = "int64" if name == "indices" else case.dtype
                entry.check_stored(one, dtype, "expect", "readings", index, name)
        if case.expect.has_written_readings:
            drawn = [name for name in self.data if name not in dict(case.literals)]
            entry.check_results(case, case.output_shape[:2], drawn)

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


def _literal_sizes(entry: Entry) -> dict[str, Any]:
    x = entry.literal("input", "NCHW")
    if x is None:
        return {}
    return {"batch": x.size("N"), "channels": x.size("C"), "input_size": (x.size("H"), x.size("W"))}
