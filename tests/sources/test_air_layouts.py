"""The same air through every layout that people have: the values that come of it are those that were written."""

import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.periods import office_zone
from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.air.stations import station_cities
from include.sources.every_table import TABLES, named_mapping
from include.sources.mapping.files import load
from include.sources.mapping.language import TableMapping
from include.sources.mapping_trial import known_names
from include.store.air_days import city_days
from include.store.engine import open_engine, reading
from include.store.hourly import read_hours
from tests.sources.air_files import NOW

DAY = date(2020, 3, 12)
CITIES = {"北京": "110000", "阳泉": "140300"}
# What every layout says: PM2.5 and NO2 (μg/m³) of two cities, 24 hours.
TRUE = {
    (code, hour, quantity): value + hour * step
    for code, base in (("110000", 40.5), ("140300", 61.25))
    for hour in range(24)
    for quantity, value, step in (("pm25_ug_m3", base, 0.5), ("no2_ug_m3", base / 2, 0.25))
}
NAMES = {code: name for name, code in CITIES.items()}
LABELS = {"pm25_ug_m3": "PM2.5", "no2_ug_m3": "NO2"}


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


def mapping(folder: Path, yaml: str) -> TableMapping:
    path = folder / "own.yaml"
    path.write_text("tables:\n  air:\n" + "".join(f"    {line}\n" for line in yaml.strip().splitlines()))
    return load(path, office_zone(), TABLES).tables[0]


def take(store: Engine, folder: Path, path: Path, **options: object) -> ImportResult:
    return import_air_quality(store, folder / "air", [path], now=NOW, **options)  # type: ignore[arg-type]


def stored(folder: Path, dataset: str = "city", day: date = DAY) -> dict[tuple[str, int, str], float]:
    hours = read_hours(folder / "air", dataset, [day])  # type: ignore[arg-type]
    long = hours.melt(["place_id", "observed_on", "hour"], var_name="quantity").dropna(subset="value")
    return {
        (str(row.place_id), int(row.hour), str(row.quantity)): float(row.value) for row in long.itertuples()
    }


def long_rows(hours: Callable[[int], str], stamp: str = "20200312") -> list[list[str]]:
    rows = [["date", "hour", "城市", "PM2.5", "NO2"]]
    for code in NAMES:
        rows += [
            [stamp, hours(hour), NAMES[code], *(repr(TRUE[code, hour, name]) for name in LABELS)]
            for hour in range(24)
        ]
    return rows


def text(rows: list[list[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


LONG = """
columns:
  place: 城市
  hour: {moment: "{date}", hours: hour}
  pm25_ug_m3: PM2.5
  no2_ug_m3: NO2
"""


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_and_the_shipped_mapping(store: Engine, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text(long_rows(str), delimiter))
    result = take(store, tmp_path, path)
    assert (result.rows, result.faults, result.notes, result.skipped) == (48, (), (), {})
    assert stored(tmp_path) == TRUE


@pytest.mark.parametrize(
    ("hours", "yaml"),
    [
        (lambda hour: str(hour + 1), LONG),
        (lambda hour: f"{hour}时", LONG),
        (lambda hour: f"{hour + 1:02}:00", LONG),
        (lambda hour: f"{hour + 1}", LONG.replace("hours: hour", "hours: hour, hour_label: end")),
    ],
    ids=["1 to 24", "3时", "24:00", "stated end"],
)
def test_hours_as_they_are_printed(
    store: Engine, tmp_path: Path, hours: Callable[[int], str], yaml: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text(long_rows(hours)))
    take(store, tmp_path, path, mapping=mapping(tmp_path, yaml))
    assert stored(tmp_path) == TRUE


def wide(folder: Path) -> Path:
    rows = [["日期", "时", "指标", *CITIES]]
    for hour in range(24):
        for name, label in LABELS.items():
            values = [repr(TRUE[code, hour, name]) for code in CITIES.values()]
            rows.append(["2020年3月12日", str(hour), label, *values])
    (folder / "a.csv").write_text(text(rows), encoding="gb18030")
    return folder / "a.csv"


WIDE = """
headings: "{place}"
columns:
  hour: {moment: "{日期}", hours: 时}
  pollutant: 指标
"""


def narrow_rows() -> list[dict[str, str]]:
    begin = datetime(2020, 3, 11, 16, tzinfo=UTC)
    return [
        {
            "site": NAMES[code],
            "ts": str(int((begin + timedelta(hours=hour)).timestamp())),
            "what": name,
            "value": repr(value),
        }
        for (code, hour, name), value in TRUE.items()
    ]


NARROW = """
columns:
  place: site
  hour: {moment: "{ts}", format: epoch_s}
  pollutant: {column: what, values: {pm25_ug_m3: PM2.5, no2_ug_m3: 二氧化氮}}
  value: value
"""


def json_list(folder: Path) -> Path:
    (folder / "a.json").write_text(json.dumps(narrow_rows(), ensure_ascii=False))
    return folder / "a.json"


def json_inside(folder: Path) -> Path:
    rows = [{**row, "at": {"ts": row.pop("ts")}} for row in narrow_rows()]
    (folder / "a.json").write_text(json.dumps({"meta": 1, "data": {"list": rows}}, ensure_ascii=False))
    return folder / "a.json"


def json_lines(folder: Path) -> Path:
    rows = [{**row, "ts": int(row["ts"]) * 1000, "value": float(row["value"])} for row in narrow_rows()]
    (folder / "a.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return folder / "a.jsonl"


def headings(folder: Path) -> Path:
    """A workbook: a title, two header rows with merged cells, the date only in the first row of its day, sums below."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("小时值")
    sheet.append(["空气质量小时值"])
    sheet.append(["日期", "时间", "北京", None, "阳泉", None])
    sheet.append([None, None, "PM2.5", "NO2", "PM2.5", "NO2"])
    for hour in range(24):
        values = [TRUE[code, hour, name] for code in CITIES.values() for name in LABELS]
        sheet.append(["2020-03-12" if not hour else None, f"{hour}时", *values])
    sheet.append(["平均", None, 1, 1, 1, 1])
    sheet.append(["注：数据未经审核"])
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


HEADINGS = """
sheet: 小时值
header_row: 2
header_rows: 2
fill_down: [日期]
no_data: [平均, "注："]
headings: "{place} {pollutant}"
columns:
  hour: {moment: "{日期}", hours: 时间}
"""


def headless(folder: Path) -> Path:
    rows = long_rows(lambda hour: f"{hour:02}:00")[1:]
    with gzip.open(folder / "a.txt.gz", "wt") as stream:
        stream.write("\n".join("|".join(row) for row in rows) + "\n")
    return folder / "a.txt.gz"


def zipped(folder: Path) -> Path:
    """One file a city."""
    rows = long_rows(str)
    with zipfile.ZipFile(folder / "a.zip", "w") as package:
        package.writestr("readme.md", "no table")
        package.writestr("data/one.csv", text(rows[:25]))
        package.writestr("data/two.csv", text([rows[0], *rows[25:]]))
    return folder / "a.zip"


def parquet(folder: Path) -> Path:
    rows = narrow_rows()
    frame = pd.DataFrame(rows).astype({"ts": "int64", "value": "float64"})
    frame.to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize(
    ("write", "yaml"),
    [
        (wide, WIDE),
        (json_list, NARROW),
        (json_inside, NARROW.replace("{ts}", "{at.ts}") + "\nrecords: data.list"),
        (json_lines, NARROW.replace("epoch_s", "epoch_ms")),
        (headings, HEADINGS),
        (headless, LONG + "\nheader: [date, hour, 城市, PM2.5, NO2]"),
        (zipped, LONG),
        (parquet, NARROW),
    ],
    ids=["wide", "json", "json inside", "json lines", "workbook", "headless gz", "zip", "parquet"],
)
def test_the_same_through_each_layout(
    store: Engine, tmp_path: Path, write: Callable[[Path], Path], yaml: str
) -> None:
    result = take(store, tmp_path, write(tmp_path), mapping=mapping(tmp_path, yaml))
    assert (result.faults, result.skipped, result.rejected) == ((), {}, ())
    assert stored(tmp_path) == pytest.approx(TRUE, abs=1e-9)


def test_stations_become_means_of_their_city(store: Engine, tmp_path: Path) -> None:
    """Three of four stations are enough (75 %), two are not; Beijing has one station, which is all of it."""
    (tmp_path / "sites.csv").write_text("station_id,city\nS1,阳泉\nS2,阳泉\nS3,阳泉市\nS4,140300\nB1,北京\n")
    path = tmp_path / "china_sites.csv"
    path.write_text(
        "date,hour,type,S1,S2,S3,S4,B1,X9\n20200312,0,PM2.5,10,20,36,,7,1\n20200312,1,PM2.5,10,20,,,,1\n20200312,1,AQI,1,1,1,1,1,1\n"
    )
    result = take(
        store, tmp_path, path, mapping=named_mapping("china_sites", "air"), stations=tmp_path / "sites.csv"
    )
    assert stored(tmp_path) == {("140300", 0, "pm25_ug_m3"): 22.0, ("110000", 0, "pm25_ug_m3"): 7.0}
    assert result.skipped == {"X9": 1}
    assert (
        result.notes
        == ("有值站点不足而按缺测处理的城市小时值1个", "china_sites.csv：其他污染物或要素的值1个，未用")[::-1]
    )


def test_minutes_become_hours_where_there_are_enough(store: Engine, tmp_path: Path) -> None:
    """Of twelve moments nine are 75 %; one told twice counts once, and a zero is a value of a minute."""
    lines = ["sensor,at,pm"]
    lines += [f"a,2020-03-12T08:{minute:02}:00,{minute}" for minute in range(0, 45, 5)]
    lines += ["a,2020-03-12T08:40:00,40", "a,2020-03-12T09:00:00,5", "a,2020-03-12T09:00:00,6"]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    yaml = "by: station\nevery: {minutes: 5}\ncolumns: {place: sensor, hour: {moment: '{at}', hour_label: start}, pm25_ug_m3: pm}"
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, yaml))
    assert stored(tmp_path, "station") == {("a", 8, "pm25_ug_m3"): 20.0}
    assert (result.rows, result.duplicates) == (12, 1)
    assert [str(fault) for fault in result.faults] == [
        "a.csv 第13行起 pm25_ug_m3：同一时刻有不同的值，均未采用，共1个，如“5 / 6”"
    ]


QUARTERS = "every: {minutes: 15}\ncolumns: {place: city, hour: at, pm25_ug_m3: pm}"


def quarters(path: Path, moments: list[str], values: list[int]) -> Path:
    lines = [f"北京,2020-03-12 {at},{value}" for at, value in zip(moments, values, strict=True)]
    path.write_text("\n".join(["city,at,pm", *lines]) + "\n")
    return path


ENDS = ["00:15", "00:30", "00:45", "01:00", "23:15", "23:30", "23:45", "24:00"]


def test_minutes_that_print_24_and_no_0_are_labelled_by_their_end(store: Engine, tmp_path: Path) -> None:
    path = quarters(tmp_path / "a.csv", ENDS, [10] * 4 + [33] * 4)
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, QUARTERS))
    assert stored(tmp_path) == {("110000", 0, "pm25_ug_m3"): 10.0, ("110000", 23, "pm25_ug_m3"): 33.0}
    assert result.notes == ("a.csv：时间按各15分钟的结束时刻理解，24时属于所记的日期",)


@pytest.mark.parametrize("is_option", [True, False])
def test_a_label_of_minutes_moves_by_their_interval(store: Engine, tmp_path: Path, is_option: bool) -> None:
    path = quarters(tmp_path / "a.csv", ENDS[:4], [10, 20, 30, 40])
    in_mapping = QUARTERS.replace("hour: at", 'hour: {moment: "{at}", hour_label: end}')
    own = mapping(tmp_path, QUARTERS if is_option else in_mapping)
    take(store, tmp_path, path, mapping=own, hour_label="end" if is_option else None)
    assert stored(tmp_path) == {("110000", 0, "pm25_ug_m3"): 25.0}


def test_minutes_between_the_steps_of_the_interval_are_named(store: Engine, tmp_path: Path) -> None:
    """A clock that is seconds late is at its step; steps may begin off the hour (05:07, 05:22 …)."""
    moments = ["00:00:03", "00:15", "00:20", "00:30", "00:44:58", "05:07", "05:22", "05:37", "05:52"]
    path = quarters(tmp_path / "a.csv", moments[:5], [10, 20, 900, 30, 40])
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, QUARTERS))
    assert stored(tmp_path) == {("110000", 0, "pm25_ug_m3"): 25.0}
    assert [str(fault) for fault in result.faults] == [
        "a.csv 第4行起 pm25_ug_m3：不在所注的间隔（15分钟）上，未用，共1个，如“00:20 900”"
    ]
    path = quarters(tmp_path / "b.csv", moments[5:], [10, 20, 30, 60])
    assert not take(store, tmp_path, path, mapping=mapping(tmp_path, QUARTERS)).faults
    assert stored(tmp_path)["110000", 5, "pm25_ug_m3"] == 30.0


@pytest.mark.parametrize("first", [0, 2])
def test_of_a_finer_interval_the_values_at_the_steps_count(store: Engine, tmp_path: Path, first: int) -> None:
    """Five minutes under `minutes: 15`: four values an hour (of 00:00 1, 16, 31, 46: 23.5), not twelve."""
    minutes = range(first, 60, 5)
    moments = [f"{hour:02}:{minute:02}" for hour in (0, 23) for minute in minutes]
    values = [hour + minute + 1 for hour in (0, 23) for minute in minutes]
    path = quarters(tmp_path / "a.csv", moments, values)
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, QUARTERS))
    assert stored(tmp_path) == {
        ("110000", 0, "pm25_ug_m3"): 23.5 + first,
        ("110000", 23, "pm25_ug_m3"): 46.5 + first,
    }
    assert [str(fault) for fault in result.faults] == [
        f"a.csv 第3行起 pm25_ug_m3：不在所注的间隔（15分钟）上，未用，共16个，如“00:{first + 5:02} {first + 6}”"
    ]


def test_of_a_sensor_that_keeps_no_steps_every_value_counts(store: Engine, tmp_path: Path) -> None:
    moments = [f"00:{145 * n // 60:02}:{145 * n % 60:02}" for n in range(24)]
    path = quarters(tmp_path / "a.csv", moments, list(range(1, 25)))
    assert not take(store, tmp_path, path, mapping=mapping(tmp_path, QUARTERS)).faults
    assert stored(tmp_path) == {("110000", 0, "pm25_ug_m3"): 12.5}


def test_a_station_in_two_cities_is_refused_with_both_rows(store: Engine, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("station_id,city\nA,北京\nB,北京市\nB,北京\nA,天津\n")
    path = tmp_path / "a.csv"
    path.write_text("sensor,at,pm\nA,2020-03-12T08:00,5\n")
    own = mapping(tmp_path, "by: station\ncolumns: {place: sensor, hour: at, pm25_ug_m3: pm}")
    with pytest.raises(InputError, match=r"line 2 A,北京; line 5 A,天津"):
        take(store, tmp_path, path, mapping=own, stations=tmp_path / "s.csv")


def test_units_and_words_for_values(store: Engine, tmp_path: Path) -> None:
    """One ppb of NO2 at 25 °C and 1013.25 hPa is 101325 / (8.314462618 · 298.15) · 46.0055 / 1000 = 1.88044 μg/m³."""
    path = tmp_path / "a.csv"
    path.write_text(
        "place,hour,what,value,unit\n"
        "北京,2020-03-12T00:00,no2,10,ppb\n北京,2020-03-12T01:00,no2,0.01,ppm\n北京,2020-03-12T02:00,no2,0.02,mg/m³\n"
        "北京,2020-03-12T03:00,no2,—,µg/m³\n北京,2020-03-12T04:00,no2,NA,µg/m³\n北京,2020-03-12T05:00,no2,-999,µg/m³\n"
        "北京,2020-03-12T06:00,no2,<3,µg/m³\n北京,2020-03-12T07:00,co,1200,µg/m³\n北京,2020-03-12T08:00,pm25,5,ppb\n"
        "北京,2020-03-12T09:00,no2,7,furlong\n北京,2020-03-12T10:00,humidity,50,%\n"
    )
    columns = "columns: {place: place, hour: hour, pollutant: what, value: value, unit: unit}"
    with pytest.raises(InputError, match="stated temperature and pressure"):
        take(store, tmp_path, path, mapping=mapping(tmp_path, columns))
    yaml = f'temperature_c: 25\npressure_hpa: 1013.25\nmissing: ["-999"]\n{columns}'
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, yaml))
    ppb = 101325 / (8.314462618 * 298.15) * 46.0055 / 1000
    assert ppb == pytest.approx(1.88044, abs=1e-5)
    assert stored(tmp_path) == pytest.approx(
        {
            ("110000", 0, "no2_ug_m3"): 10 * ppb,
            ("110000", 1, "no2_ug_m3"): 10 * ppb,
            ("110000", 2, "no2_ug_m3"): 20.0,
            ("110000", 6, "no2_ug_m3"): 1.5,
            ("110000", 7, "co_mg_m3"): 1.2,
        },
        abs=1e-9,
    )
    assert result.gaps == 3
    assert [(fault.fault.value, fault.fault.count) for fault in result.faults] == [("ppb", 1), ("furlong", 1)]
    assert result.notes == (
        "a.csv：低于检出限的值1个，按对应关系取值",
        "a.csv：其他污染物或要素的值1个，未用",
    )


def test_an_empty_unit_beside_others_is_none_of_ours(store: Engine, tmp_path: Path) -> None:
    """The store's own unit is understood where no row says another."""
    path = tmp_path / "a.csv"
    columns = "columns: {place: place, hour: hour, pollutant: what, value: value, unit: unit}"
    path.write_text(
        "place,hour,what,value,unit\n北京,2020-03-12T00:00,pm25,0.04,mg/m³\n北京,2020-03-12T01:00,pm25,0.05,\n"
        "北京,2020-03-12T02:00,pm10,70,µg/m³\n北京,2020-03-12T03:00,pm10,71,\n"
    )
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, columns))
    assert stored(tmp_path) == {
        ("110000", 0, "pm25_ug_m3"): 40.0,
        ("110000", 2, "pm10_ug_m3"): 70.0,
        ("110000", 3, "pm10_ug_m3"): 71.0,
    }
    assert [(each.fault.reason, each.fault.count) for each in result.faults] == [
        ("单位空白而同一量别处写的是mg/m³，按缺测处理", 1)
    ]


def test_an_hour_that_its_zone_skips_and_one_that_it_has_twice(store: Engine, tmp_path: Path) -> None:
    """New York, 1 November 2020: 01:00 comes at 05:00 and 06:00 UTC, which is 13 and 14 o'clock of the office; 8 March has no 02:00."""
    path = tmp_path / "a.csv"
    path.write_text(
        "s,t,v\nA,2020-11-01 01:00,5\nA,2020-11-01 01:00,6\nA,2020-11-01 02:00,7\nA,2020-03-08 02:00,8\n"
    )
    yaml = (
        "by: station\ntime_zone: America/New_York\n"
        "columns: {place: s, hour: {moment: '{t}', hour_label: start}, pm25_ug_m3: v}"
    )
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, yaml))
    assert stored(tmp_path, "station", date(2020, 11, 1)) == {
        ("A", 13, "pm25_ug_m3"): 5.0,
        ("A", 14, "pm25_ug_m3"): 6.0,
        ("A", 15, "pm25_ug_m3"): 7.0,
    }
    assert [fault.fault.reason for fault in result.faults] == [
        "America/New_York当日没有这一时刻（夏令时跳过），整行未用"
    ]


TWICE = "by: station\ntime_zone: America/New_York\ncolumns: {place: s, hour: t, pm25_ug_m3: v}"


@pytest.mark.parametrize("is_backwards", [False, True])
def test_the_hour_that_comes_twice_goes_by_the_order_of_the_rows(
    store: Engine, tmp_path: Path, is_backwards: bool
) -> None:
    path = tmp_path / "a.csv"
    rows = [
        f"{who},2020-11-01 {hour}:00,{value}"
        for who in "AB"
        for value, hour in enumerate(("00", "01", "01", "02"), 4)
    ]
    path.write_text("\n".join(["s,t,v", *(reversed(rows) if is_backwards else rows)]) + "\n")
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, TWICE))
    assert result.faults == ()
    assert stored(tmp_path, "station", date(2020, 11, 1)) == {
        (who, hour, "pm25_ug_m3"): float(hour - 8) for who in "AB" for hour in range(12, 16)
    }


@pytest.mark.parametrize("hours", [("00", "01", "02"), ("02", "01", "00"), ("01", "00", "01", "02", "00")])
def test_an_hour_of_two_that_nobody_tells_apart_is_not_used(
    store: Engine, tmp_path: Path, hours: tuple[str, ...]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "\n".join(["s,t,v", *(f"A,2020-11-01 {hour}:00,{4 + int(hour)}" for hour in hours)]) + "\n"
    )
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, TWICE))
    assert stored(tmp_path, "station", date(2020, 11, 1)) == {
        ("A", 12, "pm25_ug_m3"): 4.0,
        ("A", 15, "pm25_ug_m3"): 6.0,
    }
    assert [(fault.fault.reason, fault.fault.count) for fault in result.faults] == [
        (
            "America/New_York当日有两个这一时刻，文件只列一个或次序不明，无法判断是哪一个，整行未用",
            hours.count("01"),
        )
    ]


@pytest.mark.parametrize(
    ("yaml", "label", "message"),
    [
        (LONG.replace("hours: hour", "hours: hour, hour_label: start"), "end", "the mapping says which end"),
        (LONG, "start", "the file prints hour 24"),
        ("every: day\n" + LONG.strip().replace(", hours: hour", ""), "end", "says nothing about this file"),
    ],
    ids=["mapping", "24", "day"],
)
def test_a_label_acts_or_is_refused(
    store: Engine, tmp_path: Path, yaml: str, label: str, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text(long_rows(lambda hour: str(hour + 1))))
    with pytest.raises(InputError, match=message):
        take(store, tmp_path, path, mapping=mapping(tmp_path, yaml), hour_label=label)


DAILY = "城市,日期,PM2.5,O3_8h\n北京,2020-03-12,51.5,90\n阳泉,2020-03-12,60,—\n"
OF_DAYS = (
    "every: day\ncolumns: {place: 城市, hour: {moment: '{日期}'}, pm25_ug_m3: PM2.5, o3_8h_ug_m3: O3_8h}"
)


def days_of(engine: Engine) -> dict[str, tuple[float, int, bool]]:
    with reading(engine) as connection:
        days = city_days(connection, DAY, DAY + timedelta(days=1))
    return {
        str(row.place_id): (float(row.pm25_ug_m3), int(row.pm25_hours), bool(row.is_given))
        for row in days.itertuples()
    }


def test_a_daily_mean_is_a_valid_day_and_never_mixed_with_hours(engine: Engine, tmp_path: Path) -> None:
    path, hours = tmp_path / "days.csv", tmp_path / "hours.csv"
    path.write_text(DAILY)
    hours.write_text(
        "date,hour,城市,PM2.5\n" + "".join(f"20200312,{hour},北京,{40 + hour}\n" for hour in range(24))
    )
    given = mapping(tmp_path, OF_DAYS)
    result = take(engine, tmp_path, path, mapping=given)
    assert result.notes == ("日均值（来源给出）2个，按有效日计，不与小时值混用",)
    assert days_of(engine) == {"110000": (51.5, 24, True), "140300": (60.0, 24, True)}
    refused = take(engine, tmp_path, hours)
    assert refused.untaken == (
        "hours.csv：3月12日 北京 PM2.5 日均值（来源给出） → 24小时，两种数据不混用，该日未采用，文件保留；"
        "请在待办中选择：采用（quarantine take）或保留库中（quarantine discard）",
    )
    assert days_of(engine) == {"110000": (51.5, 24, True), "140300": (60.0, 24, True)}
    take(engine, tmp_path, hours, replace=True)
    assert days_of(engine) == {"110000": (51.5, 24, False), "140300": (60.0, 24, True)}
    again = take(engine, tmp_path, path, mapping=given)
    assert "24小时 → 日均值（来源给出），两种数据不混用" in again.untaken[0]
    take(engine, tmp_path, path, mapping=given, replace=True)
    assert days_of(engine) == {"110000": (51.5, 24, True), "140300": (60.0, 24, True)}
    assert stored(tmp_path) == {}


def test_a_note_in_a_folder_is_no_table_unless_it_is_named(store: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "a.csv").write_text(text(long_rows(str)))
    (folder / "readme.txt").write_text("no table")
    result = take(store, tmp_path, folder)
    assert (result.files, result.rejected) == (1, ())
    (tmp_path / "b.txt").write_text(text(long_rows(str)))
    assert take(store, tmp_path, tmp_path / "b.txt").files == 1


@pytest.mark.parametrize("minutes", [15, 60])
def test_a_part_goes_by_what_another_file_of_the_import_prints(
    store: Engine, tmp_path: Path, minutes: int
) -> None:
    """The part, read first, prints neither 00:00 nor 24:00; the other file of its header prints 24:00: labels name ends."""
    own = mapping(tmp_path, QUARTERS.replace("15", str(minutes)))
    of_hours = minutes == 60
    part = quarters(
        tmp_path / "a.csv", ["01:00"] if of_hours else ENDS[:4], [25] if of_hours else [10, 20, 30, 40]
    )
    rest = quarters(tmp_path / "b.csv", ["24:00"] if of_hours else ENDS[4:], [33] if of_hours else [33] * 4)
    import_air_quality(store, tmp_path / "air", [part, rest], now=NOW, mapping=own)
    assert stored(tmp_path) == {("110000", 0, "pm25_ug_m3"): 25.0, ("110000", 23, "pm25_ug_m3"): 33.0}


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("station_id,city,unit_code", "A,北京,120000", "unit_code 120000, city 北京"),
        ("站点编码,城市,所属城市", "A,北京,天津", "城市 北京, 所属城市 天津"),
        ("station_id,city,unit_code", "A,北京,320100", "unit_code 320100, city 北京"),
        ("station_id,省份,city", "A,陕西省,北京", "省份 陕西省, city 110000"),
    ],
)
def test_a_table_of_stations_whose_columns_contradict_each_other_is_refused(
    store: Engine, tmp_path: Path, header: str, row: str, said: str
) -> None:
    table = tmp_path / "stations.csv"
    table.write_text(f"{header}\n{row}\n")
    with pytest.raises(InputError) as refused:
        station_cities(table, known_names())
    assert (said in refused.value.got, "line 2" in refused.value.where) == (True, True)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("station_id,city,unit_code", "A,北京,110000"),
        ("station_id,city,unit_code", "A,,110000"),
        ("station_id,城市,单位,城市编码", "A,北京市,μg/m³,010"),
        ("station_id,省份,城市,所属城市", "A,北京市,北京,北京市"),
    ],
)
def test_columns_of_a_table_of_stations_that_agree(tmp_path: Path, header: str, row: str) -> None:
    table = tmp_path / "stations.csv"
    table.write_text(f"{header}\n{row}\n")
    assert station_cities(table, known_names()) == {"A": "110000"}


@pytest.mark.parametrize(
    ("pattern", "headings", "is_end"),
    [
        ("{hour}时", [f"{hour}时" for hour in range(24)], False),
        ("{hour}", [f"{hour:02}" for hour in range(1, 25)], True),
        ("H{hour}", [f"H{hour}" for hour in range(1, 25)], True),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_hours_side_by_side(
    store: Engine, tmp_path: Path, pattern: str, headings: list[str], is_end: bool, suffix: str
) -> None:
    """A row a city, day and pollutant; hour 5 of it is empty. The value is the place of the column."""
    values = [str(place) if place != 5 else "" for place in range(24)]
    table = [["城市", "日期", "指标", *headings, "平均"], ["北京", "2020-03-12", "PM2.5", *values, "7"]]
    path = tmp_path / f"a.{suffix}"
    if suffix == "csv":
        path.write_text("".join(",".join(row) + "\n" for row in table))
    else:
        pd.DataFrame(table[1:], columns=table[0]).to_excel(path, index=False)
    yaml = (
        f"hours_across: '{pattern}'\ncolumns: {{place: 城市, hour: {{moment: '{{日期}}', hours: (hour)}}, "
        "pollutant: 指标, value: (value)}"
    )
    result = take(store, tmp_path, path, mapping=mapping(tmp_path, yaml))
    assert stored(tmp_path) == {
        ("110000", hour, "pm25_ug_m3"): float(hour) for hour in range(1, 24) if hour != 5
    }
    assert (result.rows, result.gaps, len(result.notes)) == (24, 1, int(is_end))


def test_hours_side_by_side_that_are_not_there(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("城市,日期,h1\n北京,2020-03-12,3\n")
    yaml = "hours_across: '{hour}时'\ncolumns: {place: 城市, hour: {moment: '{日期}', hours: (hour)}, pm25_ug_m3: (value)}"
    with pytest.raises(InputError, match="no column is one of an hour"):
        take(store, tmp_path, path, mapping=mapping(tmp_path, yaml))
