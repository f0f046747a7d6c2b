"""An hour's run: what waits is taken, the hour and what was missed is judged, the reckoning says who spoke."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.errors import CheckFailed
from include.house import House, Run, default_registry, open_house
from include.periods import HOUR, midnight, period_ending
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.config import SourceConfig
from include.store.engine import reading, writing
from include.store.tables import pull
from include.store.watch_tables import watch_hour
from include.workflows import hourly_watch

DAY = date(2020, 3, 3)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(WorldOptions(seed=5, start=date(2020, 3, 1), days=3, grids=8), folder, None)
    return folder / "world"


def at(hour: int) -> datetime:
    return midnight(DAY) + timedelta(hours=hour)


def run_of(house: House, end: datetime, *, is_backfill: bool = False) -> Run:
    return Run(
        house=house,
        period=period_ending("hour", end),
        run_id="test",
        actor="test",
        deliver="withhold",
        is_backfill=is_backfill,
        now=end + timedelta(minutes=10),
    )


def dropped(house: House, world: Path, pattern: str, *, until: datetime | None = None) -> None:
    """Puts files of the world where the next run finds them, hours up to `until`."""
    house.stations_inbox.mkdir(parents=True, exist_ok=True)
    for path in world.glob(pattern):
        target = house.stations_inbox / path.name
        if until is not None:
            frame = pd.read_parquet(path)
            frame[frame["hour"] < until].to_parquet(target)
        else:
            shutil.copy(path, target)
        os.utime(target, (0, 0))


def hours(engine: Engine) -> list[datetime]:
    with reading(engine) as connection:
        return list(connection.execute(select(watch_hour.c.hour_at).order_by(watch_hour.c.hour_at)).scalars())


def every_hour(last: datetime) -> list[datetime]:
    """The hours of which the world has readings, to that one."""
    first = midnight(date(2020, 3, 1))
    return [first + n * HOUR for n in range((last - first) // HOUR + 1)]


def steps(run: Run) -> dict[str, object]:
    hourly_watch.take(run)
    return hourly_watch.account(run, hourly_watch.judge(run))


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    return replace(open_house(default_registry(), tmp_path / "var"), engine=engine)


def test_an_hour_is_taken_judged_and_accounted_for(house: House, world: Path) -> None:
    dropped(house, world, "*.csv")
    (house.stations_inbox / "notes.txt").write_text("no station file", "utf-8")
    for day in ("20200301", "20200302"):
        dropped(house, world, f"*_{day}.parquet")
    dropped(house, world, "*_20200303.parquet", until=at(9))
    run = run_of(house, at(9))
    taken = hourly_watch.take(run)
    assert taken["errors"] == []
    *named, whole_list = taken["faults"]  # the enterprises are not imported: that of each meter is named
    assert named
    assert [fault for fault in named if "企业名单中没有该编号" not in fault] == []
    assert whole_list.startswith("共288个")
    assert sorted(path.name for path in house.stations_inbox.iterdir() if path.is_file()) == [
        "enterprises.csv",
        "notes.txt",
    ]
    done = [path.name for path in (house.stations_inbox / "done").iterdir()]
    # beside each file of meters stands what is wrong with it
    assert len([name for name in done if name.endswith((".csv", ".parquet"))]) == taken["files"] == 11
    assert len(done) == 11 + 3
    found = hourly_watch.account(run, hourly_watch.judge(run))
    heard, expected = map(int, str(found["stations"]).split("/"))
    assert 0 < heard <= expected
    assert hours(house.engine) == every_hour(at(8))  # what the days before lack, too: this is the first run


def test_a_missed_hour_and_a_late_one_are_made_good_and_a_back_fill_keeps_to_its_own(
    house: House, world: Path
) -> None:
    dropped(house, world, "*.csv")
    dropped(house, world, "*_2020030[12].parquet")
    dropped(house, world, "*_20200303.parquet", until=at(9))
    steps(run_of(house, at(9)))
    dropped(house, world, "station_hours_20200303.parquet", until=at(12))
    steps(run_of(house, at(12)))  # the runs of 10 and 11 o'clock never came
    assert hours(house.engine) == every_hour(at(11))
    late = pd.read_parquet(world / "station_hours_20200303.parquet")
    late = late[late["hour"] == at(9)].assign(pm25_ug_m3=lambda rows: rows["pm25_ug_m3"] + 3)
    late.to_parquet(house.stations_inbox / "station_hours_late.parquet")
    os.utime(house.stations_inbox / "station_hours_late.parquet", (0, 0))
    dropped(house, world, "station_hours_20200303.parquet", until=at(13))
    run = run_of(house, at(13))
    hourly_watch.take(run)
    assert hourly_watch.judge(run)["judged_from"] == "2020年3月3日9时"
    assert hourly_watch.judge(run_of(house, at(3), is_backfill=True))["hours"] == 1
    assert hours(house.engine) == every_hour(at(12))


def test_a_standstill_longer_than_the_run_looks_back_is_made_good_as_far_as_it_looks(
    house: House, world: Path
) -> None:
    dropped(house, world, "*.csv")
    dropped(house, world, "*_2020030[12].parquet")
    late = run_of(house, at(20) + timedelta(days=1))
    hourly_watch.take(late)
    hourly_watch.judge(late)
    assert hours(house.engine)[0] == at(19) + timedelta(days=1) - hourly_watch.LOOKS_BACK


def test_hours_judged_by_rules_of_before_stay(house: House, world: Path) -> None:
    dropped(house, world, "*.csv")
    dropped(house, world, "*_2020030[12].parquet")
    dropped(house, world, "*_20200303.parquet", until=at(12))
    hourly_watch.take(run_of(house, at(12)))
    with writing(house.engine) as connection:
        row = {"rules_edition": "watch-of-before", "lacks_json": "[]", "judged_at": at(9)}
        counts = dict.fromkeys(("stations_expected", "stations_heard", "grids_judged", "grids_raised"), 1)
        connection.execute(watch_hour.insert().values(hour_at=at(8), **row, **counts))
    assert hourly_watch.first_to_judge(house, at(12)) == at(9)


def test_a_silent_network_is_no_clean_air(house: House, world: Path) -> None:
    dropped(house, world, "*.csv")
    dropped(house, world, "*_2020030[12].parquet")
    run = run_of(house, at(9))
    hourly_watch.take(run)
    judged = hourly_watch.judge(run)
    with pytest.raises(CheckFailed, match="没有任何站点的读数"):
        hourly_watch.account(run, judged)


def test_an_office_without_stations_passes(house: House) -> None:
    assert steps(run_of(house, at(9)))["stations"] == "0/0"


def test_what_cannot_be_used_is_told_and_the_others_go_on(house: House, world: Path) -> None:
    dropped(house, world, "*.csv")
    half = (world / "station_hours_20200302.parquet").read_bytes()[:1000]
    (house.stations_inbox / "station_hours_20200302.parquet").write_bytes(half)
    os.utime(house.stations_inbox / "station_hours_20200302.parquet", (0, 0))
    gone = SourceConfig("gone", "platform", "http://127.0.0.1:9", options={"attempts": 1})
    taken = hourly_watch.take(run_of(replace(house, station_sources=(gone,)), at(9)))
    assert [error.split("：")[0] for error in taken["errors"]] == ["station_hours_20200302.parquet", "gone"]
    failed = sorted(path.name for path in (house.stations_inbox / "failed").iterdir())
    assert failed == ["station_hours_20200302.parquet", "station_hours_20200302.parquet.txt"]


def test_a_folder_of_exports_and_a_database_are_asked_for_what_is_new(
    house: House, world: Path, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    for path in world.glob("*.csv"):
        shutil.copy(path, exports)
    shutil.copy(world / "station_hours_20200302.parquet", exports)
    old = datetime(2020, 3, 1, tzinfo=UTC).timestamp()
    for path in exports.iterdir():
        os.utime(path, (old, old))
    database = tmp_path / "hours.db"
    frame = pd.read_parquet(world / "station_hours_20200303.parquet")
    frame = frame[frame["hour"] < at(9)].assign(
        hour=lambda rows: rows["hour"].dt.strftime("%Y-%m-%d %H:%M:%S")
    )
    frame.to_sql("readings", f"sqlite:///{database}", index=False)
    (tmp_path / "hours.sql").write_text(
        "select * from readings where hour >= :start_text and hour < :end_text", "utf-8"
    )
    (tmp_path / "hours.yaml").write_text("tables:\n  station_hours:\n    query: hours.sql\n", "utf-8")
    sources = (
        SourceConfig("exports", "files", str(exports)),
        SourceConfig("readings", "database", f"sqlite:///{database}", mapping=str(tmp_path / "hours.yaml")),
    )
    both = replace(house, station_sources=sources)
    first = hourly_watch.take(run_of(both, at(9)))
    again = hourly_watch.take(run_of(both, at(9)))
    assert (first["errors"], again["errors"]) == ([], [])
    assert first["new"] > len(frame)
    assert again["new"] == again["files"] == 0
    with reading(house.engine) as connection:
        assert sorted(connection.execute(select(pull.c.source)).scalars()) == ["exports", "readings"]
