"""A listed cause is told from every other fault that gives the same verdict in the same place."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from harness.core.case import LiteralTensor
from harness.core.dtypes import DTYPES
from harness.core.errors import BadInputError
from harness.core.outcome import Raised, Value
from harness.core.results import Judgement, Verdict
from harness.engine.check import plan_checks
from harness.engine.lane import Lane, Settings
from harness.operations import operation_of
from harness.operations.conv_transpose.data import Tensors, make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.faults import faults_for, wrong_output
from harness.quality.mutant_adapter import BiasDoubled, KernelRotated
from harness.suites.causes import Seen, digest_of
from harness.suites.known_divergences import KnownDivergences, load_known
from harness.suites.known_forms import CauseForm, EntryForm
from harness.tests import stateful
from harness.tests.asking import chosen, make_case
from harness.tests.build import load_cases

CASE = make_case("listed", bias=True)
REAL = make_case("real", data="real", dtype="float64", in_channels=5)
ENTRY: dict[str, object] = {
    "cases": "suite/listed",
    "adapter": ["kernelrotated", "biasdoubled"],
    "versions": {"numpy": ">=1"},
    "verdict": "diverges",
    "why": "it rotates",
    "upstream": "here",
}


def prepared(case):
    return operation_of(case).oracle.prepare(case)


def cause(**said):
    return CauseForm.model_validate(said)


def row_of(adapter, versions=None, entry=None, **listed):
    one = chosen(adapter)
    entry = {**ENTRY, "cause": listed, **({"versions": versions} if versions else {}), **(entry or {})}
    lane = Lane(one, Settings(), KnownDivergences([EntryForm.model_validate(entry)]))
    try:
        (row,) = lane.run(plan_checks([CASE], [one]))
    finally:
        lane.close()
    return row


@pytest.mark.parametrize("adapter", [stateful.RotatedPackedKernel, stateful.RotatedPackedInput])
def test_a_cause_explains_what_comes_of_other_data_too(adapter):
    names = {"adapter": adapter.__name__.lower()}
    stale = row_of(adapter, entry=names, hypotheses="kernel-rotated")
    assert stale.verdict is Verdict.DIVERGES
    assert stale.diagnosis.endswith(
        "hypotheses: kernel-rotated is listed here, which explains these values, but not those for other data of the "
        "same sizes"
    )


def test_another_fault_in_the_same_place_is_not_the_listed_one():
    listed = row_of(KernelRotated, hypotheses="kernel-rotated")
    assert (listed.verdict, listed.observed) == (Verdict.KNOWN, Verdict.DIVERGES)
    assert listed.cause == "hypotheses: kernel-rotated"
    other = row_of(BiasDoubled, hypotheses="kernel-rotated")
    assert (other.verdict, other.observed) == (Verdict.DIVERGES, Verdict.DIVERGES)
    assert not other.cause
    words = "another cause is listed here (hypotheses: kernel-rotated); this is hypotheses: bias-doubled"
    assert words in other.diagnosis


def test_the_cause_that_is_listed_for_other_versions_is_named():
    elsewhere = {"numpy": ">=99"}
    same = row_of(KernelRotated, elsewhere, hypotheses="kernel-rotated")
    assert (same.verdict, same.cause) == (Verdict.DIVERGES, "hypotheses: kernel-rotated")
    other = row_of(BiasDoubled, elsewhere, hypotheses="kernel-rotated")
    assert (other.verdict, other.cause) == (Verdict.DIVERGES, "")


def test_a_digest_is_that_of_the_values_and_is_printed_where_it_does_not_fit():
    other = row_of(KernelRotated, digest="00000000")
    assert other.verdict is Verdict.DIVERGES
    printed = other.diagnosis.rpartition("digest: ")[2]
    assert row_of(KernelRotated, digest=printed).verdict is Verdict.KNOWN
    assert row_of(BiasDoubled, digest=printed).verdict is Verdict.DIVERGES
    assert row_of(BiasDoubled, digest=["00000000", printed]).verdict is Verdict.DIVERGES


def test_every_named_hypothesis_must_fit():
    seen = Seen(CASE, prepared(CASE), "output", Raised("E", ""), ("one", "other"))
    assert seen.has(cause(hypotheses="one"))
    assert seen.has(cause(hypotheses=["one", "other"]))
    assert not seen.has(cause(hypotheses=["one", "third"]))
    assert not seen.has(cause(digest="00000000"))
    assert not seen.has(cause(narrower="float32"))


def computed_in(dtype, change=lambda y: y):
    """The case REAL summed one by one in ``dtype`` by literal loops, as float64."""
    geometry = lower(REAL)
    tensors = make_tensors(REAL, geometry)
    kind = DTYPES[dtype].numpy
    x, w = tensors.x.astype(kind), tensors.w.astype(kind)
    y = np.zeros(geometry.output_shape, kind)
    for n, c, i, j in np.ndindex(*x.shape):
        for o, a, b in np.ndindex(*w.shape[1:]):
            y[n, o, i + a, j + b] = (y[n, o, i + a, j + b] + x[n, c, i, j] * w[c, o, a, b]).astype(kind)
    return Seen(REAL, prepared(REAL), "output", Value(change(y.astype(np.float64))))


def rotated(y):
    return np.ascontiguousarray(y[..., ::-1, ::-1])


@pytest.mark.parametrize(
    ("seen", "narrower", "fits"),
    [
        (computed_in("float32"), "float32", True),
        (computed_in("float16"), "float16", True),
        (computed_in("float16"), "float32", False),
        (computed_in("bfloat16"), "float16", False),
        (computed_in("float32", rotated), "float32", False),
        (computed_in("float32", np.negative), "float32", False),
        (computed_in("float32", np.zeros_like), "float32", False),
        (computed_in("float32", lambda y: y * (1 + 1e-5)), "float32", False),
        (computed_in("float32", lambda y: y[..., :-1]), "float32", False),
    ],
)
def test_a_narrower_type_is_told_by_its_own_bound(seen, narrower, fits):
    assert seen.has(cause(narrower=narrower)) is fits


def row_in_float16(w, change=lambda y: y, factor=1):
    """What float16 gives for a row of ones and the kernel ``w``, and for other data ``factor`` times as large."""
    case = make_case(
        dtype="float32",
        outputs=("output",),
        batch=1,
        in_channels=1,
        out_channels=1,
        input_size=(1, 3),
        kernel_size=(1, 2),
        input=LiteralTensor("HW", (1, 3), [[1, 1, 1]]),
        kernel=LiteralTensor("HW", (1, 2), [w]),
    )
    first, other = (
        prepared(replace(case, kernel=LiteralTensor("HW", (1, 2), [[by * n for n in w]]))) for by in (1, factor)
    )

    def called(made):
        with np.errstate(over="ignore"):
            return change(made.references["output"].output.astype(np.float16).astype(np.float32))

    return Seen(case, first, "output", Value(called(first), other=called(other)), (), lambda: other)


@pytest.mark.parametrize(
    ("seen", "fits"),
    [
        (row_in_float16([40001, 10001]), True),
        (row_in_float16([60001, 30001]), True),
        (row_in_float16([60001, 30001], lambda y: np.where(np.isinf(y), -y, y)), False),
        (row_in_float16([-60001, -30001]), True),
        (row_in_float16([20001, 10001], factor=7), True),
        (row_in_float16([20001, 10001], lambda y: np.where(np.isinf(y), -y, y), factor=7), False),
    ],
)
def test_an_infinity_of_a_narrower_type_has_the_sign_of_the_terms_that_overflow(seen, fits):
    assert seen.has(cause(narrower="float16")) is fits


def test_rounded_operands_may_carry_a_sum_over_the_largest_number():
    seen = row_in_float16([32753.0, 32753.0])
    came = np.array([[[[32753.0, np.inf, np.inf, 32753.0]]]], np.float32)
    assert came.shape == seen.prepared.references["output"].shape
    assert replace(seen, outcome=Value(came)).has(cause(narrower="float16"))
    assert not replace(seen, outcome=Value(-came)).has(cause(narrower="float16"))


def from_operands(channels, change):
    """What float32 sums of changed operands give, and whether bfloat16 is seen as the cause."""
    case = make_case("wide", data="real", in_channels=channels, out_channels=3, batch=2, input_size=(6, 6))
    tensors = prepared(case).tensors
    x, w, factor = change(tensors.x, tensors.w)
    changed = Tensors(x, w, tensors.b).reference(lower(case)).output
    return Seen(case, prepared(case), "output", Value((changed * factor).astype(np.float32))).has(
        cause(narrower="bfloat16")
    )


def in_bfloat16(x, w):
    kind = DTYPES["bfloat16"].numpy
    return x.astype(kind), w.astype(kind), 1.0


def without_last_channel(x, w):
    return x[...], np.where(np.arange(len(w))[:, None, None, None] < len(w) - 1, w, w.dtype.type(0)), 1.0


@pytest.mark.parametrize(
    ("channels", "change", "fits"),
    [
        (32, in_bfloat16, True),
        (700, in_bfloat16, True),
        (32, without_last_channel, False),
        (64, without_last_channel, False),
        (32, lambda x, w: (x, w, 1.2), False),
        (256, lambda x, w: (x, w, 1.2), False),
        (32, lambda x, w: (x, w[..., ::-1, ::-1], 1.0), False),
    ],
)
def test_errors_of_a_narrower_type_are_also_tested_together(channels, change, fits):
    assert from_operands(channels, change) is fits


def with_rows(rows, value, dtype=np.float32, again=None):
    """The right answer to CASE, and to another run, with ``value`` in those rows; it has 5."""
    reference = prepared(CASE).reference("output").output
    came = [reference.astype(dtype) for _ in range(2)]
    came[0][:, :, rows] = value
    if again is not None:
        came[1][:, :, again] = value
    return Seen(CASE, prepared(CASE), "output", Value(came[0], again=None if again is None else came[1]))


@pytest.mark.parametrize(
    ("seen", "rows", "fits"),
    [
        (with_rows([1, 4], 7.5), [1, None], True),
        (with_rows([1, 4], np.nan), [1, None], True),
        (with_rows([1, 4], 7.5, again=[2]), [1, 4], True),
        (with_rows([1, 4], 7.5), [1, 3], False),
        (with_rows([0, 1], 7.5), [1, None], False),
        (with_rows([1], np.nan, again=[0]), [1, None], False),
        # nothing is left that could be right
        (with_rows([1], 7.5), [0, None], False),
        (Seen(CASE, prepared(CASE), "output", Value(np.ones((2, 4, 4, 5), np.float32))), [1, None], False),
        (Seen(CASE, prepared(CASE), "output", Value(np.ones(4, np.float32))), [1, None], False),
    ],
)
def test_rows_that_are_not_written_hold_anything_and_all_others_are_right(seen, rows, fits):
    assert seen.has(cause(unwritten_rows=rows)) is fits


RIGHT = prepared(CASE).reference("output").output.astype(np.float32)
FAULTS = {fault.name: fault for fault in faults_for(prepared(CASE).reference("output"))}
ROTATED = wrong_output([FAULTS["kernel-rotated"]], prepared(CASE).reference("output")).astype(np.float32)


@pytest.mark.parametrize(
    ("first", "again", "fits"),
    [
        (RIGHT, ROTATED, {"hypotheses", "digest"}),
        (ROTATED, RIGHT, {"hypotheses", "digest"}),
        (ROTATED, RIGHT + 1, set()),
        (RIGHT + 1, ROTATED, set()),
        (RIGHT + 1, RIGHT, set()),
    ],
)
def test_of_runs_that_differ_each_shows_the_cause_or_is_right(first, again, fits):
    listed = {"hypotheses": ["kernel-rotated"], "digest": digest_of(ROTATED)[:16]}
    for changed in ({"again": again}, {"after": again}):
        seen = Seen(CASE, prepared(CASE), "output", Value(first, **changed))
        assert {key for key, value in listed.items() if seen.has(cause(**{key: value}))} == fits
        assert seen.in_words().endswith(f"; digest: {digest_of(first)[:16]}, {digest_of(again)[:16]}")


def other_data(case):
    """Those that a call on ``case`` is made with too."""
    return operation_of(case).oracle.prepare_other(case, prepared(case))


OTHER = other_data(CASE)
ROTATED_TOO = wrong_output([FAULTS["kernel-rotated"]], OTHER.reference("output")).astype(np.float32)


@pytest.mark.parametrize(
    ("other", "fits"),
    [
        (ROTATED_TOO, {"both", "digest"}),
        (OTHER.reference("output").output.astype(np.float32), {"both", "one", "digest"}),
        (ROTATED_TOO + 1, {"digest"}),
    ],
)
def test_of_hypotheses_that_coincide_one_explains_what_comes_of_other_data(other, fits):
    seen = Seen(
        CASE, prepared(CASE), "output", Value(ROTATED, other=other), ("kernel-rotated", "mirrored"), lambda: OTHER
    )
    listed: dict[str, dict[str, object]] = {
        "both": {"hypotheses": ["mirrored", "kernel-rotated"]},
        "one": {"hypotheses": "mirrored"},
        "digest": {"digest": digest_of(ROTATED)[:16]},
    }
    assert {name for name, said in listed.items() if seen.has(cause(**said))} == fits


POOLED = """\
op: avg_unpool2d
suite: s
about: a
defaults: {dialect: keras, batch: 1, channels: 1, input_size: [1, 2], pool_size: 2}
cases:
  - {id: drawn, about: x}
  - {id: literal, about: x, input: {layout: HW, values: [[1, 2]]}}
"""


def test_a_cause_need_not_explain_data_of_more_bits(tmp_path):
    for case in (CASE, make_case(dtype="int32"), *load_cases(tmp_path, POOLED)):
        first = prepared(case).reference("output").output.astype(DTYPES[case.dtype].numpy)
        value = Value(first, other=first + first.dtype.type(1))
        seen = Seen(case, prepared(case), "output", value, ("some-fault",), partial(other_data, case))
        assert seen.has(cause(hypotheses="some-fault")) is (case.id in {"literal", "plain"})


class ComputesInFloat16(stateful.AllTypes):
    """Its largest number is 65504."""

    def finish(self, y):
        with np.errstate(over="ignore"):
            return y.astype(np.float16).astype(y.dtype)


def test_a_narrower_type_overflows_on_other_data_before_the_wider_one_does():
    case = make_case(
        "listed",
        batch=1,
        in_channels=1,
        out_channels=1,
        input_size=(1, 4),
        kernel_size=(1, 3),
        input=LiteralTensor("HW", (1, 4), [[1, 2, -1, 1]]),
        kernel=LiteralTensor("HW", (1, 3), [[20001, 10001, 5000]]),
    )
    one = chosen(ComputesInFloat16)
    entry = {**ENTRY, "adapter": "computesinfloat16", "cause": {"narrower": "float16"}}
    with closing(Lane(one, Settings(), KnownDivergences([EntryForm.model_validate(entry)]))) as lane:
        (row,) = lane.run(plan_checks([case], [one]))
    assert (row.verdict, row.observed) == (Verdict.KNOWN, Verdict.DIVERGES)


def test_what_comes_at_times_is_known_for_its_cause_alone():
    entry = EntryForm.model_validate(
        {**ENTRY, "verdict": ["diverges", "unstable"], "intermittent": True, "cause": {"unwritten_rows": [1, None]}}
    )
    known, versions = KnownDivergences([entry]), {"numpy": "2.0"}
    (check,) = plan_checks([CASE], [chosen(KernelRotated)])
    found = check.row(Judgement(Verdict.UNSTABLE, "two runs differ"))
    row = known.explain(found, versions, CASE, with_rows([1], 7.5, again=[2]))
    assert (row.verdict, row.cause) == (Verdict.KNOWN, "unwritten_rows: 1 to the last")
    other = known.explain(found, versions, CASE, with_rows([1], 7.5, again=[0]))
    assert other.verdict is Verdict.UNSTABLE
    assert "another cause is listed here (unwritten_rows: 1 to the last)" in other.diagnosis
    assert known.explain(found, versions, CASE).verdict is Verdict.UNSTABLE


def test_where_both_runs_are_right_no_other_message_is_known():
    message = "both are within the bound"
    entry = EntryForm.model_validate({**ENTRY, "verdict": "unstable", "intermittent": True, "message": message})
    known, versions = KnownDivergences([entry]), {"numpy": "2.0"}
    (check,) = plan_checks([CASE], [chosen(KernelRotated)])
    seen = Seen(CASE, prepared(CASE), "output", Value(RIGHT, again=ROTATED))
    rows = [check.row(Judgement(Verdict.UNSTABLE, f"two runs differ: {text}")) for text in (message, "both are wrong")]
    found = [known.explain(row, versions, CASE, seen) for row in (*rows, check.row(Judgement(Verdict.EXACT)))]
    assert [row.verdict for row in found] == [Verdict.KNOWN, Verdict.UNSTABLE, Verdict.KNOWN]
    assert {row.message for row in found if row.verdict is Verdict.KNOWN} == {f"at times unstable: {message}"}


def test_a_bound_that_zeros_pass_says_nothing():
    many = make_case("many", data="real", in_channels=700, out_channels=1, dtype="float32")
    zeros = Value(np.zeros(lower(many).output_shape, np.float32))
    assert not Seen(many, prepared(many), "output", zeros).has(cause(narrower="bfloat16"))


def test_a_digest_tells_values_shapes_and_types_and_nothing_else():
    one = np.array([[1.0, np.nan, 0.0]])
    same = [np.array([[1.0, -np.nan, -0.0]]), np.asfortranarray(one), one.copy()]
    assert {digest_of(array) for array in same} == {digest_of(one)}
    others = [one[0], one.astype(np.float32), np.array([[2.0, np.nan, 0.0]]), np.array([[1.0, 0.0, np.nan]]), one + 1j]
    assert len({digest_of(array) for array in [one, *others]}) == 6
    integers = np.array([2**62, 2**62 + 1])
    assert digest_of(integers) != digest_of(integers[::-1])


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ("", "divergences", "wrong values need a cause"),
        ("    cause: {}\n", "divergences.cause", "expected hypotheses, or narrower, or digest"),
        ("    cause: {digest: abcdef01, narrower: float32}\n", "divergences.cause", "expected hypotheses, or narrower"),
        ("    cause: {digest: abc}\n", "divergences.cause.digest", "expected 8 to 64 hexadecimal digits"),
        ("    cause: {digest: 12345678}\n", "divergences.cause.digest", "expected 8 to 64 hexadecimal digits"),
        ("    cause: {digest: []}\n", "divergences.cause.digest", "expected 8 to 64 hexadecimal digits"),
        ("    cause: {hypotheses: []}\n", "divergences.cause.hypotheses", "at least 1 item"),
        ("    cause: {narrower: float8}\n", "divergences.cause.narrower", "expected 'float64'"),
    ],
)
def test_an_entry_about_wrong_values_without_a_cause_is_refused(tmp_path, change, key, message):
    path = tmp_path / "known_divergences.yaml"
    head = "divergences:\n  - cases: a/b\n    adapter: keras\n    versions: {keras: '>=3'}\n    verdict: diverges\n"
    path.write_text(f"{head}{change}    why: w\n    upstream: u\n")
    with pytest.raises(BadInputError) as caught:
        load_known(path)
    assert any(problem.key.startswith(key) and message in problem.message for problem in caught.value.problems)


@pytest.mark.parametrize("intermittent", ["true", "false"])
@pytest.mark.parametrize(
    ("verdict", "message", "needs"),
    [
        ("diverges", "", "wrong values"),
        ("stale", "", "wrong values"),
        ("unstable", "", "wrong values"),
        ("unstable", "both are wrong", "wrong values"),
        ("unstable", "both are", "wrong values"),
        ("unstable", "both are right", ""),
        ("unstable", "both are within the bound", ""),
        ("unstable", "one run of the call raised ValueError", ""),
        ("[diverges, unstable]", "", "wrong values"),
        ("[rejects, stale]", "", "wrong values"),
        ("[wrong_shape, rejects]", "", "a wrong shape"),
        ("[wrong_shape, rejects]", "got [2, 3]", ""),
        ("crashes", "", ""),
        ("[crashes, diverges]", "", "wrong values"),
        ("[crashes, unstable, stale, wrong_shape]", "", "wrong values"),
    ],
)
def test_chance_is_no_cause_but_where_memory_is_corrupted(tmp_path, verdict, message, needs, intermittent):
    path = tmp_path / "known_divergences.yaml"
    head = "divergences:\n  - cases: a/b\n    adapter: keras\n    versions: {keras: '>=3'}\n"
    text = f"    intermittent: {intermittent}\n    verdict: {verdict}\n    message: '{message}'\n"
    path.write_text(f"{head}{text}    why: w\n    upstream: u\n")
    if intermittent == "true" and "crashes" in verdict:
        needs = ""
    elif "[" in verdict and intermittent == "false":
        needs = "several verdicts"
    if needs:
        with pytest.raises(BadInputError, match=f"{needs} need"):
            load_known(path)
    else:
        assert len(load_known(path).entries) == 1


def test_a_wrong_shape_is_its_own_cause_where_it_is_said(tmp_path):
    path = tmp_path / "known_divergences.yaml"
    head = "divergences:\n  - cases: a/b\n    adapter: keras\n    versions: {keras: '>=3'}\n    verdict: wrong_shape\n"
    for message in ("no listed reading fits", "'got ['", "got"):
        path.write_text(f"{head}    message: {message}\n    why: w\n    upstream: u\n")
        with pytest.raises(BadInputError, match="a wrong shape needs a cause"):
            load_known(path)
    path.write_text(f"{head}    message: 'got [2, 3]'\n    why: w\n    upstream: u\n")
    assert len(load_known(path).entries) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"hypotheses": ["one", "other"]}, "hypotheses: one, other"),
        ({"narrower": "float32"}, "narrower: float32"),
        ({"digest": "0123abcd"}, "digest: 0123abcd"),
        ({"unwritten_rows": [None, 3]}, "unwritten_rows: 0 to 3"),
        ({"unwritten_rows": 2}, "unwritten_rows: 2 to 2"),
    ],
)
def test_a_cause_is_said_in_words(said, words):
    assert str(cause(**said)) == words
