"""A letter with pictures and a workbook of data: PDF and docx of one data object, workbook, mail with one picture in it.

The mail repeats whole sections of the composed document, so that they are worded once, in the Word template.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from include.letters.composition import (
    Letter,
    ascii_stem,
    compose_document,
    files_with_book,
    letter_file,
    name_of,
    printable,
)
from include.letters.document.manuscript import Manuscript, Paragraph
from include.letters.document.typefaces import load_typefaces, plain
from include.letters.document.word import Pictured, TemplatePicture, edition_of
from include.letters.document.word_styles import BODY, HEADING_1, POINTS, SUMMARY_BODY, SUMMARY_HEADING
from include.letters.mail import compose_mail
from include.letters.words.wording import Show
from include.supervision.figures import Issue

PICTURE: Final = "cid:inline"  # how the mail's HTML names the file of role `inline`; the post makes it unique


@dataclass(frozen=True)
class Report:
    """What one such letter is made of. `values` are those of its templates, `name` what file names say of city and window."""

    kind: str
    rules_version: str
    as_of: datetime
    values: Callable[[Show], dict[str, Any]]
    pictures: Mapping[str, Pictured]
    workbook: Callable[[str], bytes]  # of a title
    addressee: str
    name: str
    ascii_name: tuple[str, ...]
    data_title: str
    inline: str  # the key of the mail's picture; empty: the mail shows none
    inline_title: str
    sections: Mapping[str, str]  # the mail's name of a section: the end of its heading


def compose_report(
    report: Report, issue: Issue, labels: tuple[str, ...], *, fonts_dir: Path | None = None
) -> Letter:
    """The letter with the files pdf, docx, xlsx, html, text and, for a mail with a picture, inline. Raises CompositionError."""
    warnings: dict[str, None] = {}
    show = printable(load_typefaces(fonts_dir).missing, warnings)
    templates = edition_of(report.kind, report.rules_version)
    document = compose_document(
        templates,
        report.values(show) | dict(report.pictures),
        issue.issuer,
        report.as_of,
        fonts_dir=fonts_dir,
    )
    name = name_of(report.name, labels)
    ascii_name = ascii_stem(report.kind, *report.ascii_name, labels=labels)
    title, data_title = document.title + name, report.data_title + name
    inline = report.pictures.get(report.inline)
    picture = inline if isinstance(inline, TemplatePicture) else None
    mail = compose_mail(
        templates,
        report.values(plain)
        | {key: _section(document.manuscript, heading) for key, heading in report.sections.items()}
        | {
            "题名": document.title,
            "要点": _points(document.manuscript),
            "文件": [f"{title}.pdf", f"{title}.docx", f"{data_title}.xlsx"],
            "主送机关": report.addressee,
            "图": PICTURE if picture else "",
            "图说明": picture.alt if picture else "",
        },
    )
    data = letter_file("xlsx", data_title, f"data-{ascii_name}", report.workbook(title))
    files = files_with_book(title, ascii_name, document, mail, data)
    if picture:
        files += (letter_file("inline", report.inline_title + name, f"map-{ascii_name}", picture.content),)
    return Letter(mail.subject, files, tuple(warnings))


def _points(manuscript: Manuscript) -> list[str]:
    """The lines of the box before the text, without its heading; none when the template has no such box."""
    lines = [
        block.text for block in manuscript.blocks if isinstance(block, Paragraph) and block.style == POINTS
    ]
    return lines[1:]


def _section(manuscript: Manuscript, heading: str) -> list[str]:
    """The paragraphs under the heading that ends with these words; none when the template has no such heading."""
    found: list[str] = []
    is_inside = False
    for block in manuscript.blocks:
        if not isinstance(block, Paragraph):
            continue
        if block.style in (HEADING_1, SUMMARY_HEADING):
            is_inside = block.text.endswith(heading)
        elif is_inside and block.style in (BODY, SUMMARY_BODY):
            found.append(block.text)
        else:
            is_inside = False
    return found
