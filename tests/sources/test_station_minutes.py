"""Five-minute values of stations: what is told twice, by their end, and an hour in several files or imports."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.periods import office_zone
from include.sources.stations.intake import StationImport, import_stations
from include.store.station_hours import STATION_HOURS, read_hours

NOW = datetime(2026, 5, 20, 1, tzinfo=UTC)
FIRST, SECOND = (
    {minute: float(10 + minute) for minute in part} for part in (range(0, 30, 5), range(30, 60, 5))
)
WHOLE = {"10 12": (37.5, 12)}


def put(folder: Path, name: str, values: Iterable[tuple[str, float]]) -> Path:
    """Of the tenth of March: time and value."""
    rows = "".join(f"M1,2026-03-10 {at},{value:g}\n" for at, value in values)
    path = folder / f"station_minutes_{name}.csv"
    path.write_text("station_id,observed_at,pm25_ug_m3\n" + rows)
    return path


def of_noon(folder: Path, name: str, values: dict[int, float]) -> Path:
    return put(folder, name, [(f"12:{minute:02}", value) for minute, value in values.items()])


def take(engine: Engine, folder: Path, *paths: Path, hours_later: int = 0) -> StationImport:
    now = NOW + timedelta(hours=hours_later)
    return import_stations(engine, folder / "days", list(paths), now=now)


def stored(folder: Path) -> dict[str, tuple[float, int]]:
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    rows = read_hours(folder / "days", STATION_HOURS, start, end).to_pandas()
    at = rows["hour"].dt.tz_convert(office_zone()).dt.strftime("%d %H")
    values = zip(rows["pm25_ug_m3"].astype("float64").round(4), rows["sample_count"], strict=True)
    return dict(zip(at, [(value, int(count)) for value, count in values], strict=True))


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "days" / "station_minutes").glob("*"))


def reasons(done: StationImport) -> list[tuple[str, str, int]]:
    return [(fault.reason, fault.value, fault.count) for fault in done.faults if "未登记" not in fault.reason]


@pytest.mark.parametrize("is_one", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_hour_in_two_files_is_made_of_both(
    engine: Engine, tmp_path: Path, is_one: bool, order: tuple[int, int]
) -> None:
    paths = [of_noon(tmp_path, f"{n}", (FIRST, SECOND)[n]) for n in order]
    if is_one:
        take(engine, tmp_path, *paths)
    else:
        take(engine, tmp_path, paths[0])
        assert (stored(tmp_path)["10 12"][1], kept(tmp_path)) == (6, ["2026-03-10.parquet"])
        take(engine, tmp_path, paths[1], hours_later=1)
    assert (stored(tmp_path), kept(tmp_path)) == (WHOLE, [])


def test_a_moment_told_twice_with_different_values_counts_not_at_all(engine: Engine, tmp_path: Path) -> None:
    values = [(f"12:{minute:02}", value) for minute, value in (FIRST | SECOND).items()]
    path = put(tmp_path, "a", [*values, ("12:55", 999), ("12:00", 10)])
    done = take(engine, tmp_path, path)
    assert stored(tmp_path) == {"10 12": (35.0, 11)}
    assert reasons(done) == [("同一时刻有不同的值，均未采用", "M1 2026-03-10T12:55:00+08:00", 2)]
    assert done.repeated == 1


def test_a_moment_told_twice_in_two_files_of_one_import(engine: Engine, tmp_path: Path) -> None:
    paths = [of_noon(tmp_path, "a", FIRST), of_noon(tmp_path, "b", {25: 999.0, 20: 30.0})]
    done = take(engine, tmp_path, *paths)
    assert stored(tmp_path) == {"10 12": (20.0, 5)}
    assert reasons(done) == [("同一时刻有不同的值，均未采用", "M1 2026-03-10T12:25:00+08:00", 2)]


def test_a_later_import_corrects_a_moment_of_an_hour_that_is_not_complete(
    engine: Engine, tmp_path: Path
) -> None:
    take(engine, tmp_path, of_noon(tmp_path, "a", FIRST))
    done = take(engine, tmp_path, of_noon(tmp_path, "b", {25: 65.0}), hours_later=1)
    assert (stored(tmp_path), reasons(done)) == ({"10 12": (27.5, 6)}, [])


def test_a_complete_hour_is_not_replaced_by_some_of_its_values(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, of_noon(tmp_path, "a", FIRST | SECOND))
    done = take(engine, tmp_path, of_noon(tmp_path, "b", {25: 65.0}), hours_later=1)
    assert (stored(tmp_path), reasons(done), kept(tmp_path)) == (WHOLE, [], [])
    assert [note for note in done.notes if "五分钟值" in note] == [
        "station_minutes_b.csv：1小时的五分钟值少于库中该小时已用的12个（如M1 2026-03-10 12时：1个，库中12个），库中的保留"
    ]
    take(engine, tmp_path, of_noon(tmp_path, "c", dict.fromkeys(FIRST | SECOND, 7.0)), hours_later=2)
    assert stored(tmp_path) == {"10 12": (7.0, 12)}


def test_an_hour_of_which_the_values_are_not_known_is_not_replaced_by_fewer(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "station_hours.csv"
    path.write_text("station_id,hour,pm25_ug_m3,sample_count\nM1,2026-03-10T12:00:00+08:00,50,6\n")
    take(engine, tmp_path, path)
    done = take(engine, tmp_path, of_noon(tmp_path, "a", SECOND), hours_later=1)
    assert stored(tmp_path) == {"10 12": (50.0, 6)}
    assert reasons(done) == [
        (
            "该小时的五分钟值少于库中该小时所用的，且不知库中用的是哪些，未采用：请把该小时的五分钟值一起读入",
            "M1 2026-03-10 12时：6个，库中6个",
            1,
        )
    ]


def test_minutes_that_print_24_end(engine: Engine, tmp_path: Path) -> None:
    """00:05 to 24:00: each value is of the five minutes before."""
    at = [(minute // 60, minute % 60, (minute - 5) // 60) for minute in range(5, 1445, 5)]
    path = put(tmp_path, "a", [(f"{hour:02}:{minute:02}", of + 1.0) for hour, minute, of in at])
    done = take(engine, tmp_path, path)
    assert stored(tmp_path) == {f"10 {hour:02}": (hour + 1.0, 12) for hour in range(24)}
    assert any("各5分钟的结束时刻" in note for note in done.notes)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_files_of_one_import_that_tell_an_hour_differently_are_named(
    engine: Engine, tmp_path: Path, order: tuple[int, int]
) -> None:
    paths = []
    for number in order:
        paths.append(tmp_path / f"station_hours_{number}.csv")
        rows = "".join(f"M1,2026-03-10T{hour}:00:00+08:00,{(number + 1) * 10}\n" for hour in (12, 13))
        paths[-1].write_text("station_id,hour,pm25_ug_m3\n" + rows)
    done = take(engine, tmp_path, *paths)
    last = paths[1].name
    assert stored(tmp_path) == dict.fromkeys(("10 12", "10 13"), ((order[1] + 1) * 10.0, 12))
    assert reasons(done) == [
        (f"本次读入的另一文件对同一小时有不同的值，以后读的（{last}）为准，请核对", last, 2)
    ]
    assert reasons(take(engine, tmp_path, paths[0], hours_later=1)) == []


@pytest.mark.parametrize("offset", [0, 2])
@pytest.mark.parametrize("is_one", [True, False])
def test_what_lies_between_the_five_minutes_is_not_used(
    engine: Engine, tmp_path: Path, offset: int, is_one: bool
) -> None:
    values = [(f"12:{minute + offset:02}", 10.0 + minute) for minute in range(0, 55, 5)]
    strays = [("12:08:30", 901.0), ("12:09", 900.0)]
    if is_one:
        done = take(engine, tmp_path, put(tmp_path, "a", values + strays))
    else:
        take(engine, tmp_path, put(tmp_path, "a", values))
        done = take(engine, tmp_path, put(tmp_path, "b", strays), hours_later=1)
    assert stored(tmp_path) == {"10 12": (35.0, 11)}
    assert reasons(done) == [("不在该站五分钟的间隔上，未用", "M1 2026-03-10 12:08:30 901", 2)]


@pytest.mark.parametrize("seconds", [60, 145, 150])
def test_of_values_told_more_often_all_count(engine: Engine, tmp_path: Path, seconds: int) -> None:
    moments = range(0, 3600, seconds)
    values = [(f"12:{at // 60:02}:{at % 60:02}", 20.0 + at // 300) for at in moments]
    done = take(engine, tmp_path, put(tmp_path, "a", values))
    assert (stored(tmp_path), reasons(done)) == ({"10 12": (25.5, 12)}, [])
