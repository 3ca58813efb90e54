"""One row of another project's tests: a call, its arrays as they are there, and its result."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Laid = tuple[str, Array]
"""An array, and a letter for each of its axes."""
INDEX = "rows.json"
OPERATIONS = ("conv_transpose2d", "max_pool2d_with_indices", "max_unpool2d", "resize2d")


class UnstatedError(Exception):
    """The language of suites has no words for a row; the message says for what."""


@dataclass(frozen=True, slots=True)
class Row:
    """``words`` are the keys of a suite; without an ``operation`` it is not stated, and ``absent`` says why.

    ``results`` are what the test expects where ``expected`` says so, else what the package itself computes.
    """

    name: str
    operation: str = ""
    words: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Laid] = field(default_factory=dict)
    results: Mapping[str, Laid] = field(default_factory=dict)
    expected: bool = False
    absent: str = ""


def two_axes(sizes: int) -> None:
    """Raise UnstatedError unless an image has two spatial axes."""
    if sizes != 2:
        raise UnstatedError("one spatial axis" if sizes == 1 else f"{sizes} spatial axes")


def write_rows(rows: Iterable[Row], versions: Mapping[str, str], folder: Path) -> None:
    """Write ``rows`` to ``folder``: arrays as they are, results in NCHW, and the words of each."""
    taken: Counter[str] = Counter()
    lines = []
    for row in rows:
        name = re.sub(r"[^A-Za-z0-9]+", "-", row.name).strip("-")
        taken[name] += 1
        name += f"-{taken[name]}" if taken[name] > 1 else ""
        words = dict(row.words)
        if row.operation:
            words |= {key: _stored(folder, name, key, *one, words) for key, one in row.inputs.items()}
            results: dict[str, Any] = {key: in_nchw(*one) for key, one in row.results.items()}
            np.savez(folder / f"{name}.results.npz", **results)
            words["outputs"] = [*row.results]
        line = {"id": name, "operation": row.operation, "words": words, "expected": row.expected, "absent": row.absent}
        lines.append(line)
    text = json.dumps({"versions": versions, "rows": lines})
    (folder / INDEX).write_text(text, encoding="utf-8")


def _stored(folder: Path, name: str, key: str, letters: str, array: Array, words: Mapping[str, Any]) -> dict[str, str]:
    """Write ``array`` to ``folder`` and say where it is; as plain numbers where its type is not that of the case."""
    own = "int64" if key == "indices" else words.get("dtype", "float32")
    if array.dtype.name == own and array.dtype.kind in "iuf":
        np.save(folder / f"{name}.{key}.npy", array)
        return {"layout": letters, "file": f"{name}.{key}.npy"}
    (folder / f"{name}.{key}.json").write_text(json.dumps(array.tolist()), encoding="utf-8")
    return {"layout": letters, "file": f"{name}.{key}.json"}


def in_nchw(letters: str, array: Array) -> Array:
    """``array``, whose axes are ``letters``, of which those of size 1 may be missing."""
    missing = [letter for letter in "NCHW" if letter not in letters]
    whole = letters + "".join(missing)
    grown = array.reshape(array.shape + (1,) * len(missing))
    return np.ascontiguousarray(grown.transpose([whole.index(letter) for letter in "NCHW"]))
