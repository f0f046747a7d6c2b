"""What the push of an hour is made of: alarms of the watch, what was told, the last day of their grids, who spoke."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from include.house import House
from include.office.register import Due
from include.office.suspected import as_suspected, without_struck
from include.periods import Period, later, office_date
from include.post.drafts import LetterFacts, NamedAlarm, find_by_key
from include.rules import ALARM_PUSH
from include.store.engine import reading
from include.store.facts import alarm_states
from include.store.judged_hours import GRID_HOURS, STATION_JUDGED, read_judged
from include.store.statements import frame
from include.store.suspects import suspects_at_push
from include.supervision.alarm_push import (
    LATE_KIND,
    PUSH_KIND,
    AlarmFigures,
    HourlyPushes,
    PushFacts,
    hourly_pushes,
)
from include.supervision.daily import flag_window
from include.supervision.feedback import judge
from include.supervision.figures import Suspected, to_json
from include.suspects.rules import LEAST_TOLD, SUSPECTS_TOLD
from include.watch import DEFAULT_RULES, tied

PUSH_KINDS: Final = (PUSH_KIND, LATE_KIND)
_HOUR: Final = timedelta(hours=1)
_AT_ONCE: Final = 500  # parameters of a statement
# Of the judged hours, what a push reads.
_TREND: Final = ("grid_id", "hour", "pm25_ug_m3", "background_ug_m3", "official_factor")
_HEARD: Final = ("station_id", "hour", "unit_code", "grid_id", "pm25_ug_m3")


def pushes(house: House, period: Period) -> HourlyPushes:
    """The pushes of a window, by the facts as they are known now."""
    edition = DEFAULT_RULES.edition
    with reading(house.engine) as connection:
        revisions = _revisions(connection, period)
        told = _told(connection, period, period.end_at)
        stations = frame(connection, "stations_of_units", on_date=period.last_date)
        suspects = _suspects(connection, revisions["alarm_id"].unique())
        if revisions.empty:
            return HourlyPushes(period, ())
        open_alarms = judge(
            alarm_states(connection, *flag_window(period), period.end_at, with_old=True), period.end_at
        )
        known = open_alarms[~open_alarms["alarm_id"].isin(_untold(connection, open_alarms, period))]
    trend_from = later(period.end_at, -ALARM_PUSH.trend_hours * _HOUR)
    judged = read_judged(house.stations_dir, GRID_HOURS, trend_from, period.end_at, edition, _TREND)
    hour_at = later(period.end_at, -_HOUR)
    spoke = read_judged(house.stations_dir, STATION_JUDGED, hour_at, period.end_at, edition, _HEARD)
    return hourly_pushes(
        PushFacts(
            revisions=revisions,
            told=told,
            grid_hours=tied(_of_grids(judged, revisions["grid_id"])),
            heard=_heard(spoke),
            stations=dict(zip(stations["unit_code"], stations["stations"].astype(int), strict=True)),
            rules_version=edition,
            suspects=suspects,
            judged=known,
        ),
        period,
    )


def due_pushes(house: House, period: Period) -> list[Due]:
    """The pushes that are due for a window, by the facts as they are known now."""
    return due_of(pushes(house, period))


def owed_keys(house: House, period: Period) -> list[str]:
    """The keys of the pushes that must be there: written ones, and those of which an alarm was told by no window at all (an hour
    that was missed is made good by the next one)."""
    found = due_pushes(house, period)
    with reading(house.engine) as connection:
        told = set(_told(connection, period, later(period.end_at, ALARM_PUSH.reads_back))["alarm_id"])
        return [
            one.facts.key
            for one in found
            if find_by_key(connection, one.facts.key) or {alarm.alarm_id for alarm in one.facts.alarms} - told
        ]


def due_of(computed: HourlyPushes) -> list[Due]:
    """The letters of computed pushes."""
    return [_due(one) for one in computed.pushes]


def _due(one: AlarmFigures) -> Due:
    facts = LetterFacts(
        LATE_KIND if one.is_by_person else PUSH_KIND,
        one.unit_code,
        one.unit_code,
        one.period,
        to_json(one),
        one.is_simulated,
        tuple(NamedAlarm(alarm.alarm_id) for alarm in one.alarms),
    )
    return Due(facts, one.unit_name)


def _told(connection: Connection, period: Period, end_at: datetime) -> pd.DataFrame:
    """The alarms that pushes of windows before `end_at` named, as far back as this window looks (sql/alarms_pushed.sql)."""
    return frame(
        connection,
        "alarms_pushed",
        since_date=office_date(later(period.end_at, -ALARM_PUSH.reads_back)),
        end_at=end_at,
        push_kinds=PUSH_KINDS,
    )


def _revisions(connection: Connection, period: Period) -> pd.DataFrame:
    return frame(
        connection,
        "alarms_to_push",
        since_at=later(period.end_at, -ALARM_PUSH.reads_back),
        end_at=period.end_at,
        on_date=office_date(period.end_at),
    )


def _untold(connection: Connection, judged: pd.DataFrame, period: Period) -> set[str]:
    """The open alarms of the watch that no letter of an earlier window told: those raised too late wait for a person, and a push
    that asked for them would go before that decision."""
    ids = judged.loc[judged["is_open"], "alarm_id"].astype(str).tolist()
    parts = [ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE)]
    return {
        str(alarm_id)
        for part in parts
        for alarm_id in frame(connection, "untold_alarms", alarm_ids=tuple(part), end_at=period.end_at)[
            "alarm_id"
        ]
    }


def _suspects(connection: Connection, alarm_ids: Iterable[str]) -> dict[str, tuple[Suspected, ...]]:
    """The first suspects of each alarm by what was known when it was raised, in words; the first one always, the others
    where they are not all but ruled out."""
    found: dict[str, tuple[Suspected, ...]] = {}
    rows = suspects_at_push(connection, [str(one) for one in alarm_ids])
    for alarm_id, ranking in rows.groupby("alarm_id", sort=False):
        if left := without_struck(ranking):
            found[str(alarm_id)] = tuple(
                as_suspected(row["enterprise_id"], float(row["score"]), row["evidence"])
                for place, row in enumerate(left[:SUSPECTS_TOLD])
                if place == 0 or row["score"] >= LEAST_TOLD
            )
    return found


def _of_grids(judged: pd.DataFrame, grids: pd.Series) -> pd.DataFrame:
    return judged[judged["grid_id"].isin(set(grids))] if len(judged) else judged


def _heard(judged: pd.DataFrame) -> dict[str, int]:
    """Micro-stations with a valid hour, by unit: those that stand in a grid. A silent one has a row without a level."""
    if judged.empty:
        return {}
    micro = judged[(judged["grid_id"].fillna("") != "") & judged["pm25_ug_m3"].notna()]
    return {
        str(code): int(count) for code, count in micro.groupby("unit_code")["station_id"].nunique().items()
    }
