"""The level of a cell's surroundings: a percentile of all cells within a distance, from the lattice's own rows and columns."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EARTH_KM_DEG: Final = 111.195  # of a degree of latitude on the sphere of the same volume


def background(cells: pd.DataFrame, values: pd.Series, within_km: float, percentile: float) -> pd.Series:
    """For each cell (`row, column, west, south, east, north`; index of both alike) the percentile (linear between neighbours) of
    the values of all cells whose centre lies within the distance of its own, itself included; NaN without any value."""
    own_row = cells["row"].to_numpy()
    lon = ((cells["west"] + cells["east"]) / 2).to_numpy()
    lat = ((cells["south"] + cells["north"]) / 2).to_numpy()
    known = values.to_numpy(dtype=float)
    rows = {int(row): np.flatnonzero(own_row == row) for row in np.unique(own_row)}
    for row, members in rows.items():
        rows[row] = members[np.argsort(lon[members])]
    height = float((cells["north"] - cells["south"]).median()) * _EARTH_KM_DEG
    reach = int(np.ceil(within_km / height))
    found = np.full(len(cells), np.nan)
    for row, members in rows.items():
        around = [
            _row_around(lon, lat, known, members, rows[near], within_km)
            for near in range(row - reach, row + reach + 1)
            if near in rows
        ]
        found[members] = _percentiles(np.hstack(around), percentile)
    return pd.Series(found, index=cells.index)


def _row_around(
    lon: Floats,
    lat: Floats,
    known: Floats,
    members: NDArray[np.intp],
    near: NDArray[np.intp],
    within_km: float,
) -> Floats:
    """One line a member: the values of the cells of another row that lie near enough, NaN elsewhere."""
    up = (lat[near[0]] - lat[members[0]]) * _EARTH_KM_DEG
    left = within_km**2 - up**2
    if left < 0:
        return np.full((len(members), 0), np.nan)
    km_deg = _EARTH_KM_DEG * np.cos(np.radians((lat[near[0]] + lat[members[0]]) / 2))
    half = np.sqrt(left) / km_deg
    first = np.searchsorted(lon[near], lon[members] - half - 1e-9)
    last = np.searchsorted(lon[near], lon[members] + half + 1e-9)
    places = first[:, None] + np.arange(int((last - first).max(initial=0)))
    is_near = places < last[:, None]
    return np.where(is_near, known[near[np.minimum(places, len(near) - 1)]], np.nan)


def _percentiles(values: Floats, percentile: float) -> Floats:
    """Of each line, its NaN left out."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    at = (count - 1) * percentile / 100
    low = np.clip(np.floor(at), 0, None).astype(int)
    high = np.clip(np.minimum(low + 1, count - 1), 0, None)
    lines = np.arange(len(ordered))
    part = np.clip(at - low, 0, 1)
    return np.asarray(
        np.where(count > 0, ordered[lines, low] * (1 - part) + ordered[lines, high] * part, np.nan)
    )
