"""What a Word document or a PDF says, read by a process of its own with limits (`document_child.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from include.errors import InputError
from include.sources.reading.children import program
from include.sources.reading.document_child import MOST_SECONDS

_ROOT: Final = Path(__file__).resolve().parents[3]
_PATIENCE: Final = 3  # times the seconds of computing: the machine may be busy


@dataclass(frozen=True)
class DocumentWords:
    """The lines of a document's body in their order; each of its headers (of a PDF each page); when it says it was made (None: not)."""

    lines: tuple[str, ...]
    marks: tuple[str, ...] = ()
    made_at: datetime | None = None


def document_words(content: bytes, where: str) -> DocumentWords:
    """The words of a document; a scan has none. Raises InputError for one that cannot be read."""
    command = [sys.executable, "-c", program("document_child")]
    try:
        done = subprocess.run(  # noqa: S603  this interpreter and a module of ours
            command,
            input=content,
            capture_output=True,
            cwd=_ROOT,
            timeout=_PATIENCE * MOST_SECONDS,
            check=False,
        )
        told = json.loads(done.stdout or b"{}")
    except (subprocess.TimeoutExpired, ValueError):
        told = {}
    if "lines" not in told:
        raise InputError(
            "the document cannot be read",
            where=where,
            got=str(told.get("error") or "a reader that ended"),
            todo="save it from Word again as .docx or PDF",
        )
    return DocumentWords(tuple(told["lines"]), tuple(told["marks"]), _moment(told["made_at"]))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
