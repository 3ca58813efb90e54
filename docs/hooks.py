"""For MkDocs: puts into the site what a page links to outside of this folder, such as the report and its pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

OUTSIDE = re.compile(r"\]\(\.\./([\w./-]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add the files whose links begin with ``../``, under the path that they have in the repository."""
    folder = Path(config.docs_dir)
    texts = [page.read_text(encoding="utf-8") for page in folder.glob("*.md")]
    for path in sorted({found for text in texts for found in OUTSIDE.findall(text)}):
        files.append(File.generated(config, path, abs_src_path=str(folder.parent / path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links to these, as seen from the root of the site."""
    return OUTSIDE.sub(r"](\1", markdown)
