"""The hourly surface of 500 m cells: the smooth background everywhere, a station's increment in its own cell only.

Interpolating increments to cells without a station had no skill on held-out stations; the background has. So a cell with a
station that spoke is 实测 (the mean of its stations), any other 估算 (background of its grid, tilted towards its
neighbours'). Never raise an alarm on a cell.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.hours import Judged
from include.watch.network import KM_PER_DEGREE, station_order
from include.watch.readings import hours_of
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]
SIDE: Final = 6  # cells along a side: 3 km / 500 m
MEASURED, ESTIMATED = "实测", "估算"
CELL_COLUMNS: Final = ["cell_id", "grid_id", "hour", "pm25_ug_m3", "variance_ug2_m6", "kind", "stations"]
NEIGHBOURS = 6


def cell_table(grids: pd.DataFrame) -> pd.DataFrame:
    """One row a cell: `cell_id` (grid, row from the south, column from the west, both from 1), `grid_id`, `west`, `south`,
    `east`, `north` (degrees WGS84)."""
    ordered = grids.sort_values("grid_id", ignore_index=True)
    row, column = np.divmod(np.tile(np.arange(SIDE * SIDE), len(ordered)), SIDE)
    grid = np.repeat(np.arange(len(ordered)), SIDE * SIDE)
    west, south, east, north = (
        ordered[side].to_numpy(float)[grid] for side in ("west", "south", "east", "north")
    )
    wide, high = (east - west) / SIDE, (north - south) / SIDE
    names = ordered["grid_id"].to_numpy(object)[grid]
    return pd.DataFrame(
        {
            "cell_id": [f"{name}-{r + 1}{c + 1}" for name, r, c in zip(names, row, column, strict=True)],
            "grid_id": names,
            "west": west + column * wide,
            "south": south + row * high,
            "east": west + (column + 1) * wide,
            "north": south + (row + 1) * high,
        }
    )


def cells(stations: pd.DataFrame, grids: pd.DataFrame, judged: Judged, rules: WatchRules) -> pd.DataFrame:
    """One row a cell of a judged grid and hour (`CELL_COLUMNS`), by hour and cell. `judged` with station hours.

    Concentrations are tied to the city's official stations where they spoke. `stations`: those in the cell that spoke.
    Null where nothing is known of the grid's air in that hour.
    """
    layout = cell_table(grids)
    weights = _tilts(grids, rules)
    places = _cell_of_station(station_order(stations).table, layout)
    by_hour = dict(_by_hour(judged.station_hours))
    frames = [
        _hour_cells(layout, weights, places, own, by_hour.get(at), rules)
        for at, own in _by_hour(judged.grid_hours)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=CELL_COLUMNS)


def _by_hour(frame: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    """The rows of each hour (since the epoch), in order."""
    at = hours_of(frame["hour"])
    return [(int(hour), frame[at == hour]) for hour in np.unique(at)]


def _tilts(grids: pd.DataFrame, rules: WatchRules) -> tuple[NDArray[np.int64], Floats]:
    """The nearest grids of each (sorted by `grid_id`), and by grid and cell the share of their difference to it."""
    ordered = grids.sort_values("grid_id", ignore_index=True)
    lon = (ordered["west"].to_numpy(float) + ordered["east"].to_numpy(float)) / 2
    lat = (ordered["south"].to_numpy(float) + ordered["north"].to_numpy(float)) / 2
    x, y = lon * KM_PER_DEGREE * np.cos(np.radians(lat.mean() if len(lat) else 0.0)), lat * KM_PER_DEGREE
    count = min(NEIGHBOURS, max(len(x) - 1, 0))
    near = np.zeros((len(x), count), np.int64)
    for k in range(len(x)):
        km = np.hypot(x - x[k], y - y[k])
        km[k] = np.inf
        near[k] = np.argsort(km, kind="stable")[:count]
    step = (np.arange(SIDE) - (SIDE - 1) / 2) * 0.5
    cell_x, cell_y = np.tile(step, SIDE), np.repeat(step, SIDE)
    away = np.hypot(x[near] - x[:, None], y[near] - y[:, None])[:, None, :]
    here = np.hypot(
        (x[near] - x[:, None])[:, None, :] - cell_x[None, :, None],
        (y[near] - y[:, None])[:, None, :] - cell_y[None, :, None],
    )
    scale = rules.background.range_km
    tilt = (np.exp(-here / scale) - np.exp(-away / scale)) / max(count, 1)
    return near, tilt


def _cell_of_station(table: pd.DataFrame, layout: pd.DataFrame) -> pd.DataFrame:
    """`station_id`, `cell_id` of the micro-stations that stand in their grid (on its edge: in the outer cell)."""
    corner = layout.groupby("grid_id").agg(
        west=("west", "min"), south=("south", "min"), east=("east", "max"), north=("north", "max")
    )
    micro = table[table["kind"] == "micro"].merge(corner, left_on="grid_id", right_index=True)
    column = _step(micro["lon"].to_numpy(), micro["west"].to_numpy(), micro["east"].to_numpy())
    row = _step(micro["lat"].to_numpy(), micro["south"].to_numpy(), micro["north"].to_numpy())
    inside = (column >= 0) & (row >= 0)
    names = [f"{g}-{r + 1}{c + 1}" for g, r, c in zip(micro["grid_id"], row, column, strict=True)]
    return pd.DataFrame({"station_id": micro["station_id"].to_numpy(object), "cell_id": names})[inside]


def _step(at: Floats, low: Floats, high: Floats) -> NDArray[np.int64]:
    share = (at - low) / (high - low)
    return np.where((share >= 0) & (share <= 1), np.minimum((share * SIDE).astype(np.int64), SIDE - 1), -1)


def _hour_cells(
    layout: pd.DataFrame,
    tilts: tuple[NDArray[np.int64], Floats],
    places: pd.DataFrame,
    grid_hours: pd.DataFrame,
    station_hours: pd.DataFrame | None,
    rules: WatchRules,
) -> pd.DataFrame:
    near, tilt = tilts
    names = layout["grid_id"].to_numpy(object)[:: SIDE * SIDE]
    own = grid_hours.set_index("grid_id").reindex(names)
    air, sd = own["background_ug_m3"].to_numpy(float), own["background_sd_ug_m3"].to_numpy(float)
    factor = own["official_factor"].to_numpy(float)
    difference = np.nan_to_num(air[near] - air[:, None])
    value = (air[:, None] + (tilt * difference[:, None, :]).sum(axis=2)).ravel()
    local = np.maximum(rules.background.nugget_sd * air, 2.0)
    variance = np.repeat(sd * sd + local * local, SIDE * SIDE)
    frame = layout[["cell_id", "grid_id"]].assign(
        hour=grid_hours["hour"].iloc[0],
        pm25_ug_m3=value,
        variance_ug2_m6=variance,
        kind=ESTIMATED,
        stations=0,
    )
    if station_hours is not None and len(station_hours):
        _measure(frame, places, station_hours)
    scale = np.repeat(factor, SIDE * SIDE)
    frame["pm25_ug_m3"] = np.maximum(frame["pm25_ug_m3"] * scale, 0.0)
    frame["variance_ug2_m6"] *= scale * scale
    return frame[frame["grid_id"].isin(set(grid_hours["grid_id"]))][CELL_COLUMNS]


def _measure(frame: pd.DataFrame, places: pd.DataFrame, station_hours: pd.DataFrame) -> None:
    """Puts the mean of its stations into each cell that has some."""
    spoke = station_hours[station_hours["pm25_ug_m3"].notna()].merge(places, on="station_id")
    told = spoke.groupby("cell_id").agg(
        value=("pm25_ug_m3", "mean"), sd=("sd_ug_m3", "mean"), n=("station_id", "size")
    )
    at = pd.Index(frame["cell_id"]).get_indexer(told.index)
    frame.loc[at, "pm25_ug_m3"] = told["value"].to_numpy()
    frame.loc[at, "variance_ug2_m6"] = (told["sd"] ** 2 / told["n"]).to_numpy()
    frame.loc[at, "kind"] = MEASURED
    frame.loc[at, "stations"] = told["n"].to_numpy()
