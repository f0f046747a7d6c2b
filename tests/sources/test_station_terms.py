"""Hours 1 to 24 and units of headings in tables of stations: the rules of air quality."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError
from include.periods import office_zone
from include.sources.mapping.files import load
from include.sources.stations.intake import StationImport, import_stations
from include.sources.stations.layouts import STATION_LAYOUTS
from include.store.engine import open_engine, reading
from include.store.station_hours import STATION_HOURS, WINDS, read_hours
from include.store.tables import city

NOW = datetime(2026, 5, 20, 1, tzinfo=UTC)
HOURS = (
    "station_hours:\n    columns: {station_id: id, hour: {moment: '{日期}', hours: 时}, pm25_ug_m3: PM2.5}"
)


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path):
    shutil.copy(sqlite_template, tmp_path / "supervision.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    yield engine
    engine.dispose()


def take(engine: Engine, folder: Path, mapping: str, **files: str) -> StationImport:
    (folder / "m.yaml").write_text(f"tables:\n  {mapping}\n")
    mappings = load(folder / "m.yaml", office_zone(), STATION_LAYOUTS).tables
    paths = []
    for name, text in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text)
    return import_stations(engine, folder / "days", paths, now=NOW, mappings=mappings)


def stored(folder: Path, name: str, table=STATION_HOURS) -> dict[str, float]:
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    rows = read_hours(folder / "days", table, start, end).to_pandas()
    at = rows["hour"].dt.tz_convert(office_zone()).dt.strftime("%d %H")
    return dict(zip(at, rows[name].astype("float64").round(4), strict=True))


def day(number: int, hours: object) -> str:
    rows = (f"M1,2026-03-{number},{hour},{100 * number + hour}\n" for hour in hours)  # type: ignore[attr-defined]
    return "id,日期,时,PM2.5\n" + "".join(rows)


def test_hours_1_to_24_end_and_a_part_of_a_day_goes_by_the_others(sqlite: Engine, tmp_path: Path) -> None:
    done = take(
        sqlite,
        tmp_path,
        HOURS,
        station_hours_a=day(13, range(1, 5)),
        station_hours_b=day(12, range(1, 25)),
    )
    assert stored(tmp_path, "pm25_ug_m3") == {f"12 {hour:02}": 1201.0 + hour for hour in range(24)} | {
        f"13 {hour:02}": 1301.0 + hour for hour in range(4)
    }
    assert [note for note in done.notes if "1至24" in note] == [
        f"station_hours_{name}.csv：小时为1至24，按整点结束时刻理解，24时属于所记的日期" for name in "ba"
    ]


def test_a_time_of_24_o_clock_ends_too(sqlite: Engine, tmp_path: Path) -> None:
    rows = "".join(f"M1,2026-03-12 {hour:02}:00,{hour}\n" for hour in range(1, 25))
    own = "station_hours:\n    columns: {station_id: id, hour: t, pm25_ug_m3: v}"
    take(sqlite, tmp_path, own, station_hours="id,t,v\n" + rows)
    assert stored(tmp_path, "pm25_ug_m3") == {f"12 {hour:02}": 1.0 + hour for hour in range(24)}


def test_hours_that_nobody_tells_apart_are_refused(sqlite: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="may begin or end"):
        take(sqlite, tmp_path, HOURS, station_hours=day(13, range(1, 5)))


def test_an_odd_hour_0_is_named(sqlite: Engine, tmp_path: Path) -> None:
    text = "".join(day(number, range(1, 25)).replace("id,日期,时,PM2.5\n", "") for number in range(10, 15))
    done = take(sqlite, tmp_path, HOURS, station_hours="id,日期,时,PM2.5\n" + text + "M1,2026-03-12,0,99\n")
    assert [
        (fault.field, fault.value, fault.count) for fault in done.faults if "有效的时间" in fault.reason
    ] == [("hour", "2026-03-12 0(不是1至24的小时,整行未用)", 1)]
    assert stored(tmp_path, "pm25_ug_m3")["12 00"] == 1201.0


@pytest.mark.parametrize(
    ("heading", "told", "speed"),
    [
        ("风速（km/h）", 36, 10.0),
        ("风速(m/s)", 36, 36.0),
        ("风速[kn]", 10, 5.1444),
        ("wind_mph", 10, 4.4704),
        ("风速", 3, 3.0),
        ("风速（10分钟平均）", 3, 3.0),
    ],
)
def test_units_of_headings_are_taken(
    sqlite: Engine, tmp_path: Path, heading: str, told: float, speed: float
) -> None:
    own = (
        f"winds:\n    columns: {{station_id: id, hour: t, wind_from_deg: 风向, wind_speed_m_s: '{heading}'}}"
    )
    take(sqlite, tmp_path, own, winds=f"id,t,风向,{heading}\nM1,2026-03-12 00:00,15,{told}\n")
    assert stored(tmp_path, "wind_speed_m_s", WINDS) == {"12 00": speed}


def test_units_of_stations(sqlite: Engine, tmp_path: Path) -> None:
    own = (
        "station_hours:\n    columns: {station_id: id, hour: t, pm25_ug_m3: 'PM2.5（mg/m³）', pm10_ug_m3: {column: p, unit: mg/m3}, "
        "temperature_c: 温度℉, rh_pct: '湿度（%）'}"
    )
    text = "id,t,PM2.5（mg/m³）,p,温度℉,湿度（%）\n" + "".join(
        f"M1,2026-03-12 {hour:02}:00,0.04,0.08,50,61\n" for hour in range(24)
    )
    take(sqlite, tmp_path, own, station_hours=text)
    found = {
        name: set(stored(tmp_path, name).values())
        for name in ("pm25_ug_m3", "pm10_ug_m3", "temperature_c", "rh_pct")
    }
    assert found == {"pm25_ug_m3": {40.0}, "pm10_ug_m3": {80.0}, "temperature_c": {10.0}, "rh_pct": {61.0}}


@pytest.mark.parametrize(
    "heading",
    ["风速（hPa）", "风速（ly/fortnight）", "风速（℃）", "风力等级", "风级", "Beaufort", "风力（级）"],
)
def test_a_unit_of_something_else_is_refused_by_name(sqlite: Engine, tmp_path: Path, heading: str) -> None:
    own = (
        f"winds:\n    columns: {{station_id: id, hour: t, wind_from_deg: 风向, wind_speed_m_s: '{heading}'}}"
    )
    with pytest.raises(InputError, match="none of the quantity"):
        take(sqlite, tmp_path, own, winds=f"id,t,风向,{heading}\nM1,2026-03-12 00:00,15,3\n")


def test_humidities_that_are_shares_want_a_unit(sqlite: Engine, tmp_path: Path) -> None:
    own = "station_hours:\n    columns: {station_id: id, hour: t, pm25_ug_m3: PM2.5_mg, rh_pct: %s}"
    text = "id,t,PM2.5_mg,湿度\n" + "".join(
        f"M1,2026-03-12 {hour:02}:00,0.04,{0.5 + hour / 100:.2f}\n" for hour in range(24)
    )
    with pytest.raises(InputError, match="shares of one, not percent"):
        take(sqlite, tmp_path, own % "湿度", station_hours=text)
    take(sqlite, tmp_path, own % "{column: 湿度, unit: percent}", station_hours=text)
    assert stored(tmp_path, "rh_pct")["12 07"] == 0.57
    assert set(stored(tmp_path, "pm25_ug_m3").values()) == {40.0}


def test_a_row_that_is_not_taken_registers_no_unit(sqlite: Engine, tmp_path: Path) -> None:
    own = (
        "stations:\n    columns: {station_id: id, kind: {constant: official}, unit_code: 城市, lon: x, lat: y, "
        "grid_id: {constant: ''}}"
    )
    done = take(sqlite, tmp_path, own, stations="id,城市,x,y\nS1,水星,108.9,34.2\nS2,火星,108.9,三十四\n")
    assert [note for note in done.notes if "新登记" in note] == ["新登记的单位：水星"]
    with reading(sqlite) as connection:
        names = set(connection.execute(select(city.c.unit_code)).scalars())
    assert "水星" in names
    assert "火星" not in names


def test_winds_that_are_told_in_words(sqlite: Engine, tmp_path: Path) -> None:
    rows = "".join(
        f"M1,2026-03-12 {hour:02}:00,{word},3\n"
        for hour, word in enumerate(("北", "东北风", "SSW", "90", "静风"))
    )
    own = "winds:\n    columns: {station_id: id, hour: t, wind_from_deg: 风向, wind_speed_m_s: 风速}"
    done = take(sqlite, tmp_path, own, winds="id,t,风向,风速\n" + rows)
    found = stored(tmp_path, "wind_from_deg", WINDS)
    assert [found[f"12 {hour:02}"] for hour in range(4)] == [0.0, 45.0, 202.5, 90.0]
    assert not [fault for fault in done.faults if fault.field == "wind_from_deg"]


WINDS_OF = "winds:\n    columns: {{station_id: id, hour: t, wind_from_deg: {}, wind_speed_m_s: v}}"


def winds(heading: str, directions: list[object]) -> str:
    rows = (f"M1,2026-03-12 {hour:02}:00,{each},2\n" for hour, each in enumerate(directions))
    return f"id,t,{heading},v\n" + "".join(rows)


@pytest.mark.parametrize(
    "heading",
    ["风向(16方位)", "风向（16方位）", "风向16向", "风向代码", "wind sector", "风向(10°)", "风向（数学角）"],
)
def test_directions_that_are_sectors_by_their_heading_are_refused(
    sqlite: Engine, tmp_path: Path, heading: str
) -> None:
    with pytest.raises(InputError, match="numbers of sectors, not degrees"):
        take(sqlite, tmp_path, WINDS_OF.format(f"'{heading}'"), winds=winds(heading, [4, 9]))
    assert stored(tmp_path, "wind_from_deg", WINDS) == {}


def test_names_of_sectors_are_read_under_any_heading(sqlite: Engine, tmp_path: Path) -> None:
    take(sqlite, tmp_path, WINDS_OF.format("'风向(16方位)'"), winds=winds("风向(16方位)", ["北东北", "ESE"]))
    assert stored(tmp_path, "wind_from_deg", WINDS) == {"12 00": 22.5, "12 01": 112.5}


def test_directions_that_all_look_like_sectors_want_a_unit(sqlite: Engine, tmp_path: Path) -> None:
    told = winds("风向", [hour % 16 + 1 for hour in range(24)])
    with pytest.raises(InputError, match="numbers of sectors, not degrees"):
        take(sqlite, tmp_path, WINDS_OF.format("风向"), winds=told)
    take(sqlite, tmp_path, WINDS_OF.format("{column: 风向, unit: deg}"), winds=told)
    assert stored(tmp_path, "wind_from_deg", WINDS) == {
        f"12 {hour:02}": hour % 16 + 1.0 for hour in range(24)
    }
