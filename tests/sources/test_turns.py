"""Files that take as long as they are let: the others of their folder are read before them, and every pull ends."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError
from include.sources import turns
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk
from include.sources.intake import pull
from include.sources.reading import tables
from include.sources.reading.time_limits import OutOfTime, limited, seconds_allowed
from include.sources.stations.intake import import_stations
from include.sources.turns import Turns, in_turn
from include.store.engine import reading
from include.store.tables import quarantine
from tests.sources.exports import NOW, at, folder_source, stored, write

MARCH = (at("2020-03-01"), at("2020-04-01"))


class PlayedClock:
    """Time that passes only while a hostile file is read."""

    def __init__(self) -> None:
        self.now = 0.0
        self.read: list[str] = []

    def __call__(self) -> float:
        return self.now

    def hostile(self, path: Path) -> Iterator[Chunk]:
        """A reader that never ends by itself."""
        self.read.append(f"{path.stem} {seconds_allowed(60)}")
        self.now += seconds_allowed(60)
        raise OutOfTime("the workbook is larger than one that is read", where=path.name)
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> PlayedClock:
    played = PlayedClock()
    monkeypatch.setattr(turns, "monotonic", played)
    monkeypatch.setattr(tables, "read_workbook", lambda path, form: played.hostile(path))
    return played


def hostile(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.xlsx").write_bytes(b"PK" + name.encode())
        moment = (NOW - timedelta(minutes=1)).timestamp()
        os.utime(folder / f"{name}.xlsx", (moment, moment))


def troubles(engine: Engine) -> dict[str, tuple[str, str]]:
    """The files that are to do: state, and the beginning of what is said."""
    with reading(engine) as connection:
        columns = (quarantine.c.value, quarantine.c.state, quarantine.c.reason)
        rows = connection.execute(select(*columns).where(quarantine.c.kind == "files")).all()
    return {value: (state, reason[:8]) for value, state, reason in rows if state == "open"}


def test_a_file_that_needs_more_time_waits_for_all_others(clock: PlayedClock) -> None:
    taken: list[tuple[str, int]] = []

    def take(file: str) -> bool:
        allowed = seconds_allowed(60)
        taken.append((file, allowed))
        needed = {"slow": 20, "endless": 1000}.get(file, 1)
        clock.now += min(needed, allowed)
        if needed > allowed:
            raise OutOfTime(file)
        return file != "bad"

    came_to = in_turn(["endless", "slow", "a", "bad", "b"], take, {}, 600)
    assert taken == [
        ("endless", 5),
        ("slow", 5),
        ("a", 5),
        ("bad", 5),
        ("b", 5),
        ("endless", 60),
        ("slow", 60),
    ]
    assert ([name for name, _ in came_to.late], came_to.left) == (["endless"], [])
    taken.clear()
    in_turn(["endless"], take, {}, 600)
    assert taken == [("endless", 60)]  # it keeps nobody waiting


def test_only_time_in_which_nothing_was_read_is_counted(clock: PlayedClock) -> None:
    taken: list[int] = []

    def take(number: int) -> bool:
        clock.now += 5
        taken.append(number)
        return number % 2 == 0

    assert in_turn(range(0, 20, 2), take, {}, 10) == Turns()
    came_to = in_turn(range(1, 20, 2), take, {}, 10)
    assert taken == [*range(0, 20, 2), 1, 3]
    assert came_to.left == [(number, "turn") for number in range(5, 20, 2)]


def test_who_waited_comes_first_and_who_had_all_time_in_vain_last(clock: PlayedClock) -> None:
    taken: list[str] = []

    def take(file: str) -> bool:
        taken.append(file)
        clock.now += seconds_allowed(60)
        raise OutOfTime(file)

    files = ["vain1", "vain2", "a", "time", "turn"]
    came_to = in_turn(files, take, {0: "vain", 1: "vain", 3: "time", 4: "turn"}, 600)
    assert taken == ["turn", "a", "turn", "a", "time", "vain1"]
    assert ([name for name, _ in came_to.late], came_to.left) == (
        ["turn", "a", "time", "vain1"],
        [("vain2", "vain")],
    )


def test_limits_inside_of_limits_are_the_smaller_ones() -> None:
    with limited(7):
        with limited(30):
            assert seconds_allowed(60) == 7
        assert seconds_allowed(5) == 5
    assert seconds_allowed(60) == 60


def test_47_hostile_workbooks_of_a_folder_cost_the_pull_its_time_and_no_good_file(
    engine: Engine, tmp_path: Path, clock: PlayedClock
) -> None:
    folder = tmp_path / "exports"
    hostile(folder, *(f"alarms-{number:02}" for number in range(47)))
    write(folder, "alarms", {}, name="alarms-zz.csv")
    write(folder, "feedback", {})
    result = pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert (result.new, stored(engine, "alarm", "alarm_id")) == (2, [("A1",)])
    assert clock.now <= turns.FOLDER_SECONDS + 60
    assert len(clock.read) == 47 + 7  # each once with little time, some with all of it
    named = troubles(engine)
    assert len(named) == 47
    assert named["alarms-46.xlsx"] == ("open", "5秒内未能读完，")
    assert all(f"alarms-{number:02}.xlsx" in "".join(result.warnings) for number in range(47))

    began = clock.now
    clock.read.clear()
    pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert clock.read[0] == "alarms-07 60"  # no first turn again; those that had all their time come last
    assert clock.now - began <= turns.FOLDER_SECONDS + 60
    for _ in range(4):
        pull(engine, folder_source(folder), *MARCH, now=NOW)
    began = clock.now
    clock.read.clear()
    pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert (clock.read, clock.now - began) == (["alarms-00 60"], 60)  # all had their time in vain
    assert len(troubles(engine)) == 47
    assert stored(engine, "alarm", "alarm_id") == [("A1",)]


def test_a_file_that_was_replaced_has_its_turn_again(
    engine: Engine, tmp_path: Path, clock: PlayedClock
) -> None:
    folder = tmp_path / "exports"
    hostile(folder, "alarms-1", "alarms-2")
    write(folder, "alarms", {}, name="alarms-3.csv")
    pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert troubles(engine)["alarms-1.xlsx"][0] == "open"
    (folder / "alarms-1.xlsx").write_bytes(b"PK another")
    clock.read.clear()
    pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert clock.read == ["alarms-1 5", "alarms-1 60", "alarms-2 60"]
    (folder / "alarms-1.xlsx").unlink()
    write(folder, "alarms", {"alarm_id": "A2"}, name="alarms-1.csv")
    pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert list(troubles(engine)) == ["alarms-2.xlsx"]
    assert stored(engine, "alarm", "alarm_id") == [("A1",), ("A2",)]


def test_a_folder_of_hostile_files_alone_keeps_nothing_and_knows_them(
    engine: Engine, tmp_path: Path, clock: PlayedClock
) -> None:
    folder = tmp_path / "exports"
    hostile(folder, *(f"alarms-{number:02}" for number in range(20)))
    with pytest.raises(InputError, match="larger than one that is read"):
        pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert stored(engine, "pull", "pull_id") == []
    assert len(troubles(engine)) == 20
    write(folder, "alarms", {}, name="alarms-99.csv")
    clock.read.clear()
    assert pull(engine, folder_source(folder), *MARCH, now=NOW).new == 1
    assert all(read.endswith(" 60") for read in clock.read)  # no first turn a second time


def test_a_drop_folder_puts_the_hostile_aside_after_the_good(
    engine: Engine, tmp_path: Path, clock: PlayedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.sources.kinds.watched_folder.is_answer_form", lambda path: False)
    folder = tmp_path / "inbox"
    hostile(folder, *(f"alarms-{number:02}" for number in range(15)))
    good = write(folder, "alarms", {}, name="alarms-zz.csv")
    os.utime(good, ((NOW - timedelta(minutes=1)).timestamp(),) * 2)
    source = SourceConfig("inbox", "inbox", str(folder), options={"folder_seconds": 200})
    assert pull(engine, source, *MARCH, now=NOW).new == 1
    assert [path.name for path in sorted((folder / "done").glob("*.csv"))] == ["alarms-zz.csv"]
    assert [path.name for path in sorted((folder / "failed").glob("*.xlsx"))] == [
        "alarms-00.xlsx",
        "alarms-01.xlsx",
        "alarms-02.xlsx",
    ]
    assert len(troubles(engine)) == 15  # those that were put aside, and those that wait
    for _ in range(4):
        pull(engine, source, *MARCH, now=NOW)
    assert len(list((folder / "failed").glob("*.xlsx"))) == 15
    assert list(folder.glob("*.xlsx")) == []


def test_station_files_of_a_folder_have_their_turns_too(
    engine: Engine, tmp_path: Path, clock: PlayedClock
) -> None:
    folder = tmp_path / "world"
    hostile(folder, *(f"stations-{number:03}" for number in range(100)))
    (folder / "stations.csv").write_text(
        "station_id,kind,unit_code,grid_id,lon,lat,valid_from\nS1,micro,140300,,113.6,37.8,2020-01-01\n"
    )
    done = import_stations(engine, tmp_path / "var", [folder], now=NOW)
    assert done.files == 1
    assert clock.now <= turns.FOLDER_SECONDS + 60
    assert len(done.rejected) == 100
