"""How often the suspects are right, on worlds of five physics, and what 5,000 alarms among 100,000 enterprises cost.

    .venv/bin/python -m tests.bench.suspects [--worlds N] [--grids N] [--days N] [--first-seed N]

Worlds are made, watched and ranked in memory and in a temporary folder; nothing of the store is touched. Alarms and events are
matched as the contract's score does (docs/suspects.md has the table that this printed).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from unittest.mock import patch

import numpy as np
import pandas as pd

from include.simulator.watch_world import kernels
from include.simulator.watch_world.options import PHYSICS, WorldOptions
from include.suspects.candidates import enterprises_as_candidates, joined
from include.suspects.ranking import rank_suspects
from tests.bench.other_world import other_physics
from tests.bench.suspect_measures import HOUR, line, measure
from tests.bench.suspects_particles import particles

ALL_PHYSICS = (*PHYSICS, "particles", "other")


def speed() -> None:
    """5,000 alarms of a week on 1,000 grids, 100,000 enterprises of which 30,000 are metered."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(108, 119, 1000), rng.uniform(34, 40, 1000)
    grid = rng.integers(0, 1000, 5000)
    begin = pd.Timestamp("2020-03-09T00:00+08:00")
    started = begin + pd.to_timedelta(rng.integers(0, 48, 5000), unit="h")
    names = np.array([f"G{number}" for number in range(1000)])
    alarms = pd.DataFrame(
        {
            "alarm_id": [f"A{number:04d}" for number in range(5000)],
            "grid_id": names[grid],
            "lon": lon[grid],
            "lat": lat[grid],
            "started_at": started,
            "last_at": started + pd.to_timedelta(rng.integers(1, 9, 5000), unit="h"),
        }
    )
    own = np.repeat(np.arange(1000), 4)
    micro = pd.DataFrame(
        {
            "station_id": [f"M{n}" for n in range(4000)],
            "kind": "micro",
            "grid_id": names[own],
            "lon": lon[own] + rng.uniform(-0.015, 0.015, 4000),
            "lat": lat[own],
        }
    )
    masts = pd.DataFrame(
        {
            "station_id": [f"W{n}" for n in range(60)],
            "kind": "weather",
            "grid_id": "",
            "lon": rng.uniform(108, 119, 60),
            "lat": rng.uniform(34, 40, 60),
        }
    )
    near = rng.integers(0, 1000, 100_000)
    firms = pd.DataFrame(
        {
            "enterprise_id": [f"Q{n}" for n in range(100_000)],
            "name": "",
            "industry": "钢铁",
            "lon": lon[near] + rng.normal(0, 0.06, 100_000),
            "lat": lat[near] + rng.normal(0, 0.06, 100_000),
        }
    )
    hours = pd.date_range(begin - pd.Timedelta(days=8), begin + pd.Timedelta(days=3), freq="h")
    seen = hours[hours >= begin - HOUR]
    rose = pd.DataFrame(
        {
            "station_id": np.tile(micro["station_id"], len(seen)),
            "hour": np.repeat(seen, 4000),
            "increment_ug_m3": rng.gamma(1, 20, 4000 * len(seen)),
        }
    )
    winds = pd.DataFrame(
        {
            "station_id": np.tile(masts["station_id"], len(hours)),
            "hour": np.repeat(hours, 60),
            "wind_from_deg": 200.0,
            "wind_speed_m_s": 2.0,
        }
    )
    metered = firms["enterprise_id"].head(30_000)
    meters = pd.DataFrame(
        {
            "enterprise_id": np.tile(metered, len(hours)),
            "hour": np.repeat(hours, 30_000),
            "production_kw": 100.0,
            "treatment_kw": rng.gamma(20, 1, 30_000 * len(hours)),
        }
    )
    candidates = joined(enterprises_as_candidates(firms))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, processor = time.perf_counter(), time.process_time()
    found = rank_suspects(alarms, rose, pd.concat([micro, masts]), winds, candidates, meters)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"5,000 alarms, 100,000 enterprises, {len(meters):,} meter hours: {processor:.1f} s of processor, {wall:.1f} s, "
        f"{more:.0f} MB more, {len(found.suspects)} suspects"
    )


def physics_of(name: str) -> AbstractContextManager[object]:
    """Inside, worlds of the simulator's first physics have this smoke (`particles`), or this air, smoke and sensors (`other`)."""
    if name == "particles":
        return patch.dict(kernels._KERNELS, {PHYSICS[0]: particles})
    return other_physics() if name == "other" else nullcontext()


def worlds(rounds: int, first_seed: int, days: int, grids: int) -> Iterator[tuple[str, WorldOptions]]:
    """The physics and the world, one seed after the other."""
    seed = first_seed
    for _ in range(rounds):
        for name in ALL_PHYSICS:
            own = name if name in PHYSICS else PHYSICS[0]
            for hard in (False, True):
                seed += 1
                yield name, WorldOptions(seed, days=days, grids=grids, physics=own, hard=hard)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in (("worlds", 2), ("grids", 120), ("days", 18), ("first-seed", 4400)):
        parser.add_argument(f"--{name}", type=int, default=value)
    told = parser.parse_args()
    speed()
    gathered: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for physics, options in worlds(told.worlds, told.first_seed, told.days, told.grids):
        kind = "hard" if options.hard else "ordinary"
        with physics_of(physics):
            measured = measure(options)
        for name, rows in measured.items():
            for group in (kind, f"{kind} {physics}", "all"):
                gathered.setdefault((group, name), []).append(rows)
    print(f"{'worlds':18} {'given':16}     n  hit@1  hit@3  unlisted said where true, where not; gap")
    for (group, name), parts in sorted(gathered.items()):
        print(f"{group:18} {name:16} {line(pd.concat(parts))}")
    for kind in ("ordinary", "hard"):
        rows = pd.concat(gathered[(kind, "all")])
        tenth = (rows["said"] * 10).astype(int).clip(upper=9) / 10
        print(
            kind,
            rows.groupby(tenth)
            .agg(n=("said", "size"), said=("said", "mean"), found=("right", "mean"))
            .round(3),
        )


if __name__ == "__main__":
    main()
