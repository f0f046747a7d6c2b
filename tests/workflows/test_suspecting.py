"""Suspects from the store: kept with their evidence, the same from any cut of runs, exported; a platform's alarm gets some too."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.desk.watch_export import export
from include.former_names import former, present
from include.house import House, default_registry, open_house
from include.periods import midnight
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.enterprises import import_enterprises
from include.sources.stations.intake import import_stations
from include.store.engine import reading, writing
from include.store.suspects import suspects_at_push
from include.store.tables import alarm
from include.store.watch_tables import alarm_suspect, watch_alarm
from include.suspects.ranking import chance_from_evidence
from include.workflows.suspecting import keep_suspects, suspects_from_rows
from include.workflows.watching import watch

FIRST, DAYS = date(2020, 3, 1), 6
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: int, hour: int = 0) -> datetime:
    return midnight(FIRST + timedelta(days=day)) + timedelta(hours=hour)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(WorldOptions(seed=3, start=FIRST, days=DAYS, grids=12), folder, None)
    return folder / "world"


def filled(engine: Engine, var: Path, world: Path) -> House:
    house = replace(open_house(default_registry(), var), engine=engine)
    import_enterprises(engine, world / "enterprises.csv", now=NOW, datum="WGS84")
    import_stations(engine, house.stations_dir, [world], now=NOW)
    return house


def kept(engine: Engine) -> pd.DataFrame:
    query = select(alarm_suspect).order_by(alarm_suspect.c.alarm_id, alarm_suspect.c.rank)
    with reading(engine) as connection:
        result = connection.execute(query)
        return pd.DataFrame(result.all(), columns=list(result.keys()))


def test_every_alarm_of_the_watch_gets_suspects_whatever_the_cut_of_runs(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    house = filled(engine, tmp_path, world)
    done = watch(house, at(0), at(DAYS), now=NOW)
    once = kept(engine)
    assert done.suspected == once["alarm_id"].nunique() == len(done.alarms) > 3
    assert (once.groupby("alarm_id")["rank"].min() == 1).all()
    for begin, end in ((at(3, 5), at(DAYS)), (at(0), at(2)), (at(2), at(3, 5))):
        watch(house, begin, end, now=NOW + timedelta(days=1))
    pd.testing.assert_frame_equal(kept(engine), once)
    with reading(engine) as connection:
        known = suspects_at_push(connection, list(once["alarm_id"]))
        raised = pd.DataFrame(
            connection.execute(select(watch_alarm.c.alarm_id, watch_alarm.c.raised_at)).all()
        )
    assert set(known["alarm_id"]) == set(once["alarm_id"])
    first_rows = known[known["rank"] == 1].merge(raised, on="alarm_id")
    for evidence, raised_at in zip(first_rows["evidence_json"], first_rows["raised_at"], strict=True):
        assert max(pd.Timestamp(one["hour"]) for one in json.loads(evidence)["hours"]) < raised_at
    stored = suspects_from_rows(once)
    assert list(chance_from_evidence(stored)) == list(once["score"])
    hours = stored[stored["rank"] == 1]["hours"].iloc[0]
    assert set(hours[0]) == {
        "hour",
        "weight",
        "wind_from_deg",
        "wind_speed_m_s",
        "spread_deg",
        "masts",
        "nearest_km",
    }
    assert json.loads(once["evidence_json"].iloc[0])["has_increments"] is True
    written = export(engine, tmp_path / "out")
    told = pd.read_csv(tmp_path / "out" / "suspects.csv")
    assert written["suspects.csv"] == len(told) == len(once)
    assert list(told.columns) == ["alarm_id", "rank", "enterprise_id", "score"]
    assert "unlisted" in set(told["enterprise_id"])


def test_an_alarm_of_a_platform_gets_suspects_by_its_own_point(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    house = filled(engine, tmp_path, world)
    enterprises = pd.read_csv(world / "enterprises.csv", dtype={former("unit_code"): str})
    place = enterprises.rename(columns=present).iloc[0]
    row = {
        "alarm_id": "P1",
        "revision": 1,
        "grid_id": "X1",
        "unit_code": place["unit_code"],
        "county": place["county"],
        "point_name": "某点位",
        "lon": place["lon"],
        "lat": place["lat"],
        "started_at": at(3, 2),
        "last_at": at(3, 4),
        "alarm_count": 3,
        "peak_pm25_ug_m3": 150.0,
        "pushed_at": at(3, 5),
        "deadline_at": at(4, 5),
        "revised_at": at(3, 5),
        "rules_version": "2020-03",
        "is_outside_city": False,
        "source": "platform",
        "received_at": NOW,
        "content_hash": "x",
        "is_simulated": True,
    }
    with writing(engine) as connection:
        connection.execute(alarm.insert(), row)
    assert keep_suspects(house, ["P1", "NOBODY"]) == 1
    first = suspects_from_rows(kept(engine)).iloc[0]
    assert (first["alarm_id"], first["has_increments"], first["kind"]) == ("P1", False, "enterprise")
    assert first["distance_km"] < 2


def test_without_enterprises_winds_and_meters_the_alarms_have_unlisted_alone(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    house = replace(open_house(default_registry(), tmp_path), engine=engine)
    few = [world / "stations.csv", world / "grids.csv", *world.glob("station_hours_*")]
    import_stations(engine, house.stations_dir, few, now=NOW)
    done = watch(house, at(0), at(DAYS), now=NOW)
    found = kept(engine)
    assert done.suspected == len(done.alarms) == len(found) > 3
    assert set(found["enterprise_id"]) == {"unlisted"}
    assert set(found["score"]) == {1.0}
