"""A mutant: one framework's name, one fault, and the cases in which it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.core.case import AnyCase
from harness.operations.conv_transpose.case import Case
from harness.quality.soundness.request import Array, RefusedCallError, Request, Results

Framework = Literal["keras", "pytorch", "tensorflow"]
Answer = Callable[[Request], Results]
Change = Callable[[Request, Array], Array]
Where = Callable[[AnyCase], bool]


def everywhere(_: AnyCase) -> bool:
    """In every case."""
    return True


def right(request: Request) -> Results:
    """No fault."""
    return request.right


def refused(_: Request) -> Results:
    """What a framework does with an illegal call."""
    raise RefusedCallError("these parameters are not taken")


def unchanged(_: Request) -> None:
    """Nothing happens while the call is prepared."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """An adapter under the name of ``imitates`` that is wrong in the cases of the operation ``op`` that are ``where``.

    ``answer`` gives the results of a legal call, ``illegal`` those of an illegal one; ``prepare`` runs before the call.
    """

    name: str
    text: str
    imitates: Framework
    answer: Answer = right
    where: Where = everywhere
    op: str = Case.op
    illegal: Answer = refused
    prepare: Callable[[Request], None] = unchanged

    def concerns(self, case: AnyCase) -> bool:
        """Whether the fault may show in ``case``."""
        return case.op == self.op and self.where(case)


def changed(change: Change, *names: str) -> Answer:
    """The right results, of which those called ``names`` (all when none are named) go through ``change``."""

    def answer(request: Request) -> Results:
        results = request.right
        wrong = [name for name in results if not names or name in names]
        return {**results, **{name: change(request, results[name]) for name in wrong}}

    return answer


def in_call(answer: Answer) -> Answer:
    """``answer`` in the call itself; its gradients are right."""
    return lambda request: request.right if request.differentiates else answer(request)


def in_gradients(answer: Answer) -> Answer:
    """``answer`` in the gradients; the call itself is right."""
    return lambda request: answer(request) if request.differentiates else request.right


def of_operands(change: Callable[[Array], Array], *names: str) -> Answer:
    """The right results for operands called ``names`` (all when none are named) that went through ``change``."""

    def answer(request: Request) -> Results:
        wrong: Mapping[str, Array] = {
            name: change(one) for name, one in request.tensors.items() if not names or name in names
        }
        return request.with_tensors(**wrong)

    return answer


def all_of(*conditions: Where) -> Where:
    """Cases of which every condition holds."""
    return lambda case: all(condition(case) for condition in conditions)


def legal(case: AnyCase) -> bool:
    """A right result exists."""
    return not case.nominal


def illegal(case: AnyCase) -> bool:
    """An error is expected."""
    return case.expect.error


def real(case: AnyCase) -> bool:
    """Data that are no integers."""
    return case.data == "real"


def of_dtype(*dtypes: str) -> Where:
    """Legal cases in one of ``dtypes``."""
    return lambda case: legal(case) and case.dtype in dtypes


def asks(output: str) -> Where:
    """Legal cases of which ``output`` is requested."""
    return lambda case: legal(case) and output in case.outputs


def named(*names: str) -> Where:
    """Cases whose full name is one of ``names``."""
    return lambda case: case.name in names
