from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.cli.baseline import MOST_SHOWN, fails
from harness.core.results import AdapterInfo, Verdict
from harness.reports.comparison import Stored
from harness.reports.view import View
from harness.tests.browser.pages import report_of, row, with_dtypes
from harness.tests.cli.test_run import HONEST, KNOWN, ROTATED, mutant_name

WORSE_IN_ONE = "mutant:BiasMissing"
"""Of the cases of the folder one alone has a bias."""


def report(adapter, folder, *arguments, name=None):
    """Write a report of ``adapter``, as if it were the adapter called ``name``."""
    main(["run", "-a", adapter, "--report-dir", folder, *arguments])
    if name:
        path = Path(folder, "conformance.json")
        path.write_text(path.read_text().replace(f'"{adapter.partition(":")[2].lower()}"', f'"{name}"'))


def run(capsys, *arguments):
    capsys.readouterr()
    code = main(["run", *arguments])
    return code, capsys.readouterr().out.partition("\nbaseline ")[2]


def test_what_became_worse_fails_and_is_named_alone(folder, capsys):
    report(HONEST, "old", name="biasmissing")
    assert run(capsys, "-a", WORSE_IN_ONE, "--baseline", "old") == (
        1,
        "old: 1 worse\n  small/plain on biasmissing: exact -> diverges\n",
    )


def test_gradients_that_are_gone_fail(folder, capsys):
    report("harness.tests.differentiating:Differentiating", "old", name="honest")
    code, printed = run(capsys, "-a", HONEST, "--baseline", "old")
    assert code == 1
    assert printed.startswith(
        "old: 15 worse\n"
        "  small/plain on honest (input_grad, kernel_grad, bias_grad): exact -> gone\n"
        "  small/sizes[strides=1,padding=0] on honest (input_grad, kernel_grad): exact -> gone\n"
    )
    assert "not in this run" not in printed
    assert run(capsys, "-a", HONEST, "-k", "plain", "--baseline", "old")[1].endswith(
        ": exact -> gone\nnot in this run: 19 rows of the baseline\n"
    )


@pytest.mark.parametrize(
    ("old", "named", "printed"),
    [
        (row("s/a", "keras", Verdict.EXACT), True, "1 worse\n  s/a on keras: exact -> gone\n"),
        (row("s/a", "keras", Verdict.KNOWN), True, "1 worse\n  s/a on keras: known -> gone\n"),
        (row("s/a", "keras", Verdict.EXACT), False, "nothing worse\nnot in this run: 1 row of the baseline\n"),
        (row("s/a", "keras", Verdict.DIVERGES), True, "nothing worse\nnot in this run: 1 row of the baseline\n"),
        (row("s/a", "other", Verdict.EXACT), True, "nothing worse\nnot in this run: 1 row of the baseline\n"),
        (row("s/c", "keras", Verdict.EXACT), True, "nothing worse\nnot in this run: 1 row of the baseline\n"),
        (row("s/b", "keras", Verdict.EXACT, output="bias_grad"), True, "nothing worse\nnot in this run: 1 row of "),
        (
            row("s/b", "keras", Verdict.EXACT, output="input_grad"),
            False,
            "1 worse\n  s/b on keras (input_grad): exact ",
        ),
    ],
)
def test_what_is_gone_fails_where_the_run_requests_it(old, named, printed, capsys):
    rows = [row("s/b", "keras", Verdict.EXACT), row("s/a", "pytorch", Verdict.EXACT)]
    current = with_dtypes(report_of(rows), lambda _: "float32", ("output", "input_grad"))
    adapters = tuple(replace(one, requested_by_name=named) for one in current.adapters)
    worse = fails(View(replace(current, adapters=adapters)), "old", Stored.of_report(report_of([*rows, old])))
    assert capsys.readouterr().out.startswith(f"\nbaseline old: {printed}")
    assert worse is not printed.startswith("nothing")


def test_what_failed_before_is_said_and_does_not_fail(folder, capsys):
    report(ROTATED, "old")
    code, said = run(capsys, "-a", ROTATED, "--baseline", "old/conformance.json")
    assert code == 0
    assert said.startswith("old/conformance.json: nothing worse\nnot worse, but failing: 7\n")
    assert said.count(": diverges, as before\n") == 7
    code, said = run(capsys, "-a", ROTATED, "-a", WORSE_IN_ONE, "-k", "plain", "--baseline", "old")
    assert code == 0
    assert "small/plain on biasmissing: diverges, new: diverges\n" in said


def test_a_baseline_without_any_of_the_checks_lets_nothing_pass(folder, capsys):
    report(HONEST, "old")
    assert run(capsys, "-a", ROTATED, "--baseline", "old") == (
        1,
        "old: has none of these checks, so every failure counts\n",
    )


def test_a_bad_baseline_is_exit_2_before_anything_runs(folder, capsys):
    assert main(["run", "-a", HONEST, "--baseline", "nowhere"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("nowhere: cannot be read")


def write_list(versions, name="cases/known_divergences.yaml"):
    text = KNOWN.format(cases="small/*").replace("kernelrotated", mutant_name())
    Path(name).write_text(text.replace(">=1", versions))


def test_no_listed_divergence_fails_at_another_version(folder, capsys):
    write_list(">=1")
    report(ROTATED, "old", "-k", "plain")
    for versions in ("<1", ">=99"):  # this one is later, or earlier, than what is listed
        write_list(versions)
        code, said = run(capsys, "-a", ROTATED, "-k", "plain", "--baseline", "old")
        assert code == 0
        assert said.startswith("old: nothing worse\n")
    assert "small/plain on kernelrotated: diverges, other verdict: known (diverges) -> diverges" in said


def test_a_newly_listed_divergence_does_not_fail(folder, capsys):
    report(HONEST, "old", name=mutant_name())
    write_list(">=1")
    assert run(capsys, "-a", ROTATED, "-k", "plain", "--baseline", "old") == (
        0,
        "old: nothing worse\nnot in this run: 7 rows of the baseline\n",
    )


def test_another_fault_in_the_place_of_a_listed_one_fails(folder, capsys):
    write_list(">=1")
    report(ROTATED, "old", "-k", "plain")
    path = Path("old", "conformance.json")
    path.write_text(path.read_text().replace("kernelrotated", "biasmissing"))
    code, said = run(capsys, "-a", WORSE_IN_ONE, "-k", "plain", "--baseline", "old")
    assert code == 1
    assert "known (diverges) -> diverges" in said


@pytest.mark.parametrize(
    ("verdict", "named", "failing"),
    [
        (Verdict.UNAVAILABLE, False, False),
        (Verdict.UNAVAILABLE, True, True),
        (Verdict.BROKEN, False, True),
        (Verdict.INEXPRESSIBLE, False, True),
        (Verdict.KNOWN, True, False),
    ],
)
def test_what_was_not_run_fails_as_it_does_without_a_baseline_and_where_it_became_inexpressible(
    verdict, named, failing
):
    adapters = (AdapterInfo("keras", "keras", {}, requested_by_name=named),)
    view = View(replace(report_of([row("s/a", "keras", verdict)]), adapters=adapters))
    assert fails(view, "old", Stored.of_report(report_of([row("s/a", "keras", Verdict.EXACT)]))) is failing


def test_long_lists_are_cut(capsys):
    rows = [row(f"s/{number:03}", "keras", Verdict.EXACT) for number in range(MOST_SHOWN + 3)]
    view = View(report_of([replace(one, verdict=Verdict.BROKEN, observed=Verdict.BROKEN) for one in rows]))
    assert fails(view, "old", Stored.of_report(report_of(rows)))
    assert capsys.readouterr().out.endswith(f"s/{MOST_SHOWN - 1:03} on keras: exact -> broken\n  and 3 more\n")
