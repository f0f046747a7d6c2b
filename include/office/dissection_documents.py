"""The documents of a case of 解剖分析: the draft that is made from the facts, and the analysis that a person finished and hands in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from include.chain.dissection.finished import FEWEST_NEW, is_marked, left_unfilled, places_to_fill, written
from include.errors import InputError
from include.house import House
from include.language import office_words, say
from include.letters.composition import Letter, made
from include.letters.dissection import DRAFT_LABEL, compose_dissection
from include.letters.document.templates import is_shipped, template
from include.office.chain import chain_settings
from include.office.dissection_figures import case_figures
from include.sources.reading.documents import DocumentWords, document_words

MOST_BYTES: Final = 1_500_000  # of a finished document: below what a form of the desk may carry
_LONGEST_FILE_NAME: Final = 200
_MOST_UNPACKED: Final = 50_000_000
_TEMPLATE: Final = "dissection.docx"


@dataclass(frozen=True)
class FiledDocument:
    """A finished analysis as a person hands it in: Word (docx) or PDF."""

    name: str
    content: bytes


def draft_of(house: House, case_id: str, as_of: datetime) -> Letter:
    """The draft of a case as of a moment: `docx` and `pdf`."""
    figures = case_figures(house, case_id, as_of)
    return made(
        compose_dissection,
        figures,
        chain_settings().dissection,
        house.issuer.name,
        fonts_dir=house.fonts_dir,
    )


def finished_name(house: House, case_id: str, document: FiledDocument, now: datetime) -> str:
    """The name of a document that a person finished. Raises InputError for one that is no document, that cannot be read or has no
    text (a scan, a locked PDF: nothing of it could be compared), or that is still the draft: with a place that nobody filled in, with the
    draft's mark, or with hardly a word that the draft does not have."""
    name = _checked_name(document)
    told = document_words(document.content, name)
    if not told.lines:
        raise InputError(
            "a document without text that can be read",
            where=name,
            got="no text",
            expected="a Word document, or a PDF with text (not a scan)",
            todo="hand in the Word document, or a PDF that was saved from it",
        )
    places = left_unfilled(told.lines, _places())
    require(
        not places,
        "an analysis that is not finished: a place that nobody filled in",
        name,
        " | ".join(places),
    )
    is_draft = is_marked(told.marks, say(DRAFT_LABEL))
    require(
        not is_draft,
        "an analysis that is not finished: the mark of a draft in its header",
        name,
        say(DRAFT_LABEL),
    )
    new = written(told.lines, _drafts(house, case_id, told, now))
    require(
        new >= FEWEST_NEW,
        "an analysis that is not finished: nothing that a person wrote",
        name,
        f"{new} < {FEWEST_NEW}",
    )
    return name


def require(holds: bool, what: str, name: str, got: str) -> None:
    if not holds:
        raise InputError(
            what,
            where=name,
            got=got,
            todo="finish the draft in Word (causes, measures; take the mark out of the header), save it and hand it in again",
        )


def _places() -> tuple[str, ...]:
    """What the template of the draft asks of a person."""
    from docx import Document

    paragraphs = Document(io.BytesIO(template(_TEMPLATE))).paragraphs
    texts = (one.text for one in paragraphs)
    return places_to_fill(map(office_words, texts) if is_shipped(_TEMPLATE) else texts)


def _drafts(house: House, case_id: str, told: DocumentWords, now: datetime) -> Iterator[tuple[str, ...]]:
    """What the draft says as of now, and as of the moment at which the document says that it was made."""
    for moment in {now, told.made_at or now}:
        try:
            draft = draft_of(house, case_id, min(moment, now))
        except InputError:
            continue  # the case was not there yet: made from something else
        for role in ("docx", "pdf"):
            file = draft.file(role)
            if file is not None:
                words = document_words(file.content, file.file_name)
                yield (*words.lines, *words.marks)


def _checked_name(document: FiledDocument) -> str:
    """The document's name, where it is what a person could finish: Word or PDF, of a bounded size."""
    name = document.name.replace("\\", "/").rpartition("/")[2].strip()
    is_pdf = document.content.startswith(b"%PDF-") and name.lower().endswith(".pdf")
    is_fit = 0 < len(document.content) <= MOST_BYTES and 0 < len(name) <= _LONGEST_FILE_NAME
    is_plain = all(char.isprintable() for char in name)
    if not (is_fit and is_plain and (is_pdf or _is_word(name, document.content))):
        raise InputError(
            "not a finished analysis",
            where=name[:_LONGEST_FILE_NAME] or "document",
            expected=f"a Word document (.docx) or PDF of at most {MOST_BYTES} bytes",
            got=f"{len(document.content)} bytes",
            todo="save it from Word as .docx or PDF",
        )
    return name


def _is_word(name: str, content: bytes) -> bool:
    if not name.lower().endswith(".docx"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            sizes: dict[str, Any] = {one.filename: one.file_size for one in package.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return "word/document.xml" in sizes and sum(sizes.values()) <= _MOST_UNPACKED
