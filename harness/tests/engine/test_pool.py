"""The engine on mutants: each fault gets its verdict, exactly where it shows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar

import pytest

from harness.adapters import Chosen
from harness.core.case import DTypeName, Expect
from harness.core.results import Row, Verdict
from harness.engine import pool as engine
from harness.engine.check import plan_check
from harness.engine.lane import Lane, Settings
from harness.engine.pool import run_all
from harness.engine.process import Worker
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.mutants import mutant_called
from harness.pytest_plugin.lanes import Lanes
from harness.quality import mutant_adapter as mutants
from harness.quality.mutant_adapter import Honest
from harness.suites.known_divergences import KnownDivergences
from harness.tests.asking import chosen, make_case
from harness.tests.build import load_cases

pytestmark = pytest.mark.xdist_group("engine")

ONE_PIXEL = ((1, 1), (1, 1))
CASES = {
    "plain": make_case("plain"),
    "strides": make_case("strides", strides=(1, 2)),
    "groups": make_case("groups", groups=2, bias=True),
    "output-padding": make_case("output-padding", strides=(2, 2), words=Words(ONE_PIXEL, output_padding=(1, 1))),
    "extended": make_case(
        "extended", dialect="canonical", batch=1, words=Words(((1, -2), (0, 1))), bias=True, layout="NHWC"
    ),
    "single": make_case(
        "single", batch=1, dtype="float64", kernel_size=(2, 3), dilations=(2, 1), words=Words(ONE_PIXEL)
    ),
    "real": make_case("real", batch=1, data="real", layout="NHWC"),
    "illegal": make_case("illegal", words=Words(output_padding=(1, 0)), expect=Expect(error=True)),
    "foreign-illegal": make_case("foreign-illegal", dialect="keras", groups=2, expect=Expect(error=True)),
}
ASKED = [name for name in CASES if name != "foreign-illegal"]
LEGAL = [name for name in ASKED if name != "illegal"]
FLOAT32 = [name for name in LEGAL if name != "single"]
HALVED = {"output-padding", "extended"}
FAULTS: dict[str, tuple[Verdict, set[str]]] = {
    "Honest": (Verdict.EXACT, set()),
    "KernelRotated": (Verdict.DIVERGES, set(LEGAL)),
    "Shifted": (Verdict.DIVERGES, set(LEGAL)),
    "CropAtWrongEnd": (Verdict.DIVERGES, HALVED),
    "OutputPaddingIgnored": (Verdict.WRONG_SHAPE, HALVED),
    "OutputPaddingOfZeros": (Verdict.DIVERGES, HALVED),
    "BiasDoubled": (Verdict.DIVERGES, {"groups", "extended"}),
    "BiasMissingOnZeros": (Verdict.DIVERGES, {"extended"}),
    "FirstGroupThroughout": (Verdict.DIVERGES, {"groups"}),
    "FirstOfBatchOnly": (Verdict.DIVERGES, set(LEGAL) - {"extended", "single", "real"}),
    "StridesSwapped": (Verdict.WRONG_SHAPE, {"strides"}),
    "WrongDtype": (Verdict.WRONG_DTYPE, set(FLOAT32)),
    "WrongShape": (Verdict.WRONG_SHAPE, set(LEGAL)),
    "WrongRank": (Verdict.WRONG_SHAPE, {"extended", "single", "real"}),
    "Unstable": (Verdict.UNSTABLE, set(LEGAL)),
    "UnstableInPlace": (Verdict.UNSTABLE, set(LEGAL)),
    "RefusesAll": (Verdict.REJECTS, set(LEGAL)),
    "AcceptsAll": (Verdict.ACCEPTS, {"illegal"}),
    "OneNan": (Verdict.DIVERGES, set(LEGAL)),
}
"""What each fault is called and where it shows; everywhere else it goes unnoticed, as it must."""


def ask(cases, adapters, *, jobs=2, on_row=lambda row: None, known=None):
    return run_all(
        lambda: iter(cases), [chosen(one) for one in adapters], known or KnownDivergences(), Settings(), jobs, on_row
    )


@pytest.fixture(scope="module")
def asked():
    return ask(CASES.values(), [getattr(mutants, name) for name in [*FAULTS, "OneUlpOff"]])


def verdicts(asked, adapter):
    return {row.case.removeprefix("suite/"): row.verdict for row in asked.rows if row.adapter == adapter.lower()}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_where_it_shows(asked, fault):
    verdict, shows = FAULTS[fault]
    unnoticed = dict.fromkeys(LEGAL, Verdict.EXACT) | {"illegal": Verdict.REFUSES, "real": Verdict.WITHIN_BOUND}
    assert verdicts(asked, fault) == {name: verdict if name in shows else unnoticed[name] for name in ASKED}


def test_one_ulp_diverges_on_integers_and_is_within_the_bound_on_real_data(asked):
    expected = dict.fromkeys(LEGAL, Verdict.DIVERGES) | {"illegal": Verdict.REFUSES, "real": Verdict.WITHIN_BOUND}
    assert verdicts(asked, "OneUlpOff") == expected


def test_rows_are_sorted_unique_and_complete(asked):
    assert all(one.key < other.key for one, other in pairwise(asked.rows))
    assert len(asked.rows) == len(ASKED) * (len(FAULTS) + 1)
    assert set(asked.versions) == {name.lower() for name in [*FAULTS, "OneUlpOff"]}
    assert all("numpy" in versions for versions in asked.versions.values())


def test_a_row_tells_how_to_repeat_it(asked):
    row = next(row for row in asked.rows if row.adapter == "shifted")
    assert row.repeat == "harness run suite.yaml::extended -a harness.quality.mutant_adapter:Shifted"
    assert (row.mode, row.output, row.route, row.observed) == ("eager", "output", "native", Verdict.DIVERGES)
    assert "elements; at [" in row.message


@pytest.mark.parametrize(("left", "helped"), [(1, True), (1000, False)])
def test_an_idle_processor_helps_where_much_is_left(asked, monkeypatch, left, helped):
    made = []

    class Counted(Lane):
        def __init__(self, *arguments):
            made.append(arguments[0].name)
            super().__init__(*arguments)

    monkeypatch.setattr(engine, "HELPED", left)
    monkeypatch.setattr(engine, "Lane", Counted)
    rows = ask(CASES.values(), [mutants.KernelRotated, Honest], jobs=3).rows
    assert rows == tuple(row for row in asked.rows if row.adapter in {"honest", "kernelrotated"})
    assert (len(made) > 2) is helped


def test_on_row_sees_every_row_once():
    seen: list[object] = []
    asked = ask(CASES.values(), [Honest], jobs=3, on_row=seen.append)
    assert Counter(seen) == Counter(asked.rows)


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_rows_do_not_depend_on_the_number_of_jobs(asked, jobs):
    rows = ask(CASES.values(), [mutants.KernelRotated, Honest], jobs=jobs).rows
    assert rows == tuple(row for row in asked.rows if row.adapter in {"kernelrotated", "honest"})


def test_no_cases_and_no_adapters_make_no_rows():
    assert ask([], [Honest]).rows == ()
    assert ask(CASES.values(), []).rows == ()


class Coarse(Honest):
    dtypes: ClassVar[tuple[DTypeName, ...]] = ("float16",)


def test_a_dtype_that_the_adapter_lacks_is_inexpressible():
    check = plan_check(CASES["plain"], Chosen(Coarse(), "no module is needed"))
    assert check is not None
    (row,) = Lane(check.chosen, Settings(), KnownDivergences()).run([check])
    assert (row.verdict, row.route) == (Verdict.INEXPRESSIBLE, "inexpressible")
    assert row.message == "coarse does not compute in float32"


def test_an_illegal_case_is_a_matter_of_its_own_dialect():
    assert plan_check(CASES["foreign-illegal"], chosen(Honest)) is None
    assert plan_check(CASES["illegal"], chosen(Honest)) is not None


def test_a_known_divergence_is_marked_and_a_mended_one_reported():
    entry = {"cases": "suite/*", "versions": {"numpy": ">=1"}, "why": "it lies", "upstream": "here"}
    known = KnownDivergences(
        [
            _entry(entry, adapter="biasdoubled", verdict="diverges", cause={"hypotheses": "bias-doubled"}),
            _entry(entry, adapter="honest", verdict="diverges", cause={"digest": "abcdef01"}),
        ]
    )
    rows = ask([CASES["groups"]], [mutants.BiasDoubled, Honest], known=known).rows
    assert [(row.adapter, row.verdict, row.observed) for row in rows] == [
        ("biasdoubled", Verdict.KNOWN, Verdict.DIVERGES),
        ("honest", Verdict.FIXED, Verdict.EXACT),
    ]


def _entry(common, **rest):
    from harness.suites.known_forms import EntryForm

    return EntryForm.model_validate({**common, **rest})


class MidwayError(Exception):
    pass


def test_an_error_in_the_harness_ends_the_run_at_once():
    def fail(row):
        raise MidwayError

    with pytest.raises(MidwayError):
        ask([make_case(str(number)) for number in range(40)], [Honest, mutants.Shifted], jobs=4, on_row=fail)


def test_an_error_among_the_cases_ends_the_run():
    def cases():
        yield CASES["plain"]
        raise MidwayError

    with pytest.raises(MidwayError):
        run_all(cases, [chosen(Honest)], KnownDivergences(), Settings(), 2, lambda row: None)


def test_messages_do_not_depend_on_the_hash_seed(monkeypatch):
    messages = set()
    for seed in "123":
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        adapters = [chosen(mutants.SaysASet)]
        asked = run_all(lambda: iter([make_case("seed")]), adapters, KnownDivergences(), Settings(), 1, lambda _: None)
        messages |= {row.message for row in asked.rows}
    assert len(messages) == 1


SUITE = """\
suite: S
about: a
defaults: {dialect: pytorch, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: 3}
cases:
  - {id: tied, about: rotation and convolution agree}
  - {id: separating, about: they differ, strides: 2}
"""


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_tie_names_the_case_of_the_corpus_that_tells(jobs, tmp_path):
    cases = load_cases(tmp_path, SUITE)
    rows = ask(cases[:1], [mutants.OrdinaryConvolution, mutants.KernelRotated], jobs=jobs).rows
    assert len({row.diagnosis for row in rows}) == 1
    assert rows[0].diagnosis.endswith("(this case cannot tell these apart; suite/separating does)")


class SharedHonest(Honest):
    """The truth, in a process of several."""

    process = "shared"

    def start(self) -> dict[str, str]:
        return super().start() | {"test": os.environ.get("HARNESS_TEST", "none")}


class SharedRotated(SharedHonest):
    """With a fault, in the same process."""

    mutant = mutant_called("KernelRotated")


class SharedCrash(SharedHonest):
    """Ends the process that it shares."""

    def finish(self, y):
        os._exit(3)


def test_adapters_that_share_a_process_keep_their_own_answers(monkeypatch):
    started = []

    class Counted(Worker):
        def __init__(self, spec):
            started.append(spec.adapter)
            super().__init__(spec)

    monkeypatch.setattr("harness.engine.lane.Worker", Counted)
    adapters = [chosen(one) for one in (SharedHonest, SharedRotated, Honest)]
    asked = run_all(lambda: iter([CASES["plain"]]), adapters, KnownDivergences(), Settings(), 1, lambda _: None)
    assert {row.adapter: row.verdict for row in asked.rows} == {
        "honest": Verdict.EXACT,
        "sharedhonest": Verdict.EXACT,
        "sharedrotated": Verdict.DIVERGES,
    }
    assert len(started) == 2
    assert set(asked.versions) == {"honest", "sharedhonest", "sharedrotated"}
    assert all(asked.versions.values())


class SharedElsewhere(SharedHonest):
    """The same word, and another environment."""

    environment: ClassVar[Mapping[str, str]] = {**Honest.environment, "HARNESS_TEST": "1"}


def test_adapters_of_different_environments_share_no_process():
    asked = ask([CASES["plain"]], [SharedHonest, SharedElsewhere], jobs=1)
    assert asked.versions["sharedelsewhere"]["test"] == "1"
    assert asked.versions["sharedhonest"]["test"] == "none"


class SharedBroken(SharedHonest):
    """The same word, and another start, which fails; it would be the first there."""

    weight = 9

    def start(self) -> dict[str, str]:
        message = "libfoo.so is missing"
        raise ImportError(message)


class SharedNewer(SharedHonest):
    """The same word, and other versions."""

    weight = 8

    def start(self) -> dict[str, str]:
        return super().start() | {"library": "2.0"}


def test_the_start_of_one_adapter_stands_for_those_of_the_same_start_alone():
    asked = ask([CASES["plain"]], [SharedHonest, SharedBroken, SharedNewer], jobs=1)
    assert {row.adapter: row.verdict for row in asked.rows} == {
        "sharedbroken": Verdict.BROKEN,
        "sharedhonest": Verdict.EXACT,
        "sharednewer": Verdict.EXACT,
    }
    assert "library" not in asked.versions["sharedhonest"]
    assert asked.versions["sharednewer"]["library"] == "2.0"


def test_so_it_is_in_a_session_of_pytest(tmp_path):
    (case,) = load_cases(tmp_path, SUITE)[:1]
    lanes, rows = Lanes(), list[Row]()
    try:
        for one in (SharedBroken, SharedHonest):
            check = plan_check(case, chosen(one))
            assert check is not None
            rows += lanes.run(check)
    finally:
        lanes.close()
    assert [row.verdict for row in rows] == [Verdict.BROKEN, Verdict.EXACT]


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_crash_in_a_shared_process_costs_only_its_own_checks(jobs):
    cases = [make_case(str(number)) for number in range(3)]
    adapters = [chosen(one) for one in (SharedHonest, SharedCrash)]
    asked = run_all(lambda: iter(cases), adapters, KnownDivergences(), Settings(), jobs, lambda _: None)
    verdicts = Counter((row.adapter, row.verdict) for row in asked.rows)
    assert verdicts == {("sharedhonest", Verdict.EXACT): 3, ("sharedcrash", Verdict.CRASHES): 3}
