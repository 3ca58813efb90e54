"""``python -m harness`` and the ``harness`` command."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Sequence

import click

from harness.cli import cli
from harness.core.errors import BadInputError, NothingRequestedError

NOTHING_REQUESTED, BAD_INPUT, HARNESS_FAILED, INTERRUPTED = 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code says how it went (see ``harness --help``)."""
    gc.disable()  # reading suites makes much and drops little; a run collects again
    try:
        result = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BadInputError as error:
        click.echo(str(error), err=True)
        return BAD_INPUT
    except NothingRequestedError as error:
        click.echo(str(error), err=True)
        return NOTHING_REQUESTED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception:
        click.echo("The harness itself failed; please report this:", err=True)
        traceback.print_exc()
        return HARNESS_FAILED
    finally:
        gc.enable()
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
