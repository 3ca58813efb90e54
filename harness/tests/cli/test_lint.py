"""``harness lint``: malformed suites through the command itself."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.__main__ import main
from harness.tests.build import write_suite
from harness.tests.malformed import CASE, HEAD, MALFORMED

ROOT = Path(__file__).parents[3]
FEW = ["tab", "unknown-key-near-miss", "sweep-bad-in-the-middle", "unreachable-output", "terabytes"]


def check_output(name, path, code, output):
    line, pattern = MALFORMED[name][1:]
    assert code == 2
    assert "Traceback" not in output
    blocks = re.findall(rf"^{re.escape(str(path))}:{line}:\d+:.*\n +hint: .+$", output, re.MULTILINE)
    key, _, message = pattern.partition(": ")
    assert any(re.search(message or key, block, re.DOTALL) for block in blocks), output


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_through_the_command(tmp_path, capfd, name):
    path = write_suite(tmp_path, MALFORMED[name][0])
    code = main(["lint", str(path)])
    out, err = capfd.readouterr()
    check_output(name, path, code, out + err)


@pytest.mark.parametrize("name", FEW)
def test_malformed_through_a_process(tmp_path, name):
    path = write_suite(tmp_path, MALFORMED[name][0])
    done = subprocess.run(
        [sys.executable, "-m", "harness", "lint", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    check_output(name, path, done.returncode, done.stdout + done.stderr)


def test_a_good_suite_is_not_complained_about(tmp_path, capfd):
    assert main(["lint", str(write_suite(tmp_path, HEAD + CASE))]) == 0
    assert "1 suite, 1 case" in capfd.readouterr().out


@pytest.mark.parametrize("what", ["absent.yaml", "."])
def test_no_suite_to_be_found(tmp_path, capfd, what):
    assert main(["lint", str(tmp_path / what)]) == 2
    output = "".join(capfd.readouterr())
    assert str(tmp_path / what) in output
    assert "Traceback" not in output


def test_an_expected_value_that_is_wrong_is_shown_at_its_case(tmp_path, capfd):
    literals = "    input: {layout: HW, values: [[1]]}\n    kernel: {layout: HW, values: [[2, 3]]}\n"
    text = HEAD + "  - id: one\n    about: text\n" + literals + "    expect: {layout: HW, values: [[2, 3]]}\n"
    assert main(["lint", str(write_suite(tmp_path, text))]) == 0
    path = write_suite(
        tmp_path, text.replace("expect: {layout: HW, values: [[2, 3]]}", "expect: {layout: HW, values: [[2, 4]]}")
    )
    assert main(["lint", str(path)]) == 2
    assert re.search(rf"^{re.escape(str(path))}:4:\d+: ", "".join(capfd.readouterr()), re.MULTILINE)


def test_errors_and_ambiguities_of_a_dialect_that_no_adapter_speaks_are_noted(tmp_path, capfd):
    text = "".join(
        f"  - {{id: {dialect}, about: a, dialect: {dialect}, input_size: 3, kernel_size: 3, strides: 0,"
        " expect: {error: true}}\n"
        for dialect in ("onnx", "jax", "pytorch")
    )
    path = write_suite(tmp_path, HEAD + text)
    assert main(["lint", str(path)]) == 0
    note, good = capfd.readouterr().out.splitlines()
    assert note == "note: no adapter here speaks the dialect of these, so none runs them: suite/onnx, suite/jax"
    assert good == "1 suite, 3 cases: nothing to complain about"
    write_suite(tmp_path, HEAD + text.replace("strides: 0", "strides: 1"))
    assert main(["lint", str(path)]) == 2
    assert "these parameters are legal in dialect jax" in capfd.readouterr().err


def test_what_an_entry_claims_to_kill_and_does_not_is_shown(tmp_path, capfd):
    entry = CASE + "    kills: [KernelRotated, BiasMissing]\n"
    path = write_suite(tmp_path, HEAD + entry)
    assert main(["lint", str(path)]) == 2
    (message,) = re.findall(
        rf"^{re.escape(str(path))}:8:28: one: cases.kills: (.*)\n +hint: ", capfd.readouterr().err, re.MULTILINE
    )
    assert message == "vacuous: the case does not kill BiasMissing, which it says it is about: There is no bias"
    assert main(["lint", str(write_suite(tmp_path, HEAD + entry + "    bias: true\n"))]) == 0


def test_the_shipped_suites_prove_something(monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    code = main(["lint"])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert "nothing to complain about" in out


def test_suites_that_show_some_examples_must_show_all(tmp_path, capfd):
    title = "TensorFlow下反卷积(Deconvolution)的实现"
    path = write_suite(tmp_path, f"{HEAD}{CASE}    examples: [A]\n    source: {title}\n")
    assert main(["lint", str(path)]) == 0
    assert main(["lint", str(tmp_path)]) == 2
    out = capfd.readouterr()
    text = out.out + out.err
    assert "B1: no case shows this example" in text
    assert "A: no case shows" not in text


HELM = "{{- if .Values.on }}\nkind: Service\n{{- end }}\n"
OTHERS = {
    "mkdocs.yml": "site_name: !!python/name:a.b x\n",
    "chart.yaml": HELM,
    "compose.yaml": "services: {suite: {}}\n",
}


@pytest.fixture
def hook(tmp_path, monkeypatch):
    """Runs the hook as pre-commit does: its words, then the names of the staged files that are YAML."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["language"], hook["types"]) == ("python", ["yaml"])
    program, *words = shlex.split(hook["entry"])
    assert program == "harness"
    monkeypatch.chdir(tmp_path)
    for name, text in OTHERS.items():
        Path(name).write_text(text)
    return lambda *names: main([*words, *names])


def test_the_hook_checks_suites_and_passes_over_other_files(hook, tmp_path, capfd):
    write_suite(tmp_path, HEAD + CASE)
    assert hook(*OTHERS, "suite.yaml") == 0
    assert capfd.readouterr().out == "1 suite, 1 case: nothing to complain about\n"
    assert hook(*OTHERS) == 0
    assert capfd.readouterr().out == "no suites among these files\n"
    assert main(["lint", "compose.yaml"]) == 2


@pytest.mark.parametrize("text", [HEAD + CASE + "    strids: 2\n", "suite: [\n", "suite: x\n"])
def test_the_hook_complains_of_a_bad_suite(hook, tmp_path, capfd, text):
    write_suite(tmp_path, text)
    assert hook(*OTHERS, "suite.yaml") == 2
    assert re.match(r"suite\.yaml:\d+:\d+: ", capfd.readouterr().err)


@pytest.mark.parametrize("name", ["absent.yaml", "shipped:absent"])
def test_the_hook_complains_of_what_is_not_there(hook, name, capfd):
    assert hook(name) == 2
    assert name in capfd.readouterr().err


def test_the_hook_checks_the_form_of_a_list_of_known_divergences(hook, capfd):
    Path("known_divergences.yaml").write_text("divergences: []\n")
    assert hook("known_divergences.yaml") == 0
    Path("known_divergences.yaml").write_text("divergences: [{cases: a/b}]\n")
    assert hook("known_divergences.yaml") == 2
    assert "known_divergences.yaml:1:" in capfd.readouterr().err
