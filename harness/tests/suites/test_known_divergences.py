"""Known divergences explain exactly what they list, and complain once it is gone."""

from dataclasses import replace

import pytest

from harness.core.cpu import instruction_sets
from harness.core.errors import BadInputError
from harness.core.results import Row, Verdict
from harness.suites.known_divergences import KnownDivergences, known_beside, load_known
from harness.tests.asking import make_case

ENTRY = """\
divergences:
  - cases: dilated/*-2[strides=*]
    adapter: keras
    versions: {keras: '>=3.10,<4', tensorflow: '!=2.21.0'}
    verdict: rejects
    message: values differ
    why: the dilation is dropped
    upstream: keras#123
"""
VERSIONS = {"keras": "3.15.0", "tensorflow": "2.22.0"}


def listed(tmp_path, text=ENTRY):
    path = tmp_path / "known_divergences.yaml"
    path.write_text(text)
    return load_known(path)


def row(
    verdict=Verdict.REJECTS, case="dilated/k-2[strides=1]", adapter="keras", mode="eager", message="values differ in 3"
):
    return Row(case, adapter, mode, "output", "native", verdict, verdict, 7.5, 9.0, message, "", "harness run …")


def test_a_listed_divergence_is_known_and_keeps_what_was_observed(tmp_path):
    explained = listed(tmp_path).explain(row(), VERSIONS)
    assert (explained.verdict, explained.observed) == (Verdict.KNOWN, Verdict.REJECTS)
    assert explained.diagnosis == "the dilation is dropped (keras#123)"
    assert (explained.message, explained.error_over_bound, explained.ulps) == ("values differ in 3", 7.5, 9.0)


def test_one_entry_may_list_several_adapters_and_no_other_is_meant(tmp_path):
    known = listed(tmp_path, ENTRY.replace("adapter: keras", "adapter: [keras, 'keras:ops']"))
    verdicts = [known.explain(row(adapter=name), VERSIONS).verdict for name in ("keras", "keras:ops", "keras:torch")]
    assert verdicts == [Verdict.KNOWN, Verdict.KNOWN, Verdict.REJECTS]
    assert not known.unmatched(["dilated/k-2[strides=1]"], ["keras", "keras:ops"])
    (problem,) = known.unmatched(["dilated/k-2[strides=1]"], ["keras"])
    assert problem.message == "no such adapter"


@pytest.mark.parametrize("verdict", [Verdict.EXACT, Verdict.WITHIN_BOUND, Verdict.REFUSES, Verdict.AMBIGUOUS])
def test_what_conforms_again_must_leave_the_list(tmp_path, verdict):
    explained = listed(tmp_path).explain(row(verdict, message=""), VERSIONS)
    assert (explained.verdict, explained.observed) == (Verdict.FIXED, verdict)
    assert "remove it from the list" in explained.message


@pytest.mark.parametrize(
    "other",
    [
        row(message="two values disagree"),
        row(Verdict.WRONG_SHAPE),
        row(Verdict.CRASHES, message="values differ"),
        row(Verdict.UNAVAILABLE),
        row(Verdict.INEXPRESSIBLE),
        row(case="dilated/k-3[strides=1]"),
        row(case="dilated/k-2[strides=1]x"),
        row(case="not-dilated/k-2[strides=1]"),
        row(adapter="tensorflow"),
        row(mode="graph"),
    ],
)
def test_another_cause_case_adapter_or_mode_is_left_alone(tmp_path, other):
    assert listed(tmp_path).explain(other, VERSIONS) is other


@pytest.mark.parametrize(
    "versions",
    [
        {"keras": "3.9.2", "tensorflow": "2.22.0"},
        {"keras": "nightly", "tensorflow": "2.22.0"},
        {"keras": "3.15.0", "tensorflow": "2.21.0"},
        {"keras": "3.15.0"},
        {},
    ],
)
def test_a_version_outside_the_range_is_not_explained(tmp_path, versions):
    found = row()
    assert listed(tmp_path).explain(found, versions) is found


@pytest.mark.parametrize("version", ["3.10", "3.15.0", "3.16.0.dev1", "3.15.0+cpu"])
def test_a_version_inside_the_range_is(tmp_path, version):
    assert listed(tmp_path).explain(row(), VERSIONS | {"keras": version}).verdict is Verdict.KNOWN


@pytest.mark.parametrize(
    ("cpu", "shown", "conforming"),
    [
        ({"avx512f", "avx512_fp16"}, Verdict.KNOWN, Verdict.FIXED),
        ({"avx512f"}, Verdict.REJECTS, Verdict.EXACT),
        ({"avx512f", "avx512_fp16", "amx_fp16"}, Verdict.REJECTS, Verdict.EXACT),
        # where the processor is unknown, nothing that conforms is a reason to change the list
        (None, Verdict.KNOWN, Verdict.EXACT),
    ],
)
def test_an_entry_may_be_about_some_processors(tmp_path, cpu, shown, conforming):
    text = ENTRY.replace("    verdict", "    cpu: {avx512_fp16: true, amx_fp16: false}\n    verdict")
    known = replace(listed(tmp_path, text), cpu=None if cpu is None else frozenset(cpu))
    assert known.explain(row(), VERSIONS).verdict is shown
    assert known.explain(row(Verdict.EXACT, message=""), VERSIONS).verdict is conforming


def test_a_list_is_read_for_the_processor_at_hand(tmp_path):
    assert listed(tmp_path).cpu == instruction_sets()


def test_a_second_entry_is_asked_where_the_first_does_not_fit(tmp_path):
    second = (
        ENTRY.partition("\n")[2].replace("message: values differ", "message: infinite").replace("dropped", "doubled")
    )
    explained = listed(tmp_path, ENTRY + second).explain(row(message="infinite"), VERSIONS)
    assert explained.diagnosis == "the dilation is doubled (keras#123)"


def test_without_a_message_every_cause_of_the_verdict_is_known(tmp_path):
    known = listed(tmp_path, ENTRY.replace("    message: values differ\n", ""))
    assert known.explain(row(message="anything"), VERSIONS).verdict is Verdict.KNOWN


def test_no_list_explains_nothing(tmp_path):
    found = row()
    for known in (KnownDivergences(), load_known(tmp_path / "absent.yaml")):
        assert known.explain(found, VERSIONS) is found
        assert known.unmatched([], []) == []


def test_an_entry_that_matches_nothing_is_a_problem(tmp_path):
    known = listed(tmp_path)
    names = ["dilated/odd-2[strides=3x1]", "same/parity"]
    assert known.unmatched(names, ["keras", "pytorch"]) == []
    (problem,) = known.unmatched(["same/parity"], ["keras"])
    assert (problem.line, problem.message) == (2, "matches no case")
    (problem,) = known.unmatched(names, ["pytorch", "jax"])
    assert (problem.line, problem.message, problem.hint) == (3, "no such adapter", "known are jax, pytorch")
    (problem,) = known.unmatched(["dilation/odd-2[strides=1]"], ["keras"])
    assert problem.hint == "did you mean dilation/odd-2[strides=1]?"
    (problem,) = known.unmatched(names, ["Keras"])
    assert problem.hint == "did you mean Keras?"


def test_lists_of_several_folders_are_each_about_their_own_cases(tmp_path):
    for name in ("one", "two", "none"):
        (tmp_path / name).mkdir()
    listed(tmp_path / "one", ENTRY)
    listed(tmp_path / "two", ENTRY.replace("adapter: keras", "adapter: pytorch"))
    known = known_beside([tmp_path / name for name in ("two", "none", "one")])
    assert len(known.entries) == 2

    def verdict(folder, adapter):
        case = make_case("k-2[strides=1]", suite="dilated", path=str(tmp_path / folder / "dilated.yaml"))
        return known.explain(row(adapter=adapter), VERSIONS, case).verdict

    assert [verdict("one", "keras"), verdict("two", "pytorch")] == [Verdict.KNOWN] * 2
    assert {verdict("one", "pytorch"), verdict("two", "keras"), verdict("none", "keras")} == {Verdict.REJECTS}
    assert known.explain(row(), VERSIONS).verdict is Verdict.REJECTS


def test_lists_that_are_named_are_about_cases_of_any_folder_and_come_last(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    listed(tmp_path / "one", ENTRY)
    for name, old, new in [("first.yaml", "keras#123", "first"), ("second.yaml", "adapter: keras", "adapter: pytorch")]:
        (tmp_path / name).write_text(ENTRY.replace(old, new))
    known = known_beside([tmp_path / "one"], [tmp_path / "first.yaml", tmp_path / "second.yaml"])
    assert len(known.entries) == 3

    def diagnosis(folder, adapter):
        case = make_case("k-2[strides=1]", suite="dilated", path=str(tmp_path / folder / "dilated.yaml"))
        return known.explain(row(adapter=adapter), VERSIONS, case).diagnosis

    assert diagnosis("one", "keras").endswith("(keras#123)")
    assert diagnosis("two", "keras").endswith("(first)")
    assert diagnosis("two", "pytorch").endswith("(keras#123)")


def test_a_list_that_is_named_must_be_there(tmp_path):
    with pytest.raises(BadInputError, match=r"absent\.yaml"):
        known_beside([], [tmp_path / "absent.yaml"])


def test_an_empty_list_is_a_list(tmp_path):
    assert listed(tmp_path, "divergences: []\n").entries == []


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "message"),
    [
        ("verdict: rejects", "verdict: exact", 5, "divergences.verdict", "expected one of accepts, crashes"),
        ("verdict: rejects", "verdict: fixed", 5, "divergences.verdict", "expected one of"),
        ("verdict: rejects", "verdict: [rejects, exact]", 5, "divergences.verdict", "expected one of"),
        ("verdict:", "cpu: {avx512: true}\n    verdict:", 5, "divergences.cpu.avx512", "expected 'avx2', 'avx_vnni'"),
        ("verdict:", "cpu: {avx2: maybe}\n    verdict:", 5, "divergences.cpu.avx2", "expected a valid boolean"),
        ("'>=3.10,<4'", "newest", 4, "divergences.versions.keras", "expected a version range"),
        ("'>=3.10,<4'", "3.15", 4, "divergences.versions.keras", "expected a version range"),
        ("{keras: '>=3.10,<4', tensorflow: '!=2.21.0'}", "{}", 4, "divergences.versions", "at least 1 item"),
        ("    adapter: keras\n", "", 2, "divergences.adapter", "expected the key adapter, which is missing"),
        ("adapter: keras", "adaptor: keras", 3, "divergences.adaptor", "unknown key adaptor"),
        ("why: the dilation is dropped", "why: ''", 7, "divergences.why", "at least 1 character"),
        ("upstream: keras#123", "upstream: 123", 8, "divergences.upstream", "expected a valid string"),
        ("    adapter: keras\n", "    adapter: keras\n    adapter: keras\n", 4, "adapter", "duplicate key"),
        ("divergences:\n", "divergence:\n", 1, "divergence", "unknown key divergence"),
        ("    message", "   message", 6, "", "not valid YAML"),
    ],
)
def test_a_malformed_list_is_refused_with_its_line(tmp_path, old, new, line, key, message):
    with pytest.raises(BadInputError) as caught:
        listed(tmp_path, ENTRY.replace(old, new, 1))
    found = [(problem.line, problem.key) for problem in caught.value.problems if message in problem.message]
    assert (line, key) in found
    assert all(problem.path.endswith("known_divergences.yaml") and problem.hint for problem in caught.value.problems)


def test_an_empty_file_is_no_list(tmp_path):
    with pytest.raises(BadInputError, match="empty"):
        listed(tmp_path, "")
