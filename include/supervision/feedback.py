"""Feedback rates: the state of each alarm as of a moment, and the counts of each city.

Formulas: DOMAIN of the programme; the feedback rate reproduces the published 98.76 % (5,030 of 5,093), the others are
this project's own defaults (系统默认).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from include.rules import DEADLINES, LOW_RESPONSE
from include.supervision.figures import FeedbackCounts

Span = TypeVar("Span", bound=Hashable)
COUNTS: Final[tuple[str, ...]] = tuple(field.name for field in fields(FeedbackCounts))
# `is_…` of `judge`
_ALARM_FLAGS: Final = (
    "pushed",
    "answered",
    "due",
    "on_time",
    "late",
    "overdue",
    "upheld",
    "in_dispute",
    "chronic",
    "closed",
)
# The columns of sql/alarm_states.sql and of sql/problems_found.sql that `judge`, `judge_problems` and the counts read; the others tell about an alarm.
COUNTED: Final = (
    "alarm_id", "unit_code", "pushed_at", "deadline_at", "is_simulated", "first_answer_at", "standing_event", "standing_at", "returned_at",
    "first_disputed_at", "disputed_at", "upheld_at", "rejected_at", "closed_at", "reopened_at",
)  # fmt: skip
COUNTED_PROBLEMS: Final = ("alarm_id", "category", "found_at", "rectify_by_at", "rectified_at")
_OF_ALARM: Final = ("alarm_id", "grid_id", "unit_code", "county", "point_name", "pushed_at", "is_answered")
ANSWERING: Final = ("submitted", "accepted", "reported")
REPORTED: Final = (
    "reported"  # by every holder, in an office with a chain whose review is not done (`chain.reported`)
)
# Of `is_…` the first that is so is the word for an alarm; a late answer that was sent back is in grace before it is anything else.
STANDINGS: Final = (
    "upheld",
    "closed",
    "overdue",
    "in_grace",
    "in_dispute",
    "under_review",
    "late",
    "answered",
)


def judge(states: pd.DataFrame, as_of: datetime | pd.Series[Any]) -> pd.DataFrame:
    """The states of `sql/alarm_states.sql` (one row an alarm) with what they mean as of `as_of` (of a row each, where states of
    several moments stand below each other), edition 2026-11.

    A moment belongs to its deadline: an answer or dispute at it is in time, an `as_of` at it is not due. Adds:

    `is_upheld`    误报: counted apart, every other flag is then false
    `is_pushed`    counts as pushed
    `is_answered`  an answer stands: the last of submitted, returned, accepted is not a return
    `is_under_review`  已上报待审核: answered, and this office has not passed it yet
    `is_answered_in_time`  答复及时: answered, first by the deadline that the alarm carries, whatever was disputed or rejected
    `is_closed`    结案 without a standing answer, and nothing came after it
    `is_open`      neither answered nor closed, however old
    `is_in_dispute`  复核中: disputed by the deadline, undecided
    `first_deadline_at`  F: the deadline or, if later, 24 h after the last rejection of a dispute raised by the deadline
    `applicable_deadline_at`  A: the later of F and the last return + 24 h
    `is_due`       F is past, not in dispute, not closed; it is exactly one of the next three
    `is_overdue`   due, no answer stands, A is past
    `is_on_time`   due, not overdue, first answered by F (also while a returned answer is in grace)
    `is_late`      due, neither
    `is_chronic`   长期未反馈: overdue by more than seven days; `is_recent`: overdue, not chronic
    `is_in_grace`  due and sent back, the 24 hours for the new answer last still
    `overdue_hours`  since A; 0 unless overdue
    `is_returned`, `is_reanswered`, `is_overdue_again`  sent back; answered again since; overdue again
    """
    moment = pd.Timestamp(as_of) if isinstance(as_of, datetime) else as_of
    # Put together at once: a frame that takes its columns one by one is made anew for each.
    judged: dict[str, pd.Series[Any]] = {}
    judged["is_upheld"] = states["upheld_at"].notna() & ~(states["rejected_at"] > states["upheld_at"])
    pushed = judged["is_pushed"] = ~judged["is_upheld"]
    answered = judged["is_answered"] = pushed & states["standing_event"].isin(ANSWERING)
    judged["is_under_review"] = answered & (states["standing_event"] == REPORTED)
    judged["is_answered_in_time"] = answered & (states["first_answer_at"] <= states["deadline_at"])
    closed = judged["is_closed"] = pushed & ~answered & _is_closed(states)
    judged["is_open"] = pushed & ~answered & ~closed
    decided_at = states[["upheld_at", "rejected_at"]].max(axis=1)
    in_dispute = judged["is_in_dispute"] = (
        pushed & states["disputed_at"].notna() & ~(states["disputed_at"] <= decided_at)
    )
    rejected_at = states["rejected_at"].where(states["rejected_at"] >= states["first_disputed_at"])
    first = judged["first_deadline_at"] = _later(
        states["deadline_at"], rejected_at + DEADLINES.after_rejection
    )
    until = judged["applicable_deadline_at"] = _later(first, states["returned_at"] + DEADLINES.after_return)
    due = judged["is_due"] = pushed & (first < moment) & ~in_dispute & ~closed
    overdue = judged["is_overdue"] = due & ~answered & (until < moment)
    judged["is_on_time"] = due & ~overdue & (states["first_answer_at"] <= first)
    judged["is_late"] = due & ~overdue & ~judged["is_on_time"]
    judged["is_chronic"] = overdue & (until + LOW_RESPONSE.recent_overdue < moment)
    judged["is_recent"] = overdue & ~judged["is_chronic"]
    judged["is_in_grace"] = due & ~answered & ~overdue
    hours = (moment - until).dt.total_seconds() / 3600
    judged["overdue_hours"] = hours.where(overdue, 0.0).astype(float)
    judged["is_returned"] = pushed & states["returned_at"].notna()
    judged["is_reanswered"] = judged["is_returned"] & answered
    judged["is_overdue_again"] = judged["is_returned"] & overdue
    return pd.concat([states, pd.DataFrame(judged, index=states.index)], axis=1)


def _is_closed(states: pd.DataFrame) -> pd.Series[bool]:
    """结案 that nothing undid: neither an answer or return after it, nor a reopening."""
    closed_at = states["closed_at"]
    undone = (states["standing_at"] > closed_at) | (states["reopened_at"] >= closed_at)
    return closed_at.notna() & ~undone


def _later(one: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[Any]:
    """The later of two instants, row by row; an empty one counts for nothing."""
    return one.where(~(other > one), other)


def standing(alarm: Mapping[Any, Any]) -> str:
    """The one word for a judged alarm: the first of STANDINGS that is so, else `waiting`."""
    return next((name for name in STANDINGS if alarm[f"is_{name}"]), "waiting")


def judge_problems(problems: pd.DataFrame, judged: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The problems of `sql/problems_found.sql` (one row a problem) at alarms that count as pushed.

    Adds `grid_id`, `unit_code`, `county`, `point_name`, `pushed_at`, `is_answered` of the alarm (those that are told), `rectify_due_at` (the promise, at most 15 days;
    3 days without one), `is_rectification_due`, `is_rectified`.
    """
    columns = [name for name in _OF_ALARM if name in judged]
    alarms = judged.loc[judged["is_pushed"], columns]
    found = problems.merge(alarms, on="alarm_id", how="inner", validate="m:1")
    default = found["found_at"] + DEADLINES.rectify
    longest = found["found_at"] + DEADLINES.rectify_longest
    promised = found["rectify_by_at"].fillna(default)
    found["rectify_due_at"] = promised.where(promised < longest, longest)
    found["is_rectified"] = found["rectified_at"].notna()
    found["is_rectification_due"] = found["rectify_due_at"] < pd.Timestamp(as_of)
    return found


def counts_by_city(judged: pd.DataFrame, problems: pd.DataFrame, unit_codes: Iterable[str]) -> pd.DataFrame:
    """One row a city (index `unit_code`, in the given order, each once, zeros where nothing happened); columns = `COUNTS`.

    `judged` and `problems` come from `judge` and `judge_problems`, cut to the window by the caller.
    """
    alarms = pd.DataFrame({name: judged[f"is_{name}"] for name in _ALARM_FLAGS})
    found = pd.DataFrame(
        {
            "problems": True,
            "alarms_with_problem": ~problems.duplicated(["unit_code", "alarm_id"])
            & problems["is_answered"].astype(bool),
            "rectification_due": problems["is_rectification_due"],
            "rectified": problems["is_rectified"] & problems["is_rectification_due"],
        },
        index=problems.index,
    )
    # Sums of flags: pandas adds them in one pass, and takes several for every other kind of aggregate.
    tables = (alarms.groupby(judged["unit_code"]).sum(), found.groupby(problems["unit_code"]).sum())
    # A unit may be in two regions; its alarms are counted once.
    cities = pd.Index(list(dict.fromkeys(unit_codes)), name="unit_code")
    summed = pd.concat([table.reindex(cities, fill_value=0) for table in tables], axis=1)
    return summed.astype(int)[list(COUNTS)]


def counts_between(
    judged: pd.DataFrame,
    problems: pd.DataFrame,
    start_at: datetime,
    end_at: datetime,
    unit_codes: Iterable[str],
) -> pd.DataFrame:
    """`counts_by_city` of the alarms pushed in [start_at, end_at)."""
    return counts_by_city(
        pushed_between(judged, start_at, end_at), pushed_between(problems, start_at, end_at), unit_codes
    )


def counts_by_span(
    judged: pd.DataFrame,
    problems: pd.DataFrame,
    starts: Mapping[Span, datetime],
    unit_codes: Iterable[str],
) -> dict[tuple[str, Span], FeedbackCounts]:
    """The counts by unit and span of pushes, in one pass: a span ends where the next one begins, the last one with the rows.
    `starts` are in the order of time."""
    first = pd.to_datetime(list(starts.values()), utc=True)
    names = np.array([f"/{place}" for place in range(len(starts))], dtype=object)

    def named(rows: pd.DataFrame) -> pd.DataFrame:
        place = first.searchsorted(pd.DatetimeIndex(rows["pushed_at"]), side="right") - 1
        inside = rows[place >= 0]
        return inside.assign(unit_code=inside["unit_code"] + names[place[place >= 0]])

    keys = {f"{code}/{place}": (code, span) for code in unit_codes for place, span in enumerate(starts)}
    found = all_counts(counts_by_city(named(judged), named(problems), list(keys)))
    return {keys[key]: one for key, one in found.items()}


def added(several: Iterable[FeedbackCounts]) -> FeedbackCounts:
    """Counts of units or spans that share no alarm, as those of all of them."""
    sums = [sum(numbers) for numbers in zip(*(astuple(one) for one in several), strict=True)]
    return FeedbackCounts(*sums)


def answered_in_time(judged: pd.DataFrame, unit_codes: Iterable[str]) -> pd.Series[int]:
    """答复及时 by unit, in the given order, of the alarms of `judge` that the caller cut to the window; it depends on no dispute
    but upheld ones, which leave `pushed` and `answered` too."""
    summed = judged.groupby("unit_code")["is_answered_in_time"].sum()
    return summed.reindex(pd.Index(list(unit_codes), name="unit_code"), fill_value=0).astype(int)


def pushed_between(rows: pd.DataFrame, start_at: datetime, end_at: datetime) -> pd.DataFrame:
    """The rows whose alarm was pushed in [start_at, end_at)."""
    return rows[(rows["pushed_at"] >= pd.Timestamp(start_at)) & (rows["pushed_at"] < pd.Timestamp(end_at))]


def counts(table: pd.DataFrame, unit_code: str | None = None) -> FeedbackCounts:
    """One city of `counts_by_city` as a value, or all of them added up."""
    row: Any = table.sum() if unit_code is None else table.loc[unit_code]
    return FeedbackCounts(*(int(number) for number in row.tolist()))  # the columns are COUNTS, in that order


def all_counts(table: pd.DataFrame) -> dict[str, FeedbackCounts]:
    """Every city of `counts_by_city` as a value."""
    rows = zip(table.index, table.to_numpy().tolist(), strict=True)
    return {str(code): FeedbackCounts(*row) for code, row in rows}
