"""Translations of Hypothesis-drawn layers in every direction: how many are verified, refused, wrong.

``harness bench --part translation --counts 1000`` draws until so many are verified in each direction. A
verified translation is run once more, on another input than those it was verified on: only if it then differs is it
wrong.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import permutations

from hypothesis import HealthCheck, Phase, given, seed, settings

from harness.operations.conv_transpose.dialects import lower
from harness.porting.layers.layer import DiffersError, Framework, Probe, TranslationError, resized
from harness.porting.layers.parse import read_layer
from harness.porting.layers.translation import Translation, translate, verify
from harness.porting.workers import LayerWorkers
from harness.quality.benchmarks.random_layers import Drawn, calls
from harness.quality.benchmarks.runner import Options

FRAMEWORKS: tuple[Framework, ...] = ("pytorch", "keras", "tensorflow")
DIRECTIONS: tuple[tuple[Framework, Framework], ...] = tuple(permutations(FRAMEWORKS, 2))
COUNT = 1000
_FURTHER = (3, 5)
_MANY = 100
"""Draws of one round: every round begins with the same simplest call."""


@dataclass(slots=True)
class Tally:
    """One direction: how often each route was verified, each reason for a refusal, and what was wrong."""

    routes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def reached(self, count: int) -> bool:
        """Whether ``count`` are verified."""
        return sum(self.routes.values()) >= count

    def lines(self) -> Iterator[str]:
        """The figures, to print."""
        verified = sum(self.routes.values())
        routes = ", ".join(f"{count} {route}" for route, count in sorted(self.routes.items()))
        refused = sum(self.refused.values())
        yield f"{verified} verified ({routes}), {refused} refused, {len(self.wrong)} wrong, {self.seconds:.0f} s"
        for reason, count in sorted(self.refused.items(), key=lambda item: (-item[1], item[0])):
            yield f"  refused {count}: {reason}"
            yield f"    for example {self.examples[reason]}"
        yield from (f"  WRONG {text}" for text in self.wrong)


def measure(source: Framework, to: Framework, count: int, workers: LayerWorkers) -> Tally:
    """Draw calls of ``source`` until ``count`` of them are verified in ``to``."""
    tally, seen = Tally(), set[Drawn]()
    start = time.perf_counter()
    turn = 0
    while not tally.reached(count):

        @seed(turn)
        @settings(
            max_examples=max(count, _MANY),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(calls(source))
        def draw(drawn: Drawn) -> None:
            if drawn not in seen and not tally.reached(count):
                seen.add(drawn)
                _one(drawn, to, workers, tally)

        draw()
        turn += 1
    tally.seconds = time.perf_counter() - start
    return tally


def _one(drawn: Drawn, to: Framework, workers: LayerWorkers, tally: Tally) -> None:
    try:
        translation = translate(read_layer(drawn.text, to, drawn.in_channels), to, workers)
    except TranslationError as error:
        kind = "differs: " if isinstance(error, DiffersError) else ""
        reason = kind + re.sub(r"\d+", "n", str(error).partition(" on an input ")[0] + _detail(str(error)))
        tally.refused[reason] += 1
        tally.examples.setdefault(reason, drawn.text)
        return
    tally.routes[translation.route] += 1
    try:
        verify(translation.draft, translation.text, [_further(translation)], workers)
    except TranslationError as error:
        tally.wrong.append(f"{drawn.text}: {error}")


def _detail(message: str) -> str:
    """What follows the size of the input: the framework's own message."""
    return message.partition(" on an input ")[2].partition("):")[2]


def _further(translation: Translation) -> Probe:
    """A larger input of batch 3 that was not tried."""
    layer = translation.draft.layer
    height, width = (max(axis) for axis in zip(*(probe.case.input_size for probe in translation.probes), strict=True))
    size = (height + _FURTHER[0], width + _FURTHER[1])
    case = replace(resized(layer.case, size, 3), id="further")
    return Probe(case, lower(case))


def translation_part(options: Options) -> Iterator[str]:
    """The tally of each direction, or of those from the frameworks named; SystemExit(1) if anything was wrong."""
    wrong = 0
    with LayerWorkers() as workers:
        for source, to in DIRECTIONS:
            if options.adapters and source not in options.adapters:
                continue
            tally = measure(source, to, int(options.counts or COUNT), workers)
            wrong += len(tally.wrong)
            first, *others = tally.lines()
            yield f"{source} -> {to}: {first}"
            yield from others
    if wrong:
        raise SystemExit(1)
