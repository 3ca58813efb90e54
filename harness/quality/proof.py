"""What all proofs share: they call a function many times in processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any, TypeVar

from tqdm import tqdm

Result = TypeVar("Result")


def run_all(
    function: Callable[..., Result],
    arguments: Iterable[tuple[Any, ...]],
    jobs: int,
    unit: str,
    begin: Callable[[], None] | None = None,
) -> list[Result]:
    """``function`` of each of ``arguments`` in their order, ``jobs`` at once; each process calls ``begin`` first."""
    calls = list(arguments)
    with (
        ProcessPoolExecutor(max(min(jobs, len(calls)), 1), get_context("spawn"), begin) as pool,
        tqdm(total=len(calls), unit=unit, dynamic_ncols=True, leave=False, disable=None) as bar,
    ):
        futures = [pool.submit(function, *one) for one in calls]
        for future in as_completed(futures):
            future.result()
            bar.update()
        return [future.result() for future in futures]
