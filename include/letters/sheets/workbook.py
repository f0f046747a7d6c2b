"""The answer form (xlsx) that a city fills in; its layout is `include.supervision.answer_form`.

Our columns are grey and refuse typing, but the sheets are not protected: a city must be able to copy a row for a second
problem of the same alarm. Text is always text: a name that begins with = + - @ is never a formula.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Protocol

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.xml.functions import tostring

from include.letters.document.office_package import settled
from include.letters.document.typefaces import plain
from include.letters.document.word import TEMPLATES
from include.letters.sheets.suspect_sheet import WIDTHS, suspect_rows
from include.periods import Period, moment_label, office_zone
from include.supervision.answer_form import (
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
    SPARE_ROWS,
    SUSPECT_COLUMNS,
    SUSPECT_SHEET,
    Column,
)
from include.supervision.figures import AlarmSuspects, FormRow

_WIDTHS: Final = {
    "serial": 5.5, "grid_id": 11, "county": 11, "point_name": 28, "lon": 11, "lat": 10, "started_at": 17,
    "alarm_count": 9, "peak_pm25_ug_m3": 12, "deadline_at": 17, "code": 14, "alarm_id": 20, "result": 18, "category": 18,
    "description": 38, "rectification": 11, "rectify_by_date": 13, "rectified_date": 13, "unit": 20, "inspector": 14,
    "answered_at": 18, "note": 26,
}  # fmt: skip
_FORMATS: Final = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "number": "General", "text": "@"}
_GREY, _WHITE, _BLUE, _DARK = "E7E6E6", "FFFFFF", "DDEBF7", "BFBFBF"
_THIN: Final = Side(style="thin", color="A6A6A6")
_ROW_HEIGHT: Final = 32  # two lines
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
    def reply_by(self) -> datetime: ...
    @property
    def suspects(self) -> tuple[AlarmSuspects, ...]: ...


def answer_form(figures: Answered, marks: Sequence[str]) -> bytes:
    """The form of one letter: its open alarms, one row each. Same figures, same bytes."""
    book = Workbook()
    for style in _styles():
        book.add_named_style(style)
    as_of = figures.period.as_of
    heading = "".join(f"【{mark}】" for mark in marks)
    _fill_form(book.active, figures, f"{heading}{figures.unit_name}{FORM_TITLE}")
    if found := list(suspect_rows(figures.letter_key, figures.form, figures.suspects)):
        _fill_suspects(
            book.create_sheet(SUSPECT_SHEET), found, f"{heading}{figures.unit_name}{SUSPECT_SHEET}表"
        )
    _fill_guide(book.create_sheet(GUIDE_SHEET), figures, heading)
    properties = book.properties
    properties.creator, properties.title = "热点网格监管", f"{heading}{figures.unit_name}{FORM_TITLE}"
    properties.created = properties.modified = as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    core = tostring(properties.to_tree())  # openpyxl writes the clock's time when it saves
    buffer = io.BytesIO()
    book.save(buffer)
    return settled(buffer.getvalue(), {"docProps/core.xml": core})


def _fill_form(sheet: Any, figures: Answered, heading: str) -> None:
    sheet.title = FORM_SHEET
    last = get_column_letter(len(COLUMNS))
    ours = sum(column.is_ours for column in COLUMNS)
    for row, text, style in (
        (1, heading, "form_title"),
        (
            2,
            f"请于{moment_label(figures.reply_by, year=True)}前填写白色各列并发回；一个报警有多个问题的，复制该行分别填写。",
            "form_note",
        ),
    ):
        sheet.merge_cells(f"A{row}:{last}{row}")
        _write(sheet.cell(row, 1), text, style)
    for first, end, text, style in (
        (1, ours, "由系统填写（灰色，请勿改动）", "form_group_ours"),
        (ours + 1, len(COLUMNS), "由你市填写", "form_group_yours"),
    ):
        sheet.merge_cells(start_row=GROUP_ROW, start_column=first, end_row=GROUP_ROW, end_column=end)
        _write(sheet.cell(GROUP_ROW, first), text, style)
    for index, column in enumerate(COLUMNS, start=1):
        _write(
            sheet.cell(HEADER_ROW, index),
            column.header,
            "form_head_ours" if column.is_ours else "form_head_yours",
        )
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTHS[column.key]
    for offset, alarm in enumerate(figures.form):
        is_overdue = alarm.is_overdue_as_of(figures.period.as_of)
        values = _our_values(offset + 1, alarm)
        sheet.row_dimensions[FIRST_ROW + offset].height = _ROW_HEIGHT
        for index, column in enumerate(COLUMNS, start=1):
            cell = sheet.cell(FIRST_ROW + offset, index)
            style = f"form_ours_{column.kind}" if column.is_ours else f"form_yours_{column.kind}"
            _write(
                cell,
                values.get(column.key),
                "form_overdue" if is_overdue and column.key == "deadline_at" else style,
            )
    for row_number, height in ((1, 30), (2, 20), (GROUP_ROW, 18), (HEADER_ROW, 34)):
        sheet.row_dimensions[row_number].height = height
    _add_validations(sheet, FIRST_ROW + len(figures.form) - 1)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, _FROZEN_COLUMNS + 1)
    sheet.sheet_view.zoomScale = 100
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{GROUP_ROW}:{HEADER_ROW}"


def _fill_suspects(sheet: Any, rows: Sequence[dict[str, Any]], heading: str) -> None:
    """Title, what to do, who fills in what, headers, and one row a suspect: the rows stand where those of the form stand."""
    last = get_column_letter(len(SUSPECT_COLUMNS))
    ours = sum(column.is_ours for column in SUSPECT_COLUMNS)
    note = "以下均为疑似来源，建议核查，不作为认定依据；核查后在白色各列选择结果并填写情况，未核查的留空。"
    for row, text, style in ((1, heading, "form_title"), (2, note, "form_note")):
        sheet.merge_cells(f"A{row}:{last}{row}")
        _write(sheet.cell(row, 1), text, style)
    _write(sheet.cell(GROUP_ROW, 1), "由系统填写（灰色，请勿改动）", "form_group_ours")
    sheet.merge_cells(start_row=GROUP_ROW, start_column=1, end_row=GROUP_ROW, end_column=ours)
    _write(sheet.cell(GROUP_ROW, ours + 1), "由你市填写", "form_group_yours")
    sheet.merge_cells(
        start_row=GROUP_ROW, start_column=ours + 1, end_row=GROUP_ROW, end_column=len(SUSPECT_COLUMNS)
    )
    for index, column in enumerate(SUSPECT_COLUMNS, start=1):
        side = "ours" if column.is_ours else "yours"
        letter = get_column_letter(index)
        _write(sheet.cell(HEADER_ROW, index), column.header, f"form_head_{side}")
        sheet.column_dimensions[letter].width = WIDTHS[column.key]
        for offset, values in enumerate(rows):
            _write(
                sheet.cell(FIRST_ROW + offset, index), values.get(column.key), f"form_{side}_{column.kind}"
            )
        if (validation := _validation(column)) is not None:
            validation.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + len(rows) - 1}")
            sheet.add_data_validation(validation)
    for offset in range(len(rows)):
        sheet.row_dimensions[FIRST_ROW + offset].height = _ROW_HEIGHT
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 1)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{GROUP_ROW}:{HEADER_ROW}"


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
        validation = _validation(column)
        if validation is None:
            continue
        end = last_alarm_row if column.is_ours else last_alarm_row + SPARE_ROWS
        validation.add(f"{letter}{FIRST_ROW}:{letter}{end}")
        sheet.add_data_validation(validation)


def _validation(column: Column) -> DataValidation | None:
    if column.is_ours:
        refused = DataValidation(type="custom", formula1="FALSE", allow_blank=False, showErrorMessage=True)
        refused.errorTitle, refused.error = "请勿改动", "灰色各列由系统填写，请勿改动；复制整行是可以的。"
        return refused
    if column.choices:
        choice = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
        choice.showErrorMessage, choice.errorTitle, choice.error = True, column.header, "请从下拉列表中选择。"
        return choice
    if column.kind in ("date", "moment"):
        dated = DataValidation(
            type="date", operator="greaterThan", formula1="36526", allow_blank=True
        )  # 2000-01-01
        dated.showErrorMessage, dated.errorTitle, dated.error = True, column.header, column.guide
        return dated
    return None


def _fill_guide(sheet: Any, figures: Answered, heading: str) -> None:
    _write(sheet["A1"], f"{heading}{FORM_TITLE}填写说明", "form_title")
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[1].height = 30
    named = (("函件标识", LETTER_KEY_CELL, figures.letter_key), ("表格版本", FORM_VERSION_CELL, FORM_VERSION))
    for label, address, value in named:
        _write(sheet.cell(sheet[address].row, 1), label, "guide_head")
        _write(sheet[address], value, "form_ours_text")
        row = sheet[address].row
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
    row = sheet[FORM_VERSION_CELL].row + 2
    guide = (TEMPLATES / "answer_form_guide.txt").read_text(encoding="utf-8")
    for number, line in enumerate(filter(None, guide.splitlines()), start=1):
        _write(
            sheet.cell(row, 1), f"{number}. {line}", "guide_text"
        )  # runs on over the empty cells beside it
        sheet.row_dimensions[row].height = 18
        row += 1
    row += 1
    table = [
        ("列名", "由谁填写", "说明"),
        *((c.header, "系统" if c.is_ours else "你市", _guide(c)) for c in COLUMNS),
    ]
    for index, texts in enumerate(table):
        for column, text in enumerate(texts, start=1):
            ours = "guide_ours" if texts[1] == "系统" else "guide_cell"
            _write(sheet.cell(row + index, column), text, ours if index else "guide_head")
        sheet.row_dimensions[row + index].height = 18 * (1 + len(texts[2]) // 40)
    for letter, width in zip("ABC", (20, 12, 84), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _guide(column: Column) -> str:
    return f"{column.guide}选项：{'、'.join(column.choices)}。" if column.choices else column.guide


def _write(cell: Any, value: Any, style: str) -> None:
    cell.style = style
    if isinstance(value, str):
        cell.value = plain(value)
        if cell.data_type == "f":
            cell.data_type = "s"
        cell.quotePrefix = cell.value.startswith(("=", "+", "-", "@"))
    else:
        cell.value = value


def _wall_time(moment: datetime) -> datetime:
    return moment.astimezone(office_zone()).replace(tzinfo=None)


@cache
def _looks() -> dict[str, dict[str, Any]]:
    """The named styles of the workbook."""
    box = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    middle = Alignment(horizontal="center", vertical="center", wrap_text=True)
    left = Alignment(horizontal="left", vertical="center", wrap_text=True)
    plain_font, bold = Font(name="宋体", size=11), Font(name="宋体", size=11, bold=True)
    looks: dict[str, dict[str, Any]] = {
        "form_title": {
            "font": Font(name="黑体", size=16),
            "alignment": Alignment(horizontal="left", vertical="center"),
        },
        "form_note": {"font": plain_font, "alignment": Alignment(horizontal="left", vertical="center")},
        "form_group_ours": {"font": bold, "alignment": middle, "fill": _fill(_DARK), "border": box},
        "form_group_yours": {"font": bold, "alignment": middle, "fill": _fill(_BLUE), "border": box},
        "form_head_ours": {"font": bold, "alignment": middle, "fill": _fill(_GREY), "border": box},
        "form_head_yours": {"font": bold, "alignment": middle, "fill": _fill(_BLUE), "border": box},
        "form_overdue": {
            "font": Font(name="宋体", size=11, bold=True, color="C00000"),
            "alignment": middle,
            "fill": _fill(_GREY),
            "border": box,
            "number_format": _FORMATS["moment"],
        },
        "guide_head": {"font": bold, "alignment": middle, "fill": _fill(_BLUE), "border": box},
        "guide_text": {"font": plain_font, "alignment": Alignment(horizontal="left", vertical="center")},
        "guide_cell": {"font": plain_font, "alignment": left, "border": box},
        "guide_ours": {"font": plain_font, "alignment": left, "border": box, "fill": _fill(_GREY)},
    }
    for kind, number_format in _FORMATS.items():
        aligned = left if kind == "text" else middle
        common = {"font": plain_font, "border": box, "number_format": number_format, "alignment": aligned}
        looks[f"form_ours_{kind}"] = common | {"fill": _fill(_GREY)}
        looks[f"form_yours_{kind}"] = common | {"fill": _fill(_WHITE)}
    return looks


def _styles() -> list[NamedStyle]:
    return [NamedStyle(name=name, **look) for name, look in _looks().items()]


def _fill(color: str) -> PatternFill:
    return PatternFill("solid", fgColor=color)
