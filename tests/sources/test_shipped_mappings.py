"""Shipped mappings on files made here, in the form that their publishers give: what platforms export, OpenAQ's archive, AirNow's hours."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.geo.datum import from_wgs84
from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.config import SourceConfig
from include.sources.every_table import named_mapping
from include.sources.intake import pull
from include.store.engine import open_engine
from include.store.hourly import read_hours
from tests.sources.exports import at, stored


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


ALARMS = "报警编号,网格编号,点位名称,经度,纬度,首次报警日期,首次报警时段,末次报警日期,末次报警时段,报警次数,PM2.5峰值,推送时间,反馈时限\n"
ANSWERS = "报警编号,状态,操作时间,排查单位,排查人,是否发现问题,情况说明\n"


def test_a_platforms_pages_with_chinese_headings_amap_coordinates_and_hour_24(
    engine: Engine, tmp_path: Path
) -> None:
    """鄠邑 in AMap's coordinates lies 508 m off: back in WGS84 it is where it was. Hour 24 of the 11th begins at 23:00 of the 11th,
    hour 1 of the 12th at 00:00; 24:00 of the 11th is 00:00 of the 12th. The third point lies in Mongolia."""
    lon, lat = from_wgs84(np.array([108.70068]), np.array([34.03175]), "GCJ-02")
    assert (lon[0], lat[0]) == pytest.approx((108.70531, 34.03017), abs=1e-4)
    place = f"{lon[0]:.6f},{lat[0]:.6f}"
    (tmp_path / "报警明细.csv").write_text(
        ALARMS
        + f"B1,G1,某路口,{place},2026/3/11,24,2026/3/12,1,2,182.5,2026-03-11 24:00,2026-03-12 24:00\n"
        + f"B2,G1,某路口,{place},2026年3月11日,1时,2026-03-11,3,3,,2026-03-11 03:20,\n"
        + "B3,G2,某地,106.9,47.9,2026/3/11,5,2026/3/11,5,1,90,2026-03-11 05:20,\n",
        encoding="gb18030",
    )
    (tmp_path / "反馈明细.csv").write_text(
        ANSWERS
        + "B1,已签收,2026-03-11 24:00,,,,\nB1,已反馈,2026-03-12 09:10,某局,张三,是,裸土未覆盖\nB2,已了解,2026-03-11 08:00,,,,\n",
        encoding="utf-8-sig",
    )
    source = SourceConfig("platform", "files", str(tmp_path), mapping="platform_export")
    result = pull(engine, source, at("2026-03-10"), at("2026-03-13"), now=at("2026-03-16"))
    assert (result.read, result.new, result.quarantined) == (6, 4, 2)
    names = ("alarm_id", "unit_code", "county", "started_at", "last_at", "pushed_at", "deadline_at", "alarm_count", "peak_pm25_ug_m3")  # fmt: skip
    midnight = at("2026-03-12")
    assert stored(engine, "alarm", *names) == [
        ("B1", "610100", "鄠邑区", at("2026-03-11T23:00"), midnight, midnight, at("2026-03-13"), 2, 182.5),
        ("B2", "610100", "鄠邑区", at("2026-03-11T00:00"), at("2026-03-11T02:00"), at("2026-03-11T03:20"), at("2026-03-12T03:20"), 3, None),
    ]  # fmt: skip
    ((told_lon, told_lat),) = set(stored(engine, "alarm", "lon", "lat"))
    assert (told_lon, told_lat) == pytest.approx((108.70068, 34.03175), abs=2e-6)
    assert stored(engine, "feedback_event", "alarm_id", "event", "event_at", "problem_found") == [
        ("B1", "acknowledged", midnight, None),
        ("B1", "submitted", at("2026-03-12T09:10"), True),
    ]
    said = dict(stored(engine, "quarantine", "field", "reason"))
    assert sorted(said) == ["event", "lon"]
    assert said["event"].startswith("应为：acknowledged、submitted")
    assert said["lon"] == "坐标在本机关各单位的范围以外，不收（应核对经纬度和坐标系）"


def hours(store: Engine, folder: Path, name: str, text: str, **options: object) -> tuple[ImportResult, dict[tuple[str, str, int], float]]:  # fmt: skip
    path = folder / name
    path.write_text(text, encoding="utf-8")
    result = import_air_quality(
        store,
        folder / "air",
        [path],
        now=datetime(2026, 3, 16, tzinfo=UTC),
        **options,  # type: ignore[arg-type]
    )
    found = {}
    for day in result.days:
        rows = read_hours(folder / "air", day.dataset, [day.observed_on])  # type: ignore[arg-type]
        long = rows.melt(["place_id", "observed_on", "hour"], var_name="quantity").dropna(subset="value")
        found |= {
            (str(row.quantity), str(row.observed_on)[:10], int(row.hour)): float(row.value)
            for row in long.itertuples()
        }
    return result, found


def test_hours_of_a_platforms_pages(store: Engine, tmp_path: Path) -> None:
    """Even a file with a single hour of the day means the hour's end."""
    text = "日期,时段,城市,PM2.5,PM10,SO2,NO2,CO,O3\n2026/3/11,1,唐山市,35,80,9,40,1.1,20\n2026/3/11,24,唐山市,70,—,8,41,1.2,\n"
    result, found = hours(store, tmp_path, "城市小时值.csv", text)
    assert (result.rows, result.gaps, result.faults, result.skipped) == (2, 2, (), {})
    assert {key[1:]: value for key, value in found.items() if key[0] == "pm25_ug_m3"} == {
        ("2026-03-11", 0): 35.0,
        ("2026-03-11", 23): 70.0,
    }
    assert found["co_mg_m3", "2026-03-11", 23] == 1.2
    assert len(found) == 10


def test_openaqs_archive_with_a_table_of_stations(store: Engine, tmp_path: Path) -> None:
    """Which end of its hour a time names, the archive does not say; 24.46 l/mol turn 10 ppb of NO2 into 18.8."""
    text = (
        "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n"
        "2178,3919,Station-2178,2026-03-11T01:00:00+08:00,38.04,114.51,pm25,µg/m³,52.0\n"
        "2178,3920,Station-2178,2026-03-10T18:00:00Z,38.04,114.51,no2,ppb,10\n"
        "2178,3919,Station-2178,2026-03-11T03:00:00+08:00,38.04,114.51,pm25,µg/m³,-999\n"
        "99,1,Elsewhere,2026-03-11T01:00:00+08:00,1,1,pm25,µg/m³,5\n"
    )
    table = tmp_path / "stations.csv"
    table.write_text("station_id,city\n2178,石家庄\n", encoding="utf-8")
    with pytest.raises(InputError, match="may begin or end"):
        hours(store, tmp_path, "location-2178-20260311.csv", text, stations=table)
    result, found = hours(
        store, tmp_path, "location-2178-20260311.csv", text, stations=table, hour_label="start"
    )
    assert found == pytest.approx(
        {
            ("pm25_ug_m3", "2026-03-11", 1): 52.0,
            ("no2_ug_m3", "2026-03-11", 2): 10 * 101325 / (8.314462618 * 298.15) * 46.0055 / 1000,
        },
        abs=1e-9,
    )
    assert (result.rows, result.gaps, result.skipped, result.faults) == (4, 1, {"99": 1}, ())


def test_airnows_hourly_file_with_a_table_of_stations(store: Engine, tmp_path: Path) -> None:
    """No header, bars, UTC: 20:00 of the 10th is 04:00 of the 11th; a wind is no pollutant."""
    text = (
        "03/10/26|20:00|840130100001|Site A|8|PM2.5|UG/M3|41.5|Agency\n"
        "03/10/26|20:00|840130100001|Site A|8|OZONE|PPB|30|Agency\n"
        "03/10/26|20:00|840130100001|Site A|8|WS|M/S|2.1|Agency\n"
    )
    table = tmp_path / "stations.csv"
    table.write_text("station_id,city\n840130100001,石家庄\n", encoding="utf-8")
    mapping = named_mapping("airnow_hourly", "air")
    result, found = hours(store, tmp_path, "HourlyData_2026031020.csv", text, stations=table, mapping=mapping)
    assert found == pytest.approx(
        {
            ("pm25_ug_m3", "2026-03-11", 4): 41.5,
            ("o3_ug_m3", "2026-03-11", 4): 30 * 101325 / (8.314462618 * 298.15) * 47.9982 / 1000,
        },
        abs=1e-3,
    )
    assert (result.rows, result.skipped, result.faults) == (3, {}, ())
    assert [str(day.observed_on) for day in result.days] == [str(date(2026, 3, 11))]
