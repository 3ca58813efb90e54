from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.errors import BadInputError
from harness.core.files import write_atomically


def test_text_is_written_whole_and_folders_are_made(tmp_path):
    write_atomically(tmp_path / "new" / "file.txt", "naïve\n")
    assert (tmp_path / "new" / "file.txt").read_bytes() == "naïve\n".encode()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file.txt"]


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def refuse(self, target):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(BadInputError, match="cannot be written: no space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.txt"]
