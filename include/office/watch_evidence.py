"""Every number that led to an alarm of the watch: its hours, the surroundings, each station's reading, flag and gain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Select, select

from include.errors import InputError
from include.house import House
from include.periods import DAY, office_date, office_zone
from include.store.engine import reading
from include.store.judged_hours import GRID_HOURS, STATION_JUDGED, read_judged
from include.store.station_hours import STATION_HOURS, read_hours
from include.store.tables import alarm
from include.store.watch_facts import read_station_days
from include.store.watch_tables import WATCH_SOURCE, alarm_alias, watch_alarm, watch_todo
from include.watch import DEFAULT_RULES, tied, with_bars
from include.watch.rows import GRID_COLUMNS, STATION_COLUMNS

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
        facts = connection.execute(_of_watch(alarm_id)).mappings().first()
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
        aliases = _aliases(connection, alarm_id)
        main = connection.execute(
            select(alarm_alias.c.alarm_id).where(alarm_alias.c.alias_id == alarm_id)
        ).scalar()
        todos = tuple(
            dict(row)
            for row in connection.execute(
                select(watch_todo).where(watch_todo.c.alarm_id == alarm_id)
            ).mappings()
        )
    hours, stations = _judged(house, facts["grid_id"], begin, end, facts["rules_edition"])
    gains = days[days["grid_id"] == facts["grid_id"]] if len(days) else days
    return Evidence(
        dict(facts),
        json.loads(facts["evidence_json"]),
        hours,
        stations,
        gains.reset_index(drop=True),
        revisions,
        aliases,
        str(main) if main else None,
        todos,
    )


def explain_any(house: House, alarm_id: str) -> Evidence:
    """The same of an alarm of the watch or of any other source: of another source's what the watch judged of its grid in its hours.
    Raises InputError where there is none of that number."""
    told = _told_by_another(house, alarm_id)
    if told is None:
        return explain(house, alarm_id)
    begin, end = told["started_at"] - _BEFORE, told["last_at"] + _HOUR + _AFTER
    hours, stations = _judged(house, str(told["grid_id"]), begin, end, DEFAULT_RULES.edition)
    none = pd.DataFrame()
    with reading(house.engine) as connection:
        revisions, aliases = _revisions(connection, alarm_id), _aliases(connection, alarm_id)
    return Evidence(told, {}, hours, stations, none, revisions, aliases, None, ())


def _told_by_another(house: House, alarm_id: str) -> dict[str, Any] | None:
    """The facts of an alarm that the watch did not make, as it was told last; None of the watch's, and where there is none."""
    names = ("alarm_id", "grid_id", "started_at", "last_at", "alarm_count", "peak_pm25_ug_m3", "is_simulated")
    query = (
        select(*(alarm.c[name] for name in (*names, "pushed_at", "source")))
        .where(alarm.c.alarm_id == alarm_id, alarm.c.source != WATCH_SOURCE)
        .order_by(alarm.c.revised_at.desc(), alarm.c.revision.desc())
        .limit(1)
    )
    with reading(house.engine) as connection:
        row = connection.execute(query).mappings().first()
        if row is None or connection.execute(_of_watch(alarm_id)).first() is not None:
            return None
    unknown = {"confidence": None, "rules_edition": None, "is_supported": True}
    return {**row, "raised_at": row["pushed_at"], **unknown}


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


def _of_watch(alarm_id: str) -> Select[Any]:
    return select(watch_alarm).where(watch_alarm.c.alarm_id == alarm_id)


def _aliases(connection: Connection, alarm_id: str) -> tuple[str, ...]:
    query = select(alarm_alias.c.alias_id).where(alarm_alias.c.alarm_id == alarm_id)
    return tuple(connection.execute(query.order_by(alarm_alias.c.alias_id)).scalars())


def _judged(
    house: House, grid_id: str, begin: datetime, end: datetime, edition: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The judged hours of a grid, and of its stations with what they read."""
    grids = read_judged(house.stations_dir, GRID_HOURS, begin, end, edition, GRID_COLUMNS)
    judged = read_judged(house.stations_dir, STATION_JUDGED, begin, end, edition, STATION_COLUMNS)
    own, stations = (found[found["grid_id"] == grid_id] for found in (grids, judged))
    stations = _with_readings(house, stations, begin, end)
    return _told(tied(with_bars(own, DEFAULT_RULES)), ["hour"]), _told(stations, ["station_id", "hour"])


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
    # In double precision: readings are kept in single, where 363.1 has no nearer number than 363.100006.
    rows = rows.astype(dict.fromkeys(numbers, "float64"))
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
