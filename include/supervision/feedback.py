"""Feedback rates: the state of each alarm as of a moment, and the counts of each city.

Formulas: DOMAIN of the programme; the feedback rate reproduces the published 98.76 % (5,030 of 5,093), the others are
this project's own defaults (系统默认).
"""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import pandas as pd

from include.rules import DEADLINES
from include.supervision.figures import FeedbackCounts

COUNTS: Final[tuple[str, ...]] = tuple(field.name for field in fields(FeedbackCounts))
_ALARM_FLAGS: Final = (
    "pushed",
    "answered",
    "due",
    "on_time",
    "late",
    "overdue",
    "upheld",
)  # `is_…` of `judge`
ANSWERING: Final = ("submitted", "accepted")


def judge(states: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The states of `sql/alarm_states.sql` (one row an alarm) with what they mean as of `as_of`.

    Adds: `is_upheld` (误报, counted apart; every other flag is then false), `is_pushed` (counts as pushed), `is_answered`,
    `is_due` (deadline passed), `is_on_time` / `is_late` / `is_overdue` (they partition the due ones),
    `overdue_hours` (since the deadline; 0 unless overdue), `is_in_grace` (overdue, but sent back less than 24 h ago: the new
    answer may still be on time, so it is not urged).
    """
    moment = pd.Timestamp(as_of)
    judged = states.copy()
    judged["is_upheld"] = states["dispute_event"].eq("dispute_upheld")
    judged["is_pushed"] = ~judged["is_upheld"]
    judged["is_answered"] = judged["is_pushed"] & states["standing_event"].isin(ANSWERING)
    judged["is_due"] = judged["is_pushed"] & (states["deadline_at"] < moment)
    allowed_until = states["deadline_at"].where(
        states["returned_at"].isna()
        | (states["returned_at"] + DEADLINES.after_return < states["deadline_at"]),
        states["returned_at"] + DEADLINES.after_return,
    )
    in_time = states["standing_submission_at"] <= allowed_until
    judged["is_on_time"] = judged["is_due"] & judged["is_answered"] & in_time
    judged["is_late"] = judged["is_due"] & judged["is_answered"] & ~in_time
    judged["is_overdue"] = judged["is_due"] & ~judged["is_answered"]
    hours = (moment - states["deadline_at"]).dt.total_seconds() / 3600
    judged["overdue_hours"] = hours.where(judged["is_overdue"], 0.0).astype(float)
    judged["is_in_grace"] = judged["is_overdue"] & (allowed_until >= moment)
    return judged


def judge_problems(problems: pd.DataFrame, judged: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The problems of `sql/problems_found.sql` (one row a problem) at alarms that count as pushed.

    Adds `city_code`, `county`, `point_name`, `pushed_at` of the alarm, `rectify_due_at` (the promise, at most 15 days;
    3 days without one), `is_rectification_due`, `is_rectified`.
    """
    alarms = judged.loc[
        judged["is_pushed"], ["alarm_id", "grid_id", "city_code", "county", "point_name", "pushed_at"]
    ]
    found = problems.merge(alarms, on="alarm_id", how="inner", validate="m:1")
    default = found["found_at"] + DEADLINES.rectify
    longest = found["found_at"] + DEADLINES.rectify_longest
    promised = found["rectify_by_at"].fillna(default)
    found["rectify_due_at"] = promised.where(promised < longest, longest)
    found["is_rectified"] = found["rectified_at"].notna()
    found["is_rectification_due"] = found["rectify_due_at"] < pd.Timestamp(as_of)
    return found


def counts_by_city(judged: pd.DataFrame, problems: pd.DataFrame, city_codes: Iterable[str]) -> pd.DataFrame:
    """One row a city (index `city_code`, in the given order, zeros where nothing happened); columns = `COUNTS`.

    `judged` and `problems` come from `judge` and `judge_problems`, cut to the window by the caller.
    """
    alarms = pd.DataFrame({name: judged[f"is_{name}"] for name in _ALARM_FLAGS})
    found = pd.DataFrame({
        "problems": True, "alarms_with_problem": ~problems.duplicated(["city_code", "alarm_id"]),
        "rectification_due": problems["is_rectification_due"],
        "rectified": problems["is_rectified"] & problems["is_rectification_due"],
    }, index=problems.index)  # fmt: skip
    # Sums of flags: pandas adds them in one pass, and takes several for every other kind of aggregate.
    tables = (alarms.groupby(judged["city_code"]).sum(), found.groupby(problems["city_code"]).sum())
    cities = pd.Index(list(city_codes), name="city_code")
    summed = pd.concat([table.reindex(cities, fill_value=0) for table in tables], axis=1)
    return summed.astype(int)[list(COUNTS)]


def counts_between(
    judged: pd.DataFrame,
    problems: pd.DataFrame,
    start_at: datetime,
    end_at: datetime,
    city_codes: Iterable[str],
) -> pd.DataFrame:
    """`counts_by_city` of the alarms pushed in [start_at, end_at)."""
    return counts_by_city(
        pushed_between(judged, start_at, end_at), pushed_between(problems, start_at, end_at), city_codes
    )


def longest_overdue_hours(judged: pd.DataFrame) -> dict[str, float]:
    """By city: how long its oldest overdue alarm that is not in grace has been overdue, in hours; no key without an alarm."""
    hours = judged["overdue_hours"].mask(judged["is_in_grace"], 0.0)
    return {str(code): float(longest) for code, longest in hours.groupby(judged["city_code"]).max().items()}


def pushed_between(rows: pd.DataFrame, start_at: datetime, end_at: datetime) -> pd.DataFrame:
    """The rows whose alarm was pushed in [start_at, end_at)."""
    return rows[(rows["pushed_at"] >= pd.Timestamp(start_at)) & (rows["pushed_at"] < pd.Timestamp(end_at))]


def counts(table: pd.DataFrame, city_code: str | None = None) -> FeedbackCounts:
    """One city of `counts_by_city` as a value, or all of them added up."""
    row: Any = table.sum() if city_code is None else table.loc[city_code]
    return FeedbackCounts(*(int(number) for number in row.tolist()))  # the columns are COUNTS, in that order


def all_counts(table: pd.DataFrame) -> dict[str, FeedbackCounts]:
    """Every city of `counts_by_city` as a value."""
    rows = zip(table.index, table.to_numpy().tolist(), strict=True)
    return {str(code): FeedbackCounts(*row) for code, row in rows}
