"""Adapters by name or ``module:Class``."""

from typing import Any, ClassVar

import pytest

from harness.adapters import choose
from harness.adapters.published_numpy import PublishedNumpy
from harness.core.errors import BadInputError


class Misspelt(PublishedNumpy):
    dialect = "tensorflw"  # type: ignore[assignment]


class Unstated(PublishedNumpy):
    dialect = ""  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("made", "hint"),
    [(Misspelt, "did you mean tensorflow?"), (Unstated, "known are tensorflow, keras, pytorch, onnx, jax, canonical")],
)
def test_a_dialect_that_no_case_has_is_refused(made, hint):
    with pytest.raises(BadInputError) as refused:
        choose([f"{__name__}:{made.__name__}"])
    (problem,) = refused.value.problems
    assert problem.message == f"its dialect is {made.dialect!r}, which no case has"
    assert problem.hint == hint


class Outputs(PublishedNumpy):
    outputs = ("output", "kernelgrad")  # type: ignore[assignment]


class Text(PublishedNumpy):
    outputs = "output"  # type: ignore[assignment]


class DTypes(PublishedNumpy):
    dtypes = ("float23",)  # type: ignore[assignment]


class Refused(PublishedNumpy):
    refused_dtypes: ClassVar[Any] = {"bfloat61": "it has none"}


class Programs(PublishedNumpy):
    programs: ClassVar[Any] = {"resize_2d": "x:y"}


class Nothing(PublishedNumpy):
    dtypes = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("made", "message", "hint"),
    [
        (Outputs, "its outputs have 'kernelgrad', which no case has", "did you mean kernel_grad?"),
        (Text, "its outputs are 'output'", "a tuple or dict of words is expected"),
        (DTypes, "its dtypes have 'float23', which no case has", "did you mean float32?"),
        (Refused, "its refused_dtypes have 'bfloat61', which no case has", "did you mean bfloat16?"),
        (Programs, "its programs have 'resize_2d', which no case has", "did you mean resize2d?"),
        (Nothing, "its dtypes are None", "a tuple or dict of words is expected"),
    ],
)
def test_a_word_that_no_case_has_is_refused_and_drops_nothing(made, message, hint):
    with pytest.raises(BadInputError) as refused:
        choose([f"{__name__}:{made.__name__}"])
    (problem,) = refused.value.problems
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("attribute", "stated", "hint"),
    [
        ("name", 5, "expected: str"),
        ("name", " ", "expected: str without |"),
        ("name", "two\nlines", "expected: str without |"),
        ("name", "a|b", "expected: str without |"),
        ("mode", None, "expected: str"),
        ("environment", ["A=1"], "expected: Mapping"),
        ("environment", {"A": 1}, "expected: texts"),
        ("packages", "numpy", "expected: Mapping"),
        ("suites", "modes", "expected: tuple"),
        ("refusals", ValueError, "expected: tuple"),
        ("continues", None, "expected: str"),
        ("variant", "no", "expected: bool"),
        ("weight", "heavy", "expected: int"),
        ("runtime", None, "expected: Framework"),
    ],
)
def test_an_attribute_of_another_kind_is_refused(monkeypatch, attribute, stated, hint):
    monkeypatch.setattr(PublishedNumpy, attribute, stated)
    with pytest.raises(BadInputError) as refused:
        choose([f"{__name__}:PublishedNumpy"])
    (problem,) = refused.value.problems
    assert (problem.message, problem.hint) == (f"its {attribute} is {stated!r}", hint)


class First(PublishedNumpy):
    name = "twin"


class Second(First):
    """A subclass keeps the name that it does not state."""


def test_two_adapters_of_one_name_are_refused():
    first, second = f"{__name__}:First", f"{__name__}:Second"
    with pytest.raises(BadInputError) as refused:
        choose([first, "pytorch", second])
    (problem,) = refused.value.problems
    assert problem.message.startswith(f"{first} and {second} are both called twin")


def test_two_installed_adapters_of_one_name_are_refused(monkeypatch):
    offered = {"a": f"{__name__}:First", "b": f"{__name__}:Second"}
    monkeypatch.setattr("harness.adapters.available", lambda: offered)
    with pytest.raises(BadInputError, match="a and b are both called twin"):
        choose()


def test_an_adapter_that_is_named_twice_is_one():
    (one,) = choose(["pytorch", "pytorch"])
    assert one.name == "pytorch"


@pytest.mark.parametrize(
    ("requested", "meant"),
    [
        *(("PyTorch", "pytorch"), ("torch", "pytorch"), ("tensorflw", "tensorflow")),
        *(("pytorch:compil", "pytorch:compile"), ("pytorch-compile", "pytorch:compile")),
    ],
)
def test_of_an_adapter_that_is_not_there_the_nearest_is_offered(requested, meant):
    with pytest.raises(BadInputError) as refused:
        choose([requested])
    (problem,) = refused.value.problems
    assert (problem.message, problem.hint) == ("no such adapter", f"did you mean {meant}?")


def test_of_a_mutant_that_is_not_there_the_nearest_is_offered():
    with pytest.raises(BadInputError, match=r"no mutant called KernelRotatd; did you mean KernelRotated\?$"):
        choose(["mutant:KernelRotatd"])
