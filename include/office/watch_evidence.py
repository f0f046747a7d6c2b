"""Every number that led to an alarm of the watch: its hours, the surroundings, each station's reading, flag and gain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.errors import InputError
from include.house import House
from include.periods import DAY, office_date, office_zone
from include.store.engine import reading
from include.store.judged_hours import GRID_HOURS, STATION_JUDGED, read_judged
from include.store.station_hours import STATION_HOURS, read_hours
from include.store.tables import alarm
from include.store.watch_facts import read_station_days
from include.store.watch_tables import alarm_alias, watch_alarm, watch_todo
from include.watch import DEFAULT_RULES, tied, with_bars

_HOUR: Final = timedelta(hours=1)
_BEFORE, _AFTER = 6 * _HOUR, 3 * _HOUR  # of the alarm's hours that are shown


@dataclass(frozen=True)
class Evidence:
    """What is known of one alarm. `hours`: one row an hour of its grid, from six before its first to three after its last, tied to
    the official stations (`watch.tied`: highest = surroundings + increment), with the bars of the hour in the same units (`watch.with_bars`);
    `stations`: one row a station and hour; `gains`: one row a station and day that its gain was learnt from; `revisions`: what
    `alarm` says of it; `alias_of`: the alarm of another source that it is part of."""

    facts: dict[str, Any]
    evidence: dict[str, Any]
    hours: pd.DataFrame
    stations: pd.DataFrame
    gains: pd.DataFrame
    revisions: pd.DataFrame
    aliases: tuple[str, ...]
    alias_of: str | None
    todos: tuple[dict[str, Any], ...]


def explain(house: House, alarm_id: str) -> Evidence:
    """The evidence of one alarm of the watch. Raises InputError where there is none of that number."""
    with reading(house.engine) as connection:
        facts = (
            connection.execute(select(watch_alarm).where(watch_alarm.c.alarm_id == alarm_id))
            .mappings()
            .first()
        )
        if facts is None:
            raise InputError(
                "no such alarm of the watch",
                where="watch explain",
                got=alarm_id,
                todo="see watch export, or the desk's list of alarms",
            )
        begin, end = facts["started_at"] - _BEFORE, facts["last_at"] + _HOUR + _AFTER
        days = read_station_days(
            connection,
            office_date(begin) - DEFAULT_RULES.gain.days * DAY,
            office_date(begin) - DAY,
            facts["rules_edition"],
        )
        revisions = _revisions(connection, alarm_id)
        aliases = tuple(
            connection.execute(
                select(alarm_alias.c.alias_id)
                .where(alarm_alias.c.alarm_id == alarm_id)
                .order_by(alarm_alias.c.alias_id)
            ).scalars()
        )
        main = connection.execute(
            select(alarm_alias.c.alarm_id).where(alarm_alias.c.alias_id == alarm_id)
        ).scalar()
        todos = tuple(
            dict(row)
            for row in connection.execute(
                select(watch_todo).where(watch_todo.c.alarm_id == alarm_id)
            ).mappings()
        )
    grids = read_judged(house.stations_dir, GRID_HOURS, begin, end, facts["rules_edition"])
    judged = read_judged(house.stations_dir, STATION_JUDGED, begin, end, facts["rules_edition"])
    own = grids[grids["grid_id"] == facts["grid_id"]] if len(grids) else grids
    stations = judged[judged["grid_id"] == facts["grid_id"]] if len(judged) else judged
    stations = _with_readings(house, stations, begin, end)
    gains = days[days["grid_id"] == facts["grid_id"]] if len(days) else days
    return Evidence(
        dict(facts),
        json.loads(facts["evidence_json"]),
        _told(tied(with_bars(own, DEFAULT_RULES)), ["hour"]),
        _told(stations, ["station_id", "hour"]),
        gains.reset_index(drop=True),
        revisions,
        aliases,
        str(main) if main else None,
        todos,
    )


def explained(found: Evidence) -> dict[str, Any]:
    """The evidence as one object of plain values, times in Beijing time."""
    facts = {name: _plain(value) for name, value in found.facts.items() if name != "evidence_json"}
    return {
        **facts,
        "evidence": found.evidence,
        "alias_of": found.alias_of,
        "aliases": list(found.aliases),
        "todos": [{name: _plain(value) for name, value in todo.items()} for todo in found.todos],
        "revisions": _records(found.revisions),
        "hours": _records(found.hours),
        "stations": _records(found.stations),
        "daily_facts": _records(found.gains),
    }


def _revisions(connection: Connection, alarm_id: str) -> pd.DataFrame:
    names = (
        "revision",
        "revised_at",
        "last_at",
        "alarm_count",
        "peak_pm25_ug_m3",
        "pushed_at",
        "deadline_at",
        "received_at",
    )
    query = (
        select(*(alarm.c[name] for name in names))
        .where(alarm.c.alarm_id == alarm_id)
        .order_by(alarm.c.revision)
    )
    return pd.DataFrame(connection.execute(query).all(), columns=list(names))


def _with_readings(house: House, stations: pd.DataFrame, begin: Any, end: Any) -> pd.DataFrame:
    """Beside each judged station hour what the station itself read (`read_pm25_ug_m3`, humidity, samples)."""
    if stations.empty:
        return stations
    raw = read_hours(house.stations_dir, STATION_HOURS, begin, end).to_pandas()
    raw = raw[["station_id", "hour", "pm25_ug_m3", "rh_pct", "sample_count"]].rename(
        columns={"pm25_ug_m3": "read_pm25_ug_m3"}
    )
    raw = raw.assign(
        station_id=raw["station_id"].astype("object"),
        hour=raw["hour"].dt.tz_convert("UTC").astype("datetime64[s, UTC]"),
    )
    own = stations.assign(
        name=stations["station_id"], station_id=stations["station_id"].str.split("@").str[0]
    )
    joined = own.merge(raw, on=["station_id", "hour"], how="left", validate="m:1")
    return joined.assign(station_id=joined["name"]).drop(columns="name")


def _told(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = rows.copy()
    if len(rows):
        rows["hour"] = rows["hour"].dt.tz_convert(office_zone())
    numbers = rows.select_dtypes("float").columns
    exact = [
        name for name in numbers if name in ("swelling", "gain")
    ]  # from which a level can be computed again
    rows[numbers] = rows[numbers].round({**dict.fromkeys(numbers, 3), **dict.fromkeys(exact, 9)})
    return rows.sort_values(keys, ignore_index=True) if len(rows) else rows.reset_index(drop=True)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT:
        return None
    if hasattr(value, "astimezone"):
        return value.astimezone(office_zone()).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
