"""Rows of other projects' tests: stated as they are, judged, and counted."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from harness.__main__ import main
from harness.cli.peers import NAMES
from harness.core.results import Verdict
from harness.quality.peers import judged as judging
from harness.quality.peers.judged import Judged, judge_rows, judge_source, lines_of
from harness.quality.peers.row import Row, in_nchw, write_rows
from harness.quality.peers.sources import SOURCES

ROOT = Path(__file__).parents[4]
IMAGE = np.array([[[[1, 2], [3, 4]]]], np.float32)
TWICE = IMAGE.repeat(2, axis=2).repeat(2, axis=3)
WORDS = {"dialect": "onnx", "method": "nearest", "coordinates": "asymmetric", "output_size": [4, 4]}


def needs(*packages):
    return pytest.mark.skipif(not all(map(find_spec, packages)), reason=f"needs {' and '.join(packages)}")


def resized(name="one", result=TWICE, inputs=IMAGE, *, expected=True, **words):
    given, results = {"input": ("NCHW", inputs)}, {"output": ("NCHW", result)}
    return Row(name, "resize2d", WORDS | words, given, results, expected=expected)


def judge(folder, *rows):
    write_rows(rows, {"package": "1.0"}, folder)
    return judge_rows("Tests", "onnx", folder)


def test_a_row_is_stated_and_judged(tmp_path):
    found = judge(tmp_path, resized("Of [two] words"), resized("Of {two} words", expected=False))
    assert (found.rows, found.expected, found.verdicts) == (2, 1, {"exact": 2})
    assert (found.absent, found.failing, found.versions) == ({}, [], {"package": "1.0"})
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == [
        "Of-two-words-2.input.npy",
        "Of-two-words.input.npy",
    ]


def test_a_wrong_result_fails(tmp_path):
    found = judge(tmp_path, resized(result=TWICE + 1), resized("two"))
    assert found.verdicts == {"diverges": 1, "exact": 1}
    assert [row.case for row in found.failing] == ["onnx_resize2d/one"]
    (line,) = [line for line in lines_of([found]) if line.startswith("  diverges")]
    assert line.startswith("  diverges: onnx_resize2d/one (output): values differ in 16 of 16 elements")


def test_a_row_is_as_good_as_its_worst_result(tmp_path):
    words = {"dialect": "onnx", "pool_size": 2, "strides": 1}
    right = {"output": np.array([[[[4]]]], np.float32), "indices": np.array([[[[3]]]])}
    rows = []
    for wrong in ("none", "output", "indices"):
        results = {key: ("NCHW", array + (key == wrong)) for key, array in right.items()}
        rows.append(Row(wrong, "max_pool2d_with_indices", words, {"input": ("NCHW", IMAGE)}, results))
    assert judge(tmp_path, *rows).verdicts == {"exact": 1, "diverges": 2}


def test_what_cannot_be_stated_is_counted_by_its_reason(tmp_path):
    odd = resized("odd", scale=[0.6, 0.6], output_size=None)
    found = judge(tmp_path, resized(), odd, resized("wordless", method="cubic"), Row("other", absent="cubic resizing"))
    assert found.verdicts == {"exact": 1}
    assert found.absent.pop("cubic resizing") == 1
    assert found.absent.pop("0.6 is no multiple of 1/64") == 1
    assert [count for reason, count in found.absent.items() if "nearest" in reason] == [1]
    assert found.absent.total() == 1


def test_nothing_that_is_stated_is_no_verdict(tmp_path):
    found = judge(tmp_path, Row("other", absent="cubic resizing"))
    assert (found.rows, found.verdicts.total(), found.absent) == (1, 0, {"cubic resizing": 1})


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16])
def test_numbers_of_another_type_are_the_same_numbers(tmp_path, dtype):
    kept = judge(tmp_path, resized(inputs=IMAGE.astype(dtype), result=TWICE.astype(dtype), dtype=np.dtype(dtype).name))
    assert kept.verdicts == {"exact": 1}


def test_a_wider_input_is_stated_in_the_type_of_the_result(tmp_path):
    assert judge(tmp_path, resized(inputs=IMAGE.astype(np.float64))).verdicts == {"exact": 1}


def test_a_row_that_lists_readings_may_have_any(tmp_path):
    readings = [{"name": name, "because": "it is open"} for name in ("first", "last")]
    words = {"dialect": "pytorch", "pool_size": 2, "expect": {"readings": readings}}
    inputs = {"input": ("NCHW", IMAGE), "indices": ("NCHW", np.array([[[[0, 0], [3, 2]]]]))}
    last = np.zeros((1, 1, 4, 4), np.float32)
    last[0, 0, 0] = [2, 0, 4, 3]
    found = judge(tmp_path, Row("twice", "max_unpool2d", words, inputs, {"output": ("NCHW", last)}))
    assert found.verdicts == {"ambiguous": 1}


def test_axes_are_put_in_order():
    array = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(in_nchw("HWC", array)[0, 3], array[..., 3])
    assert in_nchw("CHW", array).shape == (1, 2, 3, 4)


def test_the_table_counts_what_became_of_rows():
    one = Judged("Some tests", {"some": "1"}, 7, 2, Counter({"axes": 2, "modes": 3}), Counter({Verdict.EXACT: 2}))
    lines = "\n".join(lines_of([one, Judged("No tests", missing="ModuleNotFoundError: No module named 'none'")]))
    assert lines == (
        "source      rows  stated  expected  computed  exact\n"
        "Some tests     7       2         2         0      2\n"
        "No tests       0       0         0         0      0\n"
        "\n"
        "Some tests: some 1\n"
        "  not stated, 3: modes\n"
        "  not stated, 2: axes\n"
        "\n"
        "No tests: ModuleNotFoundError: No module named 'none'"
    )


def test_the_documents_show_the_table_of_every_source():
    assert tuple(SOURCES) == NAMES
    text = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    for start in ("source", *SOURCES.values()):
        assert re.search(rf"^{re.escape(start)} ", text, re.MULTILINE), start


def test_a_source_that_cannot_be_read_says_why(monkeypatch, capsys):
    def fails(*_, **__):
        raise RuntimeError("exit 1: Traceback\nModuleNotFoundError: No module named 'onnx'\n")

    monkeypatch.setattr(judging, "apart", fails)
    assert main(["peers", "onnx"]) == 1
    assert "converted models of onnx: ModuleNotFoundError: No module named 'onnx'\n" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["taken", "taken/onnx/rows.json"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path, place, capsys):
    (tmp_path / "taken" / "onnx").mkdir(parents=True)
    (tmp_path / "taken" / "onnx" / "rows.json").write_text("{}")
    assert main(["peers", "onnx", "--to", str(tmp_path / place)]) == 2
    assert f"{tmp_path / place / 'onnx'}: --to: cannot be made: " in capsys.readouterr().err


@needs("onnx")
def test_the_tests_of_onnx(tmp_path):
    found = judge_source(
        "onnx", tmp_path / "onnx", "convtranspose or maxunpool or uint8 or resize_tf or upsample_nearest"
    )
    assert (found.missing, found.rows) == ("", 22)
    assert found.absent == {
        "one spatial axis": 1,
        "3 spatial axes": 1,
        "coordinates tf_crop_and_resize": 4,
        "max pooling is run in floating point": 1,
    }
    assert (found.expected, found.verdicts[Verdict.AMBIGUOUS], found.verdicts[Verdict.DIVERGES]) == (15, 1, 1)
    assert [row.case for row in found.failing] == ["onnx_max_unpool2d/test-maxunpool-export-with-output-shape"]


@needs("torch", "expecttest")
def test_the_samples_of_torch(tmp_path):
    found = judge_source("torch", tmp_path / "torch", "conv_transpose2d or max_unpool2d and grad")
    assert found.missing == ""
    assert found.absent == {}
    assert found.verdicts.total() == found.rows > 40
    assert found.verdicts.keys() == {"exact", "within_bound"}
    assert found.expected == 0


@needs("keras", "jax", "tensorflow")
def test_the_tests_of_keras(tmp_path):
    found = judge_source("keras", tmp_path / "keras", "CorrectnessTest.test_conv2d_transpose0 or test_upsampling_2d0")
    assert found.missing == ""
    assert found.rows == found.verdicts.total() == found.expected > 1
    assert found.verdicts.keys() <= {"exact", "within_bound"}


@needs("tensorflow")
def test_the_tests_of_tensorflow(tmp_path):
    found = judge_source("tensorflow", tmp_path / "tensorflow", "testShape or testTypes or Bilinear and testGradients0")
    assert (found.missing, found.absent, found.failing) == ("", {}, [])
    assert found.rows == found.verdicts.total() > 7
