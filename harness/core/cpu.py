"""The instruction sets of this machine by which frameworks choose their kernels.

The same call in the same version can take another kernel on another processor, with other roundings and other bugs:
PyTorch hands float16 to oneDNN only where the processor multiplies float16.
"""

from __future__ import annotations

import os
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
_LIMIT = "ONEDNN_MAX_CPU_ISA"
_BY_LIMIT: dict[str, tuple[InstructionSet, ...]] = {
    "SSE41": (),
    "AVX": (),
    "AVX2": ("avx2",),
    "AVX2_VNNI": ("avx_vnni",),
    "AVX512_CORE": ("avx512f",),
    "AVX512_CORE_VNNI": ("avx512_vnni",),
    "AVX512_CORE_BF16": ("avx512_bf16",),
    "AVX512_CORE_FP16": ("avx512_fp16",),
    "AVX512_CORE_AMX": ("amx_int8", "amx_bf16"),
    "AVX512_CORE_AMX_FP16": ("amx_fp16",),
}
"""What each value of that variable allows beside all that stands before it.

Source: the page on CPU dispatcher control in oneDNN's developer guide.
"""


def instruction_sets(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[InstructionSet] | None:
    """Those that the first processor of ``cpuinfo`` has and that oneDNN may use; None where the system does not say."""
    found = _of_processor(cpuinfo)
    limits = list(_BY_LIMIT)
    limit = os.environ.get(_LIMIT, "").upper()
    if found is None or limit not in limits:
        return found
    return found.difference(*(_BY_LIMIT[name] for name in limits[limits.index(limit) + 1 :]))


def _of_processor(cpuinfo: Path) -> frozenset[InstructionSet] | None:
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
