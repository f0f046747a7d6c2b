"""Intake of air quality: both archive layouts, readings, dust; every kind of bad value is used by nobody and told."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.errors import InputError
from include.sources.air.intake import DayResult
from include.sources.air.quality import ImportResult, import_air_quality
from include.store import hourly
from include.store.air_days import city_days, dust_hours, imported_days
from include.store.engine import open_engine, reading
from include.store.hourly import day_levels, read_hours
from include.store.tables import quarantine
from tests.sources.air_files import HOURS, NOW, add_grids, long_text, put, readings_text, wide_text

DAY = date(2020, 3, 12)
STAMP = "20200312"
Import = Callable[..., ImportResult]


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Engine:
    """A fresh store on SQLite, for tests of what files mean."""
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


def take(engine: Engine, folder: Path, *paths: Path, **options: object) -> ImportResult:
    return import_air_quality(engine, folder / "air", list(paths), now=NOW, **options)  # type: ignore[arg-type]


def days_in(engine: Engine) -> pd.DataFrame:
    with reading(engine) as connection:
        return city_days(connection, date(2020, 1, 1), date(2021, 1, 1)).set_index("place_id")


def pm25_hours(folder: Path, code: str, day: date = DAY) -> dict[int, float]:
    hours = read_hours(folder / "air", "city", [day])
    own = hours[(hours["place_id"] == code) & hours["pm25_ug_m3"].notna()]
    return dict(zip(own["hour"].tolist(), own["pm25_ug_m3"].tolist(), strict=True))


def quarantined(engine: Engine) -> list[tuple[str, ...]]:
    columns = (
        quarantine.c.kind,
        quarantine.c.origin,
        quarantine.c.field,
        quarantine.c.value,
        quarantine.c.reason,
        quarantine.c.state,
    )
    with reading(engine) as connection:
        return [
            tuple(row) for row in connection.execute(select(*columns).order_by(quarantine.c.quarantine_id))
        ]


def told(result: ImportResult) -> list[tuple[str, str, int, int]]:
    """Field, first value, first line and number of each fault."""
    return [(file.fault.field, file.fault.value, file.fault.line, file.fault.count) for file in result.faults]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
@pytest.mark.parametrize("layout", [long_text, wide_text])
def test_both_layouts_are_known_by_their_header(
    sqlite: Engine, tmp_path: Path, layout: Callable[..., str], encoding: str
) -> None:
    cities = {"北京": [40 + hour for hour in HOURS], "阳泉": [60] * 20 + [""] * 4}
    result = take(sqlite, tmp_path, put(tmp_path / "day.csv", layout(STAMP, cities), encoding))
    assert result.days == (
        DayResult("city", DAY, places=2, valid_places=2, pm25_hours=44, pm25_hours_before=0),
    )
    assert (result.files, result.faults, result.rejected, result.skipped) == (1, (), (), {})
    days = days_in(sqlite)
    assert days["observed_on"].unique().tolist() == [pd.Timestamp(DAY)]
    assert days["pm25_ug_m3"].to_dict() == {"110000": 51.5, "140300": 60.0}
    assert days["pm25_hours"].to_dict() == {"110000": 24, "140300": 20}
    assert pm25_hours(tmp_path, "110000") == {hour: 40.0 + hour for hour in HOURS}


def test_the_store_holds_the_same_on_both_databases(engine: Engine, tmp_path: Path) -> None:
    text = long_text(STAMP, {"北京": [40] * 24, "石家庄": [10] * 19 + ["-;"] * 5})
    take(engine, tmp_path, put(tmp_path / "a.csv", text))
    columns = [
        "pm25_ug_m3",
        "pm25_hours",
        "pm10_ug_m3",
        "co_mg_m3",
        "so2_hours",
        "o3_8h_windows",
        "is_simulated",
    ]
    assert days_in(engine)[columns].to_dict("index") == {
        "110000": dict(zip(columns, [40.0, 24, 80.0, 0.5, 0, 0, False], strict=True)),
        "130100": dict(zip(columns, [10.0, 19, 20.0, 0.5, 0, 0, False], strict=True)),
    }
    with reading(engine) as connection:
        ledger = imported_days(connection, "city", DAY, date(2020, 3, 13))
    assert ledger[["places", "valid_places", "pm25_hours", "source", "is_simulated"]].to_records(
        index=False
    ).tolist() == [(2, 1, 43, "air-quality", False)]
    assert quarantined(engine) == [
        ("air-quality", "a.csv 第45行", "PM2.5", "-;", "不是数值，按缺测处理（共5个）", "open")
    ]


def test_bad_values_are_missing_and_told_once_a_reason(sqlite: Engine, tmp_path: Path) -> None:
    values = [50, "", "-", "-;", "9999", "9999.0", -1, 0, "0.0", "abc", "NaN", "inf", " 70 "] + [50] * 11
    result = take(
        sqlite, tmp_path, put(tmp_path / "wide.csv", wide_text(STAMP, {"北京": values, "天津": [30] * 24}))
    )
    assert told(result) == [
        ("北京", "-;", 5, 3),
        ("北京", "0", 9, 2),
        ("北京", "-1", 8, 1),
        ("北京", "9999", 6, 2),
    ]
    assert [file.fault.reason.split("，")[0] for file in result.faults] == [
        "不是数值",
        "为零",
        "为负值",
        "不低于2000",
    ]
    assert result.gaps == 3
    assert pm25_hours(tmp_path, "110000") == {0: 50.0, 12: 70.0} | dict.fromkeys(range(13, 24), 50.0)
    assert days_in(sqlite)["pm25_hours"].to_dict() == {"110000": 13, "120000": 24}
    assert [row[1:4] for row in quarantined(sqlite)] == [
        ("wide.csv 第5行", "北京", "-;"),
        ("wide.csv 第9行", "北京", "0"),
        ("wide.csv 第8行", "北京", "-1"),
        ("wide.csv 第6行", "北京", "9999"),
    ]


def test_a_value_told_twice_counts_once_and_two_values_for_one_hour_count_not_at_all(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = (
        long_text(STAMP, {"北京": [40] * 24})
        + f"{STAMP},5,北京,50,40,30.0,80,0.5\n{STAMP},6,北京,50,41,30.0,80,0.5\n"
    )
    text += f"{STAMP},7,北京,50,,30.0,,\n"  # an empty value contradicts nothing
    result = take(sqlite, tmp_path, put(tmp_path / "twice.csv", text))
    assert pm25_hours(tmp_path, "110000") == {hour: 40.0 for hour in HOURS if hour != 6}
    assert result.duplicates == 5  # three values of hour 5, PM10 and CO of hour 6
    assert told(result) == [("pm25_ug_m3", "40 / 41", 27, 1)]
    assert quarantined(sqlite)[0][4] == "同一小时有不同的值，均未采用，按缺测处理（共1个）"


def test_files_of_one_import_contradict_each_other_whatever_their_order(
    sqlite: Engine, tmp_path: Path
) -> None:
    first = put(tmp_path / "in" / "a.csv", long_text(STAMP, {"北京": [40] * 24}))
    second = put(tmp_path / "in" / "sub" / "b.CSV", wide_text(STAMP, {"北京": [40] * 23 + [44]}))
    for paths in ((tmp_path / "in",), (second, first)):
        result = take(sqlite, tmp_path, *paths)
        assert len(pm25_hours(tmp_path, "110000")) == 23
        assert result.duplicates == 23
        assert [file.fault.count for file in result.faults] == [1]
        assert "另一值在" in result.faults[0].fault.reason


def test_importing_again_replaces_the_day(sqlite: Engine, tmp_path: Path) -> None:
    path = put(tmp_path / "day.csv", long_text(STAMP, {"北京": [40] * 12 + ["9999"] * 12, "天津": [30] * 24}))
    take(sqlite, tmp_path, path)
    assert [row[5] for row in quarantined(sqlite)] == ["open"]
    again = take(sqlite, tmp_path, path)
    assert again.days[0].pm25_hours_before == again.days[0].pm25_hours == 36
    assert len(quarantined(sqlite)) == 1
    put(path, long_text(STAMP, {"北京": [55] * 24, "天津": [30] * 24}))
    take(sqlite, tmp_path, path)
    assert days_in(sqlite)["pm25_ug_m3"].to_dict() == {"110000": 55.0, "120000": 30.0}
    assert [row[5] for row in quarantined(sqlite)] == ["replayed"]  # the file came back without the fault
    assert list((tmp_path / "air").glob("**/.*")) == []  # no drafts, no stage left behind


def test_a_narrower_file_leaves_what_it_does_not_speak_of(sqlite: Engine, tmp_path: Path) -> None:
    take(
        sqlite, tmp_path, put(tmp_path / "long.csv", long_text(STAMP, {"北京": [40] * 24, "天津": [30] * 24}))
    )
    result = take(
        sqlite,
        tmp_path,
        put(tmp_path / "wide.csv", wide_text(STAMP, {"北京": [50] * 20 + [""] * 4})),
        replace=True,
    )
    assert result.days == (
        DayResult("city", DAY, places=2, valid_places=2, pm25_hours=44, pm25_hours_before=48),
    )
    days = days_in(sqlite)
    assert days["pm25_ug_m3"].to_dict() == {"110000": 50.0, "120000": 30.0}
    assert days["pm25_hours"].to_dict() == {"110000": 20, "120000": 24}
    assert days["pm10_ug_m3"].to_dict() == {"110000": 80.0, "120000": 60.0}


def test_a_file_with_fewer_hours_than_the_store_is_not_taken_unless_somebody_says_so(
    sqlite: Engine, tmp_path: Path
) -> None:
    take(
        sqlite, tmp_path, put(tmp_path / "long.csv", long_text(STAMP, {"北京": [40] * 24, "天津": [30] * 24}))
    )
    next_day = long_text("20200313", {"北京": [10] * 24})
    both = long_text(STAMP, {"北京": [50] * 10}) + next_day.split("\n", 1)[1]
    shorter = put(tmp_path / "shorter.csv", both)
    said = "3月12日 北京 PM2.5 24小时 → 10小时等3项，少于库中已有，该日未采用，文件保留"
    for _ in range(2):
        result = take(sqlite, tmp_path, shorter)
        assert [str(day.observed_on) for day in result.days] == ["2020-03-13"]
        assert [line.split("；")[0] for line in result.untaken] == [f"shorter.csv：{said}"]
        assert pm25_hours(tmp_path, "110000") == dict.fromkeys(range(24), 40.0)
        assert [(row[1], row[4].split("；")[0], row[5]) for row in quarantined(sqlite)] == [
            ("shorter.csv", said, "open")
        ]
    result = take(sqlite, tmp_path, shorter, replace=True)
    assert result.untaken == ()
    assert pm25_hours(tmp_path, "110000") == dict.fromkeys(range(10), 50.0)
    assert [row[5] for row in quarantined(sqlite)] == ["replayed"]


def test_a_half_downloaded_day_is_used_as_far_as_it_goes(sqlite: Engine, tmp_path: Path) -> None:
    whole = long_text(STAMP, {"北京": [40.0] * 24, "天津": [30.0] * 24})
    cut = whole[: whole.index(f"{STAMP},9,天津") + len(f"{STAMP},9,天津,50,3")]
    result = take(sqlite, tmp_path, put(tmp_path / "cut.csv", cut))
    assert result.days == (
        DayResult("city", DAY, places=2, valid_places=1, pm25_hours=33, pm25_hours_before=0),
    )
    assert told(result) == [("整行", f"{STAMP},9,天津,50,3", 35, 1)]
    assert result.faults[0].fault.reason == "文件末行不完整（可能未下载完），整行未用"


def test_a_file_cut_inside_a_character_is_still_read(sqlite: Engine, tmp_path: Path) -> None:
    raw = long_text(STAMP, {"北京": [40.0] * 24, "天津": [30.0] * 24}).encode("utf-8-sig")
    path = tmp_path / "cut.csv"
    path.write_bytes(raw[: raw.index("0,天津".encode()) + 4])
    result = take(sqlite, tmp_path, path)
    assert days_in(sqlite)["pm25_hours"].to_dict() == {"110000": 24}
    assert [(file.fault.field, file.fault.line) for file in result.faults] == [("整行", 26)]


@pytest.mark.parametrize(("last", "hours"), [("55.", 23), ("5", 23), ("55.0", 24)])
def test_a_number_cut_short_at_the_end_of_the_file_is_noticed(
    sqlite: Engine, tmp_path: Path, last: str, hours: int
) -> None:
    text = wide_text(STAMP, {"北京": [40.0] * 24, "天津": [30.0] * 23 + [last]}).rstrip("\n")
    result = take(sqlite, tmp_path, put(tmp_path / "cut.csv", text))
    assert days_in(sqlite)["pm25_hours"].to_dict() == {"110000": hours, "120000": hours}
    assert len(result.faults) == 24 - hours


def test_unknown_cities_are_skipped_and_counted(sqlite: Engine, tmp_path: Path) -> None:
    text = long_text(STAMP, {"北京市": [40] * 24, "拉萨": [10] * 24, "北 京": [1] * 3})
    result = take(sqlite, tmp_path, put(tmp_path / "long.csv", text))
    assert result.skipped == {"拉萨": 24, "北 京": 3}
    result = take(
        sqlite, tmp_path, put(tmp_path / "wide.csv", wide_text(STAMP, {"北京": [40] * 24, "拉萨": [10] * 24}))
    )
    assert result.skipped == {"拉萨": 1}
    assert days_in(sqlite).index.tolist() == ["110000"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "城市,PM2.5\n北京,40\n",
            "not an air-quality file; expected a header with date,hour,城市,PM2.5 .*; got 城市,PM2.5",
        ),
        ("", "no header row"),
        ("date,hour,type,北京\n", "the file has no rows; .*download it again"),
        (
            wide_text(STAMP, {"拉萨": [40] * 24}),
            "no city of the file is known; expected names or codes of units.*; got 拉萨",
        ),
        (
            wide_text("12.3.2020", {"北京": [40] * 24}),
            "no row of the file can be used .*line 2, date.* got 12.3.2020|line 2, date: no row",
        ),
        (wide_text(STAMP, {"北京": [40] * 24}, "PM99"), "no row of the file can be used"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(sqlite: Engine, tmp_path: Path, text: str, message: str) -> None:
    path = put(tmp_path / "bad.csv", text)
    with pytest.raises(InputError, match=message) as raised:
        take(sqlite, tmp_path, path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_one_bad_file_does_not_stop_the_others(sqlite: Engine, tmp_path: Path) -> None:
    put(tmp_path / "in" / "20200312.csv", wide_text(STAMP, {"北京": [40] * 24}))
    put(tmp_path / "in" / "plants.csv", "name,lon,lat\n某电厂,112,37\n")
    result = take(sqlite, tmp_path, tmp_path / "in")
    assert (result.files, len(result.days)) == (1, 1)
    assert [error.where for error in result.rejected] == [str(tmp_path / "in" / "plants.csv")]


@pytest.mark.parametrize("name", ["missing.csv", "empty"])
def test_nothing_to_import_says_so(sqlite: Engine, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no such file or folder|no air-quality file in the folder"):
        take(sqlite, tmp_path, tmp_path / name)


def test_hours_and_dates_that_are_none_are_told(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        wide_text(STAMP, {"北京": [40] * 24})
        + f"{STAMP},25,PM2.5,9\n2020-03-12,x,PM2.5,9\n20201340,1,PM2.5,9\n2020/3/12,5,PM2.5,40\n"
    )
    result = take(sqlite, tmp_path, put(tmp_path / "day.csv", text))
    assert told(result) == [("date", "20201340", 28, 1), ("hour", "25", 26, 2)]
    assert (result.duplicates, len(pm25_hours(tmp_path, "110000"))) == (1, 24)


def test_simulated_files_say_so(sqlite: Engine, tmp_path: Path) -> None:
    lines = wide_text(STAMP, {"北京": [40] * 24}).splitlines()
    text = "\n".join([f"{lines[0]},data_origin", *(f"{line},模拟数据" for line in lines[1:])]) + "\n"
    take(sqlite, tmp_path, put(tmp_path / "simulated.csv", text))
    assert days_in(sqlite)["is_simulated"].tolist() == [True]
    take(sqlite, tmp_path, put(tmp_path / "other.csv", wide_text(STAMP, {"天津": [40] * 24})))
    assert days_in(sqlite)["is_simulated"].tolist() == [True, True]  # the day still holds simulated values
    take(
        sqlite, tmp_path, put(tmp_path / "real.csv", wide_text(STAMP, {"北京": [40] * 24, "天津": [40] * 24}))
    )
    assert days_in(sqlite)["is_simulated"].tolist() == [False, False]


def grid_rows(name: str, stamps: Sequence[str], value: object = 50) -> list[tuple[str, str, object]]:
    return [(name, stamp, value) for stamp in stamps]


STARTS = [f"2020-03-12T{hour:02d}:00" for hour in HOURS]


def test_grid_readings_and_their_daily_means(sqlite: Engine, tmp_path: Path) -> None:
    add_grids(sqlite, {"T1": "140300", "T2": "140300"})
    rows = grid_rows("T1", STARTS) + grid_rows("T2", STARTS[:19], 80) + grid_rows("X9", STARTS, 10)
    rows += [
        ("T2", "2020-03-12T19:30", 80),
        ("T2", "yesterday", 80),
        ("", STARTS[0], 80),
        ("T2", STARTS[19], -3),
    ]
    result = take(sqlite, tmp_path, put(tmp_path / "readings.csv", readings_text(rows)))
    assert result.days == (
        DayResult("grid", DAY, places=3, valid_places=2, pm25_hours=67, pm25_hours_before=0),
    )
    assert told(result) == [
        ("hour", "2020-03-12T19:30", 69, 2),
        ("grid_id", "", 71, 1),
        ("pm25_ug_m3", "-3", 72, 1),
    ]
    assert result.unknown_grids == ("X9",)
    found = day_levels(tmp_path / "air", "grid", [DAY], 20)
    assert found["pm25_ug_m3"].dropna().sort_index().to_dict() == {"T1": 50.0, "X9": 10.0}
    assert found["valid_days"].sort_index().to_dict() == {"T1": 1, "T2": 0, "X9": 1}


@pytest.mark.parametrize(
    ("first", "label", "hour", "day"),
    [
        ("2020-03-12T00:00", "start", 0, DAY),
        ("2020-03-12T01:00", "end", 0, DAY),
        ("2020-03-13T00:00", "end", 23, DAY),
        ("2020-03-12 08:00:00", "start", 8, DAY),
        ("2020-03-11T16:00Z", "start", 0, DAY),
        ("2020-03-12T00:00+08:00", "end", 23, date(2020, 3, 11)),
    ],
)
def test_hour_labels_and_zones(
    sqlite: Engine, tmp_path: Path, first: str, label: str, hour: int, day: date
) -> None:
    take(
        sqlite,
        tmp_path,
        put(tmp_path / "readings.csv", readings_text([("S1", first, 50)], "station_id")),
        hour_label=label,
    )
    found = read_hours(tmp_path / "air", "station", [day])
    assert found[["place_id", "hour", "pm25_ug_m3"]].to_records(index=False).tolist() == [("S1", hour, 50.0)]


def test_a_big_file_is_read_in_pieces(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = [f"2020-03-{day:02d}T{hour:02d}:00" for day in (10, 11, 12) for hour in HOURS]
    rows = [row for name in ("T1", "T2") for row in grid_rows(name, stamps)]
    monkeypatch.setattr("include.sources.reading.text_files._BLOCK", 128)
    monkeypatch.setattr("include.sources.air.stage._ROWS", 50)
    result = take(sqlite, tmp_path, put(tmp_path / "readings.csv", readings_text(rows)))
    assert [(day.observed_on.day, day.places, day.pm25_hours) for day in result.days] == [
        (10, 2, 48),
        (11, 2, 48),
        (12, 2, 48),
    ]


def test_what_no_database_would_take_is_told_all_the_same(engine: Engine, tmp_path: Path) -> None:
    name = "乌" * 100
    text = wide_text(STAMP, {"北京": ["4\0"] + [40] * 23, name: [40] * 24})
    text += f"{STAMP},1,{'x' * 5000},1\n"
    result = take(engine, tmp_path, put(tmp_path / "odd.csv", text))
    assert result.skipped == {name: 1}
    found = quarantined(engine)
    assert [(row[2], row[3][:3], len(row[3])) for row in found] == [("北京", "4�", 2), ("整行", "202", 1000)]


def test_dust_is_set_and_cleared_by_the_hour(engine: Engine, tmp_path: Path) -> None:
    header = "unit_code,hour,is_dust\n"
    path = put(
        tmp_path / "dust.csv",
        header + "110000,2020-03-18T10:00,1\n110000,2020-03-18T11:00,1\n999999,2020-03-18T10:00,1\n",
    )
    result = take(engine, tmp_path, path)
    assert (result.dust_hours, result.skipped) == (2, {"999999": 1})
    put(
        path,
        header
        + "110000,2020-03-18T10:00,0\n110000,2020-03-18T12:00,1\n110000,2020-03-18T13:00,1\n110000,2020-03-18T13:00,0\n",
    )
    result = take(engine, tmp_path, path)
    assert [(fault.fault.field, fault.fault.value) for fault in result.faults] == [("is_dust", "1 / 0")]
    with reading(engine) as connection:
        found = dust_hours(connection, date(2020, 3, 1), date(2020, 4, 1))
    assert found.to_records(index=False).tolist() == [
        ("110000", pd.Timestamp("2020-03-18"), 11),
        ("110000", pd.Timestamp("2020-03-18"), 12),
    ]


def test_an_import_that_fails_keeps_the_day_as_it_was(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(sqlite, tmp_path, put(tmp_path / "day.csv", long_text(STAMP, {"北京": [40] * 24})))

    def fail(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(hourly.pq, "write_table", fail)
    with pytest.raises(OSError, match="No space left"):
        take(sqlite, tmp_path, put(tmp_path / "day.csv", long_text(STAMP, {"北京": [99] * 24})))
    monkeypatch.undo()
    assert days_in(sqlite)["pm25_ug_m3"].to_dict() == {"110000": 40.0}
    assert set(pm25_hours(tmp_path, "110000").values()) == {40.0}


def test_hours_that_have_not_come_are_no_values_unless_the_clock_is_played(
    sqlite: Engine, tmp_path: Path
) -> None:
    today = put(tmp_path / "today.csv", long_text("20260320", {"北京": [40] * 24}))
    result = take(sqlite, tmp_path, today)
    # It is 09:00: the hour that begins now may have been told, the fourteen after it not.
    assert pm25_hours(tmp_path, "110000", date(2026, 3, 20)) == dict.fromkeys(range(10), 40.0)
    assert told(result) == [("date", "20260320 10", 12, 14)]
    assert [row[4:] for row in quarantined(sqlite)] == [
        (
            "晚于导入的时刻：尚未到来，不可能已有监测值（可能是年份、时区有误，或为预报），整行未用（共14个）",
            "open",
        )
    ]
    next_year = put(tmp_path / "next.csv", long_text("20270301", {"北京": [40] * 24}))
    with pytest.raises(InputError, match=r"no row of the file can be used \(晚于导入的时刻"):
        take(sqlite, tmp_path, next_year)
    take(sqlite, tmp_path, today, is_played=True, replace=True)
    assert pm25_hours(tmp_path, "110000", date(2026, 3, 20)) == dict.fromkeys(HOURS, 40.0)
