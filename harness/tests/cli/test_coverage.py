from __future__ import annotations

from harness.__main__ import main


def test_counts_and_the_first_missing_triples_are_printed(folder, capsys):
    assert main(["coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["levels", "16", "of", "29"]
    assert lines[2].startswith("triples ")
    assert lines[3].startswith("  missing: ")
    assert "more; --fill prints cases for them" in lines[-1]


def test_what_is_filled_in_completes_the_folder(folder, capsys):
    assert main(["coverage", "--fill"]) == 0
    (folder / "cases" / "covering.yaml").write_text(capsys.readouterr().out)
    assert main(["coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] == line.split()[3] for line in lines] == [True] * 3
    assert main(["lint"]) == 0
