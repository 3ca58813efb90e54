"""Tensors in files beside a suite: what is read, and what is refused and why."""

import io
import re
import zipfile
from typing import Any

import numpy as np
import pytest
from pydantic_core import PydanticCustomError

from harness.core.array_files import LARGEST, read_array
from harness.core.dtypes import DTYPES


def header(dtype, shape):
    """That of an .npy file, without numbers."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "suites"
    inner.mkdir()
    np.save(tmp_path / "outside.npy", np.ones(3))
    (inner / "link.npy").symlink_to(tmp_path / "outside.npy")
    (inner / "loop.npy").symlink_to(inner / "loop.npy")
    (inner / "folder.npy").mkdir()
    np.savez_compressed(inner / "data.npz", x=np.array([[1, 2.5]], np.float16), zeros=np.zeros(LARGEST + 1, np.int8))
    np.save(inner / "objects.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    np.save(inner / "complex.npy", np.ones(2, np.complex64))
    np.save(inner / "long.npy", np.ones(2, np.longdouble))
    np.save(inner / "bool.npy", np.ones(2, bool))
    np.save(inner / "text.npy", np.array(["a"]))
    np.save(inner / "empty.npy", np.ones((9, 0)))
    (inner / "many-nothings.npy").write_bytes(header("<f4", (10**12, 0)))
    (inner / "claims.npy").write_bytes(header("<f8", (10**14,)) + bytes(80))
    (inner / "cut.npy").write_bytes(header("<f8", (10,)) + bytes(8))
    (inner / "header.npy").write_bytes(b"\x93NUMPY\x01\x00\x10\x00" + b"{{{{{{{{{{{{{{{\n")
    (inner / "large.npy").write_bytes(header("<f8", (2,)) + bytes(LARGEST))
    (inner / "nothing.npz").write_bytes(b"")
    (inner / "broken.json").write_text("[1, 2")
    (inner / "deep.json").write_text("[" * 100_000)
    (inner / "long-number.json").write_text("1" * 10_000)
    (inner / "beyond.json").write_text("[1e999]")
    (inner / "latin.json").write_bytes(b'["\xe9"]')
    return inner


def refusal(folder, name, key=None):
    with pytest.raises(PydanticCustomError) as caught:
        read_array(folder, name, key)
    assert caught.value.context
    return caught.value.message(), caught.value.context["hint"]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint8", "uint64", ">i4", ">f8"])
def test_arrays_come_number_for_number(tmp_path, dtype):
    array = np.array([[0, 1, 2], [3, 100, 7]], dtype=dtype)
    np.save(tmp_path / "x.npy", np.asfortranarray(array))
    assert read_array(tmp_path, "x.npy", None) == (array.tolist(), array.dtype.name)
    np.savez(tmp_path / "x.npz", one=array, other=array + 1)
    assert read_array(tmp_path, "x.npz", "other") == ((array + 1).tolist(), array.dtype.name)


def test_json_keeps_its_digits_and_says_no_dtype(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "x.json").write_text("[[1, 1.50], [NaN, -Infinity]]")
    values: Any
    values, dtype = read_array(tmp_path, "inner/../inner/x.json", None)
    (first, second), (third, fourth) = values
    assert (first, second, fourth, dtype) == (1, 1.5, -np.inf, "")
    assert isinstance(first, int)
    assert second.unit == 0.01
    assert np.isnan(third)


@pytest.mark.parametrize("name", ["../outside.npy", "link.npy", "x/../../outside.npy", "/etc/passwd.npy"])
def test_what_lies_outside_of_the_folder_is_not_read(folder, name):
    message, hint = refusal(folder, name)
    assert message == f"file {name!r}: it lies outside of the folder of the suite"
    assert hint == "copy it there, and name it from there"


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("none.npy", None, "there is no such file"),
        ("folder.npy", None, "there is no such file"),
        ("loop.npy", None, "cannot be read|no such file"),
        ("a\0b.npy", None, "cannot be read: embedded null byte"),
        ("x" * 300 + ".npy", None, "cannot be read: File name too long"),
        ("data.txt", None, "expected .npy, .npz or .json"),
        ("data.npz", None, "a key names an array of .npz"),
        ("empty.npy", "x", "a key names an array of .npz"),
        ("data.npz", "y", "it has no array 'y'"),
        ("data.npz", "zeros", "larger than 8 MiB"),
        ("large.npy", None, "larger than 8 MiB"),
        ("objects.npy", None, "cannot be read: ValueError: Object arrays"),
        ("complex.npy", None, "it holds complex64"),
        ("long.npy", None, "it holds (longdouble|float128|float96)"),
        ("bool.npy", None, "it holds bool"),
        ("text.npy", None, "it holds str32"),
        ("empty.npy", None, r"it holds no number, in the shape \[9, 0\]"),
        ("many-nothings.npy", None, "it holds no number"),
        ("claims.npy", None, "cannot be read: "),
        ("cut.npy", None, "cannot be read: ValueError"),
        ("header.npy", None, "cannot be read: "),
        ("nothing.npz", "x", "cannot be read: BadZipFile"),
        ("broken.json", None, "cannot be read: JSONDecodeError"),
        ("deep.json", None, "cannot be read: RecursionError"),
        ("long-number.json", None, "cannot be read: ValueError"),
        ("beyond.json", None, "beyond any float"),
        ("latin.json", None, "cannot be read: UnicodeDecodeError"),
    ],
)
def test_everything_else_is_refused_in_one_line(folder, name, key, words):
    message, hint = refusal(folder, name, key)
    assert hint
    assert "\n" not in message
    assert re.search(words, message), message


def test_a_key_that_is_nearly_right_is_hinted_at(folder):
    assert refusal(folder, "data.npz", "zero") == ("file 'data.npz': it has no array 'zero'", "did you mean zeros?")
    assert refusal(folder, "data.npz", "k")[1] == "it holds x, zeros"


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header("|i1", (LARGEST,)) + bytes(LARGEST))
    content = stream.getvalue().replace((LARGEST + 128).to_bytes(4, "little"), (200).to_bytes(4, "little"))
    (tmp_path / "x.npz").write_bytes(content)
    assert "cannot be read" in refusal(tmp_path, "x.npz", "x")[0]


def test_a_dtype_holds_what_none_of_its_numbers_is_lost_of():
    stored = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)] + [
        "float16",
        "float32",
        "float64",
    ]
    held = {name: {one for one in stored if dtype.holds(one)} for name, dtype in DTYPES.items()}
    small = {"int8", "uint8"}
    assert held["float16"] == {*small, "float16"}
    assert held["bfloat16"] == small
    assert held["float32"] == {*small, "int16", "uint16", "float16", "float32"} == held["complex64"]
    assert held["float64"] == set(stored) - {"int64", "uint64"} == held["complex128"]
    assert held["int64"] == set(stored[:7])
    assert held["int32"] == {*small, "int16", "uint16", "int32"}
    assert (held["int8"], held["uint8"]) == ({"int8"}, {"uint8"})
