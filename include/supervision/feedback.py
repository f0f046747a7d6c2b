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
    alarms = judged.groupby("city_code").agg(
        pushed=("is_pushed", "sum"), answered=("is_answered", "sum"), due=("is_due", "sum"),
        on_time=("is_on_time", "sum"), late=("is_late", "sum"), overdue=("is_overdue", "sum"), upheld=("is_upheld", "sum"),
    )  # fmt: skip
    found = problems.assign(
        is_rectified_in_due=problems["is_rectified"] & problems["is_rectification_due"],
    ).groupby("city_code").agg(
        problems=("problem_id", "size"), alarms_with_problem=("alarm_id", "nunique"),
        rectification_due=("is_rectification_due", "sum"), rectified=("is_rectified_in_due", "sum"),
    )  # fmt: skip
    cities = pd.Index(list(city_codes), name="city_code")
    return alarms.join(found, how="left").reindex(cities).fillna(0).astype(int)[list(COUNTS)]


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


def longest_overdue_hours(judged: pd.DataFrame) -> float:
    """How long the oldest overdue alarm that is not in grace has been overdue, in hours; 0 without one."""
    return (
        float(judged.loc[~judged["is_in_grace"], "overdue_hours"].max())
        if (~judged["is_in_grace"]).any()
        else 0.0
    )


def pushed_between(rows: pd.DataFrame, start_at: datetime, end_at: datetime) -> pd.DataFrame:
    """The rows whose alarm was pushed in [start_at, end_at)."""
    return rows[(rows["pushed_at"] >= pd.Timestamp(start_at)) & (rows["pushed_at"] < pd.Timestamp(end_at))]


def counts(table: pd.DataFrame, city_code: str | None = None) -> FeedbackCounts:
    """One city of `counts_by_city` as a value, or all of them added up."""
    row: Any = table.sum() if city_code is None else table.loc[city_code]
    return FeedbackCounts(*(int(number) for number in row.tolist()))  # the columns are COUNTS, in that order
