"""Distances of some kilometres, and which points lie near which: enough numpy for a hundred thousand candidates."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
# Kilometres a degree of latitude, WGS84, between 33 and 41 degrees north: at most 0.1 % off.
KM_PER_DEG: Final = 111.0


def east_north_km(
    from_lon: npt.ArrayLike, from_lat: npt.ArrayLike, to_lon: npt.ArrayLike, to_lat: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """East and north (km) of `to` as seen from `from`, degrees WGS84; for distances of some tens of kilometres."""
    lat_from, lat_to = np.asarray(from_lat, float), np.asarray(to_lat, float)
    middle = np.radians((lat_from + lat_to) / 2)
    east = (np.asarray(to_lon, float) - np.asarray(from_lon, float)) * KM_PER_DEG * np.cos(middle) * 1.0029
    return east, (lat_to - lat_from) * KM_PER_DEG


def pairs_within(
    lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats, within_km: float
) -> tuple[Places, Places, Floats]:
    """Places of every (point, other point) at most `within_km` apart, and their distance; by point, then other.

    Points without coordinates are near nothing. The others are cut into bands of latitude and searched by longitude.
    """
    known = np.flatnonzero(np.isfinite(to_lon) & np.isfinite(to_lat))
    band_deg = within_km / KM_PER_DEG * 1.001
    bands = np.floor(to_lat[known] / band_deg).astype(np.int64)
    order = np.lexsort((to_lon[known], bands))
    known, bands = known[order], bands[order]
    key_lon = to_lon[known]
    firsts: list[Places] = []
    seconds: list[Places] = []
    here = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    reach_deg = (
        within_km / (KM_PER_DEG * np.cos(np.radians(np.minimum(np.abs(lat[here]) + band_deg, 89.0)))) * 1.01
    )
    own_band = np.floor(lat[here] / band_deg).astype(np.int64)
    key = bands * 1000.0 + key_lon  # longitudes are less than 1,000 wide
    for shift in (-1, 0, 1):
        base = (own_band + shift) * 1000.0
        low = np.searchsorted(key, base + np.maximum(lon[here] - reach_deg, -400.0))
        high = np.searchsorted(key, base + np.minimum(lon[here] + reach_deg, 400.0), side="right")
        count = high - low
        point = np.repeat(np.arange(len(here)), count)
        offset = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
        firsts.append(here[point])
        seconds.append(known[np.repeat(low, count) + offset])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    east, north = east_north_km(lon[first], lat[first], to_lon[second], to_lat[second])
    km = np.hypot(east, north)
    near = km <= within_km
    first, second, km = first[near], second[near], km[near]
    order = np.lexsort((second, first))
    return first[order], second[order], km[order]


def placed(points: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows of `points` have usable coordinates (lon -180 to 180, lat -90 to 90, not both 0)."""
    lon = pd.to_numeric(points["lon"], errors="coerce").to_numpy(float, na_value=np.nan)
    lat = pd.to_numeric(points["lat"], errors="coerce").to_numpy(float, na_value=np.nan)
    return np.asarray((np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ~((lon == 0) & (lat == 0)))
