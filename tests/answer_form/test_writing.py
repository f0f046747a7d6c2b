"""The answer form: layout, drop-downs, codes, and text that stays text."""

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from include.answer_form.code import answer_code
from include.answer_form.layout import (
    COLUMNS,
    FIRST_ROW,
    FORM_SHEET,
    FORM_VERSION,
    FORM_VERSION_CELL,
    GROUP_ROW,
    GUIDE_SHEET,
    HEADER_ROW,
    LETTER_KEY_CELL,
    RECTIFICATIONS,
    RESULTS,
    SPARE_ROWS,
)
from include.answer_form.sheet import TYPE_PT
from include.answer_form.writing import answer_form
from include.profile.current import office
from tests.letters.reading import docx_part
from tests.letters.samples import KEY, at, form_row, notice, reminder

KEYS = [column.key for column in COLUMNS]


def clock(day: int, hour: int) -> datetime:
    """Beijing wall time, as a cell holds it."""
    return at(day, hour).replace(tzinfo=None)


def sheets(content: bytes) -> tuple[Worksheet, Worksheet]:
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == [FORM_SHEET, GUIDE_SHEET]
    return book[FORM_SHEET], book[GUIDE_SHEET]


def test_one_row_an_open_alarm() -> None:
    form, _ = sheets(answer_form(notice(form=2), ()))
    assert [cell.value for cell in form[HEADER_ROW]] == [column.header for column in COLUMNS]
    assert [[cell.value for cell in row] for row in form.iter_rows(min_row=FIRST_ROW)] == [
        [
            1,
            "T85711",
            "井陉矿区",
            "南孟村东",
            clock(12, 10),
            *[None] * 10,
            clock(12, 8),
            114.5,
            38.04,
            1,
            186,
            answer_code(KEY, "A1"),
            "A1",
        ],
        [
            2,
            "T85712",
            "赵县",
            "石化园区北厂界外道路及裸土堆场",
            clock(13, 10),
            *[None] * 10,
            clock(12, 8),
            114.5,
            38.04,
            2,
            186,
            answer_code(KEY, "A2"),
            "A2",
        ],
    ]


def test_an_alarm_without_coordinates_or_peak_has_empty_cells() -> None:
    bare = form_row(1, lon=None, lat=None, peak_pm25_ug_m3=None)
    form, _ = sheets(answer_form(replace(notice(), form=(bare,)), ()))
    row = dict(zip(KEYS, (cell.value for cell in form[FIRST_ROW]), strict=True))
    assert (row["lon"], row["lat"], row["peak_pm25_ug_m3"]) == (None, None, None)


def test_drop_downs_reach_the_rows_for_copies() -> None:
    form, _ = sheets(answer_form(notice(form=2), ()))
    lists = {
        str(one.sqref): one.formula1.strip('"').split(",")
        for one in form.data_validations.dataValidation
        if one.type == "list"
    }
    last = FIRST_ROW + 1 + SPARE_ROWS
    assert lists == {
        f"F{FIRST_ROW}:F{last}": list(RESULTS),
        f"G{FIRST_ROW}:G{last}": list(office().categories),
        f"I{FIRST_ROW}:I{last}": list(RECTIFICATIONS),
    }
    dates = {str(one.sqref)[0] for one in form.data_validations.dataValidation if one.type == "date"}
    assert dates == {"J", "K", "N"}


def test_our_columns_are_grey_and_refuse_typing_and_yours_are_white() -> None:
    form, _ = sheets(answer_form(notice(form=1), ()))
    fills = {
        column.key: form.cell(FIRST_ROW, i).fill.fgColor.rgb for i, column in enumerate(COLUMNS, start=1)
    }
    assert {fills[column.key] for column in COLUMNS if column.is_ours} == {"00E7E6E6"}
    assert {fills[column.key] for column in COLUMNS if not column.is_ours} == {"00FFFFFF"}
    refused = {str(one.sqref)[0] for one in form.data_validations.dataValidation if one.type == "custom"}
    assert refused == set("ABCDEPQRSTUV")
    assert not form.protection.sheet  # a row must be copied for a second problem
    assert form.freeze_panes == f"E{FIRST_ROW}"


def test_an_overdue_deadline_is_red() -> None:
    form, _ = sheets(answer_form(notice(form=2), ()))
    overdue, in_time = (form.cell(FIRST_ROW + i, KEYS.index("deadline_at") + 1).font for i in (0, 1))
    assert (overdue.bold, overdue.color.rgb) == (True, "00C00000")
    assert (in_time.bold, in_time.color) == (False, None)


def test_text_is_text_whatever_it_begins_with() -> None:
    names = ("=1+1", "+SUM(A1)", "-2", "@cmd", '=HYPERLINK("http://x")', "<&>鄠🏭\x07")
    rows = tuple(form_row(i, point_name=name, alarm_id=f"={i}") for i, name in enumerate(names, start=1))
    content = answer_form(replace(notice(), form=rows), ())
    form, _ = sheets(content)
    column = KEYS.index("point_name") + 1
    cells = [form.cell(FIRST_ROW + i, column) for i in range(len(names))]
    assert [cell.value for cell in cells] == [*names[:5], "<&>鄠🏭〓"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [bool(cell.quotePrefix) for cell in cells] == [True] * 5 + [False]
    assert "<f>" not in docx_part(content, "xl/worksheets/sheet1.xml")


def test_the_guide_names_letter_version_and_every_column_and_carries_the_marks() -> None:
    figures = reminder(overdue=2)
    form, guide = sheets(answer_form(figures, ("模拟数据", "演练")))
    assert (guide[LETTER_KEY_CELL].value, guide[FORM_VERSION_CELL].value) == (
        figures.letter_key,
        FORM_VERSION,
    )
    texts = [str(cell.value) for row in guide.iter_rows() for cell in row if cell.value is not None]
    assert {column.header for column in COLUMNS} <= set(texts)
    assert form["A1"].value == "【模拟数据】【演练】石家庄市热点网格排查反馈表"
    assert texts[0] == "【模拟数据】【演练】热点网格排查反馈表填写说明"


def test_every_result_names_columns_that_exist() -> None:
    assert {key for result in RESULTS.values() for key in result.needs} <= set(KEYS)
    assert set(RECTIFICATIONS.values()) <= set(KEYS)


def printed_pt(widths: Iterable[Any]) -> float:
    """The size of the type as it is printed, by the program that makes columns widest: LibreOffice, 2.54 mm a sign."""
    mm = sum(2.54 * one.width for one in widths if not one.hidden)
    return min(1.0, (297 - 2 * 0.3 * 25.4) / mm) * TYPE_PT


def test_what_is_filled_in_first_prints_on_a4_and_the_rest_is_folded() -> None:
    form, _ = sheets(answer_form(notice(form=1), ()))
    widths = {
        column.key: form.column_dimensions[get_column_letter(place)]
        for place, column in enumerate(COLUMNS, start=1)
    }
    folded = [key for key, one in widths.items() if one.hidden]
    assert folded == ["started_at", "lon", "lat", "alarm_count", "peak_pm25_ug_m3", "code", "alarm_id"]
    assert all(widths[key].outlineLevel == 1 for key in folded)
    assert (form.page_setup.orientation, int(form.page_setup.paperSize)) == ("landscape", 9)  # A4
    assert printed_pt(widths.values()) > 8
    first_folded = form.cell(FIRST_ROW, KEYS.index("started_at") + 1)
    assert first_folded.alignment.horizontal == "left"  # nothing of it stands at the edge of the paper
    groups = [form.cell(GROUP_ROW, column).value for column in (1, 6, 16)]
    assert groups == ["由系统填写（灰色，请勿改动）", "由你市填写", "由系统填写（灰色，请勿改动）"]


def test_how_to_fill_it_in_prints_on_a4_no_wider_than_its_table() -> None:
    form, guide = sheets(answer_form(notice(form=1), ()))
    assert (guide.page_setup.orientation, int(guide.page_setup.paperSize)) == ("landscape", 9)
    long = [row for row in range(1, guide.max_row + 1) if len(str(guide.cell(row, 1).value or "")) > 30]
    merged = {one.bounds for one in guide.merged_cells.ranges}
    assert long
    for row in long:
        assert (1, row, 3, row) in merged
        assert guide.cell(row, 1).alignment.wrap_text
    assert {one.oddFooter.center.text for one in (form, guide)} == {"第&P页，共&N页"}
