"""Dialect formulas: from the words of a framework to canonical crops, and back.

Sources of the formulas: the documentation of ``torch.nn.ConvTranspose2d``, ``tf.nn.conv2d_transpose``,
``keras.layers.Conv2DTranspose``, ONNX ``ConvTranspose`` and ``jax.lax.conv_transpose``, each checked
against the frameworks. No other module repeats one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.core.case import Dialect, Padding, PaddingName, Pads, Pair
from harness.core.errors import IllegalCaseError, require
from harness.operations.conv_transpose.case import Case, Words
from harness.operations.conv_transpose.geometry import Axis, Geometry, full_geometry


@dataclass(frozen=True, slots=True)
class _AxisWords:
    """The words for one axis: ``pads`` is (before, after) or a name."""

    pads: str | Pair
    q: int | None
    o: int | None


def _explicit(words: _AxisWords, dialect: str) -> Pair:
    if isinstance(words.pads, str):
        raise IllegalCaseError(
            "padding", f"{dialect} has no padding called {words.pads!r}", "write numbers of elements"
        )
    return words.pads


def _output_padding(a: Axis, words: _AxisWords) -> int:
    """PyTorch and ONNX limit it by the larger of stride and dilation."""
    q = words.q or 0
    require(
        0 <= q < max(a.s, a.d),
        "output_padding",
        f"output_padding {q} is not in [0, max(stride, dilation)) = [0, {max(a.s, a.d)})",
        "make it smaller than the stride or the dilation",
    )
    return q


def _pytorch(a: Axis, words: _AxisWords) -> Pair:
    p, after = _explicit(words, "pytorch")
    require(
        p == after, "padding", f"pytorch pads both sides alike, not {p} and {after}", "use dialect onnx or canonical"
    )
    require(p >= 0, "padding", f"padding {p} is negative", "pytorch needs padding >= 0")
    if words.o is not None:
        require(words.q is None, "output_size", "output_size and output_padding exclude each other", "keep one of them")
        smallest = a.full - 2 * p
        q = words.o - smallest
        require(
            0 <= q <= a.s - 1,
            "output_size",
            f"output size {words.o} is out of reach",
            f"reachable are {smallest} to {smallest + a.s - 1}",
        )
        return p, p - q
    q = _output_padding(a, words)
    return p, p - q


def _tensorflow(a: Axis, words: _AxisWords) -> Pair:
    require(words.q is None, "output_padding", "tensorflow has no output_padding", "say output_size instead")
    if words.pads == "same":
        o = a.n * a.s if words.o is None else words.o
        require(a.n == -(-o // a.s), "output_size", *_unreachable(o, (a.n - 1) * a.s + 1, a.n * a.s))
        begin = max(a.full - o, 0) // 2
        return begin, a.full - begin - o
    if words.pads == "valid":
        o = a.full + max(a.s - a.extent, 0) if words.o is None else words.o
        require(
            a.n == -(-(o - a.extent + 1) // a.s) and o >= a.extent,
            "output_size",
            *_unreachable(o, a.full, a.full + a.s - 1),
        )
        return 0, a.full - o
    before, after = _explicit(words, "tensorflow")
    require(min(before, after) >= 0, "padding", f"padding ({before}, {after}) is negative", "use padding >= 0")
    smallest = a.full - before - after
    o = smallest if words.o is None else words.o
    require(
        a.n == (o + before + after - a.extent) // a.s + 1,
        "output_size",
        *_unreachable(o, max(smallest, 1), smallest + a.s - 1),
    )
    return before, a.full - before - o


def _unreachable(o: int, low: int, high: int) -> tuple[str, str]:
    return f"no convolution turns an output of {o} back into the input", f"reachable are {low} to {high}"


def _keras(a: Axis, words: _AxisWords) -> Pair:
    require(words.o is None, "output_size", "keras has no output_size", "say output_padding instead")
    require(isinstance(words.pads, str), "padding", "keras has no explicit padding", "write same or valid")
    if words.q is not None:
        require(
            0 <= words.q < a.s,
            "output_padding",
            f"output_padding {words.q} is not in [0, stride) = [0, {a.s})",
            "keras needs output_padding < strides on each axis",
        )
    if words.pads == "valid":
        q = max(a.extent, a.s) - a.extent if words.q is None else words.q
        return 0, -q
    require(words.pads == "same", "padding", f"keras has no padding called {words.pads!r}", "write same or valid")
    o = a.n * a.s if words.q is None else (a.n - 1) * a.s + a.extent % 2 + words.q
    begin = max(a.full - o, 0) // 2
    return begin, a.full - begin - o


def _onnx(a: Axis, words: _AxisWords) -> Pair:
    q = _output_padding(a, words)
    pads = (0, 0) if words.pads == "valid" else words.pads
    if not isinstance(pads, str):
        if words.o is None:
            require(min(pads) >= 0, "padding", f"padding {pads} is negative", "onnx needs pads >= 0")
            return pads[0], pads[1] - q
        require(pads == (0, 0), "padding", "onnx ignores pads when output_shape is given", "leave padding out")
    o = a.n * a.s if words.o is None else words.o
    total = a.full + q - o
    require(
        total >= 0,
        "output_size",
        f"output size {o} exceeds the full length {a.full + q}, where the specification is ambiguous",
        "list the admissible readings under expect.readings",
    )
    begin = total // 2 if words.pads == "same" else total - total // 2
    return begin, a.full - begin - o


def _jax(a: Axis, words: _AxisWords) -> Pair:
    require(words.q is None, "output_padding", "jax has no output_padding", "say it by explicit padding")
    require(words.o is None, "output_size", "jax has no output_size", "say it by explicit padding")
    if words.pads == "same":
        begin = max(a.extent - a.s, 0) // 2
        return begin, a.full - begin - a.n * a.s
    if words.pads == "valid":
        return 0, -max(a.s - a.extent, 0)
    low, high = _explicit(words, "jax")
    return a.extent - 1 - low, a.extent - 1 - high


def _canonical(a: Axis, words: _AxisWords) -> Pair:
    require(words.q is None, "output_padding", "canonical crops say everything", "subtract it from the crop at the end")
    begin, end = _explicit(words, "canonical")
    if words.o is not None:
        require(end == 0, "output_size", "output_size and a crop at the end exclude each other", "keep one of them")
        end = a.full - begin - words.o
    return begin, end


_FORMULAS: dict[Dialect, Callable[[Axis, _AxisWords], Pair]] = {
    "pytorch": _pytorch,
    "tensorflow": _tensorflow,
    "keras": _keras,
    "onnx": _onnx,
    "jax": _jax,
    "canonical": _canonical,
}
MOST_KEPT = 1000
"""Sizes below this have words that are kept."""
_DEFAULT_PADDING: dict[Dialect, Padding] = {"tensorflow": "same", "keras": "valid", "jax": "same"}
GROUPED_DIALECTS: frozenset[Dialect] = frozenset({"pytorch", "onnx", "canonical"})


def lower(case: Case) -> Geometry:
    """The canonical geometry of a legal case.

    Raises IllegalCaseError where the parameters break a rule of the case's dialect.
    """
    full = full_geometry(case)
    _check_dialect(case.dialect, full)
    return _with_words(case.dialect, full, case.words)


def geometry_of(case: Case) -> Geometry | None:
    """The same; None where the case is illegal or ambiguous and runs as it is written. The latest one is kept."""
    latest = _LATEST.get("geometry")
    if latest is None or latest[0] is not case:
        latest = _LATEST["geometry"] = (case, None if case.nominal else lower(case))
    return latest[1]


def crops_of(case: Case) -> Pads | None:
    """What a transposed convolution cuts off the full scatter: ``((top, bottom), (left, right))``, zeros if negative.

    It is the same for any dialect; None where the case is illegal or ambiguous, which only its own dialect can state.
    Raises IllegalCaseError where the case was made by hand and breaks a rule.
    """
    geometry = geometry_of(case)
    return None if geometry is None else geometry.crops


_LATEST: dict[str, tuple[Case, Geometry | None]] = {}


def _check_dialect(dialect: Dialect, full: Geometry) -> None:
    if dialect not in GROUPED_DIALECTS:
        require(full.groups == 1, "groups", f"{dialect} has no groups", "use dialect pytorch, onnx or canonical")
    if dialect == "keras":
        reason = keras_dilation_limit(full)
        require(not reason, "dilations", reason, "use dialect tensorflow or canonical")


def keras_dilation_limit(geometry: Geometry) -> str:
    """Why the Keras layer cannot say these dilations, or nothing.

    Source: the description of ``dilation_rate`` in keras.layers.Conv2DTranspose.
    """
    strides, dilations = ({getattr(axis, word) for axis in geometry.axes} for word in "sd")
    if max(strides) > 1 and max(dilations) > 1:
        return "Keras documents strides > 1 together with dilation_rate > 1 as incompatible"
    if len(dilations) > 1:
        return "Keras documents different dilation rates per axis as unsupported"
    return ""


def _with_words(dialect: Dialect, full: Geometry, words: Words) -> Geometry:
    geometry = full.with_crops(_crops(dialect, full.axes, words))
    for axis in geometry.axes:
        # of no input there may be no output
        possible = axis.out >= min(axis.n, 1)
        require(possible, "padding", f"the output would have {axis.out} elements along an axis", "crop less")
    return geometry


@lru_cache(maxsize=4096)
def _kept_words(dialect: Dialect, axes: tuple[Axis, ...]) -> tuple[Words, ...]:
    """Channels do not matter, so the cases of a sweep and the variants of a framework share what is found once."""
    return tuple(_words_for(dialect, axes))


def _words_for(dialect: Dialect, axes: tuple[Axis, ...]) -> Iterator[Words]:
    full, crops = tuple(axis.cropped(0, 0) for axis in axes), tuple((axis.begin, axis.end) for axis in axes)

    def means_it(words: Words) -> bool:
        try:
            return _crops(dialect, full, words) == crops
        except IllegalCaseError:
            return False

    return filter(means_it, _candidates(dialect, axes))


def _crops(dialect: Dialect, full: tuple[Axis, ...], words: Words) -> Pads:
    nothing = tuple((axis.begin, axis.end) for axis in full)
    padding: Padding = _DEFAULT_PADDING.get(dialect, nothing) if words.padding is None else words.padding
    crops = []
    for index, axis in enumerate(full):
        one = _AxisWords(
            padding if isinstance(padding, str) else padding[index],
            None if words.output_padding is None else words.output_padding[index],
            None if words.output_size is None else words.output_size[index],
        )
        crops.append(_FORMULAS[dialect](axis, one))
    return tuple(crops)


def lift(dialect: Dialect, geometry: Geometry) -> Iterator[Words]:
    """The words of ``dialect`` that mean exactly the legal ``geometry``, simplest first.

    Knows the dialects that adapters speak: pytorch, tensorflow and keras.
    """
    axes = geometry.axes
    # other numbers may equal these integers, and of many there are too many words
    plain = all(type(size) is int and -MOST_KEPT < size < MOST_KEPT for axis in axes for size in axis.sizes)
    return iter(_kept_words(dialect, axes)) if plain else _words_for(dialect, axes)


def lower_words(dialect: Dialect, geometry: Geometry, words: Words) -> Geometry:
    """``geometry`` with the crops that ``words`` mean in ``dialect``; groups do not matter here."""
    return _with_words(dialect, geometry.uncropped, words)


def _candidates(dialect: Dialect, axes: tuple[Axis, ...]) -> Iterator[Words]:
    if dialect == "pytorch":
        pads: Pads = tuple((axis.begin, axis.begin) for axis in axes)
        yield Words(pads, output_padding=tuple(axis.begin - axis.end for axis in axes))
    elif dialect == "tensorflow":
        # the padding after may be anything that the output size allows; zero where the crop is negative
        explicit: Pads = tuple((axis.begin, max(axis.end, 0)) for axis in axes)
        for padding in ("same", "valid", explicit):
            yield Words(padding, output_size=tuple(axis.out for axis in axes))
    elif dialect == "keras":
        paddings: tuple[PaddingName, ...] = ("same", "valid")
        yield from map(Words, paddings)
        for padding in paddings:
            fitting = (_keras_output_paddings(axis, padding) for axis in axes)
            for output_padding in itertools.product(*fitting):
                yield Words(padding, output_padding=output_padding)


def _keras_output_paddings(axis: Axis, padding: PaddingName) -> list[int]:
    """The ``output_padding`` that give the crops of ``axis``; the axes do not depend on each other."""
    full = axis.cropped(0, 0)
    return [q for q in range(axis.s) if _keras(full, _AxisWords(padding, q, None)) == (axis.begin, axis.end)]
