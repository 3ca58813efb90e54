"""A plan: how one adapter expresses one case, as plain data, and the code that carries a plan out.

Runs inside a worker, which has NumPy and one framework, so it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from harness.adapters.program import NO_CROP, Program, Route
from harness.core.case import DTypeName, Layout, Pads
from harness.core.dtypes import DTYPES
from harness.core.tensors import Array, same_bits
from harness.operations.conv_transpose.case import Case

BiasPlace = Literal["none", "native", "after"]
KernelLayout = Literal["IOHW", "HWOI"]
Prepare = Callable[[Mapping[str, Any], Array, Array, "Array | None"], Callable[[], Array]]
"""An adapter's ``prepare``."""
Gradients = Mapping[str, Array]
"""By the name of the output: ``input_grad``, ``kernel_grad`` and, where the call adds a bias, ``bias_grad``."""
Differentiate = Callable[[Mapping[str, Any], Array, Array, "Array | None", Array], Callable[[], Gradients]]
"""An adapter's ``differentiate``."""
_NCHW, _IOHW = "NCHW", "IOHW"


@dataclass(frozen=True, slots=True)
class Form:
    """What an adapter that computes no values says of a result, which may be larger than any array."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run a case: the framework's own parameters, and what is done before and after the call.

    ``given_layout`` is the layout the data are held in, ``data_layout`` the one the call sees: where they
    differ the plan transposes. ``crop`` cuts the output, or extends it with zeros where negative; a bias
    that must also reach those zeros is added ``after``. ``splits`` calls one per group, on slices of channels.
    """

    route: Route
    call: Mapping[str, Any]
    data_layout: Layout
    kernel_layout: KernelLayout
    given_layout: Layout
    bias: BiasPlace = "none"
    splits: int = 1
    crop: Pads = NO_CROP
    reasons: tuple[str, ...] = field(default=())
    """Why the route is composed, one sentence for each step."""
    given: Mapping[str, tuple[tuple[int, ...] | None, str | None]] = field(default_factory=dict)
    """Shape and dtype of the input, kernel or bias of ones that the call gets instead; None for what stays."""
    unbatched: bool = False
    """Whether the call gets its one image without the axis of the batch, and returns it so."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """The inverse of ``to_dict``."""
        return cls(**data)


def surrounded(
    plan: Plan,
    case: Case,
    compute: Sequence[str],
    pad: str,
    sides: Callable[[Pads], Any],
    *,
    call: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    arrays: tuple[str, ...] = (),
    **parts: Any,
) -> Program:
    """The program for ``compute`` and what ``plan`` does around it, with other ``parts`` of a program.

    ``pad`` is an expression for ``y`` with zeros around it; it reads ``pads``, which ``sides`` makes of their numbers.
    """
    lines, read = [*compute], dict(values or {})
    zeros = [(max(-begin, 0), max(-end, 0)) for begin, end in plan.crop]
    if any(map(any, zeros)):
        lines.append(f"y = {pad}")
        read["pads"] = sides((zeros[0], zeros[1]))
    if any(side > 0 for pads in plan.crop for side in pads):
        lines.append(f"y = y[{':, ' * plan.data_layout.index('H')}rows, columns]")
        for name, (begin, end) in zip(("rows", "columns"), plan.crop, strict=True):
            read[name] = slice(begin if begin > 0 else None, -end if end > 0 else None)
    late = plan.bias == "after"
    return Program(
        plan.call if call is None else call,
        compute=tuple(lines),
        arrays=(*arrays, "bias") if late else arrays,
        after=("y = y + bias[:, None, None]",) if late else (),
        layouts={
            "input": (_NCHW, plan.given_layout, plan.data_layout),
            "kernel": (_IOHW, plan.kernel_layout, plan.kernel_layout),
            "output": (_NCHW, plan.data_layout, plan.data_layout),
        },
        replaced={name: _ones(name, *one, case.dtype) for name, one in plan.given.items()},
        values=read,
        crop=plan.crop,
        dtype=case.dtype,
        reasons=plan.reasons,
        **parts,
    )


def _ones(name: str, shape: tuple[int, ...] | None, dtype: str | None, usual: DTypeName) -> str:
    size = f"{name}.shape" if shape is None else str(shape)
    return f"np.ones({size}, {DTYPES[usual].text if dtype is None else f'np.{dtype}'})"


def execute(prepare: Prepare, plan: Plan, x: Array, w: Array, b: Array | None, runs: int) -> tuple[Array, bool]:
    """Carry ``plan`` out ``runs`` times on x (N, C_in, H, W), w (C_in, C_out/G, kH, kW) and b (C_out).

    Returns the first output, (N, C_out, H_out, W_out) when the framework conforms, and whether all runs gave the
    same bits.
    """
    calls = [prepare(plan.call, *tensors) for tensors in parts(plan, x, w, b)]
    first = finish(plan, [call() for call in calls], b)
    others = (finish(plan, [call() for call in calls], b) for _ in range(1, runs))
    return first, all(same_bits(first, other) for other in others)


def cotangents(plan: Plan, g: Array) -> Iterator[Array]:
    """What each call's gradients are taken with, ``g`` being the cotangent (N, C_out, H_out, W_out) of the whole.

    What the plan does around the call is carried back: the adjoint of a cut is zeros, and that of appended zeros a cut.
    """
    (top, bottom), (left, right) = plan.crop
    whole = _crop(g, ((-top, -bottom), (-left, -right)))
    found = (_permute(part, plan.data_layout, plan.data_layout) for part in np.split(whole, plan.splits, axis=1))
    return (part[0] if plan.unbatched else part for part in found)


def parts(plan: Plan, x: Array, w: Array, b: Array | None) -> Iterator[tuple[Array, Array, Array | None]]:
    """What each call is given, in the layouts of the plan."""
    for data, kernel, bias in zip(
        (_permute(part, plan.given_layout, plan.data_layout) for part in np.split(x, plan.splits, axis=1)),
        (_permute_kernel(part, plan.kernel_layout) for part in np.split(w, plan.splits, axis=0)),
        [None] * plan.splits if b is None or plan.bias != "native" else np.split(b, plan.splits),
        strict=True,
    ):
        yield (
            data[0] if plan.unbatched else _handed_over(plan, "input", data),
            _handed_over(plan, "kernel", kernel),
            None if bias is None else _handed_over(plan, "bias", bias),
        )


def _handed_over(plan: Plan, name: str, tensor: Array) -> Array:
    """``tensor``, unless the plan puts ones in its place."""
    if name not in plan.given:
        return tensor
    shape, dtype = plan.given[name]
    return np.ones(tensor.shape if shape is None else shape, tensor.dtype if dtype is None else dtype)


def finish_gradients(plan: Plan, results: Sequence[Gradients]) -> dict[str, Array]:
    """Join the groups and bring everything to NCHW and IOHW; always copies."""
    layouts = {
        "input_grad": (plan.data_layout, "C", _NCHW),
        "kernel_grad": (plan.kernel_layout, "I", _IOHW),
        "bias_grad": ("C", "C", "C"),
    }
    finished = {}
    for name in results[0]:
        have, joint, want = layouts[name]
        arrays = [np.asarray(result[name]) for result in results]
        whole = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=have.index(joint))
        if plan.unbatched and name == "input_grad":
            whole = whole[None]
        if whole.ndim == len(have):
            whole = whole.transpose([have.index(letter) for letter in want])
        finished[name] = np.array(whole, order="C")
    return finished


def _permute(x: Array, given: Layout, wanted: Layout) -> Array:
    """(N, C, H, W) data held in ``given`` and seen as ``wanted``: a view where they differ, as a transpose makes."""
    held = np.ascontiguousarray(x.transpose([_NCHW.index(letter) for letter in given]))
    return held.transpose([given.index(letter) for letter in wanted])


def _permute_kernel(w: Array, layout: KernelLayout) -> Array:
    return np.ascontiguousarray(w.transpose([_IOHW.index(letter) for letter in layout]))


def finish(plan: Plan, results: Sequence[Any], b: Array | None) -> Array:
    """Join the groups, bring the output to NCHW, crop or extend it, add a late bias.

    Always a copy, as a framework may use the memory of its result again.
    """
    arrays = [np.asarray(result) for result in results]
    joined = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=plan.data_layout.index("C"))
    if plan.unbatched:
        joined = joined[None]
    if joined.ndim != len(_NCHW):
        return joined.copy()
    y = joined.transpose([plan.data_layout.index(letter) for letter in _NCHW])
    if plan.crop != NO_CROP:
        y = _crop(y, plan.crop)
    if b is not None and plan.bias == "after":
        y = y + b[:, None, None]
    return np.array(y, order="C")


def finish_form(plan: Plan, results: Sequence[Form]) -> Form:
    """The same of results that are forms alone."""
    if plan.unbatched:
        results = [Form((1, *result.shape), result.dtype) for result in results]
    first, channels = results[0], plan.data_layout.index("C")
    if len(first.shape) != len(_NCHW):
        return first
    shape = list(first.shape)
    shape[channels] = sum(result.shape[channels] for result in results)
    n, c, *sizes = (shape[plan.data_layout.index(letter)] for letter in _NCHW)
    # zeros first, then the cut, as with values
    extended = [size + max(-begin, 0) + max(-end, 0) for size, (begin, end) in zip(sizes, plan.crop, strict=True)]
    cut = [max(size - max(begin, 0) - max(end, 0), 0) for size, (begin, end) in zip(extended, plan.crop, strict=True)]
    return Form((n, c, *cut), first.dtype)


def _crop(y: Array, crop: Pads) -> Array:
    """Zeros first, then the cut, which may go through everything and into the zeros at the other end."""
    y = np.pad(y, ((0, 0), (0, 0), *((max(-begin, 0), max(-end, 0)) for begin, end in crop)))
    rows, columns = (
        slice(max(begin, 0), max(size - max(end, 0), 0)) for (begin, end), size in zip(crop, y.shape[2:], strict=True)
    )
    return y[:, :, rows, columns]
