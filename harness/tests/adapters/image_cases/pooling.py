"""Pooling cases of every route, for the tests of the programs."""

from itertools import product
from typing import Any

from harness.adapters import choose
from harness.engine.check import plan_check
from harness.operations import operation_of
from harness.operations.max_pool2d_with_indices.case import MaxPoolCase
from harness.operations.max_unpool2d.case import MaxUnpoolCase


def pool(name="plain", **words):
    """A small rectangular max pooling in pytorch's dialect."""
    outputs = ("output", "indices", "input_grad")
    values: dict[str, Any] = {"dialect": "pytorch", "batch": 2, "channels": 3, "input_size": (5, 6), "outputs": outputs}
    return MaxPoolCase(**({"suite": "suite", "id": name, "about": "", "path": "s.yaml", "line": 1} | values | words))


def unpool(name="plain", **words):
    """A small rectangular max unpooling in pytorch's dialect."""
    outputs = ("output", "input_grad")
    values: dict[str, Any] = {"dialect": "pytorch", "batch": 2, "channels": 3, "input_size": (2, 3), "outputs": outputs}
    return MaxUnpoolCase(**({"suite": "suite", "id": name, "about": "", "path": "s.yaml", "line": 1} | values | words))


def plan(case, name):
    """How the adapter called ``name`` says ``case``."""
    (chosen,) = choose([name])
    check = plan_check(case, chosen)
    assert check is not None
    return check.plan


def pools():
    """Legal poolings of every dialect: windows that frameworks lay out, and those that must be padded for."""
    for ceil, strides, dilations in product([False, True], [(1, 1), (2, 3), (5, 4)], [(1, 1), (2, 1)]):
        for number, padding in enumerate([None, ((1, 1), (0, 0)), ((0, 2), (1, 0)), ((2, 0), (1, 2))]):
            case = pool(
                f"{ceil}-{strides}-{dilations}-{number}",
                dialect="onnx",
                pool_size=(3, 2),
                strides=strides,
                dilations=dilations,
                padding=padding,
                ceil_mode=ceil,
                layout=("NHWC", "NCHW")[number % 2],
                index_space=("plane", "hwc", "nhwc", "ncwh")[number],
            )
            if all(axis.count >= 1 and not axis.bare for axis in case.axes):
                yield case
    for pool_size, strides, dtype in product([(2, 2), (4, 3)], [(1, 1), (3, 2)], ["float32", "bfloat16"]):
        words = {"pool_size": pool_size, "strides": strides, "dtype": dtype, "padding": "same"}
        yield pool(f"same-{pool_size}-{strides}-{dtype}", dialect="tensorflow", **words)


def unpools():
    """Legal unpoolings with every space, and sizes that are told."""
    for space, more in product(["plane", "hwc", "nhwc", "nchw", "ncwh"], [0, 1]):
        for dialect in ("pytorch", "tensorflow"):
            words = {"pool_size": (2, 3), "output_size": (4 + more, 9 + 2 * more), "index_space": space}
            yield unpool(f"{dialect}-{space}-{more}", dialect=dialect, layout="NHWC" if more else None, **words)
    for rows, columns in product([3, 4], [5, 6]):
        yield unpool(f"same-{rows}-{columns}", dialect="tensorflow", padding="same", output_size=(rows, columns))


def legal(cases):
    """``cases``, each of which breaks no rule of its dialect."""
    found = list(cases)
    image_ops: list[Any] = [operation_of(case) for case in found]
    assert not [
        image_op.objection(case) for image_op, case in zip(image_ops, found, strict=True) if image_op.objection(case)
    ]
    return found
