"""考核通报 of a month: a letter to the office's own leaders, Word and PDF, with the whole list as a workbook."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from include.chain.assessment import GROUPS
from include.chain.assessment_figures import AssessedUnit, AssessmentFigures
from include.language import say
from include.language.moments import month_words
from include.letters.composition import (
    Letter,
    ascii_stem,
    check_numbered,
    compose_document,
    files_with_book,
    letter_file,
    name_of,
    printable,
)
from include.letters.words.wording import NONE, Show, issue_values, marks
from include.periods import moment_label
from include.supervision.figures import Issue

HEADINGS: Final = {
    "group": "类别",
    "unit_code": "单位代码",
    "unit_name": "承办单位",
    "tasks": "交办件",
    "acknowledge_due": "签收应办",
    "acknowledge_on_time": "签收按期",
    "report_due": "上报应办",
    "report_on_time": "上报按期",
    "rectify_due": "整改应办",
    "rectify_on_time": "整改按期",
    "due": "应办合计",
    "on_time": "按期合计",
    "returned": "退回",
    "failed": "验收或抽查未通过",
    "repeats": "同一网格重复报警",
    "accepted": "已验收",
    "written_off": "已销号",
    "pending": "未到期",
    "under_review": "待本机关审核或验收",
    "is_small": "样本少",
    "rank": "名次",
}
"""What the columns are called, in the order of the list."""


def compose_assessment(
    figures: AssessmentFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """The letter of one month. Raises CompositionError."""
    from include.letters.document.typefaces import load_typefaces, plain
    from include.letters.mail import compose_mail

    check_numbered(issue, figures.letter_key)
    warnings: dict[str, None] = {}
    show = printable(load_typefaces(fonts_dir).missing, warnings)
    values = assessment_values(figures, issue, show, red_head=red_head)
    document = compose_document("assessment", values, issue.issuer, figures.period.as_of, fonts_dir=fonts_dir)
    labels = marks(issue, figures.is_simulated)
    name = name_of(f"{figures.month:%Y-%m}", labels)
    stem = ascii_stem(figures.kind, f"{figures.month:%Y-%m}", labels=labels)
    title, book = document.title + name, say("考核表") + name
    mail = compose_mail(
        "assessment",
        assessment_values(figures, issue, plain, red_head=red_head)
        | {"题名": document.title, "文件": [f"{title}.pdf", f"{title}.docx", f"{book}.xlsx"]},
    )
    table = letter_file("xlsx", book, f"table-{stem}", assessment_workbook(figures, labels))
    return Letter(mail.subject, files_with_book(title, stem, document, mail, table), tuple(warnings))


def assessment_values(
    figures: AssessmentFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """What `assessment.docx` and the mail may name, as text. `show` treats every text that came from outside."""
    rows = figures.rows
    due, on_time = sum(one.due for one in rows), sum(one.on_time for one in rows)
    return issue_values(issue, figures.is_simulated, red_head) | {
        "主送机关": figures.bureau,
        "年月": say("{year}年{label}", year=figures.month.year, label=month_words(figures.month.month)),
        "截至": moment_label(figures.period.as_of, year=True),
        "单位数": len(rows),
        "交办件": sum(one.tasks for one in rows),
        "应办": due,
        "按期": on_time,
        "按期率": _share(on_time, due),
        "退回": sum(one.returned for one in rows),
        "未通过": sum(one.failed for one in rows),
        "已验收": sum(one.accepted for one in rows),
        "未到期": sum(one.pending for one in rows),
        "待审核": sum(one.under_review for one in rows),
        "样本下限": figures.least_due,
        "样本少": sum(one.is_small for one in rows),
        "组": [
            {
                "名称": _heading(say(GROUPS[group])),
                "行": [_row(one, show) for one in rows if one.group == group],
            }
            for group in GROUPS
            if any(one.group == group for one in rows)
        ],
        "函件标识": figures.letter_key,
    }


def _heading(name: str) -> str:
    return name[:1].upper() + name[1:]


def _row(one: AssessedUnit, show: Show) -> dict[str, Any]:
    return {
        "名次": NONE if one.rank is None else str(one.rank),
        "单位": show(one.unit_name) + (say("（样本少）") if one.is_small else ""),
        "交办": one.tasks,
        "签收": _step(one.acknowledge_on_time, one.acknowledge_due),
        "上报": _step(one.report_on_time, one.report_due),
        "整改": _step(one.rectify_on_time, one.rectify_due),
        "合计": _share(one.on_time, one.due),
        "退回": one.returned + one.failed,
        "重复": one.repeats,
        "验收": one.accepted,
    }


def _step(number: int, of: int) -> str:
    return f"{number}/{of}" if of else NONE


def _share(number: int, of: int) -> str:
    """`3/4（75.0%）`; — where nothing is due."""
    return say("{n}/{of}（{share:.1%}）", n=number, of=of, share=number / of) if of else NONE


def assessment_workbook(figures: AssessmentFigures, labels: tuple[str, ...] = ()) -> bytes:
    """The whole list. Same figures, same bytes; text is never a formula; who has no rank has —."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.xml.functions import tostring

    from include.letters.document.office_package import settled
    from include.letters.document.typefaces import plain

    book = Workbook()
    sheet: Any = book.active
    sheet.title = say("考核")
    moment = moment_label(figures.period.as_of, year=True)
    title = say("{month:%Y-%m}交办件考核，截至{moment}", month=figures.month, moment=moment)
    heading = "".join(say("【{mark}】", mark=mark) for mark in labels)
    sheet.append([heading + title])
    sheet.append([say(name) for name in HEADINGS.values()])
    for number, one in enumerate(figures.rows, start=3):
        for place, name in enumerate(HEADINGS, start=1):
            cell = sheet.cell(number, place)
            value = _cell(name, getattr(one, name))
            cell.value = plain(value) if isinstance(value, str) else value
            if isinstance(value, str):
                cell.data_type = "s"
    for place in range(1, len(HEADINGS) + 1):
        sheet.cell(2, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = 14
    sheet.freeze_panes = "D3"
    made_at: datetime = figures.period.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = made_at
    core = tostring(book.properties.to_tree())
    buffer = io.BytesIO()
    book.save(buffer)
    return settled(buffer.getvalue(), {"docProps/core.xml": core})


def _cell(name: str, value: Any) -> str | int:
    if name == "group":
        return say(GROUPS[value])
    if name == "is_small":
        return say("是") if value else ""
    if value is None:
        return NONE
    return value if isinstance(value, str) else int(value)
