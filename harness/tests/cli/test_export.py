"""``harness export``: what another program is given."""

from __future__ import annotations

import json

import jsonschema
import ml_dtypes
import numpy as np
import pytest

from harness import load_cases, tensors_of
from harness.__main__ import main
from harness.reports.json_schemas import CASE_SCHEMAS


def export(*arguments):
    """The lines of the index by name of the case, and the arrays of each."""
    assert main(["export", *arguments, "--to", "out"]) == 0
    with open("out/index.json", encoding="utf-8") as stream:  # noqa: PTH123
        index = json.load(stream)
    jsonschema.validate(index, CASE_SCHEMAS["exported.schema.json"]())
    arrays = {}
    for line in index["cases"]:
        with np.load(f"out/{line['arrays']}") as loaded:
            arrays[line["case"]] = {name: loaded[name] for name in loaded.files}
    return {line["case"]: line for line in index["cases"]}, arrays


def test_every_case_is_there_with_the_arrays_that_frameworks_are_given(folder):
    lines, arrays = export()
    cases = load_cases()
    assert list(lines) == [case.name for case in cases]
    for case in cases:
        tensors = tensors_of(case)
        assert set(arrays[case.name]) == set(tensors) == set(lines[case.name]["tensors"])
        for name, tensor in tensors.items():
            np.testing.assert_array_equal(arrays[case.name][name], tensor, strict=True)
            assert lines[case.name]["tensors"][name]["shape"] == list(tensor.shape)
    line = lines["small/sizes[strides=3,padding=1x0]"]
    assert line["arrays"] == f"small/sizes_strides_3_padding_1x0.{line['digest'][:8]}.npz"


def test_a_line_says_what_is_to_be_computed(folder):
    lines, _ = export("-k", "plain or added")
    plain, illegal = lines.values()
    assert plain["parameters"] == {
        "batch": 2,
        "in_channels": 2,
        "out_channels": 3,
        "input_size": [3, 4],
        "kernel_size": [3, 2],
        "strides": [2, 1],
        "dilations": [1, 1],
        "groups": 1,
        "bias": True,
        "padding": [[1, 1], [0, 0]],
    }
    assert plain["geometry"]["crops"] == [[1, 1], [0, 0]]
    assert plain["geometry"]["output_shape"] == plain["outputs"]["output"]["shape"] == [2, 3, 5, 5]
    assert plain["outputs"]["kernel_grad"] == {"shape": [2, 3, 3, 2], "dtype": "float32", "layout": "IOHW"}
    assert (plain["expects"], illegal["expects"]) == ("values", "error")
    assert (illegal["geometry"], illegal["outputs"]) == (None, {"output": None})


def test_what_is_handed_over_in_place_of_a_tensor_is_ones_as_the_call_sees_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines, arrays = export("shipped:broken_rules", "-k", "pytorch-kernel-of-three or pytorch-input-float64 or five-num")
    kernel, wide, sized = lines
    np.testing.assert_array_equal(arrays[kernel]["kernel"], np.ones((2, 3, 3), np.float32), strict=True)
    assert lines[kernel]["tensors"]["kernel"]["layout"] == ""
    assert arrays[wide]["input"].dtype == np.float64
    assert lines[wide]["tensors"]["input"]["layout"] == "NCHW"
    assert lines[sized]["parameters"]["output_shape"] == [2, 6, 8, 3, 1]


def test_an_image_without_a_batch_and_readings_are_stated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines, arrays = export(
        "shipped:broken_rules::pytorch-input-of-three-axes", "shipped:max_unpooling::index-comes-twice"
    )
    image, twice = lines.values()
    assert (image["unbatched"], arrays[image["case"]]["input"].shape) == (True, (1, 4, 3, 4))
    assert (twice["unbatched"], twice["expects"], set(twice["tensors"])) == (
        False,
        "readings",
        set(arrays[twice["case"]]),
    )
    assert len(twice["readings"]) > 1


def test_bfloat16_is_stored_as_its_bits(folder):
    suite = folder / "cases" / "small.yaml"
    suite.write_text(suite.read_text().replace("dialect: pytorch", "dialect: pytorch, dtype: bfloat16"))
    lines, arrays = export("-k", "plain")
    (case,) = load_cases(match="plain")
    stored = arrays[case.name]["input"]
    assert (stored.dtype, lines[case.name]["tensors"]["input"]["dtype"]) == (np.uint16, "bfloat16")
    np.testing.assert_array_equal(stored.view(ml_dtypes.bfloat16), tensors_of(case)["input"])


def test_long_names_that_begin_alike_have_files_of_their_own(folder):
    suite, word = folder / "cases" / "small.yaml", "long" * 25
    suite.write_text(suite.read_text().replace("id: sizes", f"id: {word}"))
    lines, _ = export("-k", word)
    names = [line["arrays"] for line in lines.values()]
    assert len({name.lower() for name in names}) == 6
    assert max(map(len, names)) < 110


def test_the_same_cases_are_the_same_bytes(folder):
    for name in ("one", "two"):
        assert main(["export", "--to", name]) == 0
    files = [path.relative_to(folder / "one") for path in (folder / "one").rglob("*.*")]
    assert len(files) == 9
    assert all((folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes() for name in files)


@pytest.mark.parametrize("taken", ["cases", "cases/small.yaml", "cases/small.yaml/out"])
def test_a_place_that_cannot_be_written_is_left_as_it_is(folder, taken, capsys):
    before = sorted(folder.rglob("*"))
    assert main(["export", "--to", taken]) == 2
    assert capsys.readouterr().err.startswith(f"{taken}: ")
    assert sorted(folder.rglob("*")) == before


def test_an_export_that_fails_leaves_nothing(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert main(["export", "--to", "out"]) == 2
    assert [path.name for path in folder.iterdir()] == ["cases"]


def test_a_kernel_of_a_convolution_has_its_output_channels_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines, arrays = export("shipped:resize_convolution", "-k", "kernels")
    name, line = next(iter(lines.items()))
    assert line["tensors"]["kernel"]["layout"] == "OIHW"
    assert arrays[name]["kernel"].shape[:2] == (line["parameters"]["out_channels"], line["parameters"]["channels"])
    assert arrays[name]["kernel"].shape[0] != arrays[name]["kernel"].shape[1]
