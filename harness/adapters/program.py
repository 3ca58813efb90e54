"""A program: how an adapter says a case in Python text, and the code that runs it.

What a worker runs is what ``harness show --script`` prints. Runs inside a worker, which has NumPy and one framework, so
it imports nothing else of weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.adapters.calls import Call
from harness.adapters.origin import PROGRAM, SOURCE
from harness.adapters.plan import Route
from harness.core.tensors import Array

Results = Mapping[str, Array]
"""By the name of the output."""


@dataclass(frozen=True, slots=True)
class Program:
    """The text of a call and of its gradients.

    ``forward`` is the body of a function of the NumPy arrays that ``tensors`` names; it returns a dict of arrays by the
    name of the output. ``gradient`` likewise, of these and ``cotangent``, for the gradients of
    ``sum(cotangent * output)``. ``call`` shows the framework's own parameters.
    """

    call: Mapping[str, Any]
    tensors: tuple[str, ...]
    outputs: tuple[str, ...]
    imports: tuple[str, ...]
    forward: tuple[str, ...]
    gradient: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why the route is composed, one sentence for each step."""
    versions: tuple[str, ...] = ()
    """Expressions that give the versions in play."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is set before the imports, where a program stands alone."""

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
        """
        imports = []
        for place in filter(None, (function, gradient)):
            module, _, name = place.partition(":")
            imports.append(f"from {module} import {name}")
        arrays, keywords = ", ".join(tensors), "".join(f", {name}={value!r}" for name, value in call.items())
        results = [f"y{place}" for place in range(len(outputs))]
        named = ", ".join(f"{name!r}: {result}" for name, result in zip(outputs, results, strict=True))
        way_back = (f"return {gradient.partition(':')[2]}({arrays}, cotangent{keywords})",)
        return cls(
            call=call,
            tensors=tensors,
            outputs=outputs,
            imports=tuple(dict.fromkeys(imports)),
            forward=(
                f"{', '.join(results)} = {function.partition(':')[2]}({arrays}{keywords})",
                f"return {{{named}}}",
            ),
            gradient=way_back if gradient else (),
            reasons=reasons,
        )

    @property
    def route(self) -> Route:
        """``native`` where the framework's own parameters alone say the case."""
        return "composed" if self.reasons else "native"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def text(self) -> str:
        """The functions ``forward`` and, where there is one, ``gradient``, in Python."""
        parts = [_function("forward", self.tensors, self.forward)]
        if self.gradient:
            parts.append(_function("gradient", (*self.tensors, "cotangent"), self.gradient))
        return "\n\n\n".join(parts)


def _function(name: str, parameters: Sequence[str], body: Sequence[str]) -> str:
    return "\n".join([f"def {name}({', '.join(parameters)}):", *(f"    {line}" if line else "" for line in body)])


def compiled(program: Program) -> dict[str, Any]:
    """The functions ``forward`` and, where there is one, ``gradient``; whatever the text raises is the caller's."""
    text = "\n".join([*program.imports, "", program.text])
    names: dict[str, Any] = {"__name__": "program", SOURCE: text, "np": np}
    if "ml_dtypes" in text:
        import ml_dtypes

        names["ml_dtypes"] = ml_dtypes  # which a script that stands alone imports for itself
    exec(compile(text, PROGRAM, "exec"), names)  # noqa: S102 - written by an adapter from a checked case
    return names


def program_call(
    function: Callable[..., Results], needed: Sequence[str], tensors: Mapping[str, Array], asked: Sequence[str]
) -> Call:
    """``function`` of the tensors called ``needed``, and those of its results that are ``asked``.

    Each call is given data of its own.
    """
    given = [tensors[name] for name in needed]
    # copies, as a framework may use the memory of its result again
    return Call(
        lambda: function(*(tensor.copy() for tensor in given)),
        lambda results: {name: np.array(results[name], order="C") for name in asked},
    )
