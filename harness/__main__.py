"""``python -m harness`` and the ``harness`` command."""

from __future__ import annotations

import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

import click

from harness.cli import cli
from harness.core.errors import BadInputError, NothingRequestedError

NOTHING_REQUESTED, BAD_INPUT, HARNESS_FAILED, INTERRUPTED = 1, 2, 3, 130

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code says how it went (see ``harness --help``)."""
    gc.disable()  # reading suites makes much and drops little; a run collects again
    try:
        return _code_of(arguments)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        _drop_output()
        with suppress(OSError):
            click.echo(f"the output cannot be written: {error.strerror}", err=True)
        return BAD_INPUT
    finally:
        gc.enable()


def _drop_output() -> None:
    """Let nothing that waits to be written be tried again when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _code_of(arguments: Sequence[str] | None) -> int:
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
    except Exception as error:
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            raise
        click.echo("The harness itself failed; please report this:", err=True)
        traceback.print_exc()
        return HARNESS_FAILED
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
