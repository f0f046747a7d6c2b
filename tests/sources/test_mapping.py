"""Column mappings: what they can say, what they refuse, and the shipped ones."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.geo.datum import from_wgs84
from include.sources.config import SourceConfig
from include.sources.delivery import text_frame
from include.sources.every_table import TABLES
from include.sources.intake import pull
from include.sources.layout import LAYOUTS
from include.sources.mapping.files import SHIPPED_DIR, load, mapping_of
from include.sources.mapping.language import TableMapping
from include.sources.mapping.transform import require_columns, transform
from tests.sources.exports import NOW, at, stored

BEIJING = ZoneInfo("Asia/Shanghai")
SHARED = Path(
    os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
FIRES = SHARED / "fires"


def mapped(folder: Path, yaml: str, table: str = "alarms", **columns: list[str]) -> pd.DataFrame:
    path = folder / "mapping.yaml"
    path.write_text(yaml, encoding="utf-8")
    (mapping,) = load(path, BEIJING).tables
    raw = text_frame(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])
    return transform(mapping, LAYOUTS[table], raw)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"unit_code": ["130100"]}, "130100"),
        ({"city_code": ["130200"]}, "130200"),
        ({"unit_code": ["130100"], "city_code": ["130200"]}, "130100"),
    ],
)
def test_who_is_addressed_may_stand_under_either_name(columns: dict[str, list[str]], expected: str) -> None:
    header = [*LAYOUTS["alarms"].required, *columns]
    if "unit_code" not in columns:
        header.remove("unit_code")
    mapping = TableMapping("alarms", files=("alarms*",), time_zone=BEIJING)
    require_columns(mapping, LAYOUTS["alarms"], header, "alarms.csv")
    own = transform(
        mapping, LAYOUTS["alarms"], text_frame(list(columns), [[row[0] for row in columns.values()]])
    )
    assert own["unit_code"].tolist() == [expected]


def test_without_either_name_the_column_is_missing() -> None:
    header = [name for name in LAYOUTS["alarms"].required if name != "unit_code"]
    with pytest.raises(InputError, match="columns are missing; expected unit_code"):
        require_columns(
            TableMapping("alarms", files=("alarms*",), time_zone=BEIJING),
            LAYOUTS["alarms"],
            header,
            "alarms.csv",
        )


def test_names_constants_values_and_templates(tmp_path: Path) -> None:
    own = mapped(
        tmp_path,
        """
        tables:
          alarms:
            columns:
              alarm_id: {template: "F-{日期}-{时:04}-{lat:.2f}"}
              grid_id: 网格
              county: {column: 县, values: {"01": 平定县, "02": 盂县}}
              point_name: {template: "{.county}火点"}
              alarm_count: {constant: 1}
        """,
        日期=["20200312", "20200312"],
        时=["357", ""],
        lat=["37.805", "x"],
        网格=["T1", "T2"],
        县=["01", "其他"],
    )
    assert own[
        ["alarm_id", "grid_id", "county", "point_name", "alarm_count", "lat", "lon"]
    ].to_numpy().tolist() == [
        ["F-20200312-0357-37.80", "T1", "平定县", "平定县火点", "1", "37.805", ""],
        ["", "T2", "其他", "其他火点", "1", "x", ""],
    ]


@pytest.mark.parametrize(
    ("rule", "date", "hour", "expected"),
    [
        ('{moment: "{d} {h:04}", format: "%Y-%m-%d %H%M", time_zone: UTC}', "2020-03-12", "30", "2020-03-12T00:30:00.000000Z"),
        ('{moment: "{d} {h:04}", format: "%Y-%m-%d %H%M"}', "2020-03-12", "830", "2020-03-12T00:30:00.000000Z"),
        ('{moment: "{d}", format: "%Y%m%d", hours: h}', "20200312", "14", "2020-03-12T06:00:00.000000Z"),
        ('{moment: "{d}", format: "%Y%m%d", hours: h, hour_label: end}', "20200312", "14", "2020-03-12T05:00:00.000000Z"),
        ('{moment: "{d}", format: "%Y%m%d", hours: h, hour_label: end}', "20200312", "24", "2020-03-12T15:00:00.000000Z"),
        ('{moment: "{d}", format: "%Y%m%d", hours: h}', "20200312", "25", "20200312 25"),
        ('{moment: "{d}", format: "%Y%m%d", hours: h}', "20201312", "1", "20201312 1"),
        ('{moment: "{d}T{h}"}', "2020-03-12", "08:30", "2020-03-12T00:30:00.000000Z"),
        ('{moment: "{d}T{h}"}', "2020-03-12", "08:30+00:00", "2020-03-12T08:30:00.000000Z"),
        ('{moment: "{d} {h}", format: "%d/%m/%Y %H:%M %z"}', "12/03/2020", "08:30 +0900", "2020-03-11T23:30:00.000000Z"),
        ('{moment: "{d} {h}", format: "%Y-%m-%d %H:%M", time_zone: America/New_York}', "2020-03-08", "02:30", "2020-03-08 02:30(America/New_York当日没有这一时刻)"),
    ],
)  # fmt: skip
def test_moments(tmp_path: Path, rule: str, date: str, hour: str, expected: str) -> None:
    yaml = f"tables:\n  alarms:\n    columns:\n      started_at: {rule}\n      last_at: {{same_as: started_at}}\n"
    own = mapped(tmp_path, yaml, d=[date], h=[hour])
    assert own[["started_at", "last_at"]].to_numpy().tolist() == [[expected, expected]]


def test_times_without_an_offset_are_of_the_tables_zone(tmp_path: Path) -> None:
    own = mapped(
        tmp_path,
        "tables: {alarms: {time_zone: UTC}}",
        pushed_at=["2020-03-12 08:30", "2020-03-12T08:30+08:00", "2020-03-12", "soon"],
    )
    assert own["pushed_at"].tolist() == [
        "2020-03-12T08:30:00.000000Z",
        "2020-03-12T08:30+08:00",
        "2020-03-12",
        "soon",
    ]


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_coordinates_become_wgs84(tmp_path: Path, datum: str) -> None:
    east, north = from_wgs84(113.62, 37.80, datum)
    own = mapped(
        tmp_path,
        f"tables: {{alarms: {{datum: {datum}}}}}",
        lon=[str(east), "", "x"],
        lat=[str(north), "", "37.8"],
    )
    assert own["lon"].tolist()[1:] == ["", "x"]
    assert own["lat"].tolist()[1:] == ["", "37.8"]
    assert (float(own["lon"][0]), float(own["lat"][0])) == pytest.approx((113.62, 37.80), abs=2e-6)


def test_city_and_county_can_come_from_the_coordinates(tmp_path: Path) -> None:
    yaml = "tables: {alarms: {columns: {city_code: {derived: city}, county: {derived: county}}}}"
    own = mapped(tmp_path, yaml, lon=["113.62", "0", ""], lat=["37.80", "0", ""])
    assert own[["unit_code", "county"]].to_numpy().tolist() == [
        ["140300", "平定县"],
        ["∅0,0", "∅0,0"],
        ["", ""],
    ]


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("tables: [", "a mapping cannot be read"),
        ("tables: 3", "not a list of names and values; got 3"),
        (
            "tables: {alarm: {}}",
            "tables: unknown name; expected alarms, contacts, feedback, grids, problems; got alarm",
        ),
        ("tables: {alarms: {zone: UTC}}", "alarms: unknown name"),
        ("tables: {alarms: {time_zone: Beijing}}", "unknown time zone"),
        ("tables: {alarms: {datum: CGCS}}", "unknown datum"),
        ("tables: {alarms: {columns: {when: x}}}", r"alarms\.columns: unknown name"),
        ("tables: {alarms: {columns: {alarm_id: {eval: x}}}}", "a column's rule cannot be read"),
        ("tables: {alarms: {columns: {alarm_id: {template: '{x!r}'}}}}", "a template cannot be read"),
        ("tables: {alarms: {columns: {alarm_id: {template: '{x:>9999999}'}}}}", "a template cannot be read"),
        ("tables: {alarms: {columns: {alarm_id: {template: '{x'}}}}", "a template cannot be read"),
        (
            "tables: {alarms: {columns: {last_at: {same_as: started_at}}}}",
            "used before it is listed; got started_at",
        ),
        ("tables: {alarms: {columns: {county: {derived: street}}}}", "cannot be derived"),
        ("tables: {alarms: {columns: {last_at: {moment: '{x}', hour_label: middle}}}}", "unknown hour label"),
        ("tables: {alarms: {files: alarms.csv}}", "not a list of texts"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(tmp_path: Path, yaml: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        mapped(tmp_path, yaml)


def test_an_unknown_mapping_names_the_shipped_ones() -> None:
    with pytest.raises(
        InputError, match=r"expected a \.yaml file or a shipped mapping \(.*nasa_fires.*\); got nasa"
    ):
        mapping_of(SourceConfig("fires", "files", "x", mapping="nasa"))


@pytest.mark.parametrize("path", sorted(SHIPPED_DIR.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_mappings_can_be_loaded(path: Path) -> None:
    assert load(path, BEIJING, TABLES).tables


@pytest.mark.skipif(not FIRES.is_dir(), reason=f"no fires at {FIRES}: set QIANLIYAN_SHARED_DATA")
def test_nasa_fires_become_alarms_of_37_cities(engine: Engine) -> None:
    source = SourceConfig("fires", "files", str(FIRES), mapping="nasa_fires")
    result = pull(engine, source, at("2022-05-28"), at("2022-06-05"), now=at("2022-07-01"))
    assert (result.read, result.new, result.quarantined, result.warnings) == (407, 407, 0, ())
    rows = stored(
        engine,
        "alarm",
        "alarm_id",
        "unit_code",
        "grid_id",
        "county",
        "point_name",
        "pushed_at",
        "alarm_count",
        "peak_pm25_ug_m3",
    )
    assert len({row[1] for row in rows}) == 37
    assert rows[0] == (
        "MODIS-2022-05-28-0357-T-34.03175-108.70068",
        "610100",
        "F34.03N108.70E",
        "鄠邑区",
        "鄠邑区卫星火点（北纬34.032°，东经108.701°）",
        at("2022-05-28T11:57"),
        1,
        None,
    )
    assert pull(engine, source, at("2022-05-28"), at("2022-06-05"), now=at("2022-07-01")).unchanged == 407


def test_viirs_as_downloaded_has_unit_and_county_of_its_coordinates(engine: Engine, tmp_path: Path) -> None:
    """Columns and times as FIRMS gives them; the third lies in Serbia, and is named for that."""
    (tmp_path / "fire_nrt_SV-C2_1.csv").write_text(
        "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,daynight\n"
        "34.03175,108.70068,330.1,0.4,0.4,2022-05-28,41,N,VIIRS,n,2.0NRT,290.1,4.2,D\n"
        "34.21611,114.15661,330.1,0.4,0.4,2022-05-28,0536,1,VIIRS,l,2.0NRT,290.1,4.2,D\n"
        "44.01191,19.88847,301.34,0.39,0.36,2022-05-28,41,N,VIIRS,n,2.0NRT,268.57,0.95,N\n"
    )
    source = SourceConfig("fires", "files", str(tmp_path), mapping="nasa_fires")
    result = pull(engine, source, at("2022-05-28"), at("2022-05-29"), now=NOW.replace(year=2023))
    assert (result.read, result.new, result.quarantined) == (3, 2, 1)
    assert stored(engine, "alarm", "alarm_id", "unit_code", "started_at") == [
        ("VIIRS-2022-05-28-0041-N-34.03175-108.70068", "610100", at("2022-05-28T08:41")),
        ("VIIRS-2022-05-28-0536-1-34.21611-114.15661", "410200", at("2022-05-28T13:36")),
    ]
    assert stored(engine, "quarantine", "field", "value", "reason") == [
        ("lon", "19.88847", "坐标在本机关各单位的范围以外，不收（应核对经纬度和坐标系）")
    ]


def test_a_fire_as_nasa_writes_it(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "modis_1.csv").write_text(
        "latitude,longitude,brightness,acq_date,acq_time,satellite,confidence,frp,city_adcode\n"
        "34.03175,108.70068,317.16,2022-05-28,357,T,24,25.34,610100\n"
        "34.03175,108.70068,317.16,2022-05-28,2461,T,24,25.34,610100\n"
    )
    source = SourceConfig("fires", "files", str(tmp_path), mapping="nasa_fires")
    result = pull(engine, source, at("2022-05-28"), at("2022-05-29"), now=NOW.replace(year=2023))
    assert (result.read, result.new, result.quarantined) == (2, 1, 1)
    assert stored(engine, "alarm", "grid_id", "county", "started_at", "last_at", "deadline_at") == [
        ("F34.03N108.70E", "鄠邑区", at("2022-05-28T11:57"), at("2022-05-28T11:57"), at("2022-05-29T11:57"))
    ]
    assert stored(engine, "quarantine", "field", "value") == [("started_at", "2022-05-28 2461")]
