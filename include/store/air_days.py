"""Air quality in the store: the cities' daily means, the ledger of imported days, the hours under dust."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select, tuple_

from include.store.air_tables import air_day, air_layout, city_day, dust_hour
from include.store.hourly import Dataset
from include.store.statements import frame
from include.store.tables import grid

_KEYS_A_STATEMENT: Final = 250
_BOUNDS: Final = ("west", "south", "east", "north")
_MEANS: Final = [column.name for column in city_day.c if column.name.endswith(("_m3", "_hours", "_windows"))]


@dataclass(frozen=True)
class Provenance:
    """Where values came from, when we learnt them, and on which of their days some are 模拟数据."""

    source: str
    simulated: frozenset[date]
    received_at: datetime

    def of(self, day: date) -> dict[str, Any]:
        """The columns of provenance of a row about `day`."""
        return {"source": self.source, "is_simulated": day in self.simulated, "received_at": self.received_at}


def city_days(connection: Connection, start: date, end: date) -> pd.DataFrame:
    """One row a city and day in [start, end): `place_id` (the unit_code), `observed_on`, the columns of city_day, dust
    included (sql/city_days.sql)."""
    rows = frame(connection, "city_days", start_date=start, end_date=end)
    return _dated(rows.astype({name: "float64" for name in rows.columns if name.endswith("_m3")}))


def dust_hours(connection: Connection, start: date, end: date) -> pd.DataFrame:
    """One row a city and hour under dust in [start, end): `place_id, observed_on, hour` (sql/dust_hours.sql)."""
    return _dated(frame(connection, "dust_hours", start_date=start, end_date=end))


def imported_days(connection: Connection, dataset: Dataset, start: date, end: date) -> pd.DataFrame:
    """One row an imported day of a dataset in [start, end), as the ledger has it (sql/air_days.sql)."""
    return _dated(frame(connection, "air_days", dataset=dataset, start_date=start, end_date=end))


def grid_places(connection: Connection) -> pd.DataFrame:
    """One row a grid (index `grid_id`): `unit_code, county, name, west, south, east, north` (degrees WGS84, or empty)."""
    columns = [grid.c[name] for name in ("grid_id", "unit_code", "county", "name", *_BOUNDS)]
    rows = connection.execute(select(*columns).order_by(grid.c.grid_id)).all()
    found = pd.DataFrame(rows, columns=[column.name for column in columns], dtype=object)
    types = {name: "float64" if name in _BOUNDS else "str" for name in found.columns}
    return found.astype(types).set_index("grid_id")


def replace_city_days(
    connection: Connection, dates: Sequence[date], days: pd.DataFrame, provenance: Provenance
) -> None:
    """Puts the daily means of `dates` (rows of `air_quality.day_means`, place_id = unit_code) in the place of what was there."""
    for some in _pieces(dates):
        connection.execute(city_day.delete().where(city_day.c.observed_on.in_(some)))
    # A pollutant that was not told has no mean and rests on no hours.
    empty = {column.name: None if column.nullable else 0 for column in city_day.c if column.name in _MEANS}
    rows = [
        {**empty, **row, "observed_on": day, **provenance.of(day)}
        for day, row in zip(
            dates_of(days["observed_on"], every=True),
            plain_rows(days.drop(columns="observed_on").rename(columns={"place_id": "unit_code"})),
            strict=True,
        )
    ]
    if rows:
        connection.execute(city_day.insert(), rows)


def record_days(
    connection: Connection, dataset: Dataset, counts: Mapping[date, Mapping[str, int]], provenance: Provenance
) -> None:
    """Writes the ledger's row of each day: `counts` has places, valid_places, pm25_hours."""
    for some in _pieces(list(counts)):
        connection.execute(
            air_day.delete().where(air_day.c.dataset == dataset, air_day.c.observed_on.in_(some))
        )
    rows = [
        {"dataset": dataset, "observed_on": day, **of_day, **provenance.of(day)}
        for day, of_day in counts.items()
    ]
    connection.execute(air_day.insert(), rows)


def set_dust(connection: Connection, flags: pd.DataFrame, provenance: Provenance) -> None:
    """Sets or clears the hours of `flags` (`place_id` = unit_code, `observed_on`, `hour`, `is_dust`), one row an hour."""
    keys = list(
        zip(
            flags["place_id"],
            dates_of(flags["observed_on"], every=True),
            flags["hour"].astype(int),
            strict=True,
        )
    )
    columns = tuple_(dust_hour.c.unit_code, dust_hour.c.observed_on, dust_hour.c.hour)
    for some in _pieces(keys):
        connection.execute(dust_hour.delete().where(columns.in_(some)))
    new = [key for key, is_dust in zip(keys, flags["is_dust"], strict=True) if is_dust]
    rows = [
        {"unit_code": code, "observed_on": day, "hour": int(hour), **provenance.of(day)}
        for code, day, hour in new
    ]
    if rows:
        connection.execute(dust_hour.insert(), rows)


def layout_hours(connection: Connection) -> dict[str, frozenset[int]]:
    """The last hours (23, 24) that files of each layout printed so far."""
    found: dict[str, frozenset[int]] = {}
    for layout, last in connection.execute(select(air_layout.c.layout_hash, air_layout.c.last_hour)):
        found[layout] = found.get(layout, frozenset()) | {last}
    return found


def keep_layout_hours(connection: Connection, told: Iterable[tuple[str, int]], now: datetime) -> None:
    """Notes the last hour that files of a layout print, where it is not known yet."""
    known = layout_hours(connection)
    rows = [
        {"layout_hash": layout, "last_hour": last, "seen_at": now}
        for layout, last in sorted(set(told))
        if last not in known.get(layout, ())
    ]
    if rows:
        connection.execute(air_layout.insert(), rows)


def dates_of(moments: pd.Series, *, every: bool = False) -> list[date]:
    """The dates in a column `observed_on`: each once and in order, or (`every`) that of every row."""
    days = moments if every else moments.drop_duplicates().sort_values()
    return [day.date() for day in days]


def plain_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame for an insert: plain Python values, None for what is empty (the drivers know no NaN)."""
    columns = {str(name): rows[name].astype(object).where(rows[name].notna(), None).tolist() for name in rows}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _pieces(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    # Databases bound the number of parameters of a statement.
    yield from (keys[start : start + _KEYS_A_STATEMENT] for start in range(0, len(keys), _KEYS_A_STATEMENT))


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(observed_on=pd.to_datetime(rows["observed_on"]).astype("datetime64[s]"))
