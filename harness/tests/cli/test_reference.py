"""The page about the commands."""

import pytest

from harness.cli import COMMANDS, reference


def test_the_page_is_what_the_command_line_itself_knows():
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run python -m harness.cli.reference"


def test_the_page_has_every_command_and_option():
    text = reference.page()
    assert all(f"## harness {name}\n" in text for name in COMMANDS)
    assert "- `-k EXPR`: Only names that match: words, and, or, not, ( ).\n" in text
    assert "    harness show [OPTIONS] FILE::ID\n" in text


@pytest.mark.parametrize(("options", "code", "kept"), [([], 0, False), (["--check"], 1, True)])
def test_a_page_that_is_not_up_to_date_is_written_or_found(options, code, kept, tmp_path, monkeypatch, capsys):
    page = tmp_path / "commands.md"
    page.write_text("old")
    monkeypatch.setattr(reference, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["reference", *options])
    assert reference.main() == code
    assert (page.read_text(encoding="utf-8") == "old") is kept
    assert ("is not up to date" in capsys.readouterr().out) is kept
    monkeypatch.setattr("sys.argv", ["reference", "--check"])
    assert reference.main() == int(kept)
