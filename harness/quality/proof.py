"""What all proofs share: they ask many things in processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any, TypeVar

from tqdm import tqdm

Result = TypeVar("Result")


def ask_all(
    function: Callable[..., Result],
    questions: Iterable[tuple[Any, ...]],
    jobs: int,
    unit: str,
    begin: Callable[[], None] | None = None,
) -> list[Result]:
    """``function`` of each of ``questions`` in their order, ``jobs`` at once; each process calls ``begin`` first."""
    asked = list(questions)
    quiet = not sys.stderr.isatty()
    with (
        ProcessPoolExecutor(max(min(jobs, len(asked)), 1), get_context("spawn"), begin) as pool,
        tqdm(total=len(asked), unit=unit, dynamic_ncols=True, leave=False, disable=quiet) as bar,
    ):
        futures = [pool.submit(function, *one) for one in asked]
        for future in as_completed(futures):
            future.result()
            bar.update()
        return [future.result() for future in futures]
