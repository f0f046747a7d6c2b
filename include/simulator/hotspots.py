"""The hotspot grids of the demo region, and the points in them that alarms name."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from include.geo.boundaries import counties
from include.geo.grids import grid_cells, locate
from include.geo.regions import members_on
from include.simulator.habits import HABITS, T85711
from include.simulator.season import SEASON, stream
from include.simulator.wording import point_names

HOT_GRIDS: Final = 5000
MONITORED_GRIDS: Final = 1000
POINTS_PER_GRID: Final = 2
_TRIES = 4  # places tried for a point before it takes the middle of its grid


def hot_grids(seed: int) -> pd.DataFrame:
    """One row a hotspot grid, by city and grid_id: the columns of `grids*.csv`, then `weight`.

    `weight` says how often a grid alarms, relative to the others of its city; the heaviest are monitored.
    """
    rng = stream(seed, "hot grids")
    cities = members_on(SEASON.start)
    cells = grid_cells(counties(cities["unit_code"]))
    quotas = _quotas(cells["unit_code"].value_counts().sort_index())
    # Small counties are towns: their cells are hotter. The noise makes some corners of the country hot as well.
    in_county = cells.groupby(["unit_code", "county"])["name"].transform("size")
    cells["heat"] = rng.gamma(1.2, size=len(cells)) / np.sqrt(in_county)
    home = _home_of_t85711(cells)
    cells.loc[home, "heat"] = np.inf
    cells = cells.sort_values("heat", ascending=False, kind="stable")
    hot = cells[cells.groupby("unit_code").cumcount() < cells["unit_code"].map(quotas)].copy()

    rank = hot.groupby("unit_code").cumcount()
    hot["weight"] = (rank + 3.0) ** -0.9
    hot["grid_id"] = _identifiers(hot, cities, rng)
    hot.loc[home, "grid_id"] = T85711.grid_id
    share = rank / hot["unit_code"].map(quotas)
    hot["is_hot"] = True
    hot["is_monitored"] = share.rank(method="first") <= MONITORED_GRIDS
    columns = [
        "grid_id",
        "unit_code",
        "county",
        "name",
        "west",
        "south",
        "east",
        "north",
        "is_hot",
        "is_monitored",
        "weight",
    ]
    return hot.sort_values(["unit_code", "grid_id"])[columns].reset_index(drop=True)


def grid_points(grids: pd.DataFrame, seed: int) -> pd.DataFrame:
    """POINTS_PER_GRID rows a grid, in the order of `grids`: `grid_id, point_name, lon, lat`.

    Every point lies in its grid and in the grid's county.
    """
    rng = stream(seed, "grid points")
    each = grids.loc[grids.index.repeat(POINTS_PER_GRID)].reset_index(drop=True)
    lon, lat = (middle.to_numpy() for middle in _middles(each))
    settled = np.zeros(len(each), dtype=bool)
    for _ in range(_TRIES):
        across, up = rng.uniform(0.08, 0.92, size=(2, len(each)))
        tried_lon = np.round(each["west"] + across * (each["east"] - each["west"]), 6)
        tried_lat = np.round(each["south"] + up * (each["north"] - each["south"]), 6)
        found = locate(tried_lon, tried_lat)
        fits = (found["unit_code"] == each["unit_code"]) & (found["county"] == each["county"]) & ~settled
        lon, lat = np.where(fits, tried_lon, lon), np.where(fits, tried_lat, lat)
        settled |= fits.to_numpy()
    places = each["county"].mask(each["grid_id"] == T85711.grid_id, T85711.place)
    return pd.DataFrame(
        {"grid_id": each["grid_id"], "point_name": point_names(places, rng), "lon": lon, "lat": lat}
    )


def _middles(cells: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return (
        ((cells["west"] + cells["east"]) / 2).round(6),
        ((cells["south"] + cells["north"]) / 2).round(6),
    )


def _quotas(cells_by_city: pd.Series) -> pd.Series:
    """How many hotspot grids each city has: large and often alarmed cities more, HOT_GRIDS in all."""
    weight = pd.Series({code: habit.weight for code, habit in HABITS.items()})
    wish = cells_by_city**0.5 * weight[cells_by_city.index]
    share = wish / wish.sum() * HOT_GRIDS
    quota = share.astype(int)
    one_more = (share - quota).rank(method="first", ascending=False) <= HOT_GRIDS - quota.sum()
    return quota + one_more.astype(int)


def _home_of_t85711(cells: pd.DataFrame) -> int:
    own = cells[(cells["unit_code"] == T85711.unit_code) & (cells["county"] == T85711.county)]
    lon, lat = _middles(own)
    return int(own.index[int(np.argmin((lon - T85711.lon) ** 2 + (lat - T85711.lat) ** 2))])


def _identifiers(hot: pd.DataFrame, cities: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Opaque and unique: T and five digits in 2+26, S and seven digits in 汾渭平原."""
    region = hot["unit_code"].map(cities.set_index("unit_code")["region"])
    free = np.setdiff1d(np.arange(10_000, 100_000), [int(T85711.grid_id[1:])])
    t_numbers = rng.choice(free, len(hot), replace=False)
    s_numbers = rng.choice(900_000, len(hot), replace=False) + 1_100_000
    t_ids = pd.Series(t_numbers, index=hot.index).map("T{}".format)
    return t_ids.where(region == "2+26", pd.Series(s_numbers, index=hot.index).map("S{}".format))
