"""A mutant: one framework's name, one fault, and the cases in which it shows.

A fault is a function whose docstring states it; what such functions are made into keeps and extends that statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.request import Array, RefusedCallError, Request, Results

Framework = Literal["keras", "pytorch", "tensorflow"]
Answer = Callable[[Request], Results]
Change = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Where:
    """The cases that ``holds`` is true of; ``text`` says which, after a comma, where it says anything."""

    text: str
    holds: Callable[[AnyCase], bool]

    def __and__(self, other: Where) -> Where:
        text = ", ".join(filter(None, (self.text, other.text)))
        return Where(text, lambda case: self.holds(case) and other.holds(case))


EVERYWHERE = Where("", lambda _: True)
LEGAL = Where("", lambda case: not case.nominal)
"""A right result exists."""
ILLEGAL = Where("of illegal calls", lambda case: case.expect.error)
REAL = Where("of real data", lambda case: case.data == "real")
NOT_REAL = Where("of data that are not real", lambda case: case.data != "real")


def of_dtype(*dtypes: str) -> Where:
    """Legal cases in one of ``dtypes``."""
    return LEGAL & Where(f"in {' and '.join(dtypes)}", lambda case: case.dtype in dtypes)


def requesting(output: str) -> Where:
    """Legal cases of which ``output`` is requested."""
    return LEGAL & Where("", lambda case: output in case.outputs)


def named(*names: str) -> Where:
    """Cases whose full name is one of ``names``."""
    return Where(f"in {' and '.join(names)}", lambda case: case.name in names)


def right(request: Request) -> Results:
    """Nothing is wrong."""
    return request.right


def refused(_: Request) -> Results:
    """The call is refused."""
    raise RefusedCallError("these parameters are not taken")


def unchanged(_: Request) -> None:
    """Nothing happens while the call is prepared."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """An adapter under the name of ``imitates`` that is wrong in the cases of the operation ``op`` that are ``where``.

    ``answer`` gives the results of a legal call, ``illegal`` those of an illegal one; ``prepare`` runs before the call.
    """

    name: str
    imitates: Framework
    answer: Answer = right
    where: Where = EVERYWHERE
    op: str = Case.op
    illegal: Answer = refused
    prepare: Callable[[Request], object] = unchanged

    @property
    def text(self) -> str:
        """The fault, and where it shows."""
        usual = (right, refused, unchanged)
        parts = zip((self.answer, self.illegal, self.prepare), usual, strict=True)
        fault = next((part for part, same in parts if part is not same), right)
        return ", ".join(filter(None, (_stated(fault), self.where.text)))

    def concerns(self, case: AnyCase) -> bool:
        """Whether the fault may show in ``case``."""
        return case.op == self.op and self.where.holds(case)


def _stated(fault: Callable[..., object]) -> str:
    return (fault.__doc__ or "").removesuffix(".")


def _stating(answer: Answer, fault: Callable[..., object], where: str = "") -> Answer:
    answer.__doc__ = _stated(fault) + where
    return answer


def changed(change: Change, *names: str) -> Answer:
    """The right results, of which those called ``names`` (the output when none are named) go through ``change``."""

    def answer(request: Request) -> Results:
        results = request.right
        wrong = [name for name in results if name in (names or ("output",))]
        return {**results, **{name: change(results[name]) for name in wrong}}

    return _stating(answer, change, f", in {' and '.join(names)}" if names else "")


def in_call(answer: Answer) -> Answer:
    """``answer`` in the call itself; its gradients are right."""
    return _stating(lambda request: request.right if request.differentiates else answer(request), answer)


def in_gradients(answer: Answer) -> Answer:
    """``answer`` in the gradients; the call itself is right."""
    where = ", in the gradients"
    return _stating(lambda request: answer(request) if request.differentiates else request.right, answer, where)


def of_operands(change: Change, *names: str) -> Answer:
    """The right results for operands called ``names`` (all when none are named) that went through ``change``."""

    def answer(request: Request) -> Results:
        wrong = {name: change(one) for name, one in request.tensors.items() if not names or name in names}
        return request.with_tensors(**wrong)

    return _stating(answer, change, f", of the {' and '.join(names) or 'operands'}")
