"""`import-stations` on tiny worlds: what is taken, what is named, what is refused; the others go on."""

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, select

from include.errors import InputError
from include.periods import office_zone
from include.sources.enterprises import import_enterprises
from include.sources.mapping.files import load
from include.sources.stations.faults import UNKNOWN_METER, UNKNOWN_STATION, Fault, shown
from include.sources.stations.intake import StationImport, import_stations
from include.sources.stations.layouts import STATION_LAYOUTS
from include.sources.stations.metered import MOST_NAMED
from include.store.engine import reading, writing
from include.store.station_hours import STATION_HOURS, SUBMETER_HOURS, WINDS, read_hours
from include.store.tables import city, grid, quarantine
from include.store.watch_facts import grids_known, stations_known
from include.store.watch_tables import station
from include.suspects.rules import DEFAULT_RULES
from include.suspects.submetering import meter_completeness, meter_faults
from include.workflows.watch_inputs import network_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRIDS = (
    "grid_id,unit_code,county,name,west,south,east,north,is_hot,is_monitored,data_origin\n"
    "T1,370800,鱼台县,鱼台县1号网格,116.40,35.00,116.43,35.03,true,true,模拟数据\n"
)
STATIONS = (
    "station_id,kind,unit_code,grid_id,lon,lat,valid_from,valid_to,data_origin\n"
    "M1,micro,370800,T1,116.41,35.01,2019-07-03,,模拟数据\n"
    "M2,micro,370800,T1,116.42,35.02,2019-07-03,2020-05-01,模拟数据\n"
    "370800-W01,weather,370800,,116.5,35.1,2019-01-01,,模拟数据\n"
)
HOURS = (
    "station_id,hour,pm25_ug_m3,pm10_ug_m3,rh_pct,temperature_c,sample_count\n"
    "M1,2020-04-03T08:00:00+08:00,40.5,80,50,12.5,12\n"
    "M2,2020-04-03T08:00:00+08:00,44,,,,8\n"
)


def world(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    base = {"grids.csv": GRIDS, "stations.csv": STATIONS, "station_hours_20200403.csv": HOURS}
    for name, text in (base | {name.replace("__", "."): text for name, text in files.items()}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def taken(engine: Engine, tmp_path: Path, folder: Path, now: datetime = NOW) -> StationImport:
    return import_stations(engine, tmp_path / "days", [folder], now=now)


def readings(tmp_path: Path, table=STATION_HOURS) -> pd.DataFrame:
    start, end = datetime(2020, 4, 1, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC)
    frame = read_hours(tmp_path / "days", table, start, end).to_pandas()
    return frame.astype({table.key: "str"}).sort_values([table.key, "hour"], ignore_index=True)


def said(done: StationImport) -> list[str]:
    return [f"{fault.field}：{fault.reason} {fault.count} {fault.value}".strip() for fault in done.faults]


def hour_row(station_id: str, hour: str, *values: str) -> str:
    return ",".join([station_id, hour, *values]) + "\n"


def test_a_whole_world_is_taken_and_foreign_files_are_left(engine: Engine, tmp_path: Path) -> None:
    folder = world(
        tmp_path / "world",
        winds_20200403__csv="station_id,hour,wind_from_deg,wind_speed_m_s\n370800-W01,2020-04-03T08:00:00+08:00,360,2.5\n370800-W01,2020-04-03T09:00:00+08:00,,0\n",
        submeter_hours_20200403__csv="enterprise_id,hour,production_kw,treatment_kw\nQ1,2020-04-03T08:00:00+08:00,266,\n",
        enterprises__csv="enterprise_id\nQ1\n",
        notes__txt="hello",
    )
    done = taken(engine, tmp_path, folder)
    assert (dict(done.new), done.foreign, done.is_simulated, done.rejected, said(done)) == (
        {"grids": 1, "stations": 3, "station_hours": 2, "winds": 2, "submeter_hours": 1},
        2,
        True,
        [],
        [f"enterprise_id：{UNKNOWN_METER} 1 Q1"],
    )
    assert done.days == {date(2020, 4, 3)}
    found = readings(tmp_path)
    assert (
        found["hour"].dt.tz_convert(office_zone()).dt.strftime("%F %T").tolist()
        == ["2020-04-03 08:00:00"] * 2
    )
    assert found[["station_id", "pm25_ug_m3", "sample_count", "is_simulated"]].values.tolist() == [
        ["M1", 40.5, 12, True],
        ["M2", 44.0, 8, True],
    ]
    assert readings(tmp_path, WINDS)["wind_from_deg"].fillna(-1).tolist() == [0.0, -1.0]
    assert readings(tmp_path, SUBMETER_HOURS)["production_kw"].tolist() == [266.0]
    again = taken(engine, tmp_path, folder)
    assert (sum(again.new.values()), sum(again.revised.values()), again.unchanged.total()) == (0, 0, 9)
    with reading(engine) as connection:
        rows = connection.execute(select(station).order_by(station.c.station_id)).mappings().all()
        assert [(row["station_id"], row["grid_id"], row["valid_to"]) for row in rows] == [
            ("370800-W01", None, None),
            ("M1", "T1", None),
            ("M2", "T1", date(2020, 5, 1)),
        ]
        assert connection.execute(select(grid.c.name)).scalar_one() == "鱼台县1号网格"


BAD_HOURS = {
    "an unknown station waits": (
        hour_row("X9", "2020-04-03T08:00:00+08:00", "50", "", "", "", "12"),
        ["station_id：站点未登记：读数已原样保存，站点登记后自动采用 1 X9"],
    ),
    "an hour of the future": (
        hour_row("M1", "2026-01-01T08:00:00+08:00", "50", "", "", "", "12"),
        ["hour：在未来：该小时尚未结束 1 2026-01-01T08:00:00+08:00"],
    ),
    "no whole hour": (
        hour_row("M1", "2020-04-03T08:30:00+08:00", "50", "", "", "", "12"),
        ["hour：不是整点：应为小时的起点（可能是时区不对，或应按五分钟值导入） 1 2020-04-03T08:30:00+08:00"],
    ),
    "no time": (
        hour_row("M1", "yesterday", "50", "", "", "", "12"),
        ["hour：不是有效的时间：应如2020-04-03T08:00:00+08:00 1 yesterday"],
    ),
    "a negative value": (
        hour_row("M1", "2020-04-03T09:00:00+08:00", "-1", "70", "", "", "12"),
        ["pm25_ug_m3：超出仪器范围（0至5000），该值按缺测处理 1 -1"],
    ),
    "what an instrument sends for none": (
        hour_row("M1", "2020-04-03T09:00:00+08:00", "65535", "70", "", "", "12"),
        ["pm25_ug_m3：超出仪器范围（0至5000），该值按缺测处理 1 65535"],
    ),
    "no number": (
        hour_row("M1", "2020-04-03T09:00:00+08:00", "n.d.", "70", "", "", "12"),
        ["pm25_ug_m3：不是数值，该值按缺测处理 1 n.d."],
    ),
    "too many samples": (
        hour_row("M1", "2020-04-03T09:00:00+08:00", "50", "", "", "", "60"),
        ["sample_count：超出仪器范围（0至12），该值按缺测处理 1 60"],
    ),
    "one hour with two values": (
        hour_row("M1", "2020-04-03T08:00:00+08:00", "99", "", "", "", "12"),
        ["hour：同一小时有不同的值，均未采用，按缺测处理 2 M1 2020-04-03T08:00:00+08:00"],
    ),
    "half a row": (
        "M1,2020-04-03T09:0",
        ["：该行不能拆成列：列数不符：表头有7列，本行有2列 1 M1,2020-04-03T09:0"],
    ),
    "nobody's hour": (
        hour_row("", "2020-04-03T09:00:00+08:00", "50", "", "", "", "12"),
        ["station_id：必填，未填写 1"],
    ),
}


@pytest.mark.parametrize("case", BAD_HOURS)
def test_a_bad_hour_is_named_and_the_others_go_on(engine: Engine, tmp_path: Path, case: str) -> None:
    row, expected = BAD_HOURS[case]
    done = taken(engine, tmp_path, world(tmp_path / "world", station_hours__csv=HOURS + row))
    assert (said(done), done.rejected) == (expected, [])
    stations = readings(tmp_path)["station_id"].tolist()
    assert "M2" in stations
    with reading(engine) as connection:
        kept = connection.execute(select(quarantine.c.kind, quarantine.c.state)).all()
    assert kept == [("stations", "open")]
    world(tmp_path / "world", station_hours__csv=HOURS)
    taken(engine, tmp_path, tmp_path / "world")
    with reading(engine) as connection:
        assert connection.execute(select(quarantine.c.state)).scalars().all() == ["replayed"]


def test_hours_wait_for_their_station(engine: Engine, tmp_path: Path) -> None:
    folder = world(
        tmp_path / "world",
        station_hours__csv=HOURS + hour_row("X9", "2020-04-03T08:00:00+08:00", "50", *[""] * 4),
    )
    taken(engine, tmp_path, folder)
    assert readings(tmp_path)["station_id"].tolist() == ["M1", "M2", "X9"]
    (tmp_path / "stations_new.csv").write_text(
        STATIONS.splitlines()[0] + "\nX9,micro,370800,T1,116.42,35.01,,,\n", "utf-8"
    )
    import_stations(engine, tmp_path / "days", [tmp_path / "stations_new.csv"], now=NOW)
    with reading(engine) as connection:
        assert connection.execute(select(quarantine.c.state)).scalars().all() == ["replayed"]


BAD_STATIONS = {
    "outside its grid": ("M3,micro,370800,T1,116.50,35.01,,,", "lon：站点不在所填网格范围内（M3） 1 116.50"),
    "a second place at one time": (
        "M1,micro,370800,T1,116.42,35.01,2019-07-03,,",
        "station_id：两行同一编号的站点时段重叠，采用先列的一行（M1） 1 M1",
    ),
    "without a grid": ("M3,micro,370800,,116.41,35.01,,,", "grid_id：微站须填写所在网格（M3） 1"),
    "an unknown kind": (
        "M3,mini,370800,T1,116.41,35.01,,,",
        "kind：应为：micro、official、weather（M3） 1 mini",
    ),
    "lon and lat swapped": (
        "M3,micro,370800,T1,35.01,116.41,,,",
        "lat：超出范围：应在-90至90之间（经纬度可能填反）（M3） 1 116.41",
    ),
    "ends before it begins": (
        "M3,micro,370800,T1,116.41,35.01,2020-04-01,2020-03-01,",
        "valid_to：早于（或小于）valid_from，先后顺序不对（M3） 1 2020-03-01",
    ),
}


@pytest.mark.parametrize("case", BAD_STATIONS)
def test_a_bad_station_is_named_and_the_others_stand(engine: Engine, tmp_path: Path, case: str) -> None:
    row, expected = BAD_STATIONS[case]
    done = taken(engine, tmp_path, world(tmp_path / "world", stations__csv=STATIONS + row + "\n"))
    assert said(done) == [expected]
    with reading(engine) as connection:
        rows = connection.execute(
            select(station.c.station_id, station.c.lon).order_by(station.c.station_id)
        ).all()
    assert rows == [("370800-W01", 116.5), ("M1", 116.41), ("M2", 116.42)]


@pytest.mark.parametrize("place", ["117.2,39.1", "0,0"])
def test_a_station_outside_its_unit_is_named_and_the_told_unit_stands(
    engine: Engine, tmp_path: Path, place: str
) -> None:
    rows = f"B1,official,110000,,{place},2020-01-01,,\nB2,official,110000,,116.4,39.9,2020-01-01,,\n"
    path = tmp_path / "stations.csv"
    path.write_text(STATIONS.splitlines()[0] + "\n" + rows)
    done = import_stations(engine, tmp_path / "days", [path], now=NOW)
    assert [note for note in done.notes if "坐标" in note] == [
        f"stations.csv：1个站点的坐标不在所填单位的范围内，仍按所填单位采用，请核对：B1（{place.replace(',', '，')}）"
    ]
    with reading(engine) as connection:
        query = select(station.c.station_id, station.c.unit_code).order_by(station.c.station_id)
        assert connection.execute(query).all() == [("B1", "110000"), ("B2", "110000")]


def test_a_station_that_moved_has_two_stays(engine: Engine, tmp_path: Path) -> None:
    done = taken(
        engine,
        tmp_path,
        world(
            tmp_path / "world", stations__csv=STATIONS + "M1,micro,370800,T1,116.425,35.015,2020-04-10,,\n"
        ),
    )
    assert (said(done), done.notes) == ([], ["1个站点迁移，前一位置止于：M1（2020-04-10）"])
    with reading(engine) as connection:
        query = select(station.c.valid_from, station.c.valid_to).where(station.c.station_id == "M1")
        assert sorted(connection.execute(query).all(), key=str) == [
            (date(2019, 7, 3), date(2020, 4, 10)),
            (date(2020, 4, 10), None),
        ]


def test_a_station_that_is_put_elsewhere_without_a_date_is_named(engine: Engine, tmp_path: Path) -> None:
    taken(engine, tmp_path, world(tmp_path / "world"))
    moved = STATIONS.replace("116.42,", "116.425,")
    done = taken(engine, tmp_path, world(tmp_path / "later", stations__csv=moved))
    assert [note for note in done.notes if "如系迁移" in note] == [
        "1个站点的位置与此前所填不同，启用日期未变，按更正处理，此前的读数也算在新位置；如系迁移，请另列一行并填写启用日期：M2（2019-07-03起）"
    ]


def test_of_two_rows_that_tell_one_grid_differently_the_first_stands(engine: Engine, tmp_path: Path) -> None:
    first = GRIDS.splitlines()[1]
    other = first.replace("1号网格,116.40", "2号网格,116.39")
    done = taken(engine, tmp_path, world(tmp_path / "world", grids__csv=f"{GRIDS}{first}\n{other}\n"))
    assert said(done) == ["grid_id：两行同一编号的网格内容不同，采用先列的一行（T1） 1 T1"]
    with reading(engine) as connection:
        assert connection.execute(select(grid.c.name, grid.c.west)).all() == [("鱼台县1号网格", 116.4)]


def test_hours_of_another_day_than_the_files_name_are_refused(engine: Engine, tmp_path: Path) -> None:
    utc = HOURS.replace("2020-04-03T08:00:00+08:00", "2020-04-02T16:00:00")
    done = taken(engine, tmp_path, world(tmp_path / "world", station_hours_20200403__csv=utc))
    assert [str(error).split(";")[0] for error in done.rejected] == [
        "station_hours_20200403.csv: the hours are not those of the day in the file's name: another time zone, or labels at the "
        "hour's end"
    ]
    assert readings(tmp_path).empty
    assert said(done) == [
        "：文件不能使用：" + done.rejected[0].what + " 1 2020-04-02 16:00 to 2020-04-02 16:00"
    ]


def test_times_without_a_zone_are_beijing_time_and_said_so(engine: Engine, tmp_path: Path) -> None:
    folder = world(tmp_path / "world", station_hours_20200403__csv=HOURS.replace("+08:00", ""))
    assert taken(engine, tmp_path, folder).notes == [
        "station_hours_20200403.csv：时间未注明时区，按北京时间采用"
    ]
    assert readings(tmp_path)["hour"].dt.hour.tolist() == [0, 0]


def test_hours_in_the_future_are_refused_with_the_last_of_them(engine: Engine, tmp_path: Path) -> None:
    rows = [
        hour_row("M1", f"2099-04-03T{hour:02}:00:00+08:00", "41", "", "", "", "12") for hour in (9, 8, 10)
    ]
    text = HOURS.splitlines()[0] + "\n" + "".join(rows)
    done = taken(engine, tmp_path, world(tmp_path / "world", station_hours_20990403__csv=text))
    assert said(done) == ["hour：在未来：该小时尚未结束（至2099-04-03 10:00） 3 2099-04-03T09:00:00+08:00"]


def test_values_in_milligrams_are_no_readings(engine: Engine, tmp_path: Path) -> None:
    rows = [
        hour_row(name, f"2020-04-03T{hour:02}:00:00+08:00", value, "", "", "", "12")
        for name, value in (("M1", "0.041"), ("M2", "41"))
        for hour in range(8)
    ]
    folder = world(
        tmp_path / "world", station_hours_20200403__csv=HOURS.splitlines()[0] + "\n" + "".join(rows)
    )
    done = taken(engine, tmp_path, folder)
    assert said(done) == ["pm25_ug_m3：疑以mg/m³为单位（或无输出），1个站点（M1）的值按缺测处理 8 0.041"]
    assert set(readings(tmp_path)["station_id"]) == {"M2"}
    told = HOURS.replace("pm25_ug_m3", "pm25_mg_m3")
    done = taken(engine, tmp_path, world(tmp_path / "world", station_hours_20200403__csv=told))
    assert "wanted in the unit of the column's name" in str(done.rejected[0])


def test_hours_told_as_missing_are_hours_that_are_not_there(engine: Engine, tmp_path: Path) -> None:
    rows = hour_row("M1", "2020-04-03T09:00:00+08:00", "", "", "", "", "0") + hour_row(
        "M2", "2020-04-03T09:00:00+08:00", "", "", "", "", ""
    )
    done = taken(engine, tmp_path, world(tmp_path / "world", station_hours_20200403__csv=HOURS + rows))
    assert (done.absent, len(readings(tmp_path)), said(done)) == (2, 2, [])


def test_half_of_a_last_value_never_replaces_a_whole_one(engine: Engine, tmp_path: Path) -> None:
    taken(engine, tmp_path, world(tmp_path / "world"))
    for later, quoted in enumerate((False, True), 1):  # both ways of reading a text
        half = HOURS.replace(",12\n", ",11\n").replace("44,,,,8\n", "44,,,,1")
        if quoted:
            half = half.replace("M1,", '"M1",')
        done = taken(
            engine, tmp_path, world(tmp_path / "world", station_hours_20200403__csv=half), NOW + later * HOUR
        )
        assert said(done) == [
            "sample_count：末行没有换行，可能是半个文件：与已存的值不同，未采用；确为更正的，补上行末换行后重新导入 1 1"
        ]
        assert done.faults[0].row == "M2 2020-04-03T08:00:00+08:00 sample_count=8→1（已存→本文件）"
        assert readings(tmp_path)["sample_count"].tolist() == [11, 8]
    done = taken(
        engine, tmp_path, world(tmp_path / "world", station_hours_20200403__csv=half + "\n"), NOW + 3 * HOUR
    )
    assert (said(done), done.notes, readings(tmp_path)["sample_count"].tolist()) == ([], [], [11, 1])


def test_a_whole_file_without_a_last_line_end_is_read_and_told(engine: Engine, tmp_path: Path) -> None:
    folder = world(tmp_path / "world", station_hours_20200403__csv=HOURS.rstrip("\n"))
    note = "station_hours_20200403.csv：末行没有换行（可能是半个文件），已照读；若与已存的值不同则不采用"
    for _ in range(2):
        done = taken(engine, tmp_path, folder)
        assert (said(done), done.notes) == ([], [note])
        assert readings(tmp_path)["sample_count"].tolist() == [12, 8]


def test_half_of_a_meters_last_value_is_set_apart(engine: Engine, tmp_path: Path) -> None:
    whole = "enterprise_id,hour,production_kw,treatment_kw\nQ1,2020-04-03T08:00:00+08:00,266,128.5\n"
    for text in (whole, whole[:-4]):
        done = taken(engine, tmp_path, world(tmp_path / "world", submeter_hours_20200403__csv=text))
    assert [fault.field for fault in done.faults] == ["enterprise_id", "treatment_kw"]
    assert readings(tmp_path, SUBMETER_HOURS)["treatment_kw"].tolist() == [128.5]


def test_parquet_says_the_same_as_csv_and_half_a_file_is_named(engine: Engine, tmp_path: Path) -> None:
    folder = world(tmp_path / "world")
    frame = pd.read_csv(folder / "station_hours_20200403.csv")
    frame["hour"] = pd.to_datetime(frame["hour"])
    frame.to_parquet(folder / "station_hours_20200403.parquet")
    (folder / "station_hours_20200403.csv").unlink()
    whole = (folder / "station_hours_20200403.parquet").read_bytes()
    (folder / "station_hours_20200404.parquet").write_bytes(whole[: len(whole) // 2])
    done = taken(engine, tmp_path, folder)
    assert readings(tmp_path)["pm25_ug_m3"].tolist() == [40.5, 44.0]
    assert [error.what for error in done.rejected] == ["the file cannot be read as Parquet"]
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        import_stations(engine, tmp_path / "days", [folder / "station_hours_20200404.parquet"], now=NOW)


def test_a_folder_without_any_file_of_ours_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n", "utf-8")
    with pytest.raises(InputError, match="no file of stations"):
        import_stations(engine, tmp_path / "days", [tmp_path], now=NOW)
    with pytest.raises(InputError, match="no telling what the file holds"):
        import_stations(engine, tmp_path / "days", [tmp_path / "other.csv"], now=NOW)
    with pytest.raises(InputError, match="no such file"):
        import_stations(engine, tmp_path / "days", [tmp_path / "absent"], now=NOW)


@pytest.mark.parametrize("code", ["TW0001", "MX-CDMX.Iztapalapa_0000000000001", "某新区"])
def test_a_world_anywhere_brings_its_units(engine: Engine, tmp_path: Path, code: str) -> None:
    files = {
        "grids__csv": GRIDS.replace("370800", code),
        "stations__csv": STATIONS.replace(",370800,", f",{code},"),
    }
    try:
        done = taken(engine, tmp_path, world(tmp_path / "world", **files))
        assert (dict(done.new)["stations"], done.notes, said(done)) == (3, [f"新登记的单位：{code}"], [])
        with reading(engine) as connection:
            assert set(connection.execute(select(station.c.unit_code)).scalars()) == {code}
    finally:  # the table of cities is shared by the tests on PostgreSQL
        with writing(engine) as connection:
            for table in (station, grid):
                connection.execute(table.delete())
            connection.execute(city.delete().where(city.c.unit_code == code))


def test_five_minute_values_become_hours(engine: Engine, tmp_path: Path) -> None:
    rows = [
        f"M1,2020-04-03T08:{minute:02}:00+08:00,{value},\n"
        for minute, value in ((0, 30), (5, 40), (6, 60), (55, 70))
    ]
    rows.append("M1,2020-04-03T08:20:00+08:00,65535,\n")
    text = "station_id,observed_at,pm25_ug_m3,rh_pct\n" + "".join(rows)
    folder = world(tmp_path / "world", station_minutes_20200403__csv=text)
    (folder / "station_hours_20200403.csv").unlink()
    done = taken(engine, tmp_path, folder)
    found = readings(tmp_path)
    assert found[["station_id", "pm25_ug_m3", "sample_count"]].values.tolist() == [["M1", 50.0, 3]]
    assert said(done) == ["pm25_ug_m3：超出仪器范围（0至5000），该值按缺测处理 1 65535"]


def test_any_layout_by_mapping(engine: Engine, tmp_path: Path) -> None:
    folder = world(tmp_path / "world")
    (folder / "station_hours_20200403.csv").unlink()
    (folder / "微站小时值.csv").write_text("设备,日期,时,PM\nM1,2020-04-03,9,40.5\n", "utf-8")
    (tmp_path / "layout.yaml").write_text(
        "tables:\n  station_hours:\n    files: ['微站*.csv']\n    columns:\n      station_id: 设备\n      pm25_ug_m3: PM\n"
        "      hour: {moment: '{日期}', format: '%Y-%m-%d', hours: 时, hour_label: end}\n",
        "utf-8",
    )
    tables = load(tmp_path / "layout.yaml", office_zone(), STATION_LAYOUTS).tables
    done = import_stations(engine, tmp_path / "days", [folder], now=NOW, mappings=tables)
    found = readings(tmp_path)
    assert (said(done), found["pm25_ug_m3"].tolist(), found["sample_count"].tolist()) == ([], [40.5], [12])
    assert found["hour"].dt.tz_convert(office_zone()).dt.hour.tolist() == [8]


def test_a_micro_station_of_an_unknown_grid_waits_for_its_grid(engine: Engine, tmp_path: Path) -> None:
    stray = "M7,micro,370800,T9,116.51,35.01,2019-07-03,,模拟数据\n"
    done = taken(engine, tmp_path, world(tmp_path / "a", stations__csv=STATIONS + stray))
    assert said(done) == ["grid_id：网格未登记：微站已保存，暂不参与研判，网格登记后自动采用 1 T9"]

    def judged() -> list[str]:
        with reading(engine) as connection:
            network = network_of(stations_known(connection), grids_known(connection))
        return network.stations["station_id"].tolist()

    assert judged() == ["370800-W01", "M1", "M2"]
    later = tmp_path / "b"
    later.mkdir()
    (later / "grids.csv").write_text(
        GRIDS + "T9,370800,鱼台县,鱼台县9号网格,116.50,35.00,116.53,35.03,true,true,模拟数据\n",
        encoding="utf-8",
    )
    taken(engine, tmp_path, later)
    assert judged() == ["370800-W01", "M1", "M2", "M7"]
    with reading(engine) as connection:
        assert connection.execute(select(quarantine.c.state)).scalars().all() == ["replayed"]


def test_a_meter_that_runs_backwards_is_kept_and_named_by_enterprise(engine: Engine, tmp_path: Path) -> None:
    meters = "enterprise_id,hour,production_kw,treatment_kw\nQ1,2020-04-03T08:00:00+08:00,-80,20\n"
    done = taken(engine, tmp_path, world(tmp_path / "w", submeter_hours_20200403__csv=meters))
    assert said(done) == [
        "production_kw：功率为负（电表反转或接反），已保存，不参与计算（Q1） 1 -80",
        f"enterprise_id：{UNKNOWN_METER} 1 Q1",
    ]
    hours = readings(tmp_path, SUBMETER_HOURS)
    assert hours["production_kw"].tolist() == [-80.0]
    assert meter_faults(hours, pd.Series(["Q1"]), DEFAULT_RULES)["fault"].tolist() == ["negative"]
    complete = meter_completeness(hours, pd.Series(["Q1"]), date(2020, 4, 3), DEFAULT_RULES)
    assert complete[["used_hours", "completeness", "fault"]].values.tolist() == [[0, 0.0, "negative"]]


def test_a_register_for_a_power_is_named_whichever_way_it_runs(engine: Engine, tmp_path: Path) -> None:
    lines = ["enterprise_id,hour,production_kw,treatment_kw"]
    for hour in range(24):
        at = f"2020-04-03T{hour:02d}:00:00+08:00"
        lines += [f"ON,{at},{5000 + 10 * hour},20", f"BACK,{at},{100 + hour % 2},{900 - 2 * hour}"]
    folder = world(tmp_path / "world", submeter_hours_20200403__csv="\n".join([*lines, ""]))
    assert said(taken(engine, tmp_path, folder)) == [
        "production_kw：数值只升不降（电表累计读数，千瓦时），已保存，不参与计算（ON） 24 5230",
        "treatment_kw：数值只降不升（电表反转的累计读数，千瓦时），已保存，不参与计算（BACK） 24 854",
        f"enterprise_id：{UNKNOWN_METER} 24 BACK",
        f"enterprise_id：{UNKNOWN_METER} 24 ON",
    ]


def test_unknown_stations_are_shown_one_line_each_after_the_other_faults() -> None:
    faults = [
        Fault("a.csv", "station_id", UNKNOWN_STATION, "X9", 0, 3),
        Fault("a.csv", "hour", "在未来", "2030", 4),
        Fault("b.csv", "station_id", UNKNOWN_STATION, "X9", 0, 2),
    ]
    assert shown(faults) == ["a.csv 第4行起 hour：在未来，共1行，如“2030”", f"X9 {UNKNOWN_STATION}，共5小时"]


def test_codes_of_calm_and_variable_wind_are_taken_as_what_they_say(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "grids.csv").write_text(GRIDS, encoding="utf-8")
    (tmp_path / "stations.csv").write_text(STATIONS, encoding="utf-8")
    told = [
        ("360", "2"),
        ("0", "2"),
        ("C", ""),
        ("静风", "0.2"),
        ("999017", "999999"),
        ("VRB", "1.5"),
        ("990", ""),
        ("NNE", "3"),
        ("乱风", "3"),
    ]
    lines = [
        f"370800-W01,2020-03-01T{hour:02d}:00:00+08:00,{origin},{speed}"
        for hour, (origin, speed) in enumerate(told)
    ]
    text = "\n".join(["station_id,hour,wind_from_deg,wind_speed_m_s", *lines])
    (tmp_path / "winds_20200301.csv").write_text(text + "\n", encoding="utf-8")
    done = import_stations(engine, tmp_path / "stations", [tmp_path], now=NOW)
    rows = read_hours(
        tmp_path / "stations", WINDS, datetime(2020, 2, 29, 16, tzinfo=UTC), datetime(2020, 3, 2, tzinfo=UTC)
    ).to_pandas()
    rows = rows.sort_values("hour")[["wind_from_deg", "wind_speed_m_s"]].astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        [0.0, 2.0], [0.0, 2.0], [None, 0.0], [None, pytest.approx(0.2)], [None, 0.0], [None, 1.5], [22.5, 3.0], [None, 3.0]
    ]  # fmt: skip
    assert done.absent == 1  # variable, without a speed
    assert [(fault.field, fault.value) for fault in done.faults] == [("wind_from_deg", "乱风")]
    assert [note.split("：", 1)[1] for note in done.notes] == [
        "3小时的风向为静风代码（如“C”），按静风采用",
        "2小时的风向为风向不定代码（如“VRB”），按风向不定采用",
    ]


@pytest.mark.parametrize(
    ("column", "values", "fault"),
    [
        ("hour", pa.array([2**62], pa.timestamp("us")), "hour"),
        ("hour", pa.array([2**40], pa.timestamp("s", "UTC")), "hour"),
        ("hour", pa.array([0], pa.timestamp("us", "Mars/X")), "hour"),
        ("hour", pa.array([1], pa.time64("us")), "hour"),
        ("hour", [20200403], "hour"),
        ("pm25_ug_m3", [True], "pm25_ug_m3"),
        ("pm25_ug_m3", [[40.0]], "pm25_ug_m3"),
        ("pm25_ug_m3", [math.inf], "pm25_ug_m3"),
        ("pm25_ug_m3", ["²"], "pm25_ug_m3"),
        ("station_id", [["M1"]], "station_id"),
        ("station_id", ["M1\ufffd"], "station_id"),
        ("pm25_ug_m3", ["４０"], None),
        ("station_id", ["Ｍ1\u200b"], None),
        ("hour", ["２０２０-04-03T08:00:00+08:00"], None),
    ],
    ids=str,
)
def test_a_parquet_file_means_what_a_csv_file_of_it_would(
    engine: Engine, tmp_path: Path, column: str, values: Any, fault: str | None
) -> None:
    taken(engine, tmp_path, world(tmp_path / "world"))
    row = {"station_id": ["M1"], "hour": ["2020-04-03T08:00:00+08:00"], "pm25_ug_m3": [40.0]}
    path = tmp_path / "station_hours_odd.parquet"
    pq.write_table(pa.table({**row, column: values}), path)
    done = import_stations(engine, tmp_path / "days", [path], now=NOW + HOUR)
    assert [one.field for one in done.faults] == ([fault] if fault else [])
    assert (done.rejected, done.files) == ([], 1)
    if not fault:
        found = readings(tmp_path)
        assert found[found["station_id"] == "M1"]["pm25_ug_m3"].tolist() == [40.0]


def enterprises(folder: Path, *numbers: str) -> Path:
    rows = [
        f"{number},{number}木业厂,木业,116.41{at},35.01,370800,,模拟数据" for at, number in enumerate(numbers)
    ]
    path = folder / "enterprises.csv"
    header = "enterprise_id,name,industry,lon,lat,unit_code,county,data_origin"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def waiting(engine: Engine) -> list[tuple[str, str, str]]:
    query = select(quarantine.c.value, quarantine.c.reason, quarantine.c.state)
    with reading(engine) as connection:
        return sorted(tuple(row) for row in connection.execute(query))


METERS = "enterprise_id,hour,production_kw,treatment_kw\n" + "".join(
    f"{number},2020-04-03T{hour:02d}:00:00+08:00,80,20\n" for number in ("Q1", "Q2", "Q3") for hour in (8, 9)
)


def test_a_meter_of_an_unknown_enterprise_is_named_at_once_and_settles_when_the_enterprise_comes(
    engine: Engine, tmp_path: Path
) -> None:
    import_enterprises(engine, enterprises(tmp_path, "Q1"), datum="WGS84", now=NOW)
    folder = world(tmp_path / "w", submeter_hours_20200403__csv=METERS)
    done = taken(engine, tmp_path, folder)
    assert said(done) == [f"enterprise_id：{UNKNOWN_METER} 2 Q2", f"enterprise_id：{UNKNOWN_METER} 2 Q3"]
    assert shown(done.faults) == [f"Q2 {UNKNOWN_METER}，共2小时", f"Q3 {UNKNOWN_METER}，共2小时"]
    assert len(readings(tmp_path, SUBMETER_HOURS)) == 6
    # The next hour's file says it again to whom reads it; the quarantine says it once.
    (folder / "submeter_hours_20200404.csv").write_text(METERS.replace("04-03", "04-04"), encoding="utf-8")
    assert len(taken(engine, tmp_path, folder).faults) == 4
    assert waiting(engine) == [("Q2", UNKNOWN_METER, "open"), ("Q3", UNKNOWN_METER, "open")]
    import_enterprises(engine, enterprises(tmp_path, "Q1", "Q3"), datum="WGS84", now=NOW)
    assert waiting(engine) == [("Q2", UNKNOWN_METER, "open"), ("Q3", UNKNOWN_METER, "replayed")]
    import_enterprises(engine, enterprises(tmp_path, "Q1", "Q2", "Q3"), datum="WGS84", now=NOW)
    assert said(taken(engine, tmp_path, folder)) == []
    assert {state for _, _, state in waiting(engine)} == {"replayed"}


def test_of_many_unknown_enterprises_the_first_are_named_and_the_others_counted(
    engine: Engine, tmp_path: Path
) -> None:
    numbers = [f"Q{number:03d}" for number in range(MOST_NAMED + 3)]
    rows = "".join(f"{number},2020-04-03T08:00:00+08:00,80,20\n" for number in numbers)
    text = METERS.splitlines()[0] + "\n" + rows
    folder = world(tmp_path / "w", submeter_hours_20200403__csv=text)
    done = taken(engine, tmp_path, folder)
    assert [fault.value for fault in done.faults] == [*numbers[:MOST_NAMED], "Q200等3家"]
    assert done.faults[-1].count == 3
    assert len(waiting(engine)) == MOST_NAMED + 1
    import_enterprises(engine, enterprises(tmp_path, *numbers[:MOST_NAMED]), datum="WGS84", now=NOW)
    assert {state for _, _, state in waiting(engine)} == {"replayed"}
    assert said(taken(engine, tmp_path, folder)) == [
        f"enterprise_id：{UNKNOWN_METER} 1 {number}" for number in numbers[MOST_NAMED:]
    ]
