"""Composes the mid-week and weekend summary: PDF and docx of one data object, workbook, mail with one picture in it.

The mail's words about the whole and its suggestions are read back from the composed document, so that they are worded
once, in `templates/summary.docx`.
"""

from pathlib import Path
from typing import Any, Final

from include.letters.composition import Letter, ascii_stem, compose_document, letter_file, printable
from include.letters.manuscript import Manuscript, Paragraph
from include.letters.word_styles import SUMMARY_BODY, SUMMARY_HEADING
from include.letters.wording import marks
from include.supervision.figures import Issue
from include.supervision.weekly_figures import SummaryFigures

PICTURE: Final = "cid:inline"  # how the mail's HTML names the file of role `inline`; the post makes it unique
DATA_TITLE: Final = "汇总数据表"


def compose_summary(
    figures: SummaryFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """周汇总 to the leaders, or of one province's cities. Raises CompositionError.

    Files: pdf, docx, xlsx, html, text, and `inline`: the map, shown in the HTML.
    """
    from include.letters.mail import compose_mail
    from include.letters.summary_pictures import summary_pictures
    from include.letters.summary_values import summary_values
    from include.letters.summary_workbook import summary_workbook
    from include.letters.typefaces import load_typefaces, plain
    from include.letters.word_reader import read_manuscript

    warnings: dict[str, None] = {}
    show = printable(load_typefaces(fonts_dir).missing, warnings)
    pictures = summary_pictures(figures)
    values = summary_values(figures, issue, show, red_head=red_head) | pictures
    document = compose_document("summary", values, issue.issuer, figures.period.as_of, fonts_dir=fonts_dir)
    labels = marks(issue, figures.is_simulated)
    name = f"（{figures.scope}{figures.window.label}）" + "".join(f"【{label}】" for label in labels)
    ascii_name = ascii_stem(
        "summary", figures.letter_key.split("_")[1], str(figures.period.end), labels=labels
    )
    title, data_title = document.title + name, DATA_TITLE + name
    mail_values: dict[str, Any] = summary_values(figures, issue, plain, red_head=red_head) | {
        "题名": document.title, "文件": [f"{title}.pdf", f"{title}.docx", f"{data_title}.xlsx"],
        "主送机关": _addressee(figures.scope), "图": PICTURE, "图说明": pictures["图_地图"].alt,
        "总体情况": _section(read_manuscript(document.docx), "总体情况"),
        "建议正文": _section(read_manuscript(document.docx), "建议"),
    }  # fmt: skip
    mail = compose_mail("summary", mail_values)
    workbook = summary_workbook(figures, title)
    files = (
        letter_file("pdf", title, ascii_name, document.pdf),
        letter_file("docx", title, ascii_name, document.docx),
        letter_file("xlsx", data_title, f"data-{ascii_name}", workbook),
        letter_file("html", title, ascii_name, mail.html.encode()),
        letter_file("text", title, ascii_name, mail.text.encode()),
        letter_file("inline", f"各城市反馈率图{name}", f"map-{ascii_name}", pictures["图_地图"].content),
    )
    return Letter(mail.subject, files, tuple(warnings))


def _addressee(scope: str) -> str:
    if not scope:
        return "各位领导"
    return f"{scope}生态环境{'厅' if scope.endswith('省') else '局'}"


def _section(manuscript: Manuscript, heading: str) -> list[str]:
    """The paragraphs under the heading that ends with these words; none when the template has no such heading."""
    found: list[str] = []
    is_inside = False
    for block in manuscript.blocks:
        if not isinstance(block, Paragraph):
            continue
        if block.style == SUMMARY_HEADING:
            is_inside = block.text.endswith(heading)
        elif is_inside and block.style == SUMMARY_BODY:
            found.append(block.text)
        else:
            is_inside = False
    return found
