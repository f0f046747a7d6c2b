"""What comes back and what stays open: repeat alarms, repeat problems, long unanswered alarms.

All functions take judged alarms (see `feedback`) up to the window's end: repeats those of the season, chronic ones all.
"""

from datetime import timedelta
from typing import Any

import pandas as pd

from include.periods import DAY, Period, midnight, office_zone
from include.rules import SUMMARY
from include.supervision.escalation import letters_by_alarm
from include.supervision.feedback import pushed_between
from include.supervision.judged_by import HOUSE, JudgedBy
from include.supervision.notice import overdue_rows, problem_status
from include.supervision.weekly_figures import LongUnanswered, RepeatAlarm, RepeatProblem


def repeat_alarms(
    judged: pd.DataFrame,
    found: pd.DataFrame,
    names: dict[str, str],
    window: Period,
    judged_by: JudgedBy = HOUSE,
) -> tuple[RepeatAlarm, ...]:
    """Grids with at least `repeat_alarms` (of their unit's rules) alarms in the last `SUMMARY.repeat_days`, one of them in the window;
    most first."""
    pushed = judged[judged["is_pushed"]]
    recent = pushed_between(pushed, midnight(window.end - SUMMARY.repeat_days * DAY), window.ends_at)
    in_window = pushed_between(recent, window.starts_at, window.ends_at).groupby("grid_id").size()
    season = pushed.groupby("grid_id").size()
    problems = found.groupby("grid_id").size()
    rows = []
    for grid_id, group in recent[recent["grid_id"].isin(in_window.index)].groupby("grid_id"):
        last = group.sort_values(["pushed_at", "alarm_id"]).iloc[-1]
        if len(group) < judged_by.of(last["unit_code"]).summary.repeat_alarms:
            continue
        peak = group["peak_pm25_ug_m3"].astype(float).max()
        rows.append(
            RepeatAlarm(
                str(grid_id),
                last["unit_code"],
                names.get(last["unit_code"], last["unit_code"]),
                last["county"],
                last["point_name"],
                int(in_window[grid_id]),
                len(group),
                int(season[grid_id]),
                None if pd.isna(peak) else float(peak),
                int(problems.get(grid_id, 0)),
                int(group["is_open"].sum()),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.recent_alarms, -row.window_alarms, row.grid_id)))


def repeat_problems(found: pd.DataFrame, names: dict[str, str], window: Period) -> tuple[RepeatProblem, ...]:
    """Grids where a category was found at an alarm of the window and, on an earlier day, at another alarm of the season.

    Finds count, in the order in which they were made, each alarm once and each day once: what two alarms of one morning
    brought to light is one find. The most often found first, then the latest.
    """
    rows = []
    days = found["found_at"].dt.tz_convert(office_zone()).dt.date
    is_new = (found["pushed_at"] >= pd.Timestamp(window.starts_at)) & (
        found["pushed_at"] < pd.Timestamp(window.ends_at)
    )
    ordered = found.assign(day=days, is_new=is_new).sort_values(["found_at", "problem_id"])
    candidates = ordered[ordered["is_new"]][["grid_id", "category"]].drop_duplicates()
    for (grid_id, category), group in ordered.merge(candidates, on=["grid_id", "category"]).groupby(
        ["grid_id", "category"]
    ):
        finds = group.drop_duplicates("alarm_id")  # the first find of each alarm
        first_day = finds["day"].iloc[0]
        if not (finds["is_new"] & (finds["day"] > first_day)).any():
            continue
        last: Any = next(group.iloc[-1:].itertuples(index=False))
        rows.append(
            RepeatProblem(
                str(grid_id),
                last.unit_code,
                names.get(last.unit_code, last.unit_code),
                last.county,
                last.point_name,
                str(category),
                int(finds["day"].nunique()),
                group["found_at"].iloc[0].to_pydatetime(),
                last.found_at.to_pydatetime(),
                problem_status(last, window.as_of),
            )
        )
    return tuple(
        sorted(rows, key=lambda row: (-row.alarms, -row.last_found_at.timestamp(), row.grid_id, row.category))
    )


def long_unanswered(
    judged: pd.DataFrame, urged: pd.DataFrame, names: dict[str, str], window: Period
) -> tuple[LongUnanswered, ...]:
    """The chronic alarms, whenever they were pushed; the oldest first.

    `urged`: one row a 督办函 of an alarm that left (sql/urged_alarms.sql).
    """
    chronic = judged[judged["is_chronic"]].sort_values(["pushed_at", "alarm_id"])
    letters = letters_by_alarm(urged)
    rows = {row.alarm_id: row for row in overdue_rows(chronic)}
    return tuple(
        LongUnanswered(
            unit,
            names.get(unit, unit),
            rows[alarm_id],
            (window.as_of - rows[alarm_id].pushed_at) // timedelta(days=1),
            len(letters.get((alarm_id, unit), ())),
        )
        for alarm_id, unit in zip(chronic["alarm_id"], chronic["unit_code"], strict=True)
    )
