"""Composes letters: figures and issue in, files out. No store, no clock, no network.

    figures ─▶ values ─▶ Word template ─▶ docx ─▶ manuscript ─▶ Typst form ─▶ PDF
                  └────▶ mail templates ─▶ subject, HTML, text          figures ─▶ answer form (xlsx)

The PDF is laid out from what is read back from the Word document, so that the two cannot say different things. Heavy libraries are
imported with the first letter; the compiler, the typefaces and the templates are then kept for the next ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from include.answer_form.layout import FORM_TITLE
from include.errors import CompositionError
from include.language import say
from include.letters.document.manuscript import Manuscript
from include.letters.document.templates import one_reading
from include.letters.notice import notice_values
from include.letters.reminder import reminder_values
from include.letters.words.wording import Show, marks
from include.periods import Period
from include.supervision.figures import FormRow, Issue, NoticeFigures, ReminderFigures

if TYPE_CHECKING:
    from include.letters.mail import Mail

Role = Literal["pdf", "docx", "xlsx", "html", "text", "inline"]

MEDIA_TYPES: Final[dict[Role, str]] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "inline": "image/png",
}
_ENDINGS: Final[dict[Role, str]] = {"text": "txt", "inline": "png"}
_LONGEST_NAME, _END_OF_NAME = 84, 60  # characters of a file's name without its ending
_ASCII_MARKS: Final = {
    "模拟数据": "simulated",
    "更正": "correction",
    "演练": "rehearsal",
}  # any other mark is the preview's


@dataclass(frozen=True)
class LetterFile:
    """One file of a letter. A mail attaches `pdf`, `docx` and `xlsx`; `html` and `text` are its body, `inline` the picture
    in it."""

    role: Role
    file_name: str
    ascii_name: str  # for mail programs that read no other
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A composed letter. `warnings`, in Chinese, tell an operator what could not be printed as it came."""

    subject: str
    files: tuple[LetterFile, ...]
    warnings: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)  # SHA-256 by name, of what it was made from

    def file(self, role: Role) -> LetterFile | None:
        """The file of a role, or None: a letter without open alarms has no answer form."""
        return next((file for file in self.files if file.role == role), None)


@dataclass(frozen=True)
class Document:
    """A letter as Word and PDF, which say the same: both are this manuscript. `title` as the template words it."""

    title: str
    manuscript: Manuscript
    docx: bytes
    pdf: bytes


def compose_notice(
    figures: NoticeFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """提示函 to one city. Raises CompositionError; a character that no font has only warns when it came from outside."""
    return _compose("notice", notice_values, figures, issue, fonts_dir, red_head)


def compose_reminder(
    figures: ReminderFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """督办函 to one city. Raises CompositionError as `compose_notice` does."""
    return _compose("reminder", reminder_values, figures, issue, fonts_dir, red_head)


def compose_document(
    kind: str, values: dict[str, Any], author: str, made_at: datetime, *, fonts_dir: Path | None = None
) -> Document:
    """The docx and PDF of `templates/<kind>.docx` filled in with `values`; `made_at` is the moment its properties state."""
    from include.letters.document.office_package import word_bytes
    from include.letters.document.press import print_pdf
    from include.letters.document.word import compose_word
    from include.letters.document.word_reader import manuscript_of

    template = f"{kind}.docx"
    word = compose_word(template, values, author, made_at)
    docx, manuscript = word_bytes(word), manuscript_of(word, template)
    pdf = print_pdf(manuscript, made_at, fonts_dir=fonts_dir, where=template)
    return Document(manuscript.title, manuscript, docx, pdf)


def _compose(
    kind: str,
    values_of: Callable[..., dict[str, Any]],
    figures: Any,
    issue: Issue,
    fonts_dir: Path | None,
    red_head: bool,
) -> Letter:
    from include.answer_form.writing import answer_form
    from include.letters.document.typefaces import load_typefaces, plain
    from include.letters.document.word import edition_of
    from include.letters.mail import compose_mail

    check_numbered(issue, figures.letter_key)
    period: Period = figures.period
    warnings: dict[str, None] = {}
    printed = values_of(
        figures, issue, printable(load_typefaces(fonts_dir).missing, warnings), red_head=red_head
    )
    templates = edition_of(kind, figures.rules_version)
    document = compose_document(templates, printed, issue.issuer, period.as_of, fonts_dir=fonts_dir)
    labels = marks(issue, figures.is_simulated)
    form: tuple[FormRow, ...] = figures.form
    name = name_of(say("{unit_name}{label}", unit_name=figures.unit_name, label=period.label), labels)
    ascii_name = ascii_stem(figures.unit_code, f"{period.last_date:%Y-%m-%d}", labels=labels)
    title = document.title + name
    mail_values = values_of(figures, issue, plain, red_head=red_head) | {
        "题名": document.title,
        "文件": [f"{title}.pdf", f"{title}.docx"] + ([f"{say(FORM_TITLE)}{name}.xlsx"] if form else []),
    }
    mail = compose_mail(templates, mail_values)
    files = [
        letter_file("pdf", title, f"{kind}-{ascii_name}", document.pdf),
        letter_file("docx", title, f"{kind}-{ascii_name}", document.docx),
        letter_file("html", title, f"{kind}-{ascii_name}", mail.html.encode()),
        letter_file("text", title, f"{kind}-{ascii_name}", mail.text.encode()),
    ]
    if form:
        workbook = answer_form(figures, labels, issue.reply_link)
        files.insert(1, letter_file("xlsx", say(FORM_TITLE) + name, f"answer-form-{ascii_name}", workbook))
    return Letter(mail.subject, tuple(files), tuple(warnings))


def made(compose: Callable[..., Letter], *facts: Any, **options: Any) -> Letter:
    """The letter that `compose` makes of these facts, from one reading of each template, and what that reading was."""
    with one_reading() as templates:
        letter = compose(*facts, **options)
    return replace(letter, templates=templates.digests)


def check_numbered(issue: Issue, letter_key: str) -> None:
    """Raises CompositionError for a letter of a numbered kind that has a number and no date, or a date and no number."""
    if (issue.number is None) != (issue.issued_on is None):
        raise CompositionError(
            "a letter is issued with both number and date, a preview has neither",
            where=letter_key,
            got=f"number {issue.number}, date {issue.issued_on}",
        )


def name_of(what: str, labels: Sequence[str]) -> str:
    """What stands behind the title in a file's name: of whom and when, and the marks."""
    return say("（{what}）", what=what) + "".join(say("【{label}】", label=label) for label in labels)


def ascii_stem(*parts: str, labels: Sequence[str]) -> str:
    """The ASCII name of a letter's files without its ending; `labels` are its marks."""
    ascii_marks = {say(mark): name for mark, name in _ASCII_MARKS.items()}
    return "-".join((*parts, *(ascii_marks.get(label, "preview") for label in labels)))


def letter_file(role: Role, name: str, ascii_name: str, content: bytes) -> LetterFile:
    """A file named for people and for mail programs that read ASCII only."""
    ending = _ENDINGS.get(role, role)
    if (
        len(name) > _LONGEST_NAME
    ):  # what a mail's header takes: the beginning of the title, and whose and of when it is
        name = f"{name[: _LONGEST_NAME - _END_OF_NAME - 1]}…{name[-_END_OF_NAME:]}"
    safe = "".join("_" if char in '\\/:*?"<>|' or char < " " else char for char in name)
    return LetterFile(role, f"{safe}.{ending}", f"{ascii_name}.{ending}", MEDIA_TYPES[role], content)


def files_with_book(
    title: str, ascii_name: str, document: Document, mail: "Mail", book: LetterFile
) -> tuple[LetterFile, ...]:
    """The files of a letter that has a workbook: pdf, docx, the workbook, html, text."""
    return (
        letter_file("pdf", title, ascii_name, document.pdf),
        letter_file("docx", title, ascii_name, document.docx),
        book,
        letter_file("html", title, ascii_name, mail.html.encode()),
        letter_file("text", title, ascii_name, mail.text.encode()),
    )


def printable(missing: Callable[[str], list[str]], warnings: dict[str, None]) -> Show:
    """A `Show` that makes outside text printable: a character without a glyph becomes 〓, and `warnings` gets a key that says which one."""
    from include.letters.document.typefaces import STAND_IN, plain

    def show(text: str) -> str:
        text = printed = plain(text)
        if lacking := missing(text):
            codes = say("、").join(
                say("{char}（U+{code}）", char=char, code=f"{ord(char):04X}") for char in lacking
            )
            told = say(
                "“{words}”中的字符{codes}没有字体收录，PDF和Word中以{stand_in}代替",
                words=text,
                codes=codes,
                stand_in=STAND_IN,
            )
            warnings[told] = None
        for char in lacking:
            printed = printed.replace(char, STAND_IN)
        return printed

    return show
