"""``harness judge``: arrays of another program, right, wrong and unusable."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from harness import load_cases, run
from harness.__main__ import main
from harness.core.dtypes import DTYPES
from harness.operations import operation_of
from harness.reports.json_schemas import report_json_schema

ROOT = Path(__file__).parents[3]


def right(case):
    """Every output of a legal case."""
    references = operation_of(case).oracle.prepare(case).references
    return {name: one.output.astype(DTYPES[one.dtype or case.dtype].numpy) for name, one in references.items()}


@pytest.fixture
def place(folder):
    """Exports the small suite, and gives the file of the results of its plain case."""
    assert main(["export", "--to", "exported"]) == 0
    (folder / "results" / "small").mkdir(parents=True)
    return file_of("plain")


def file_of(case):
    """The file of the results of a case of the small suite."""
    lines = json.loads(Path("exported/index.json").read_text())["cases"]
    (name,) = [line["arrays"] for line in lines if line["case"] == f"small/{case}"]
    return Path("results") / name


@pytest.fixture
def plain():
    (case,) = load_cases(match="plain")
    return right(case)


def judge(*options):
    return main(["judge", "exported", "--results", "results", *options])


def test_right_results_conform(place, plain, capsys):
    np.savez(place, **plain)
    np.savez(file_of("too-much-padding-added"), error="ValueError: no\nsuch thing")
    assert judge() == 0
    out = capsys.readouterr().out
    assert "2 cases, 2 checks, 5 verdicts, 0 failing" in out
    assert "\nno version known: elsewhere\n" in out
    assert out.endswith("\nconforming\nnot run: 6 of 8 exported cases\n")


def test_a_wrong_result_is_diagnosed_and_reported(place, plain, folder, capsys):
    output = plain["output"]
    np.savez(place, output=np.roll(output, 1, axis=2), input_grad=plain["input_grad"])
    assert judge("--name", "phone:gpu", "--version", "runtime=1.2", "--report-dir", "reports") == 1
    out = capsys.readouterr().out
    assert "DIVERGES  small/plain  on phone:gpu (native)\n  values differ in" in out
    assert "  as if " in out
    repeat = "harness judge exported --results results --name phone:gpu --version runtime=1.2"
    assert f"  repeat: {repeat}\n" in out
    assert "not given: bias_grad of 1 case\nnot given: kernel_grad of 1 case\n" in out
    report = json.loads((folder / "reports" / "conformance.json").read_text())
    jsonschema.validate(report, report_json_schema())
    assert report["adapters"][0]["versions"] == {"runtime": "1.2"}
    assert {line["verdict"]: line["outputs"] for line in report["results"]} == {
        "diverges": ["output"],
        "exact": ["input_grad"],
    }
    assert "phone:gpu" in (folder / "reports" / "conformance.html").read_text()
    assert (folder / "reports" / "conformance.md").exists()


def test_an_error_beside_an_output_is_that_of_the_gradients(place, plain, capsys):
    np.savez(place, output=plain["output"], error="RuntimeError: no gradients here")
    assert judge() == 1
    assert capsys.readouterr().out.count("RuntimeError: no gradients here\n") == 3


def test_an_error_is_a_rejection_and_an_array_in_place_of_one_is_accepted(place, capsys):
    np.savez(place, error="ValueError: too hard")
    np.savez(file_of("too-much-padding-added"), output=np.zeros(3))
    assert judge() == 1
    out = capsys.readouterr().out
    assert "REJECTS  small/plain  on elsewhere (native)\n  ValueError: too hard\n" in out
    assert "ACCEPTS  small/too-much-padding-added" in out


@pytest.mark.parametrize("dtype", [">f4", "<f4"])
def test_the_order_of_bytes_and_axes_does_not_matter(place, plain, dtype):
    turned: dict[str, Any] = {name: np.asfortranarray(array.astype(dtype)) for name, array in plain.items()}
    np.savez(place, **turned)
    assert judge() == 0


@pytest.mark.parametrize("array", [np.zeros((2, 3, 5, 5)), np.full((2, 3, 5, 5), "a"), np.zeros(2, "i4,f4"), b"abc"])
def test_arrays_of_another_kind_have_the_wrong_dtype(place, array, capsys):
    np.savez(place, output=array)
    assert judge() == 1
    assert "expected float32, got " in capsys.readouterr().out


@pytest.mark.parametrize("as_stored", [lambda array: array.view(np.uint16), lambda array: array])
def test_bfloat16_comes_as_its_bits(folder, as_stored, capsys):
    suite = folder / "cases" / "small.yaml"
    suite.write_text(suite.read_text().replace("dialect: pytorch", "dialect: pytorch, dtype: bfloat16"))
    assert main(["export", "--to", "exported"]) == 0
    (folder / "results" / "small").mkdir(parents=True)
    (case,) = load_cases(match="plain")
    np.savez(file_of("plain"), **{name: as_stored(array) for name, array in right(case).items()})
    assert judge() == 0, capsys.readouterr()


def test_known_divergences_apply_where_a_list_is_named(place, folder):
    np.savez(place, error="ValueError: too hard")
    entry = {"cases": "small/plain", "adapter": "phone", "versions": {"runtime": ">=1,<2"}, "verdict": "rejects"}
    entry |= {"message": "too hard", "why": "it has no strides", "upstream": "https://example.org/1"}
    (folder / "known.yaml").write_text(json.dumps({"divergences": [entry]}))
    assert judge("--name", "phone", "--version", "runtime=1.5") == 1
    options = ["--name", "phone", "--known", "known.yaml", "--version"]
    assert judge(*options, "runtime=1.5") == 0
    assert judge(*options, "runtime=0.5") == 1


def one_array():
    np.save(stream := BytesIO(), np.zeros(3))
    return stream.getvalue()


def savez(**arrays):
    return lambda path: np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"PK\3\4 no"), "cannot be read: BadZipFile"),
        (lambda path: path.write_bytes(b""), "cannot be read: EOFError"),
        (lambda path: path.write_bytes(b"\x80\x04]."), "cannot be read: ValueError"),
        (lambda path: path.write_bytes(one_array()), "cannot be read: TypeError: it has one array without a name"),
        (savez(output=np.array([None])), "cannot be read: ValueError: Object arrays cannot be loaded"),
        (savez(), "has nothing, but no output"),
        (savez(input_grad=np.zeros(3)), "has input_grad, but no output"),
        (savez(input_grad=np.zeros(3), error="E"), "has input_grad, but no output"),
        (savez(output=np.zeros(3), outputs=np.zeros(3)), "has outputs, which the case does not request"),
        (savez(error=np.zeros(3)), "has an error that is no text"),
        (savez(error=" "), "has an error that is no text"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_message_and_no_report(place, write, message, folder, capsys):
    write(place)
    assert judge("--report-dir", "reports") == 2
    out, err = capsys.readouterr()
    assert not out
    assert f"{place}: small/plain: {message}" in err
    assert not (folder / "reports").exists()


def test_an_error_beside_every_output_is_refused(place, plain, capsys):
    np.savez(place, **plain, error="E")
    assert judge() == 2
    assert "or beside every output" in capsys.readouterr().err


def test_results_of_another_version_of_a_case_are_refused(place, plain, folder, capsys):
    np.savez(place, **plain)
    suite = folder / "cases" / "small.yaml"
    text = suite.read_text()
    suite.write_text(text.replace("the plain thing", "other words"))
    assert judge() == 0
    for new in (text.replace("strides: [2, 1]", "strides: [2, 2]"), text.replace("id: plain", "id: plane")):
        suite.write_text(new)
        assert judge() == 2
        assert "exported: 1 case changed since the export: small/plain\n" in capsys.readouterr().err


def test_results_of_an_earlier_export_are_refused(place, plain, folder, capsys):
    np.savez(place, **plain)
    suite = folder / "cases" / "small.yaml"
    suite.write_text(suite.read_text().replace("strides: [2, 1]", "strides: [2, 2]"))
    shutil.rmtree("exported")
    assert main(["export", "--to", "exported"]) == 0
    assert judge() == 2
    message = f"results: --results: is of another export than this, whose case is another one: small/{place.name}\n"
    assert message in capsys.readouterr().err
    assert file_of("plain").name != place.name
    place.unlink()
    (case,) = load_cases(match="plain")
    np.savez(file_of("plain"), **right(case))
    assert judge() == 0


def test_files_of_no_case_are_refused(place, plain, capsys):
    np.savez(place.with_name("plane.npz"), **plain)
    assert judge() == 2
    assert "results: --results: is no result of an exported case: small/plane.npz\n" in capsys.readouterr().err


def test_nothing_to_judge_is_exit_1(place, capsys):
    assert judge() == 1
    assert "results has no results of the 8 exported cases: nothing was judged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--results", "results"], "nowhere/index.json: cannot be read: No such file or directory"),
        (["cases", "--results", "results"], "cases/index.json: is no export of this version: schema_version"),
        (["exported", "--results", "nowhere"], "nowhere: --results: is no folder"),
        (["exported", "--results", "results", "--name", "../x"], "'../x' is no name"),
        (["exported", "--results", "results", "--version", "2"], "'2' has no version"),
    ],
)
def test_bad_arguments_are_exit_2(place, folder, arguments, message, capsys):
    (folder / "cases" / "index.json").write_text("{}")
    assert main(["judge", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_program_of_the_documents_gets_the_verdicts_of_a_run(tmp_path, monkeypatch):
    """It computes in a process of its own, and calls PyTorch as it likes."""
    monkeypatch.chdir(tmp_path)
    suites = [f"shipped:{name}" for name in ("bias", "broken_rules", "canonical_crops", "number_types", "output_size")]
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "judging.md").read_text(encoding="utf-8"), re.DOTALL)
    assert text.count("\n") <= 30
    Path("compute.py").write_text(text)
    assert main(["export", *suites, "--to", "exported"]) == 0
    subprocess.run([sys.executable, "compute.py", "exported", "results"], check=True, capture_output=True)
    main(["judge", "exported", "--results", "results", "--report-dir", "reports"])
    judged = states("reports/conformance.json")
    asked = {(row.case, row.output): str(row.observed) for row in run(suites, ["pytorch"])}
    both = judged.keys() & asked.keys()
    assert len(both) > 400
    assert {key: judged[key] for key in both} == {key: asked[key] for key in both}


def states(path):
    """The verdicts of a report, by case and output."""
    report = json.loads(Path(path).read_text())
    requested = {line["case"]: line.get("outputs", ["output"]) for line in report["cases"]}
    return {
        (line["case"], output): line["verdict"]
        for line in report["results"]
        for output in line.get("outputs", requested[line["case"]])
    }


STATED = """\
suite: S
about: a
defaults: {dialect: pytorch, batch: 1, in_channels: 1, out_channels: 1, input_size: [1, 2], kernel_size: [1, 2]}
cases:
  - id: a
    about: b
    input: {layout: W, values: [1, 2]}
    kernel: {layout: W, values: [3, 5]}
    expect: {layout: W, values: [3, 11, 10]}
"""


def test_a_value_that_a_case_expects_and_that_is_wrong_is_refused_as_by_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(STATED)
    assert main(["export", "s.yaml", "--to", "exported"]) == 0
    (case,) = load_cases("s.yaml")
    Path("results").mkdir()
    (line,) = json.loads(Path("exported/index.json").read_text())["cases"]
    (tmp_path / "results" / line["arrays"]).parent.mkdir(exist_ok=True)
    np.savez(Path("results") / line["arrays"], **right(case))
    assert judge() == 0
    Path("s.yaml").write_text(STATED.replace("10]", "99]"))
    for command in (["judge", "exported", "--results", "results"], ["export", "s.yaml", "--to", "again"]):
        assert main(command) == 2
        assert "s.yaml:5:1: a: expect: the oracle gives 10 at [0, 0, 0, 2]" in capsys.readouterr().err
    assert not Path("again").exists()
