"""Makes a world and writes it: `world/` in the watch's input contract, `truth/` beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from include.errors import InputError
from include.former_names import FORMER
from include.geo.regions import cities
from include.rules import SIMULATED_LABEL
from include.simulator.watch_world.emissions import make_emissions, stall_excess
from include.simulator.watch_world.kernels import contributions
from include.simulator.watch_world.meters import meter_rows
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground, make_ground
from include.simulator.watch_world.regional import make_background
from include.simulator.watch_world.sensors import Readings, read_air
from include.simulator.watch_world.truth import excess_field, make_truth, strength
from include.simulator.watch_world.weather import Weather, day_of, hours_of, make_weather, wind_rows

ZONE: Final = "Asia/Shanghai"


def write_world(options: WorldOptions, to: Path, city_air: pd.DataFrame | None = None) -> dict[str, int]:
    """Writes `to/world` and `to/truth`; returns what `truth/world.json` counts. Same options, same rows.

    `city_air`: see `regional.make_background`. Raises InputError where `to` already holds files of a world.
    """
    world, truth_dir = to / "world", to / "truth"
    for folder in (world, truth_dir):
        if folder.exists() and any(folder.iterdir()):
            raise InputError(
                "the folder already holds a world",
                where=str(folder),
                todo="choose an empty folder, or remove this one",
            )
        folder.mkdir(parents=True, exist_ok=True)
    ground = make_ground(options)
    weather = make_weather(options, ground)
    background = make_background(options, ground, city_air)
    emissions = make_emissions(options, ground)
    reached = contributions(options, ground, weather, emissions)
    relative = excess_field(options, ground, reached)
    stalls = stall_excess(options, ground)
    calm_air = background.pm25_ug_m3
    # Faults do not depend on the air: the first reading tells which stations work, the second has the smoke.
    working = read_air(options, ground, weather, calm_air, background.pm10_ug_m3).working
    factor = strength(options, ground, relative, calm_air, working)
    excess = (relative * factor).astype(np.float32)
    reached["value"] *= factor
    readings = read_air(
        options,
        ground,
        weather,
        calm_air + excess + stalls,
        background.pm10_ug_m3 + 1.25 * (excess + stalls),
    )
    truth = make_truth(options, ground, emissions, reached, excess, stalls, calm_air, working)
    _write_tables(world, ground)
    _write_hours(options, world, ground, weather, readings)
    _write_days(options, world, "winds", wind_rows(options, ground, weather))
    _write_days(options, world, "submeter_hours", meter_rows(options, ground, emissions))
    for name in ("true_events", "emissions"):
        _csv(getattr(truth, name), truth_dir / f"{name}.csv")
    for name in ("grid_excess", "station_excess"):
        _parquet(getattr(truth, name), truth_dir / f"{name}.parquet")
    _csv(readings.faults, truth_dir / "faults.csv")
    _csv(background.dust, truth_dir / "dust.csv")
    _csv(background.fireworks, truth_dir / "fireworks.csv")
    return _write_about(options, truth_dir, ground, len(truth.true_events), city_air is not None)


def published_air(folder: Path, options: WorldOptions) -> pd.DataFrame:
    """City air as China's hourly files give it (`date, hour, 城市, PM2.5, PM10`), for `write_world`.

    Reads the files of the world's days below `folder` (their names end in `YYYYMMDD.csv`). Raises InputError where none is there.
    """
    codes = cities().set_index("unit_name")["unit_code"]
    codes = pd.concat([codes, codes.rename(lambda name: name.removesuffix("市"))])
    codes = codes[~codes.index.duplicated()]
    parts = []
    for number in range(options.days):
        for path in sorted(folder.rglob(f"*{day_of(options, number)}.csv")):
            rows = pd.read_csv(path, encoding="utf-8-sig")
            hour = pd.to_datetime(rows["date"].astype(str)) + pd.to_timedelta(rows["hour"], unit="h")
            parts.append(
                pd.DataFrame(
                    {
                        "unit_code": rows["城市"].map(codes),
                        "hour": hour,
                        "pm25_ug_m3": rows["PM2.5"],
                        "pm10_ug_m3": rows["PM10"],
                    }
                )
            )
    if not parts:
        raise InputError(
            "no published air of the world's days",
            where=str(folder),
            expected=f"files like *{day_of(options, 0)}.csv with date, hour, 城市, PM2.5, PM10",
            todo="choose --start inside what the folder has",
        )
    return pd.concat(parts).dropna(subset=["unit_code"])


def _write_tables(world: Path, ground: Ground) -> None:
    _csv(ground.stations.drop(columns=["city", "grid"]), world / "stations.csv")
    flags = dict.fromkeys(("is_hot", "is_monitored"), "true")
    _csv(ground.grids.assign(**flags), world / "grids.csv")
    _csv(ground.enterprises, world / "enterprises.csv")


def _write_hours(
    options: WorldOptions, world: Path, ground: Ground, weather: Weather, readings: Readings
) -> None:
    """Station hours by day; five-minute values too few to give a mean leave a null value."""
    rng = np.random.default_rng(options.seed)
    stations = ground.stations
    told = np.flatnonzero((stations["kind"] != "weather").to_numpy())
    city = stations["city"].to_numpy()[told]
    identifiers = stations["station_id"].to_numpy()[told]
    hours = hours_of(options)
    for number in range(options.days):
        day = slice(24 * number, 24 * (number + 1))
        samples = readings.samples[day][:, told]
        at, place = np.nonzero(samples >= 0)
        empty = samples[at, place] == 0
        frame = {"station_id": identifiers[place], "hour": hours[day][at]}
        for name in ("pm25_ug_m3", "pm10_ug_m3"):
            values = getattr(readings, name)[day][:, told][at, place]
            frame[name] = np.where(empty, np.nan, values).astype(np.float32)
        for name, spread in (("rh_pct", 2.0), ("temperature_c", 0.5)):
            values = getattr(weather, name)[day][:, city][at, place] + rng.normal(0, spread, len(at))
            top = 100.0 if name == "rh_pct" else np.inf
            frame[name] = np.where(empty, np.nan, np.minimum(values, top).round(1)).astype(np.float32)
        rows = pd.DataFrame(frame)
        rows["sample_count"] = samples[at, place]
        _parquet(rows, world / f"station_hours_{day_of(options, number)}.parquet")


def _write_days(options: WorldOptions, world: Path, name: str, rows: pd.DataFrame) -> None:
    for column in rows.columns.drop(["hour"]).intersection(
        ["wind_from_deg", "wind_speed_m_s", "production_kw", "treatment_kw"]
    ):
        rows[column] = rows[column].astype(np.float32)
    day = (rows["hour"] - hours_of(options)[0]).dt.days.to_numpy()
    order = np.argsort(day, kind="stable")
    bounds = np.searchsorted(day[order], np.arange(options.days + 1))
    for number in range(options.days):
        part = rows.iloc[order[bounds[number] : bounds[number + 1]]]
        _parquet(part, world / f"{name}_{day_of(options, number)}.parquet")


def _write_about(
    options: WorldOptions, truth_dir: Path, ground: Ground, events: int, is_published: bool
) -> dict[str, int]:
    kinds = ground.stations["kind"].value_counts()
    counts = {
        "grids": len(ground.grids),
        "cities": len(ground.cities),
        "micro_stations": int(kinds.get("micro", 0)),
        "official": int(kinds.get("official", 0)),
        "weather": int(kinds.get("weather", 0)),
        "enterprises": len(ground.enterprises),
        "true_events": events,
    }
    first = hours_of(options)[0].tz_localize(ZONE)
    about = {
        "start": first.isoformat(),
        "end": (first + pd.Timedelta(days=options.days)).isoformat(),
        "seed": options.seed,
        "hard": options.hard,
        "physics": options.physics,
        "background": "published" if is_published else "synthetic",
        "data_origin": SIMULATED_LABEL,
    }
    (truth_dir / "world.json").write_text(json.dumps(about | counts, ensure_ascii=False, indent=1), "utf-8")
    return counts


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """Instants as ISO 8601 with +08:00; units under the name that readers of worlds know."""
    told = frame.rename(columns=FORMER)
    for name in told.select_dtypes("datetime").columns:
        told[name] = told[name].dt.strftime("%Y-%m-%dT%H:%M:%S") + "+08:00"
    told.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    zoned = frame.assign(hour=frame["hour"].dt.tz_localize(ZONE).astype(f"datetime64[ms, {ZONE}]"))
    pq.write_table(pa.Table.from_pandas(zoned, preserve_index=False), path, compression="zstd")
