"""``harness fuzz --sound``: how near to the bound conforming frameworks come, and that none is judged to diverge."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from harness.adapters import Chosen
from harness.cli.fuzz import explained, problem_of_end, show
from harness.core.errors import BadInputError, Problem
from harness.core.results import Verdict
from harness.engine.pool import LANES, POLL
from harness.quality.fuzzing.search import AdapterClient
from harness.quality.fuzzing.soundness import COMPARED, Soundness, check_soundness
from harness.quality.fuzzing.strategies import real_dtypes
from harness.reports.text_table import table
from harness.suites.known_divergences import KnownDivergences

HEAD = (
    *("adapter", "dtype", "arrays", "largest error/bound", "largest |z|", "mean z²/limit", "Σ z·sign(y)/√N"),
    *("inconclusive", "rejected"),
)


def compare(
    chosen: Sequence[Chosen], total: int, seed: int, out: Path, withheld: KnownDivergences, *, from_scratch: bool
) -> int:
    """Compare ``total`` arrays in all, print the figures, write what fails; 1 where anything fails unexplained.

    Each adapter has one array at least, so that there may be more of them than ``total``.

    Raises BadInputError for an adapter that computes in no type of real numbers, and in the end for one that was
    chosen by name and cannot be run.
    """
    for adapter in (one.adapter for one in chosen if not real_dtypes(one.adapter.dtypes)):
        message = f"computes in {', '.join(adapter.dtypes) or 'nothing'}, and --sound draws real numbers"
        raise BadInputError(Problem("-a", 0, 0, adapter.name, message, "leave it out, or --sound"))
    total = max(total, len(chosen))
    with ExitStack() as stack:
        bar = stack.enter_context(tqdm(total=total, unit="array", dynamic_ncols=True, leave=False, disable=None))
        clients = [stack.enter_context(AdapterClient(one, _counted(bar), withheld)) for one in chosen]
        found = _side_by_side(clients, _shares(total, len(clients)), seed, from_scratch=from_scratch)
        bar.close()
        click.echo("\n".join(lines_of(found)))
        number, problems = 0, list[Problem]()
        for client, one in zip(clients, found, strict=True):
            problems += problem_of_end(client, alone=not one.times)
            for kind in one.unexplained.values():
                number += 1
                show(kind, client, number, seed, out)
    compared = sum(one.compared for one in found)
    kinds = f"{number} kinds of failure" if number else "nothing wrong found"
    alone = sum(one.by_test_alone for one in found)
    if number or not problems:
        click.echo(f"{compared} arrays compared: {kinds}; {alone} diverge by the test of whole arrays alone")
    if problems:
        raise BadInputError(*problems)
    return 1 if number or compared < total else 0


def _counted(bar: Any) -> Callable[[Verdict], object]:
    def passed(verdict: Verdict) -> None:
        if verdict in COMPARED:
            bar.update()

    return passed


def _shares(total: int, count: int) -> list[int]:
    """``total`` in ``count`` parts, as equal as they can be."""
    return [total // count + (place < total % count) for place in range(count)]


def _side_by_side(
    clients: Sequence[AdapterClient], shares: Sequence[int], seed: int, *, from_scratch: bool
) -> list[Soundness]:
    """One thread for each adapter: most of the time passes in their processes."""
    stop = threading.Event()

    def check(client: AdapterClient, share: int) -> Soundness:
        kinds = frozenset() if from_scratch else explained(client)
        return check_soundness(client, share, seed, kinds, stop)

    with ThreadPoolExecutor(max(len(clients), 1), thread_name_prefix=LANES) as pool:
        futures: list[Future[Soundness]] = [
            pool.submit(check, client, share) for client, share in zip(clients, shares, strict=True)
        ]
        try:
            while wait(futures, timeout=POLL).not_done:  # another thread may take a signal from this one
                pass
        except BaseException:
            stop.set()
            for client in clients:
                client.stop()
            raise
        return [future.result() for future in futures]


def lines_of(found: Sequence[Soundness]) -> list[str]:
    """A table of the figures for each adapter and dtype, and what was refused, kind by kind."""
    rows = [
        (
            *(one.adapter, dtype, str(figures.compared)),
            *(f"{value:.3g}" for value in (figures.largest, figures.z, figures.mean_square, figures.signed)),
            *(str(figures.inconclusive), str(figures.rejected)),
        )
        for one in found
        for dtype, figures in one.figures.items()
    ]
    lines = table([HEAD, *rows], right=range(2, len(HEAD)))
    for one in found:
        lines += ["", f"{one.adapter}: {one.drawn} legal cases drawn, {one.inexpressible} of them it cannot express"]
        if one.withheld:
            text = "not requested: gradients listed to corrupt the process (--all-gradients requests them)"
            lines.append(f"  {one.withheld:6}  {text}")
        lines += [
            f"  {count:6}  as listed: {verdict}, {kind}" for (verdict, kind), count in sorted(one.explained.items())
        ]
        lines += [f"  {count:6}  NOT LISTED: {verdict}, {kind}" for (verdict, kind), count in sorted(one.times.items())]
    return [*lines, ""]
