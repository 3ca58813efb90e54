from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import harness.quality.soundness
from harness.adapters import Chosen, load_adapter
from harness.adapters.program import Program
from harness.core.case import GRADIENTS
from harness.engine.check import plan_check
from harness.operations.conv_transpose.case import Words
from harness.operations.conv_transpose.dialects import lower
from harness.quality.soundness import table
from harness.quality.soundness.imitation import VERSIONS, imitation
from harness.quality.soundness.mutant import Mutant
from harness.quality.soundness.precision import to_bits, to_scaled_bytes
from harness.quality.soundness.request import forward
from harness.tests.adapters.texts import outputs
from harness.tests.asking import make_case


def literal_loops(geometry, x, w, b):
    """The definition, in Python's own integers."""
    rows, columns = geometry.axes
    (top, _), (left, _) = geometry.crops
    y = np.zeros(geometry.output_shape, object)
    wide = geometry.out_channels // geometry.groups
    deep = geometry.in_channels // geometry.groups
    for n, c, i, j in np.ndindex(x.shape):
        for o, a, e in np.ndindex(w.shape[1:]):
            row, column = i * rows.s + a * rows.d - top, j * columns.s + e * columns.d - left
            if 0 <= row < rows.out and 0 <= column < columns.out:
                y[n, c // deep * wide + o, row, column] += int(x[n, c, i, j]) * int(w[c, o, a, e])
    return y if b is None else y + np.array([int(one) for one in b], object)[:, None, None]


@pytest.mark.parametrize("crops", [((0, 0), (0, 0)), ((1, 2), (0, 1)), ((-2, 1), (1, -1))])
def test_integers_of_64_bits_are_exact(crops):
    case = make_case(
        "a",
        dialect="canonical",
        dtype="int64",
        groups=2,
        in_channels=4,
        out_channels=6,
        strides=(2, 1),
        dilations=(1, 2),
        words=Words(crops),
    )
    geometry = lower(case)
    generator = np.random.default_rng(1)
    x, w = (generator.integers(-(2**28), 2**28, shape) for shape in (geometry.input_shape, geometry.kernel_shape))
    b = generator.integers(-(2**58), 2**58, geometry.out_channels)
    y = forward(geometry, {"input": x, "kernel": w, "bias": b})["output"]
    expected = literal_loops(geometry, x, w, b)
    assert y.dtype == np.int64
    assert y.tolist() == expected.tolist()
    assert np.max(np.abs(expected)) > 2**53, "beyond what float64 holds"


def test_operands_are_rounded_as_their_names_say():
    x = np.array([1 + 2**-10, 1 + 2**-11, 1 + 3 * 2**-11, -5.0, 0.0], np.float32)
    assert to_bits(x, 11).tolist() == [1 + 2**-10, 1.0, 1 + 2**-9, -5.0, 0.0]
    assert to_bits(x, 8).tolist() == [1.0, 1.0, 1.0, -5.0, 0.0]
    assert to_scaled_bytes(np.array([127.0, 1.4, -0.6], np.float32)).tolist() == [127.0, 1.0, -1.0]


@pytest.mark.parametrize("framework", table.FRAMEWORKS)
def test_an_imitation_has_the_name_and_the_limits_of_its_framework(framework):
    adapter = load_adapter(f"harness.quality.soundness.table:honest_{framework}")
    assert adapter.name == framework
    assert adapter.start() == VERSIONS[framework]
    grouped = make_case("g", groups=2, in_channels=4, out_channels=4, dtype="int8")
    check = plan_check(grouped, Chosen(adapter, "", requested_by_name=True))
    assert check is not None
    assert adapter.computes("resize2d")
    assert set(GRADIENTS) <= set(adapter.outputs)


def test_the_fault_of_a_mutant_shows_where_it_concerns_and_nowhere_else():
    mutant = table.mutant_called("zeros_float16")
    adapter = imitation(replace(mutant, imitates="pytorch"))
    generator = np.random.default_rng(0)
    for dtype, nothing in (("float16", True), ("float32", False)):
        case = make_case("a", dtype=dtype)
        program = adapter.program(case)
        assert isinstance(program, Program)
        geometry = lower(case)
        x, w = (generator.normal(size=one).astype(dtype) for one in (geometry.input_shape, geometry.kernel_shape))
        found = outputs(adapter, program, {"input": x, "kernel": w})
        assert bool(np.any(found["output"])) != nothing


def test_there_are_enough_mutants_of_every_framework_operation_and_kind():
    rows = table.mutants().values()
    assert len(rows) >= 60
    assert {row.imitates for row in rows} == set(table.FRAMEWORKS)
    assert len({row.op for row in rows}) == 6
    for name in table.mutants():
        assert isinstance(table.mutant_called(name), Mutant)
        assert name.isidentifier()
    with pytest.raises(AttributeError, match="there is no mutant called nobody"):
        _ = table.nobody


def test_mutants_know_nothing_of_the_hypotheses_that_may_name_them():
    for path in Path(harness.quality.soundness.__file__).parent.glob("*.py"):
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        }
        foreign = {name for name in imported if {"faults", "diagnosis", "mutants"} & set(name.split("."))}
        assert not foreign, path.name
