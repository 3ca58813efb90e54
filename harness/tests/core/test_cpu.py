"""Instruction sets are read as Linux writes them, and are unknown elsewhere."""

import pytest

from harness.core.cpu import in_words, instruction_sets

X86 = """\
processor\t: 0
model name\t: Some
flags\t\t: fpu avx avx2 amx_fp16 avx512f avx512_fp16 rdpid

processor\t: 1
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd evtstrm asimdhp sve\nCPU part\t: 0xd40\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (X86, "avx2 avx512f avx512_fp16 amx_fp16"),
        (ARM, "asimd asimdhp sve"),
        ("flags : fpu sse2\n", "none of those that kernels need"),
        ("isa : rv64imafdc\n", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_first_processor_is_described(tmp_path, monkeypatch, text, line):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    path = tmp_path / "cpuinfo"
    if text is not None:
        path.write_text(text)
    assert in_words(instruction_sets(path)) == line


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        ("SSE41", "none of those that kernels need"),
        ("AVX2", "avx2"),
        ("avx512_core", "avx2 avx512f"),
        ("AVX512_CORE_BF16", "avx2 avx512f"),
        ("AVX512_CORE_FP16", "avx2 avx512f avx512_fp16"),
        ("AVX512_CORE_AMX_FP16", "avx2 avx512f avx512_fp16 amx_fp16"),
        ("DEFAULT", "avx2 avx512f avx512_fp16 amx_fp16"),
        ("", "avx2 avx512f avx512_fp16 amx_fp16"),
    ],
)
def test_what_onednn_may_not_use_does_not_count(tmp_path, monkeypatch, limit, line):
    path = tmp_path / "cpuinfo"
    path.write_text(X86)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert in_words(instruction_sets(path)) == line
    path.write_text(ARM)
    assert in_words(instruction_sets(path)) == "asimd asimdhp sve"


def test_the_order_of_a_line_is_always_the_same():
    assert in_words(frozenset({"sve", "avx2", "bf16"})) == "avx2 bf16 sve"
