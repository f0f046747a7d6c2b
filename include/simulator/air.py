"""The demo air: concentrations of the cities and the monitored grids, written as the files that archives and networks deliver.

air/cities-2020-03.csv         the long layout of an archive, a row a city and hour, six pollutants
air/readings-2020-03.parquet   the layout of readings, a row a grid and hour, PM2.5
air/dust-2020-03.csv           a row an hour of a city under dust; months without dust have no such file
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from include.periods import DAY, office_zone
from include.rules import SIMULATED_LABEL
from include.simulator.alarm_hours import alarm_hours
from include.simulator.city_air import city_pm25, city_rows, dust_rows
from include.simulator.grid_air import grid_anomalies, grid_hours
from include.simulator.season import DEFAULT_SEED
from include.simulator.weather import city_levels

_EDGES: Final = ("west", "south", "east", "north")
_SIDE_DEG: Final = 0.03


@dataclass(frozen=True)
class AirMonths:
    """The months, in order, of which the cities and the monitored grids have values."""

    cities: tuple[pd.Period, ...]
    grids: tuple[pd.Period, ...]


def months_read(start: date, end: date, warning_months: int = 12) -> AirMonths:
    """What the bulletins of a window [start, end) read, with the warning grids of so many months up to each of theirs.

    A half-month reads the one before it and the year before, of cities also both years to date; the warning grids of a
    month read that month, the month before it and the year before.
    """
    first, last = pd.Period(start, "M"), pd.Period(end - DAY, "M")
    january = pd.Period(year=first.year, month=1, freq="M")
    warned = pd.period_range(first - (warning_months - 1), last)
    to_date = pd.period_range(january, last)
    cities = {first - 1, *to_date, *(month - 12 for month in to_date)}
    grids = {month - back for month in warned for back in (0, 1, 12)}
    return AirMonths(tuple(sorted(cities)), tuple(sorted(grids)))


def write_air(
    alarms: pd.DataFrame,
    grids: pd.DataFrame,
    months: AirMonths,
    end: date,
    to: Path,
    seed: int = DEFAULT_SEED,
) -> dict[str, int]:
    """Writes these months, without what lies after `end` (exclusive), into the folder `to`; returns rows by file.

    `alarms` and `grids` are those of the whole region, as in its files; the air agrees with the alarms (`alarm_hours`). The
    same seed gives the same values, whichever months are asked for.
    """
    grids = _placed(grids.astype(dict.fromkeys(_EDGES, float)))
    places = _places(grids)
    grids = grids[grids["is_monitored"] == "true"].reset_index(drop=True)
    levels, anomalies = city_levels(places, seed), grid_anomalies(grids, seed)
    hours_in_alarm = alarm_hours(alarms, grids, seed)
    to.mkdir(parents=True, exist_ok=True)
    rows = {}
    for month in sorted({*months.cities, *months.grids}):
        first = month.start_time.date()
        pm25, is_dusty = city_pm25(places, levels, hours_in_alarm, first, seed)
        hours = pd.DatetimeIndex(pm25.index)[: max(0, (end - first).days) * 24]
        if month in months.cities:
            frame = city_rows(pm25, is_dusty, first, seed)[: len(hours) * len(places)]
            frame = frame[np.repeat(np.asarray(_named(hours).notna()), len(places))]
            rows[f"cities-{month}.csv"] = _write_csv(frame, to / f"cities-{month}.csv")
        if month in months.grids:
            values = grid_hours(grids, anomalies, pm25, hours_in_alarm, first, seed)[:, : len(hours)]
            rows[f"readings-{month}.parquet"] = _write_readings(
                grids["grid_id"], hours, values, to / f"readings-{month}.parquet"
            )
        if is_dusty[: len(hours)].any():
            frame = dust_rows(is_dusty[: len(hours)], hours, pm25.columns)
            rows[f"dust-{month}.csv"] = _write_csv(frame, to / f"dust-{month}.csv")
    return rows


def _named(hours: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The hours in the office's zone: of one that comes twice the first, NaT for one that the clocks skip."""
    return hours.tz_localize(office_zone(), ambiguous=np.ones(len(hours), dtype=bool), nonexistent="NaT")


def _placed(grids: pd.DataFrame) -> pd.DataFrame:
    """The grids, those without a place (of an office without outlines) side by side at one that nobody prints, each unit's far from
    the others': the weather is of somewhere."""
    unit = grids["unit_code"].astype("category").cat.codes
    number = grids.groupby("unit_code").cumcount()
    west, south = unit * 5.0 + number % 10 * _SIDE_DEG, number // 10 * _SIDE_DEG
    made = pd.DataFrame({"west": west, "south": south, "east": west + _SIDE_DEG, "north": south + _SIDE_DEG})
    return grids.assign(**{name: grids[name].fillna(made[name]) for name in _EDGES})


def _places(grids: pd.DataFrame) -> pd.DataFrame:
    """One row a city: `unit_code` and the middle of its grids, `lon, lat`."""
    middles = pd.DataFrame(
        {
            "unit_code": grids["unit_code"],
            "lon": (grids["west"] + grids["east"]) / 2,
            "lat": (grids["south"] + grids["north"]) / 2,
        }
    )
    return middles.groupby("unit_code", as_index=False).mean()


def _write_csv(rows: pd.DataFrame, path: Path) -> int:
    whole = {name: "Int64" for name in rows.columns if rows[name].dtype == float and name != "CO"}
    table = pa.Table.from_pandas(rows.astype(whole), preserve_index=False)
    with path.open("wb") as file:
        file.write(",".join(rows.columns).encode() + b"\n")
        pa_csv.write_csv(table, file, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
    return len(rows)


def _write_readings(
    grid_ids: pd.Series, hours: pd.DatetimeIndex, values: NDArray[np.float32], path: Path
) -> int:
    """One row a grid and hour that was measured, by hour and grid."""
    named = _named(hours)
    by_hour = np.where(
        np.asarray(named.isna())[:, None], np.nan, values.T
    )  # an hour that the clocks skip is nobody's
    hour, grid = np.nonzero(~np.isnan(by_hour))
    table = pa.table(
        {
            "grid_id": pa.DictionaryArray.from_arrays(
                pa.array(grid, pa.int32()), pa.array(grid_ids, pa.string())
            ),
            "hour": pa.array(named.as_unit("ms")).take(pa.array(hour)),
            "pm25_ug_m3": pa.array(by_hour[hour, grid], pa.int16()),
            "data_origin": pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(len(hour)), pa.int32()), pa.array([SIMULATED_LABEL])
            ),
        }
    )
    pq.write_table(table, path, compression="zstd")
    return len(hour)
