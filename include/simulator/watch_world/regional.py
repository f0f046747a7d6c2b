"""The air that the sources come on top of: synthetic or published city air, fronts of haze and dust, fireworks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.season import stream
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground, kilometres
from include.simulator.watch_world.weather import Field, hours_of, red_noise, smooth_field


@dataclass(frozen=True)
class Background:
    """Hours × stations (the rows of `ground.stations`), µg/m³, without local sources. `dust`, `fireworks`: unit_code, hour."""

    pm25_ug_m3: Field
    pm10_ug_m3: Field
    dust: pd.DataFrame
    fireworks: pd.DataFrame


def make_background(options: WorldOptions, ground: Ground, city_air: pd.DataFrame | None) -> Background:
    """`city_air`: unit_code, hour (wall time), pm25_ug_m3, pm10_ug_m3; cities without it have synthetic air."""
    rng = stream(options.seed, "watch world background")
    stations = ground.stations
    x, y = kilometres(stations["lon"].to_numpy(), stations["lat"].to_numpy())
    pm25, coarse = _city_levels(options, ground, city_air, rng)
    weights = _between_cities(ground, x, y)
    texture = 0.10 * smooth_field(rng, options.hours, x, y, (25, 120), 10)
    texture += (0.06 if options.hard else 0.03) * smooth_field(rng, options.hours, x, y, (6, 15), 6)
    fine = (pm25 @ weights) * np.exp(texture)
    rough = (coarse @ weights) * np.exp(texture)
    if city_air is None:
        for _ in range(max(1, round(options.days / 12))):
            fine += _front(options, x, y, rng, (40, 130), (14, 50))
    dusty = np.zeros_like(fine)
    for _ in range(rng.poisson(options.days / (14 if options.hard else 25))):
        dusty += _front(options, x, y, rng, (250, 900), (5, 16))
    fine += 0.14 * dusty
    sparks, fireworks = _fireworks(options, ground, rng)
    fine += sparks
    return Background(
        fine.astype(np.float32),
        (fine + rough + dusty).astype(np.float32),
        _dust(options, ground, dusty),
        fireworks,
    )


def _city_levels(
    options: WorldOptions,
    ground: Ground,
    city_air: pd.DataFrame | None,
    rng: np.random.Generator,
) -> tuple[Field, Field]:
    """PM2.5 of each hour and city, and what PM10 has more."""
    cities, hours = len(ground.cities), options.hours
    of_day = hours_of(options).hour.to_numpy()[:, None]
    wave = 0.12 * np.cos((of_day - 7) / 12 * np.pi)
    level = 3.75 + wave + 0.36 * red_noise(rng, hours, 1, 36) + 0.18 * red_noise(rng, hours, cities, 18)
    pm25 = np.exp(level).astype(np.float32)
    coarse = (pm25 * np.exp(-0.7 + 0.25 * red_noise(rng, hours, cities, 24))).astype(np.float32)
    if city_air is None:
        return pm25, coarse
    for name, values in (("pm25_ug_m3", pm25), ("pm10_ug_m3", coarse)):
        table = city_air.pivot_table(index="hour", columns="unit_code", values=name)
        table = table.reindex(hours_of(options)).interpolate(limit_direction="both")
        for place, city in enumerate(ground.cities):
            if city in table and table[city].notna().all():
                values[:, place] = table[city].to_numpy()
                if name == "pm10_ug_m3":
                    values[:, place] = np.maximum(values[:, place] - pm25[:, place], 3)
    return pm25, coarse


def _between_cities(ground: Ground, x: NDArray[Any], y: NDArray[Any]) -> Field:
    """Cities × stations: the air passes from one city to the next without a step."""
    middle = pd.DataFrame({"x": x, "y": y}).groupby(ground.stations["city"].to_numpy()).mean()
    distance = np.hypot(middle["x"].to_numpy()[:, None] - x, middle["y"].to_numpy()[:, None] - y)
    weight = 1 / (distance + 5.0) ** 2
    return np.asarray(weight / weight.sum(axis=0), np.float32)


def _front(
    options: WorldOptions,
    x: NDArray[Any],
    y: NDArray[Any],
    rng: np.random.Generator,
    height: tuple[float, float],
    lasts_hours: tuple[float, float],
) -> Field:
    """A wall of air that crosses the region: it rises within its depth, stays, and thins out."""
    angle, speed_km_h = rng.uniform(0, 2 * np.pi), rng.uniform(15, 40)
    depth_km = rng.uniform(6, 25) if options.hard else rng.uniform(25, 120)
    along = np.cos(angle) * x + np.sin(angle) * y
    arrives = rng.uniform(0, options.hours) + (along - along.mean()) / speed_km_h
    rise = max(0.4, depth_km / speed_km_h)
    last = rng.uniform(*lasts_hours)
    hour = np.arange(options.hours)[:, None]
    up = 1 / (1 + np.exp(np.clip(-(hour - arrives) / (rise / 3), -40, 40)))
    down = 1 / (1 + np.exp(np.clip((hour - arrives - last) / rise, -40, 40)))
    return np.asarray(rng.uniform(*height) * up * down, np.float32)


def _dust(options: WorldOptions, ground: Ground, dusty: Field) -> pd.DataFrame:
    rows = []
    for place, city in enumerate(ground.cities):
        mean = dusty[:, (ground.stations["city"] == place).to_numpy()].mean(axis=1)
        rows.append(pd.DataFrame({"unit_code": city, "hour": hours_of(options)[mean >= 80]}))
    return pd.concat(rows, ignore_index=True)


def _fireworks(options: WorldOptions, ground: Ground, rng: np.random.Generator) -> tuple[Field, pd.DataFrame]:
    """One evening in a fifth of the cities: grids and stations get very different shares of it."""
    stations = ground.stations
    sparks = np.zeros((options.hours, len(stations)), np.float32)
    rows = []
    for place in np.flatnonzero(rng.random(len(ground.cities)) < 0.2):
        begin = int(rng.integers(0, options.days)) * 24 + 19
        near = np.exp(rng.normal(3.0, 0.8, len(ground.grids)))[stations["grid"]]
        near = np.where(stations["grid"] >= 0, near, 20) * np.exp(rng.normal(0, 0.5, len(stations)))
        for after in range(min(7, options.hours - begin)):
            shape = np.exp(-((after - 2.5) ** 2) / 4)
            sparks[begin + after] += np.where(stations["city"] == place, near * shape, 0)
            rows.append((ground.cities[place], hours_of(options)[begin + after]))
    return sparks, pd.DataFrame(rows, columns=["unit_code", "hour"])
