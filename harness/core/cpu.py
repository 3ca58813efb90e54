"""The instruction sets of this machine by which frameworks choose their kernels.

The same call in the same version can take another kernel on another processor, with other roundings and other bugs:
PyTorch hands float16 to oneDNN only where the processor multiplies float16.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

InstructionSet = Literal[
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_int8",
    "amx_bf16",
    "amx_fp16",
    "asimd",
    "asimdhp",
    "bf16",
    "i8mm",
    "sve",
    "sve2",
]
"""As Linux calls them in /proc/cpuinfo, on x86-64 and on 64-bit ARM."""
_LINES = ("flags", "Features")


def instruction_sets(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[InstructionSet] | None:
    """Those that the first processor of ``cpuinfo`` has; None where the system does not say."""
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return None
    for line in text.splitlines():
        name, _, words = line.partition(":")
        if name.strip() in _LINES:
            return frozenset(get_args(InstructionSet)) & frozenset(words.split())
    return None


def in_words(found: frozenset[InstructionSet] | None) -> str:
    """One line for a report's environment."""
    if found is None:
        return "unknown"
    return " ".join(name for name in get_args(InstructionSet) if name in found) or "none of those that kernels need"
