"""Ways to be wrong in max unpooling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.core.case import OutputName
from harness.operations.faults import Answer, Change, Fault, of_right, of_tensors
from harness.operations.index_spaces import Space, SpaceName
from harness.operations.max_unpool2d.case import MaxUnpoolCase
from harness.operations.max_unpool2d.indices import misshapen
from harness.operations.max_unpool2d.oracle import flat, references
from harness.operations.oracle import Array, Arrays, literal
from harness.operations.usual import rolled, usual_faults, without_last

_output = partial(of_right, references, ["output"])
_gradient = partial(of_right, references, ["input_grad"])
_from_cotangent = partial(of_tensors, "input_grad")


def _put(case: MaxUnpoolCase, x: Array, places: Any) -> Array:
    """``x`` at ``places`` of the output in reading order, those outside wrapped around."""
    y = np.zeros(case.space.shape)
    y.reshape(-1)[np.asarray(places).ravel() % y.size] = x.ravel()
    return y


def _indices(change: Callable[[MaxUnpoolCase, Array], Array]) -> Answer:
    """The indices are misread: ``change`` gives places in the output's elements in reading order."""
    return of_tensors("output", lambda case, arrays: _put(case, arrays["input"], change(case, arrays["indices"])))


def _values(change: Change) -> Answer:
    """Other values are put at the right places."""
    return of_tensors("output", lambda case, arrays: _put(case, change(arrays["input"]), flat(case, arrays["indices"])))


def _read_in(name: SpaceName) -> Answer:
    """The indices are taken for those of another space."""

    def places(case: MaxUnpoolCase, indices: Array) -> Array:
        return _places(case, Space(name, case.space.shape).coordinates(indices))

    return _indices(places)


def _of_size(size: Callable[[MaxUnpoolCase], tuple[int, int]]) -> Answer:
    """The indices are divided as if the output were of another size."""

    def places(case: MaxUnpoolCase, indices: Array) -> Array:
        shape = (case.batch, case.channels, *size(case))
        return _places(case, Space(case.space.name, shape).coordinates(indices))

    return _indices(places)


def _places(case: MaxUnpoolCase, where: Mapping[str, Array]) -> Array:
    return Space("nchw", case.space.shape).flatten(where)


def _exchanged(case: MaxUnpoolCase, indices: Array) -> Array:
    where = case.space.coordinates(indices)
    return _places(case, {**where, "H": where["W"], "W": where["H"]})


def _in_first(letter: str) -> Answer:
    """Every index lies in the first image (N) or channel (C)."""

    def places(case: MaxUnpoolCase, indices: Array) -> Array:
        where = case.space.coordinates(indices)
        return _places(case, {**where, letter: np.zeros_like(where[letter])})

    return _indices(places)


def _moved(case: MaxUnpoolCase, indices: Array) -> Array:
    """One that takes indices for those of the padded image."""
    where = case.space.coordinates(indices)
    rows, columns = case.axes
    return _places(case, {**where, "H": where["H"] - rows.before, "W": where["W"] - columns.before})


def _one_based(case: MaxUnpoolCase, indices: Array) -> Array:
    return _places(case, case.space.coordinates(indices - 1))


def _corners(case: MaxUnpoolCase, indices: Array) -> Array:
    """The first element of each window."""
    image, channel, i, j = np.ix_(*map(np.arange, indices.shape))
    rows, columns = case.axes
    row = np.clip(i * rows.s - rows.before, 0, rows.n - 1)
    return _places(
        case, {"N": image, "C": channel, "H": row, "W": np.clip(j * columns.s - columns.before, 0, columns.n - 1)}
    )


def _filled(case: MaxUnpoolCase, arrays: Arrays) -> Mapping[OutputName, Array]:
    """Every element has the value of the window that it lies in."""
    rows, columns = (np.clip((np.arange(axis.n) + axis.before) // axis.s, 0, axis.count - 1) for axis in case.axes)
    return {"output": arrays["input"][:, :, rows[:, None], columns[None, :]]}


def _of_usual_size(case: MaxUnpoolCase, arrays: Arrays) -> Mapping[OutputName, Array]:
    """The output_size is ignored: what lies beyond the usual size is lost."""
    y = references(case, arrays)["output"].output
    usual = np.zeros((*y.shape[:2], *case.usual_size))
    height, width = (min(one) for one in zip(case.usual_size, y.shape[2:], strict=True))
    usual[:, :, :height, :width] = y[:, :, :height, :width]
    return {"output": usual}


def _of_windows(case: MaxUnpoolCase, arrays: Arrays) -> Array:
    """The cotangent summed over each window."""
    g = arrays["cotangent"]
    sums = np.zeros(case.input_shape)
    rows, columns = case.axes
    for i in range(rows.count):
        for j in range(columns.count):
            for row in (place for place in rows.taps(i) if 0 <= place < rows.n):
                for column in (place for place in columns.taps(j) if 0 <= place < columns.n):
                    sums[:, :, i, j] += g[:, :, row, column]
    return sums


def _of_every_index(case: MaxUnpoolCase, arrays: Arrays) -> Array:
    found = arrays["cotangent"].ravel()[flat(case, arrays["indices"])]
    return np.asarray(found.reshape(case.input_shape))


def _of_corners(case: MaxUnpoolCase, arrays: Arrays) -> Array:
    return np.asarray(arrays["cotangent"].ravel()[_corners(case, arrays["indices"])])


def _outside(case: MaxUnpoolCase, *, below: bool) -> bool:
    indices = literal(case, "indices")
    if indices is None:
        return False
    return bool(np.any(indices < 0) if below else np.any(indices >= case.space.size))


def _misses_indices(case: MaxUnpoolCase) -> bool:
    return bool(misshapen(case))


def _misses_size(case: MaxUnpoolCase) -> bool:
    return case.output_size is not None and not case.literals


FAULTS: Sequence[Fault] = (
    Fault("filled", "every value fills its window", _filled),
    Fault("corner", "the value goes to the first corner of its window", _indices(_corners)),
    Fault("rows-and-columns-exchanged", "row and column are exchanged", _indices(_exchanged)),
    Fault("of-turned-size", "the indices are divided by the height", _of_size(lambda c: c.size[::-1])),
    Fault(
        "of-pooled-size",
        "the indices are divided by the width of the pooled image",
        _of_size(lambda c: c.input_size),
    ),
    Fault(
        "of-usual-size",
        "the indices are divided by a width without the output_size",
        _of_size(lambda c: c.usual_size),
    ),
    Fault("one-based", "the indices begin at 1", _indices(_one_based)),
    Fault("padding-taken-off", "the indices count the padded image", _indices(_moved)),
    Fault("read-in-plane", "the indices count one plane", _read_in("plane")),
    Fault("read-hwc", "the indices count h·w·c", _read_in("hwc")),
    Fault("read-nhwc", "the indices count n·h·w·c", _read_in("nhwc")),
    Fault("read-nchw", "the indices count n·c·h·w", _read_in("nchw")),
    Fault("in-first-image", "every index lies in the first image", _in_first("N")),
    Fault("in-first-channel", "every index lies in the first channel", _in_first("C")),
    Fault("output-size-ignored", "the output_size is ignored", _of_usual_size),
    Fault("ones-elsewhere", "there are ones elsewhere", _output(lambda y: np.where(y == 0, 1.0, y))),
    Fault("shifted-down", "the output is moved down by one", _output(rolled(1, 0))),
    Fault("shifted-right", "the output is moved right by one", _output(rolled(0, 1))),
    Fault("first-of-batch", "every image is the first", _output(lambda y: np.repeat(y[:1], len(y), axis=0))),
    Fault("last-row-lost", "the last row is zero", _output(without_last(2))),
    Fault("last-column-lost", "the last column is zero", _output(without_last(3))),
    Fault("negative-lost", "negative values are lost", _values(lambda x: np.maximum(x, 0.0))),
    Fault("magnitude", "signs are lost", _values(np.abs)),
    Fault("values-reversed", "the values come in reverse order", _values(lambda x: x[..., ::-1])),
    Fault("gradient-of-windows", "the gradient is summed over each window", _from_cotangent(_of_windows)),
    Fault("gradient-of-overwritten", "overwritten values have a gradient too", _from_cotangent(_of_every_index)),
    Fault("gradient-of-corners", "the gradient is that of each window's first corner", _from_cotangent(_of_corners)),
    Fault("gradient-negated", "the gradient has the other sign", _gradient(lambda right: -right)),
    Fault("gradient-of-ones", "the cotangent is ignored", _gradient(lambda right: np.ones(right.shape))),
    Fault("gradient-reversed", "the gradient's channels are reversed", _gradient(lambda right: right[:, ::-1])),
    Fault("refuses-output-size", "an output_size is refused", refuses=lambda case: case.output_size is not None),
    Fault("refuses-rectangles", "rectangular windows are refused", refuses=lambda case: len(set(case.pool_size)) > 1),
    Fault("accepts-negative", "a negative index is taken", accepts=lambda case: _outside(case, below=True)),
    Fault("accepts-too-large", "an index beyond the output is taken", accepts=lambda case: _outside(case, below=False)),
    Fault("accepts-other-indices", "indices of another shape than the values are taken", accepts=_misses_indices),
    Fault("accepts-sizes", "an output_size that no pooling reads is taken", accepts=_misses_size),
    *usual_faults(references, "relu", "first-of-batch", "data-flipped-in-width"),
)
