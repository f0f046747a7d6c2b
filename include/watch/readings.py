"""Readings as arrays of hours by stations, and a flag for each hour of each station (quality control).

A flag of hour *t* is a function of the station's values in the hours (t - memory, t]: stored flags are the same for every
window. Flags are texts of `FLAGS`; only `ok` is used, `few` counts as silence with a reason.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.errors import InputError
from include.watch.rules import QualityRules

Floats = NDArray[np.float64]
FLAGS: Final = ("ok", "missing", "few", "range", "stuck", "dead", "spike")
OK, MISSING, FEW, RANGE, STUCK, DEAD, SPIKE = range(len(FLAGS))
HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Readings:
    """Hours × stations from `start` (an hour since the epoch, UTC); NaN where nothing came."""

    start: int
    pm25: Floats
    pm10: Floats
    rh: Floats
    samples: NDArray[np.int16]
    flags: NDArray[np.int8]

    @property
    def hours(self) -> int:
        return len(self.pm25)


def epoch_hour(at: object) -> int:
    """Whole hours since the epoch of an instant with a time zone."""
    instant = pd.Timestamp(at)  # type: ignore[arg-type]
    if instant.tzinfo is None:
        raise InputError("an instant without a time zone", expected="2020-04-03T08:00:00+08:00", got=at)
    hour, rest = divmod(instant.tz_convert("UTC").value, HOUR.value)
    if rest:
        raise InputError("not a whole hour", expected="2020-04-03T08:00:00+08:00", got=at)
    return int(hour)


def instants(hours: NDArray[np.int64]) -> pd.DatetimeIndex:
    """The starts of hours since the epoch, in UTC."""
    return pd.DatetimeIndex((np.asarray(hours, np.int64) * 3600).astype("datetime64[s]")).tz_localize("UTC")


def empty(columns: list[str]) -> pd.DataFrame:
    """No rows; columns that are instants (`*_at`, `hour`) know their zone."""
    none = instants(np.zeros(0, np.int64))
    return pd.DataFrame({name: none if name.endswith("_at") or name == "hour" else [] for name in columns})


def hours_of(values: "pd.Series[pd.Timestamp]") -> NDArray[np.int64]:
    """Hours since the epoch of instants; those without a zone are UTC."""
    series = pd.Series(values)
    seconds = series.to_numpy("datetime64[s]").astype(np.int64)
    return np.asarray(seconds // 3600, np.int64)


def read(
    frame: pd.DataFrame, station_ids: "pd.Series[str]", start: int, end: int, rules: QualityRules
) -> Readings:
    """The readings of [start, end) of the stations, with flags from the hours given (those before `start` are read too
    where `frame` has them). Unknown stations and hours outside are left out; of two rows of one station and hour the one
    with more samples counts, then the higher value."""
    begin = start - rules.memory_hours
    place = _places(frame["station_id"], station_ids)
    hour = hours_of(frame["hour"]) - begin
    inside = np.flatnonzero((place >= 0) & (hour >= 0) & (hour < end - begin))
    samples = _numbers(frame, "sample_count")[inside]
    pm25 = _numbers(frame, "pm25_ug_m3")[inside]
    samples = np.where(np.isnan(samples), np.where(np.isnan(pm25), 0, 12), samples)
    at = hour[inside] * len(station_ids) + place[inside]
    shape = (end - begin, len(station_ids))
    if np.bincount(at, minlength=1).max() > 1:
        order = np.lexsort((pm25, samples, at))
        at, inside, samples = at[order], inside[order], samples[order]
    pm25, pm10, rh = (
        _filled(shape, at, _numbers(frame, name)[inside]) for name in ("pm25_ug_m3", "pm10_ug_m3", "rh_pct")
    )
    count = np.nan_to_num(_filled(shape, at, samples))
    flags = _flags(pm25, count, rules)
    kept = slice(rules.memory_hours, None)
    return Readings(start, pm25[kept], pm10[kept], rh[kept], count[kept].astype(np.int16), flags[kept])


def _places(told: "pd.Series[str]", station_ids: "pd.Series[str]") -> NDArray[np.int64]:
    """The place of each row's station among `station_ids`, -1 for an unknown one; each name is looked up once."""
    index = pd.Index(station_ids)
    if not isinstance(told.dtype, pd.CategoricalDtype):
        return np.asarray(index.get_indexer(pd.Index(told)), np.int64)
    known = np.append(index.get_indexer(pd.Index(told.cat.categories.to_numpy(object))), -1)
    return np.asarray(known[told.cat.codes.to_numpy()], np.int64)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(np.float64, na_value=np.nan)


def _filled(shape: tuple[int, int], at: NDArray[np.int64], values: Floats) -> Floats:
    flat = np.full(shape[0] * shape[1], np.nan)
    flat[at] = values
    return flat.reshape(shape)


def _flags(pm25: Floats, samples: Floats, rules: QualityRules) -> NDArray[np.int8]:
    flags = np.zeros(pm25.shape, np.int8)
    whole = np.isfinite(pm25) & (pm25 == np.round(pm25))
    flags[_equal_run(pm25, rules.stuck_hours) & ~whole] = STUCK
    flags[_equal_run(pm25, rules.stuck_hours_whole)] = STUCK
    flags[(pm25 < rules.lowest_ug_m3) | (pm25 >= rules.highest_ug_m3)] = RANGE
    flags[samples < rules.least_samples] = FEW
    flags[np.isnan(pm25) | (samples <= 0)] = MISSING
    return flags


def _equal_run(values: Floats, length: int) -> NDArray[np.bool_]:
    """Where the last `length` hours hold one and the same value."""
    same = np.zeros(values.shape, bool)
    same[length - 1 :] = True
    for back in range(1, length):
        same[length - 1 :] &= values[length - 1 :] == values[length - 1 - back : len(values) - back]
    return same
