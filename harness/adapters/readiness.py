"""Whether an adapter can be run in this process: what it needs is installed, can be imported, and answers one call.

For the far side of an adapter's process; imports no framework itself. What does not answer a call of four numbers is
a matter of the environment, and says nothing about how a framework computes.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from harness.adapters.base import Adapter, NotInstalledError
from harness.adapters.calls import program_calls
from harness.adapters.origin import own_mistake
from harness.adapters.planning import program_of
from harness.adapters.program import Inexpressible, Program
from harness.core.errors import named
from harness.core.tensors import Array
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import NO_PADS

SMOKE = Case(
    suite="smoke",
    id="call",
    about="two pixels under a kernel of two taps",
    dialect="canonical",
    batch=1,
    in_channels=1,
    out_channels=1,
    input_size=(1, 2),
    kernel_size=(1, 2),
    words=Words(NO_PADS),
)
DATA, KERNEL, ANSWER = [1, 2], [3, 5], [3, 11, 10]
"""1·3, 1·5 + 2·3 and 2·5, each exact in every type."""
_ALL_THE_SAME = "set smoke = False in the adapter to have its answers judged all the same"


@dataclass(frozen=True, slots=True)
class Ready:
    """An adapter, and what it came to when it started.

    ``versions`` is None where what it needs could not be imported; ``fault`` is empty or holds the verdict,
    ``unavailable`` or ``broken``, with a message.
    """

    adapter: Adapter | None
    versions: Mapping[str, str] | None
    fault: Mapping[str, str] = field(default_factory=dict)


def make_ready(load: Callable[[], Adapter]) -> Ready:
    """Start the adapter that ``load`` gives, and make its smoke call; raises nothing that is an Exception."""
    adapter = None
    try:
        adapter = load()
        versions: object = adapter.start()
        if not isinstance(versions, Mapping):
            message = f"start gave {type(versions).__name__}: expected a dict of versions by name"
            raise TypeError(message)
        if odd := [one for pair in versions.items() for one in pair if not isinstance(one, str)]:
            message = f"start gave {odd[0]!r} for a name or a version: expected texts"
            raise TypeError(message)
    except (Exception, SystemExit) as error:
        return Ready(adapter, None, _why_not_started(adapter, error))
    message = smoke(adapter)
    return Ready(adapter, versions, {"broken": message} if message else {})


def smoke(adapter: Adapter) -> str:
    """What is wrong with the answer of ``adapter`` to a small known call; empty where it is right, or not to be made.

    An adapter's own mistake says nothing about the framework: it comes again, and is judged, with every case.
    The call is input (1, 1, 1, 2) and kernel (1, 1, 1, 2) of small integers, without any crop: (1, 1, 1, 3). It is
    made in float32, or in the first dtype of the adapter.
    """
    dtype = next((name for name in ("float32", *adapter.dtypes) if name in adapter.dtypes and name != "bfloat16"), "")
    if not adapter.smoke or not dtype:
        return ""
    program = program_of(adapter, SMOKE)
    if isinstance(program, Inexpressible):
        return ""
    data, kernel = (np.array(numbers, dtype).reshape(1, 1, 1, -1) for numbers in (DATA, KERNEL))
    try:
        answer = _answer(adapter, program, data, kernel)
    except Exception as error:
        if own_mistake(adapter, error):
            return ""
        return f"its smoke call raised {named(error)}; {_advice(adapter)} with what it needs, or {_ALL_THE_SAME}"
    if answer == (str(ANSWER) if not adapter.shape_only else "(1, 1, 1, 3)"):
        return ""
    return (
        f"its smoke call, {DATA} under a kernel of {KERNEL}, gave {answer} where {ANSWER} is right; "
        f"{_advice(adapter)}, or {_ALL_THE_SAME}"
    )


def _answer(adapter: Adapter, program: Program, data: Array, kernel: Array) -> str:
    """What came, as text: the numbers where the shape is right, else the shape."""
    call, _ = program_calls(adapter, program, {"input": data, "kernel": kernel}, None, ("output",))
    output = call.finish(call.make())["output"]
    if adapter.shape_only or output.shape != (1, 1, 1, len(ANSWER)):
        return str(output.shape)
    whole = [int(number) if number.is_integer() else number for number in map(float, output.ravel())]
    return str(whole)


def _why_not_started(adapter: Adapter | None, error: BaseException) -> dict[str, str]:
    """Unavailable where what the adapter needs is not installed; else it is there, and broken."""
    if isinstance(error, NotInstalledError):
        return {"unavailable": named(error).partition(": ")[2]}
    if adapter is not None and isinstance(error, ModuleNotFoundError) and _is_absent(adapter, error):
        name = error.name or ""
        return {"unavailable": f"not installed ({error}): pip install {adapter.packages.get(name, name)}"}
    return {"broken": f"does not start: {named(error)}; {_advice(adapter)}"}


def _is_absent(adapter: Adapter, error: ModuleNotFoundError) -> bool:
    """Whether the framework itself is missing: a module that the adapter lists, or else one that its own code imports.

    A module that is missing inside of a framework is a sign of an incomplete installation.
    """
    if adapter.packages:
        return error.name in adapter.packages
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    own = {inspect.getsourcefile(kind) for kind in type(adapter).__mro__ if kind not in Adapter.__mro__}
    importer = next((name for name in reversed(frames) if not name.startswith("<frozen importlib")), "")
    return error.name is not None and "." not in error.name and importer in own


def _advice(adapter: Adapter | None) -> str:
    module = next(iter(adapter.packages), "") if adapter is not None else ""
    tried = f"see what `python -c 'import {module}'` says" if module else "see whether its framework imports by itself"
    return f"{tried}, and install it anew"
