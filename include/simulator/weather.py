"""The weather of the demo air: PM2.5 of the 39 cities by day and hour, before alarms and gaps. Invented, like all of the region.

A month's values depend on the seed and the month alone, whichever months are asked for.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.season import SEASON, stream, swing

Levels = NDArray[np.float64]

AIR_START: Final = date(2018, 1, 1)
AIR_END: Final = date(2020, 7, 1)  # exclusive
_TREND_FROM: Final = date(2019, 1, 1)
_MEAN_UG_M3: Final = 42.0  # of all cities and seasons in the year of the trend's beginning
# Relative to the year's mean, January to December: coal and still air in winter, rain and mixing in summer.
_MONTHS: Final = np.array([1.75, 1.4, 1.15, 0.95, 0.8, 0.72, 0.7, 0.62, 0.72, 0.95, 1.25, 1.55])
# Hours 0 to 23, mean 1: the inversion keeps the night's and morning's smoke down, the afternoon lifts it.
_HOURS: Final = np.array(
    [
        1.09,
        1.08,
        1.06,
        1.05,
        1.05,
        1.06,
        1.08,
        1.11,
        1.12,
        1.09,
        1.03,
        0.97,
        0.91,
        0.87,
        0.85,
        0.85,
        0.86,
        0.89,
        0.94,
        1.0,
        1.05,
        1.08,
        1.1,
        1.1,
    ]
)
_SHARED_WEATHER_DEG: Final = 2.5  # over this distance the weather of two cities stays much the same
_HALF_MONTH_KEPT: Final = (
    0.2  # how much of a half-month's mean episode shows in its level: years stay comparable
)
_DUST_HALVES: Final = ((3, 2), (4, 1), (5, 1))  # month and half of the dust storms of every spring


def city_levels(places: pd.DataFrame, seed: int) -> pd.DataFrame:
    """PM2.5 in μg/m³ of each day from AIR_START to AIR_END (index), one column a city of `places` (`unit_code, lon, lat`).

    In the season the episodes are those of `season.severity`, so bad air and many alarms come together.
    """
    days = pd.date_range(AIR_START, AIR_END, inclusive="left")
    rng = stream(seed, "air of the cities")
    shared = swing(len(days), rng)
    first = (SEASON.start - AIR_START).days
    shared[first : first + SEASON.days] = swing(SEASON.days, stream(seed, "alarms"))  # as in `severity`
    alike = _alike(places)
    own = np.stack([swing(len(days), rng) for _ in range(len(places))], axis=1) @ alike
    levels = _MEAN_UG_M3 * np.exp(rng.normal(0.0, 0.2, len(places)) @ alike)
    trends = -0.11 + rng.normal(
        0.0, 0.07, len(places)
    )  # a year, as a logarithm: most cities improve, some do not
    years = (np.arange(len(days)) - (_TREND_FROM - AIR_START).days) / 365.25
    episodes = _comparable(0.8 * shared[:, None] + 0.6 * own, days)
    values = levels * _seasonal(days)[:, None] * np.exp(trends * years[:, None] + episodes)
    return pd.DataFrame(values, index=days, columns=pd.Index(places["unit_code"], name="unit_code"))


def city_hours(levels: pd.DataFrame, month: date, seed: int) -> Levels:
    """PM2.5 of the cities by hour: a row an hour of the month, a column a column of `levels`. Dust is not in it."""
    rng = stream(seed, f"air of the cities {month:%Y-%m}")
    first = (month - AIR_START).days
    days = pd.Period(month, "M").days_in_month
    at = first + (np.arange(days * 24) + 0.5) / 24 - 0.5  # a level is that of its noon
    whole = np.clip(np.floor(at).astype(int), 0, len(levels) - 2)
    part = (at - whole)[:, None]
    logs = np.log(levels.to_numpy())
    smooth = np.exp(logs[whole] * (1 - part) + logs[whole + 1] * part)
    noise = rng.normal(0.0, 0.2, (len(at) + 4, levels.shape[1]))
    wobble = np.mean([noise[lag : lag + len(at)] for lag in range(5)], axis=0)
    return np.asarray(smooth * np.tile(_HOURS, days)[:, None] * np.exp(wobble))


def dust_storms(places: pd.DataFrame, month: date, seed: int) -> NDArray[np.bool_]:
    """Which hours of the month (rows) are under dust in which city (columns): one storm comes over some of them from the
    north-west in each half-month that has one."""
    rng = stream(seed, f"dust {month:%Y-%m}")
    days = pd.Period(month, "M").days_in_month
    is_dusty = np.zeros((days * 24, len(places)), dtype=bool)
    # Degrees behind the front's first city, along its way to the south-east.
    behind = ((places["lon"] - places["lon"].min()) + (places["lat"].max() - places["lat"])).to_numpy()
    for half in (half for of_month, half in _DUST_HALVES if of_month == month.month):
        first_day, end_day = (0, 15) if half == 1 else (15, days)
        begins = int(rng.integers(first_day + 1, end_day - 2)) * 24 + int(rng.integers(2, 12))
        reach = float(np.quantile(behind, rng.uniform(0.45, 0.8)))
        lasts = rng.integers(5, 14, len(places))
        for place in np.flatnonzero(behind <= reach):
            arrives = begins + int(2.5 * (behind[place] - behind.min()))
            is_dusty[arrives : arrives + lasts[place], place] = True
    return is_dusty


def _alike(places: pd.DataFrame) -> Levels:
    """Mixes independent columns into ones that neighbouring cities share, without changing their spread."""
    at = places[["lon", "lat"]].to_numpy(float)
    distance = np.sqrt(((at[:, None] - at[None, :]) ** 2).sum(axis=2))
    nearness = np.exp(-((distance / _SHARED_WEATHER_DEG) ** 2))
    return np.asarray(nearness / np.sqrt((nearness**2).sum(axis=0)))


def _seasonal(days: pd.DatetimeIndex) -> Levels:
    middles = np.arange(-0.5, 13.5)
    at = days.month.to_numpy() - 1 + (days.day.to_numpy() - 0.5) / days.days_in_month.to_numpy()
    around = np.concatenate([_MONTHS[-1:], _MONTHS, _MONTHS[:1]])
    return np.asarray(np.interp(at, middles, around))


def _comparable(episodes: Levels, days: pd.DatetimeIndex) -> Levels:
    half = days.year * 24 + days.month * 2 + (days.day > 15)
    means = pd.DataFrame(episodes).groupby(half.to_numpy()).transform("mean").to_numpy()
    return np.asarray(episodes - (1 - _HALF_MONTH_KEPT) * means)
