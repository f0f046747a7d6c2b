"""The words of Word documents and PDFs that somebody hands in, whatever they claim to hold."""

import io
import zipfile

import pytest
from docx import Document

from include.errors import InputError
from include.sources.reading.documents import document_words


def test_a_word_document_says_its_paragraphs_tables_and_headers() -> None:
    told = Document()
    told.add_paragraph("第一段")
    told.add_paragraph("")
    told.add_table(1, 2).rows[0].cells[1].text = "格\n内"
    told.sections[0].header.paragraphs[0].text = "草稿"
    saved = io.BytesIO()
    told.save(saved)
    words = document_words(saved.getvalue(), "a.docx")
    assert (words.lines, words.marks) == (("第一段", "格", "内"), ("草稿",))
    assert words.made_at is not None


@pytest.mark.parametrize(
    "body",
    [
        b" " * 60_000_000,
        b"<w:document",
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "'
        + b"&a;" * 5000
        + b'"><!ENTITY c "'
        + b"&b;" * 5000
        + b'">]><x>&c;</x>',
    ],
    ids=["large", "broken", "entities"],
)
def test_what_a_parser_cannot_take_is_refused(body: bytes) -> None:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", body)
    with pytest.raises(InputError, match="the document cannot be read"):
        document_words(saved.getvalue(), "a.docx")


def test_a_broken_pdf_is_refused() -> None:
    with pytest.raises(InputError, match="the document cannot be read"):
        document_words(b"%PDF-1.4\nnothing", "a.pdf")
