"""Gradients that lie, each made here from the definition of the gradients, must be named for what they are."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.case import GRADIENTS, DTypeName
from harness.core.dtypes import DTYPES
from harness.core.numerics import error_bound
from harness.operations.conv_transpose.diagnosis.gradient_hypotheses import hypotheses
from harness.operations.conv_transpose.diagnosis.gradients import gradient_findings
from harness.operations.conv_transpose.faults import faults_for
from harness.operations.conv_transpose.gradients import Gradient
from harness.operations.conv_transpose.oracle import ConvTransposeReference
from harness.tests.build import make_geometry
from harness.tests.second_gradients import by_definition

PLAIN = make_geometry((4, 3, 2, 1, 1, 0), (5, 3, 3, 1, 0, 2), batch=3, in_channels=2, out_channels=4)
GEOMETRIES = {
    "plain": PLAIN,
    "groups": replace(PLAIN, in_channels=4, groups=2),
    "square": make_geometry((4, 3, 2, 1, 1, 0), (4, 3, 2, 1, 0, 1), batch=3, in_channels=4, out_channels=4),
    "dilated": make_geometry((4, 3, 1, 2, 3, 1), (5, 2, 2, 1, 1, 1), batch=3, in_channels=2, out_channels=4),
    "extended": make_geometry((4, 3, 2, 1, -1, 2), (5, 3, 3, 1, 1, -2), batch=3, in_channels=2, out_channels=4),
    "alone": make_geometry((4, 3, 2, 1, 1, 0), (5, 3, 3, 1, 0, 2), in_channels=2, out_channels=4),
}
DTYPE: dict[str, DTypeName] = {"exact": "float32", "real": "float32", "half": "float16"}


def gradient_of(name, where, data="exact"):
    """The right gradient on drawn data, which are of the dtype of ``data``."""
    geometry, rng = GEOMETRIES[where], np.random.default_rng(5)
    shapes = (geometry.input_shape, geometry.kernel_shape, geometry.output_shape)
    if data == "exact":
        x, w, g = (rng.integers(1, 9, shape) * rng.choice([-1.0, 1.0], shape) for shape in shapes)
    else:
        x, w, g = (rng.normal(size=shape).astype(DTYPE[data]).astype(float) for shape in shapes)
    return Gradient(name, ConvTransposeReference(geometry, x, w, None), g)


def plainly(gradient, x=None, w=None, g=None, height=None, width=None, groups=None):
    """The gradient by its definition, of other tensors and with other axes where these are given."""
    r = gradient.reference
    axes = [(a.n, a.k, a.s, a.d, a.begin, a.end) for a in r.geometry.axes]
    for index, change in enumerate((height, width)):
        if change:
            axes[index] = tuple(change.get(key, value) for key, value in zip("nksdbe", axes[index], strict=True))
    tensors = [given if given is not None else own for given, own in ((x, r.x), (w, r.w), (g, gradient.g))]
    x, w, g = tensors
    return by_definition(gradient.name, x, w, g, axes[0], axes[1], groups or r.geometry.groups)


def masked(g, *index):
    kept = np.zeros_like(g)
    kept[index] = g[index]
    return kept


def channels_last(t, shape):
    """Memory in (N, H, W, C) taken for (N, C, H, W)."""
    return t.transpose(0, 2, 3, 1).reshape(shape)


def turned(t):
    return t[:, :, ::-1, ::-1]


ALL = slice(None)
MUTANTS = {
    "input_grad": {
        "kernel-rotated": ("plain", lambda t: plainly(t, w=turned(t.reference.w))),
        "kernel-flipped-in-height": ("plain", lambda t: plainly(t, w=t.reference.w[:, :, ::-1])),
        "kernel-axes-swapped": ("plain", lambda t: plainly(t, w=t.reference.w.swapaxes(2, 3))),
        "kernel-channels-swapped": ("square", lambda t: plainly(t, w=t.reference.w.swapaxes(0, 1))),
        "kernel-of-group-0": ("groups", lambda t: plainly(t, w=np.tile(t.reference.w[:2], (2, 1, 1, 1)))),
        "groups-ignored": ("groups", lambda t: plainly(t, w=np.tile(t.reference.w, (1, 2, 1, 1)), groups=1)),
        "batch-reversed": ("plain", lambda t: plainly(t, g=t.g[::-1])),
        "last-input-channel-skipped": ("plain", lambda t: plainly(t) * np.array([1, 0])[:, None, None]),
        "last-input-channel-skipped(of each group)": (
            "groups",
            lambda t: plainly(t) * np.array([1, 0, 1, 0])[:, None, None],
        ),
        "kernel-absolute": ("plain", lambda t: plainly(t, w=abs(t.reference.w))),
        "kernel-as-ones": ("plain", lambda t: plainly(t, w=np.ones_like(t.reference.w))),
        "shifted(-1,0)": ("plain", lambda t: plainly(t, height={"b": 2})),
        "shifted(0,1)": ("plain", lambda t: plainly(t, width={"b": -1})),
        "crops-exchanged": ("dilated", lambda t: plainly(t, height={"b": 1})),
        "crop-at-the-end": ("dilated", lambda t: plainly(t, height={"b": 0}, width={"b": 0})),
        "strides-swapped": ("plain", lambda t: plainly(t, height={"s": 3}, width={"s": 2})),
        "strides-ignored": ("plain", lambda t: plainly(t, height={"s": 1}, width={"s": 1})),
        "dilations-ignored": ("dilated", lambda t: plainly(t, height={"d": 1})),
        "cotangent-ignored": ("plain", lambda t: plainly(t, g=np.ones_like(t.g))),
        "cotangent-is-output": ("plain", lambda t: plainly(t, g=t.reference.output)),
        "first-of-batch": ("plain", lambda t: plainly(t, g=masked(t.g, 0))),
        "last-group-only": ("groups", lambda t: plainly(t, g=masked(t.g, ALL, slice(2, 4)))),
        "batch-repeated": ("plain", lambda t: np.tile(plainly(t)[:1], (3, 1, 1, 1))),
        "mean-over-batch": ("plain", lambda t: plainly(t) / 3),
        "gradient-doubled": ("plain", lambda t: 2 * plainly(t)),
        "gradient-negated": ("plain", lambda t: -plainly(t)),
        "gradient-zero": ("plain", lambda t: 0 * plainly(t)),
        "gradient-flipped(height and width)": ("plain", lambda t: turned(plainly(t))),
        "gradient-rolled(row down)": ("plain", lambda t: np.roll(plainly(t), 1, 2)),
        "gradient-laid-out(NCWH)": ("plain", lambda t: plainly(t).swapaxes(2, 3).reshape(t.output.shape)),
        "data-in-the-other-layout": ("plain", lambda t: channels_last_inverse(plainly(t))),
        "channels-in-another-order": ("square", lambda t: plainly(t)[:, [2, 0, 3, 1]]),
    },
    "kernel_grad": {
        "kernel-rotated": ("plain", lambda t: turned(plainly(t))),
        "kernel-flipped-in-width": ("plain", lambda t: plainly(t)[..., ::-1]),
        "kernel-axes-swapped": ("plain", lambda t: plainly(t).swapaxes(2, 3)),
        "kernel-channels-swapped": ("square", lambda t: plainly(t).swapaxes(0, 1)),
        "kernel-channels-reread": ("plain", lambda t: plainly(t).swapaxes(0, 1).reshape(t.output.shape)),
        "gradient-laid-out(HWOI)": ("plain", lambda t: plainly(t).transpose(2, 3, 1, 0).reshape(t.output.shape)),
        "shifted(-1,0)": ("plain", lambda t: plainly(t, height={"b": 2})),
        "crop-at-the-end": ("dilated", lambda t: plainly(t, height={"b": 0}, width={"b": 0})),
        "crops-exchanged": ("dilated", lambda t: plainly(t, height={"b": 1})),
        "strides-swapped": ("plain", lambda t: plainly(t, height={"s": 3}, width={"s": 2})),
        "dilations-ignored": ("dilated", lambda t: plainly(t, height={"d": 1})),
        "cotangent-ignored": ("plain", lambda t: plainly(t, g=np.ones_like(t.g))),
        "cotangent-axes-swapped": ("square", lambda t: plainly(t, g=t.g.swapaxes(2, 3))),
        "cotangent-in-the-other-layout(NHWC)": ("plain", lambda t: plainly(t, g=channels_last(t.g, t.g.shape))),
        "data-in-the-other-layout(NHWC)": (
            "plain",
            lambda t: plainly(t, x=channels_last(t.reference.x, t.reference.x.shape)),
        ),
        "data-flipped-in-height": ("plain", lambda t: plainly(t, x=t.reference.x[:, :, ::-1])),
        "data-flipped-in-width": ("plain", lambda t: plainly(t, x=t.reference.x[..., ::-1])),
        "data-rotated": ("plain", lambda t: plainly(t, x=turned(t.reference.x))),
        "batch-reversed": ("plain", lambda t: plainly(t, x=t.reference.x[::-1])),
        "last-input-channel-skipped": ("plain", lambda t: masked(plainly(t), slice(0, 1))),
        "input-as-ones": ("plain", lambda t: plainly(t, x=np.ones_like(t.reference.x))),
        "first-of-batch": ("plain", lambda t: plainly(t, g=masked(t.g, 0))),
        "last-of-batch": ("plain", lambda t: plainly(t, x=masked(t.reference.x, 2))),
        "mean-over-batch": ("plain", lambda t: plainly(t) / 3),
        "gradient-of-the-mean": ("plain", lambda t: plainly(t) / t.g.size),
        "last-group-only": ("groups", lambda t: masked(plainly(t), slice(2, 4))),
        "kernel-of-group-0": ("groups", lambda t: shared_by_groups(plainly(t))),
        "output-channels-in-another-order": ("plain", lambda t: plainly(t)[:, [3, 1, 0, 2]]),
        "gradient-doubled": ("plain", lambda t: 2 * plainly(t)),
        "gradient-times-batch": ("plain", lambda t: 3 * plainly(t)),
        "gradient-zero": ("plain", lambda t: 0 * plainly(t)),
    },
    "bias_grad": {
        "extension-excluded": ("extended", lambda t: masked(t.g, ALL, ALL, slice(1, None), slice(-2)).sum((0, 2, 3))),
        "mean-over-positions": ("plain", lambda t: t.g.mean((2, 3)).sum(0)),
        "mean-over-batch": ("plain", lambda t: t.g.sum((2, 3)).mean(0)),
        "mean-over-batch-and-positions": ("plain", lambda t: t.g.mean((0, 2, 3))),
        "last-of-batch": ("plain", lambda t: t.g[2].sum((1, 2))),
        "cotangent-ignored": ("plain", lambda t: np.ones_like(t.g).sum((0, 2, 3))),
        "cotangent-in-the-other-layout": ("plain", lambda t: t.g.reshape(-1, 4).sum(0)),
        "first-group-only": ("groups", lambda t: t.g.sum((0, 2, 3)) * [1, 1, 0, 0]),
        "channels-in-another-order": ("plain", lambda t: t.g.sum((0, 2, 3))[::-1]),
        "gradient-negated": ("plain", lambda t: -t.g.sum((0, 2, 3))),
    },
}


def channels_last_inverse(t):
    """The gradient of data that were read as (N, H, W, C), in the order of their memory."""
    return t.transpose(0, 2, 3, 1).reshape(t.shape)


def shared_by_groups(t):
    """What each copy of the first group's kernel gets, summed."""
    first, last = np.split(t, 2)
    return np.concatenate([first + last, np.zeros_like(last)])


def cases():
    for name, mutants in MUTANTS.items():
        for fault in mutants:
            yield name, fault


# a float16 sum of as many terms as the bias's may be as wrong as these
SHOWN = [(*case, data) for case in cases() for data in DTYPE if (case[0], data) != ("bias_grad", "half")]


@pytest.mark.parametrize(("name", "fault", "data"), SHOWN)
def test_a_lie_is_named(name, fault, data):
    where, lie = MUTANTS[name][fault]
    gradient = gradient_of(name, where, data)
    assert not np.array_equal(gradient.output, lie(gradient))
    got = np.asarray(lie(gradient)).astype(DTYPE[data]).astype(float)
    findings = gradient_findings(gradient, got, DTYPE[data], data == "exact")
    assert fault in [one.name for one in findings]
    assert all(one.text.startswith(("as if ", "as the gradient of an operation where ")) for one in findings)
    if data == "exact":
        assert len(findings) == 1 or (name, fault) in TIES


TIES = {("input_grad", "crops-exchanged"), ("kernel_grad", "crops-exchanged")}
"""Faults that are shifts as well."""


@pytest.mark.parametrize("data", DTYPE)
@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("where", GEOMETRIES)
def test_a_right_gradient_has_no_finding(name, where, data):
    gradient = gradient_of(name, where, data)
    got = gradient.output.astype(DTYPE[data]).astype(float)
    assert gradient_findings(gradient, got, DTYPE[data], data == "exact") == []


@pytest.mark.parametrize("name", GRADIENTS)
def test_noise_has_no_finding(name):
    gradient = gradient_of(name, "groups")
    got = np.random.default_rng(2).integers(-900, 900, gradient.output.shape).astype(float)
    assert gradient_findings(gradient, got, "float32", exact=True) == []


@pytest.mark.parametrize(("name", "fault"), list(cases()))
def test_a_lie_with_one_more_wrong_element_is_not_named(name, fault):
    """Nothing is said of what was not checked everywhere."""
    where, lie = MUTANTS[name][fault]
    gradient = gradient_of(name, where)
    got = np.array(lie(gradient), dtype=float)
    got.flat[-1] += 1000.5
    findings = gradient_findings(gradient, got, "float32", exact=True)
    assert [one.name for one in findings if one.name != "region"] == []


def test_a_bound_that_lets_anything_through_names_nothing():
    """With the groups ignored so many products meet that their bound in float16 is wider than any value."""
    geometry = make_geometry((8, 3, 2, 1), batch=2, in_channels=8, out_channels=8, groups=8)
    rng = np.random.default_rng(3)
    shapes = (geometry.input_shape, geometry.kernel_shape, geometry.output_shape)
    x, w, g = (rng.normal(size=shape).astype("float16").astype(float) for shape in shapes)
    gradient = Gradient("kernel_grad", ConvTransposeReference(geometry, x, w, None), g)
    noise = 40 * rng.normal(size=gradient.shape).astype("float16").astype(float)
    assert gradient_findings(gradient, noise, "float16", exact=False) == []


@pytest.mark.parametrize("name", GRADIENTS)
def test_an_error_just_beyond_the_bound_is_not_put_down_to_a_fault(name):
    """Neither is a fault that changes nothing on these data."""
    gradient = gradient_of(name, "plain", "real")
    bound = error_bound(gradient.output, gradient.magnitude, gradient.terms, DTYPES["float32"])
    got = gradient.output.copy()
    got.flat[1] += 1.02 * bound.flat[1]
    (finding,) = gradient_findings(gradient, got, "float32", exact=False)
    assert finding.name == "region"
    assert finding.text.startswith("wrong values only in ")


@pytest.mark.parametrize("name", ["input_grad", "kernel_grad"])
def test_operands_rounded_to_a_narrower_type_are_named(name):
    gradient = gradient_of(name, "plain", "real")
    r = gradient.reference
    x, w, g = (t.astype("float16").astype(float) for t in (r.x, r.w, gradient.g))
    findings = gradient_findings(gradient, plainly(gradient, x, w, g), "float32", exact=False)
    assert "operands-rounded(tf32)" in [one.name for one in findings]


def test_what_is_wrong_in_one_place_only_is_told_by_that_place():
    gradient = gradient_of("kernel_grad", "plain")
    got = gradient.output.copy()
    got[1, 2:] = 0
    (finding,) = gradient_findings(gradient, got, "float32", exact=True)
    assert finding.text == "zeros only in input channel 1, output channels 2, 3; everything else is right"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_values_are_named_as_such(value):
    gradient = gradient_of("input_grad", "plain")
    got = gradient.output.copy()
    got[0, 0, 0, :2] = value
    (finding,) = gradient_findings(gradient, got, "float32", exact=True)
    assert finding.text == "2 elements are NaN or infinite where another value is due"


@pytest.mark.parametrize("name", ["input_grad", "kernel_grad"])
def test_every_fault_of_the_operation_that_changes_a_gradient_is_a_guess(name):
    for where in GEOMETRIES:
        gradient = gradient_of(name, where)
        edits = {one.name for one in faults_for(gradient.reference) if one.edit and not one.numeric}
        made = {one.name for one in hypotheses(gradient)}
        mirrored = ("data-flipped", "data-rotated") if name == "input_grad" else ()
        assert {fault for fault in edits if not fault.startswith(("bias", *mirrored))} <= made
