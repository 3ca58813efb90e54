"""The text of a program: what a framework puts around an adapter's lines.

Runs inside a worker, which has NumPy and one framework, so it imports nothing else of weight.
"""

from __future__ import annotations

import linecache
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from harness.adapters.origin import PROGRAM
from harness.adapters.program import VARIABLES, Program, of_form


@dataclass(frozen=True, slots=True)
class Framework:
    """How programs are run: the same for all of one adapter. A variant is another one with some changes.

    In lines, ``{compute}`` stands for a program's lines of that name, ``{tensors}`` for its tensors by name.
    """

    imports: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    """Expressions that give the versions in play."""
    setup: tuple[str, ...] = ()
    """What stands after the imports where a program stands alone; a worker does it when it starts."""
    tensor: str = "{}"
    """A tensor of an array."""
    array: str = "np.asarray({})"
    """An array of a tensor."""
    bfloat16: tuple[str, str] | None = None
    """The same two of that dtype, where they differ."""
    memory: str = "{}"
    """Puts a tensor into another kind of memory."""
    all_memory: bool = False
    """Whether that is done to tensors of one axis too."""
    once: tuple[str, ...] = ()
    """Defines what ``called`` calls, in place of the lines of a program."""
    called: str = "y = compute({tensors})"
    around: tuple[str, ...] = ("{body}",)
    """What is around the whole of a run, ``{body}``."""
    derivative: tuple[str, ...] = ()
    """Run once before ``gradient``; ``{variables}`` are the weights of layers."""
    gradient: tuple[str, ...] = ()
    """Leaves ``found``, the gradients by each of ``leaves``; ``{cotangent}`` is a tensor. None where it gives none."""
    gradient_imports: tuple[str, ...] = ()
    """What these two need beside ``imports``."""
    shape_only: bool = False
    """It computes no values: a run gives shape and dtype."""

    def made(self, array: str, dtype: str, *, vector: bool = False) -> str:
        """The tensor of the array that the expression ``array`` gives."""
        template = self.bfloat16[0] if dtype == "bfloat16" and self.bfloat16 else self.tensor
        tensor = template.format(array)
        return tensor if vector and not self.all_memory else self.memory.format(tensor)

    def back(self, tensor: str, dtype: str) -> str:
        """The array of the tensor that the expression ``tensor`` gives."""
        return (self.bfloat16[1] if dtype == "bfloat16" and self.bfloat16 else self.array).format(tensor)


def text_of(program: Program, framework: Framework, *, gradient: bool = False) -> str:
    """The functions ``arrange``, if there is one, and ``prepare``, for the call or, with ``gradient``, its gradients.

    ``prepare`` takes the arrays that ``arrange`` returns, or else those of the case; what it returns makes the call.
    """
    return _text(program.form, framework, gradient)


@lru_cache(maxsize=4096)
def _text(form: tuple[Any, ...], framework: Framework, gradient: bool) -> str:  # noqa: FBT001 - a key
    return "\n".join(_Writer(of_form(form), framework, gradient).lines())


@dataclass(frozen=True, slots=True)
class _Writer:
    program: Program
    framework: Framework
    gradient: bool

    def lines(self) -> Iterator[str]:
        imports = [*self.framework.imports, *self.program.imports]
        if self.gradient:
            imports += self.framework.gradient_imports
        yield from dict.fromkeys(imports)
        names = ", ".join([*self.program.given, *(["cotangent"] if self.gradient else [])])
        if arranged := [*self._arranged(), *self.program.before]:
            yield from ("", "", f"def arrange({names}):", *_indented(arranged), f"    return ({names},)")
        yield from ("", "", f"def prepare({names}):")
        yield from _indented([*self._once(), "def run():", *_indented(self._around()), "", "return run"])

    def _arranged(self) -> Iterator[str]:
        layouts = self.program.layouts
        for name in self.program.given:
            if name in layouts and (made := _laid_out(name, *layouts[name])) != name:
                yield f"{name} = {made}"
            if name in self.program.replaced:
                yield f"{name} = {self.program.replaced[name]}"
        if self.gradient and "output" in layouts:
            first, _, seen = layouts["output"]
            if first != seen:
                yield f"cotangent = {_laid_out('cotangent', first, seen, seen)}"

    def _once(self) -> Iterator[str]:
        program, framework = self.program, self.framework
        if self.gradient and program.gradient:
            yield from program.gradient_build
            return
        yield from program.build
        if framework.once:
            yield from [*self._filled(framework.once), ""]
        if self.gradient:
            yield from self._filled(framework.derivative)
        elif program.build and not framework.once:
            yield ""

    def _around(self) -> Iterator[str]:
        body = list(self._gradient_run() if self.gradient else self._run())
        yield from _filled(self.framework.around, {"body": body})

    def _run(self) -> Iterator[str]:
        program, framework = self.program, self.framework
        yield from program.load
        yield from self._tensors()
        yield from self._filled(["{compute}"])
        layout = program.layouts.get("output", ("", "", ""))
        if framework.shape_only:
            shape = "tuple(y.shape)"
            if layout[0] != layout[2]:  # a result of another rank is handed on as it is
                axes = _order(layout[2], layout[0])
                shape = f"tuple(y.shape[axis] for axis in {axes}) if len(y.shape) == {len(layout[0])} else {shape}"
            yield f'return {{"output": ({shape}, {framework.back("y.dtype", program.dtype)})}}'
            return
        y = _moved(framework.back("y", program.dtype), layout[2], layout[0])
        if program.after:
            yield from (f"y = {y}", *program.after)
        others = "".join(f', "{name}": {name}' for name in program.outputs[1:])
        yield f'return {{"output": {"y" if program.after else y}{others}}}'

    def _gradient_run(self) -> Iterator[str]:
        program, framework = self.program, self.framework
        if program.gradient:
            yield from (*program.gradient, "return found")
            return
        yield from program.load
        yield from self._tensors()
        held = [program.weights.get(name) or VARIABLES[name] for name in self._leaves]
        yield f"leaves = [{', '.join(held)}]"
        yield from self._filled(framework.gradient)
        found = ", ".join(f'"{name}_grad": {expression}' for name, expression in self._found())
        yield f"return {{{found}}}"

    @property
    def _leaves(self) -> list[str]:
        return [name.removesuffix("_grad") for name in self.program.gradients]

    def _found(self) -> Iterator[tuple[str, str]]:
        """The gradient of each leaf, as an expression of ``found``."""
        program, back = self.program, self.framework.back
        place, before = 0, ""
        for name in self._leaves:
            first, _, seen = program.layouts.get(name, ("", "", ""))
            if program.weights.get(name, "").startswith("*"):
                end = f"{place}{before} + {program.parts}"
                each = f"[{back('one', program.dtype)} for one in found[{place}{before}:{end}]]"
                yield name, _moved(f"np.concatenate({each}, axis=-1)", seen, first)
                before += f" + {program.parts}"
            else:
                yield name, _moved(back(f"found[{place}{before}]", program.dtype), seen, first)
                place += 1

    def _tensors(self) -> Iterator[str]:
        for name in self.program.tensors:
            vector = name == "bias" or name in self.program.replaced
            yield f"{VARIABLES[name]} = {self.framework.made(name, self.program.dtype, vector=vector)}"

    def _filled(self, lines: Sequence[str]) -> Iterator[str]:
        program, framework = self.program, self.framework
        names = ", ".join(VARIABLES[name] for name in program.tensors)
        compute = list(program.compute)
        if framework.once and lines is not framework.once:
            compute = [framework.called.replace("{tensors}", names)]
        words = {
            "{tensors}": names,
            "{arrays}": ", ".join(program.tensors),
            "{cotangent}": framework.made("cotangent", program.dtype),
            "{variables}": ", ".join(program.weights.values()).replace(".value", ""),
        }
        yield from _filled(lines, {"compute": compute, "make": list(self._tensors())}, words)


def _filled(
    lines: Iterable[str], blocks: Mapping[str, Sequence[str]], words: Mapping[str, str] | None = None
) -> Iterator[str]:
    """``lines`` with blocks for those that are a name in braces, and words for these."""
    for line in lines:
        bare = line.strip()
        if bare.startswith("{") and bare[1:-1] in blocks:
            margin = line[: line.index("{")]
            yield from (f"{margin}{one}" if one else one for one in blocks[bare[1:-1]])
            continue
        for word, meant in (words or {}).items():
            line = line.replace(word, meant)  # noqa: PLW2901
        yield line


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" if line else line for line in lines)


def _order(have: str, want: str) -> str:
    return str(tuple(have.index(letter) for letter in want))


def _moved(array: str, have: str, want: str) -> str:
    """An expression for ``array`` in the layout ``want``."""
    return array if have == want else f"{array}.transpose{_order(have, want)}"


def _laid_out(array: str, first: str, held: str, seen: str) -> str:
    """An expression for ``array``, in the layout ``first``, as one in ``held`` that is seen as ``seen``."""
    if first != held:
        array = f"np.ascontiguousarray({_moved(array, first, held)})"
    return _moved(array, held, seen)


def run_text(text: str, handed: Mapping[str, Any]) -> dict[str, Any]:
    """The names that ``text`` defines, where it finds what is ``handed`` to it; what it raises is the caller's.

    It is compiled once, under a name by which tracebacks find its lines.
    """
    names: dict[str, Any] = {"__name__": "program", "np": np, **handed}
    if "ml_dtypes" in text:
        import ml_dtypes

        names["ml_dtypes"] = ml_dtypes  # which a script that stands alone imports for itself
    exec(_compiled(text), names)  # noqa: S102 - written by an adapter from a checked case
    return names


@lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    name = f"{PROGRAM} {zlib.crc32(text.encode()):08x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")
