"""``harness translate``: the same layer in another framework's words, run and compared before it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.cli.options import Choice

if TYPE_CHECKING:
    from harness.porting.layers.layer import Framework

REFUSED = 1


@click.command()
@click.argument("call", metavar="CALL")
@click.option("--to", required=True, type=Choice(["keras", "pytorch", "tensorflow"]), help="The target.")
@click.option("--in-channels", type=click.IntRange(min=1), help="Input channels, where CALL does not say them.")
def command(call: str, to: Framework, in_channels: int | None) -> int:
    """Print CALL as code of another framework, with the permutation of its weights.

    CALL is torch.nn.ConvTranspose2d(…), F.conv_transpose2d(…), keras.layers.Conv2DTranspose(…) or
    tf.nn.conv2d_transpose(…), with shapes where tensors stand, or FILE::ID of a case. The original and the very text
    that is printed are run first, on several inputs, and compared with each other and with the oracle. Exit code 1: no
    translation could be verified.
    """
    from harness.porting.layers.layer import TranslationError
    from harness.porting.layers.parse import read_layer
    from harness.porting.layers.translation import translate
    from harness.porting.workers import LayerWorkers

    layer = read_layer(call, to, in_channels)
    try:
        with LayerWorkers() as workers:
            translation = translate(layer, to, workers)
    except TranslationError as error:
        click.echo(f"refused: {error}", err=True)
        return REFUSED
    click.echo(translation.text, nl=False)
    return 0
