"""An entry of a suite becomes a transposed convolution: defaults applied, impossible cases refused."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from harness.core.case import Expect, LiteralTensor, Nested, flat
from harness.core.dtypes import DTYPES, DType
from harness.core.entry import Entry, show_value
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import AXES, Case, Words
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.form import EntryForm
from harness.operations.conv_transpose.geometry import Geometry, full_geometry
from harness.operations.conv_transpose.memory import estimate_bytes, memory_limit, show_bytes
from harness.operations.conv_transpose.overrides import breaks_otherwise, check_overrides, describe_overrides

_WORDS = ("padding", "output_padding", "output_size")
_DEFAULTS: dict[str, Any] = {"batch": 1, "in_channels": 1, "out_channels": 1, "dialect": "canonical"}
_NEEDED = ("input_size", "kernel_size")


@dataclass(frozen=True, slots=True)
class CaseMaker:
    """Makes one transposed convolution out of an entry."""

    entry: Entry

    def make(self, case: Case) -> Case:
        """``case``, assembled; raises BadInputError where its parameters are impossible, contradictory or too large."""
        self._check_tensors_exist(case)
        self._check_dtype(case)
        case = self._with_overflow(case)
        try:
            geometry = full_geometry(case) if case.nominal else lower(case)
        except IllegalCaseError as error:
            if not case.expect.error:
                raise self.entry.bad(error.key, str(error), error.hint) from None
            geometry = None
        with self.entry.locating():
            check_overrides(case, None if case.nominal else geometry)
        if case.expect.error and geometry is not None:
            self._check_is_illegal(case)
        self._check_readings(case)
        self._check_cotangent(case)
        self._check_literals(case, None if case.nominal else geometry)
        needed, limit = estimate_bytes(case, None if case.expect.error else geometry), memory_limit()
        if needed > limit:
            message = f"this case needs about {show_bytes(needed)} of memory, more than {show_bytes(limit)}"
            raise self.entry.bad("input_size", message, "use smaller sizes")
        return case

    def parts(self) -> dict[str, Any]:
        """What the case is made of, unchecked, without outputs where none are listed.

        Raises BadInputError where a key is missing.
        """
        values = self._values()
        words = Words(**{key: values.pop(key) for key in _WORDS if key in values})
        form = self._form
        return {
            **self.entry.common,
            "words": words,
            "input": self.entry.literal("input", "NCHW"),
            "kernel": self.entry.literal("kernel", "IOHW"),
            "cotangent": self.entry.literal("cotangent", "NCHW"),
            "expect": Expect() if form.expect is None else form.expect.to_expect(),
            "rule": form.rule or "",
            "overrides": None if form.overrides is None else form.overrides.to_overrides(),
            "outputs": tuple(form.outputs or ()),
            **values,
        }

    @property
    def _form(self) -> EntryForm:
        form = self.entry.form
        if not isinstance(form, EntryForm):
            raise TypeError("an entry of another operation")
        return form

    def _values(self) -> dict[str, Any]:
        defaults, stated = self.entry.defaults, self.entry.stated
        values = defaults | self._literal_sizes(stated.get("groups") or defaults.get("groups") or 1) | stated
        values = _DEFAULTS | {key: value for key, value in values.items() if value is not None}
        for key in _NEEDED:
            if key not in values:
                raise self.entry.bad(key, f"expected the key {key}, which is missing", f"add `{key}: [3, 4]`")
        return values

    def _literal_sizes(self, groups: int) -> dict[str, Any]:
        """Sizes that the literal tensors fix; where the case itself says them they are compared later."""
        sizes: dict[str, Any] = {}
        if (x := self.entry.literal("input", "NCHW")) is not None:
            sizes |= {"batch": x.size("N"), "in_channels": x.size("C"), "input_size": (x.size("H"), x.size("W"))}
        if (w := self.entry.literal("kernel", "IOHW")) is not None:
            sizes |= {
                "in_channels": w.size("I"),
                "out_channels": w.size("O") * max(groups, 1),
                "kernel_size": (w.size("H"), w.size("W")),
            }
        if isinstance(self._form.bias, tuple) and "out_channels" not in sizes:
            sizes["out_channels"] = len(self._form.bias)
        return sizes

    def _check_literals(self, case: Case, geometry: Geometry | None) -> None:
        per_group = case.out_channels // max(case.groups, 1)
        shapes = {
            "input_grad": (case.batch, case.in_channels, *case.input_size),
            "kernel_grad": (case.in_channels, per_group, *case.kernel_size),
            "bias_grad": (case.out_channels,),
        }
        stated: list[tuple[LiteralTensor | None, str, tuple[int, ...], tuple[str, ...]]] = [
            (case.input, "NCHW", shapes["input_grad"], ("input",)),
            (case.kernel, "IOHW", shapes["kernel_grad"], ("kernel",)),
            *((one, AXES[name], shapes[name], ("expect", name)) for name, one in case.expect.gradients),
        ]
        if geometry is not None:
            stated.append((case.expect.values, "NCHW", geometry.output_shape, ("expect",)))
            stated.append((case.cotangent, "NCHW", geometry.output_shape, ("cotangent",)))
            self.entry.check_shape(case.expect, geometry.output_shape)
        for literal, letters, sizes, place in stated:
            if literal is None:
                continue
            for letter, size in zip(letters, sizes, strict=True):
                if literal.size(letter) != size:
                    message = f"the values have {literal.size(letter)} along {letter}, but the case has {size}"
                    raise self.entry.bad(place[0], message, "make sizes and values agree", *place[1:])
            self.entry.check_stored(literal, case.dtype, *place)
            self._check_held(case, place[0], literal.values)
        if isinstance(case.bias, tuple):
            self._check_held(case, "bias", list(case.bias))
        if isinstance(case.bias, tuple) and len(case.bias) != case.out_channels:
            message = f"{len(case.bias)} values for {case.out_channels} output channels"
            raise self.entry.bad("bias", message, "write one number per output channel")

    def _check_cotangent(self, case: Case) -> None:
        """Expected gradients are those of a cotangent that is written out, and of a case that requests them."""
        if case.cotangent is not None and (case.nominal or case.outputs == ("output",)):
            message = "the case has no gradients that a cotangent would be for"
            raise self.entry.bad("cotangent", message, "remove it, or request gradients of a legal case")
        for name, _ in case.expect.gradients:
            if name not in case.outputs:
                raise self.entry.bad("expect", f"{name} is not requested", "add it to outputs, or remove it", name)
            if case.cotangent is None:
                hint = "add `cotangent: {layout: HW, values: …}`, of the output's shape"
                raise self.entry.bad("expect", "a gradient is expected, but no cotangent is given", hint, name)

    def _check_held(self, case: Case, key: str, values: Nested) -> None:
        """A finite number that its dtype would turn into an infinity is another number than was written."""
        dtype = DTYPES[case.dtype]
        if dtype.kind == "integer":
            self._check_integers(dtype, key, values)
            return
        lost = next((v for v in flat(values) if dtype.overflow <= abs(v) < math.inf), None)
        if lost is not None:
            message = f"{lost:g} is too large for {case.dtype}, in which it would be infinite"
            raise self.entry.bad(key, message, "use smaller numbers, a wider dtype, or .inf where an infinity is meant")

    def _check_integers(self, dtype: DType, key: str, values: Nested) -> None:
        """A number that an integer dtype does not hold exactly is another one than was written."""
        least, most = dtype.range
        lost = next((v for v in flat(values) if not (math.isfinite(v) and v == int(v) and least <= v <= most)), None)
        if lost is not None:
            written = lost if isinstance(lost, int) else f"{lost:g}"
            raise self.entry.bad(key, f"{written} is no {dtype.name}", "use numbers that it holds, or another dtype")

    def _check_dtype(self, case: Case) -> None:
        """Only floating point has real data and gradients, and of a bias there is one only where there is a bias."""
        if "bias_grad" in case.outputs and not case.bias:
            message = "there is no bias to take a gradient by"
            raise self.entry.bad("outputs", message, "add `bias: true`, or leave it out")
        if DTYPES[case.dtype].kind == "float":
            return
        if case.data != "integers":
            message = f"{case.dtype} is run on integers"
            raise self.entry.bad("data", message, "use integers, or a floating point dtype")
        if case.outputs != ("output",):
            message = f"gradients are not requested in {case.dtype}"
            raise self.entry.bad("outputs", message, "use [output], or a floating point dtype")

    def _check_tensors_exist(self, case: Case) -> None:
        """Even of an illegal case a tensor is made, and none has a negative size."""
        for key in ("batch", "in_channels", "out_channels", "input_size", "kernel_size"):
            value = getattr(case, key)
            if min(value if isinstance(value, tuple) else (value,)) < 0:
                raise self.entry.bad(key, f"{key} is {show_value(value)}, which no tensor has", "use numbers >= 0")

    def _with_overflow(self, case: Case) -> Case:
        """The case with the crops of its call for every reading of an overflow, which integers alone have."""
        if not any(reading.overflow for reading in case.expect.readings):
            return case
        if DTYPES[case.dtype].kind != "integer":
            message = f"a sum in {case.dtype} neither wraps nor saturates"
            raise self.entry.bad("expect", message, "use an integer dtype, or remove overflow")
        with self.entry.locating():
            crops = lower(replace(case, expect=Expect())).crops
        read = [replace(one, crops=crops) if one.overflow else one for one in case.expect.readings]
        return replace(case, expect=Expect(readings=tuple(read)))

    def _check_readings(self, case: Case) -> None:
        drawn = [name for name in ("input", "kernel") if getattr(case, name) is None]
        self.entry.check_results(
            case, (case.batch, case.out_channels), [*drawn, *(["bias"] if case.bias is True else [])]
        )
        sizes = set()
        for index, reading in enumerate(case.expect.readings):
            for _, literal in reading.results:
                self.entry.check_stored(literal, case.dtype, "expect", "readings", index)
                self._check_held(case, "expect", literal.values)
            if reading.crops is None:
                continue
            size = full_geometry(case).with_crops(reading.crops).output_size
            if min(size) < 0:
                message = f"reading {reading.name!r} would make an output of {list(size)}"
                raise self.entry.bad("expect", message, "crop less")
            sizes.add(size)
        if len(sizes) > 1 and case.outputs != ("output",):
            message = "the readings give outputs of several sizes, and the cotangent of a gradient has one"
            raise self.entry.bad("outputs", message, "use [output]")

    def _check_is_illegal(self, case: Case) -> None:
        try:
            geometry = lower(replace(case, expect=Expect()))
        except IllegalCaseError:
            return
        if breaks_otherwise(case, geometry):
            return
        hint = "remove expect, or break the rule the case is about"
        what = "these parameters are"
        if case.overrides is not None and (case.overrides.tensors or case.overrides.lists):
            what = f"{', '.join(describe_overrides(case.overrides))} is"
            hint = "hand over what breaks the rule that the case is about"
            if case.overrides.input == (case.in_channels, *case.input_size):
                hint = "remove expect, with a batch of 1: the result of one image without a batch is checked"
        message = f"an error is expected, but {what} legal in dialect {case.dialect}"
        raise self.entry.bad("expect", message, hint)
