"""``harness port``: the published networks through the frameworks and back, compared layer by layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from harness.cli.options import Choice
from harness.core.errors import BadInputError, Problem, near_name
from harness.reports.by_check import gathered
from harness.reports.text_table import table

if TYPE_CHECKING:
    from harness.porting.layers.layer import Framework
    from harness.porting.networks.round_trip import RoundTrip, Stage

REFUSED = 1


@click.command()
@click.argument("networks", metavar="[NETWORK]...", nargs=-1)
@click.option("--fault", help="Plant a fault in every port, to see it found; --fault list prints which there are.")
@click.option(
    "--from",
    "start",
    type=Choice(["pytorch", "keras"]),
    default="pytorch",
    show_default=True,
    help="Where each network starts, and returns to.",
)
@click.option("--layers", is_flag=True, help="Print every layer, not every kind of layer.")
def command(networks: tuple[str, ...], fault: str | None, start: Framework, layers: bool) -> int:  # noqa: FBT001 - a flag
    """Port the published networks (NETWORK: small, unet; default: both) from PyTorch to Keras and back, and to tf.nn.

    Each is written by hand, with drawn weights, and run in every framework; each layer must lie within the rounding
    bound of the truth for the inputs that it got there, and the weights must come back bit by bit. Prints the first
    layer that differs and what it does, or that none does. Exit code 1: a layer or a weight differs, or a framework
    cannot be started.
    """
    from harness.porting.layers.layer import TranslationError
    from harness.porting.networks.example_models import NETWORKS
    from harness.porting.networks.fault_injection import FAULTS
    from harness.porting.networks.round_trip import NetworkWorkers, run_round_trip

    if fault == "list":
        click.echo("\n".join(f"{name:<26} {one.about}" for name, one in sorted(FAULTS.items())))
        return 0
    _known("NETWORK", networks, NETWORKS)
    _known("--fault", [fault] if fault else [], FAULTS)
    conforms = True
    try:
        with NetworkWorkers() as workers:
            click.echo("with " + ", ".join(f"{name} {version}" for name, version in workers.versions().items()))
            for name in dict.fromkeys(networks) or NETWORKS:
                round_trip = run_round_trip(workers, NETWORKS[name], start, FAULTS[fault] if fault else None)
                lines = [f"{name}: no layer of it can have this fault"]
                if round_trip is not None:
                    lines = _lines(round_trip, layers)
                click.echo("\n".join(["", *lines]))
                conforms = conforms and (round_trip is None or round_trip.conforms)
    except TranslationError as error:
        click.echo(f"refused: {error}", err=True)
        return REFUSED
    return 0 if conforms else 1


def _known(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    choices = sorted(known)
    problems = [
        Problem(what, 0, 0, "", f"there is no {name!r}", near_name(name, choices, f"choose from {', '.join(choices)}"))
        for name in names
        if name not in choices
    ]
    if problems:
        raise BadInputError(*problems)


def _lines(round_trip: RoundTrip, every: bool) -> list[str]:  # noqa: FBT001 - passed on from the command line
    one, network = round_trip.published, round_trip.network
    shape = "x".join(map(str, network.shape))
    lines = [
        f"{one.name}: {one.about}",
        f"  {len(network.nodes)} layers, {round_trip.elements:,} weights, an input of {shape}",
    ]
    if round_trip.planted:
        lines.append(f"  planted in {round_trip.planted}")
    lines += ["", *_table(round_trip, every), ""]
    lines += _differing(round_trip)
    if all(stage.first is None for stage in round_trip.stages):
        lines.append("  no layer differs")
    changed = gathered((stage.changed, stage.title) for stage in round_trip.stages if stage.changed)
    lines += [f"  {', '.join(titles)}: other weights in {', '.join(names)}" for names, titles in changed.items()]
    if not changed:
        lines.append("  the weights are equal bit by bit, in every framework and after the way back")
    return lines


def _differing(round_trip: RoundTrip) -> list[str]:
    """The first layer that differs, once for all stages in which it is the same and does the same."""
    differing = ((one.first.name, one.first.diagnosis, one) for one in round_trip.stages if one.first is not None)
    lines = []
    for stages in gathered(((name, diagnosis), stage) for name, diagnosis, stage in differing).values():
        where = ", ".join(stage.title for stage in stages)
        lines += [f"  {where}: the first layer that differs is {stages[0].first}", *_others(stages[0])]
    return lines


def _others(stage: Stage) -> list[str]:
    names = [finding.name for finding in stage.findings if finding.differs][1:]
    unseen = "" if stage.findings[-1].judgement.verdict != "rejects" else "; nothing is known of the layers after it"
    return [f"    and so do {', '.join(names)}{unseen}"] if names else []


def _table(round_trip: RoundTrip, every: bool) -> list[str]:  # noqa: FBT001
    """The largest error over bound, by kind of layer or for every layer."""
    nodes = round_trip.network.nodes
    keys = [node.name for node in nodes] if every else list(dict.fromkeys(node.kind for node in nodes))
    rows = [
        ("layer" if every else "kind", "kind" if every else "layers", *(stage.title for stage in round_trip.stages))
    ]
    for key in keys:
        members = [node for node in nodes if key == (node.name if every else node.kind)]
        cells = [_cell(stage, {node.name for node in members}) for stage in round_trip.stages]
        rows.append((key, members[0].kind if every else str(len(members)), *cells))
    head, *lines = (f"  {line}" for line in table(rows))
    return [f"{head}   (error / bound)", *lines]


def _cell(stage: Stage, names: set[str]) -> str:
    found = [finding for finding in stage.findings if finding.name in names]
    if not found:
        return "not reached"
    wrong = [finding for finding in found if finding.differs]
    if wrong:
        figure = max((finding.judgement.error_over_bound or 0.0 for finding in wrong), default=0.0)
        return f"{wrong[0].judgement.verdict}" + (f" {figure:.3g}" if figure else "")
    largest = max(finding.judgement.error_over_bound or 0.0 for finding in found)
    return f"{largest:.3f}" if largest else "exact"
