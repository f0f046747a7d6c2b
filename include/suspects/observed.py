"""What an alarm's stations saw: which of them rose in which hour, and the wind of each hour.

Only hours up to the alarm's last known one are looked at. Where no station of the grid is known to have risen (an alarm of a
platform, without station hours), the alarm's own point stands for them and every hour weighs alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.suspects.places import east_north_km
from include.suspects.rules import SuspectRules
from include.suspects.winds import Masts, WindAt, epoch_hours, wind_at

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Observed:
    """Alarms × points × hours; point 0 is the alarm's own, the others the stations of its grid.

    `east_km`, `north_km`: from the alarm's point; `at`: hours since the epoch, ascending, -1 for none; `weight`: the part of
    each point and hour in the alarm's increments, summing to 1; `has_increments`: by alarm, whether stations rose;
    `risen`: stations that did; `peak_ug_m3`: the highest increment of one of them in one hour, 0 where none rose; `highest`:
    the point with the largest part; `wind`: alarms × hours, flattened.
    """

    east_km: Floats
    north_km: Floats
    at: Places
    weight: Floats
    has_increments: NDArray[np.bool_]
    risen: Places
    peak_ug_m3: Floats
    highest: Places
    wind: WindAt

    def wind_of(self, name: str) -> Any:
        """One field of `wind` as alarms × hours."""
        return getattr(self.wind, name).reshape(self.at.shape)

    @property
    def hour_weight(self) -> Floats:
        """Alarms × hours."""
        return np.asarray(self.weight.sum(axis=1))


@dataclass(frozen=True)
class Increments:
    """The station hours that rose, by hour: `station` (row of `micro`), `at` (since the epoch), `increment` (µg/m³)."""

    micro: pd.DataFrame
    station: Places
    at: Places
    increment: Floats

    def table(self, begin: int, end: int) -> Floats:
        """Stations × hours of [begin, end), µg/m³; 0 where a station did not rise or did not speak."""
        low, high = np.searchsorted(self.at, [begin, end])
        table = np.zeros((max(len(self.micro), 1), max(end - begin, 1)))
        table[self.station[low:high], self.at[low:high] - begin] = self.increment[low:high]
        return table


def read_increments(station_hours: pd.DataFrame, stations: pd.DataFrame, rules: SuspectRules) -> Increments:
    """`station_hours`: station_id, hour, increment_ug_m3 and, if told, flag (only `ok` counts); `stations`: station_id, kind,
    grid_id, lon, lat. What does not stand above the scatter of sensors is left out."""
    micro = stations[stations["kind"] == "micro"].drop_duplicates("station_id")
    micro = micro.sort_values("station_id").reset_index(drop=True)
    value = pd.to_numeric(station_hours["increment_ug_m3"], errors="coerce").to_numpy(float, na_value=np.nan)
    used = value >= rules.reach.least_increment_ug_m3
    if "flag" in station_hours:
        used &= (station_hours["flag"] == "ok").to_numpy(bool, na_value=False)
    rows = station_hours[used]
    station = pd.Index(micro["station_id"].astype(str)).get_indexer(pd.Index(rows["station_id"].astype(str)))
    at = epoch_hours(rows["hour"]) if len(rows) else np.zeros(0, np.int64)
    known = np.flatnonzero(station >= 0)
    known = known[np.argsort(at[known], kind="stable")]
    return Increments(micro, station[known], at[known], value[used][known])


def observe(alarms: pd.DataFrame, increments: Increments, masts: Masts, rules: SuspectRules) -> Observed:
    """`alarms`: grid_id, lon, lat, first, last (hours since the epoch; nothing after `last` is looked at)."""
    first = alarms["first"].to_numpy(np.int64) - rules.reach.hours_before
    last = alarms["last"].to_numpy(np.int64)
    begin = int(first.min()) if len(alarms) else 0
    increment = increments.table(begin, int(last.max()) + 1 if len(alarms) else 0)
    micro = increments.micro
    station = _own_stations(alarms, micro, rules)
    at = _hours(first, last, station, increment, begin, rules)
    present = (station >= 0)[:, :, None] & (at >= 0)[:, None, :]
    cell = (station[:, :, None], np.where(at >= 0, at - begin, 0)[:, None, :])
    rose = np.where(present, increment[cell], 0.0)
    total = rose.sum(axis=(1, 2))
    has_increments = total > 0
    point = (at >= 0) / np.maximum((at >= 0).sum(axis=1, keepdims=True), 1)
    weight = np.concatenate([point[:, None, :] * ~has_increments[:, None, None], rose], axis=1)
    weight /= np.where(has_increments, total, 1.0)[:, None, None]
    lon, lat = alarms["lon"].to_numpy(float), alarms["lat"].to_numpy(float)
    east, north = np.zeros((len(alarms), 1 + station.shape[1])), np.zeros((len(alarms), 1 + station.shape[1]))
    if len(micro):
        to_lon, to_lat = micro["lon"].to_numpy(float)[station], micro["lat"].to_numpy(float)[station]
        east[:, 1:], north[:, 1:] = east_north_km(lon[:, None], lat[:, None], to_lon, to_lat)
    repeat = np.repeat(np.arange(len(alarms)), at.shape[1])
    wind = wind_at(lon, lat, repeat, np.where(at >= 0, at, begin).ravel(), masts, rules.wind)
    risen = (rose.sum(axis=2) > 0).sum(axis=1)
    peak, highest = rose.max(axis=(1, 2)), weight.sum(axis=2).argmax(axis=1)
    return Observed(east, north, at, weight, has_increments, risen, peak, highest, wind)


def _own_stations(alarms: pd.DataFrame, micro: pd.DataFrame, rules: SuspectRules) -> Places:
    """Places of the micro-stations of each alarm's grid, the first `most_stations` by identifier; -1 for none."""
    most = rules.reach.most_stations
    grid, grids = pd.factorize(micro["grid_id"].astype(str))
    place = micro.groupby(grid).cumcount().to_numpy(np.int64) if len(micro) else np.zeros(0, np.int64)
    table = np.full((len(grids) + 1, most), -1, np.int64)  # the last row: of a grid without any
    own = np.flatnonzero((place < most) & (grid >= 0))
    table[grid[own], place[own]] = own
    row = pd.Index(grids).get_indexer(pd.Index(alarms["grid_id"].astype(str)))
    return np.asarray(table[row], np.int64)


def _hours(
    first: Places, last: Places, station: Places, increment: Floats, begin: int, rules: SuspectRules
) -> Places:
    """The hours of each alarm in which its grid stood highest, ascending; the first ones where they tie; -1 for none."""
    most = rules.reach.most_hours
    table = np.full((len(first), most), -1, np.int64)
    for alarm in range(len(first)):
        span = np.arange(first[alarm], last[alarm] + 1)
        if len(span) > most:
            own = station[alarm, station[alarm] >= 0]
            seen = increment[own][:, span - begin] if len(own) else np.zeros((1, len(span)))
            span = span[np.sort(np.argsort(-seen.max(axis=0), kind="stable")[:most])]
        table[alarm, : len(span)] = span
    return table
