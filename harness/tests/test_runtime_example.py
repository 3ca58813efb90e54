"""The adapter that docs/examples/onnxruntime has, on ONNX Runtime where it is installed.

Where it is not, a stand-in computes the same models by the reference evaluator of onnx, on suites in which that is right.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

import harness
from harness.__main__ import main
from harness.tests.documented import EXAMPLE, ROOT, STAND_IN, blocks_of

PAGE = ROOT / "docs" / "adding-a-runtime.md"
ADAPTER = "harness_onnxruntime:OnnxRuntime"
RIGHT = [
    "shipped:average_unpooling",
    "shipped:canonical_crops",
    "shipped:dialect_differences",
    "shipped:resize_convolution",
    "shipped:bias",
]
POOLING = ["shipped:max_pooling_with_indices", "shipped:max_unpooling"]

pytest.importorskip("onnx")


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The folder of the example, with a stand-in for a runtime that is not installed."""
    monkeypatch.chdir(EXAMPLE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(EXAMPLE)])
    if find_spec("onnxruntime") is None:
        (tmp_path / "onnxruntime.py").write_text(STAND_IN)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def verdicts(suites, match=""):
    return {row.case: str(row.verdict) for row in harness.run(suites, ADAPTER, match=match, jobs=1)}


def test_the_adapter_conforms_in_each_operation(example):
    match = "not aligned and not without-auto-pad and not groups"
    found = [
        *verdicts(RIGHT, match).items(),
        *verdicts(POOLING, "(plane or hwc or tie) and not max_unpooling/index").items(),
    ]
    wrong = {name: verdict for name, verdict in found if verdict not in {"exact", "within_bound", "inexpressible"}}
    assert not wrong
    assert sum(verdict == "exact" for _, verdict in found) >= 50


def test_the_first_three_sections_of_the_page_are_a_module_that_works(example, tmp_path, monkeypatch):
    blocks = [block for block in blocks_of(PAGE) if block.kind == "python"]
    text = "\n\n".join(block.text for block in blocks[:4])
    assert "class OnnxRuntime" in blocks[0].text
    assert "def conv_transpose" in blocks[3].text
    (tmp_path / "from_the_page.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    rows = harness.check_adapter("from_the_page:OnnxRuntime", RIGHT[-1], jobs=1)
    assert sum(str(row.verdict) == "exact" for row in rows) == 22


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_the_runtime_conforms_but_for_what_its_list_has(example):
    assert main(["run", "shipped:", "-a", ADAPTER, "--known", "known_divergences.yaml"]) == 0
