"""Who smokes when: habits of listed and unlisted sources, sources that last for weeks, stalls beside a station."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from include.simulator.season import stream
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground
from include.simulator.watch_world.weather import Field, hours_of

UNLISTED = "unlisted"
_EMITTERS = 0.2  # share of the enterprises that ever smoke
_EVERY_HOURS = 80  # mean time between the fires of one source: some smoke daily, most seldom
_NIGHT = (20, 21, 22, 23, 0, 1, 2, 3, 4, 5)
_STALLS = {False: 0.02, True: 0.04}  # share of the micro-stations with one beside them
_MEALS = (11, 12, 17, 18, 19, 20)
_STRENGTHS = {"钢铁": 1.7, "焦化": 1.3, "供热锅炉房": 1.4, "铸造": 1.2, "砖瓦": 1.2, "水泥": 1.1}


@dataclass(frozen=True)
class Emissions:
    """`sources`: source (enterprise_id or `unlisted`), enterprise (place in `ground.enterprises`, -1), lon, lat.
    `spells`: source (place in `sources`), first, end (hours of the world, end exclusive), strength, is_chronic."""

    sources: pd.DataFrame
    spells: pd.DataFrame


def make_emissions(options: WorldOptions, ground: Ground) -> Emissions:
    """Every source that ever smokes and its spells; strengths are relative (`world.py` scales them)."""
    rng = stream(options.seed, "watch world emissions")
    listed = np.flatnonzero(rng.random(len(ground.enterprises)) < _EMITTERS)
    firms = ground.enterprises.iloc[listed]
    sources = pd.concat(
        [
            firms[["lon", "lat"]].assign(source=firms["enterprise_id"], enterprise=listed),
            ground.unlisted.assign(source=UNLISTED, enterprise=-1),
        ],
        ignore_index=True,
    )
    industry = firms["industry"].map(_STRENGTHS).fillna(1.0).to_numpy()
    size = np.exp(rng.normal(0, 0.4, len(sources)))
    size[: len(listed)] *= industry
    size[len(listed) :] *= 0.9
    return Emissions(sources, _spells(options, size, rng))


def _spells(options: WorldOptions, size: Field, rng: np.random.Generator) -> pd.DataFrame:
    rate = rng.gamma(1.2, 1 / 1.2, len(size)) * options.hours / _EVERY_HOURS
    counts = rng.poisson(rate)
    source = np.arange(len(size)).repeat(counts)
    at_night = rng.random(len(source)) < 0.78
    hour = np.where(at_night, rng.choice(_NIGHT, len(source)), rng.integers(0, 24, len(source)))
    first = rng.integers(0, options.days, len(source)) * 24 + hour
    length = np.clip(np.round(rng.gamma(2.2, 2.6, len(source))), 1, 36).astype(int)
    spells = pd.DataFrame(
        {"source": source, "first": first, "end": np.minimum(first + length, options.hours)}
    )
    spells["strength"] = size[source] * np.exp(rng.normal(0, 0.45, len(source)))
    spells["is_chronic"] = False
    return _joined(pd.concat([spells, _chronic(options, size, rng)], ignore_index=True))


def _chronic(options: WorldOptions, size: Field, rng: np.random.Generator) -> pd.DataFrame:
    """One source in two hundred emits for weeks, weakly."""
    who = np.flatnonzero(rng.random(len(size)) < 0.005)
    first = (rng.random(len(who)) * options.hours * 0.6).astype(int)
    end = np.minimum(first + rng.integers(7 * 24, 28 * 24, len(who)), options.hours)
    frame = pd.DataFrame({"source": who, "first": first, "end": end, "strength": 0.5 * size[who]})
    return frame.assign(is_chronic=True)


def _joined(spells: pd.DataFrame) -> pd.DataFrame:
    """A source's spells do not overlap: a later one that begins inside an earlier one is left out."""
    ordered = spells.sort_values(["source", "first", "end"]).reset_index(drop=True)
    until = ordered.groupby("source")["end"].transform(lambda end: end.cummax().shift(fill_value=-1))
    return ordered[(ordered["first"] > until) & (ordered["end"] > ordered["first"])].reset_index(drop=True)


def stall_excess(options: WorldOptions, ground: Ground) -> Field:
    """Hours × stations, µg/m³: stalls that smoke beside one station at meal times."""
    rng = stream(options.seed, "watch world stalls")
    hours, stations = hours_of(options), ground.stations
    smoke = np.zeros((len(hours), len(stations)), np.float32)
    is_micro = (stations["kind"] == "micro").to_numpy()
    for place in np.flatnonzero(is_micro & (rng.random(len(stations)) < _STALLS[options.hard])):
        meal = np.isin(hours.hour, rng.choice(_MEALS, 3, replace=False))
        open_today = np.repeat(rng.random(options.days) < 0.6, 24)
        smoke[:, place] = meal * open_today * rng.uniform(8, 40) * np.exp(rng.normal(0, 0.4, len(hours)))
    return smoke
