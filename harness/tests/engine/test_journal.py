"""A journal has every line that was appended, whatever ends the process, and a full disk ends the journal alone."""

from __future__ import annotations

import errno
import json
import os
import time

import pytest

from harness.engine.journal import Journal

HEADER = {"header": 1}


@pytest.fixture
def said():
    return []


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out" / "partial.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_a_line_is_in_the_file_as_soon_as_it_is_appended(path, said):
    journal = Journal(path, HEADER, said.append)
    assert not path.parent.exists(), "nothing is begun without a line"
    for number in range(3):
        journal.append({"n": number})
        assert lines(path) == [HEADER, *({"n": found} for found in range(number + 1))]
    journal.close()
    assert journal.begun
    assert journal.whole
    assert not said


def test_an_earlier_file_gives_way_to_the_first_line(path, said):
    path.parent.mkdir()
    path.write_text("earlier\n" * 100)
    journal = Journal(path, HEADER, said.append)
    journal.close()
    assert path.read_text().startswith("earlier")
    journal = Journal(path, HEADER, said.append)
    journal.append({})
    journal.close()
    assert lines(path) == [HEADER, {}]


def test_a_journal_goes_on_behind_what_is_good(path, said):
    path.parent.mkdir()
    path.write_text('{"header": 1}\n{"torn": ')
    journal = Journal(path, HEADER, said.append, len('{"header": 1}\n'))
    journal.append({"n": 1})
    journal.close()
    assert lines(path) == [HEADER, {"n": 1}]


def full(monkeypatch, after):
    """The disk takes ``after`` more bytes."""
    write, left = os.write, [after]

    def limited(descriptor, data):
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = write(descriptor, data[: left[0]])
        left[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", limited)


@pytest.mark.parametrize("space", [0, 5, 13, 14, 20])
def test_a_full_disk_ends_the_journal_with_one_message_and_a_whole_line(path, said, monkeypatch, space):
    journal = Journal(path, HEADER, said.append)
    full(monkeypatch, space)
    for number in range(5):
        journal.append({"number": number})
    journal.close()
    monkeypatch.undo()
    assert len(said) == 1
    assert "No space left on device; the run goes on, but what follows is not kept" in said[0]
    assert not journal.whole
    assert journal.begun == (space >= 13)
    assert lines(path) == ([HEADER] if journal.begun else [])


def test_a_disk_that_cannot_keep_what_it_took_is_noticed(path, said, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    journal = Journal(path, HEADER, said.append)
    journal.append({})
    journal.close()
    journal.append({})
    assert len(said) == 1
    assert "Input/output error" in said[0]
    assert lines(path) == [HEADER, {}]


def test_lines_are_brought_to_the_disk_in_groups(path, said, monkeypatch):
    fsync, times = os.fsync, []

    def counted(descriptor):
        times.append(time.monotonic())
        fsync(descriptor)

    monkeypatch.setattr("harness.engine.journal.SYNC", 0.1)
    monkeypatch.setattr(os, "fsync", counted)
    journal = Journal(path, HEADER, said.append)
    begin = time.monotonic()
    while time.monotonic() < begin + 0.35:
        journal.append({"n": 1})
    journal.close()
    assert 2 <= len(times) <= 6, "now and then, and once at the end"
    assert len(lines(path)) > 20


def test_two_runs_do_not_write_one_file(path, said):
    first, second = Journal(path, HEADER, said.append), Journal(path, {"other": 1}, said.append)
    first.append({"n": 1})
    second.append({"n": 2})
    first.append({"n": 3})
    assert len(said) == 1
    assert "another run writes it" in said[0]
    first.close()
    second.close()
    assert lines(path) == [HEADER, {"n": 1}, {"n": 3}]


def test_nothing_is_written_after_the_end(path, said):
    journal = Journal(path, HEADER, said.append)
    journal.append({})
    journal.close()
    journal.append({"late": 1})
    assert lines(path) == [HEADER, {}]
    assert not said
