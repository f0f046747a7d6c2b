"""抽查: the answers drawn for a week with what a person found, shown once the week is over."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine

from include.errors import InputError, StateError
from include.periods import DAY, midnight, office_date
from include.post import audit
from include.store.engine import reading, writing
from include.store.spot_checks import answers_of_week, check_results, draw_key, insert_result
from include.supervision.bulletin_figures import SpotChecks
from include.supervision.spot_checks import RESULTS, drawn, week_of

COLUMNS: Final = (
    "week_start",
    "alarm_id",
    "unit_code",
    "unit_name",
    "grid_id",
    "county",
    "point_name",
    "submitted_at",
    "unit",
    "note",
    "result",
    "reason",
    "checked_by",
    "checked_at",
    "is_simulated",
)
_WEEK: Final = 7
_WEEKS_TO_CHECK: Final = 4


@dataclass(frozen=True)
class WeekDraw:
    """The draw of one week: `answers` in it, and the drawn ones with the result that stands (columns `COLUMNS`)."""

    week_start: date
    answers: int
    rows: pd.DataFrame


def week_draw(engine: Engine, week_start: date, now: datetime) -> WeekDraw:
    """The draw of a week. Raises InputError for a day with which no week begins, and StateError before the week is over."""
    _require_week(week_start, now)
    key = draw_key(engine, now)
    with reading(engine) as connection:
        answers = answers_of_week(connection, week_start)
        results = check_results(connection, week_start, week_start + DAY, now)
    rows = drawn(answers, week_start, key).assign(week_start=week_start)
    told = results[["alarm_id", "result", "reason", "checked_by", "checked_at"]]
    joined = rows.merge(told, on="alarm_id", how="left", validate="1:1")
    return WeekDraw(week_start, len(answers), joined[list(COLUMNS)])


def record_result(
    engine: Engine, week_start: date, alarm_id: str, result: str, *, now: datetime, actor: str, reason: str
) -> None:
    """Records what a person found about a drawn answer; said again, the last one stands. Raises InputError for what is no result,
    and StateError for an answer that was not drawn that week."""
    if result not in RESULTS:
        raise InputError("not a result of a check", where="result", got=result, expected=" or ".join(RESULTS))
    if not reason.strip():
        raise InputError(
            "a check needs what was found", where="reason", expected="what the person saw or was told"
        )
    rows = week_draw(engine, week_start, now).rows
    own = rows[rows["alarm_id"] == alarm_id]
    if own.empty:
        raise StateError(
            "this answer was not drawn in that week",
            where=alarm_id,
            got=str(week_start),
            todo="look at the list of the week: only drawn answers are checked",
        )
    before = own["result"].iloc[0]
    with writing(engine) as connection:
        insert_result(
            connection,
            {
                "week_start": week_start,
                "alarm_id": alarm_id,
                "checked_at": now,
                "unit_code": own["unit_code"].iloc[0],
                "result": result,
                "reason": reason,
                "checked_by": actor[:128],
            },
        )
        change = audit.Change(
            "spot_check",
            f"{week_start} {alarm_id}",
            "check",
            str(before) if isinstance(before, str) else None,
            result,
            reason,
        )
        audit.record(connection, [change], now=now, actor=actor)


def checks_of_window(
    engine: Engine, start: datetime, end: datetime, as_of: datetime
) -> dict[str, SpotChecks]:
    """By city code, and in all under an empty one: the draws of the weeks that ended in (start, end], and their results as of a
    moment. How many are drawn does not depend on the key."""
    first = week_of(office_date(start))
    weeks = [
        week
        for number in range(4)
        if start < midnight((week := first + number * _WEEK * DAY) + _WEEK * DAY) <= end
    ]
    if not weeks:
        return {}
    key = draw_key(engine, as_of)
    with reading(engine) as connection:
        rows = pd.concat(
            [drawn(answers_of_week(connection, week), week, key).assign(week_start=week) for week in weeks]
        )
        results = check_results(connection, weeks[0], weeks[-1] + DAY, as_of)
    joined = rows.merge(
        results[["week_start", "alarm_id", "result"]], on=["week_start", "alarm_id"], how="left"
    )
    found = {str(code): _counted(own) for code, own in joined.groupby("unit_code")}
    return {**found, "": _counted(joined)}


@dataclass(frozen=True)
class Unchecked:
    """A week that is over with `open` of its `drawn` answers not checked yet."""

    week_start: date
    drawn: int
    open: int
    is_simulated: bool


def unchecked(connection: Connection, now: datetime) -> list[Unchecked]:
    """The last weeks that are over and have answers to check, the oldest first. How many are drawn does not depend on the key."""
    this_week = week_of(office_date(now))
    weeks = [this_week - number * _WEEK * DAY for number in range(_WEEKS_TO_CHECK, 0, -1)]
    results = check_results(connection, weeks[0], weeks[-1] + DAY, now)
    found = []
    for week in weeks:
        answers = answers_of_week(connection, week)
        rows = drawn(answers, week, b"")
        left = len(rows) - int((results["week_start"] == week).sum())
        if left > 0:
            found.append(Unchecked(week, len(rows), left, bool(answers["is_simulated"].any())))
    return found


def _counted(rows: pd.DataFrame) -> SpotChecks:
    return SpotChecks(
        len(rows), int(rows["result"].notna().sum()), int((rows["result"] == "not_confirmed").sum())
    )


def _require_week(week_start: date, now: datetime) -> None:
    if week_of(week_start) != week_start:
        raise InputError(
            "no week begins on that day",
            where="week",
            got=week_start,
            expected=f"a Sunday, e.g. {week_of(week_start)}",
        )
    if now < midnight(week_start + _WEEK * DAY):
        raise StateError(
            "the week is not over, and nobody may know what will be drawn",
            where=str(week_start),
            todo=f"look again on {week_start + _WEEK * DAY}",
        )


def row_values(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows for a page: plain values, None for what is empty."""
    values: Any = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return list(values)
