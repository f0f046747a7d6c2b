"""The rows of a 提示函 and its answer form, from judged alarms (see `feedback.judge`)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pandas as pd

from include.answer_form.code import answer_code
from include.supervision.figures import FormRow, NoticeRow, OverdueRow, ProblemRow

# Statuses of one alarm, the most pressing first: a grid with several unanswered alarms shows the most pressing one.
UPHELD, OVERDUE, RETURNED, DISPUTED, WAITING, CLOSED, ANSWERED = (
    "误报（已核减）",
    "超期未反馈",
    "退回待重报",
    "争议待审",
    "待反馈",
    "已结案",
    "已反馈",
)
_PRESSING: Final = (OVERDUE, RETURNED, DISPUTED, WAITING, CLOSED)


def status(alarm: Any) -> str:
    """How one judged alarm stands, as the letter words it."""
    if alarm.is_upheld:
        return UPHELD
    if alarm.is_answered:
        return ANSWERED
    if alarm.is_closed:
        return CLOSED
    if alarm.is_overdue:
        return OVERDUE
    if alarm.is_returned:
        return RETURNED
    return DISPUTED if alarm.is_in_dispute else WAITING


def notice_rows(alarms: pd.DataFrame) -> tuple[NoticeRow, ...]:
    """One row a grid, in the order of the first alarm; repeat alarms of a grid share it."""
    rows = []
    for grid_id, group in alarms.sort_values(["started_at", "alarm_id"]).groupby("grid_id", sort=False):
        statuses = [status(alarm) for alarm in _each(group)]
        unanswered = group[group["is_open"]]
        first = group.iloc[0]
        rows.append(
            NoticeRow(
                grid_id=str(grid_id),
                county=first["county"],
                point_name=group.iloc[-1]["point_name"],
                started_at=_moment(first["started_at"]),
                last_at=_moment(group["last_at"].max()),
                alarm_count=int(group["alarm_count"].sum()),
                peak_pm25_ug_m3=_number(group["peak_pm25_ug_m3"].astype(float).max()),
                deadline_at=_moment(
                    unanswered["applicable_deadline_at"].min()
                    if len(unanswered)
                    else group["applicable_deadline_at"].max()
                ),
                status=_grid_status(statuses),
                alarm_ids=tuple(group["alarm_id"]),
            )
        )
    return tuple(rows)


def overdue_rows(overdue: pd.DataFrame) -> tuple[OverdueRow, ...]:
    """One row an overdue alarm, the longest overdue first."""
    return tuple(
        OverdueRow(
            alarm.alarm_id,
            alarm.grid_id,
            alarm.county,
            alarm.point_name,
            _moment(alarm.pushed_at),
            _moment(alarm.applicable_deadline_at),
            round(float(alarm.overdue_hours), 2),
        )
        for alarm in _each(overdue.sort_values(["applicable_deadline_at", "alarm_id"]))
    )


def problem_rows(problems: pd.DataFrame, as_of: datetime) -> tuple[ProblemRow, ...]:
    """One row a problem, in the order of discovery."""
    return tuple(
        ProblemRow(
            row.problem_id,
            row.alarm_id,
            row.county,
            row.point_name,
            row.category,
            row.description,
            _moment(row.found_at),
            problem_status(row, as_of),
        )
        for row in _each(problems.sort_values(["found_at", "problem_id"]))
    )


def problem_status(problem: Any, as_of: datetime) -> str:
    """已整改, 整改中 or 逾期未整改 as of the moment."""
    if problem.is_rectified:
        return "已整改"
    return "逾期未整改" if problem.rectify_due_at < pd.Timestamp(as_of) else "整改中"


def form_rows(open_alarms: pd.DataFrame, letter_key: str) -> tuple[FormRow, ...]:
    """One row an open alarm, the earliest deadline first, each with the code that ties it to the letter."""
    return tuple(
        FormRow(
            answer_code(letter_key, alarm.alarm_id),
            alarm.alarm_id,
            alarm.grid_id,
            alarm.county,
            alarm.point_name,
            _number(alarm.lon),
            _number(alarm.lat),
            _moment(alarm.started_at),
            int(alarm.alarm_count),
            _number(alarm.peak_pm25_ug_m3),
            _moment(alarm.applicable_deadline_at),
            bool(alarm.is_overdue),
        )
        for alarm in _each(open_alarms.sort_values(["applicable_deadline_at", "alarm_id"]))
    )


def _each(rows: pd.DataFrame) -> Iterator[Any]:
    return rows.itertuples(index=False)


def _grid_status(statuses: list[str]) -> str:
    counted = [one for one in statuses if one != UPHELD]
    if not counted:
        return UPHELD
    answered = counted.count(ANSWERED)
    if answered == len(counted):
        return ANSWERED
    if answered:
        return f"部分反馈（{answered}/{len(counted)}）"
    return next(one for one in _PRESSING if one in counted)


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
