"""The sheet 疑似来源核查 of an answer form: one row a suspect of an alarm that the form asks about."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from openpyxl.utils import get_column_letter

from include.answer_form.code import suspect_code
from include.answer_form.layout import FIRST_ROW, SUSPECT_COLUMNS
from include.answer_form.sheet import head, height_of, page, validation, write
from include.language import say
from include.supervision.figures import AlarmSuspects, FormRow
from include.suspects.wording import LEVELS

_WIDTHS: Final = {
    "serial": 4.5,
    "grid_id": 9,
    "point_name": 15,
    "name": 20,
    "level": 6,
    "reason": 34,
    "verdict": 13,
    "unit": 12,
    "inspector": 9,
    "note": 26,
    "alarm_id": 20,
    "candidate_id": 14,
    "code": 14,
}
_UNLISTED: Final = "unlisted"


def suspect_rows(
    letter_key: str, form: tuple[FormRow, ...], suspects: tuple[AlarmSuspects, ...]
) -> Iterator[dict[str, Any]]:
    """Our columns of each row, in the order of the form; 来源不明 is nobody who could be checked."""
    told = {one.alarm_id: one.suspects for one in suspects}
    serial = 0
    for row in form:
        for one in told.get(row.alarm_id, ()):
            if one.kind == _UNLISTED or not one.candidate_id:
                continue
            serial += 1
            yield {
                "serial": serial,
                "grid_id": row.grid_id,
                "point_name": row.point_name,
                "alarm_id": row.alarm_id,
                "candidate_id": one.candidate_id,
                "code": suspect_code(letter_key, row.alarm_id, one.candidate_id),
                "name": one.name,
                "level": say(LEVELS[one.level]),
                "reason": one.reason,
            }


def fill_suspects(sheet: Any, rows: Sequence[dict[str, Any]], heading: str, addressed: str) -> None:
    """Title, what to do, who fills in what, headers, and one row a suspect: the rows stand where those of the form stand."""
    note = say(
        "均为疑似来源，建议核查，不作为认定依据（可能性高：一半以上；中：两成至一半；低：不足两成）；核查后在白色各列选择结果并填写情况，未核查的留空。"
    )
    head(sheet, SUSPECT_COLUMNS, _WIDTHS, heading, note, addressed)
    for index, column in enumerate(SUSPECT_COLUMNS, start=1):
        side = "ours" if column.is_ours else "yours"
        letter = get_column_letter(index)
        for offset, values in enumerate(rows):
            write(sheet.cell(FIRST_ROW + offset, index), values.get(column.key), f"form_{side}_{column.kind}")
        if (allowed := validation(column)) is not None:
            allowed.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + len(rows) - 1}")
            sheet.add_data_validation(allowed)
    for offset, values in enumerate(rows):
        sheet.row_dimensions[FIRST_ROW + offset].height = height_of(SUSPECT_COLUMNS, values, _WIDTHS)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 1)
    page(sheet)
