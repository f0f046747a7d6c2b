"""A day that comes in parts becomes one day; what the store has is never lost without being asked for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.house import default_registry, open_house
from include.office.air_quality import import_lines
from include.office.untaken_air import take
from include.periods import office_zone
from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.layout import AIR
from include.sources.mapping.files import load
from include.sources.mapping.language import TableMapping
from include.sources.quarantine import discard, list_rows
from include.store.air_days import imported_days
from include.store.engine import reading
from include.store.hourly import read_hours

DAY = date(2026, 3, 12)
NOW = datetime(2026, 5, 20, 1, tzinfo=UTC)


def put(path: Path, rows: Iterable[tuple[int, float]], *, city: str = "北京", kind: str = "PM2.5") -> Path:
    path.write_text(
        f"date,hour,城市,{kind}\n" + "".join(f"20260312,{hour},{city},{value}\n" for hour, value in rows)
    )
    return path


def run(engine: Engine, folder: Path, *paths: Path, **options: object) -> ImportResult:
    return import_air_quality(engine, folder / "air", list(paths), now=NOW, **options)  # type: ignore[arg-type]


def values(folder: Path, day: date = DAY, name: str = "pm25_ug_m3", city: str = "110000") -> dict[int, float]:
    hours = read_hours(folder / "air", "city", [day])
    own = hours[(hours["place_id"] == city) & hours[name].notna()] if name in hours else hours[:0]
    return dict(zip(own["hour"].tolist(), own[name].tolist(), strict=True))


def mapping(folder: Path, air: str) -> TableMapping:
    path = folder / "m.yaml"
    path.write_text("tables:\n  air:\n    " + air.replace("\n", "\n    ") + "\n")
    return load(path, office_zone(), {AIR.name: AIR}).tables[0]


HALVES = ({hour: 10.0 + hour for hour in range(12)}, {hour: 50.0 + hour for hour in range(12, 24)})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_halves_of_a_day_become_one_day_in_either_order(
    engine: Engine, tmp_path: Path, order: tuple[int, int]
) -> None:
    known = put(tmp_path / "known.csv", HALVES[0].items())
    known.write_text(known.read_text().replace("20260312", "20260310"))
    run(engine, tmp_path, known)  # an afternoon alone does not say whether its hours begin
    first, second = (put(tmp_path / f"{n}.csv", HALVES[n].items()) for n in order)
    run(engine, tmp_path, first)
    result = run(engine, tmp_path, second)
    assert values(tmp_path) == HALVES[0] | HALVES[1]
    assert [(day.valid_places, day.pm25_hours) for day in result.days] == [(1, 24)]
    assert import_lines(result, tmp_path, NOW) == [
        "读入1个文件、12行；存入1个地方的12个值（PM2.5），补充1天；未用0个值（在待查中），空值0个，重复值0个（只计一次）",
        "3月12日：与库中已有的小时合为一日（1个地方：保留12小时，补入12小时）",
    ]
    with reading(engine) as connection:
        ledger = imported_days(connection, "city", DAY, DAY + timedelta(days=1))
        assert list_rows(connection) == []
    assert (ledger["pm25_hours"].tolist(), ledger["valid_places"].tolist()) == ([24], [1])


def test_hours_one_by_one_in_any_order(engine: Engine, tmp_path: Path) -> None:
    for hour in (0, 5, 3, 4, 1, 2, 23, 1):
        run(engine, tmp_path, put(tmp_path / f"h{hour:02}.csv", [(hour, 10.0 + hour)]))
    assert values(tmp_path) == {hour: 10.0 + hour for hour in (0, 1, 2, 3, 4, 5, 23)}


def test_days_of_another_zone_one_by_one(engine: Engine, tmp_path: Path) -> None:
    own = mapping(tmp_path, "time_zone: UTC\ncolumns: {place: city, hour: t, pm25_ug_m3: v}")
    for day in (11, 10, 12):
        path = tmp_path / f"u{day}.csv"
        rows = (f"2026-03-{day} {hour:02}:00,北京,{100 * day + hour}\n" for hour in range(24))
        path.write_text("t,city,v\n" + "".join(rows))
        run(engine, tmp_path, path, mapping=own)
    for day in (11, 12):
        expected = {hour: 100 * (day - 1) + 16 + hour for hour in range(8)}
        expected |= {hour: 100 * day + hour - 8 for hour in range(8, 24)}
        assert values(tmp_path, date(2026, 3, day)) == expected


def test_a_correction_takes_the_place_of_the_same_hours(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, put(tmp_path / "a.csv", [(hour, 10.0) for hour in range(24)]))
    result = run(
        engine, tmp_path, put(tmp_path / "b.csv", [(hour, 10.0 if hour else 12.5) for hour in range(24)])
    )
    assert values(tmp_path) == {0: 12.5} | dict.fromkeys(range(1, 24), 10.0)
    assert "，替换1天（其中更正1个值）；" in import_lines(result, tmp_path, NOW)[0]


def test_parts_that_overlap_keep_the_other_hours_and_correct_the_common_ones(
    engine: Engine, tmp_path: Path
) -> None:
    run(engine, tmp_path, put(tmp_path / "a.csv", [(hour, 10.0) for hour in range(14)]))
    result = run(engine, tmp_path, put(tmp_path / "b.csv", [(hour, 20.0) for hour in range(13, 24)]))
    assert values(tmp_path) == dict.fromkeys(range(13), 10.0) | dict.fromkeys(range(13, 24), 20.0)
    first, joined = import_lines(result, tmp_path, NOW)
    assert "，替换1天（其中更正1个值）；" in first
    assert joined == "3月12日：与库中已有的小时合为一日（1个地方：保留13小时，补入10小时）"


def test_other_pollutants_and_places_lie_beside_what_is_known(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, put(tmp_path / "a.csv", HALVES[0].items()))
    run(engine, tmp_path, put(tmp_path / "b.csv", [(hour, 90.0) for hour in range(24)], kind="PM10"))
    result = run(engine, tmp_path, put(tmp_path / "c.csv", HALVES[1].items(), city="天津"))
    assert values(tmp_path) == HALVES[0]
    assert values(tmp_path, name="pm10_ug_m3") == dict.fromkeys(range(24), 90.0)
    assert values(tmp_path, city="120000") == HALVES[1]
    assert "，补充1天；" in import_lines(result, tmp_path, NOW)[0]


def test_a_part_of_what_is_known_is_asked_about_and_its_values_are_counted(
    engine: Engine, tmp_path: Path
) -> None:
    run(engine, tmp_path, put(tmp_path / "a.csv", [(hour, 10.0) for hour in range(24)]))
    part = put(tmp_path / "b.csv", [(hour, 20.0) for hour in range(3, 10)])
    result = run(engine, tmp_path, part)
    assert values(tmp_path) == dict.fromkeys(range(24), 10.0)
    assert import_lines(result, tmp_path, NOW) == [
        "读入1个文件、7行；存入0个地方的0个值（—），没有写入任何一天；未用0个值（在待查中），空值0个，重复值0个（只计一次），未采用的日子有7个值",
        "b.csv：3月12日 北京 PM2.5 24小时 → 7小时，少于库中已有，该日未采用，文件保留；请在待办中选择：采用（quarantine take）或保留库中（quarantine discard）",
    ]
    replaced = run(engine, tmp_path, part, replace=True)
    assert values(tmp_path) == dict.fromkeys(range(3, 10), 20.0)
    assert replaced.notes == ("3月12日 北京 PM2.5 24小时 → 7小时，已按要求替换",)


def test_whoever_replaces_other_hours_is_told_which_are_gone(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, put(tmp_path / "a.csv", HALVES[0].items()))
    result = run(engine, tmp_path, put(tmp_path / "b.csv", HALVES[1].items()), replace=True)
    assert values(tmp_path) == HALVES[1]
    assert result.notes == ("3月12日 北京 PM2.5 12小时 → 12小时（原有的12小时不再有），已按要求替换",)


def test_who_decided_to_keep_the_store_is_not_asked_again(engine: Engine, tmp_path: Path) -> None:
    run(engine, tmp_path, put(tmp_path / "a.csv", [(hour, 10.0) for hour in range(24)]))
    part = put(tmp_path / "b.csv", [(hour, 20.0) for hour in range(10)])
    run(engine, tmp_path, part)
    with reading(engine) as connection:
        (row,) = list_rows(connection)
    discard(engine, row.quarantine_id, by="甲", reason="不完整", now=NOW)
    result = run(engine, tmp_path, part)
    assert (result.untaken, values(tmp_path)) == ((), dict.fromkeys(range(24), 10.0))
    assert result.notes == (
        "b.csv：3月12日 北京 PM2.5 24小时 → 10小时，少于库中已有，该日未采用，文件保留（此前已决定保留库中；要采用请加 --replace）",
    )


def test_taking_a_day_leaves_the_other_days_of_its_file(engine: Engine, tmp_path: Path) -> None:
    """The file speaks of hour 23 of the day before and of two days of which the store has more."""
    for day in ("20260311", "20260312", "20260313"):
        path = tmp_path / f"{day}.csv"
        path.write_text("date,hour,城市,PM2.5\n" + "".join(f"{day},{hour},北京,10\n" for hour in range(24)))
        run(engine, tmp_path, path)
    part = tmp_path / "part.csv"
    part.write_text("date,hour,城市,PM2.5\n20260311,23,北京,20\n20260312,0,北京,20\n20260313,0,北京,20\n")
    run(engine, tmp_path, part)
    with reading(engine) as connection:
        rows = {row.reason[:5]: row.quarantine_id for row in list_rows(connection)}
    assert sorted(rows) == ["3月11日", "3月12日", "3月13日"]
    take_from(engine, tmp_path, rows["3月12日"])
    assert values(tmp_path, date(2026, 3, 11)) == dict.fromkeys(range(24), 10.0)
    assert values(tmp_path) == {0: 20.0}
    assert values(tmp_path, date(2026, 3, 13)) == dict.fromkeys(range(24), 10.0)
    with reading(engine) as connection:
        assert sorted(row.reason[:5] for row in list_rows(connection)) == ["3月11日", "3月13日"]


def take_from(engine: Engine, folder: Path, number: int) -> None:
    house = replace(open_house(default_registry(), folder / "var"), engine=engine)
    (folder / "var").mkdir(exist_ok=True)
    house.hourly_dir.parent.mkdir(parents=True, exist_ok=True)
    (folder / "air").rename(house.hourly_dir)
    take(house, number, by="甲", reason="来源更正", now=NOW)
    house.hourly_dir.rename(folder / "air")


def test_one_place_or_day_in_another_unit_is_named_and_not_used(engine: Engine, tmp_path: Path) -> None:
    def rows(day: int, city: str, values: tuple[float, float]) -> str:
        pm25, co = values
        return "".join(f"202603{day},{hour},{city},{pm25},{co}\n" for hour in range(24))

    path = tmp_path / "a.csv"
    text = rows(12, "北京", (0.04, 0.8)) + rows(12, "天津", (40, 800 / 10)) + rows(13, "北京", (41, 0.9))
    path.write_text("date,hour,城市,PM2.5,CO\n" + text)
    result = run(engine, tmp_path, path)
    assert [
        (each.fault.field, each.fault.reason, each.fault.count, each.fault.line) for each in result.faults
    ] == [
        ("co_mg_m3", "像是μg/m³的值而未注明单位（天津），按缺测处理：请在对应关系中注明单位（unit）", 24, 26),
        (
            "pm25_ug_m3",
            "像是mg/m³的值而未注明单位（北京），按缺测处理：请在对应关系中注明单位（unit）",
            24,
            2,
        ),
    ]
    assert values(tmp_path) == {}
    assert values(tmp_path, name="co_mg_m3") == dict.fromkeys(range(24), 0.8)
    assert values(tmp_path, city="120000") == dict.fromkeys(range(24), 40.0)
    assert values(tmp_path, date(2026, 3, 13)) == dict.fromkeys(range(24), 41.0)


@pytest.mark.parametrize("hours", [range(6), range(18, 24), range(3, 15), range(20), range(6, 24)])
def test_a_part_of_a_day_in_another_unit_is_named_and_not_used(
    engine: Engine, tmp_path: Path, hours: range
) -> None:
    """Of 24 hours some are a thousandth (PM2.5) and a hundred times (CO) of the others."""
    pm25 = {hour: 0.03 if hour in hours else 30.0 + hour for hour in range(24)}
    co = {hour: 80.0 if hour in hours else 0.8 for hour in range(24)}
    rows = "".join(f"20260312,{hour},北京,{pm25[hour]},{co[hour]}\n" for hour in range(24))
    path = tmp_path / "a.csv"
    path.write_text("date,hour,城市,PM2.5,CO\n" + rows)
    result = run(engine, tmp_path, path)
    told = "的值而未注明单位（北京），按缺测处理：请在对应关系中注明单位（unit）"
    assert [
        (each.fault.field, each.fault.reason, each.fault.count, each.fault.line) for each in result.faults
    ] == [
        ("co_mg_m3", f"像是μg/m³{told}", len(hours), 2 + hours[0]),
        ("pm25_ug_m3", f"像是mg/m³{told}", len(hours), 2 + hours[0]),
    ]
    assert values(tmp_path) == {hour: value for hour, value in pm25.items() if hour not in hours}
    assert values(tmp_path, name="co_mg_m3") == {hour: 0.8 for hour in range(24) if hour not in hours}


def test_a_few_clean_hours_are_values(engine: Engine, tmp_path: Path) -> None:
    told = {hour: 0.4 if hour < 5 else 0.3 + hour for hour in range(24)}
    path = put(tmp_path / "a.csv", told.items())
    assert not run(engine, tmp_path, path).faults
    assert values(tmp_path) == told


def test_a_part_that_says_what_is_known_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    first, second = (put(tmp_path / f"{n}.csv", HALVES[n].items()) for n in range(2))
    for path in (first, second, first, second):
        result = run(engine, tmp_path, path)
    assert values(tmp_path) == HALVES[0] | HALVES[1]
    assert (result.untaken, result.notes) == ((), ())
    assert "，与库中相同1天；" in import_lines(result, tmp_path, NOW)[0]
    whole = put(tmp_path / "whole.csv", (HALVES[0] | HALVES[1]).items())
    again = import_lines(run(engine, tmp_path, whole), tmp_path, NOW)
    assert len(again) == 1
    assert "，与库中相同1天；" in again[0]
