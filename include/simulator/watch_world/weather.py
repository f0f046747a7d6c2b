"""Wind, damp and temperature: a wind that differs from place to place, and masts that see it with errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.season import stream
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground, kilometres

Field = NDArray[np.float32]
_MODES = 12
CALM_BELOW_M_S = 0.3


@dataclass(frozen=True)
class Weather:
    """Arrays of hours × places. `east`, `north`: m/s towards, at the grids; the same at the masts with `mast_`.
    `rh_pct`, `temperature_c`: at the cities."""

    east: Field
    north: Field
    mast_east: Field
    mast_north: Field
    rh_pct: Field
    temperature_c: Field


def hours_of(options: WorldOptions) -> pd.DatetimeIndex:
    """The world's hour starts, Beijing wall time."""
    first = datetime.combine(options.start, datetime.min.time())
    return pd.date_range(first, periods=options.hours, freq="h")


def red_noise(rng: np.random.Generator, hours: int, columns: int, memory_hours: float) -> Field:
    """Standard normal columns that forget with `memory_hours` (a first-order process)."""
    keep = float(np.exp(-1 / memory_hours))
    values = rng.normal(size=(hours, columns)).astype(np.float32)
    values[1:] *= np.float32(np.sqrt(1 - keep**2))
    for hour in range(1, hours):
        values[hour] += np.float32(keep) * values[hour - 1]
    return values


def smooth_field(
    rng: np.random.Generator,
    hours: int,
    x_km: NDArray[np.float64],
    y_km: NDArray[np.float64],
    wave_km: tuple[float, float],
    memory_hours: float,
) -> Field:
    """Standard normal in every hour and place: a sum of waves between the two lengths, each with its own slow amplitude."""
    length = np.exp(rng.uniform(np.log(wave_km[0]), np.log(wave_km[1]), _MODES))
    angle, phase = rng.uniform(0, 2 * np.pi, (2, _MODES))
    wave = 2 * np.pi / length
    inner = np.outer(wave * np.cos(angle), x_km) + np.outer(wave * np.sin(angle), y_km) + phase[:, None]
    basis = np.vstack([np.cos(inner), np.sin(inner)]) / np.sqrt(_MODES)
    return np.asarray(red_noise(rng, hours, 2 * _MODES, memory_hours) @ basis, np.float32)


def make_weather(options: WorldOptions, ground: Ground) -> Weather:
    """Synoptic wind, the cities' own, a daily cycle, and local deviations of about half a metre a second."""
    rng = stream(options.seed, "watch world weather")
    hour_of_day = hours_of(options).hour.to_numpy()
    daylight = np.clip(np.sin((hour_of_day - 7) / 12 * np.pi), 0, 1).astype(np.float32)[:, None]
    centre_x, centre_y = kilometres(
        ((ground.grids["west"] + ground.grids["east"]) / 2).to_numpy(),
        ((ground.grids["south"] + ground.grids["north"]) / 2).to_numpy(),
    )
    masts = ground.stations[ground.stations["kind"] == "weather"]
    mast_x, mast_y = kilometres(masts["lon"].to_numpy(), masts["lat"].to_numpy())
    x, y = np.concatenate([centre_x, mast_x]), np.concatenate([centre_y, mast_y])
    components = []
    for _ in range(2):
        large = smooth_field(rng, options.hours, x, y, (300, 900), 14)
        medium = smooth_field(rng, options.hours, x, y, (60, 200), 5)
        local = smooth_field(rng, options.hours, x, y, (8, 25), 2)
        spread = 0.55 if options.hard else 0.4
        components.append((1.5 * large + 0.6 * medium) * (0.55 + 0.75 * daylight) + spread * local)
    grids = len(ground.grids)
    damp = (
        red_noise(rng, options.hours, 1, 40) * 14 + red_noise(rng, options.hours, len(ground.cities), 12) * 6
    )
    warm = red_noise(rng, options.hours, 1, 60) * 3 + red_noise(rng, options.hours, len(ground.cities), 20)
    swing = np.cos((hour_of_day - 15) / 12 * np.pi).astype(np.float32)[:, None]
    mean_damp = 66 if options.hard else 58
    return Weather(
        east=components[0][:, :grids],
        north=components[1][:, :grids],
        mast_east=components[0][:, grids:],
        mast_north=components[1][:, grids:],
        rh_pct=np.clip(mean_damp - 14 * swing + damp, 8, 99).astype(np.float32),
        temperature_c=(14 + 6 * swing + warm).astype(np.float32),
    )


def wind_rows(options: WorldOptions, ground: Ground, weather: Weather) -> pd.DataFrame:
    """`winds`: what the masts told. A mast is turned by some degrees, reads too low or high, and misses an hour in sixty."""
    rng = stream(options.seed, "watch world masts")
    masts = ground.stations.loc[ground.stations["kind"] == "weather", "station_id"].to_numpy()
    shape = weather.mast_east.shape
    turned = rng.normal(0, 16 if options.hard else 8, shape[1])
    gain = np.exp(rng.normal(0, 0.12, shape[1]))
    noise = 0.45 if options.hard else 0.3
    east, north = (part + rng.normal(0, noise, shape) for part in (weather.mast_east, weather.mast_north))
    speed = np.hypot(east, north) * gain
    origin = np.degrees(np.arctan2(-east, -north)) + turned + rng.normal(0, 5, shape)
    rows = pd.DataFrame(
        {
            "station_id": np.repeat(masts, shape[0]),
            "hour": np.tile(hours_of(options), shape[1]),
            "wind_from_deg": (np.round(origin) % 360).T.ravel(),
            "wind_speed_m_s": np.where(speed < CALM_BELOW_M_S, 0.0, np.round(speed, 1)).T.ravel(),
        }
    )
    rows.loc[rows["wind_speed_m_s"] == 0, "wind_from_deg"] = np.nan
    return rows[rng.random(len(rows)) > 1 / 60].reset_index(drop=True)


def moments_of(options: WorldOptions, places: pd.Series) -> pd.DatetimeIndex:
    """The starts of the hours `places` of the world; the one after the last is the world's end."""
    return hours_of(options)[0] + pd.to_timedelta(places.astype(int).to_numpy(), unit="h")


def day_of(options: WorldOptions, number: int) -> str:
    """`YYYYMMDD` of the world's day `number`, from 0."""
    return (options.start + timedelta(days=number)).strftime("%Y%m%d")
