"""The open alarms of a unit as a letter lists them: no standing answer and not closed, however old."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from include.supervision.bulletin_figures import OpenAlarm
from include.supervision.notice import status


def open_by_unit(judged: pd.DataFrame, end_at: datetime) -> Mapping[str, tuple[OpenAlarm, ...]]:
    """By city code, the open alarms among `judged` (`feedback.judge`) pushed before `end_at`, the earliest push first."""
    rows = judged[judged["is_open"] & (judged["pushed_at"] < pd.Timestamp(end_at))]
    found: dict[str, list[OpenAlarm]] = {}
    ordered: Any = rows.sort_values(["pushed_at", "alarm_id"])
    for alarm in ordered.itertuples(index=False):
        found.setdefault(str(alarm.unit_code), []).append(
            OpenAlarm(
                alarm_id=str(alarm.alarm_id),
                grid_id=str(alarm.grid_id),
                county=str(alarm.county),
                point_name=str(alarm.point_name),
                pushed_at=_moment(alarm.pushed_at),
                deadline_at=_moment(alarm.applicable_deadline_at),
                status=status(alarm),
                overdue_hours=round(float(alarm.overdue_hours), 2),
                is_chronic=bool(alarm.is_chronic),
            )
        )
    return {code: tuple(own) for code, own in found.items()}


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment
