"""How often the suspects of one simulated world are right, with everything given and with less."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from include.former_names import former, present
from include.periods import DAY
from include.simulator.watch_world.options import WorldOptions
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
