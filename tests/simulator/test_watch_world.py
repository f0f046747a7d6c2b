"""Worlds for the watch: the contract's columns, the same rows for a seed, a truth that follows from its own definitions."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.errors import InputError
from include.simulator.watch_world.options import PHYSICS, WorldOptions
from include.simulator.watch_world.world import published_air, write_world

SHARED = Path(
    os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
SMALL = WorldOptions(seed=4, days=5, grids=20, hot_hour_share=0.03)
HOUR = pd.Timedelta(hours=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("world")
    write_world(SMALL, to)
    return to


def frames(folder: Path, name: str) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob(f"world/{name}_*.parquet"))])


def test_files_and_columns_are_those_of_the_contract(world: Path) -> None:
    columns = {
        path.name: list((pd.read_csv if path.suffix == ".csv" else pd.read_parquet)(path))
        for path in sorted(world.glob("*/*"))
        if path.suffix != ".json" and not path.stem.endswith(("02", "03", "04", "05"))
    }
    assert columns == {
        "emissions.csv": ["source", "lon", "lat", "started_at", "ended_at"],
        "faults.csv": ["station_or_city", "kind", "started_at", "ended_at"],
        "dust.csv": ["city_code", "hour"],
        "fireworks.csv": ["city_code", "hour"],
        "grid_excess.parquet": ["grid_id", "hour", "excess_ug_m3", "hot"],
        "station_excess.parquet": ["station_id", "hour", "excess_ug_m3", "background_ug_m3", "working"],
        "true_events.csv": ["truth_id", "grid_id", "started_at", "last_at", "hot_hours", "peak_excess_ug_m3", "source",
                            "source_share"],
        "enterprises.csv": ["enterprise_id", "name", "industry", "city_code", "county", "lon", "lat", "data_origin"],
        "grids.csv": ["grid_id", "city_code", "county", "name", "west", "south", "east", "north", "is_hot", "is_monitored",
                      "data_origin"],
        "stations.csv": ["station_id", "kind", "city_code", "grid_id", "lon", "lat", "valid_from", "valid_to", "data_origin"],
        "station_hours_20200301.parquet": ["station_id", "hour", "pm25_ug_m3", "pm10_ug_m3", "rh_pct", "temperature_c",
                                           "sample_count"],
        "winds_20200301.parquet": ["station_id", "hour", "wind_from_deg", "wind_speed_m_s"],
        "submeter_hours_20200301.parquet": ["enterprise_id", "hour", "production_kw", "treatment_kw"],
    }  # fmt: skip


def test_every_table_of_places_says_that_it_is_simulated(world: Path) -> None:
    for name in ("stations", "grids", "enterprises"):
        assert set(pd.read_csv(world / "world" / f"{name}.csv")["data_origin"]) == {"模拟数据"}
    assert json.loads((world / "truth" / "world.json").read_text())["data_origin"] == "模拟数据"


def test_the_same_options_give_the_same_bytes_and_another_seed_others(world: Path, tmp_path: Path) -> None:
    write_world(SMALL, tmp_path / "again")
    write_world(WorldOptions(seed=5, days=5, grids=20), tmp_path / "other")

    def bytes_of(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.glob("*/*")}

    assert bytes_of(tmp_path / "again") == bytes_of(world)
    assert bytes_of(tmp_path / "other") != bytes_of(world)


def test_true_events_follow_from_the_hot_hours(world: Path) -> None:
    hot = pd.read_parquet(world / "truth" / "grid_excess.parquet").query("hot")
    runs = []
    for grid_id, hours in hot.sort_values("hour").groupby("grid_id")["hour"]:
        run = [hours.iloc[0]]
        for hour in [*hours.iloc[1:], None]:
            if hour is not None and hour - run[-1] <= 4 * HOUR:
                run.append(hour)
                continue
            if len(run) >= 2:
                runs.append((grid_id, run[0].isoformat(), run[-1].isoformat(), len(run)))
            run = [hour]
    told = pd.read_csv(world / "truth" / "true_events.csv")
    assert sorted(runs) == sorted(
        told[["grid_id", "started_at", "last_at", "hot_hours"]].itertuples(index=False, name=None)
    )
    assert len(runs) > 5


def test_hot_hours_are_those_of_working_stations_above_both_thresholds(world: Path) -> None:
    stations = pd.read_csv(world / "world" / "stations.csv").set_index("station_id")["grid_id"]
    rows = pd.read_parquet(world / "truth" / "station_excess.parquet")
    above = rows["excess_ug_m3"] >= 0.3 * rows["background_ug_m3"] + 0.2  # printed with one decimal
    hot = rows[rows["working"] & (rows["excess_ug_m3"] >= 25.2) & above]
    told = pd.read_parquet(world / "truth" / "grid_excess.parquet").query("hot")
    found = set(zip(hot["station_id"].map(stations), hot["hour"], strict=True))
    assert found <= set(zip(told["grid_id"], told["hour"], strict=True))
    assert len(found) > 0.9 * len(told)


def test_a_working_station_reads_higher_by_what_the_sources_bring(world: Path) -> None:
    rows = pd.read_parquet(world / "truth" / "station_excess.parquet").query("working and excess_ug_m3 > 60")
    read = rows.merge(frames(world, "station_hours"), on=["station_id", "hour"])
    ratio = read["pm25_ug_m3"] / (read["excess_ug_m3"] + read["background_ug_m3"])
    assert len(read) == len(rows)
    assert 0.9 < ratio.median() < 1.3


def test_culprits_idle_their_treatment_and_innocents_sometimes(world: Path) -> None:
    meters = frames(world, "submeter_hours")
    spells = pd.read_csv(world / "truth" / "emissions.csv", parse_dates=["started_at", "ended_at"])
    usual = (
        (meters["treatment_kw"] / meters["production_kw"])
        .groupby(meters["enterprise_id"])
        .transform("median")
    )
    idle = meters["treatment_kw"] < 0.4 * usual * meters["production_kw"]
    joined = meters.assign(idle=idle).merge(spells, left_on="enterprise_id", right_on="source")
    inside = joined[(joined["hour"] >= joined["started_at"]) & (joined["hour"] < joined["ended_at"])]
    assert 0.3 < inside["idle"].mean() < 0.9
    innocent = ~meters["enterprise_id"].isin(spells["source"])
    assert 0.001 < idle[innocent].mean() < 0.05


def test_each_physics_brings_the_smoke_elsewhere(tmp_path: Path) -> None:
    excess = {}
    for physics in PHYSICS:
        write_world(WorldOptions(seed=4, days=3, grids=10, physics=physics), tmp_path / physics)
        rows = pd.read_parquet(tmp_path / physics / "truth" / "station_excess.parquet")
        excess[physics] = frozenset(zip(rows["station_id"], rows["hour"], strict=True))
    assert len(set(excess.values())) == len(PHYSICS)


def test_a_hard_world_has_more_faults(tmp_path: Path) -> None:
    faults = {}
    for hard in (False, True):
        write_world(WorldOptions(seed=4, days=10, grids=40, hard=hard), tmp_path / str(hard))
        faults[hard] = len(pd.read_csv(tmp_path / str(hard) / "truth" / "faults.csv"))
    assert faults[True] > 1.5 * faults[False]


def test_published_air_is_what_the_readings_rest_on(tmp_path: Path) -> None:
    rows = [(20200301, hour, "济宁", 100 + hour, 150 + hour) for hour in range(24)]
    air = tmp_path / "air"
    air.mkdir()
    pd.DataFrame(rows, columns=["date", "hour", "城市", "PM2.5", "PM10"]).to_csv(
        air / "china_cities_20200301.csv", index=False, encoding="utf-8-sig"
    )
    options = WorldOptions(seed=1, days=1, grids=1)
    found = published_air(air, options)
    assert found.iloc[3].to_dict() == {
        "unit_code": "370800",
        "hour": pd.Timestamp("2020-03-01T03:00"),
        "pm25_ug_m3": 103,
        "pm10_ug_m3": 153,
    }
    moved = WorldOptions(seed=1, days=1, grids=1, start=date(2020, 4, 1))
    with pytest.raises(InputError, match="no published air of the world's days"):
        published_air(air, moved)
    everywhere = pd.concat(
        [found.assign(unit_code=code) for code in {*_cities_of(tmp_path / "look", options)}]
    )
    write_world(options, tmp_path / "on air", everywhere)
    read = frames(tmp_path / "on air", "station_hours").query("sample_count >= 6")
    assert read["pm25_ug_m3"].median() == pytest.approx(115, rel=0.25)


def _cities_of(to: Path, options: WorldOptions) -> list[str]:
    write_world(options, to)
    return list(pd.read_csv(to / "world" / "grids.csv", dtype=str)["city_code"])


@pytest.mark.parametrize(
    ("change", "message"),
    [({"grids": 0}, "got 0"), ({"days": 500}, "got 500"), ({"metered_share": 1.5}, "got 1.5")],
)
def test_a_size_that_no_world_has_is_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        WorldOptions(**change)  # type: ignore[arg-type]


def test_a_folder_with_a_world_is_not_written_over(world: Path) -> None:
    with pytest.raises(InputError, match="already holds a world"):
        write_world(SMALL, world)


@pytest.mark.skipif(not (SHARED / "watch_example").exists(), reason="the shared data are not here")
def test_the_shared_score_finds_nothing_wrong_with_the_truth_itself(world: Path, tmp_path: Path) -> None:
    events = pd.read_csv(world / "truth" / "true_events.csv")
    pushed = pd.to_datetime(events["started_at"]) + 2 * HOUR
    alarms = events.rename(columns={"truth_id": "alarm_id", "hot_hours": "alarm_count"}).assign(
        pushed_at=pushed.map(pd.Timestamp.isoformat), peak_pm25_ug_m3=100, confidence=0.9
    )
    alarms.to_csv(tmp_path / "alarms.csv", index=False)
    suspects = alarms.assign(rank=1, enterprise_id=alarms["source"], score=0.9)
    suspects.to_csv(tmp_path / "suspects.csv", index=False)
    script = SHARED / "watch_example" / "score.py"
    told = subprocess.run(
        [
            sys.executable,
            script,
            world / "world",
            world / "truth",
            tmp_path / "alarms.csv",
            "--suspects",
            tmp_path / "suspects.csv",
            "--warm-up",
            "0",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(told.stdout.splitlines()[-1])
    assert (found["recall"], found["precision"], found["hit@1"], found["remarks"]) == (1.0, 1.0, 1.0, [])
    assert not np.isnan(found["time_to_alarm_h_p50"])
