"""TensorFlow in other ways than eagerly: graphs with static and with unknown shapes, XLA, and more threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from harness.adapters.base import LEGALITY
from harness.adapters.python_text import Source
from harness.adapters.tensorflow import ENVIRONMENT, TensorFlow, by_tape, constants, named, of_tensors
from harness.core.case import DTypeName, Layout
from harness.operations.conv_transpose.case import Case

THREADS = 4


PUBLISHED = (*LEGALITY, "published_study_notes")
"""With the notes on ``output_shape`` in graphs of known and of unknown sizes."""


class _Mode(TensorFlow):
    variant = True
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    process = "tensorflow"


class TensorFlowGraph(_Mode):
    """``tf.function``, traced with the shapes at hand."""

    name = "tensorflow:graph"
    suites: ClassVar[tuple[str, ...]] = PUBLISHED
    decorator = "tf.function"
    weight = 3

    def compute(self, call: Mapping[str, Any], tensors: Sequence[Any]) -> Callable[..., Any]:
        """See TensorFlow.compute."""
        function: Callable[..., Any] = self.tf.function(super().compute(call, tensors))
        return function

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """The same call, traced."""
        return traced(super().source(call, dtype, bias=bias), self.decorator, bias=bias)


class TensorFlowXla(TensorFlowGraph):
    """``tf.function(jit_compile=True)``, whose own kernels dilate and read both layouts."""

    name = "tensorflow:xla"
    suites: ClassVar[tuple[str, ...]] = LEGALITY
    decorator = "tf.function(jit_compile=True)"
    weight = 20

    def compute(self, call: Mapping[str, Any], tensors: Sequence[Any]) -> Callable[..., Any]:
        """See TensorFlow.compute."""
        function: Callable[..., Any] = self.tf.function(TensorFlow.compute(self, call, tensors), jit_compile=True)
        return function

    def dilation_limit(self, case: Case) -> str:
        """None."""
        return ""

    def reads(self, case: Case, layout: Layout) -> bool:
        """Both."""
        return True


class TensorFlowDynamic(_Mode):
    """``tf.function`` that knows no size when it is traced: neither of the tensors nor of ``output_shape``."""

    name = "tensorflow:dynamic"
    suites: ClassVar[tuple[str, ...]] = PUBLISHED
    weight = 3

    def compute(self, call: Mapping[str, Any], tensors: Sequence[Any]) -> Callable[..., Any]:
        """See TensorFlow.compute."""
        tf = self.tf
        rest = {name: value for name, value in call.items() if name not in {"output_shape", "output_shape_dtype"}}
        size = tf.constant(call["output_shape"], call.get("output_shape_dtype", "int32"))

        def sized(output_shape: Any, *given: Any) -> Any:
            return super(TensorFlowDynamic, self).compute({**rest, "output_shape": output_shape}, given)(*given)

        unknown = [tf.TensorSpec([None] * len(one.shape), one.dtype) for one in (size, *tensors)]
        traced_once = tf.function(sized, input_signature=unknown)
        return lambda *given: traced_once(size, *given)

    def source(self, call: Mapping[str, Any], dtype: DTypeName, *, bias: bool) -> Source:
        """The same call, traced without sizes."""
        written = super().source(call, dtype, bias=bias)
        names = ["size", *named(bias=bias)]
        lines = [line.replace(f"output_shape={call['output_shape']!r}", "output_shape=size") for line in written.call]
        unknown = f"unknown = [tf.TensorSpec([None] * len(one.shape), one.dtype) for one in ({', '.join(names)})]"
        body = [f"size = tf.constant({call['output_shape']!r})", *constants(names[1:]), unknown, ""]
        return _called(written, [*body, *_function("tf.function(input_signature=unknown)", names, lines)], names)


class TensorFlowThreads(TensorFlow):
    """Several threads, among which the sums are shared out otherwise."""

    name = f"tensorflow:{THREADS}-threads"
    variant = True
    suites: ClassVar[tuple[str, ...]] = ("modes",)
    environment = {
        **ENVIRONMENT,
        "OMP_NUM_THREADS": str(THREADS),
        "TF_NUM_INTRAOP_THREADS": str(THREADS),
    }
    process = "tensorflow:threads"
    weight = 4


def traced(written: Source, decorator: str, *, bias: bool) -> Source:
    """``written`` with its call in a function under ``decorator``, of the tensors."""
    names = named(bias=bias)
    return _called(written, [*constants(names), "", *_function(decorator, names, written.call)], names)


def _called(written: Source, body: Sequence[str], names: Sequence[str]) -> Source:
    """``written`` with a call of the function of ``names`` that ``body`` defines; ``size`` has no gradient."""
    called = f"compute({', '.join(names)})"
    tensors = [name for name in names if name != "size"]
    gradient = (*body, *by_tape(tensors, [f"y = {called}"]))
    return replace(written, call=(*body, f"return {called}.numpy()"), gradient=gradient)


def _function(decorator: str, names: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """A function of ``names`` that ends as ``lines`` do, one before the last."""
    yield f"@{decorator}"
    yield f"def compute({', '.join(names)}):"
    for line in lines[:-1]:
        yield f"    {of_tensors(line)}"
    yield "    return y"
    yield ""
