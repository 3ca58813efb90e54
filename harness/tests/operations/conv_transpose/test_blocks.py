"""Every cut of an axis carries every tap from where it stands to where it lands, once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.operations.conv_transpose.blocks import phases, single, whole
from harness.operations.conv_transpose.geometry import Axis


@given(st.builds(Axis, *(st.integers(1, most) for most in (5, 5, 4, 3)), st.integers(-3, 4), st.integers(-3, 4)))
@settings(deadline=None, max_examples=200)
def test_a_cut_carries_each_tap_from_where_it_stands_to_where_it_lands(axis):
    expected = {
        (i, tap, i * axis.s + tap * axis.d - axis.begin)
        for i in range(axis.n)
        for tap in range(axis.k)
        if 0 <= i * axis.s + tap * axis.d - axis.begin < axis.out
    }
    for cut in (whole, phases, single):
        carried = []
        for block in cut(axis):
            for row, (here, there) in zip(block.taps, block.landings, strict=True):
                places = range(axis.out)[there]
                assert len(places) == here.stop - here.start
                for start, tap in zip(block.starts, row, strict=True):
                    carried += [(start + m, tap, y) for m, y in zip(range(here.start, here.stop), places, strict=True)]
        inside = [one for one in carried if 0 <= one[0] < axis.n]
        assert sorted(inside) == sorted(expected)
        assert cut is not single or inside == carried


@given(st.builds(Axis, *(st.integers(1, most) for most in (5, 5, 4, 3)), st.integers(-3, 4), st.integers(-3, 4)))
@settings(deadline=None, max_examples=100)
def test_landings_of_phases_never_meet_and_those_that_meet_are_said_to(axis):
    for cut in (whole, phases):
        for block in cut(axis):
            places = [place for _, there in block.landings for place in range(max(axis.out, 0))[there]]
            assert block.meet or len(set(places)) == len(places)
    everywhere = [place for block in phases(axis) for _, there in block.landings for place in range(axis.out)[there]]
    assert len(set(everywhere)) == len(everywhere)
