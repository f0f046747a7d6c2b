"""Reads letters back, without the code that wrote them: text of a PDF, of a docx, cells of a workbook."""

import io
import re
import zipfile
from xml.etree import ElementTree

import pypdf

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def squeezed(text: str) -> str:
    """Without blanks, break opportunities and footnote marks."""
    return re.sub(r"[\s\u200b\u2060①-⑳]", "", text)


def pdf_pages(content: bytes) -> list[str]:
    """The text of each page, line by line."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def pdf_places(content: bytes) -> list[tuple[str, float, float]]:
    """Each piece of text of the first page with the place where it begins, in points from the lower left corner."""
    places: list[tuple[str, float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        if text.strip():
            x, y = tm[4], tm[5]
            places.append((text.strip(), cm[0] * x + cm[2] * y + cm[4], cm[1] * x + cm[3] * y + cm[5]))

    pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text(visitor_text=visit)
    return places


def pdf_text(content: bytes, marks: str = "") -> str:
    """All words of a PDF in reading order, squeezed, without page numbers and the marks of head, foot and watermark."""
    text = ""
    for number, page in enumerate(pdf_pages(content), start=1):
        page = squeezed(page)
        if number > 1:
            page = page.replace(f"—{number}—", "", 1)
        text += page.replace(squeezed(marks), "") if marks else page
    return text


def docx_texts(content: bytes) -> list[str]:
    """The text of each paragraph and cell of a docx in order, squeezed; empty ones left out."""
    root = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml"))
    texts = (squeezed("".join(_words(paragraph))) for paragraph in root.iter(f"{W}p"))
    return [text for text in texts if text]


def docx_footnotes(content: bytes) -> list[str]:
    """The text of each footnote, squeezed."""
    root = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("word/footnotes.xml"))
    return [text for note in root.iter(f"{W}footnote") if (text := squeezed("".join(_words(note))))]


def docx_part(content: bytes, name: str) -> str:
    """One XML part of a docx or xlsx."""
    return zipfile.ZipFile(io.BytesIO(content)).read(name).decode()


def _words(element: ElementTree.Element) -> list[str]:
    hyphen = f"{W}noBreakHyphen"
    return [
        "-" if node.tag == hyphen else node.text or ""
        for node in element.iter()
        if node.tag in (f"{W}t", hyphen)
    ]
