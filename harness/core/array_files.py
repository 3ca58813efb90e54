"""Tensors in files beside a suite: ``.npy``, an array of ``.npz``, or nested lists in ``.json``; no pickles."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from pydantic_core import PydanticCustomError

from harness.core.case import Nested, WrittenFloat
from harness.core.errors import near_name

LARGEST = 8 << 20
"""Bytes of a file, and of the array in it."""
_WIDEST = 8
"""Bytes of a number that Python has a type for."""


def read_array(folder: Path, name: str, key: str | None) -> tuple[Nested, str]:
    """The numbers of the file ``name`` below ``folder``, and their dtype, "" of JSON.

    ``key`` is the array's name in ``.npz``. Raises PydanticCustomError where the file is not there, lies elsewhere,
    is too large or holds anything else.
    """
    content = _read(folder, name)
    suffix = Path(name).suffix
    if (suffix == ".npz") != (key is not None):
        raise _wrong(name, "a key names an array of .npz, and of nothing else", "for example {file: data.npz, key: x}")
    try:
        if suffix == ".json":
            return json.loads(content, parse_float=WrittenFloat), ""
        return _numbers(name, content if key is None else _member(name, content, key))
    except PydanticCustomError:
        raise
    except Exception as error:
        message = f"cannot be read: {type(error).__name__}: {str(error).splitlines()[0][:100] if str(error) else ''}"
        raise _wrong(name, message.removesuffix(": "), "write it anew: numbers alone, no objects") from None


def _wrong(name: str, message: str, hint: str) -> PydanticCustomError:
    # what stands in braces would be looked up by the validation library
    text = f"file {name[:100]!r}: {message}".replace("{", "(").replace("}", ")")
    return PydanticCustomError("file", text, {"hint": hint})


def _read(folder: Path, name: str) -> bytes:
    hint = "it is looked for in the folder of the suite"
    if Path(name).suffix not in {".npy", ".npz", ".json"}:
        raise _wrong(name, "expected .npy, .npz or .json", "for example data.npz")
    try:
        path = (folder / name).resolve()
        if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
            raise _wrong(name, "it lies outside of the folder of the suite", "copy it there, and name it from there")
        if not path.is_file():
            raise _wrong(name, "there is no such file", hint)
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except PydanticCustomError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise _wrong(name, f"cannot be read: {getattr(error, 'strerror', None) or error}", hint) from None
    _check_size(name, len(content))
    return content


def _check_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise _wrong(name, f"larger than {LARGEST >> 20} MiB", "data are drawn where no values are given")


def _member(name: str, content: bytes, key: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {one.removesuffix(".npy"): one for one in archive.namelist()}
        if key not in held:
            known = f"it holds {', '.join(sorted(held))[:100]}"
            raise _wrong(name, f"it has no array {key[:100]!r}", near_name(key, held, known))
        _check_size(name, archive.getinfo(held[key]).file_size)
        return archive.read(held[key])


def _numbers(name: str, content: bytes) -> tuple[Nested, str]:
    import numpy as np

    array = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > _WIDEST:
        raise _wrong(name, f"it holds {array.dtype.name}", "expected integers or floating point numbers")
    if array.size == 0:
        raise _wrong(name, f"it holds no number, in the shape {list(array.shape)}", "write at least one")
    nested: Nested = array.tolist()
    return nested, array.dtype.name
