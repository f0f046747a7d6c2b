"""The six pollutants of the 39 cities by hour, as an archive prints them, and the hours under dust."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.geo.regions import cities
from include.rules import SIMULATED_LABEL
from include.simulator.alarm_hours import ceilings
from include.simulator.season import stream
from include.simulator.weather import Levels, city_hours, dust_storms

_DUST_FINE: Final = 2.5  # under dust PM2.5 is so many times what it were …
_DUST_COARSE: Final = 4.0  # … and PM10 so many times PM2.5
_LOST_DAYS: Final = 5  # in a row, for one city in each half-month: 数据不足
_LEAST_UG_M3: Final = 4


def city_pm25(
    places: pd.DataFrame, levels: pd.DataFrame, alarms: pd.DataFrame, month: date, seed: int
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """PM2.5 of the cities, whole μg/m³: a row an hour of the month (index, its beginning in Beijing), a column a city;
    without gaps. And which of these hours are under dust. Where alarms are near (`alarm_hours`), no higher than their
    `ceilings`."""
    days = pd.Period(month, "M").days_in_month
    index = pd.date_range(month, periods=days * 24, freq="h", unit="s")
    is_dusty = dust_storms(places, month, seed)
    values = city_hours(levels, month, seed) * np.where(is_dusty, _DUST_FINE, 1.0)
    highest = np.floor(ceilings(alarms, index, levels.columns).to_numpy() + 1e-6)
    whole = np.maximum(np.minimum(np.rint(values), highest), _LEAST_UG_M3)
    return pd.DataFrame(whole, index=index, columns=levels.columns), is_dusty


def city_rows(pm25: pd.DataFrame, is_dusty: NDArray[np.bool_], month: date, seed: int) -> pd.DataFrame:
    """The rows of a long archive, by hour and city: `date, hour, 城市, PM2.5, PM10, SO2, NO2, CO, O3, data_origin`.

    Nothing is printed where an instrument was down: single hours, and some days of one city in each half-month.
    """
    rng = stream(seed, f"pollutants of the cities {month:%Y-%m}")
    fine = pm25.to_numpy()
    shape = (len(pm25), pm25.shape[1])
    hours = pd.DatetimeIndex(pm25.index)
    hour = hours.hour.to_numpy()[:, None]
    warmth = (1 - np.cos(2 * np.pi * (month.month - 0.5) / 12)) / 2  # 0 in winter, 1 in July
    sun = np.clip(np.sin((hour - 7) * np.pi / 13), 0, None)
    traffic = 1 + 0.25 * np.cos((hour - 8) * np.pi / 6)

    def noise(spread: float) -> Levels:
        return np.asarray(np.exp(rng.normal(0.0, spread, shape)))

    coarse = np.where(is_dusty, _DUST_COARSE, 1.45 + 0.5 * warmth) * noise(0.1) * fine + 8
    columns = {
        "PM2.5": fine,
        "PM10": coarse,
        "SO2": (4 + 0.14 * (1 - 0.6 * warmth) * fine) * noise(0.15),
        "NO2": (10 + 0.45 * (1 - 0.5 * warmth) * fine) * traffic * noise(0.15),
        "CO": (0.25 + 0.011 * fine) * noise(0.1),
        "O3": (18 + (25 + 135 * warmth) * sun) * noise(0.15),
    }
    is_down = _down(shape, rng)
    names = cities().set_index("unit_code")["unit_name"].loc[pm25.columns].str.removesuffix("市")
    rows = pd.DataFrame(
        {
            "date": np.repeat(hours.strftime("%Y%m%d"), shape[1]),
            "hour": np.repeat(hours.hour, shape[1]),
            "城市": np.tile(names, shape[0]),
        }
    )
    for name, values in columns.items():
        printed = np.round(values, 2) if name == "CO" else np.maximum(np.rint(values), 1)
        rows[name] = np.where(is_down | (rng.random(shape) < 0.003), np.nan, printed).ravel()
    return rows.assign(data_origin=SIMULATED_LABEL)


def dust_rows(is_dusty: NDArray[np.bool_], hours: pd.DatetimeIndex, unit_codes: pd.Index) -> pd.DataFrame:
    """One row an hour of a city under dust: the columns of a dust file and `data_origin`."""
    hour, city = np.nonzero(is_dusty)
    return pd.DataFrame(
        {
            "unit_code": unit_codes[city],
            "hour": hours[hour].strftime("%Y-%m-%dT%H:00+08:00"),
            "is_dust": 1,
            "data_origin": SIMULATED_LABEL,
        }
    )


def _down(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    is_down = np.zeros(shape, dtype=bool)
    for first_day, end_day in ((0, 15), (15, shape[0] // 24)):
        city = rng.integers(shape[1])
        begins = int(rng.integers(first_day, end_day - _LOST_DAYS + 1))
        is_down[begins * 24 : (begins + _LOST_DAYS) * 24, city] = True
    return is_down
