"""Reading a call: from the text of one Python expression to its bound arguments. Nothing is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.core.errors import BadInputError, Problem, near_name
from harness.porting.layers.signatures import REQUIRED, SIGNATURES, Signature

_DTYPES = {
    "float64": "float64",
    "double": "float64",
    "float32": "float32",
    "float": "float32",
    "float16": "float16",
    "half": "float16",
}
_MODULES = {"torch", "tf", "tensorflow", "np", "numpy"}
_LITERALS = "numbers, tuples, lists, strings, True, False and None"


@dataclass(frozen=True, slots=True)
class Call:
    """A call with every parameter bound, defaults included; ``given`` are those that it names itself."""

    text: str
    signature: Signature
    values: Mapping[str, Any]
    given: frozenset[str]

    def bad(self, key: str, message: str, hint: str = "") -> BadInputError:
        """The error about one parameter."""
        return BadInputError(Problem(self.signature.name, 0, 0, key, message, hint))

    def dropped(self) -> tuple[str, ...]:
        """Parameters without effect on the output that the call names."""
        unneeded = self.signature.without_effect
        return tuple(f"not carried over: {name} ({unneeded[name]})" for name in unneeded if name in self.given)


def read_call(text: str) -> Call:
    """The call that ``text`` is. Raises BadInputError with what is accepted for anything else."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else type(error).__name__
        raise _bad("", f"is no Python expression: {reason}", _accepted()) from None
    if not isinstance(node, ast.Call):
        raise _bad("", "is no call", _accepted())
    signature = _signature(node.func)
    given = _bind(signature, node)
    for name, default in signature.parameters.items():
        if default is REQUIRED and name not in given:
            raise _bad(signature.name, f"{name} is missing", f"its parameters are {', '.join(signature.parameters)}")
    values = {**signature.parameters, **given}
    return Call(" ".join(text.split()), signature, values, frozenset(given))


def _bad(path: str, message: str, hint: str) -> BadInputError:
    return BadInputError(Problem(path or "the call", 0, 0, "", message, hint))


def _accepted() -> str:
    names = (
        "torch.nn.ConvTranspose2d(…), F.conv_transpose2d(…), keras.layers.Conv2DTranspose(…), tf.nn.conv2d_transpose(…)"
    )
    return f"write one of {names}, or FILE::ID of a case"


def _signature(func: ast.expr) -> Signature:
    spelling = ast.unparse(func)
    for signature in SIGNATURES:
        if spelling in signature.spellings:
            return signature
    if not all(part.isidentifier() for part in spelling.split(".")):
        raise _bad("", "what is called is no plain name", f"give the call alone: {_accepted()}")
    known = sorted(name for signature in SIGNATURES for name in signature.spellings)
    raise _bad(spelling, "is no transposed convolution known here", near_name(spelling, known, _accepted()))


def _bind(signature: Signature, node: ast.Call) -> dict[str, Any]:
    positional = [name for name in signature.parameters if name not in signature.keyword_only]
    if len(node.args) > len(positional):
        hint = f"its parameters are {', '.join(positional)}"
        raise _bad(signature.name, f"takes at most {len(positional)} positional arguments", hint)
    bound = dict(zip(positional, node.args, strict=False))
    for keyword in node.keywords:
        name = keyword.arg
        if name is None:
            raise _bad(signature.name, "** has no literal value", "write every parameter by name")
        if name not in signature.parameters:
            hint = near_name(name, signature.parameters, f"its parameters are {', '.join(signature.parameters)}")
            raise BadInputError(Problem(signature.name, 0, 0, name, "is no parameter", hint))
        if name in bound:
            raise BadInputError(Problem(signature.name, 0, 0, name, "is given twice", "keep one of them"))
        bound[name] = keyword.value
    return {name: _value(signature, name, value) for name, value in bound.items()}


def _value(signature: Signature, name: str, node: ast.expr) -> Any:
    if name in signature.without_effect:
        return None
    if name == "dtype" and isinstance(node, ast.Attribute) and ast.unparse(node.value) in _MODULES:
        return _DTYPES.get(node.attr, node.attr)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        shown = " ".join(ast.unparse(node).split())
        message = f"{shown} is not written out, and nothing is evaluated here"
        raise BadInputError(Problem(signature.name, 0, 0, name, message, _value_hint(signature, name))) from None


def _value_hint(signature: Signature, name: str) -> str:
    if name == "activation":
        return "an activation changes the output: leave it out, and apply it to the translated layer's output"
    if name in {"input", "weight"} or signature.framework == "tensorflow":
        return f"where a tensor stands, write its shape, for example [1, 4, 4, 64]; accepted are {_LITERALS}"
    return f"accepted are {_LITERALS}"
