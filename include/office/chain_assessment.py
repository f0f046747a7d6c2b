"""考核 of a month by holder: the figures with the names of the units, and as a workbook."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from include.chain.assessment import COLUMNS, assessed
from include.house import House
from include.language import say
from include.office.chain import chain_settings
from include.periods import DAY, midnight, moment_label, office_date
from include.store.chain import chain_tasks
from include.store.engine import reading
from include.store.facts import ALL_KNOWN
from include.store.statements import frame

HEADINGS: Final = {
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
    "rank": "名次",
}
"""What the columns are called, in the order of the list."""


def assessment(house: House, month: date, as_of: datetime) -> pd.DataFrame:
    """One row a holder of the alarms first assigned in the month, as of a moment; columns `HEADINGS`."""
    chain_settings()
    start = month.replace(day=1)
    end = (start + 31 * DAY).replace(day=1)
    span = (midnight(start), midnight(end))
    with reading(house.engine) as connection:
        tasks = chain_tasks(connection, *span, as_of)
        steps = frame(
            connection, "chain_steps", start_at=span[0], end_at=span[1], as_of_at=as_of, known_at=ALL_KNOWN
        )
        names = frame(connection, "units_on", on_date=office_date(min(as_of, span[1])))
    found = assessed(tasks, steps, as_of)
    known = names.set_index("unit_code")["name"]
    found["unit_name"] = found["unit_code"].map(known).fillna(found["unit_code"])
    assert set(COLUMNS) < set(HEADINGS)
    return found[list(HEADINGS)]


def assessment_workbook(rows: pd.DataFrame, month: date, as_of: datetime) -> bytes:
    """The list as a workbook. Text is never a formula; a unit of which nothing is due has — for a rank."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    sheet.title = say("考核")
    title = say("{month:%Y-%m}交办件考核，截至{moment}", month=month, moment=moment_label(as_of, year=True))
    sheet.append([title])
    sheet.append([say(name) for name in HEADINGS.values()])
    for number, row in enumerate(rows.to_dict("records"), start=3):
        for place, value in enumerate(row.values(), start=1):
            cell = sheet.cell(number, place)
            cell.value = "—" if pd.isna(value) else value if isinstance(value, str) else int(value)
            if isinstance(cell.value, str):
                cell.data_type = "s"
    for place in range(1, len(HEADINGS) + 1):
        sheet.cell(2, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = 14
    sheet.freeze_panes = "C3"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
