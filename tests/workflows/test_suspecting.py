"""Suspects from the store: kept with their evidence, the same from any cut of runs, exported; a platform's alarm gets some too."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, Table, select

from include.former_names import former, present
from include.house import House, default_registry, open_house
from include.office.watch_export import export
from include.periods import midnight, office_zone
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.enterprises import import_enterprises
from include.sources.stations.intake import import_stations
from include.store.engine import open_engine, reading, writing
from include.store.migrate import migrate
from include.store.suspects import keep_verdict, suspects_at_push
from include.store.tables import alarm
from include.store.watch_tables import alarm_suspect, suspect_at_push, watch_alarm
from include.suspects.points import chance_from_evidence
from include.workflows.suspecting import keep_platform_suspects, keep_suspects, suspects_from_rows
from include.workflows.watching import watch
from include.workflows.wind_masts import wind_notes

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
    first, second = told.iloc[0], told.iloc[1]
    keep_verdict(engine, first["alarm_id"], first["enterprise_id"], "struck", "王某", "已搬迁", now=NOW)
    export(engine, tmp_path / "out")
    left = pd.read_csv(tmp_path / "out" / "suspects.csv")
    assert len(left) == len(told) - 1
    assert left.iloc[0].tolist() == [second["alarm_id"], 1, second["enterprise_id"], second["score"]]


def test_the_suspects_are_the_same_whichever_window_is_judged_first(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    """Cut within the first hour of alarms, the last window first: their first hours are judged by a run that does not raise them."""
    whole = filled(_fresh(tmp_path / "whole"), tmp_path / "whole", world)
    watch(whole, at(0), at(DAYS), now=NOW)
    with reading(whole.engine) as connection:
        begun = connection.execute(select(watch_alarm.c.started_at).distinct()).scalars().all()
    cuts = [at(0), *sorted(begin + timedelta(hours=1) for begin in begun), at(DAYS)]
    house = filled(engine, tmp_path / "cut", world)
    for begin, end in reversed(list(pairwise(cuts))):
        watch(house, begin, end, now=NOW)
    pd.testing.assert_frame_equal(kept(engine), kept(whole.engine))
    pd.testing.assert_frame_equal(_at_push(engine), _at_push(whole.engine))


def _fresh(var: Path) -> Engine:
    var.mkdir()
    engine = open_engine(f"sqlite:///{var / 'supervision.db'}")
    migrate(engine)
    return engine


def _at_push(engine: Engine) -> pd.DataFrame:
    with reading(engine) as connection:
        ids = connection.execute(select(watch_alarm.c.alarm_id)).scalars().all()
        return suspects_at_push(connection, ids).sort_values(["alarm_id", "rank"], ignore_index=True)


def platform_alarm(world: Path, **changes: Any) -> dict[str, Any]:
    """An alarm beside the first enterprise, pushed in its second hour."""
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
        "last_at": at(3, 3),
        "alarm_count": 2,
        "peak_pm25_ug_m3": 150.0,
        "pushed_at": at(3, 3) + timedelta(minutes=20),
        "deadline_at": at(4, 5),
        "revised_at": at(3, 3) + timedelta(minutes=20),
        "rules_version": "2020-03",
        "is_outside_city": False,
        "source": "platform",
        "received_at": NOW,
        "content_hash": "x",
        "is_simulated": True,
    }
    return row | changes


def hours_of(engine: Engine, table: Table) -> list[str]:
    with reading(engine) as connection:
        query = select(table.c.evidence_json).where(table.c.alarm_id == "P1", table.c.rank == 1)
        told = json.loads(connection.execute(query).scalar_one())["hours"]
    return [pd.Timestamp(one["hour"]).tz_convert(office_zone()).strftime("%H") for one in told]


def test_an_alarm_of_a_platform_gets_suspects_by_its_own_point(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    house = filled(engine, tmp_path, world)
    with writing(engine) as connection:
        connection.execute(alarm.insert(), platform_alarm(world))
    assert keep_suspects(house, ["P1", "NOBODY"]) == 1
    first = suspects_from_rows(kept(engine)).iloc[0]
    assert (first["alarm_id"], first["has_increments"], first["kind"]) == ("P1", False, "enterprise")
    assert first["distance_km"] < 2


def test_the_ranking_of_a_platforms_push_is_the_same_whatever_revisions_came_later(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    house = filled(engine, tmp_path, world)
    with writing(engine) as connection:
        connection.execute(alarm.insert(), platform_alarm(world))
    assert keep_platform_suspects(house, ["P1", "NOBODY"]) == 1
    with reading(engine) as connection:
        before = suspects_at_push(connection, ["P1"])
    assert hours_of(engine, suspect_at_push) == hours_of(engine, alarm_suspect) == ["01", "02", "03"]
    later = {
        "revision": 2,
        "revised_at": at(3, 9),
        "last_at": at(3, 8),
        "started_at": at(3, 1),
        "content_hash": "y",
    }
    with writing(engine) as connection:
        connection.execute(alarm.insert(), platform_alarm(world, **later))
    assert keep_platform_suspects(house, ["P1"]) == 1
    with reading(engine) as connection:
        pd.testing.assert_frame_equal(suspects_at_push(connection, ["P1"]), before)
    assert hours_of(engine, alarm_suspect) == ["00", "01", "02", "03", "04", "05", "06", "07", "08"]


def test_where_nobody_could_be_suspected_no_platforms_alarm_is_ranked_and_the_watchs_are_left_alone(
    engine: Engine, world: Path, tmp_path: Path
) -> None:
    house = replace(open_house(default_registry(), tmp_path), engine=engine)
    import_stations(engine, house.stations_dir, [world], now=NOW)
    with writing(engine) as connection:
        connection.execute(alarm.insert(), platform_alarm(world))
    assert keep_platform_suspects(house, ["P1"]) == 0
    import_enterprises(engine, world / "enterprises.csv", now=NOW, datum="WGS84")
    done = watch(house, at(0), at(2), now=NOW)
    assert keep_platform_suspects(house, [*done.alarms, "P1"]) == 1


def test_a_mast_that_moved_speaks_at_its_own_place_and_one_that_tells_to_for_from_is_told(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "world"
    folder.mkdir()
    near = pd.DataFrame(
        [
            ("W1", "115.0", "2019-07-05", ""),
            ("W2", "115.1", "2019-07-05", ""),
            ("W3", "117.5", "2019-07-05", "2020-03-01"),
            ("W3", "115.2", "2020-03-01", ""),
        ],
        columns=["station_id", "lon", "valid_from", "valid_to"],
    ).assign(kind="weather", unit_code="130500", grid_id="", lat="37.1")
    near.to_csv(folder / "stations.csv", index=False)
    hours = pd.date_range("2020-03-01T00:00+08:00", periods=48, freq="h")
    rows = [
        {"station_id": name, "hour": hour.isoformat(), "wind_from_deg": origin, "wind_speed_m_s": 3.0}
        for name, origin in (("W1", 20.0), ("W2", 25.0), ("W3", 200.0))
        for hour in hours
    ]
    pd.DataFrame(rows).to_csv(folder / "winds_202003.csv", index=False)
    house = replace(open_house(default_registry(), tmp_path), engine=engine)
    import_stations(engine, house.stations_dir, [folder], now=NOW)
    [line] = wind_notes(house, at(0), at(2))
    assert line.startswith(
        "气象站W3@2020-03-01的风向与W2（8.9公里，平均余弦-1.00）、W1（17.8公里，平均余弦-1.00）相反"
    )
    assert line.endswith("疑为把去向记作来向，其中25小时未采用，请核对风向口径")
    assert wind_notes(house, at(9), at(10)) == []


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
