"""Answers that are held back are found in order, once, and whole."""

from __future__ import annotations

import errno
import struct

import pytest

from harness.engine.held_back import CAPACITY, HeldBack


@pytest.fixture
def both():
    """What the process writes, and the same file as the harness reads it."""
    reader = HeldBack.make()
    yield HeldBack(reader.path), reader
    reader.remove()


def test_what_was_not_sent_is_found_in_order(both):
    writer, reader = both
    assert reader.after(0) == []
    assert writer.add(b"first")
    assert writer.add(b"")
    assert reader.after(0) == [b"first", b""]
    writer.sent(2)
    assert reader.after(2) == []
    assert writer.add(b"third")
    assert reader.after(2) == [b"third"]


def test_what_came_before_its_sending_was_noted_is_not_found_again(both):
    writer, reader = both
    for answer in (b"first", b"second", b"third"):
        assert writer.add(answer)
    assert reader.after(2) == [b"third"]
    assert reader.after(3) == []


def test_what_has_no_place_is_not_held(both):
    writer, reader = both
    assert writer.add(bytes(CAPACITY - 8))
    assert not writer.add(b"x")
    assert [len(answer) for answer in reader.after(0)] == [CAPACITY - 8]


def test_without_place_on_the_disk_nothing_is_held(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("harness.engine.held_back._reserve", full)
    held = HeldBack.make()
    assert not held.add(b"x")
    held.sent(1)
    assert held.after(0) == held.after(1) == []
    held.remove()


@pytest.mark.parametrize("length", [-1, -8, CAPACITY + 1, 1 << 62])
def test_a_length_that_was_overwritten_ends_what_is_read(both, length):
    writer, reader = both
    assert writer.add(b"first")
    assert writer.add(b"second")
    struct.pack_into("=q", writer._shared, 16 + 8 + len(b"first"), length)
    assert reader.after(0) == [b"first"]


@pytest.mark.parametrize("end", [-1, 1 << 62])
def test_an_end_that_was_overwritten_gives_nothing(both, end):
    writer, reader = both
    assert writer.add(b"first")
    struct.pack_into("=q", writer._shared, 8, end)
    assert reader.after(0) == []
