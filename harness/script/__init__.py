"""Stand-alone programs: one case on one framework, with NumPy and that framework only, ready for a bug report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import wrap

from jinja2 import Template

from harness.adapters.plan import NO_CROP, Plan
from harness.case import Case, Pads
from harness.check import Check
from harness.data import is_exact, make_tensors
from harness.diagnosis import broken_rule
from harness.dtypes import DTYPES
from harness.errors import BadInputError, Problem
from harness.geometry import full_geometry
from harness.oracle import Reference
from harness.script.tensors import write_tensors
from harness.templates import templates

WIDTH = 98
_AXES = "NCHW"


def render_script(check: Check) -> str:
    """The program for ``check``: see ``Scripts.render``."""
    return Scripts().render(check)


class Scripts:
    """Writes programs; keeps what those of one case share, so it is quickest when asked case by case."""

    def __init__(self) -> None:
        self._last: tuple[Case, _Shared] | None = None

    def render(self, check: Check) -> str:
        """The program for ``check``: builds the data, makes the call, exits 1 if expected and actual differ.

        It follows the plan that runs. Raises BadInputError where the adapter cannot say the case or has no source text.
        """
        case, plan, adapter = check.case, check.plan, check.chosen.adapter
        if not isinstance(plan, Plan):
            raise BadInputError(
                Problem(case.path, case.line, 1, case.id, f"{adapter.name}: {plan.reason}", "no script")
            )
        if adapter.shape_only and not case.expect.error:
            message, hint = f"{adapter.name} computes no values that a script could compare", "see the report's message"
            raise BadInputError(Problem("-a", 0, 0, adapter.name, message, hint))
        source = adapter.source(plan.call, case.dtype, bias=plan.bias == "native")
        if source is None:
            message, hint = f"the adapter {adapter.name} does not write scripts", "give it the method source"
            raise BadInputError(Problem("-a", 0, 0, adapter.name, message, hint))
        shared = self._shared(check)
        return _template().render(
            name=case.name,
            adapter=adapter.name,
            comments=[*shared.comments, *_wrapped(plan.reasons)],
            source=source,
            tensors=shared.tensors,
            case=case,
            plan=plan,
            geometry=check.geometry or (full_geometry(case) if case.expect.readings else None),
            expected=shared.expected,
            crop=_crop(plan.crop),
            channel_axis=plan.data_layout.index("C"),
            input_axis=plan.kernel_layout.index("I"),
            to_given=_permutation(_AXES, plan.given_layout),
            to_seen=_permutation(plan.given_layout, plan.data_layout),
            to_output=_permutation(plan.data_layout, _AXES),
            to_kernel=_permutation("IOHW", plan.kernel_layout),
            dtype=DTYPES[case.dtype],
            given={name: _ones(name, *one, case.dtype) for name, one in plan.given.items()},
        )

    def _shared(self, check: Check) -> _Shared:
        case = check.case
        if self._last is None or self._last[0] != case:
            tensors = make_tensors(case, check.geometry)
            sources = [f"Source: {case.source}"] if case.source else []
            rule = broken_rule(case) if case.expect.error else ""
            shared = _Shared(
                comments=_wrapped([case.about, *sources, rule]),
                tensors=write_tensors(case, tensors),
                expected=_expected(case, None if check.geometry is None else tensors.reference(check.geometry)),
            )
            self._last = (case, shared)
        return self._last[1]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the programs of one case have in common.

    ``expected`` says what the outcome is held against: ``error``, ``readings``, ``bits`` or the rounding ``bound``.
    """

    comments: list[str]
    tensors: list[str]
    expected: str


@cache
def _template() -> Template:
    return templates("harness.script").get_template("script.py.j2")


def _wrapped(texts: Sequence[str]) -> list[str]:
    return [line for text in texts if text for line in wrap(" ".join(text.split()), WIDTH)]


def _expected(case: Case, reference: Reference | None) -> str:
    if case.expect.readings:
        return "readings"
    if case.expect.error or reference is None:
        return "error"
    return "bits" if is_exact(case, reference) else "bound"


def _ones(name: str, shape: Sequence[int] | None, dtype: str | None, usual: str) -> str:
    """What is handed over in place of the tensor called ``name`` in a plan."""
    size = {"input": "data", "kernel": "kernel", "bias": "bias"}[name] + ".shape" if shape is None else f"{shape}"
    return f"np.ones({size}, np.{dtype or usual})"


def _permutation(have: str, want: str) -> tuple[int, ...] | None:
    """The arguments of ``transpose``; None where there is nothing to do."""
    return None if have == want else tuple(have.index(letter) for letter in want)


def _crop(crop: Pads) -> dict[str, str]:
    """``pad`` and ``cut`` as Python text, each empty where it does nothing."""
    if crop == NO_CROP:
        return {"pad": "", "cut": ""}
    pads = [(max(-begin, 0), max(-end, 0)) for begin, end in crop]
    cuts = [f"{max(begin, 0) or ''}:{-end if end > 0 else ''}" for begin, end in crop]
    return {
        "pad": str(((0, 0), (0, 0), *pads)) if any(map(any, pads)) else "",
        "cut": "" if cuts == [":", ":"] else f":, :, {', '.join(cuts)}",
    }
