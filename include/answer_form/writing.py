"""The answer form (xlsx) that a city fills in; its layout is `include.answer_form.layout`.

Our columns are grey and refuse typing, but the sheets are not protected: a city must be able to copy a row for a second
problem of the same alarm. Text is always text: a name that begins with = + - @ is never a formula.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.xml.functions import tostring

from include.answer_form.asking import asked
from include.answer_form.layout import (
    COLUMNS,
    FIRST_ROW,
    FORM_SHEET,
    FORM_TITLE,
    FORM_VERSION,
    FORM_VERSION_CELL,
    GROUP_ROW,
    GUIDE_SHEET,
    HEADER_ROW,
    LETTER_KEY_CELL,
    REPLY_LINK_CELL,
    SPARE_ROWS,
    SUSPECT_SHEET,
    Column,
)
from include.answer_form.sheet import LINE_HEIGHT, head, height_of, lines_of, page, styles, validation, write
from include.answer_form.writing_suspects import fill_suspects, suspect_rows
from include.language import say
from include.letters.document.office_package import settled
from include.letters.document.templates import template_text
from include.periods import Period, office_zone
from include.profile.current import office
from include.supervision.figures import AlarmSuspects, FormRow

_WIDTHS: Final = {
    "serial": 4.5, "grid_id": 9, "county": 9, "point_name": 15, "deadline_at": 12.5,
    "result": 13, "category": 11, "description": 18, "rectification": 8, "rectify_by_date": 11.5,
    "rectified_date": 11.5, "unit": 11, "inspector": 8, "answered_at": 12.5, "note": 11,
    "started_at": 12.5, "lon": 11, "lat": 10, "alarm_count": 9, "peak_pm25_ug_m3": 12, "code": 14, "alarm_id": 20,
}  # fmt: skip
_GUIDE_WIDTHS: Final = (20, 12, 84)
_FROZEN_COLUMNS: Final = 4  # up to 点位名称


class Answered(Protocol):
    """The figures of a letter that asks for an answer."""

    @property
    def letter_key(self) -> str: ...
    @property
    def unit_name(self) -> str: ...
    @property
    def period(self) -> Period: ...
    @property
    def form(self) -> tuple[FormRow, ...]: ...
    @property
    def address_form(self) -> str: ...
    @property
    def reply_by(self) -> datetime: ...
    @property
    def suspects(self) -> tuple[AlarmSuspects, ...]: ...


def answer_form(figures: Answered, marks: Sequence[str], reply_link: str = "") -> bytes:
    """The form of one letter: its open alarms, one row each; `reply_link`: of the phone page, if there is one. Same figures, same bytes."""
    book = Workbook()
    for style in styles():
        book.add_named_style(style)
    as_of = figures.period.as_of
    heading = "".join(say("【{mark}】", mark=mark) for mark in marks)
    title = say(
        "{heading}{unit_name}{sheet}", heading=heading, unit_name=figures.unit_name, sheet=say(FORM_TITLE)
    )
    _fill_form(book.active, figures, title)
    if found := list(suspect_rows(figures.letter_key, figures.form, figures.suspects)):
        sheet = say(SUSPECT_SHEET)
        fill_suspects(
            book.create_sheet(sheet),
            found,
            say("{heading}{unit_name}{sheet}表", heading=heading, unit_name=figures.unit_name, sheet=sheet),
            _addressed(figures),
        )
    _fill_guide(book.create_sheet(say(GUIDE_SHEET)), figures, heading, reply_link)
    properties = book.properties
    properties.creator, properties.title = say("热点网格监管"), title
    properties.created = properties.modified = as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    core = tostring(properties.to_tree())  # openpyxl writes the clock's time when it saves
    buffer = io.BytesIO()
    book.save(buffer)
    return settled(buffer.getvalue(), {"docProps/core.xml": core})


def _fill_form(sheet: Any, figures: Answered, heading: str) -> None:
    sheet.title = say(FORM_SHEET)
    note = say(
        "请填写白色各列并发回，{asked}；一个报警有多个问题的，复制该行分别填写。",
        asked=asked(figures.form, figures.period.as_of, figures.reply_by, year=True),
    )
    head(sheet, COLUMNS, _WIDTHS, heading, note, _addressed(figures))
    for offset, alarm in enumerate(figures.form):
        is_overdue = alarm.is_overdue_as_of(figures.period.as_of)
        values = _our_values(offset + 1, alarm)
        sheet.row_dimensions[FIRST_ROW + offset].height = height_of(COLUMNS, values, _WIDTHS)
        for index, column in enumerate(COLUMNS, start=1):
            cell = sheet.cell(FIRST_ROW + offset, index)
            side = "folded" if column.is_folded else "ours" if column.is_ours else "yours"
            style = f"form_{side}_{column.kind}"
            write(
                cell,
                values.get(column.key),
                "form_overdue" if is_overdue and column.key == "deadline_at" else style,
            )
    titles = {column.key: column.title for column in COLUMNS}
    for row_number, height in (
        (1, 30),
        (2, 20),
        (GROUP_ROW, 18),
        (HEADER_ROW, height_of(COLUMNS, titles, _WIDTHS, 34)),
    ):
        sheet.row_dimensions[row_number].height = height
    _add_validations(sheet, FIRST_ROW + len(figures.form) - 1)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, _FROZEN_COLUMNS + 1)
    sheet.sheet_view.zoomScale = 100
    page(sheet)


def _our_values(serial: int, row: FormRow) -> dict[str, Any]:
    """Our columns of one alarm. Excel knows no time zones: moments are Beijing wall time, as the header says."""
    return {
        "serial": serial,
        "grid_id": row.grid_id,
        "county": row.county,
        "point_name": row.point_name,
        "lon": row.lon,
        "lat": row.lat,
        "started_at": _wall_time(row.started_at),
        "alarm_count": row.alarm_count,
        "peak_pm25_ug_m3": None if row.peak_pm25_ug_m3 is None else round(row.peak_pm25_ug_m3),
        "deadline_at": _wall_time(row.deadline_at),
        "code": row.code,
        "alarm_id": row.alarm_id,
    }


def _add_validations(sheet: Any, last_alarm_row: int) -> None:
    for index, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(index)
        allowed = validation(column)
        if allowed is None:
            continue
        end = last_alarm_row if column.is_ours else last_alarm_row + SPARE_ROWS
        allowed.add(f"{letter}{FIRST_ROW}:{letter}{end}")
        sheet.add_data_validation(allowed)


def _fill_guide(sheet: Any, figures: Answered, heading: str, reply_link: str) -> None:
    write(
        sheet["A1"],
        say("{heading}{title}填写说明", heading=heading, title=say(FORM_TITLE)),
        "form_title",
    )
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[1].height = 30
    named = [
        (say("函件标识"), LETTER_KEY_CELL, figures.letter_key),
        (say("表格版本"), FORM_VERSION_CELL, FORM_VERSION),
    ]
    if reply_link:
        named.append((say("手机填报"), REPLY_LINK_CELL, reply_link))
    for label, address, value in named:
        write(sheet.cell(sheet[address].row, 1), label, "guide_head")
        write(sheet[address], value, "form_ours_text")
        row = sheet[address].row
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
    row = sheet[FORM_VERSION_CELL].row + 2
    guide = template_text("answer_form_guide.txt").replace("{{ 你方 }}", _addressed(figures))
    for number, line in enumerate(filter(None, guide.splitlines()), start=1):
        write(sheet.cell(row, 1), f"{number}. {line}", "guide_text")
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=3)
        sheet.row_dimensions[row].height = LINE_HEIGHT * lines_of(line, sum(_GUIDE_WIDTHS)) + 3
        row += 1
    row += 1
    table = [
        (say("列名"), say("由谁填写"), say("说明")),
        *((c.title, say("系统") if c.is_ours else _addressed(figures), _guide(c)) for c in COLUMNS),
    ]
    for index, texts in enumerate(table):
        for column, text in enumerate(texts, start=1):
            ours = "guide_ours" if texts[1] == say("系统") else "guide_cell"
            write(sheet.cell(row + index, column), text, ours if index else "guide_head")
        sheet.row_dimensions[row + index].height = 18 * (1 + len(texts[2]) // 40)
    for letter, width in zip("ABC", _GUIDE_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    page(sheet, has_columns=False)


def _guide(column: Column) -> str:
    guide = say(column.guide)
    if not column.options:
        return guide
    names = say("、").join(f"“{option}”" for option in column.options)
    return say("{guide}选项：{names}。", guide=guide, names=names)


def _addressed(figures: Answered) -> str:
    """How the letter speaks to its unit: 你市, 你区, 你单位."""
    return figures.address_form or office().address_forms["bureau"]


def _wall_time(moment: datetime) -> datetime:
    return moment.astimezone(office_zone()).replace(tzinfo=None)
