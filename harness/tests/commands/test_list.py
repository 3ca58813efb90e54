from __future__ import annotations

from harness.__main__ import main


def test_names_go_to_standard_output_and_the_count_does_not(folder, capsys):
    assert main(["list"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[:3] == [
        "small/plain",
        "small/too-much-padding-added",
        "small/sizes[strides=1,padding=0]",
    ]
    assert captured.err == "8 cases\n"


def test_about_says_what_a_case_is_for(folder, capsys):
    main(["list", "-k", "plain", "--about"])
    assert capsys.readouterr().out == "small/plain\tthe plain thing\n"
