"""What a case takes is known before anything is allocated."""

import time

import numpy as np
import pytest

from harness.core.errors import BadInputError
from harness.operations.conv_transpose import parse as expansion
from harness.operations.conv_transpose.data import make_tensors
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.memory import estimate_bytes, memory_limit, show_bytes
from harness.tests.build import load_cases, make_case

TERABYTES = """\
suite: Title
about: Text.
cases:
  - id: huge
    about: text
    input_size: {n}
    kernel_size: 3
"""


def test_the_estimate_counts_every_tensor():
    case = make_case(
        batch=2,
        in_channels=4,
        out_channels=6,
        groups=2,
        input_size=(3, 5),
        kernel_size=(2, 3),
        strides=2,
        padding=((1, 0), (0, 0)),
    )
    x, w, y, full, products = 2 * 4 * 15, 4 * 3 * 6, 2 * 6 * 5 * 11, 2 * 6 * 6 * 11, 2 * 6 * 6 * 15
    assert lower(case).output_shape == (2, 6, 5, 11)
    assert estimate_bytes(case, lower(case)) == 8 * (x + w + 3 * y + full + products) + 3 * 4 * (x + w + y)


def test_the_estimate_covers_what_is_made():
    case = make_case(batch=2, in_channels=4, out_channels=6, input_size=(9, 5), kernel_size=(2, 3), bias=True)
    tensors = make_tensors(case, lower(case))
    reference = tensors.reference(lower(case))
    given = [tensors.x, tensors.w, tensors.b, reference.x, reference.w, reference.b]
    arrays = [array for array in given if array is not None] + [reference.output, reference.magnitude]
    assert len(arrays) == 8
    assert estimate_bytes(case, lower(case)) > sum(array.nbytes for array in arrays)


@pytest.mark.parametrize(("dtype", "item"), [("float16", 2), ("float32", 4), ("float64", 8)])
def test_of_an_illegal_case_only_the_given_tensors_count(dtype, item):
    assert estimate_bytes(make_case(dtype=dtype), None) == (8 + 3 * item) * (9 + 9)
    assert np.dtype(dtype).itemsize == item


def test_terabytes_are_refused_before_an_allocation(tmp_path):
    started = time.monotonic()
    with pytest.raises(BadInputError, match=r"needs about \d+\.\d TiB") as caught:
        load_cases(tmp_path, TERABYTES.format(n=10**6))
    assert time.monotonic() - started < 2
    (problem,) = caught.value.problems
    assert (problem.line, problem.hint) == (6, "use smaller sizes")


def test_the_limit_itself_is_allowed(tmp_path, monkeypatch):
    (case,) = load_cases(tmp_path, TERABYTES.format(n=3))
    needed = estimate_bytes(case, lower(case))
    monkeypatch.setattr(expansion, "memory_limit", lambda: needed)
    assert load_cases(tmp_path, TERABYTES.format(n=3)) == [case]
    monkeypatch.setattr(expansion, "memory_limit", lambda: needed - 1)
    with pytest.raises(BadInputError, match="of memory"):
        load_cases(tmp_path, TERABYTES.format(n=3))


def test_the_limit_is_half_of_the_machine(monkeypatch):
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert memory_limit() == 2048 * 1000


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0.0 B"),
        (1023, "1023.0 B"),
        (1024, "1.0 KiB"),
        (1536 * 1024, "1.5 MiB"),
        (1024**4 * 7, "7.0 TiB"),
        (1024**6 * 5, "5.0 EiB"),
        (1024**7, ">1024 EiB"),
        (10**400, ">1024 EiB"),
    ],
)
def test_bytes_are_shown_in_the_largest_unit(count, shown):
    assert show_bytes(count) == shown
