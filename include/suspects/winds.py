"""The wind at a place, from masts elsewhere: vector means, calm and variable hours as such, and how much it may turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.rules import CALM_WINDS, VARIABLE_WINDS
from include.suspects.opposed import COLUMNS, left_out, opposed_pairs, rolling
from include.suspects.places import east_north_km
from include.suspects.rules import WindRules

Floats = NDArray[np.float64]
Hours = NDArray[np.int64]


@dataclass(frozen=True)
class Cleaned:
    """`winds`: station_id, hour, wind_from_deg (0 to below 360; null: calm, variable or unknown), wind_speed_m_s.
    `remarks`: one row a kind of finding: what, rows, an example."""

    winds: pd.DataFrame
    remarks: pd.DataFrame


@dataclass(frozen=True)
class WindAt:
    """Wind, one a place and hour. `east`, `north`: m/s towards; NaN where no mast spoke. `masts`: how many
    spoke; `nearest_km`: the nearest of them; `spread_deg`: standard deviation of the direction, 180 for calm."""

    east: Floats
    north: Floats
    masts: NDArray[np.int64]
    nearest_km: Floats
    spread_deg: Floats


def clean_winds(winds: pd.DataFrame) -> Cleaned:
    """Winds as told, with codes understood: 360 is 0, calm and variable have no direction, what is no wind is left out.

    A direction told with speed 0 is calm; a variable wind keeps its speed. Remarks count what was changed.
    """
    code, texts = pd.factorize(winds["wind_from_deg"], use_na_sentinel=False)
    known = pd.Series(texts).astype("string").str.strip().str.upper().str.removesuffix(".0")
    number = pd.to_numeric(known, errors="coerce").to_numpy(float, na_value=np.nan)[code]
    speed = pd.to_numeric(winds["wind_speed_m_s"], errors="coerce").to_numpy(float, na_value=np.nan)
    is_calm, is_variable = (known.isin(words).to_numpy(bool)[code] for words in (CALM_WINDS, VARIABLE_WINDS))
    is_known = (number >= 0) & (number <= 360)
    is_empty = (known.isna() | (known == "")).to_numpy(bool, na_value=True)[code]
    speed = np.where(is_calm & ~(speed >= 0), 0.0, speed)
    no_speed = ~((speed >= 0) & (speed < 75))
    foreign = ~is_known & ~is_empty & ~is_calm & ~is_variable
    direction = np.where(is_known & ~(speed == 0), number % 360, np.nan)
    kept = ~no_speed & ~foreign
    found = {
        "calm by a code": is_calm,
        "variable: no direction": is_variable,
        "no speed between 0 and 75 m/s: left out": no_speed,
        "no direction between 0 and 360 and no known code: left out": foreign & ~no_speed,
    }
    remarks = [
        (what, int(which.sum()), str(known[code[which.argmax()]]))
        for what, which in found.items()
        if which.any()
    ]
    clean = pd.DataFrame(
        {
            "station_id": winds["station_id"].astype(str),
            "hour": winds["hour"],
            "wind_from_deg": direction,
            "wind_speed_m_s": speed,
        }
    )[kept]
    return Cleaned(clean.reset_index(drop=True), pd.DataFrame(remarks, columns=["what", "rows", "example"]))


def vectors(winds: pd.DataFrame) -> tuple[Floats, Floats]:
    """East and north (m/s towards) of each row; NaN for none. Calm gives (0, 0). A wind with speed and without direction gives
    nothing."""
    speed = winds["wind_speed_m_s"].to_numpy(float, na_value=np.nan)
    angle = np.radians(winds["wind_from_deg"].to_numpy(float, na_value=np.nan))
    still = speed < 0.05
    east = np.where(still, 0.0, -speed * np.sin(angle))
    north = np.where(still, 0.0, -speed * np.cos(angle))
    return east, north


def epoch_hours(instants: pd.Series) -> Hours:
    """Whole hours since the epoch, of instants with a time zone."""
    utc = instants if isinstance(instants.dtype, pd.DatetimeTZDtype) else pd.to_datetime(instants, utc=True)
    return np.asarray(utc.to_numpy("datetime64[s]").astype(np.int64) // 3600, np.int64)


@dataclass(frozen=True)
class Masts:
    """`lon`, `lat` by mast; `east`, `north`: masts × hours from `first` (since the epoch), NaN where a mast did not speak or
    its directions are noise."""

    lon: Floats
    lat: Floats
    first: int
    east: Floats
    north: Floats


def read_masts(winds: pd.DataFrame, stations: pd.DataFrame, begin: int, end: int, rules: WindRules) -> Masts:
    """The winds of [begin, end). `winds` as of `clean_winds`, from `check_hours` before `begin`; of `stations` (station_id,
    kind, lon, lat) those of kind `weather`."""
    masts = _masts(stations)
    first = begin - 1
    u, v = _table(winds, masts, first - rules.check_hours, max(end, begin))
    lon, lat = masts["lon"].to_numpy(float), masts["lat"].to_numpy(float)
    trusted = steady(u, v, rules) & ~left_out(lon, lat, u, v, rules)
    u, v = (np.where(trusted, part, np.nan)[:, rules.check_hours :] for part in (u, v))
    return Masts(lon, lat, first, u, v)


def opposed_masts(
    winds: pd.DataFrame, stations: pd.DataFrame, begin: int, end: int, rules: WindRules
) -> pd.DataFrame:
    """The masts that stood against a neighbour in the hours [begin, end), as `read_masts` judges them (columns
    `opposed.COLUMNS`). `winds` as of `clean_winds`, from `check_hours` before `begin`."""
    masts = _masts(stations)
    if len(masts) < 2:
        return pd.DataFrame(columns=COLUMNS)
    first = begin - rules.check_hours
    u, v = _table(winds, masts, first, max(end, begin))
    lon, lat = masts["lon"].to_numpy(float), masts["lat"].to_numpy(float)
    return opposed_pairs(masts["station_id"], lon, lat, u, v, first, begin, rules)


def _masts(stations: pd.DataFrame) -> pd.DataFrame:
    masts = stations[stations["kind"] == "weather"].drop_duplicates("station_id")
    placed = masts[masts["lon"].notna() & masts["lat"].notna()]
    return pd.DataFrame(placed.sort_values("station_id").reset_index(drop=True))


def wind_at(lon: Floats, lat: Floats, place: Hours, at: Hours, masts: Masts, rules: WindRules) -> WindAt:
    """The wind at `lon, lat` of each `place` (their rows) in the hour `at` (since the epoch), one a row of both.

    A weighted vector mean of the nearest masts that spoke, the weight falling with distance, and of the hour before; the
    weaker the mean, the wider its spread.
    """
    count = min(rules.most_masts, len(masts.lon))
    if not count or not len(at):
        empty = np.full(len(at), np.nan)
        return WindAt(empty, empty.copy(), np.zeros(len(at), np.int64), empty.copy(), np.full(len(at), 180.0))
    km = np.hypot(*east_north_km(lon[:, None], lat[:, None], masts.lon, masts.lat))
    near = np.argsort(km, axis=1, kind="stable")[:, :count]
    near_km = np.take_along_axis(km, near, axis=1)[place]
    near = near[place]
    reach = np.where(near_km <= rules.within_km, 1.0 / (1.0 + near_km / rules.near_km), 0.0)
    total, mean_u, mean_v = np.zeros(len(at)), np.zeros(len(at)), np.zeros(len(at))
    for earlier, share in ((1, rules.earlier_share), (0, 1.0 - rules.earlier_share)):
        column = (at - earlier - masts.first)[:, None]
        told_u, told_v = masts.east[near, column], masts.north[near, column]
        weight = np.where(np.isfinite(told_u), share * reach, 0.0)
        speaks = weight > 0
        total += weight.sum(axis=1)
        mean_u += np.where(speaks, weight * told_u, 0.0).sum(axis=1)
        mean_v += np.where(speaks, weight * told_v, 0.0).sum(axis=1)
    divisor = np.where(total > 0, total, np.nan)
    mean_u, mean_v = mean_u / divisor, mean_v / divisor
    nearest = np.where(speaks.any(axis=1), np.where(speaks, near_km, np.inf).min(axis=1), np.nan)
    return WindAt(mean_u, mean_v, speaks.sum(axis=1), nearest, _spread_deg(np.hypot(mean_u, mean_v), rules))


def steady(u: Floats, v: Floats, rules: WindRules) -> NDArray[np.bool_]:
    """Masts × hours: whether the mast's directions of the `check_hours` up to the hour hang together from hour to hour.

    Directions that do not (a vane that spins, rows in a wrong order) say nothing of where smoke came from. A mast of which
    too little is known is believed.
    """
    speed = np.hypot(u, v)
    known = np.isfinite(speed) & (speed >= rules.calm_m_s)
    pair = known[:, 1:] & known[:, :-1]
    dot = u[:, 1:] * u[:, :-1] + v[:, 1:] * v[:, :-1]
    cosine = np.where(pair, dot / np.where(pair, speed[:, 1:] * speed[:, :-1], 1.0), 0.0)
    # Whole millionths: sums that do not depend on where the table begins.
    pairs = rolling(pair.astype(np.int64), rules.check_hours)
    total = rolling(np.rint(cosine * 1e6).astype(np.int64), rules.check_hours)
    noise = (pairs >= rules.check_pairs) & (total < rules.steady_cosine * 1e6 * pairs)
    return np.concatenate([np.ones((len(u), 1), bool), ~noise], axis=1)


def _table(winds: pd.DataFrame, masts: pd.DataFrame, first: int, end: int) -> tuple[Floats, Floats]:
    """East and north by mast and hour of [first, end), the mean of what was told of an hour; NaN where it did not speak."""
    east, north = vectors(winds)
    code, names = pd.factorize(winds["station_id"])
    row = pd.Index(masts["station_id"]).get_indexer(pd.Index(names))[code]
    column = epoch_hours(winds["hour"]) - first
    known = np.flatnonzero(
        (row >= 0) & (column >= 0) & (column < end - first) & np.isfinite(east) & np.isfinite(north)
    )
    shape = (len(masts), end - first)
    cell = row[known] * shape[1] + column[known]
    told = np.bincount(cell, minlength=shape[0] * shape[1])
    u, v = (np.bincount(cell, part[known], len(told)) for part in (east, north))
    with np.errstate(invalid="ignore"):
        return (u / told).reshape(shape), (v / told).reshape(shape)


def _spread_deg(speed: Floats, rules: WindRules) -> Floats:
    """`spread_deg` from 2 m/s on, rising to `spread_calm_deg` at `calm_m_s`; below that no direction at all."""
    weak = np.clip((2.0 - speed) / (2.0 - rules.calm_m_s), 0.0, 1.0)
    spread = rules.spread_deg + (rules.spread_calm_deg - rules.spread_deg) * weak
    return np.where(speed >= rules.calm_m_s, spread, 180.0)
