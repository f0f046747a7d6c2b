"""What comes back and what stays open: repeat alarms, repeat problems, long unanswered alarms.

All functions take judged alarms (see `feedback`) up to the window's end: repeats those of the season, chronic ones all.
"""

from datetime import timedelta
from typing import Any

import pandas as pd

from include.periods import DAY, Period, midnight
from include.rules import SUMMARY
from include.supervision.escalation import letters_by_alarm
from include.supervision.feedback import pushed_between
from include.supervision.notice import overdue_rows, problem_status
from include.supervision.weekly_figures import LongUnanswered, RepeatAlarm, RepeatProblem


def repeat_alarms(
    judged: pd.DataFrame, found: pd.DataFrame, names: dict[str, str], window: Period
) -> tuple[RepeatAlarm, ...]:
    """Grids with at least `SUMMARY.repeat_alarms` alarms in the last `SUMMARY.repeat_days`, one of them in the window; most first."""
    pushed = judged[judged["is_pushed"]]
    recent = pushed_between(pushed, midnight(window.end - SUMMARY.repeat_days * DAY), window.ends_at)
    in_window = pushed_between(recent, window.starts_at, window.ends_at).groupby("grid_id").size()
    season = pushed.groupby("grid_id").size()
    problems = found.groupby("grid_id").size()
    rows = []
    for grid_id, group in recent[recent["grid_id"].isin(in_window.index)].groupby("grid_id"):
        if len(group) < SUMMARY.repeat_alarms:
            continue
        last = group.sort_values(["pushed_at", "alarm_id"]).iloc[-1]
        peak = group["peak_pm25_ug_m3"].astype(float).max()
        rows.append(
            RepeatAlarm(
                str(grid_id), last["city_code"], names.get(last["city_code"], last["city_code"]), last["county"],
                last["point_name"], int(in_window[grid_id]), len(group), int(season[grid_id]),
                None if pd.isna(peak) else float(peak), int(problems.get(grid_id, 0)), int(group["is_open"].sum()),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.recent_alarms, -row.window_alarms, row.grid_id)))


def repeat_problems(found: pd.DataFrame, names: dict[str, str], window: Period) -> tuple[RepeatProblem, ...]:
    """Grids where a category was found at an alarm of the window and at an earlier alarm of the season; most alarms first."""
    new = pushed_between(found, window.starts_at, window.ends_at)
    keys = set(zip(new["grid_id"], new["category"], strict=True))
    rows = []
    for (grid_id, category), group in found.groupby(["grid_id", "category"]):
        if (grid_id, category) not in keys or group["alarm_id"].nunique() < 2:
            continue
        ordered = group.sort_values(["found_at", "problem_id"])
        last: Any = next(ordered.iloc[-1:].itertuples(index=False))
        rows.append(
            RepeatProblem(
                str(grid_id), last.city_code, names.get(last.city_code, last.city_code), last.county, last.point_name,
                str(category), int(group["alarm_id"].nunique()), ordered["found_at"].iloc[0].to_pydatetime(),
                last.found_at.to_pydatetime(), problem_status(last, window.as_of),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.alarms, row.grid_id, row.category)))


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
        for alarm_id, unit in zip(chronic["alarm_id"], chronic["city_code"], strict=True)
    )
