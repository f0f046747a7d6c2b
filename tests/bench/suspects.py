"""How often the suspects are right, on worlds of every physics, and what 5,000 alarms among 100,000 enterprises cost.

    .venv/bin/python -m tests.bench.suspects [--worlds N] [--grids N] [--days N] [--first-seed N]

Worlds are made, watched and ranked in memory and in a temporary folder; nothing of the store is touched. Alarms and events are
matched as the contract's score does (docs/suspects.md has the table that this printed).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from include.former_names import former, present
from include.periods import DAY
from include.simulator.watch_world.options import PHYSICS, WorldOptions
from include.simulator.watch_world.world import write_world
from include.suspects.candidates import enterprises_as_candidates, joined
from include.suspects.kinds import UNLISTED
from include.suspects.ranking import rank_suspects
from include.watch import DEFAULT_RULES, episodes, judge_hours, station_days, station_gains

HOUR = pd.Timedelta(hours=1)
WARM_UP = pd.Timedelta(hours=72)


def table(world: Path, name: str) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(world.glob(f"{name}_*.parquet"))])


def alarms_of(world: Path, grids: pd.DataFrame, stations: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The watch's alarms of a world as `rank_suspects` takes them, and the judged station hours."""
    hours = table(world, "station_hours")
    start, end = hours["hour"].min(), hours["hour"].max() + HOUR
    days = station_days(stations, hours, start.date(), (end - HOUR).date(), DEFAULT_RULES)
    known = station_gains(stations, days, (start - DAY).date(), end.date(), DEFAULT_RULES)
    judged = judge_hours(stations, hours, known, start, end, DEFAULT_RULES)
    found = episodes(judged.grid_hours, start, end, DEFAULT_RULES).reset_index(drop=True)
    place = grids.set_index("grid_id").reindex(found["grid_id"])
    alarms = found[["alarm_id", "grid_id", "started_at", "last_at", "raised_at"]].assign(
        last_at=np.maximum(found["last_at"], found["raised_at"] - HOUR),
        lon=((place["west"] + place["east"]) / 2).to_numpy(),
        lat=((place["south"] + place["north"]) / 2).to_numpy(),
    )
    late_enough = alarms["raised_at"] - HOUR >= start + WARM_UP
    return alarms[late_enough].reset_index(drop=True), judged.station_hours


def sources(alarms: pd.DataFrame, truth: Path) -> pd.Series:
    """The source of the event that each alarm matches (the highest one), by alarm_id."""
    events = pd.read_csv(truth / "true_events.csv", parse_dates=["started_at", "last_at"])
    first = alarms["raised_at"] - HOUR
    pair = alarms.assign(first=first, last=np.maximum(first, alarms["last_at"])).merge(
        events, on="grid_id", suffixes=("_alarm", "")
    )
    near = (pair["first"] <= pair["last_at"] + 2 * HOUR) & (pair["last"] >= pair["started_at"] - HOUR)
    pair = pair[near].sort_values("peak_excess_ug_m3", ascending=False).drop_duplicates("alarm_id")
    return pair.set_index("alarm_id")["source"]


def judged_suspects(suspects: pd.DataFrame, source: pd.Series) -> pd.DataFrame:
    """One row a matched alarm: source, first suspect's chance, whether it is right, place of the source among the listed."""
    own = suspects[suspects["alarm_id"].isin(source.index)]
    first = own[own["rank"] == 1].set_index("alarm_id")
    listed = own[own["candidate_id"] != UNLISTED].copy()
    listed["place"] = listed.groupby("alarm_id").cumcount() + 1
    place = listed[listed["candidate_id"] == listed["alarm_id"].map(source)].set_index("alarm_id")["place"]
    return pd.DataFrame(
        {
            "source": source.reindex(first.index),
            "said": first["score"],
            "first": first["candidate_id"],
            "right": first["candidate_id"] == source.reindex(first.index),
            "place": place.reindex(first.index),
        }
    )


def measure(options: WorldOptions) -> dict[str, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        write_world(options, Path(folder))
        world = Path(folder) / "world"
        texts = {"station_id": str, former("unit_code"): str, "grid_id": str}
        stations, grids, enterprises = (
            pd.read_csv(world / f"{name}.csv", dtype=texts).rename(columns=present)
            for name in ("stations", "grids", "enterprises")
        )
        alarms, hours = alarms_of(world, grids, stations)
        source = sources(alarms, Path(folder) / "truth")
        candidates = joined(enterprises_as_candidates(enterprises))
        winds, meters = table(world, "winds"), table(world, "submeter_hours")
    mixed = winds.assign(
        wind_from_deg=winds["wind_from_deg"].sample(frac=1, random_state=1).to_numpy(),
    )
    runs = {
        "all": (alarms, winds, meters),
        "at the push": (alarms.assign(known_until=alarms["raised_at"]), winds, meters),
        "no wind": (alarms, winds.iloc[:0], meters),
        "winds shuffled": (alarms, mixed, meters),
        "no meters": (alarms, winds, meters.iloc[:0]),
        "distance alone": (alarms, winds.iloc[:0], meters.iloc[:0]),
    }
    return {
        name: judged_suspects(rank_suspects(told, hours, stations, wind, candidates, meter).suspects, source)
        for name, (told, wind, meter) in runs.items()
    }


def line(rows: pd.DataFrame) -> str:
    listed = rows[rows["source"] != UNLISTED]
    nobody = rows[rows["source"] == UNLISTED]
    return (
        f"{len(listed):5d} {(listed['place'] <= 1).mean():6.3f} {(listed['place'] <= 3).mean():6.3f} "
        f"{(nobody['first'] == UNLISTED).mean():8.2f} {(listed['first'] == UNLISTED).mean():8.2f} {gap(rows):6.3f}"
    )


def gap(rows: pd.DataFrame) -> float:
    """Mean gap of said and found, by tenths."""
    tenth = (rows["said"] * 10).astype(int).clip(upper=9)
    by = rows.groupby(tenth).agg(n=("said", "size"), said=("said", "mean"), found=("right", "mean"))
    return float((by["n"] * (by["said"] - by["found"]).abs()).sum() / by["n"].sum())


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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in (("worlds", 2), ("grids", 200), ("days", 21), ("first-seed", 900)):
        parser.add_argument(f"--{name}", type=int, default=value)
    told = parser.parse_args()
    speed()
    gathered: dict[tuple[str, str], list[pd.DataFrame]] = {}
    seed = told.first_seed
    for hard in (False, True):
        for physics in PHYSICS:
            for _ in range(told.worlds):
                seed += 1
                options = WorldOptions(seed, days=told.days, grids=told.grids, physics=physics, hard=hard)
                kind = "hard" if hard else "ordinary"
                for name, rows in measure(options).items():
                    gathered.setdefault((f"{kind} {physics}", name), []).append(rows)
                    gathered.setdefault((kind, name), []).append(rows)
    print(f"{'worlds':16} {'given':16}     n  hit@1  hit@3  unlisted said where true, where not; gap")
    for (worlds, name), parts in sorted(gathered.items()):
        print(f"{worlds:16} {name:16} {line(pd.concat(parts))}")
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
