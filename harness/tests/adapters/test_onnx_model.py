"""Models in ONNX: what ONNX's own checker and evaluator make of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from math import isclose
from pathlib import Path

import numpy as np
import pytest

from harness import load_cases, tensors_of
from harness.__main__ import main
from harness.adapters.onnx_model import model_of
from harness.core.case import Expect, Overrides
from harness.engine.elsewhere import judge_results
from harness.engine.session import Ticker
from harness.suites.exported import read_index
from harness.tests.asking import make_case

onnx = pytest.importorskip("onnx")
ROOT = Path(__file__).parents[3]
SUITES = [
    f"shipped:{name}"
    for name in (
        "average_unpooling",
        "canonical_crops",
        "dialect_differences",
        "groups",
        "max_pooling_with_indices",
        "max_unpooling",
        "number_types",
        "output_padding",
        "resize_convolution",
        "resizing",
    )
]


def uneven(case):
    """Whether corners are aligned after a scale made a size that is rounded down."""
    return (
        case.scale
        and case.coordinates == "align_corners"
        and not all(isclose(n * s, o) for n, s, o in zip(case.input_size, case.scales, case.size, strict=True))
    )


def padded_by_the_stride(case):
    return any(q >= s for q, s in zip(case.words.output_padding or (0, 0), case.strides, strict=True))


FAULTS = {
    "conv_transpose2d": {
        "groups": lambda case: case.groups > 1,
        "output_shape without auto_pad": lambda case: (
            case.dialect == "onnx" and case.words.output_size and not case.words.padding
        ),
        "output_padding": padded_by_the_stride,
    },
    "max_pool2d_with_indices": {"indices": lambda case: case.step == (1, 1) == case.dilations},
    "max_unpool2d": {"output_shape": lambda case: [*case.size] != unpooled(case)},
    "resize2d": {"align_corners": uneven},
    "resize_conv2d": {"align_corners": uneven},
}
"""What the evaluator is known to do wrong, and in which cases; see docs/onnx.md."""


def known_fault(case):
    return next((name for name, holds in FAULTS.get(case.op, {}).items() if holds(case)), "")


def unpooled(case):
    return [
        (n - 1) * s + k - sum(pads)
        for n, s, k, pads in zip(case.input_size, case.step, case.pool_size, case.pads, strict=True)
    ]


def test_the_evaluator_of_the_documents_computes_all_but_what_it_is_known_to_do_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "onnx.md").read_text(encoding="utf-8"), re.DOTALL)
    Path("compute.py").write_text(text)
    assert main(["export", *SUITES, "--onnx", "--to", "exported"]) == 0
    assert re.search(r"\d+ models in ONNX\n", capsys.readouterr().out)
    subprocess.run([sys.executable, "compute.py", "exported", "results"], check=True, capture_output=True)
    session, _ = judge_results(Path("exported"), Path("results"), Ticker(), "onnx", {})
    wrong = {row.case for row in session.report.results if row.verdict.fails}
    judged = {row.case for row in session.report.results}
    faults = {case.name: known_fault(case) for case in load_cases(SUITES) if case.name in judged}
    assert wrong == {name for name, fault in faults.items() if fault}
    assert len(judged - wrong) > 300
    assert set(Counter(faults.values())) == {
        "",
        "align_corners",
        "groups",
        "indices",
        "output_padding",
        "output_shape",
        "output_shape without auto_pad",
    }


def test_strict_inference_finds_the_shape_of_every_legal_case():
    odd = set()
    for case in load_cases(SUITES):
        model = model_of(case, tensors_of(case))
        if case.nominal or isinstance(model, str):
            continue
        try:
            onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
        except onnx.shape_inference.InferenceError:
            odd.add(case.name.partition("[")[0])
    assert odd == {"output_padding/onnx-same-with-output-padding"}


def test_the_own_words_of_onnx_are_stated_as_they_are():
    (case,) = load_cases("shipped:output_padding::onnx-same-with-output-padding[padding=same,output_padding=1]")
    graph = onnx.load_from_string(model_of(case, tensors_of(case))).graph
    (node,) = graph.node
    stated = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    assert stated["auto_pad"] == b"SAME_UPPER"
    assert stated["output_padding"] == [1, 1]
    assert not {"pads", "output_shape"} & set(stated)
    assert [one.name for one in graph.input] == ["input"]
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(graph.initializer[0]), tensors_of(case)["kernel"])


def test_a_list_of_a_wrong_length_is_stated_as_it_is():
    overrides = Overrides(padding=(1,), strides=(2, 2, 2), output_size=(5,))
    case = make_case(dialect="onnx", overrides=overrides, expect=Expect(error=True))
    model = model_of(case, tensors_of(case))
    assert isinstance(model, bytes)
    (node,) = onnx.load_from_string(model).graph.node
    stated = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    assert (stated["pads"], stated["strides"], stated["output_shape"]) == ([1], [2, 2, 2], [5])
    empty = replace(case, overrides=Overrides(dilations=()))
    assert model_of(empty, tensors_of(empty)) == "a list of no numbers has no type in ONNX"


OPEN = """
suite: Open
about: What ONNX refuses, and what it leaves open.
defaults: {dialect: onnx, input_size: [3, 4], kernel_size: 2, strides: 2}
cases:
  - {id: added, about: More than the stride., output_padding: 2, expect: {error: true}}
  - {id: negative, about: A negative pad., padding: [[-1, 0], [0, 0]], expect: {error: true}}
  - {id: long, about: Three numbers for two axes., overrides: {strides: [2, 2, 2]}, expect: {error: true}}
  - id: larger
    about: Beyond the full length.
    output_size: [7, 9]
    expect:
      readings:
        - {name: at-the-end, because: it may be, crops: [[0, -1], [0, -1]]}
        - {name: at-the-begin, because: it may be, crops: [[-1, 0], [-1, 0]]}
"""


def test_errors_and_ambiguities_of_onnx_are_stated_in_its_words(tmp_path):
    (tmp_path / "open.yaml").write_text(OPEN)
    words = {
        "added": ("output_padding", [2, 2]),
        "negative": ("pads", [-1, 0, 0, 0]),
        "long": ("strides", [2, 2, 2]),
        "larger": ("output_shape", [7, 9]),
    }
    for case in load_cases([tmp_path / "open.yaml"]):
        graph = onnx.load_from_string(model_of(case, tensors_of(case))).graph
        stated = {one.name: onnx.helper.get_attribute_value(one) for one in graph.node[0].attribute}
        key, value = words.pop(case.id)
        assert stated[key] == value
        assert [len(one.type.tensor_type.shape.dim) for one in graph.output] == [4]
    assert not words


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("number_types", "ONNX computes no conv_transpose2d in int32"),
        ("broken_rules", "an error of the dialect pytorch"),
        ("dialect_differences", None),
    ],
)
def test_what_has_no_words_in_onnx_says_so_in_the_index(name, reason, tmp_path, capsys):
    assert main(["export", f"shipped:{name}", "--onnx", "--to", str(tmp_path / "out")]) == 0
    lines = read_index(tmp_path / "out")
    models = [line.onnx for line in lines if line.onnx is not None]
    assert len(models) == len(lines)
    assert reason in {one.absent for one in models}
    for one in models:
        assert (one.absent is None) is bool(one.file and (tmp_path / "out" / one.file).is_file())
    if reason:
        assert f": {reason}\n" in capsys.readouterr().out


def test_without_the_package_the_option_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("harness.cli.export.find_spec", lambda name: None)
    assert main(["export", "shipped:bias", "--onnx", "--to", str(tmp_path / "out")]) == 2
    assert "onnx is not installed: pip install 'transposed-convolution-harness[onnx]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
