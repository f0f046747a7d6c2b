"""Samples of layouts that people really have, read by shipped mappings to values worked out by hand, each row accounted for.

The samples are not part of the repository: QIANLIYAN_CASES names their folder.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.every_table import named_mapping
from include.store.air_days import city_days
from include.store.engine import open_engine, reading
from include.store.hourly import read_hours

SAMPLES = (
    Path(os.environ.get("QIANLIYAN_CASES", Path(__file__).resolve().parents[3] / "shared" / "cases"))
    / "layouts"
)
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no samples of layouts at {SAMPLES}: set QIANLIYAN_CASES"
)
NOW = datetime(2026, 3, 16, 8, tzinfo=UTC)
BEIJING = "110000"
Values = dict[
    tuple[str, date, int, str], float
]  # of a place, a day and an hour of the office, and a quantity


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


def take(store: Engine, folder: Path, name: str, **options: object) -> ImportResult:
    result = import_air_quality(store, folder / "air", [SAMPLES / name], now=NOW, **options)  # type: ignore[arg-type]
    assert (result.files, result.rows) == (1, len(told(name)))
    assert (result.faults, result.rejected, result.unread, result.untaken, result.duplicates) == (
        (),
        (),
        (),
        (),
        0,
    )
    return result


def told(name: str) -> list[dict[str, str]]:
    """The rows of a sample, as Python reads them."""
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        return list(csv.DictReader(stream, delimiter=";" if ";" in first else ","))


def stored(folder: Path, result: ImportResult) -> Values:
    found: Values = {}
    for day in result.days:
        hours = read_hours(folder / "air", day.dataset, [day.observed_on])  # type: ignore[arg-type]
        long = hours.melt(["place_id", "observed_on", "hour"], var_name="quantity").dropna(subset="value")
        for row in long.itertuples():
            found[str(row.place_id), day.observed_on, int(row.hour), str(row.quantity)] = float(row.value)
    return found


QUANTITIES = {
    "PM2.5": "pm25_ug_m3",
    "PM10": "pm10_ug_m3",
    "SO2": "so2_ug_m3",
    "NO2": "no2_ug_m3",
    "CO": "co_mg_m3",
    "O3": "o3_ug_m3",
}


def plain(rows: Iterable[tuple[str, datetime, str, str]]) -> Values:
    """Of (place, hour of the office, quantity, text): the means of the values that are there."""
    groups: dict[tuple[str, date, int, str], list[float]] = defaultdict(list)
    for place, at, quantity, text in rows:
        if text not in ("", "NA"):
            groups[place, at.date(), at.hour, quantity].append(float(text))
    return {key: sum(values) / len(values) for key, values in groups.items()}


def at_hour(row: dict[str, str]) -> datetime:
    return datetime(int(row["year"]), int(row["month"]), int(row["day"]), int(row["hour"]), tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "column", "gaps", "first"),
    [
        ("PRSA_Data_20130301-20170228.csv", "PM2.5", 1, [158.0, 183.0, 186.0]),
        ("uci_beijing_pm25.csv", "pm2.5", 24, [129.0, 148.0, 159.0]),  # the first day is NA throughout
    ],
)
def test_one_station_is_its_city(
    store: Engine, tmp_path: Path, name: str, column: str, gaps: int, first: list[float]
) -> None:
    result = take(store, tmp_path, name)
    found = stored(tmp_path, result)
    assert found == plain((BEIJING, at_hour(row), "pm25_ug_m3", row[column]) for row in told(name))
    assert [found[key] for key in sorted(found)][:3] == first
    assert (len(found), result.gaps, result.skipped, result.notes) == (199 - gaps, gaps, {}, ())


def test_one_row_of_a_site_in_local_time_of_twelve_hours(store: Engine, tmp_path: Path) -> None:
    """The raw concentration, not the NowCast beside it."""
    result = take(store, tmp_path, "airnow_embassy.csv")
    assert stored(tmp_path, result) == {(BEIJING, date(2020, 3, 1), 1, "pm25_ug_m3"): 70.0}


def test_a_value_with_utc_and_local_time(store: Engine, tmp_path: Path) -> None:
    result = take(store, tmp_path, "openaq.csv")
    assert stored(tmp_path, result) == {(BEIJING, date(2020, 3, 1), 8, "pm25_ug_m3"): 68.0}


@pytest.mark.parametrize("name", ["beijing_all", ""])
def test_a_column_a_station_name(store: Engine, tmp_path: Path, name: str) -> None:
    """(12 + 13 + 11) / 3; without a mapping, too, as the header is known."""
    mapping = named_mapping(name, "air") if name else None
    result = take(store, tmp_path, "beijing_all_20200301.csv", mapping=mapping)
    assert stored(tmp_path, result) == {
        (BEIJING, date(2020, 3, 1), 0, "pm25_ug_m3"): 12.0,
        (BEIJING, date(2020, 3, 1), 1, "pm25_ug_m3"): 12.0,
    }


def test_a_column_a_station_code_with_and_without_a_table_of_stations(store: Engine, tmp_path: Path) -> None:
    """Beijing: (38 + 45 + 32 + 48 + 20 + 8 + 46 + 47 + 8 + 20 + 7) / 11 of twelve, one is zero, which no hour is; Tianjin: (126 +
    106) / 2; of Shijiazhuang's three, two have no column, and one is not enough. Twenty-six are none of the table's."""
    table = {f"{number}A": "北京" for number in range(1001, 1013)} | {"1015A": "天津", "1017A": "天津"}
    table |= {"1029A": "石家庄", "1998A": "石家庄", "1999A": "石家庄"}
    stations = tmp_path / "sites.csv"
    stations.write_text("station_id,city\n" + "".join(f"{code},{city}\n" for code, city in table.items()))
    mapping, sample = named_mapping("china_sites", "air"), SAMPLES / "china_sites_20180220.csv"
    of_cities, of_stations = (
        import_air_quality(store, tmp_path / "air", [sample], now=NOW, mapping=mapping, stations=known)
        for known in (stations, None)
    )
    day, hour = date(2018, 2, 20), 7
    assert stored(tmp_path, of_cities) == {
        (BEIJING, day, hour, "pm25_ug_m3"): 29.0,
        ("120000", day, hour, "pm25_ug_m3"): 116.0,
    }
    (row,) = told(sample.name)
    codes = [code for code in row if code.endswith("A")]
    assert list(of_cities.skipped) == [code for code in codes if code not in table]
    assert stored(tmp_path, of_stations) == {
        (code, day, hour, "pm25_ug_m3"): float(row[code]) for code in codes if row[code] != "0"
    }
    for result in (of_cities, of_stations):
        assert (result.rows, result.rejected) == (1, ())
        assert [(told.fault.field, told.fault.value, told.fault.count) for told in result.faults] == [
            ("1002A", "0", 1)
        ]


def test_rows_of_stations_become_the_mean_of_their_city(store: Engine, tmp_path: Path) -> None:
    """The times are UTC; the last hour has only some stations in the sample, which is not enough for the city."""
    name = "bj_aq_online.csv"
    columns = {f"{quantity.replace('.', '')}_Concentration": own for quantity, own in QUANTITIES.items()}
    rows = told(name)
    result = take(store, tmp_path, name)
    expected = plain(
        (BEIJING, datetime.fromisoformat(row["time"]) + timedelta(hours=8), own, row[column])
        for row in rows
        for column, own in columns.items()
    )
    found = stored(tmp_path, result)
    assert found == pytest.approx({key: value for key, value in expected.items() if key[2] < 20}, abs=1e-9)
    assert found[BEIJING, date(2018, 3, 31), 15, "pm25_ug_m3"] == 100.25  # 3208 / 32
    assert {row["time"][11:13] for row in rows} == {"07", "08", "09", "10", "11", "12"}
    assert result.gaps == sum(row[column] == "" for row in rows for column in columns)
    assert result.notes == ("有值站点不足而按缺测处理的城市小时值6个",)


@pytest.mark.parametrize(
    ("name", "heading", "day", "units", "first"),
    [
        (
            "english_cities.csv",
            "city",
            date(2019, 5, 12),
            {
                "Beijing": "110000",
                "Tianjin": "120000",
                "Shijiazhuang": "130100",
                "Taiyuan": "140100",
                "Jinan": "370100",
                "Zhengzhou": "410100",
                "Xi'an": "610100",
            },
            [44.0, 77.0, 3.0, 37.0, 0.72, 99.0],
        ),
        (
            "semicolon.csv",
            "城市",
            date(2020, 5, 1),
            {"保定": "130600", "临汾": "141000", "东营": "370500", "临沂": "371300", "三门峡": "411200"},
            [60.0, 93.0, 20.0, 20.0, 0.73, 149.0],
        ),
    ],
)
def test_hours_of_cities_by_their_names(
    store: Engine,
    tmp_path: Path,
    name: str,
    heading: str,
    day: date,
    units: dict[str, str],
    first: list[float],
) -> None:
    result = take(store, tmp_path, name)
    rows = told(name)
    assert [row[heading] for row in rows if row[heading] not in units] == list(result.skipped)
    assert len(result.skipped) == len(rows) - len(units)
    found = stored(tmp_path, result)
    assert found == {
        (units[row[heading]], day, 0, own): float(row[column])
        for row in rows
        if row[heading] in units
        for column, own in QUANTITIES.items()
    }
    assert [found[next(iter(units.values())), day, 0, own] for own in QUANTITIES.values()] == first


def test_a_daily_table(store: Engine, tmp_path: Path) -> None:
    """The means that the source gives are days, never hours; Changchun is no unit of this office."""
    result = take(store, tmp_path, "daily_cities.csv")
    with reading(store) as connection:
        (day,) = city_days(connection, date(2018, 12, 1), date(2018, 12, 2)).to_dict("records")
    expected = dict(zip(QUANTITIES.values(), (129.16666666666666, 201.79166666666663, 10.5, 81.5, 1.9533333333333331, None), strict=True))  # fmt: skip
    assert {name: day[name] for name in expected if name in day and name != "o3_ug_m3"} == {
        name: value for name, value in expected.items() if name != "o3_ug_m3"
    }
    assert (day["place_id"], day["o3_8h_ug_m3"], day["is_given"]) == (BEIJING, 30.0, True)
    assert (result.skipped, stored(tmp_path, result)) == ({"Changchun": 1}, {})


def test_values_every_two_and_a_half_minutes(store: Engine, tmp_path: Path) -> None:
    """UTC: 00 and 01 are 8 and 9 o'clock of the office, with 23 and 22 of 24 moments; of 02 the sample has 14, fewer than 75 %."""
    result = take(store, tmp_path, "luftdaten.csv")
    rows = told("luftdaten.csv")
    assert [sum(row["timestamp"][11:13] == hour for row in rows) for hour in ("00", "01", "02")] == [
        23,
        22,
        14,
    ]
    expected = plain(
        ("7789", datetime.fromisoformat(row["timestamp"]) + timedelta(hours=8), own, row[column])
        for row in rows
        for column, own in (("P1", "pm10_ug_m3"), ("P2", "pm25_ug_m3"))
        if row["timestamp"][11:13] != "02"
    )
    found = stored(tmp_path, result)
    assert found == pytest.approx(expected, abs=1e-9)
    assert found["7789", date(2017, 12, 23), 8, "pm25_ug_m3"] == pytest.approx(6.77 / 23, abs=1e-9)
    assert len(found) == 4
    assert result.notes == (
        "分钟值不足或均值为零而按缺测处理的小时值2个（如7789 2017-12-23 10时：14个，须18个；一小时的分钟值分在几个文件的，请一次读入）",
    )


def test_epoch_seconds_and_the_first_of_two_channels(store: Engine, tmp_path: Path) -> None:
    """Means of an hour told at any minute count in the hour that names them; 01:46:40 UTC … 8 o'clock of the office has 9.85 and 10.10."""
    result = take(store, tmp_path, "purpleair.csv")
    expected = plain(
        (
            "1001",
            datetime.fromtimestamp(int(row["time_stamp"]) + 8 * 3600, UTC),
            "pm25_ug_m3",
            row["pm2.5_atm_a"],
        )
        for row in told("purpleair.csv")
    )
    found = stored(tmp_path, result)
    assert found == pytest.approx({key: value for key, value in expected.items() if value}, abs=1e-9)
    assert found["1001", date(2022, 9, 22), 8, "pm25_ug_m3"] == 9.975
    assert (len(found), len(expected)) == (41, 42)
