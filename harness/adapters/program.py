"""A program: how an adapter states one call, as lines of Python and the parameters that they are run with.

The framework's own text is put around the lines (see harness.adapters.text), and what a worker runs is what ``harness
show --script`` prints. Runs inside a worker, which has NumPy and one framework, so it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from harness.core.case import DTypeName, Pads

Route = Literal["native", "composed"]
VARIABLES: Mapping[str, str] = {"input": "x", "kernel": "w", "bias": "b"}
"""What ``compute`` calls the tensor that is made of an array."""
NO_CROP: Pads = ((0, 0), (0, 0))
_DEFINED = ("arrange", "prepare", "compute", "run")
_HANDED = ("call", "values", "crop", "reasons")


@dataclass(frozen=True, slots=True)
class Inexpressible:
    """A framework has no way to state a case; ``reason`` is what a user would need to know."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mistaken(Inexpressible):
    """An adapter failed to state a case by a mistake of its own; ``reason`` is what it raised or gave instead."""


@dataclass(frozen=True, slots=True)
class Program:
    """The lines of a call. They read ``call`` and each of ``values`` under its name: numbers are handed in.

    ``build`` and ``load`` work on the NumPy arrays that are called as the case calls them (``input``, ``kernel``,
    ``bias``), ``compute`` on the framework's tensors ``x``, ``w`` and ``b``.
    """

    call: Mapping[str, Any]
    """The framework's own parameters."""
    tensors: tuple[str, ...]
    """The arrays of which tensors are made for each run."""
    compute: tuple[str, ...]
    """Run each time; leaves ``y``."""
    build: tuple[str, ...] = ()
    """Run once: makes layers."""
    load: tuple[str, ...] = ()
    """Run each time: puts arrays into the layers."""
    weights: Mapping[str, str] = field(default_factory=dict)
    """Where the layers hold an array, as an expression for a tensor, or with a star for one of each of ``parts``."""
    parts: str = ""
    """The value that gives into how many layers the weights are split, along their last axis."""
    arrays: tuple[str, ...] = ()
    """Arrays that the lines read as such."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Expressions for what is handed over in place of an array."""
    before: tuple[str, ...] = ()
    """Work on the arrays, once, after these are in the layouts of the call."""
    after: tuple[str, ...] = ()
    """Run each time on the array ``y``, and on other outputs by their names."""
    layouts: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    """By the name of an array, or ``output``: the case's layout, that of the memory, and that which the call sees."""
    values: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ("output",)
    """The first is ``y``."""
    gradient: tuple[str, ...] = ()
    """Run each time on arrays, ``cotangent`` among them: leaves a dict ``found`` of gradients.

    For a framework that does not differentiate by itself.
    """
    gradient_build: tuple[str, ...] = ()
    """Run once before."""
    imports: tuple[str, ...] = ()
    """What the lines need beside the framework's own imports."""
    dtype: DTypeName = "float32"
    crop: Pads = NO_CROP
    """Rows and columns that the lines cut off from a transposed convolution, or append to it where negative."""
    reasons: tuple[str, ...] = ()
    """Why the route is composed, one sentence for each step."""

    @classmethod
    def of_function(
        cls,
        function: str,
        call: Mapping[str, Any],
        tensors: tuple[str, ...],
        *,
        outputs: tuple[str, ...] = ("output",),
        gradient: str = "",
        reasons: tuple[str, ...] = (),
    ) -> Program:
        """The call of a Python function, ``module:function``, of the arrays called ``tensors`` and ``call`` by keyword.

        It returns the array, or a tuple of them where there are several ``outputs``. ``gradient``, where there is one,
        is such a function that takes the cotangent as its last array and returns a dict of arrays by name.

        Raises ValueError for a function with a name that the text of a program defines itself.
        """
        imports = []
        for place in filter(None, (function, gradient)):
            module, _, name = place.partition(":")
            if name in _DEFINED:
                message = f"{place} has a name that the text of a program gives to another function: rename it"
                raise ValueError(message)
            imports.append(f"from {module} import {name}")
        given, called = ", ".join(VARIABLES.get(name, name) for name in tensors), function.partition(":")[2]
        way_back = f"found = {gradient.partition(':')[2]}({', '.join((*tensors, 'cotangent'))}, **call)"
        return cls(
            call,
            tuple(name for name in tensors if name in VARIABLES),
            (f"{', '.join(('y', *outputs[1:]))} = {called}({given}, **call)",),
            arrays=tuple(name for name in tensors if name not in VARIABLES),
            outputs=outputs,
            gradient=(way_back,) if gradient else (),
            imports=tuple(dict.fromkeys(imports)),
            reasons=reasons,
        )

    @property
    def route(self) -> Route:
        """``native`` where the framework's own parameters alone state the case."""
        return "composed" if self.reasons else "native"

    @property
    def given(self) -> tuple[str, ...]:
        """The arrays that it is run on, in the order of ``VARIABLES``."""
        names = (*self.tensors, *self.weights, *self.arrays)
        return tuple(dict.fromkeys([*(name for name in VARIABLES if name in names), *names]))

    @property
    def gradients(self) -> tuple[str, ...]:
        """The outputs that its framework, or its own ``gradient``, can differentiate for."""
        return tuple(f"{name}_grad" for name in VARIABLES if name in self.tensors or name in self.weights)

    @property
    def handed(self) -> dict[str, Any]:
        """What its lines are run with, by name."""
        return {"call": self.call, **self.values}

    @property
    def form(self) -> tuple[Any, ...]:
        """What its text follows from; hashable."""
        parts = (getattr(self, name) for name in _FORM)
        return tuple(tuple(part.items()) if isinstance(part, Mapping) else part for part in parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {name: getattr(self, name) for name in self.__slots__}


_FORM = tuple(one.name for one in fields(Program) if one.name not in _HANDED)


def of_form(form: tuple[Any, ...]) -> Program:
    """A program of that ``form``, without what is handed to it."""
    kept = dict(zip(_FORM, form, strict=True))
    for name in ("weights", "replaced", "layouts"):
        kept[name] = dict(kept[name])
    return Program(call={}, **kept)
