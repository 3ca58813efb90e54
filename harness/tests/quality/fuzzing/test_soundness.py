from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from harness.adapters import choose
from harness.adapters.program import NO_CROP, Program
from harness.core.results import Figures as Measured
from harness.core.results import Verdict
from harness.engine.check import plan_check
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import geometry_of
from harness.operations.conv_transpose.mutants import mutant_called
from harness.operations.conv_transpose.mutants.base import HONEST
from harness.quality.fuzzing.search import AdapterClient
from harness.quality.fuzzing.soundness import MOST_DRAWN, Figures, Soundness, check_soundness, uncut
from harness.quality.fuzzing.strategies import real_dtypes
from harness.quality.mutant_adapter import BiasDoubled, Honest, OneUlpOff, RefusesAll, WrongShape
from harness.tests import faulty
from harness.tests.asking import chosen, make_case
from harness.tests.build import make_row
from harness.tests.differentiating import Differentiating


def sound(mutant, wanted=60, seed=0, explained=frozenset()):
    with AdapterClient(chosen(mutant)) as client:
        return check_soundness(client, wanted, seed, explained, threading.Event())


def test_exactly_as_many_arrays_are_compared_as_were_wanted():
    found = sound(Honest)
    assert found.compared == found.drawn == 60
    assert set(found.figures) == set(real_dtypes(Honest.dtypes))
    assert all(figures.compared and not figures.largest for figures in found.figures.values())
    assert not found.unexplained
    assert not found.explained


def in_float32(call):
    x, w, b = (None if t is None else t.astype("float32") for t in (call.x, call.w, call.b))
    return call.right(x=x, w=w, b=b)


class Coarse(Honest):
    """In float32 whatever the case has, so that something is rounded; not asked for float64."""

    dtypes = ("float32", "float16", "bfloat16")

    mutant = replace(HONEST, answer=in_float32)


@pytest.mark.parametrize("wanted", range(1, 8))
def test_of_the_last_check_no_more_outputs_are_compared_than_are_wanted(wanted):
    with AdapterClient(chosen(Differentiating)) as client:
        found = check_soundness(client, wanted, 0, frozenset(), threading.Event())
    assert found.compared == wanted
    assert not found.unexplained


def test_the_largest_error_is_kept_for_each_dtype_also_where_it_fails_nothing():
    figures = sound(Coarse, 200).figures
    assert 0 < figures["float32"].largest < 1
    assert figures["float16"].largest < 1


def test_of_several_errors_the_largest_within_the_bound_counts():
    check = plan_check(make_case(), chosen(Honest))
    assert check is not None
    found = Soundness("honest", figures={"float32": Figures()})
    for ratio, z, mean, signed in ((0.2, 1.0, 0.5, 2.0), (0.7, 4.0, 0.1, -3.0), (0.3, 2.0, 0.2, 0.0)):
        row = make_row("s/a", Verdict.WITHIN_BOUND, error_over_bound=ratio, figures=Measured(72, z, mean, signed))
        assert found.add(check, row) is None
    assert found.add(check, make_row("s/a", Verdict.DIVERGES, error_over_bound=9.0)) is not None
    assert found.add(check, make_row("s/a", Verdict.REJECTS)) is not None
    assert found.add(check, make_row("s/a", Verdict.INCONCLUSIVE)) is None
    assert found.add(check, make_row("s/a", Verdict.KNOWN)) is None
    assert found.withheld == 1
    assert found.by_test_alone == 0
    mean = 0.5 / (1 + 144 / 72)
    assert found.figures == {"float32": Figures(4, 0.7, 4.0, mean, -3.0, inconclusive=1, rejected=1)}


@pytest.mark.parametrize(("mutant", "verdict"), [(BiasDoubled, Verdict.DIVERGES), (WrongShape, Verdict.WRONG_SHAPE)])
def test_a_failure_counts_as_compared_and_is_shown_unless_it_is_explained(mutant, verdict):
    found = sound(mutant)
    assert found.compared == 60
    assert {one.row.verdict for one in found.unexplained.values()} == {verdict}
    assert sum(found.times.values()) > 10
    again = sound(mutant, explained=frozenset(found.times))
    assert again.explained == found.times
    assert not again.unexplained
    assert not again.times


def test_an_explained_failure_does_not_pass_for_the_largest_error_within_the_bound():
    found = sound(BiasDoubled, explained=frozenset(sound(BiasDoubled).times))
    assert all(figures.largest <= 1 for figures in found.figures.values())


def test_what_only_the_test_of_whole_arrays_calls_wrong_is_counted_apart():
    check = plan_check(make_case(), chosen(Honest))
    assert check is not None
    found = Soundness("honest", figures={"float32": Figures()})
    for ratio in (0.4, 1.0, 1.1, None):
        assert found.add(check, make_row("s/a", Verdict.DIVERGES, error_over_bound=ratio)) is not None
    assert found.add(check, make_row("s/a", Verdict.UNSTABLE, error_over_bound=0.4)) is not None
    assert found.by_test_alone == 2


def test_one_ulp_is_within_the_bound_and_seen():
    assert 0 < sound(OneUlpOff).figures["float32"].largest <= 1


def test_the_same_seed_gives_the_same_figures():
    one, again, other = (sound(Coarse, 100, seed=seed) for seed in (5, 5, 6))
    assert (one.figures, one.times, one.drawn) == (again.figures, again.times, again.drawn)
    assert one.figures != other.figures


def test_who_refuses_all_is_let_be_and_counted():
    found = sound(RefusesAll, 3)
    assert (found.compared, found.drawn) == (0, 3 * MOST_DRAWN)
    assert sum(figures.rejected for figures in found.figures.values()) == found.drawn
    assert sum(found.times.values()) == found.drawn


def test_it_stops_when_told_and_where_nothing_starts():
    stop = threading.Event()
    stop.set()
    with AdapterClient(chosen(Honest)) as client:
        assert check_soundness(client, 60, 0, frozenset(), stop).drawn == 0
    assert sound(faulty.ImportFails).compared == 0


def test_a_composed_route_is_taken_back_to_the_call_inside():
    (keras,) = choose(["keras"])
    case = make_case(dialect="canonical", strides=(4, 4), words=Words(((0, 0), (1, 0))), dtype="float64")
    check = plan_check(case, keras)
    assert check is not None
    assert isinstance(check.plan, Program)
    assert check.plan.crop != NO_CROP
    bare = uncut(check)
    assert bare is not None
    assert isinstance(bare.plan, Program)
    assert bare.plan.crop == NO_CROP
    assert bare.geometry is not None
    assert bare.geometry.output_size == (12, 16)
    assert bare.case.name == check.case.name, "the data come from the name"
    assert uncut(bare) is None


class Cut(Honest):
    """All zero. Where an odd number of rows is to be cut off at the top, one of them is cut off after the call."""

    mutant = mutant_called("AllZero")

    def program(self, case):
        geometry = geometry_of(case)
        if geometry is None or geometry.height.begin % 2 == 0:
            return super().program(case)
        (top, bottom), columns = geometry.crops
        words = Words(((top - 1, bottom), columns))
        whole = super().program(replace(case, dialect="canonical", words=words))
        assert isinstance(whole, Program)
        cut = ("y = y[:, :, 1:]",)
        return replace(whole, after=cut, crop=((1, 0), (0, 0)), reasons=("a row is cut off",))


def test_what_the_call_shows_by_itself_explains_what_is_left_of_it_after_a_cut(monkeypatch):
    def kind(case, _):
        check = plan_check(case, chosen(Cut))
        assert check is not None
        return ("diverges", "whole" if uncut(check) is None else "cut")

    monkeypatch.setattr("harness.quality.fuzzing.soundness.signature_of", kind)
    apart = sound(Cut)
    assert set(apart.times) == {("diverges", "whole"), ("diverges", "cut")}
    together = sound(Cut, explained=frozenset({("diverges", "whole")}))
    assert not together.unexplained
    assert together.explained == {("diverges", "whole"): apart.times.total()}
