"""Every row of the dialects in docs/design.md against numbers worked out by hand, every rule that makes a case illegal, and back."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from harness.core.case import Overrides
from harness.core.errors import IllegalCaseError
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.description import description
from harness.operations.conv_transpose.dialects import lift, lower, lower_words
from harness.operations.conv_transpose.geometry import remaining_crops
from harness.operations.conv_transpose.memory import estimate_bytes
from harness.operations.conv_transpose.overrides import objection
from harness.tests.build import make_case, make_geometry

# a row: the dialect, the sizes n k s d, its words, and begin, end and output that they mean
ROWS = [
    # torch.nn.ConvTranspose2d: the classic k3 s2 p1 q1 doubles the size
    ("pytorch", (3, 3, 2, 1), {"padding": 1, "output_padding": 1}, (1, 0, 6)),
    ("pytorch", (3, 3, 2, 1), {"padding": 1}, (1, 1, 5)),
    ("pytorch", (3, 3, 2, 1), {}, (0, 0, 7)),
    ("pytorch", (4, 3, 2, 1), {"padding": 0}, (0, 0, 9)),
    ("pytorch", (4, 3, 2, 1), {"padding": 1}, (1, 1, 7)),
    ("pytorch", (4, 3, 2, 1), {"padding": 2}, (2, 2, 5)),
    ("pytorch", (10, 1, 3, 1), {}, (0, 0, 28)),
    ("pytorch", (2, 1, 2, 1), {"output_padding": 1}, (0, -1, 4)),
    ("pytorch", (3, 3, 1, 3), {"output_padding": 2}, (0, -2, 11)),
    # the example of its documentation: 12 is halved to 6 and restored by output_size
    ("pytorch", (6, 3, 2, 1), {"padding": 1, "output_size": 12}, (1, 0, 12)),
    ("pytorch", (6, 3, 2, 1), {"padding": 1, "output_size": 11}, (1, 1, 11)),
    ("pytorch", (4, 3, 3, 1), {"output_size": 14}, (0, -2, 14)),
    # tf.nn.conv2d_transpose
    ("tensorflow", (3, 3, 2, 1), {"padding": "same"}, (0, 1, 6)),
    ("tensorflow", (3, 3, 2, 1), {}, (0, 1, 6)),
    ("tensorflow", (3, 3, 2, 1), {"padding": "same", "output_size": 5}, (1, 1, 5)),
    ("tensorflow", (5, 4, 1, 1), {"padding": "same"}, (1, 2, 5)),
    ("tensorflow", (2, 1, 3, 1), {"padding": "same"}, (0, -2, 6)),
    ("tensorflow", (25, 3, 3, 1), {"padding": "same", "output_size": 73}, (1, 1, 73)),
    ("tensorflow", (3, 3, 2, 2), {"padding": "same"}, (1, 2, 6)),
    ("tensorflow", (4, 3, 2, 1), {"padding": "valid"}, (0, 0, 9)),
    ("tensorflow", (4, 3, 2, 1), {"padding": "valid", "output_size": 10}, (0, -1, 10)),
    ("tensorflow", (10, 1, 3, 1), {"padding": "valid"}, (0, -2, 30)),
    ("tensorflow", (10, 1, 3, 1), {"padding": "valid", "output_size": 28}, (0, 0, 28)),
    ("tensorflow", (4, 3, 2, 1), {"padding": 1}, (1, 1, 7)),
    ("tensorflow", (4, 3, 2, 1), {"padding": 1, "output_size": 8}, (1, 0, 8)),
    ("tensorflow", (3, 3, 2, 1), {"padding": ((0, 1), (0, 1)), "output_size": 6}, (0, 1, 6)),
    ("tensorflow", (3, 3, 2, 1), {"padding": ((1, 0), (1, 0)), "output_size": 6}, (1, 0, 6)),
    # keras.layers.Conv2DTranspose: valid is longer than torch's where the kernel is shorter than the stride
    ("keras", (10, 1, 3, 1), {"padding": "valid"}, (0, -2, 30)),
    ("keras", (10, 1, 3, 1), {"padding": "valid", "output_padding": 0}, (0, 0, 28)),
    ("keras", (4, 3, 2, 1), {}, (0, 0, 9)),
    ("keras", (4, 3, 2, 1), {"padding": "valid", "output_padding": 1}, (0, -1, 10)),
    ("keras", (3, 3, 2, 1), {"padding": "same"}, (0, 1, 6)),
    ("keras", (3, 3, 2, 1), {"padding": "same", "output_padding": 0}, (1, 1, 5)),
    ("keras", (3, 3, 2, 1), {"padding": "same", "output_padding": 1}, (0, 1, 6)),
    ("keras", (3, 4, 2, 1), {"padding": "same", "output_padding": 0}, (2, 2, 4)),
    ("keras", (3, 4, 2, 1), {"padding": "same", "output_padding": 1}, (1, 2, 5)),
    ("keras", (3, 1, 3, 1), {"padding": "same", "output_padding": 2}, (0, -2, 9)),
    ("keras", (3, 2, 1, 2), {"padding": "same", "output_padding": 0}, (1, 1, 3)),
    ("keras", (2, 1, 2, 1), {"padding": "same"}, (0, -1, 4)),
    # ONNX ConvTranspose
    ("onnx", (4, 3, 2, 1), {"padding": 1}, (1, 1, 7)),
    ("onnx", (4, 3, 2, 1), {"padding": ((1, 2), (1, 2)), "output_padding": 1}, (1, 1, 7)),
    ("onnx", (4, 3, 2, 1), {"padding": "valid"}, (0, 0, 9)),
    ("onnx", (3, 3, 2, 1), {"padding": "same"}, (0, 1, 6)),
    ("onnx", (3, 3, 2, 1), {"padding": "same_lower"}, (1, 0, 6)),
    ("onnx", (3, 3, 2, 1), {"padding": "same", "output_size": 4}, (1, 2, 4)),
    ("onnx", (3, 3, 2, 1), {"padding": "same_lower", "output_size": 4}, (2, 1, 4)),
    ("onnx", (3, 3, 2, 1), {"output_size": 4}, (2, 1, 4)),
    ("onnx", (3, 3, 2, 1), {"output_size": 6}, (1, 0, 6)),
    ("onnx", (3, 3, 2, 1), {"output_size": 6, "output_padding": 1}, (1, 0, 6)),
    # both axes of the backend test convtranspose_output_shape
    ("onnx", (3, 3, 3, 1), {"output_size": 10, "output_padding": 1}, (0, -1, 10)),
    ("onnx", (3, 3, 2, 1), {"output_size": 8, "output_padding": 1}, (0, -1, 8)),
    # jax.lax.conv_transpose: pads of the dilated input, so they grow the output
    ("jax", (4, 3, 2, 1), {"padding": 0}, (2, 2, 5)),
    ("jax", (4, 3, 2, 1), {"padding": 1}, (1, 1, 7)),
    ("jax", (4, 3, 2, 1), {"padding": 2}, (0, 0, 9)),
    ("jax", (4, 3, 2, 1), {"padding": ((1, 2), (1, 2))}, (1, 0, 8)),
    ("jax", (4, 3, 2, 1), {"padding": ((3, 2), (3, 2))}, (-1, 0, 10)),
    ("jax", (4, 3, 2, 2), {"padding": 2}, (2, 2, 7)),
    ("jax", (3, 3, 2, 1), {"padding": "same"}, (0, 1, 6)),
    ("jax", (3, 5, 2, 1), {}, (1, 2, 6)),
    ("jax", (3, 2, 3, 1), {"padding": "same"}, (0, -1, 9)),
    ("jax", (4, 3, 2, 1), {"padding": "valid"}, (0, 0, 9)),
    ("jax", (10, 1, 3, 1), {"padding": "valid"}, (0, -2, 30)),
    ("canonical", (3, 3, 2, 1), {}, (0, 0, 7)),
    ("canonical", (3, 3, 2, 1), {"padding": ((1, -2), (1, -2))}, (1, -2, 8)),
    ("canonical", (3, 3, 2, 1), {"padding": ((1, 0), (1, 0)), "output_size": 8}, (1, -2, 8)),
]


def on_axis(dialect, sizes, words):
    n, k, s, d = sizes
    return make_case(dialect=dialect, input_size=n, kernel_size=k, strides=s, dilations=d, **words)


@pytest.mark.parametrize(("dialect", "sizes", "words", "expected"), ROWS)
def test_the_words_of_a_dialect_mean_these_crops(dialect, sizes, words, expected):
    for axis in lower(on_axis(dialect, sizes, words)).axes:
        assert (axis.begin, axis.end, axis.out) == expected


def test_height_and_width_are_lowered_apart():
    torch = make_case(
        dialect="pytorch",
        input_size=(3, 4),
        kernel_size=(3, 2),
        strides=(2, 3),
        padding=((1, 1), (0, 0)),
        output_padding=(1, 2),
    )
    assert lower(torch).crops == ((1, 0), (0, -2))
    onnx = make_case(dialect="onnx", input_size=(3, 4), kernel_size=(3, 2), strides=2, padding=((0, 1), (1, 0)))
    assert lower(onnx).crops == ((0, 1), (1, 0))
    jax = make_case(dialect="jax", input_size=(4, 3), kernel_size=(3, 5), strides=(2, 2), padding="same")
    assert lower(jax).crops == ((0, 1), (1, 2))
    tensorflow = make_case(
        dialect="tensorflow", input_size=(4, 3), kernel_size=(3, 4), strides=(2, 3), output_size=(7, 9)
    )
    assert lower(tensorflow).crops == ((1, 1), (0, 1))
    keras = make_case(
        dialect="keras", padding="same", input_size=(3, 3), kernel_size=(3, 4), strides=2, output_padding=(0, 1)
    )
    assert lower(keras).crops == ((1, 1), (1, 2))


def test_torchs_idiom_has_the_shape_of_same_and_is_one_pixel_off():
    torch = lower(on_axis("pytorch", (3, 3, 2, 1), {"padding": 1, "output_padding": 1}))
    same = lower(on_axis("tensorflow", (3, 3, 2, 1), {"padding": "same"}))
    assert torch.output_size == same.output_size
    assert [axis.begin - other.begin for axis, other in zip(torch.axes, same.axes, strict=True)] == [1, 1]


FOUR, TEN = (4, 3, 2, 1), (10, 1, 3, 1)
ILLEGAL = [
    ("pytorch", FOUR, {"padding": -1}, "padding", "negative"),
    ("pytorch", FOUR, {"padding": ((0, 1), (0, 1))}, "padding", "both sides alike"),
    ("pytorch", FOUR, {"padding": "same"}, "padding", "no padding called 'same'"),
    ("pytorch", FOUR, {"padding": "valid"}, "padding", "no padding called 'valid'"),
    ("pytorch", FOUR, {"output_padding": 2}, "output_padding", "not in"),
    ("pytorch", FOUR, {"output_padding": -1}, "output_padding", "not in"),
    ("pytorch", (4, 3, 1, 3), {"output_padding": 3}, "output_padding", "not in"),
    ("pytorch", FOUR, {"padding": 1, "output_size": 6}, "output_size", "out of reach"),
    ("pytorch", FOUR, {"padding": 1, "output_size": 9}, "output_size", "out of reach"),
    ("pytorch", (4, 3, 1, 3), {"output_size": 11}, "output_size", "out of reach"),
    ("pytorch", FOUR, {"output_size": 9, "output_padding": 0}, "output_size", "exclude each other"),
    ("pytorch", (1, 2, 1, 1), {"padding": 1}, "padding", "0 elements"),
    ("tensorflow", FOUR, {"output_padding": 0}, "output_padding", "has no output_padding"),
    ("tensorflow", (25, 3, 3, 1), {"padding": "same", "output_size": 97}, "output_size", "no convolution"),
    ("tensorflow", (25, 3, 3, 1), {"padding": "same", "output_size": 72}, "output_size", "no convolution"),
    ("tensorflow", FOUR, {"padding": "valid", "output_size": 8}, "output_size", "no convolution"),
    ("tensorflow", FOUR, {"padding": "valid", "output_size": 11}, "output_size", "no convolution"),
    ("tensorflow", FOUR, {"padding": 1, "output_size": 6}, "output_size", "no convolution"),
    ("tensorflow", FOUR, {"padding": 1, "output_size": 9}, "output_size", "no convolution"),
    ("tensorflow", FOUR, {"padding": ((-1, 0), (-1, 0))}, "padding", "negative"),
    ("tensorflow", FOUR, {"padding": "same_lower"}, "padding", "no padding called 'same_lower'"),
    ("tensorflow", FOUR, {"groups": 2, "in_channels": 2, "out_channels": 2}, "groups", "no groups"),
    ("keras", FOUR, {"output_size": 9}, "output_size", "has no output_size"),
    ("keras", FOUR, {"padding": 1}, "padding", "no explicit padding"),
    ("keras", FOUR, {"padding": "same_lower"}, "padding", "no padding called 'same_lower'"),
    ("keras", FOUR, {"output_padding": 2}, "output_padding", "not in"),
    ("keras", FOUR, {"output_padding": -1}, "output_padding", "not in"),
    ("keras", (4, 3, 2, 2), {}, "dilations", "incompatible"),
    ("keras", (4, 3, 1, 2), {"dilations": (2, 3)}, "dilations", "per axis"),
    ("keras", FOUR, {"groups": 2, "in_channels": 2, "out_channels": 2}, "groups", "no groups"),
    ("onnx", FOUR, {"output_padding": 2}, "output_padding", "not in"),
    ("onnx", FOUR, {"padding": -1}, "padding", "negative"),
    ("onnx", FOUR, {"padding": 1, "output_size": 8}, "padding", "ignores pads"),
    ("onnx", FOUR, {"output_size": 10}, "output_size", "ambiguous"),
    ("onnx", TEN, {"padding": "same"}, "output_size", "ambiguous"),
    ("jax", FOUR, {"output_padding": 0}, "output_padding", "has no output_padding"),
    ("jax", FOUR, {"output_size": 9}, "output_size", "has no output_size"),
    ("jax", FOUR, {"padding": "same_lower"}, "padding", "no padding called 'same_lower'"),
    ("jax", FOUR, {"padding": -3}, "padding", "-1 elements"),
    ("jax", FOUR, {"groups": 2, "in_channels": 2, "out_channels": 2}, "groups", "no groups"),
    ("canonical", FOUR, {"output_padding": 1}, "output_padding", "say everything"),
    ("canonical", FOUR, {"padding": "valid"}, "padding", "no padding called 'valid'"),
    ("canonical", FOUR, {"padding": 1, "output_size": 8}, "output_size", "exclude each other"),
    ("canonical", FOUR, {"padding": 5}, "padding", "-1 elements"),
]


@pytest.mark.parametrize(("dialect", "sizes", "words", "key", "message"), ILLEGAL)
def test_a_rule_of_the_dialect_is_broken(dialect, sizes, words, key, message):
    n, k, s, d = sizes
    keys = {"input_size": n, "kernel_size": k, "strides": s, "dilations": d} | words
    with pytest.raises(IllegalCaseError, match=message) as caught:
        lower(make_case(dialect=dialect, **keys))
    assert caught.value.key == key
    assert caught.value.hint


@pytest.mark.parametrize(
    ("dialect", "sizes", "words", "reachable"),
    [
        ("tensorflow", (25, 3, 3, 1), {"output_size": 97}, (73, 75)),
        ("tensorflow", FOUR, {"padding": "valid", "output_size": 20}, (9, 10)),
        ("tensorflow", FOUR, {"padding": 1, "output_size": 20}, (7, 8)),
        ("pytorch", FOUR, {"padding": 1, "output_size": 20}, (7, 8)),
    ],
)
def test_the_hint_names_exactly_the_output_sizes_in_reach(dialect, sizes, words, reachable):
    with pytest.raises(IllegalCaseError) as caught:
        lower(on_axis(dialect, sizes, words))
    assert caught.value.hint == f"reachable are {reachable[0]} to {reachable[1]}"
    legal = []
    for o in range(1, 100):
        try:
            lower(on_axis(dialect, sizes, words | {"output_size": o}))
        except IllegalCaseError:
            continue
        legal.append(o)
    assert legal == list(range(reachable[0], reachable[1] + 1))


sizes_of_axis = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))


@st.composite
def said_in(draw, dialect):
    """Sizes and words that the rules of the dialect allow, but for an output that may be empty."""
    height, width = draw(sizes_of_axis), draw(sizes_of_axis)
    sizes: dict[str, Any] = dict(
        zip(("input_size", "kernel_size", "strides", "dilations"), zip(height, width, strict=True), strict=True)
    )
    if dialect == "keras":
        sizes["dilations"] = draw(st.sampled_from([1, 2])) if sizes["strides"] == (1, 1) else 1
    case = make_case(dialect=dialect, **sizes)
    paddings = {"pytorch": st.integers(0, 2), "keras": st.sampled_from(["same", "valid"])}
    anything = st.one_of(st.sampled_from(["same", "valid"]), st.integers(0, 2))
    words = {"padding": draw(paddings.get(dialect, anything))}
    surplus = tuple(draw(st.integers(0, s - 1)) for s in case.strides)
    if dialect != "tensorflow" and draw(st.booleans()):
        words["output_padding"] = surplus
    if dialect == "tensorflow":
        full = make_geometry(height, width)
        smallest = [axis.full for axis in full.axes]
        if words["padding"] == "same":
            smallest = [(axis.n - 1) * axis.s + 1 for axis in full.axes]
        elif words["padding"] != "valid":
            smallest = [axis.full - 2 * words["padding"] for axis in full.axes]
        words["output_size"] = tuple(size + more for size, more in zip(smallest, surplus, strict=True))
    return make_case(dialect=dialect, **sizes, **words)


@pytest.mark.parametrize("dialect", ["pytorch", "tensorflow", "keras"])
@given(st.data())
@settings(deadline=None, max_examples=150)
def test_what_a_dialect_can_say_it_finds_words_for(dialect, data):
    case = data.draw(said_in(dialect))
    try:
        geometry = lower(case)
    except IllegalCaseError:
        reject()
    found = list(lift(dialect, geometry))
    assert found
    assert {lower_words(dialect, geometry, said) for said in found} == {geometry}


def test_tensorflow_says_a_padding_whose_end_reaches_beyond_the_full_output():
    geometry = lower(on_axis("tensorflow", (1, 1, 3, 1), {"padding": 1, "output_size": 1}))
    assert geometry.crops == ((1, -1), (1, -1))
    assert list(lift("tensorflow", geometry)) == [Words(((1, 0), (1, 0)), output_size=(1, 1))]


crop = st.integers(-3, 3)


@given(sizes_of_axis, sizes_of_axis, st.tuples(crop, crop), st.tuples(crop, crop))
@settings(deadline=None, max_examples=150)
def test_torch_has_words_for_exactly_these_crops(height, width, rows, columns):
    geometry = make_geometry((*height, *rows), (*width, *columns))
    assume(min(geometry.output_size) >= 1)
    sayable = all(axis.begin >= 0 and 0 <= axis.begin - axis.end < max(axis.s, axis.d) for axis in geometry.axes)
    assert bool(list(lift("pytorch", geometry))) is sayable


def test_words_never_mean_another_geometry():
    full = make_geometry((3, 3, 2, 1))
    for dialect in ("pytorch", "tensorflow", "keras"):
        for begin, end in itertools.product(range(-2, 4), repeat=2):
            geometry = full.with_crops(((begin, end), (0, 0)))
            if geometry.height.out >= 1:
                assert all(lower_words(dialect, geometry, words) == geometry for words in lift(dialect, geometry))


def test_the_simplest_words_come_first():
    geometry = lower(on_axis("tensorflow", (3, 3, 2, 1), {"padding": "same"}))
    assert next(iter(lift("tensorflow", geometry))) == Words("same", output_size=(6, 6))
    assert next(iter(lift("keras", geometry))) == Words("same")
    assert list(lift("pytorch", geometry)) == []


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("dialect", ["pytorch", "tensorflow", "keras"])
def test_any_number_of_axes_follow_the_formulas_of_two(dialect, count):
    sizes = {"input_size": (5, 4), "kernel_size": (3, 2), "strides": (3, 2), "dilations": (1, 1)}
    two = lower(make_case(dialect=dialect, **sizes))
    axes = [two.axes[index % 2] for index in range(count)]
    case = replace(make_case(dialect=dialect), **{key: (*pair, *pair)[:count] for key, pair in sizes.items()})
    geometry = lower(case)
    assert geometry.axes == tuple(axes)
    assert geometry.output_shape == (1, 1, *(axis.out for axis in axes))
    assert remaining_crops(geometry, geometry.uncropped) == tuple((-axis.begin, -axis.end) for axis in axes)
    words = next(lift(dialect, geometry))
    assert lower_words(dialect, geometry.uncropped, words) == geometry
    assert estimate_bytes(case, geometry) > 0
    axes_of_kernel = {1: "three", 3: "five"}[count]
    assert objection(case, Overrides(kernel=(1,)), geometry) == f"a kernel has {axes_of_kernel} axes, not 1"
    assert [axis["name"] for axis in description(case)["axes"]] == ["depth", "height", "width"][-count:]


def test_words_of_lists_mean_what_those_of_tuples_mean():
    case = make_case(dialect="pytorch", strides=(2, 2))
    pads: Any = [[1, 1], [0, 0]]
    more: Any = [1, 0]
    for lists, tuples in (
        (Words(pads), Words(((1, 1), (0, 0)))),
        (Words(output_padding=more), Words(output_padding=(1, 0))),
    ):
        assert lower(replace(case, words=lists)) == lower(replace(case, words=tuples))


@pytest.mark.parametrize("kind", [np.int64, float])
def test_numbers_of_another_type_stay_with_their_case(kind):
    sizes = {"input_size": (5, 4), "kernel_size": (3, 2), "strides": (2, 1)}
    case = make_case(dialect="pytorch", **sizes)
    other = replace(case, **{name: (kind(one), kind(two)) for name, (one, two) in sizes.items()})
    for dialect in ("pytorch", "tensorflow", "keras"):
        with suppress(TypeError):
            list(lift(dialect, lower(other)))
        assert all(type(size) is int for axis in lower(case).axes for size in axis.sizes)
        for words in lift(dialect, lower(case)):
            assert "float" not in repr(words)
            assert "np." not in repr(words)
            assert "." not in repr(words)


def test_the_first_words_of_a_large_stride_are_there_at_once():
    words = lift("keras", make_geometry((2, 3, 3_000_000, 1, 0, 3 - 3_000_000)))
    assert isinstance(words, Iterator)
    assert next(words) == Words("same")
