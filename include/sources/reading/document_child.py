"""Reads the words of one Word document or PDF of somebody else in a process of its own: the bytes on standard input, one JSON object on
standard output. A small file of either kind can unpack to gigabytes or keep a parser busy for hours. Knows no setting or secret of the
installation.

    {"lines": ["…"], "marks": ["…"], "made_at": "2026-11-26T00:00:00Z"}     lines of the body; each header, each page of a PDF
    {"error": "…"}                                                          what cannot be read
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree

from include.sources.reading.confinement import confine

MOST_SECONDS: Final = 20  # of computing
MOST_MEMORY: Final = 1 << 30
MOST_PAGES: Final = 400
MOST_TEXT: Final = 400_000  # characters that are told
_LARGEST_PART: Final = 40_000_000
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CREATED: Final = "{http://purl.org/dc/terms/}created"
_BODY: Final = "word/document.xml"
_HEADER: Final = re.compile(r"word/header\d*\.xml")


def words_of(content: bytes) -> dict[str, Any]:
    """What a document says."""
    if content.startswith(b"%PDF-"):
        return _of_pdf(content)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        headers = sorted(name for name in package.namelist() if _HEADER.fullmatch(name))
        core = next((name for name in package.namelist() if name == "docProps/core.xml"), "")
        return {
            "lines": list(_paragraphs(package, _BODY)),
            "marks": ["\n".join(_paragraphs(package, name)) for name in headers],
            "made_at": next((one.text or "" for one in _tree(package, core).iter(_CREATED)), "")
            if core
            else "",
        }


def _paragraphs(package: zipfile.ZipFile, name: str) -> Iterator[str]:
    for paragraph in _tree(package, name).iter(f"{_WORD}p"):
        parts = (
            one.text or "" if one.tag == f"{_WORD}t" else "\n"
            for one in paragraph.iter()
            if one.tag in (f"{_WORD}t", f"{_WORD}br", f"{_WORD}cr", f"{_WORD}tab")
        )
        yield from filter(None, (line.strip() for line in "".join(parts).split("\n")))


def _tree(package: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with package.open(name) as stream:
        content = stream.read(_LARGEST_PART + 1)
    if len(content) > _LARGEST_PART:
        raise ValueError(f"{name} is larger than {_LARGEST_PART} bytes")
    return ElementTree.fromstring(content)  # noqa: S314  in a process with limits; expat bounds what entities become


def _of_pdf(content: bytes) -> dict[str, Any]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    pages = [page.extract_text() for page in reader.pages[:MOST_PAGES]]
    made_at: datetime | None = reader.metadata.creation_date if reader.metadata else None
    lines = [line.strip() for page in pages for line in page.split("\n")]
    return {
        "lines": [line for line in lines if line],
        "marks": pages,
        "made_at": made_at.isoformat() if made_at and made_at.tzinfo else "",
    }


def _bounded(told: dict[str, Any]) -> dict[str, Any]:
    """The first so many characters of it."""
    left = MOST_TEXT
    for name in ("lines", "marks"):
        kept = []
        for line in told[name]:
            kept.append(line[:left])
            left -= len(kept[-1])
            if left <= 0:
                break
        told[name] = kept
    return told


def main() -> None:
    """The process: limits first, then the document."""
    confine(MOST_MEMORY, MOST_SECONDS)
    try:
        told = _bounded(words_of(sys.stdin.buffer.read()))
    except MemoryError:
        told = {"error": "more memory than a document may take"}
    except Exception as error:  # whatever a document can do to a parser
        told = {"error": f"{type(error).__name__}: {error}"[:300]}
    with os.fdopen(os.dup(1), "w", encoding="ascii") as output:
        output.write(json.dumps(told))
