"""How PyTorch says max pooling and unpooling, and that what it says is the oracle's on PyTorch itself."""

from dataclasses import replace

import pytest

from harness.adapters import choose
from harness.adapters.program import Inexpressible
from harness.core.case import Expect
from harness.core.results import Verdict
from harness.engine.lane import Settings
from harness.engine.pool import run_all
from harness.suites.known_divergences import KnownDivergences
from harness.tests.adapters.image_cases.pooling import legal, plan, pool, pools, unpool, unpools
from harness.tests.adapters.texts import printed


def said(case):
    return plan(case, "pytorch")


def test_its_own_words_go_over_untouched():
    found = said(pool(pool_size=(3, 2), strides=(2, 1), padding=((1, 1), (0, 0)), dilations=(1, 2), ceil_mode=True))
    assert found.route == "native"
    assert found.call == {
        "kernel_size": (3, 2),
        "stride": (2, 1),
        "padding": (1, 0),
        "dilation": (1, 2),
        "return_indices": True,
        "ceil_mode": True,
    }
    assert "padding=(1, 0), dilation=(1, 2)" in printed(found)


@pytest.mark.parametrize(
    ("words", "padding", "ceil"),
    [
        ({"dialect": "tensorflow", "padding": "same"}, (0, 0), True),
        ({"dialect": "tensorflow", "padding": "same", "pool_size": (3, 2), "strides": (1, 2)}, (1, 0), False),
        ({"dialect": "onnx", "padding": ((0, 1), (0, 0))}, (0, 0), True),
        ({"dialect": "onnx", "padding": ((1, 0), (1, 1)), "strides": (1, 2)}, None, None),
        ({"dialect": "onnx", "padding": ((2, 2), (0, 0)), "pool_size": (3, 2), "strides": (1, 2)}, None, None),
    ],
)
def test_windows_of_another_dialect_are_laid_out_by_padding_and_rounding(words, padding, ceil):
    found = said(pool(index_space="plane", **words))
    if padding is None:
        assert found.route == "composed"
        return
    assert found.route == "native"
    assert (found.call["padding"], found.call["ceil_mode"]) == (padding, ceil)


def test_what_no_padding_lays_out_is_padded_and_its_indices_are_moved():
    found = said(pool(dialect="onnx", pool_size=(3, 2), padding=((2, 0), (0, 1)), index_space="plane"))
    assert found.call["padding"] == (0, 0)
    assert "torch.nn.functional.pad(x, (0, 0, 2, 0), value=float('-inf'))" in printed(found)
    assert "(row - 2) * 6" in printed(found)
    assert [reason.partition(":")[0] for reason in found.reasons] == [
        "no padding of MaxPool2d looks (2, 0) beyond the image",
        "the indices of the padded image are turned into those of the image",
    ]


def test_indices_of_another_space_are_translated():
    assert said(pool(index_space="hwc")).reasons == ("the indices are translated from one plane to h·w·c",)
    found = said(unpool(index_space="nhwc"))
    assert found.reasons == ("the indices are translated from n·h·w·c to one plane",)
    assert printed(found).index("indices = ") < printed(found).index("MaxUnpool2d")


def test_channels_last_data_are_permuted():
    found = said(pool(layout="NHWC"))
    assert "np.ascontiguousarray(input.transpose(0, 2, 3, 1))" in printed(found)
    assert "channels_last" in found.reasons[0]


def test_an_output_size_is_told_and_left_out_where_it_is_not_said():
    assert "output_size" not in printed(said(unpool()))
    assert "output_size=(5, 7)" in printed(said(unpool(output_size=(5, 7))))
    assert said(unpool(dialect="tensorflow", padding="same")).call["forward"] == {"output_size": (4, 6)}


def test_a_size_that_it_would_not_take_is_not_said():
    assert isinstance(said(unpool(dialect="tensorflow", padding="same", strides=(1, 2))), Inexpressible)
    assert said(unpool(dialect="tensorflow", padding="same", output_size=(3, 5))).route == "composed"


@pytest.mark.parametrize("case", [pool(padding=((0, 1), (0, 0))), unpool(padding=((0, 1), (0, 0)))])
def test_two_paddings_on_an_axis_cannot_be_said(case):
    assert isinstance(said(replace(case, expect=Expect(error=True))), Inexpressible)


def test_a_padding_by_name_is_handed_over_to_be_refused():
    assert said(pool(padding="same", expect=Expect(error=True))).call["padding"] == "same"


@pytest.mark.xdist_group("pytorch")
def test_every_route_is_exact_on_pytorch():
    pytest.importorskip("torch")
    cases = legal([*pools(), *unpools()])
    asked = run_all(lambda: iter(cases), choose(["pytorch"]), KnownDivergences(), Settings(), 1, lambda row: None)
    assert {row.verdict for row in asked.rows} == {Verdict.EXACT}
    assert {row.route for row in asked.rows} == {"native", "composed"}
    assert len(asked.rows) == sum(len(case.outputs) for case in cases) > 150
