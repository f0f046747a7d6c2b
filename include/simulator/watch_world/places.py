"""Where things are: monitored grids on real ground, stations in and around them, invented enterprises, unlisted sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.geo.grids import locate
from include.rules import SIMULATED_LABEL
from include.simulator.hotspots import hot_grids
from include.simulator.season import stream
from include.simulator.watch_world.options import WorldOptions

KM_PER_DEG: Final = 111.2
_GRIDS_A_CITY: Final = 25
_STATION_COUNTS: Final = {2: 0.08, 3: 0.21, 4: 0.34, 5: 0.28, 6: 0.09}
_ENTERPRISES_A_GRID: Final = 18
_AROUND_A_GRID_KM: Final = 4.7
_INDUSTRIES: Final = (
    "钢铁",
    "焦化",
    "水泥",
    "砖瓦",
    "铸造",
    "化工",
    "陶瓷",
    "玻璃",
    "耐火材料",
    "供热锅炉房",
    "木业",
)
_INSTALLED_DAYS: Final = 240  # before the first hour
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """`grids`, `stations`, `enterprises` as in the contract's files; stations also with `city` (place in `cities`),
    `grid` (place in `grids`, -1 for none). `unlisted`: lon, lat of the sources that no inventory has."""

    cities: list[str]
    grids: pd.DataFrame
    stations: pd.DataFrame
    enterprises: pd.DataFrame
    unlisted: pd.DataFrame


def kilometres(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """East and north of 115°E 36°N in km, flat enough for distances of some kilometres between neighbours."""
    return (lon - 115.0) * KM_PER_DEG * np.cos(np.radians(lat)), (lat - 36.0) * KM_PER_DEG


def make_ground(options: WorldOptions) -> Ground:
    """The places of a world, each city with at least one grid."""
    rng = stream(options.seed, "watch world places")
    grids, cities = _grids(options, rng)
    centre = pd.DataFrame(
        {"lon": (grids["west"] + grids["east"]) / 2, "lat": (grids["south"] + grids["north"]) / 2}
    )
    stations = pd.concat(
        [_micro(options, grids, rng), _others(options, grids, centre, cities, rng)], ignore_index=True
    )
    stations = _replaced(options, stations, rng)
    stations["city"] = pd.Categorical(stations["unit_code"], cities).codes
    place = pd.Series(range(len(grids)), index=grids["grid_id"])
    stations["grid"] = stations["grid_id"].map(place).fillna(-1).astype(int)
    return Ground(cities, grids, stations, _enterprises(grids, centre, rng), _unlisted(options, centre, rng))


def _grids(options: WorldOptions, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
    hot = hot_grids(options.seed).drop(columns="weight")
    codes = hot["unit_code"].unique()
    wanted = min(len(codes), max(1, round(options.grids / _GRIDS_A_CITY)))
    cities = sorted(str(code) for code in rng.choice(codes, wanted, replace=False))
    pool = hot[hot["unit_code"].isin(cities)]
    while len(pool) < options.grids:  # small cities: take another one
        cities = sorted({*cities, str(rng.choice(codes))})
        pool = hot[hot["unit_code"].isin(cities)]
    order = pool.iloc[rng.permutation(len(pool))]
    order = order.assign(turn=order.groupby("unit_code").cumcount()).sort_values("turn", kind="stable")
    grids = order.head(options.grids).drop(columns="turn").sort_values("grid_id").reset_index(drop=True)
    grids = grids.assign(is_hot=True, is_monitored=True, data_origin=SIMULATED_LABEL)
    return grids, sorted(grids["unit_code"].unique())


def _micro(options: WorldOptions, grids: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    counts = rng.choice(list(_STATION_COUNTS), len(grids), p=list(_STATION_COUNTS.values()))
    each = grids.loc[grids.index.repeat(counts)].reset_index(drop=True)
    across, up = rng.uniform(0.05, 0.95, (2, len(each)))
    shuffled = rng.permutation(len(each)) + 100001
    return pd.DataFrame(
        {
            "station_id": [f"M{number}" for number in shuffled],
            "kind": "micro",
            "unit_code": each["unit_code"],
            "grid_id": each["grid_id"],
            "lon": (each["west"] + across * (each["east"] - each["west"])).round(6),
            "lat": (each["south"] + up * (each["north"] - each["south"])).round(6),
            "valid_from": str(options.start - timedelta(days=_INSTALLED_DAYS)),
            "valid_to": "",
            "data_origin": SIMULATED_LABEL,
        }
    )


def _others(
    options: WorldOptions,
    grids: pd.DataFrame,
    centre: pd.DataFrame,
    cities: list[str],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Official stations and wind masts of each city, near the middle of its grids."""
    rows = []
    for city in cities:
        middle = centre[grids["unit_code"] == city].median()
        kinds = ["official"] * int(rng.integers(4, 9)) + ["weather"] * int(rng.integers(1, 3))
        for number, kind in enumerate(kinds, 1):
            east, north = rng.normal(0, 6 if kind == "official" else 10, 2) / KM_PER_DEG
            rows.append(
                {
                    "station_id": f"{city}-{'G' if kind == 'official' else 'W'}{number:02d}",
                    "kind": kind,
                    "unit_code": city,
                    "grid_id": "",
                    "lon": round(middle["lon"] + 1.23 * east, 6),
                    "lat": round(middle["lat"] + north, 6),
                }
            )
    installed = str(options.start - timedelta(days=_INSTALLED_DAYS))
    return pd.DataFrame(rows).assign(valid_from=installed, valid_to="", data_origin=SIMULATED_LABEL)


def _replaced(options: WorldOptions, stations: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Of every eighty micro-stations in three weeks one is replaced: it ends, another begins that day at its place."""
    share = (0.025 if options.hard else 0.0125) * options.days / 21
    old = np.flatnonzero((stations["kind"] == "micro") & (rng.random(len(stations)) < share))
    if options.days < 2 or not len(old):
        return stations
    day = [
        str(options.start + timedelta(days=int(number))) for number in rng.integers(1, options.days, len(old))
    ]
    new = stations.iloc[old].assign(
        valid_from=day, station_id=[f"M{number}" for number in np.arange(len(old)) + 500001]
    )
    stations.loc[old, "valid_to"] = day
    return pd.concat([stations, new], ignore_index=True)


def _around(centre: pd.DataFrame, within_km: float, rng: np.random.Generator) -> pd.DataFrame:
    """One point a row of `centre`, evenly over the disc around it."""
    radius = within_km * np.sqrt(rng.random(len(centre))) / KM_PER_DEG
    angle = rng.uniform(0, 2 * np.pi, len(centre))
    lat = centre["lat"] + radius * np.sin(angle)
    return pd.DataFrame(
        {
            "lon": (centre["lon"] + radius * np.cos(angle) / np.cos(np.radians(lat))).round(6),
            "lat": lat.round(6),
        }
    ).reset_index(drop=True)


def _enterprises(grids: pd.DataFrame, centre: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    home = np.arange(len(grids)).repeat(rng.poisson(_ENTERPRISES_A_GRID, len(grids)))
    found = _around(centre.iloc[home], _AROUND_A_GRID_KM, rng)
    found = found.join(locate(found["lon"], found["lat"]))
    found = found[found["unit_code"].isin(set(grids["unit_code"])) & found["county"].notna()]
    found = found.sort_values(["unit_code", "lon", "lat"]).reset_index(drop=True)
    number = found.groupby("unit_code").cumcount() + 1
    industry = rng.choice(_INDUSTRIES, len(found))
    found["industry"] = industry
    found["enterprise_id"] = "QY" + found["unit_code"] + number.astype(str).str.zfill(6)
    found["name"] = found["county"] + number.astype(str) + "号某" + found["industry"] + "企业（模拟）"
    found["data_origin"] = SIMULATED_LABEL
    columns = ["enterprise_id", "name", "industry", "unit_code", "county", "lon", "lat", "data_origin"]
    return found[columns]


def _unlisted(options: WorldOptions, centre: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Sources in no inventory: as many a grid as give the wanted share, most of them small and near."""
    expected = 1.5 * options.unlisted_share / (1 - options.unlisted_share)
    home = np.arange(len(centre)).repeat(rng.poisson(expected, len(centre)))
    return _around(centre.iloc[home], 2.6, rng)
