"""The watch from the store: whatever the order, the cut, the re-runs and the lateness of hours, the alarms are the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.house import House, default_registry, open_house
from include.office.watch_export import export, exported_alarms
from include.periods import midnight
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.world import write_world
from include.sources.stations.intake import import_stations
from include.store.engine import open_engine, reading, writing
from include.store.migrate import migrate
from include.store.tables import alarm, audit, feedback_event
from include.store.watch_tables import (
    alarm_alias,
    station_day,
    watch_alarm,
    watch_hour,
    watch_suppressed,
    watch_todo,
)
from include.watch.quiet import QuietHours, quiet_hours
from include.workflows.watching import watch

FIRST = date(2020, 3, 1)
DAYS = 7
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: int, hour: int = 0) -> datetime:
    return midnight(FIRST + timedelta(days=day)) + timedelta(hours=hour)


def later(days: int) -> datetime:
    return NOW + timedelta(days=days)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(WorldOptions(seed=3, start=FIRST, days=DAYS, grids=12), folder, None)
    return folder / "world"


def house_of(engine: Engine, var: Path) -> House:
    return replace(open_house(default_registry(), var), engine=engine)


def taken(house: House, paths: list[Path], now: datetime = NOW) -> None:
    import_stations(house.engine, house.stations_dir, paths, now=now)


def state(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that a run may leave, without moments of the clock: alarms, what the store says of them at any moment, what was held back."""
    columns = (
        "alarm_id",
        "revised_at",
        "revision",
        "last_at",
        "alarm_count",
        "peak_pm25_ug_m3",
        "started_at",
        "pushed_at",
        "deadline_at",
    )
    with reading(engine) as connection:
        told = connection.execute(
            select(*(alarm.c[name] for name in columns)).order_by(*(alarm.c[name] for name in columns[:3]))
        )
        facts = pd.DataFrame(told.all(), columns=list(columns))
        effective = facts.drop_duplicates(["alarm_id", "revised_at"], keep="last").drop(columns="revision")
        held = connection.execute(
            select(watch_suppressed).order_by(watch_suppressed.c.grid_id, watch_suppressed.c.started_at)
        ).all()
        evidence = connection.execute(
            select(watch_alarm.c.alarm_id, watch_alarm.c.evidence_json).order_by(watch_alarm.c.alarm_id)
        )
        return {
            "alarms": list(
                exported_alarms(connection).sort_values("alarm_id").itertuples(index=False, name=None)
            ),
            "facts": list(effective.itertuples(index=False, name=None)),
            "held": [tuple(row) for row in held],
            "evidence": [tuple(row) for row in evidence.all()],
        }


@pytest.fixture(scope="module")
def whole(world: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What one run over the whole window gives."""
    var = tmp_path_factory.mktemp("whole")
    engine = open_engine(f"sqlite:///{var / 'supervision.db'}")
    migrate(engine)
    house = house_of(engine, var)
    taken(house, [world])
    watch(house, at(0), at(DAYS), now=later(1))
    found = state(engine)
    assert len(found["alarms"]) >= 3
    return found


Runs = Callable[[House, Path], None]


def in_any_order(house: House, world: Path) -> None:
    taken(house, [world])
    for day, (begin, end) in enumerate(
        [(at(4), at(DAYS)), (at(0), at(2, 7)), (at(3, 3), at(4)), (at(2, 7), at(3, 3))]
    ):
        watch(house, begin, end, now=later(day + 1))


def again_and_again(house: House, world: Path) -> None:
    taken(house, [world])
    watch(house, at(0), at(DAYS), now=later(1))
    for day, (begin, end) in enumerate([(at(2, 5), at(5)), (at(0), at(1)), (at(5), at(DAYS))]):
        watch(house, begin, end, now=later(day + 2))


def with_a_late_day(house: House, world: Path) -> None:
    late = [path for path in world.iterdir() if "20200304" in path.name]
    taken(
        house,
        [path for path in world.iterdir() if path not in late and not path.name.startswith("enterprises")],
    )
    watch(house, at(0), at(DAYS), now=later(1))
    taken(house, late, now=later(2))
    watch(house, at(3), at(DAYS), now=later(3))


def hour_by_hour_at_the_end(house: House, world: Path) -> None:
    taken(house, [world])
    watch(house, at(0), at(DAYS - 1, 12), now=later(1))
    for hour in range(12):
        watch(house, at(DAYS - 1, 12 + hour), at(DAYS - 1, 13 + hour), now=later(2) + timedelta(hours=hour))


@pytest.mark.parametrize("runs", [in_any_order, again_and_again, with_a_late_day, hour_by_hour_at_the_end])
def test_the_alarms_are_the_same(
    engine: Engine, tmp_path: Path, world: Path, whole: dict[str, Any], runs: Runs
) -> None:
    house = house_of(engine, tmp_path / "var")
    runs(house, world)
    found = state(engine)
    assert {name: found[name] for name in found} == whole


def test_a_window_may_begin_long_before_the_first_station(
    engine: Engine, tmp_path: Path, world: Path, whole: dict[str, Any]
) -> None:
    """Pieces of it are judged without any station; the next one reads what they left."""
    house = house_of(engine, tmp_path / "var")
    taken(house, [path for path in world.iterdir() if path.name != "stations.csv"])
    stations = pd.read_csv(world / "stations.csv", dtype=str).assign(valid_from=str(FIRST))
    stations.to_csv(tmp_path / "stations.csv", index=False)
    taken(house, [tmp_path / "stations.csv"])
    watch(house, at(-20), at(DAYS), now=later(1))
    assert state(engine) == whole


def test_stations_whose_grids_nobody_told_are_no_trouble(engine: Engine, tmp_path: Path, world: Path) -> None:
    house = house_of(engine, tmp_path / "var")
    taken(house, [path for path in world.iterdir() if not path.name.startswith(("grids", "enterprises"))])
    for begin, end in ((at(-20), at(DAYS)), (at(DAYS - 1), at(DAYS))):
        done = watch(house, begin, end, now=later(1))
        assert (done.alarms, done.lacks.get("all stations")) == ([], done.hours)


def test_later_hours_change_no_earlier_alarm(
    engine: Engine, tmp_path: Path, world: Path, whole: dict[str, Any]
) -> None:
    house = house_of(engine, tmp_path / "var")
    cut = at(4, 15)
    taken(house, [path for path in world.iterdir() if not path.name.startswith("enterprises")])
    watch(house, at(0), cut, now=later(1))
    fixed = {row[:5] for row in state(engine)["alarms"]}
    expected = {row[:5] for row in whole["alarms"] if datetime.fromisoformat(row[4]) <= cut}
    assert {(row[0], row[1], row[2], row[4]) for row in fixed} == {
        (row[0], row[1], row[2], row[4]) for row in expected
    }


def test_what_was_known_then(engine: Engine, tmp_path: Path, world: Path) -> None:
    house = house_of(engine, tmp_path / "var")
    half = [path for path in world.iterdir() if path.name[-16:-8] < "20200305" or "2020" not in path.name]
    taken(house, [path for path in half if not path.name.startswith("enterprises")])
    watch(house, at(0), at(DAYS), now=later(1))
    then = state(engine)
    taken(house, [world], now=later(2))
    watch(house, at(0), at(DAYS), now=later(3))
    now = state(engine)
    watch(house, at(0), at(DAYS), now=later(4), known_at=later(1))
    assert now["alarms"] != then["alarms"]
    assert state(engine)["alarms"] == then["alarms"]


def test_an_alarm_that_left_stays_and_waits_for_a_person(engine: Engine, tmp_path: Path, world: Path) -> None:
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    watch(house, at(0), at(DAYS), now=later(1))
    before = state(engine)["alarms"]
    answered, other = before[0], before[-1]
    with writing(engine) as connection:
        row = {
            "alarm_id": answered[0],
            "event": "acknowledged",
            "event_at": NOW,
            "revision": 1,
            "source": "x",
            "is_simulated": True,
            "received_at": NOW,
            "content_hash": "0",
        }
        connection.execute(feedback_event.insert(), row)
    quiet = pd.concat(pd.read_parquet(path) for path in world.glob("station_hours_*.parquet"))
    quiet = quiet[quiet["station_id"].isin(_stations_of(world, {answered[1], other[1]}))]
    quiet = quiet.assign(pm25_ug_m3=30.0 + quiet.index.to_numpy() % 7 / 10)
    quiet.to_parquet(tmp_path / "station_hours_corrected.parquet")
    taken(house, [tmp_path / "station_hours_corrected.parquet"], now=later(2))
    done = watch(house, at(0), at(DAYS), now=later(3))
    after = {row[0]: row for row in state(engine)["alarms"]}
    assert after[answered[0]] == answered
    assert other[0] not in after
    assert done.kept.unsupported >= 1
    with reading(engine) as connection:
        todo = connection.execute(select(watch_todo)).mappings().all()
        assert [(row["alarm_id"], row["kind"], row["settled_at"]) for row in todo] == [
            (answered[0], "unsupported", None)
        ]
        supported = select(watch_alarm.c.is_supported).where(watch_alarm.c.alarm_id == answered[0])
        assert connection.execute(supported).scalar_one() is False
        dropped = select(audit.c.subject_id).where(audit.c.action == "drop")
        assert other[0] in connection.execute(dropped).scalars().all()


def test_a_correction_that_ends_an_alarm_before_the_window_that_is_run_again(
    engine: Engine, tmp_path: Path, world: Path
) -> None:
    """Only the corrected hours are run again: the alarm that reached into them ends where the whole run ends it."""
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    watch(house, at(0), at(DAYS), now=later(1))
    with reading(engine) as connection:
        known = connection.execute(select(watch_alarm)).mappings().all()
    one = next(row for row in known if row["last_at"] > row["raised_at"])
    begin = one["raised_at"]
    hours = pd.concat(pd.read_parquet(path) for path in world.glob("station_hours_*.parquet"))
    is_mine = hours["station_id"].isin(_stations_of(world, {one["grid_id"]}))
    quiet = hours[is_mine & (pd.to_datetime(hours["hour"], utc=True) >= begin)]
    quiet = quiet.assign(pm25_ug_m3=12.0 + quiet.index.to_numpy() % 7 / 10)
    quiet.to_parquet(tmp_path / "station_hours_corrected.parquet")
    taken(house, [tmp_path / "station_hours_corrected.parquet"], now=later(2))
    watch(house, begin, at(DAYS), now=later(3))
    found = state(engine)
    with reading(engine) as connection:
        query = select(watch_alarm.c.last_at).where(watch_alarm.c.alarm_id == one["alarm_id"])
        assert connection.execute(query).scalar_one() < begin
    watch(house, at(0), at(DAYS), now=later(4))
    assert state(engine) == found


def _stations_of(world: Path, grids: set[str]) -> set[str]:
    stations = pd.read_csv(world / "stations.csv", dtype=str)
    return set(stations.loc[stations["grid_id"].isin(grids), "station_id"])


def test_facts_flags_and_the_ledger_are_kept(engine: Engine, tmp_path: Path, world: Path) -> None:
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    done = watch(house, at(0), at(2), now=later(1))
    again = watch(house, at(0), at(2), now=later(2))
    assert (done.hours, done.days_computed, again.days_computed) == (48, 2, 0)
    assert (again.kept.new, again.kept.revised, again.kept.unchanged) == (0, 0, done.kept.new)
    with reading(engine) as connection:
        revisions = connection.execute(select(station_day.c.revision).distinct()).scalars().all()
        hours = (
            connection.execute(select(watch_hour.c.hour_at).order_by(watch_hour.c.hour_at)).scalars().all()
        )
    assert revisions == [1]
    assert hours == [at(0) + timedelta(hours=n) for n in range(48)]
    days = sorted(path.name for path in (house.stations_dir / "judged_stations").iterdir())
    assert days == ["2020-03-01.arrow", "2020-03-02.arrow"]


def test_an_export_is_what_the_contract_says(engine: Engine, tmp_path: Path, world: Path) -> None:
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    watch(house, at(0), at(3), now=later(1))
    written = export(engine, tmp_path / "new" / "folder")
    rows = pd.read_csv(tmp_path / "new" / "folder" / "alarms.csv", dtype=str)
    assert list(rows) == [
        "alarm_id",
        "grid_id",
        "started_at",
        "last_at",
        "pushed_at",
        "alarm_count",
        "peak_pm25_ug_m3",
        "confidence",
    ]
    assert written["alarms.csv"] == len(rows) > 0
    assert rows["started_at"].str.fullmatch(r"2020-0\d-\d\dT\d\d:00:00\+08:00").all()
    assert (pd.to_datetime(rows["pushed_at"]) > pd.to_datetime(rows["started_at"])).all()


def test_quiet_hours_move_the_push_and_the_deadline_never_the_exported_time(
    engine: Engine, tmp_path: Path, world: Path
) -> None:
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    quiet = quiet_hours({"quiet_from": "20:00", "quiet_to": "07:30"})
    watch(house, at(0), at(DAYS), now=later(1), quiet=quiet)
    with reading(engine) as connection:
        query = select(watch_alarm.c.raised_at, alarm.c.pushed_at, alarm.c.deadline_at).join(
            alarm, alarm.c.alarm_id == watch_alarm.c.alarm_id
        )
        for raised_at, pushed_at, deadline_at in connection.execute(query):
            clock = (raised_at + timedelta(hours=8)).time()
            is_quiet = clock.hour >= 20 or (clock.hour, clock.minute) < (7, 30)
            expected = at((raised_at + timedelta(hours=8 + 4) - at(0) - timedelta(hours=8)).days) + timedelta(
                hours=7.5
            )
            assert pushed_at == (expected.astimezone(UTC) if is_quiet else raised_at)
            assert deadline_at == pushed_at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("raised", "pushed"),
    [
        ("21:59", "21:59"),
        ("22:00", "07:00+1"),
        ("23:30", "07:00+1"),
        ("03:00", "07:00"),
        ("06:59", "07:00"),
        ("07:00", "07:00"),
    ],
)
def test_the_end_of_quiet_hours(raised: str, pushed: str) -> None:
    quiet = quiet_hours({"quiet_from": "22:00", "quiet_to": "07:00"})
    assert isinstance(quiet, QuietHours)
    clock, _, day = pushed.partition("+")
    expected = datetime.fromisoformat(f"2020-04-0{3 + int(day or 0)}T{clock}+08:00")
    assert quiet.pushed_at(datetime.fromisoformat(f"2020-04-03T{raised}+08:00")) == expected


def test_an_alarm_that_a_platform_told_earlier_is_an_alias(
    engine: Engine, tmp_path: Path, world: Path, whole: dict[str, Any]
) -> None:
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    mine = whole["alarms"][0]
    started = datetime.fromisoformat(mine[2])
    with writing(engine) as connection:
        row = {
            "alarm_id": "P1",
            "revision": 1,
            "revised_at": started,
            "grid_id": mine[1],
            "unit_code": "140300",
            "county": "郊区",
            "point_name": "x",
            "started_at": started,
            "last_at": started,
            "alarm_count": 1,
            "pushed_at": started + timedelta(minutes=20),
            "deadline_at": started + timedelta(hours=24),
            "rules_version": "2020-03",
            "is_outside_city": False,
            "source": "platform",
            "is_simulated": True,
            "received_at": NOW,
            "content_hash": "0",
        }
        connection.execute(alarm.insert(), row)
    done = watch(house, at(0), at(DAYS), now=later(1))
    with reading(engine) as connection:
        aliases = connection.execute(select(alarm_alias.c.alias_id, alarm_alias.c.alarm_id)).all()
        ids = set(connection.execute(select(alarm.c.alarm_id).distinct()).scalars())
    assert (done.kept.merged, aliases) == (1, [(mine[0], "P1")])
    assert ids == {"P1", *(one[0] for one in whole["alarms"][1:])}
    assert state(engine)["alarms"] == whole["alarms"]  # the export still tells what the watch saw


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from include.store import watch_facts
from tests.workflows.test_watching import FIRST, at, house_of, later, taken
from include.store.engine import open_engine
from include.workflows import watching
import os, signal
house = house_of(open_engine(sys.argv[1]), Path(sys.argv[2]))
real = watching.keep_hours_judged
def die(*arguments, **options):
    real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
watching.keep_hours_judged = die
watching.watch(house, at(0), at(7), now=later(1))
"""


def test_a_run_that_is_killed_leaves_nothing_half_and_is_run_again(
    tmp_path: Path, world: Path, whole: dict[str, Any]
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    migrate(engine)
    house = house_of(engine, tmp_path / "var")
    taken(house, [world])
    arguments = [sys.executable, "-c", KILLED, str(engine.url), str(tmp_path / "var")]
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(arguments, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert state(engine)["alarms"] == []
    watch(house, at(0), at(DAYS), now=later(2))
    assert state(engine) == whole
