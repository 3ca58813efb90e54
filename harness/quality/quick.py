"""The contributor's first check, in under three minutes: ``python -m harness.quality.quick``, or ``tox -e quick``.

In this order: the tests that bear the name of what changed since the branch left main, a part of the corpus on the
installed frameworks, and with what is left of the time the other tests of the packages that changed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

LIMIT = 160.0
"""Seconds after which nothing more is tested."""
PROCESSES = ("-n", "2")
TESTS = Path("harness", "tests")
CASES = Path("cases")
DOCUMENTS = TESTS / "test_documents.py"
SMOKE = ("same_padding", "output_padding", "bias", "max_unpooling", "resizing")
"""Suites of which a few seconds show whether the way from a case to a verdict is whole."""
FRAMEWORKS = {"pytorch": "torch", "tensorflow": "tensorflow", "keras": "keras"}
"""Adapters that run the smoke, and the module that each needs."""
INTERRUPTED = 2
"""Exit code of pytest that was interrupted, where no test had failed."""
NO_TESTS = 5


def changed_files(root: Path) -> list[Path]:
    """What differs from where the branch left main, new files included; on main itself, from the last commit."""
    bases = (_git(root, "merge-base", "HEAD", name) for name in ("origin/main", "main"))
    base = next((found[0] for found in bases if found), "HEAD")
    if base == "".join(_git(root, "rev-parse", "HEAD")) and not _git(root, "status", "--porcelain"):
        base = "HEAD~1"
    names = {*_git(root, "diff", "--name-only", base), *_git(root, "ls-files", "--others", "--exclude-standard")}
    return sorted(map(Path, names))


def _git(root: Path, *arguments: str) -> list[str]:
    found = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return found.stdout.split("\n")[:-1] if found.returncode == 0 else []


def named_tests(changed: Iterable[Path], root: Path) -> list[Path]:
    """The tests of ``changed`` files: of ``harness/core/cpu.py`` those in ``harness/tests/core/test_cpu.py``.

    Where a module has none of its own they are those of its package. A changed test is one itself, a helper of tests
    stands for those that import it, and a document for those of documents.
    """
    found: set[Path] = set()
    for path in changed:
        if path.suffix == ".md" or path.name in {"pyproject.toml", "tox.ini"}:
            found.add(DOCUMENTS)
        elif path.suffix != ".py" or path.parts[0] != "harness":
            continue
        elif not path.is_relative_to(TESTS):
            found |= set(_named_after(path, root))
        elif path.name.startswith("test_"):
            found.add(path)
        else:
            found |= set(_importing(path, root))
    return sorted(path for path in found if (root / path).exists())


def _named_after(path: Path, root: Path) -> list[Path]:
    folder = TESTS / path.relative_to("harness").parent
    own = folder / f"test_{path.stem}.py"
    return [own] if (root / own).exists() else [folder.parent / f"test_{folder.name}.py"]


def _importing(path: Path, root: Path) -> list[Path]:
    module = ".".join(path.with_suffix("").parts)
    tests = (root / TESTS).rglob("test_*.py")
    return [one.relative_to(root) for one in tests if f"from {module} import" in one.read_text(encoding="utf-8")]


def package_tests(changed: Iterable[Path], root: Path) -> list[Path]:
    """The folders with the tests of the packages that hold ``changed`` modules; none lies in another."""
    found: set[Path] = set()
    for path in changed:
        if path.suffix == ".py" and path.parts[0] == "harness" and not path.is_relative_to(TESTS):
            folder = TESTS / path.relative_to("harness").parent
            while folder != TESTS and not (root / folder).exists():
                folder = folder.parent
            found |= {folder} - {TESTS}
    return sorted(folder for folder in found if not found & set(folder.parents))


def smoke(changed: Iterable[Path], root: Path) -> list[str]:
    """The ``harness run`` of a part of the corpus and of the suites that changed, on the installed frameworks."""
    suites = {CASES / f"{name}.yaml" for name in SMOKE}
    suites |= {path for path in changed if path.parent == CASES and path.suffix == ".yaml"}
    there = sorted(str(path) for path in suites - {CASES / "known_divergences.yaml"} if (root / path).exists())
    adapters = [name for name, module in FRAMEWORKS.items() if find_spec(module)] or ["published-numpy"]
    return [sys.executable, "-m", "harness", "run", *there, *(f"--adapter={name}" for name in adapters)]


def main(root: Path = Path()) -> int:
    """Run the three steps up to the first that fails; 0 where none did."""
    end = time.monotonic() + LIMIT
    changed = changed_files(root)
    by_name, folders = named_tests(changed, root), package_tests(changed, root)
    pytest = [sys.executable, "-m", "pytest", "-q", *PROCESSES]
    others = [*map(str, folders), *(f"--ignore={path}" for path in by_name)]
    steps = [
        (by_name, [*pytest, *map(str, by_name)], False),
        (True, smoke(changed, root), False),
        (folders, [*pytest, "-x", *others], True),
    ]
    return next((code for wanted, step, partly in steps if wanted and (code := run(step, end, root, partly=partly))), 0)


def run(command: Sequence[str], end: float, root: Path, *, partly: bool) -> int:
    """The exit code of ``command``, which is interrupted at ``end``, in seconds of ``time.monotonic``.

    Where it may be run ``partly`` and nothing had failed by then, that is no failure.
    """
    print("$", *command[1:], flush=True)
    with subprocess.Popen(command, cwd=root) as process:  # noqa: S603 - put together above
        try:
            code = process.wait(max(end - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            code = process.wait()
            print(f"the time is over, and this was not run to its end: {' '.join(command[1:])}", flush=True)
            return 0 if partly and code == INTERRUPTED else code or 1
    return 0 if code == NO_TESTS else code


if __name__ == "__main__":
    sys.exit(main())
