"""``harness run``: cases, frameworks, verdicts, reports."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from harness.cli.options import adapter_option, paths_argument
from harness.core.files import DEFAULT_REPORTS, holds_report
from harness.core.limits import LEAST_SECONDS, MOST_SECONDS


@click.command()
@paths_argument
@adapter_option("An adapter's name or module:Class; may be repeated.")
@click.option("-k", "expression", default="", metavar="EXPR", help="Only names that match: words, and, or, not, ( ).")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    help="Worker processes at once (default: as many as processors).",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write reports (default: reports for a whole run, nowhere for a part of it).",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(LEAST_SECONDS, MOST_SECONDS),
    default=60.0,
    show_default=True,
    help="Seconds per call.",
)
@click.option(
    "--runs", type=click.IntRange(min=1), default=2, show_default=True, help="Runs of a call that must agree."
)
@click.option("--github-summary", metavar="FILE", help="Append a summary in Markdown to FILE ($GITHUB_STEP_SUMMARY).")
@click.option("--github-annotations", is_flag=True, help="Print what fails as GitHub's annotations of the suites.")
@click.option("--baseline", metavar="OLD", help="Fail on what is worse than this report only; see `harness diff`.")
@click.option(
    "--known",
    "lists",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A list of known divergences beside the shipped one; may be repeated.",
)
@click.option("--resume", is_flag=True, help="Go on from the partial report of an interrupted run.")
@click.option("-v", "--verbose", is_flag=True, help="Show each failure, not each cause once.")
def command(
    paths: tuple[str, ...],
    adapters: tuple[str, ...],
    expression: str,
    jobs: int | None,
    report_dir: Path | None,
    time_limit: float,
    runs: int,
    github_summary: str | None,
    baseline: str | None,
    lists: tuple[Path, ...],
    *,
    github_annotations: bool,
    resume: bool,
    verbose: bool,
) -> int:
    """Run the cases in PATHS (files, folders or FILE::ID; default: all shipped ones) and judge every framework.

    A case that cannot be used does not stop the others; the run then fails at the end, and no report is written over.
    """
    from harness.cli.baseline import fails
    from harness.cli.github import append_summary, publish
    from harness.cli.progress import RunTicker, announced, kept, note, print_problems, print_result, write_or_keep
    from harness.core.errors import BadInputError, Problem
    from harness.engine.interrupts import interruptible
    from harness.engine.lane import Settings
    from harness.engine.resume import Progress, discard_partial
    from harness.engine.session import run_session
    from harness.reports.stored import load_report
    from harness.reports.view import View
    from harness.suites.selection import select_good

    before = None if baseline is None else load_report(baseline)
    with announced("reading the cases"):
        selection = select_good(paths, expression)
    print_problems(selection.problems)
    folder = report_dir or (DEFAULT_REPORTS if selection.whole and not adapters else None)
    if resume and folder is None:
        raise BadInputError(Problem("--resume", 0, 0, "", "a part of a run keeps nothing", "name its --report-dir"))
    if github_summary is not None:
        append_summary(github_summary)
    settings, under_way = Settings(runs=runs, answer_limit=time_limit), Progress(folder, note)
    with interruptible():
        with kept(under_way):
            part = folder if resume else None
            with closing(RunTicker(verbose=verbose)) as bar:
                session = run_session(selection, adapters, settings, jobs, bar, under_way, part, print_problems, lists)
            view = View(session.report)
            # a part of a run takes the place of no report
            free = not session.problems or (report_dir is not None and not holds_report(report_dir))
            written = write_or_keep(folder, session, view, under_way) if folder and free and not session.idle else []
        if folder and written:
            discard_partial(folder)
    print_result(session, view, written, under_way, verbose=verbose)
    publish(session, view, selection, before, github_summary, annotate=github_annotations)
    failing = fails(view, baseline, before)
    if session.problems:
        raise BadInputError(*session.problems)
    return 1 if session.idle or failing else 0
