"""Tables to be saved as CSV: heads in the office's language, moments by its clock, and what the figures are of beside every row."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from fastapi import Response

from include.cells import harmless
from include.desk.pages.view import moment_text, office_text
from include.periods import office_zone
from include.rules import SIMULATED_LABEL

# The head of each column; another name (a category of problems) stands as it is.
HEADS: Final[Mapping[str, str]] = {
    "rank": "位次", "unit_code": "单位代码", "unit_name": "单位", "pushed": "推送", "answered": "已反馈", "due": "到期",
    "on_time": "按期", "late": "逾期反馈", "overdue": "超期未反馈", "problems": "问题", "overdue_before": "上期超期",
    "on_time_before": "上期按期", "due_before": "上期到期", "date": "日期", "alarms_with_problem": "查出问题的报警",
    "letters": "函件", "asking": "要求反馈的函件", "heard": "有回音", "sign_hours": "首次回音（小时）", "alarms": "所列报警",
    "answer_hours": "反馈用时（小时）", "accepted": "已验收", "rectified": "已整改", "letter_id": "编号", "kind": "种类",
    "addressee": "收件方", "window": "时段", "number": "发文字号", "standing": "状态", "reason": "原因", "run_id": "运行",
    "changed_at": "时间（北京时间）", "actor": "何人", "subject": "对象", "subject_id": "标识", "action": "动作",
    "from_state": "原状态", "to_state": "现状态", "first": "时段自", "last": "至", "as_of_at": "截至（北京时间）", "mark": "标注",
}  # fmt: skip
TOTAL: Final = "合计"
MOST_ROWS: Final = 5_000  # more than a season has letters
CUT: Final = "此外还有：一次至多 {n} 行，请筛选后再下载"


def csv_file(table: pd.DataFrame, name: str, *, is_simulated: bool = False, **told: Any) -> Response:
    """A CSV to be saved; with a byte-order mark, by which a spreadsheet knows its UTF-8. `told`: the same in every row, as the window
    (`first`, `last`) and the moment (`as_of_at`). Of a table of more than MOST_ROWS rows the rest is left out, which the last row says."""
    told |= {"mark": SIMULATED_LABEL} if is_simulated else {}
    beside = [_cell(value) for value in told.values()]
    heads = [office_text(HEADS.get(str(column), str(column))) for column in (*table.columns, *told)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    columns = (_cells(table[column].head(MOST_ROWS)) for column in table.columns)
    writer.writerows([*row, *beside] for row in zip(*columns, strict=True))
    if len(table) > MOST_ROWS:
        writer.writerow([office_text(CUT).format(n=MOST_ROWS)])
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(column: "pd.Series[Any]") -> list[Any]:
    """A column as it is written; its texts, many of which recur, are looked at once each."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        local = column.dt.tz_convert(office_zone()).dt.tz_localize(None).to_numpy("datetime64[m]")
        told = np.datetime_as_string(local).tolist()
        return ["" if moment == "NaT" else moment.replace("T", " ") for moment in told]
    known = cache(_cell)
    return [known(value) if isinstance(value, str) else _cell(value) for value in column.tolist()]


def _cell(value: Any) -> Any:
    # What is missing differs from itself; pandas' NA refuses to say.
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, datetime):
        return moment_text(value)
    return office_text(value) if value in (SIMULATED_LABEL, TOTAL) else harmless(value)
