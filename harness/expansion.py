"""One entry of a suite becomes cases: defaults applied, swept values combined, impossible cases refused.

A location in a message is where the offending value was written: in the sweep, the case or the defaults.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.case import GRADIENTS, Case, Expect, LiteralTensor, Nested, OutputName, Pads, Reading, Words
from harness.dialects import lower
from harness.dtypes import DTYPES
from harness.errors import BadInputError
from harness.geometry import Geometry, IllegalCaseError, full_geometry
from harness.given import breaks_otherwise, check_given
from harness.memory import estimate_bytes, memory_limit, show_bytes
from harness.schema import EntryForm, Parameters, SuiteForm
from harness.yamlfile import Location, YamlFile

SWEEP_LIMIT = 1_000_000
_WORDS = ("padding", "output_padding", "output_size")
_DEFAULTS: dict[str, Any] = {"batch": 1, "in_channels": 1, "out_channels": 1, "dialect": "canonical"}
_NEEDED = ("input_size", "kernel_size")


def swept_values(entry: EntryForm) -> dict[str, list[Any]]:
    """The values of each swept parameter."""
    if entry.sweep is None:
        return {}
    return {key: getattr(entry.sweep, key) for key in entry.sweep.model_fields_set}


def oversized_sweep(entry: EntryForm) -> int:
    """How many cases the entry's sweep makes, if that is more than SWEEP_LIMIT; else 0."""
    size = 1
    for values in swept_values(entry).values():
        size *= len(values)
    return size if size > SWEEP_LIMIT else 0


def combinations(entry: EntryForm) -> Iterator[dict[str, tuple[int, Any]]]:
    """Each combination of swept values, as key -> (position in the list, value)."""
    sweep = swept_values(entry)
    keys = [key for key in Parameters.model_fields if key in sweep]
    for values in itertools.product(*(list(enumerate(sweep[key])) for key in keys)):
        yield dict(zip(keys, values, strict=True))


@dataclass(frozen=True, slots=True)
class CaseMaker:
    """Makes one case out of defaults, the entry at ``index`` of the file and one combination of swept values."""

    file: YamlFile
    suite: SuiteForm
    index: int
    entry: EntryForm
    swept: dict[str, tuple[int, Any]]

    def make(self) -> Case:
        """The case; raises BadInputError where its parameters are impossible, contradictory or too large."""
        case = self._assemble()
        self._check_tensors_exist(case)
        self._check_dtype(case)
        try:
            geometry = full_geometry(case) if case.nominal else lower(case)
        except IllegalCaseError as error:
            if not case.expect.error:
                raise self._bad(error.key, str(error), error.hint) from None
            geometry = None
        self._check_given(case, None if case.nominal else geometry)
        if case.expect.error and geometry is not None:
            self._check_is_illegal(case)
        self._check_readings(case)
        self._check_literals(case, None if case.nominal else geometry)
        needed, limit = estimate_bytes(case, None if case.expect.error else geometry), memory_limit()
        if needed > limit:
            message = f"this case needs about {show_bytes(needed)} of memory, more than {show_bytes(limit)}"
            raise self._bad("input_size", message, "use smaller sizes")
        return case

    def _assemble(self) -> Case:
        values = self._values()
        words = Words(**{key: values.pop(key) for key in _WORDS if key in values})
        case = Case(
            suite=Path(self.file.path).stem,
            id=self.entry.id + self._suffix(),
            about=self.entry.about,
            source=self.entry.source or self.suite.source,
            words=words,
            input=self._literal("input"),
            kernel=self._literal("kernel"),
            expect=_expect(self.entry),
            rule=self.entry.rule or "",
            given=None if self.entry.given is None else self.entry.given.to_given(),
            path=self.file.path,
            line=self.file.line(("cases", self.index)),
            **values,
        )
        return replace(case, outputs=tuple(self.entry.outputs or _outputs(case)))

    def _values(self) -> dict[str, Any]:
        defaults, said = _said(self.suite.defaults), _said(self.entry)
        said |= {key: value for key, (_, value) in self.swept.items()}
        values = defaults | self._literal_sizes(said.get("groups") or defaults.get("groups") or 1) | said
        values = _DEFAULTS | {key: value for key, value in values.items() if value is not None}
        for key in _NEEDED:
            if key not in values:
                raise self._bad(key, f"expected the key {key}, which is missing", f"add `{key}: [3, 4]`")
        return values

    def _literal_sizes(self, groups: int) -> dict[str, Any]:
        """Sizes that the literal tensors fix; where the case itself says them they are compared later."""
        sizes: dict[str, Any] = {}
        if (x := self._literal("input")) is not None:
            sizes |= {"batch": x.size("N"), "in_channels": x.size("C"), "input_size": (x.size("H"), x.size("W"))}
        if (w := self._literal("kernel")) is not None:
            sizes |= {
                "in_channels": w.size("I"),
                "out_channels": w.size("O") * max(groups, 1),
                "kernel_size": (w.size("H"), w.size("W")),
            }
        if isinstance(self.entry.bias, tuple) and "out_channels" not in sizes:
            sizes["out_channels"] = len(self.entry.bias)
        return sizes

    def _literal(self, key: str) -> LiteralTensor | None:
        form = getattr(self.entry, key)
        return None if form is None else form.to_literal("NCHW" if key == "input" else "IOHW")

    def _suffix(self) -> str:
        if not self.swept:
            return ""
        return f"[{','.join(f'{key}={show_value(value)}' for key, (_, value) in self.swept.items())}]"

    def _check_literals(self, case: Case, geometry: Geometry | None) -> None:
        expected: list[tuple[str, LiteralTensor | None, dict[str, int]]] = [
            (
                "input",
                case.input,
                {"N": case.batch, "C": case.in_channels, "H": case.input_size[0], "W": case.input_size[1]},
            ),
            (
                "kernel",
                case.kernel,
                {
                    "I": case.in_channels,
                    "O": case.out_channels // max(case.groups, 1),
                    "H": case.kernel_size[0],
                    "W": case.kernel_size[1],
                },
            ),
        ]
        if geometry is not None:
            expected.append(("expect", case.expect.values, dict(zip("NCHW", geometry.output_shape, strict=True))))
        for key, literal, sizes in expected:
            if literal is None:
                continue
            for letter, size in sizes.items():
                if literal.size(letter) != size:
                    message = f"the values have {literal.size(letter)} along {letter}, but the case has {size}"
                    raise self._bad(key, message, "make sizes and values agree")
            self._check_held(case, key, literal.values)
        if isinstance(case.bias, tuple):
            self._check_held(case, "bias", list(case.bias))
        if isinstance(case.bias, tuple) and len(case.bias) != case.out_channels:
            message = f"{len(case.bias)} values for {case.out_channels} output channels"
            raise self._bad("bias", message, "write one number per output channel")

    def _check_held(self, case: Case, key: str, values: Nested) -> None:
        """A finite number that its dtype would turn into an infinity is another number than was written."""
        lost = next((v for v in _flat(values) if DTYPES[case.dtype].overflow <= abs(v) < math.inf), None)
        if lost is not None:
            message = f"{lost:g} is too large for {case.dtype}, in which it would be infinite"
            raise self._bad(key, message, "use smaller numbers, a wider dtype, or .inf where an infinity is meant")
        if DTYPES[case.dtype].kind != "integer":
            return
        broken = next((v for v in _flat(values) if not float(v).is_integer()), None)
        negative = next((v for v in _flat(values) if v < 0 and not DTYPES[case.dtype].signed), None)
        if (lost := negative if broken is None else broken) is not None:
            raise self._bad(key, f"{lost:g} is no {case.dtype}", "use numbers that it holds, or another dtype")

    def _check_dtype(self, case: Case) -> None:
        """Only floating point has real data and gradients, and of a bias there is one only where there is a bias."""
        if "bias_grad" in case.outputs and not case.bias:
            raise self._bad("outputs", "there is no bias to take a gradient by", "add `bias: true`, or leave it out")
        if DTYPES[case.dtype].kind == "float":
            return
        if case.data == "real":
            raise self._bad("data", f"{case.dtype} is asked with integers", "use integers, or a floating point dtype")
        if case.outputs != ("output",):
            message = f"gradients are not asked in {case.dtype}"
            raise self._bad("outputs", message, "use [output], or a floating point dtype")

    def _check_tensors_exist(self, case: Case) -> None:
        """Even of an illegal case a tensor is made, and none has a negative size."""
        for key in ("batch", "in_channels", "out_channels", "input_size", "kernel_size"):
            value = getattr(case, key)
            if min(value if isinstance(value, tuple) else (value,)) < 0:
                raise self._bad(key, f"{key} is {show_value(value)}, which no tensor has", "use numbers >= 0")

    def _check_given(self, case: Case, geometry: Geometry | None) -> None:
        try:
            check_given(case, geometry)
        except IllegalCaseError as error:
            raise self._bad(error.key, str(error), error.hint) from None

    def _check_readings(self, case: Case) -> None:
        for reading in case.expect.readings:
            if reading.crops is None:
                continue
            size = full_geometry(case).with_crops(reading.crops).output_size
            if min(size) < 0:
                message = f"reading {reading.name!r} would make an output of {list(size)}"
                raise self._bad("expect", message, "crop less")

    def _check_is_illegal(self, case: Case) -> None:
        try:
            geometry = lower(replace(case, expect=Expect()))
        except IllegalCaseError:
            return
        if breaks_otherwise(case, geometry):
            return
        message = f"an error is expected, but these parameters are legal in dialect {case.dialect}"
        raise self._bad("expect", message, "remove expect, or break the rule the case is about")

    def _bad(self, key: str, message: str, hint: str) -> BadInputError:
        combination = f" (in {self._suffix()})" if self.swept else ""
        return BadInputError(self.file.problem(self._origin(key), message + combination, hint))

    def _origin(self, key: str) -> Location:
        """Where the value of ``key`` was written."""
        here: Location = ("cases", self.index)
        if key in self.swept:
            return (*here, "sweep", key, self.swept[key][0])
        if key in self.entry.model_fields_set:
            return (*here, key)
        if key in self.suite.defaults.model_fields_set:
            return ("defaults", key)
        return here


def _said(form: Parameters) -> dict[str, Any]:
    """The parameters that ``form`` gives, those set to null included: they unset a default."""
    return {key: getattr(form, key) for key in form.model_fields_set & Parameters.model_fields.keys()}


def _expect(entry: EntryForm) -> Expect:
    form = entry.expect
    if form is None:
        return Expect()
    readings = tuple(Reading(reading.name, reading.because, _pads(reading.crops)) for reading in form.readings or ())
    return Expect(form.literal(), bool(form.error), readings)


def _outputs(case: Case) -> tuple[OutputName, ...]:
    """Everything there is a right answer for."""
    if case.nominal or not DTYPES[case.dtype].differentiable:
        return ("output",)
    return ("output", *(name for name in GRADIENTS if case.bias or name != "bias_grad"))


def _flat(values: Nested) -> Iterator[float]:
    """Every number of nested lists."""
    if isinstance(values, list):
        for item in values:
            yield from _flat(item)
    else:
        yield values


def _pads(crops: object) -> Pads | None:
    return crops if isinstance(crops, tuple) else None


def show_value(value: object, separator: str = "x") -> str:
    """A swept value as it stands in a case's name: 3, 3x2, 0:1x1:0, same, none, true."""
    if isinstance(value, tuple):
        parts = [show_value(item, ":") for item in value]
        return parts[0] if len(set(parts)) == 1 else separator.join(parts)
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
