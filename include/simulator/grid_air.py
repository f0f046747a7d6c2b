"""PM2.5 of the monitored grids by hour: their city's air, each grid's own anomaly, and its alarms."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.alarm_hours import HOT_RATIO, QUIET, TOWERS
from include.simulator.habits import T85711
from include.simulator.season import stream
from include.simulator.weather import AIR_END, AIR_START

_WAVES: Final = 40  # of the smooth field: so many random plane waves …
_WAVELENGTHS_DEG: Final = (0.6, 3.0)  # … from this to that length
_MOST: Final = 1.25  # a grid's anomaly of a month is no higher; hours go up to QUIET
_LEAST: Final = 0.7


def grid_anomalies(grids: pd.DataFrame, seed: int) -> pd.DataFrame:
    """How polluted each monitored grid (row, index grid_id) is against the mean of its city's, by month (columns, the
    month's first day): 1 on average of the grids of each city in each month.

    A part is smooth in space and stays; a part wanders from month to month; the worst grid of a city stays the worst for a
    while only, but T85711 is high always and rising.
    """
    rng = stream(seed, "anomalies of the grids")
    months = pd.date_range(AIR_START, AIR_END, freq="MS", inclusive="left")
    count = (len(grids), len(months))
    logs = np.empty(count)
    logs[:, 0] = rng.normal(0.0, 0.06, count[0])
    for month in range(1, count[1]):
        logs[:, month] = 0.6 * logs[:, month - 1] + rng.normal(0.0, 0.06, count[0])
    logs += (_smooth_field(grids, rng) + rng.normal(0.0, 0.045, count[0]))[:, None]
    trends = rng.normal(0.0, 0.03, count[0])
    home = (grids["grid_id"] == T85711.grid_id).to_numpy()
    logs[home] = 0.2 + 0.3 * logs[home]
    trends[home] = 0.06
    years = (np.arange(count[1]) - count[1] / 2) / 12
    found = pd.DataFrame(np.exp(logs + trends[:, None] * years), index=grids["grid_id"], columns=months)
    of_city = found.groupby(grids["unit_code"].to_numpy())
    return (found / of_city.transform("mean")).clip(_LEAST, _MOST)


def grid_hours(
    grids: pd.DataFrame,
    anomalies: pd.DataFrame,
    cities: pd.DataFrame,
    alarms: pd.DataFrame,
    month: date,
    seed: int,
) -> NDArray[np.float32]:
    """PM2.5 of a month, whole μg/m³: a row a grid of `grids`, a column an hour; NaN where nothing was measured.

    `cities`: PM2.5 of the cities (columns) in the hours of the month (index). A grid is HOT_RATIO times its city times its
    anomaly, with noise, and never above QUIET times HOT_RATIO times its city, except in the hours of `alarms`
    (`alarm_hours`), when it is TOWERS times that or more, and its peak once. Those hours are always measured.
    """
    rng = stream(seed, f"air of the grids {month:%Y-%m}")
    shape = (len(grids), len(cities))
    of_city = HOT_RATIO * cities[grids["unit_code"]].to_numpy(np.float32).T
    by_day = np.repeat(
        rng.standard_normal((shape[0], shape[1] // 24), np.float32) * np.float32(0.06), 24, axis=1
    )
    by_hour = rng.standard_normal(shape, np.float32) * np.float32(0.05)
    ratio = anomalies[pd.Timestamp(month)].to_numpy(np.float32)[:, None] * np.exp(by_day + by_hour)
    values = np.maximum(np.rint(of_city * np.clip(ratio, 0.5, QUIET)), 1)
    values[_missing(shape, rng)] = np.nan

    here = alarms[alarms["hour"].isin(cities.index)]
    row = pd.Index(grids["grid_id"]).get_indexer(pd.Index(here["grid_id"]))
    column = cities.index.get_indexer(pd.Index(here["hour"]))
    own = cities.to_numpy()[column, cities.columns.get_indexer(pd.Index(here["unit_code"]))]
    floor = np.ceil(np.round(TOWERS * HOT_RATIO * own, 6))
    values[row, column] = np.rint(floor + here["height"] * (here["peak_ug_m3"] - floor))
    return np.asarray(values)


def _smooth_field(grids: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
    """A field over the country whose hills are some ten kilometres wide, as a logarithm with a spread of 0.06."""
    lon, lat = grids[["west", "east"]].mean(axis=1), grids[["south", "north"]].mean(axis=1)
    length = rng.uniform(*_WAVELENGTHS_DEG, size=_WAVES)
    heading, phase = rng.uniform(0.0, 2 * np.pi, size=(2, _WAVES))
    along = np.outer(lon, np.cos(heading)) + np.outer(lat, np.sin(heading))
    return np.asarray(0.06 * np.sqrt(2 / _WAVES) * np.cos(2 * np.pi * along / length + phase).sum(axis=1))


def _missing(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Hours without a reading: single ones, some days lost, and a few grids that are out for a week or longer."""
    is_missing = rng.random(shape, np.float32) < 0.01
    hours = np.arange(shape[1])
    for share, shortest, longest in ((0.25, 8, 40), (0.008, 24 * 5, 24 * 10)):
        out = np.flatnonzero(rng.random(shape[0]) < share)
        begins = rng.integers(0, shape[1] - shortest, len(out))[:, None]
        ends = begins + rng.integers(shortest, longest, len(out))[:, None]
        is_missing[out] |= (hours >= begins) & (hours < ends)
    return is_missing
