"""What micro-stations and official stations read of the true air, with the faults of a park of low-cost sensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.season import stream
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground
from include.simulator.watch_world.weather import Field, Weather, hours_of, moments_of

# Faults a micro-station and three weeks, in an ordinary and in a hard park.
_FAULTS: Final = {
    "drift": (0.06, 0.15),
    "gain_jump": (0.03, 0.08),
    "stuck": (0.03, 0.06),
    "spiky": (0.02, 0.05),
    "dead": (0.01, 0.025),
}
_THREE_WEEKS: Final = 21 * 24
_SWELLING: Final = {False: 0.45, True: 0.8}  # at 95 % damp a reading is this share too high


@dataclass(frozen=True)
class Readings:
    """Hours × stations. `samples`: five-minute values (0: no value, -1: not even a row); `working`: six samples or more
    from a sensor neither stuck nor dead. `faults`: station_or_city, kind, started_at, ended_at (wall times, exclusive)."""

    pm25_ug_m3: Field
    pm10_ug_m3: Field
    samples: NDArray[np.int16]
    working: NDArray[np.bool_]
    faults: pd.DataFrame


def read_air(options: WorldOptions, ground: Ground, weather: Weather, pm25: Field, pm10: Field) -> Readings:
    """The readings of the true `pm25` and `pm10` (hours × stations, µg/m³)."""
    rng = stream(options.seed, "watch world sensors")
    stations = ground.stations
    is_micro = (stations["kind"] == "micro").to_numpy()
    shape = pm25.shape
    faults, gain, stuck, dead, spiky = _faults(options, ground, is_micro, rng)
    samples = _samples(options, ground, shape, rng, faults)
    samples[dead] = np.where(rng.random(int(dead.sum())) < 0.5, 0, -1)
    rh = weather.rh_pct[:, stations["city"].to_numpy()] + rng.normal(0, 2.5, shape).astype(np.float32)
    swell = 1 + np.where(is_micro, _SWELLING[options.hard], 0) * np.clip((rh - 55) / 40, 0, 1.1) ** 2
    offset = np.where(is_micro, rng.normal(0, 2.5, shape[1]), 0)
    few = np.sqrt(12 / np.clip(samples, 1, 12))
    noise = np.where(is_micro, 0.05, 0.02)
    pair = []
    for true in (pm25, pm10):
        jitter = 1 + noise * few * rng.normal(size=shape).astype(np.float32)
        pair.append(true * gain * swell * jitter + offset + 1.2 * rng.normal(size=shape))
    wild = spiky & (rng.random(shape) < 0.015)
    pair[0] = np.where(wild, rng.uniform(180, 999, shape), pair[0])
    pair[1] = np.where(wild, pair[0] * 1.5, pair[1])
    fine, coarse = (np.maximum(values, 0).round(1).astype(np.float32) for values in pair)
    for values in (fine, coarse):
        _hold(values, stuck)
    working = (samples >= 6) & ~stuck & ~dead
    return Readings(fine, coarse, samples, working, faults)


def _faults(
    options: WorldOptions, ground: Ground, is_micro: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[pd.DataFrame, Field, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    hours, stations = options.hours, ground.stations
    spread = 0.18 if options.hard else 0.12
    gain = np.ones((hours, len(stations)), np.float32)
    gain *= np.where(is_micro, np.exp(rng.normal(0.05, spread, len(stations))), 1).astype(np.float32)
    masks = {kind: np.zeros((hours, len(stations)), bool) for kind in ("stuck", "dead", "spiky")}
    rows = []
    for kind, rates in _FAULTS.items():
        count = rng.poisson(rates[options.hard] * hours / _THREE_WEEKS, len(stations)) * is_micro
        for place in np.flatnonzero(count):
            first = int(rng.integers(0, hours))
            end = hours
            if kind == "stuck":
                end = min(hours, first + int(rng.integers(5, 60)))
            elif kind == "drift":
                end = min(hours, first + int(rng.integers(72, 400)))
                slope = rng.normal(0, 0.45)
                ramp = np.clip((np.arange(hours) - first) / max(end - first, 1), 0, 1)
                gain[:, place] *= np.exp(slope * ramp)
            elif kind == "gain_jump":
                gain[first:, place] *= np.exp(rng.choice([-1, 1]) * rng.uniform(0.25, 0.6))
            if kind in masks:
                masks[kind][first:end, place] = True
            rows.append((stations["station_id"].iloc[place], kind, first, end))
    for city in ground.cities:
        for _ in range(rng.poisson(0.4 * hours / _THREE_WEEKS)):
            first = int(rng.integers(0, hours))
            rows.append((city, "city_outage", first, min(hours, first + int(rng.integers(6, 25)))))
    table = pd.DataFrame(rows, columns=["station_or_city", "kind", "first", "end"])
    table["started_at"] = moments_of(options, table.pop("first"))
    table["ended_at"] = moments_of(options, table.pop("end"))
    return table, gain, masks["stuck"], masks["dead"], masks["spiky"]


def _samples(
    options: WorldOptions,
    ground: Ground,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    faults: pd.DataFrame,
) -> NDArray[np.int16]:
    """Five-minute values in each hour: mostly twelve, some hours a few, some none; silent cities and ended stations no row."""
    samples = np.full(shape, 12, np.int16)
    draw = rng.random(shape)
    lacking = 0.08 if options.hard else 0.05
    few = draw < lacking
    samples[few] = rng.integers(1, 12, int(few.sum()))
    samples[draw < lacking * 0.2] = 0
    samples[draw < lacking * 0.12] = -1
    hours = hours_of(options)
    for city, begin, end in faults.loc[
        faults["kind"] == "city_outage", ["station_or_city", "started_at", "ended_at"]
    ].itertuples(index=False):
        silent = np.flatnonzero((ground.stations["unit_code"] == city).to_numpy())
        samples[np.ix_((hours >= begin) & (hours < end), silent)] = -1
    begins = pd.to_datetime(ground.stations["valid_from"]).to_numpy()
    ends = pd.to_datetime(ground.stations["valid_to"].replace("", "2200-01-01")).to_numpy()
    at = hours.to_numpy()[:, None]
    samples[(at < begins) | (at >= ends)] = -1
    return samples


def _hold(values: Field, stuck: NDArray[np.bool_]) -> None:
    """A stuck sensor goes on telling its last value."""
    for place in np.flatnonzero(stuck.any(axis=0)):
        for hour in np.flatnonzero(stuck[:, place]):
            if hour:
                values[hour, place] = values[hour - 1, place]
