from __future__ import annotations

from harness.core.case import Expect, LiteralTensor, Overrides, Reading
from harness.operations.conv_transpose.description import axes, objection, parameters, readings, unevenness
from harness.tests.build import make_case


def test_parameters_are_said_in_the_words_of_the_dialect():
    case = make_case(
        dialect="pytorch", input_size=(3, 4), kernel_size=(3, 2), strides=2, padding=1, output_padding=(1, 0)
    )
    words = dict(parameters(case))
    assert list(words)[:5] == ["dialect", "batch", "in_channels", "out_channels", "input_size"]
    assert words["input_size"] == "3 × 4"
    assert words["padding"] == "top 1, bottom 1, left 1, right 1"
    assert words["output_padding"] == "1 × 0"
    assert words["bias"] == "no"
    assert "output_size" not in words
    assert "layout" not in words


def test_literals_are_named():
    literal = LiteralTensor("IOHW", (1, 1, 1, 1), [[[[2.0]]]], rotated=True)
    words = dict(parameters(make_case(kernel_size=1, kernel=literal, bias=tuple(float(i) for i in range(10)))))
    assert words["kernel"] == "literal, written rotated by 180°"
    assert words["bias"] == "0, 1, 2, 3, 4, 5, 6, 7, …"
    assert dict(parameters(make_case(padding="same", dialect="keras")))["padding"] == "same"


def test_what_is_expected_is_said():
    error = make_case(dialect="keras", strides=2, output_padding=5, expect=Expect(error=True))
    assert dict(parameters(error))["expected"] == "an error"
    assert objection(error).startswith("not legal in keras: output_padding 5 is not in")
    crops = ((1, 0), (0, 2))
    several = make_case(
        expect=Expect(readings=(Reading("one", "It says so.", crops), Reading("none", "It is silent.", refused=True)))
    )
    assert dict(parameters(several))["expected"] == "one of several readings"
    assert readings(several) == [
        "one: crops top 1, bottom 0, left 0, right 2. It says so.",
        "none: the call is refused. It is silent.",
    ]
    assert objection(several) == ""


def test_axes_are_those_of_the_geometry():
    height, width = axes(make_case(input_size=(3, 5), strides=(2, 1), padding=((1, -2), (0, 0))))
    assert height == {"name": "height", "n": 3, "k": 3, "s": 2, "d": 1, "begin": 1, "end": -2, "full": 7, "out": 8}
    assert (width["name"], width["n"], width["out"]) == ("width", 5, 7)


def test_an_axis_without_a_single_output_is_drawn_before_any_crop():
    (height, _) = axes(make_case(dialect="keras", padding="same", expect=Expect(error=True)))
    assert (height["begin"], height["end"], height["out"]) == (0, 0, height["full"])
    assert axes(make_case(groups=2, expect=Expect(error=True))) == []


def test_the_rule_and_what_is_handed_over_instead_are_parameters():
    given = Overrides(kernel=(), output_shape=(6, 8))
    case = make_case(dialect="tensorflow", rule="kernel-rank", overrides=given, expect=Expect(error=True))
    words = dict(parameters(case))
    assert words["rule"] == "A kernel has four axes."
    assert words["handed over"] == "kernel: ones of shape (); output_shape: [6, 8]"
    assert objection(case) == "against the rule: A kernel has four axes."
    assert "handed over" not in dict(parameters(make_case()))


def test_an_axis_beyond_every_memory_is_not_drawn():
    error = Expect(error=True)
    assert axes(make_case(dialect="pytorch", strides=1 << 40, expect=error)) == []
    assert len(axes(make_case(dialect="pytorch", strides=1 << 10, output_padding=1 << 10, expect=error))) == 2


def test_the_unevenness_is_said_unless_no_size_is_legal():
    assert unevenness(make_case(kernel_size=3, strides=2)).startswith("3/4: ")
    assert unevenness(make_case(kernel_size=4, strides=2, padding=((1, 1), (0, 0)))).startswith("0: ")
    assert unevenness(make_case(input_size=0)) == ""
