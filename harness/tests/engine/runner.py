"""Run scripts one after the other in this process, where the harness cannot be imported; write how each ended."""

import contextlib
import io
import json
import sys
from pathlib import Path

ENDS = "ends.jsonl"
"""The file that is written: a line for each script that left the process alive."""


def run(path):
    """The exit code and what was printed."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if isinstance(end.code, str):
            return 1, f"{out.getvalue()}{end.code}"
        return int(end.code or 0), out.getvalue()
    except Exception as error:
        return 1, f"{out.getvalue()}{type(error).__name__}: {error}"
    return 0, out.getvalue()


if __name__ == "__main__":
    sys.modules["harness"] = None  # type: ignore[assignment]  # an import now fails
    with Path(ENDS).open("w", encoding="utf-8") as ends:
        for path in sys.argv[1:]:
            print(json.dumps(run(path)), file=ends, flush=True)
