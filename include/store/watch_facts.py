"""What the watch reads from the store and writes to it, beside its alarms (include/store/watch_alarms.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Boolean, Column, Connection, Date, String, Table, func, insert, select, type_coerce

from include.store import bulk
from include.store.statements import frame
from include.store.tables import grid
from include.store.watch_tables import station, station_day, watch_day, watch_hour, watch_suppressed

_ROWS_AT_ONCE: Final = 5000
_DAY_COLUMNS: Final = {
    "observed_on": "date",
    "rules_edition": "edition",
}


def has_stations(connection: Connection) -> bool:
    """Whether any station was ever told."""
    return connection.execute(select(station.c.station_id).limit(1)).first() is not None


def stations_known(connection: Connection) -> pd.DataFrame:
    """One row a stay of a station at a place: `station_id, kind, unit_code, grid_id, lon, lat, valid_from, valid_to`
    (dates), `is_simulated`, `received_at`; by station and first day."""
    names = (
        "station_id",
        "kind",
        "unit_code",
        "grid_id",
        "lon",
        "lat",
        "valid_from",
        "valid_to",
        "is_simulated",
    )
    rows = _known(connection, station, names, (station.c.station_id, station.c.valid_from))
    return rows.assign(grid_id=pd.Series([one or "" for one in rows["grid_id"].tolist()], dtype=object))


def grids_known(connection: Connection) -> pd.DataFrame:
    """One row a grid with bounds: `grid_id, unit_code, county, name, west, south, east, north, is_simulated,
    received_at`."""
    names = ("grid_id", "unit_code", "county", "name", "west", "south", "east", "north", "is_simulated")
    rows = _known(connection, grid, names, (grid.c.grid_id,))
    return rows.astype(dict.fromkeys(("west", "south", "east", "north"), "float64"))


def _known(
    connection: Connection, table: Table, names: Sequence[str], order: Sequence[Column[Any]]
) -> pd.DataFrame:
    """The columns and `received_at` of every row. They are the driver's own rows: of what SQLAlchemy would read row by row (moments,
    dates) few different values tell many rows, and each is read once."""
    received_at = type_coerce(table.c.received_at, String)  # as the database has it
    query = select(*(table.c[name] for name in names), received_at).order_by(*order)
    with closing(connection.execute(query)) as result:
        told_rows = result.cursor.fetchall() if result.cursor else []
    columns = list(zip(*told_rows, strict=True)) if told_rows else [()] * (len(names) + 1)
    found = [_read(table.c[name], values) for name, values in zip(names, columns, strict=False)]
    rows = pd.DataFrame({name: _column(values) for name, values in zip(names, found, strict=True)})
    code, moments = pd.factorize(pd.Series(list(columns[-1]), dtype=object))
    receipts = pd.DatetimeIndex([_moment(told) for told in moments], dtype="datetime64[us, UTC]")
    return rows.assign(received_at=receipts[code])


def _read(column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    """The driver's values of a column as ours."""
    if isinstance(column.type, Boolean):
        return [bool(value) for value in values]
    if isinstance(column.type, Date):
        days = {
            value: date.fromisoformat(value) if isinstance(value, str) else value for value in set(values)
        }
        return [days[value] for value in values]
    return values


def _column(values: Sequence[Any]) -> pd.Series[Any] | Sequence[Any]:
    """Texts as the objects that they are: to pack them for pandas, and to unpack them where they are used, takes longer than to read
    them."""
    is_told = bool(values) and not isinstance(values[0], str | date | None)
    return values if is_told else pd.Series(list(values), dtype=object)


def _moment(told: str | datetime) -> datetime:
    return (datetime.fromisoformat(told) if isinstance(told, str) else told).astimezone(UTC)


def days_made(connection: Connection, first: date, last: date, edition: str) -> dict[date, tuple[int, str]]:
    """The last revision of the daily facts of each day of [first, last], and the hash of what it was computed from."""
    query = (
        select(watch_day.c.observed_on, watch_day.c.revision, watch_day.c.inputs_hash)
        .where(watch_day.c.observed_on >= first, watch_day.c.observed_on <= last)
        .where(watch_day.c.rules_edition == edition)
        .order_by(watch_day.c.observed_on, watch_day.c.revision)
    )
    return {day: (revision, digest) for day, revision, digest in connection.execute(query)}


def days_made_at(connection: Connection, first: date, last: date, edition: str) -> dict[date, datetime]:
    """When the daily facts of each day of [first, last] were last made."""
    query = (
        select(watch_day.c.observed_on, func.max(watch_day.c.made_at))
        .where(watch_day.c.observed_on >= first, watch_day.c.observed_on <= last)
        .where(watch_day.c.rules_edition == edition)
        .group_by(watch_day.c.observed_on)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def keep_station_days(
    connection: Connection, facts: pd.DataFrame, day: date, edition: str, inputs_hash: str, *, now: datetime
) -> None:
    """Appends the facts of one day (columns of `station_day`) as its next revision."""
    query = select(func.max(watch_day.c.revision)).where(
        watch_day.c.observed_on == day, watch_day.c.rules_edition == edition
    )
    revision = int(connection.execute(query).scalar() or 0) + 1
    ledger = {
        "observed_on": day,
        "rules_edition": edition,
        "revision": revision,
        "inputs_hash": inputs_hash,
        "stations": len(facts),
        "made_at": now,
    }
    connection.execute(watch_day.insert(), ledger)
    names = [column.name for column in station_day.columns if column.name in facts]
    fixed = {"observed_on": pd.Timestamp(day).as_unit("s"), "rules_edition": edition, "revision": revision}
    bulk.insert(
        connection,
        station_day,
        pd.DataFrame({name: facts[name] for name in names} | fixed, index=facts.index),
    )


def read_station_days(connection: Connection, first: date, last: date, edition: str) -> pd.DataFrame:
    """The daily facts of [first, last] that hold, one row a station and day (sql/station_days.sql); `date` is the day."""
    rows = frame(connection, "station_days", first_date=first, last_date=last, edition=edition)
    rows["observed_on"] = pd.to_datetime(rows["observed_on"]).dt.date
    return rows.rename(columns=_DAY_COLUMNS)


def keep_hours_judged(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Puts the ledger's rows of these hours in the place of those that were there."""
    if not rows:
        return
    first, last = min(row["hour_at"] for row in rows), max(row["hour_at"] for row in rows)
    connection.execute(watch_hour.delete().where(watch_hour.c.hour_at >= first, watch_hour.c.hour_at <= last))
    insert_rows(connection, watch_hour, rows)


def hours_judged(connection: Connection, start_at: datetime, end_at: datetime, edition: str) -> pd.DataFrame:
    """The ledger's rows of [start_at, end_at) of that edition, in order, `lacks` as a list of words."""
    query = (
        select(watch_hour)
        .where(watch_hour.c.hour_at >= start_at, watch_hour.c.hour_at < end_at)
        .where(watch_hour.c.rules_edition == edition)
        .order_by(watch_hour.c.hour_at)
    )
    rows = pd.DataFrame(
        map(tuple, connection.execute(query)), columns=[column.name for column in watch_hour.columns]
    )
    rows["hour_at"] = pd.to_datetime(rows["hour_at"], utc=True)
    return rows.assign(lacks=[json.loads(text) for text in rows["lacks_json"]]).drop(columns="lacks_json")


def judged_at(
    connection: Connection, start_at: datetime, end_at: datetime, edition: str
) -> list[tuple[datetime, datetime]]:
    """The hours of [start_at, end_at) that were judged under that edition, in order, and when each was."""
    query = (
        select(watch_hour.c.hour_at, watch_hour.c.judged_at)
        .where(watch_hour.c.hour_at >= start_at, watch_hour.c.hour_at < end_at)
        .where(watch_hour.c.rules_edition == edition)
        .order_by(watch_hour.c.hour_at)
    )
    return [(hour, at) for hour, at in connection.execute(query)]


def last_judged_otherwise(
    connection: Connection, start_at: datetime, end_at: datetime, edition: str
) -> datetime | None:
    """The last hour of [start_at, end_at) that was judged under another edition than that; None where none was."""
    query = (
        select(func.max(watch_hour.c.hour_at))
        .where(watch_hour.c.hour_at >= start_at, watch_hour.c.hour_at < end_at)
        .where(watch_hour.c.rules_edition != edition)
    )
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def replace_suppressed(
    connection: Connection, rows: Sequence[Mapping[str, Any]], start_at: datetime, end_at: datetime
) -> None:
    """Puts what was held back of [start_at, end_at) in the place of what there was."""
    where = (watch_suppressed.c.started_at >= start_at, watch_suppressed.c.started_at < end_at)
    connection.execute(watch_suppressed.delete().where(*where))
    insert_rows(connection, watch_suppressed, rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows at once, in pieces."""
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(table), list(rows[begin : begin + _ROWS_AT_ONCE]))
