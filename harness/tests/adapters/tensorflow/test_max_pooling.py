"""How TensorFlow and Keras say max pooling and unpooling, and that it is the oracle's on the frameworks themselves."""

import pytest

from harness.adapters import choose
from harness.adapters.program import Inexpressible
from harness.core.case import Expect, LiteralTensor
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.suites.known_divergences import KnownDivergences
from harness.tests.adapters.image_cases.pooling import legal, plan, pool, pools, unpool, unpools
from harness.tests.adapters.texts import printed

TF = {"dialect": "tensorflow"}


def said(case):
    return plan(case, "tensorflow")


@pytest.mark.parametrize(("padding", "name"), [(None, "VALID"), ("valid", "VALID"), ("same", "SAME")])
def test_its_own_words_go_over_untouched(padding, name):
    found = said(pool(**TF, pool_size=(3, 2), strides=(2, 1), padding=padding))
    assert found.route == "native"
    assert found.call == {"ksize": (3, 2), "strides": (2, 1), "padding": name, "include_batch_in_index": False}


def test_the_batch_in_the_index_is_a_parameter():
    found = said(pool(**TF, index_space="nhwc"))
    assert found.route == "native"
    assert "include_batch_in_index=True" in printed(found, "tensorflow")


def test_windows_of_another_dialect_have_a_name_or_are_padded_for():
    assert said(pool(index_space="hwc")).call["padding"] == "VALID"
    found = said(pool(index_space="hwc", pool_size=(3, 3), strides=(1, 1), padding=((1, 1), (1, 1))))
    assert (found.route, found.call["padding"]) == ("native", "SAME")
    found = said(pool(index_space="hwc", padding=((1, 1), (0, 0))))
    assert found.call["padding"] == "VALID"
    assert "tf.pad(x, [[0, 0], [1, 0], [0, 0], [0, 0]], constant_values=float('-inf'))" in printed(found, "tensorflow")
    assert "(row - 1) * 18" in printed(found, "tensorflow")


def test_indices_are_translated_where_they_are_of_another_space():
    assert said(pool()).reasons == ("the indices are translated from h·w·c to one plane",)
    assert "NHWC only" in said(pool(**TF, layout="NCHW")).reasons[0]


def test_what_it_has_no_words_for_is_not_said():
    assert isinstance(said(pool(dilations=(2, 1))), Inexpressible)
    masked = LiteralTensor("HW", (2, 2), [[1, float("-inf")], [2, 3]])
    alone = pool(padding=((1, 1), (1, 1)), input_size=(2, 2), batch=1, channels=1, literals=(("input", masked),))
    assert "which the data hold too" in said(alone).reason
    shown = {"dilations": (2, 2), "expect": Expect(error=True)}
    assert isinstance(said(pool(**TF, **shown)), Inexpressible)
    assert isinstance(said(pool(**TF, padding=((1, 1), (1, 1)), expect=Expect(error=True))), Inexpressible)


def test_a_name_that_it_does_not_know_is_handed_over_to_be_refused():
    assert said(pool(**TF, padding="same_lower", expect=Expect(error=True))).call["padding"] == "SAME_LOWER"


def test_unpooling_is_scattered_at_the_coordinates():
    found = said(unpool(**TF))
    assert found.route == "composed"
    assert "row = indices // 18" in printed(
        found, "tensorflow"
    )  # of the slowest axis no multiple is taken off, so it may be refused
    assert "tf.scatter_nd(tf.constant(indices), x, shape=[2, 4, 6, 3])" in printed(found, "tensorflow")


def test_keras_gives_no_indices():
    found = plan(pool(dialect="keras", padding="same", strides=(2, 1)), "keras")
    assert (found.route, found.outputs) == ("native", ("output",))
    assert found.call == {"pool_size": (2, 2), "strides": (2, 1), "padding": "same"}
    found = plan(pool(padding=((1, 1), (0, 0)), layout="NCHW"), "keras")
    assert "keras.ops.pad(x, [[0, 0], [1, 0], [0, 0], [0, 0]]" in printed(found, "keras")
    assert len(found.reasons) == 2
    assert isinstance(plan(pool(dilations=(1, 2)), "keras"), Inexpressible)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("tensorflow", marks=pytest.mark.xdist_group("tensorflow")),
        pytest.param("keras", marks=pytest.mark.xdist_group("keras")),
    ],
)
def test_every_route_is_exact(name):
    pytest.importorskip(name)
    cases = legal([*pools(), *([] if name == "keras" else unpools())])
    asked = run_all(lambda: iter(cases), choose([name]), KnownDivergences(), Settings(), 1, lambda row: None)
    expressed = [row for row in asked.rows if row.route != "inexpressible"]
    assert {row.verdict for row in expressed} == {Verdict.EXACT}
    assert {row.route for row in expressed} == {"native", "composed"}
    assert {row.case for row in asked.rows} == {case.name for case in cases}
    dilated = {case.name for case in cases if getattr(case, "dilations", (1, 1)) != (1, 1)}
    assert {row.case for row in asked.rows} - {row.case for row in expressed} == dilated
