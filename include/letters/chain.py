"""交办单, 反馈单, 退回单, 验收通知, 现场验收单, 提级单: one template, told by the kind; Word, PDF and a workbook (办理表) with the published fields."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from include.answer_form.code import answer_code
from include.answer_form.layout import FORM_SHEET
from include.answer_form.layout import FORM_TITLE as ANSWER_FORM_TITLE
from include.chain.figures import (
    ACCEPTANCE,
    ASSIGNMENT,
    ESCALATION,
    LEADER,
    REPORT_SHEET,
    RETURN,
    VISIT,
    ChainCase,
    ChainFigures,
)
from include.chain.steps import ROLES, SLOT_LABELS
from include.language import say
from include.language.moments import hours_words, moment_words
from include.letter_kinds import letter_kind
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
from include.letters.words.durations import duration
from include.letters.words.wording import Show, concentration, issue_values, joined, marks, noted, you
from include.periods import Period, moment_label, office_zone
from include.supervision.figures import AlarmSuspects, FormRow, Issue

FORM_TITLE: Final = "热点网格报警办理表"
FIELDS: Final = (
    "序号",
    "受理编号",
    "交办问题基本情况",
    "行政区域",
    "污染类型",
    "承办单位",
    "调查核实情况",
    "是否属实",
    "处理类别",
    "处理和整改情况",
    "责任人被处理情况",
)
"""The fields of a published case form, in its order; what the office cannot know (责任人被处理情况) is the unit's to fill in."""
_WIDTHS: Final = (6, 18, 44, 16, 16, 20, 36, 10, 14, 36, 20)


def compose_chain(
    figures: ChainFigures, issue: Issue, *, fonts_dir: Path | None = None, red_head: bool = False
) -> Letter:
    """The letter of one addressee and minute. Raises CompositionError."""
    from include.letters.document.typefaces import load_typefaces, plain
    from include.letters.mail import compose_mail

    if letter_kind(figures.kind).is_numbered:
        check_numbered(issue, figures.letter_key)
    warnings: dict[str, None] = {}
    show = printable(load_typefaces(fonts_dir).missing, warnings)
    values = chain_values(figures, issue, show, red_head=red_head)
    as_of = figures.period.as_of
    document = compose_document("chain", values, issue.issuer, as_of, fonts_dir=fonts_dir)
    labels = marks(issue, figures.is_simulated)
    name = name_of(say("{unit_name}{label}", unit_name=figures.unit_name, label=moment_label(as_of)), labels)
    stem = ascii_stem(
        figures.kind, figures.unit_code, f"{as_of.astimezone(UTC):%Y-%m-%dT%H%M}", labels=labels
    )
    asked = asked_of(figures)
    title = document.title + name
    form = say(ANSWER_FORM_TITLE if asked else FORM_TITLE) + name
    mail = compose_mail(
        "chain",
        chain_values(figures, issue, plain, red_head=red_head)
        | {"题名": document.title, "文件": [f"{title}.pdf", f"{title}.docx", f"{form}.xlsx"]},
    )
    book = letter_file("xlsx", form, f"form-{stem}", workbook(figures, labels, asked, issue.reply_link))
    return Letter(mail.subject, files_with_book(title, stem, document, mail, book), tuple(warnings))


@dataclass(frozen=True)
class Asked:
    """What the answer form of a letter of a chain is made from: as that of a 提示函, so that every intake reads it."""

    letter_key: str
    unit_name: str
    bureau: str
    period: Period
    form: tuple[FormRow, ...]
    address_form: str
    reply_by: datetime
    suspects: tuple[AlarmSuspects, ...] = ()


def asked_of(figures: ChainFigures) -> Asked | None:
    """What a letter asks its holder to report; None of one that asks for no report."""
    asked = [one for one in figures.cases if not one.with_office]
    if figures.kind not in (ASSIGNMENT, RETURN) or not asked:
        return None
    as_of = figures.period.as_of
    rows = {
        one.alarm_id: FormRow(
            answer_code(figures.letter_key, one.alarm_id),
            one.alarm_id,
            one.grid_id,
            one.county,
            one.point_name,
            one.lon,
            one.lat,
            one.started_at,
            one.alarm_count,
            one.peak_pm25_ug_m3,
            one.report_by or one.due_at or as_of,
        )
        for one in asked
    }
    return Asked(
        figures.letter_key,
        figures.unit_name,
        figures.bureau,
        figures.period,
        tuple(rows.values()),
        figures.address_form,
        min(one.deadline_at for one in rows.values()),
    )


def chain_values(
    figures: ChainFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """What `chain.docx` and the mail may name, as text. `show` treats every text that came from outside."""
    cases = figures.cases
    signed = [one.acknowledge_by for one in cases if one.acknowledge_by]
    reports = [one.report_by for one in cases if one.report_by]
    mended = [one.rectify_by for one in cases if one.rectify_by]
    with_office = sum(bool(one.with_office) for one in cases)
    values = issue_values(issue, figures.is_simulated, red_head)
    if with_office == len(cases):
        values["手机填报"] = ""  # nothing is asked for
    return values | {
        "单": figures.kind,
        "交办": figures.kind == ASSIGNMENT,
        "反馈": figures.kind == REPORT_SHEET,
        "退回": figures.kind == RETURN,
        "待验收": figures.kind == VISIT,
        "验收": figures.kind == ACCEPTANCE,
        "提级": figures.kind == ESCALATION,
        "领导": figures.unit_code == LEADER,
        "主送机关": figures.bureau,
        "你方": you(figures.address_form),
        "城市": figures.unit_name,
        "截至": moment_label(figures.period.as_of, year=True),
        "件数": len(cases),
        "签收期限": moment_label(min(signed), year=True) if signed else "",
        "待签收": len(signed),
        "上报期限": moment_label(min(reports), year=True) if reports else "",
        "整改期限": moment_label(min(mended), year=True) if mended else "",
        "待整改": len(mended),
        "待我方": with_office,
        "填表": asked_of(figures) is not None,
        "上报方": _reporters(figures, show),
        "属实": sum(one.problem_found is True for one in cases),
        "通过": sum(one.is_accepted is True for one in cases),
        "不通过": sum(one.is_accepted is False for one in cases),
        "案件": [_case(number, one, show, figures.period.as_of) for number, one in enumerate(cases, start=1)],
        "函件标识": figures.letter_key,
    }


def _reporters(figures: ChainFigures, show: Show) -> str:
    """Who told what the letter answers: its addressee, or of what was told before a hand-over who held it then."""
    own = you(figures.address_form)
    names = dict.fromkeys(one.handed_from for one in figures.cases if one.handed_from)
    if not names:
        return own
    former = say("原承办单位{names}", names=say("、").join(map(show, names)))
    if all(one.handed_from for one in figures.cases):
        return former
    return say("{you}和{former}", you=own, former=former)


def _case(number: int, one: ChainCase, show: Show, as_of: datetime) -> dict[str, Any]:
    """One case: its number, and its fields with what is known of each."""
    told = _fields(number, one, show, as_of)
    rows = [{"项目": say(name), "内容": told[name]} for name in FIELDS[1:] if told[name]]
    return {"序号": number, "受理编号": show(one.case_no), "行": rows}


def _fields(number: int, one: ChainCase, show: Show, as_of: datetime) -> dict[str, str]:
    """Every field of the published form as text; empty for what is not known yet."""
    first, last = (moment.astimezone(office_zone()) for moment in (one.started_at, one.last_at))
    span = (
        moment_words(first, year=True) if first == last else hours_words(first, last, last.date(), year=True)
    )
    peak = (
        say("，PM2.5小时浓度最高{peak}μg/m³", peak=concentration(one.peak_pm25_ug_m3))
        if one.peak_pm25_ug_m3 is not None
        else ""
    )
    suspects = say("；").join(show(each) for each in one.suspected)
    report = joined((show(one.report_note), _inspected(one, show)))
    return {
        "序号": str(number),
        "受理编号": show(one.case_no),
        "交办问题基本情况": say(
            "网格{grid_id}“{point_name}”{span}报警{count}次{peak}",
            grid_id=show(one.grid_id),
            point_name=show(one.point_name),
            span=span,
            count=one.alarm_count,
            peak=peak,
        )
        + (say("；疑似来源：{suspects}", suspects=suspects) if suspects else ""),
        "行政区域": show(one.county),
        "污染类型": show(one.category),
        "承办单位": say("、").join(_holders(one, show))
        + (say("；原由{name}承办", name=show(one.handed_from)) if one.handed_from else ""),
        "调查核实情况": report,
        "是否属实": "" if one.problem_found is None else say("属实") if one.problem_found else say("不属实"),
        "处理类别": (say("限期整改") if one.problem_found else say("无需整改"))
        if one.problem_found is not None
        else "",
        "处理和整改情况": _handled(one, show, as_of),
        "责任人被处理情况": "",
    }


def _holders(one: ChainCase, show: Show) -> list[str]:
    """Every holder with its part, this one first; letters of before do not know that of the others."""
    roles = one.other_roles or ("",) * len(one.others)
    holders = ((one.holder_name, one.role), *zip(one.others, roles, strict=True))
    return [noted(show(name), say(ROLES[role])) if role else show(name) for name, role in holders]


def _inspected(one: ChainCase, show: Show) -> str:
    parts = [
        say("上报人{name}", name=show(one.reporter)) if one.reporter else "",
        say("排查时间{moment}", moment=moment_label(one.inspected_at)) if one.inspected_at else "",
        say("上报时间{moment}", moment=moment_label(one.reported_at)) if one.reported_at else "",
    ]
    return say("，").join(filter(None, parts))


def _handled(one: ChainCase, show: Show, as_of: datetime) -> str:
    parts = [
        *_sent_back(one, show),
        *_overdue(one, show, as_of),
        *_still_asked(one),
        say("待我单位{step}", step=say(SLOT_LABELS[one.with_office])) if one.with_office else "",
        say("整改期限{moment}", moment=moment_label(one.rectify_by, year=True)) if one.rectify_by else "",
        say("{moment}完成整改", moment=moment_label(one.rectified_at)) if one.rectified_at else "",
        show(one.rectified_note),
    ]
    if one.is_accepted is not None and one.result_at is not None:
        verdict = say("现场验收通过") if one.is_accepted else say("现场验收未通过")
        parts += [
            say(
                "{moment}{name}{verdict}",
                moment=moment_label(one.result_at),
                name=show(one.result_by),
                verdict=verdict,
            ),
            show(one.result_note),
        ]
        if not one.is_accepted and one.due_at is not None:
            parts.append(say("须于{moment}前重新整改", moment=moment_label(one.due_at, year=True)))
    return joined(parts)


def _still_asked(one: ChainCase) -> list[str]:
    """Until when what is asked of one that had another holder: its letter may bring cases that stand differently."""
    if not one.handed_from:
        return []
    signed, reported = one.acknowledge_by, one.report_by
    parts = [
        say("签收期限{moment}", moment=moment_label(signed, year=True)) if signed else "",
        say("上报期限{moment}", moment=moment_label(reported, year=True)) if reported else "",
    ]
    return list(filter(None, parts))


def _sent_back(one: ChainCase, show: Show) -> list[str]:
    """Why a report was sent back, and until when it is asked for again."""
    if not one.is_returned:
        return []
    parts = [
        say("{moment}审核退回：{why}", moment=moment_label(one.result_at), why=show(one.result_note))
        if one.result_at
        else "",
        say("须于{moment}前重新上报", moment=moment_label(one.due_at, year=True)) if one.due_at else "",
    ]
    return list(filter(None, parts))


def _overdue(one: ChainCase, show: Show, as_of: datetime) -> list[str]:
    """What is overdue, since when and how long, and with whom of the office it lies."""
    if not one.waits_for or one.due_at is None:
        return []
    told = say(
        "{step}时限为{moment}，已超期{late}",
        step=say(SLOT_LABELS[one.waits_for]),
        moment=moment_label(one.due_at, year=True),
        late=duration((as_of - one.due_at) / timedelta(hours=1)),
    )
    return [told, *([say("请{name}办理或督促", name=show(one.duty))] if one.duty else [])]


def workbook(
    figures: ChainFigures,
    labels: tuple[str, ...] | list[str],
    asked: Asked | None = None,
    reply_link: str = "",
) -> bytes:
    """The 办理表: one row a case in the published fields; of a letter that asks for reports behind the answer form, which every intake
    reads. Same figures, same bytes; text is never a formula."""
    from openpyxl import Workbook, load_workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.xml.functions import tostring

    from include.answer_form.writing import answer_form
    from include.letters.document.office_package import settled
    from include.letters.document.typefaces import plain

    if asked:
        book = load_workbook(io.BytesIO(answer_form(asked, labels, reply_link)))
        sheet: Any = book.create_sheet()
    else:
        book = Workbook()
        sheet = book.active
    heading = "".join(say("【{mark}】", mark=mark) for mark in labels)
    sheet.title = say("办理表")
    record = say("（存档用，请在“{sheet}”表填写）", sheet=say(FORM_SHEET)) if asked else ""
    rows = [[heading + figures.unit_name + say(FORM_TITLE) + record], [say(name) for name in FIELDS]]
    rows += [
        list(_fields(number, one, plain, figures.period.as_of).values())
        for number, one in enumerate(figures.cases, start=1)
    ]
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            cell = sheet.cell(number, place)
            cell.value, cell.data_type = value, "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number <= 2)
    for place, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "C3"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    book.properties.creator = say("热点网格监管")
    made_at: datetime = figures.period.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = made_at
    core = tostring(book.properties.to_tree())
    buffer = io.BytesIO()
    book.save(buffer)
    return settled(buffer.getvalue(), {"docProps/core.xml": core})
