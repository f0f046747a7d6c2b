"""How smoke comes from a source to a station: three physics that share nothing but the wind.

`plume`   a Gaussian plume whose axis wanders within the hour.
`puffs`   a puff every ten minutes, carried by a wind that changes between the hours and turns with the puff's age (shear);
          what was let out in one hour arrives in the next ones too.
`drift`   no plume at all: a fall with distance, the same on all sides, times a bulge downwind that grows with the wind.

Each returns relative concentrations; `world.py` scales them to the wanted share of hot hours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.season import stream
from include.simulator.watch_world.emissions import Emissions
from include.simulator.watch_world.options import Physics, WorldOptions
from include.simulator.watch_world.places import KM_PER_DEG, Ground
from include.simulator.watch_world.weather import Field, Weather

REACH_KM: Final = 10.0
_CHUNK: Final = 200_000
_STEPS: Final = 12  # of five minutes
FloatArray = NDArray[np.float64]


def contributions(
    options: WorldOptions, ground: Ground, weather: Weather, emissions: Emissions
) -> pd.DataFrame:
    """One row a spell's source, station and hour that it reaches: `source, station, hour, value` (relative)."""
    rng = stream(options.seed, "watch world kernels")
    near = _reached(ground, emissions)
    spells = emissions.spells
    length = (spells["end"] - spells["first"]).to_numpy()
    hour = spells["first"].to_numpy().repeat(length) + (
        np.arange(length.sum()) - (length.cumsum() - length).repeat(length)
    )
    puff = pd.DataFrame({"source": spells["source"].to_numpy().repeat(length), "hour": hour})
    chronic = spells["is_chronic"].to_numpy().repeat(length)
    puff["strength"] = spells["strength"].to_numpy().repeat(length) * np.exp(
        rng.normal(0, np.where(chronic, 0.25, 0.4))
    )
    pairs = puff.reset_index(names="hour_of_source").merge(near, on="source")
    kernel = _KERNELS[options.physics]
    parts = [
        kernel(options, weather, pairs.iloc[at : at + _CHUNK], rng) for at in range(0, len(pairs), _CHUNK)
    ]
    found = pd.concat(parts, ignore_index=True) if parts else pairs.assign(value=0.0)
    found = found[(found["hour"] < options.hours) & (found["value"] > 0)]
    return found.groupby(["source", "station", "hour"])["value"].sum().reset_index()


def _reached(ground: Ground, emissions: Emissions) -> pd.DataFrame:
    """Sources and micro-stations at most REACH_KM apart: source, station, grid (whose wind blows), east_km, north_km."""
    stations = ground.stations
    micro = np.flatnonzero((stations["kind"] == "micro").to_numpy())
    lon, lat = stations["lon"].to_numpy()[micro], stations["lat"].to_numpy()[micro]
    order = np.argsort(lat)
    rows = []
    for source, (from_lon, from_lat) in enumerate(emissions.sources[["lon", "lat"]].itertuples(index=False)):
        low, high = np.searchsorted(
            lat[order], [from_lat - REACH_KM / KM_PER_DEG, from_lat + REACH_KM / KM_PER_DEG]
        )
        some = order[low:high]
        east = (lon[some] - from_lon) * KM_PER_DEG * np.cos(np.radians(from_lat))
        north = (lat[some] - from_lat) * KM_PER_DEG
        near = np.hypot(east, north) <= REACH_KM
        rows.append((np.full(near.sum(), source), micro[some[near]], east[near], north[near]))
    columns = ["source", "station", "east_km", "north_km"]
    table = pd.concat(
        [pd.DataFrame(dict(zip(columns, row, strict=True))) for row in rows]
        or [pd.DataFrame(columns=columns)]
    ).astype({"source": int, "station": int, "east_km": float, "north_km": float})
    return table.assign(grid=stations["grid"].to_numpy()[table["station"]])


def _wind(
    weather: Weather, hour: NDArray[np.int64], grid: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    at = np.minimum(hour, len(weather.east) - 1)
    return weather.east[at, grid].astype(float), weather.north[at, grid].astype(float)


def _walk(rng: np.random.Generator, count: int) -> Field:
    """One wandering of the wind's direction an hour and source: standard steps that remember twenty minutes."""
    steps = rng.normal(size=(count, _STEPS)).astype(np.float32)
    for at in range(1, _STEPS):
        steps[:, at] = 0.78 * steps[:, at - 1] + 0.63 * steps[:, at]
    return steps


def _plume(
    options: WorldOptions, weather: Weather, pairs: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    hour, grid = pairs["hour"].to_numpy(), pairs["grid"].to_numpy()
    east, north = pairs["east_km"].to_numpy(), pairs["north_km"].to_numpy()
    now, then = _wind(weather, hour, grid), _wind(weather, hour + 1, grid)
    code, _ = pd.factorize(pairs["hour_of_source"])
    wander = _walk(rng, int(code.max()) + 1)[code]
    total = np.zeros(len(pairs))
    for step in range(_STEPS):
        share = (step + 0.5) / _STEPS
        u, v = ((1 - share) * before + share * after for before, after in zip(now, then, strict=True))
        speed = np.maximum(np.hypot(u, v), 0.5)
        angle = np.arctan2(v, u) + wander[:, step] * np.minimum(0.17 + 0.30 / speed, 1.2)
        along = east * np.cos(angle) + north * np.sin(angle)
        across = -east * np.sin(angle) + north * np.cos(angle)
        x = np.maximum(along, 0.03)
        side, height = 0.05 + 0.20 * x**0.9, 0.02 + 0.09 * x**0.75
        total += np.where(along > 0, np.exp(-0.5 * (across / side) ** 2) / (speed * side * height), 0)
    return _rows(pairs, hour, total / _STEPS)


def _puffs(
    options: WorldOptions, weather: Weather, pairs: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    hour, grid = pairs["hour"].to_numpy(), pairs["grid"].to_numpy()
    east, north = pairs["east_km"].to_numpy(), pairs["north_km"].to_numpy()
    winds = [_wind(weather, hour + later, grid) for later in range(4)]
    code, _ = pd.factorize(pairs["hour_of_source"])
    shear = rng.normal(0.35, 0.25, int(code.max()) + 1)[code]  # radians an hour of age, to the right
    totals = np.zeros((3, len(pairs)))
    ten_minutes_km = 3.6 / 6
    for release in range(6):
        x, y = np.zeros(len(pairs)), np.zeros(len(pairs))
        for age in range(1, 13):
            place, share = divmod((release + age - 0.5) / 6, 1)
            u, v = (
                (1 - share) * winds[int(place)][part] + share * winds[int(place) + 1][part] for part in (0, 1)
            )
            turn = -shear * age / 6
            x += ten_minutes_km * (u * np.cos(turn) - v * np.sin(turn))
            y += ten_minutes_km * (u * np.sin(turn) + v * np.cos(turn))
            wide, high = 0.10 + 0.50 * (age / 6) ** 0.9, 0.04 + 0.14 * (age / 6) ** 0.6
            near = np.exp(-0.5 * ((east - x) ** 2 + (north - y) ** 2) / wide**2)
            totals[min(int((release + age) / 6), 2)] += near * np.exp(-age / 4) / (wide**2 * high)
    return pd.concat([_rows(pairs, hour + later, totals[later]) for later in range(3)])


def _drift(
    options: WorldOptions, weather: Weather, pairs: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    hour, grid = pairs["hour"].to_numpy(), pairs["grid"].to_numpy()
    east, north = pairs["east_km"].to_numpy(), pairs["north_km"].to_numpy()
    u, v = _wind(weather, hour, grid)
    speed, distance = np.hypot(u, v), np.hypot(east, north)
    cosine = (u * east + v * north) / np.maximum(speed * distance, 1e-6)
    narrow = 0.5 + 4.0 * np.minimum(speed, 3.5)
    calm = 0.12 / (0.4 + speed)
    bulge = np.sqrt(1 + narrow) * np.exp(narrow * (cosine - 1))
    value = (calm + bulge) * np.exp(-distance / 1.1) / (0.25 + distance) ** 0.9 / (0.6 + speed)
    return _rows(pairs, hour, value)


def _rows(pairs: pd.DataFrame, hour: NDArray[np.int64], value: FloatArray) -> pd.DataFrame:
    value = value * pairs["strength"].to_numpy()
    kept = value > 1e-4
    return pd.DataFrame(
        {
            "source": pairs["source"].to_numpy()[kept],
            "station": pairs["station"].to_numpy()[kept],
            "hour": hour[kept],
            "value": value[kept],
        }
    )


_Kernel = Callable[[WorldOptions, Weather, pd.DataFrame, np.random.Generator], pd.DataFrame]
_KERNELS: Final[dict[Physics, _Kernel]] = {"plume": _plume, "puffs": _puffs, "drift": _drift}
