"""The rows of a 提示函 and its answer form, from judged alarms (see `feedback.judge`)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

import pandas as pd

from include.answer_form.code import answer_code
from include.supervision.figures import FormRow, NoticeRow, OverdueRow, ProblemRow

# Statuses of one alarm, the most pressing first: a grid with several unanswered alarms shows the most pressing one.
UPHELD, OVERDUE, RETURNED, DISPUTED, WAITING, CLOSED, UNDER_REVIEW, ANSWERED = (
    "误报（已核减）",
    "超期未反馈",
    "退回待重报",
    "争议待审",
    "待反馈",
    "已结案",
    "已上报待审核",
    "已反馈",
)
_PRESSING: Final = (OVERDUE, RETURNED, DISPUTED, WAITING, UNDER_REVIEW, CLOSED)
# What the rows of each kind are made from: a judged alarm (`feedback.judge`) has some fifty columns.
_PLACE: Final = ("alarm_id", "grid_id", "county", "point_name")
_DEADLINE: Final = "applicable_deadline_at"
_SIZE: Final = ("started_at", "alarm_count", "peak_pm25_ug_m3", _DEADLINE, "is_overdue")
_STATES: Final = (
    "is_open",
    "is_upheld",
    "is_under_review",
    "is_answered",
    "is_closed",
    "is_returned",
    "is_in_dispute",
)
_NOTICE: Final = (*_PLACE, *_SIZE, "last_at", *_STATES)
_FORM: Final = (*_PLACE, *_SIZE, "lon", "lat")
_OVERDUE: Final = (*_PLACE, "pushed_at", _DEADLINE, "overdue_hours")
ALARM_COLUMNS: Final = tuple(dict.fromkeys((*_NOTICE, *_FORM, *_OVERDUE)))
_FINDING: Final = ("category", "description", "found_at", "is_rectified", "rectify_due_at")
_PROBLEM: Final = ("problem_id", "alarm_id", "county", "point_name", *_FINDING)


def status(alarm: Any) -> str:
    """How one judged alarm stands, as the letter words it."""
    if alarm.is_upheld:
        return UPHELD
    if alarm.is_under_review:
        return UNDER_REVIEW
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
    by_grid: dict[str, list[Any]] = {}
    for alarm in _each(alarms, _NOTICE, ["started_at", "alarm_id"]):
        by_grid.setdefault(alarm.grid_id, []).append(alarm)
    return tuple(_notice_row(grid_id, group) for grid_id, group in by_grid.items())


def _notice_row(grid_id: str, group: Sequence[Any]) -> NoticeRow:
    peaks = _known(one.peak_pm25_ug_m3 for one in group)
    unanswered = [one for one in group if one.is_open]
    deadlines = _known(one.applicable_deadline_at for one in unanswered or group)
    decides = min if unanswered else max
    return NoticeRow(
        grid_id=str(grid_id),
        county=group[0].county,
        point_name=group[-1].point_name,
        started_at=_moment(group[0].started_at),
        last_at=_moment(max(_known(one.last_at for one in group), default=pd.NaT)),
        alarm_count=sum(int(one.alarm_count) for one in group),
        peak_pm25_ug_m3=float(max(peaks)) if peaks else None,
        deadline_at=_moment(decides(deadlines, default=pd.NaT)),
        status=_grid_status([status(one) for one in group]),
        alarm_ids=tuple(one.alarm_id for one in group),
    )


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
        for alarm in _each(overdue, _OVERDUE, ["applicable_deadline_at", "alarm_id"])
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
        for row in _each(problems, _PROBLEM, ["found_at", "problem_id"])
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
        for alarm in _each(open_alarms, _FORM, ["applicable_deadline_at", "alarm_id"])
    )


def _each(rows: pd.DataFrame, columns: Sequence[str], order: list[str]) -> Iterator[Any]:
    """The rows in that order, each with these columns as attributes."""
    narrow = rows[list(columns)].sort_values(order)
    for values in zip(*(narrow[name].tolist() for name in columns), strict=True):
        yield SimpleNamespace(**dict(zip(columns, values, strict=True)))


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


def _known(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if not pd.isna(value)]


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
