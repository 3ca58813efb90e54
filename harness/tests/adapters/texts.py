"""The text of a program as its script prints it, and what it gives in this process."""

from __future__ import annotations

from harness.adapters import choose
from harness.adapters.calls import observe, program_calls
from harness.adapters.text import text_of
from harness.adapters.written_out import written_out


def printed(program, adapter="pytorch", *, gradient=False):
    """The text of ``program`` on the adapter of that name."""
    (chosen,) = choose([adapter])
    return written_out(text_of(program, chosen.adapter.runtime, gradient=gradient), program.handed)


def outputs(adapter, program, arrays, *, gradient=False):
    """What ``program`` gives for ``arrays``, by name."""
    names = program.gradients if gradient else program.outputs
    call, _ = program_calls(adapter, program, arrays, None, names, gradient=gradient)
    return {name: one.first for name, one in observe(call, 1, lambda: None).items()}
