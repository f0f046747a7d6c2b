"""The watch on air, sensors and smoke that share no formula with the simulator's, and no number was chosen on its later seeds.

    .venv/bin/python -m tests.bench.other_world [--seeds 501 502] [--grids N] [--days N] [--hard]

Air: banks of haze and walls of dust of 2 to 25 km that drift across, pools of stale air that fill hollows at night, a city level of its own.
Sensors: each swells in damp air by a law of its own (kappa of 35 % scatter, and only above its deliquescence), its noise has a memory, its
zero wanders with the temperature, insects and drizzle make bursts of one to three hours. Smoke: the particles of
`suspects_particles`. Places, habits of the sources and the truth are the simulator's.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.office.watch_scores import read_truth, scores
from include.simulator.season import stream
from include.simulator.watch_world import kernels, sensors, world
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground, kilometres
from include.simulator.watch_world.regional import Background
from include.simulator.watch_world.sensors import Readings
from include.simulator.watch_world.weather import Field, Weather, hours_of, red_noise
from include.watch import DEFAULT_RULES, WatchRules, episodes, judge_hours, station_days, station_gains
from tests.bench.suspect_measures import table
from tests.bench.suspects_particles import particles

HOUR = pd.Timedelta(hours=1)


@contextmanager
def other_physics() -> Iterator[None]:
    """Worlds that are written inside have this air, these sensors and this smoke."""
    with (
        patch.object(world, "make_background", background),
        patch.object(world, "make_weather", damp_nights(world.make_weather)),
        patch.object(world, "read_air", read),
        patch.dict(kernels._KERNELS, {"plume": particles}),
    ):
        yield


def damp_nights(made: Any) -> Any:
    """The simulator's wind; nights of 85 to 97 % humidity in hard worlds."""

    def weather(options: WorldOptions, ground: Ground) -> Weather:
        found: Weather = made(options, ground)
        rng = stream(options.seed, "other nights")
        night = np.clip(np.cos((hours_of(options).hour.to_numpy() - 4) / 12 * np.pi), 0, 1)[:, None]
        wet = np.repeat(rng.beta(1.2, 1.2, options.days), 24)[:, None] * (45 if options.hard else 25)
        found.rh_pct[:] = np.clip(found.rh_pct + night * wet, 8, 98)
        return found

    return weather


def background(options: WorldOptions, ground: Ground, city_air: pd.DataFrame | None) -> Background:
    rng = stream(options.seed, "other air")
    x, y = kilometres(ground.stations["lon"].to_numpy(), ground.stations["lat"].to_numpy())
    hours = options.hours
    slow = np.cumsum(rng.normal(0, 0.11, hours))
    slow -= np.linspace(slow[0], slow[-1], hours)
    level = 45 * np.exp(np.clip(slow, -1.2, 1.3) + 0.1 * red_noise(rng, hours, 1, 6)[:, 0])
    fine = np.repeat(level[:, None], len(x), axis=1)
    fine *= (
        1
        + 0.0009 * (x - x.mean()) * red_noise(rng, hours, 1, 48)
        + 0.0009 * (y - y.mean()) * red_noise(rng, hours, 1, 48)
    )
    fine = np.maximum(fine, 4)
    fine += _pools(options, x, y, rng) * fine
    for _ in range(rng.poisson(options.days * (1.3 if options.hard else 0.5))):
        fine += _bank(options, x, y, rng, (15, 70))
    dusty = np.zeros_like(fine)
    for _ in range(rng.poisson(options.days / (9 if options.hard else 20))):
        dusty += _wall(options, x, y, rng)
    fine += 0.16 * dusty
    rough = fine * np.exp(-0.8 + 0.2 * red_noise(rng, hours, 1, 30)) + dusty
    none = pd.DataFrame({"unit_code": [], "hour": hours_of(options)[:0]})
    return Background(fine.astype(np.float32), (fine + rough).astype(np.float32), none, none)


def _pools(options: WorldOptions, x: Field, y: Field, rng: np.random.Generator) -> NDArray[np.float64]:
    """Stale air in hollows of some kilometres, deeper in still nights: a share of the level."""
    hollows = np.zeros(len(x))
    for _ in range(int(np.ptp(x) * np.ptp(y) / 900) + 3):
        east, north = rng.uniform(x.min(), x.max()), rng.uniform(y.min(), y.max())
        wide = rng.uniform(3, 12)
        hollows += rng.uniform(0.1, 0.4) * np.exp(-((x - east) ** 2 + (y - north) ** 2) / (2 * wide**2))
    depth = rng.beta(1.0, 2.0, options.days + 1) * (1.0 if options.hard else 0.6)
    hour = hours_of(options).hour.to_numpy()
    shape = np.clip(np.cos((hour - 5) / 10 * np.pi), 0, 1) * ((hour < 11) | (hour >= 21))
    night = np.repeat(depth, 24)[12 : 12 + options.hours]
    return np.minimum(hollows, 0.6) * (shape * night)[:, None]


def _bank(
    options: WorldOptions, x: Field, y: Field, rng: np.random.Generator, height: tuple[float, float]
) -> NDArray[np.float64]:
    """A bank of haze, longer than wide, that drifts with a wind of its own and fades."""
    begin, lasts = rng.uniform(0, options.hours), rng.uniform(3, 18)
    angle, speed, turn = rng.uniform(0, 2 * np.pi), rng.uniform(3, 25), rng.uniform(0, np.pi)
    long, wide = rng.uniform(15, 80), rng.uniform(2, 25)
    hour = np.arange(options.hours)
    age = hour - begin
    east = rng.uniform(x.min(), x.max()) + np.cos(angle) * speed * age
    north = rng.uniform(y.min(), y.max()) + np.sin(angle) * speed * age
    dx, dy = x - east[:, None], y - north[:, None]
    along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    # A flat top with an edge of a sixth of the width: air that is there or not.
    inside = 1 / (1 + np.exp(np.clip((np.hypot(along / long, across / wide) - 1) * 6, -40, 40)))
    life = np.clip(age / 1.5, 0, 1) * np.clip((lasts - age) / 3, 0, 1)
    return np.asarray(rng.uniform(*height) * inside * life[:, None])


def _wall(options: WorldOptions, x: Field, y: Field, rng: np.random.Generator) -> NDArray[np.float64]:
    angle, speed = rng.uniform(0, 2 * np.pi), rng.uniform(20, 60)
    along = np.cos(angle) * x + np.sin(angle) * y
    since = np.arange(options.hours)[:, None] - rng.uniform(0, options.hours) - (along - along.mean()) / speed
    edge = rng.uniform(2, 20) / speed if options.hard else rng.uniform(0.6, 2)
    rise = 1 / (1 + np.exp(np.clip(-since / edge, -40, 40)))
    return np.asarray(rng.uniform(150, 900) * rise * np.exp(-np.maximum(since, 0) / rng.uniform(3, 12)))


def read(options: WorldOptions, ground: Ground, weather: Weather, pm25: Field, pm10: Field) -> Readings:
    """Faults, samples and stuck hours as the simulator draws them; the rest of the sensor is another one."""
    rng = stream(options.seed, "other sensors")
    stations = ground.stations
    micro = (stations["kind"] == "micro").to_numpy()
    shape = pm25.shape
    faults, gain, stuck, dead, _ = sensors._faults(options, ground, micro, rng)
    samples = sensors._samples(options, ground, shape, rng, faults)
    samples[dead] = 0
    hard = options.hard
    rh = np.minimum(weather.rh_pct[:, stations["city"].to_numpy()], 97.5)
    kappa = 0.055 * np.exp(rng.normal(0, 0.35 if hard else 0.2, shape[1])) * (1.3 if hard else 0.8)
    melts = rng.normal(62, 5, shape[1])
    swell = 1 + np.where(micro & (rh > melts), kappa * (rh / (100 - rh) - 1.2).clip(0), 0)
    shaky = np.where(micro, (0.075 if hard else 0.045) * np.exp(rng.normal(0, 0.3, shape[1])), 0.015)
    noise = np.exp(shaky * red_noise(rng, *shape, 1.5))
    warm = weather.temperature_c[:, stations["city"].to_numpy()]
    zero = np.where(micro, rng.normal(0, 2, shape[1]) + rng.normal(0, 0.18, shape[1]) * (warm - 14), 0)
    dull = np.where(micro, rng.uniform(0.75, 1.0, shape[1]), 1)  # the share of coarse dust that is counted
    fine = pm25 * gain * swell * noise + zero + rng.normal(0, 1.0, shape)
    bursts = rng.random(shape) < np.where(micro, 0.0003 if hard else 0.0001, 0)
    for later, share in ((0, 1.0), (1, 0.5), (2, 0.25)):
        at = np.roll(bursts, later, axis=0) & (rng.random(shape) < share)
        fine = np.where(at, fine * rng.uniform(1.4, 4, shape), fine)
    coarse = np.maximum(pm10 - pm25, 0) * dull * gain + fine
    fine, coarse = (np.maximum(values, 0).round(1).astype(np.float32) for values in (fine, coarse))
    for values in (fine, coarse):
        sensors._hold(values, stuck)
    return Readings(fine, coarse, samples, (samples >= 6) & ~stuck & ~dead, faults)


def watched(folder: Path, rules: WatchRules = DEFAULT_RULES) -> pd.DataFrame:
    """The alarms of a world that was written there, as `alarms.csv` has them."""
    found = folder / "world"
    stations = pd.read_csv(
        found / "stations.csv", dtype={"station_id": str, "city_code": str, "grid_id": str}
    ).rename(columns={"city_code": "unit_code"})
    hours = table(found, "station_hours")
    start, end = hours["hour"].min(), hours["hour"].max() + HOUR
    last = (end - HOUR).date()
    days = station_days(stations, hours, start.date(), last, rules)
    gains = station_gains(stations, days, (start - 25 * HOUR).date(), last, rules)
    judged = judge_hours(stations, hours, gains, start, end, rules, with_stations=False)
    alarms = episodes(judged.grid_hours, start, end, rules)
    return alarms.assign(pushed_at=alarms["raised_at"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[501, 502, 503])
    for name, value in (("grids", 150), ("days", 24)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--hard", action="store_true")
    told = parser.parse_args()
    for seed in told.seeds:
        options = WorldOptions(seed, days=told.days, grids=told.grids, hard=told.hard)
        with tempfile.TemporaryDirectory() as name, other_physics():
            world.write_world(options, Path(name))
            found = scores(watched(Path(name)), pd.DataFrame(), read_truth(Path(name) / "truth"))
        kept = ("events", "precision", "recall", "recall_3_hot_hours", "false_per_grid_day", "confidence_ece")
        print(seed, "hard" if told.hard else "ordinary", {key: found[key] for key in kept}, flush=True)


if __name__ == "__main__":
    main()
