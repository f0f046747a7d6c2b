"""Files that contradict themselves are taken at no word of theirs without saying so: provinces, times to come, words for winds."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.periods import office_zone
from include.sources.air.quality import import_air_quality
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.layout import AIR, LAYOUTS
from include.sources.mapping.files import load
from include.sources.mapping_trial import try_mapping
from include.sources.stations.compass import compass_deg
from include.sources.stations.intake import import_stations
from include.sources.stations.layouts import STATION_LAYOUTS
from include.store.engine import open_engine
from include.store.hourly import read_hours

NOW = datetime(2026, 5, 20, 1, tzinfo=UTC)
ALARMS = """tables:
  alarms:
    files: ["报警*"]
    columns: {alarm_id: 编号, grid_id: 网格, unit_code: 市, county: 县, point_name: 点, started_at: 时, last_at: 时, pushed_at: 推, alarm_count: {constant: 1}}
"""
HEADER = "编号,网格,省份,市,县,点,时,推\n"


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path):
    shutil.copy(sqlite_template, tmp_path / "supervision.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    yield engine
    engine.dispose()


def test_rows_of_air_with_another_province_are_named_and_not_used(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(
        f"{province},{city},2026-03-12,{hour},40\n"
        for province, city in (("陕西省", "阳泉市"), ("山西", "太原市"))
        for hour in range(24)
    )
    path.write_text("省份,城市,日期,小时,PM2.5\n" + rows)
    (tmp_path / "m.yaml").write_text(
        "tables: {air: {columns: {place: 城市, hour: {moment: '{日期}', hours: 小时}, pm25_ug_m3: PM2.5}}}"
    )
    mapping = load(tmp_path / "m.yaml", office_zone(), {AIR.name: AIR}).tables[0]
    result = import_air_quality(store, tmp_path / "air", [path], now=NOW, mapping=mapping)
    assert [
        (each.fault.field, each.fault.reason, each.fault.value, each.fault.count) for each in result.faults
    ] == [("省份", "所填省份与城市（140300）不符（陕西省），无法判断是哪一个，整行未用", "陕西省", 24)]
    assert set(read_hours(tmp_path / "air", "city", [date(2026, 3, 12)])["place_id"]) == {"140100"}


def test_alarms_with_another_province_are_taken_and_named(store: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "m.yaml").write_text(ALARMS)
    (folder / "报警.csv").write_text(
        HEADER
        + "A1,G1,山西省,阳泉市,盂县,甲,2026-03-12 08:00,2026-03-12 09:00\n"
        + "A2,G1,陕西省,阳泉市,盂县,乙,2026-03-12 08:00,2026-03-12 09:00\n"
    )
    source = SourceConfig("own", "files", str(folder), mapping=str(tmp_path / "m.yaml"))
    result = pull(store, source, datetime(2026, 3, 1, tzinfo=UTC), NOW, now=NOW)
    assert [said for said in result.warnings if "省份" in said] == [
        "1条报警所填省份与所填城市不符，已按城市照收，请核对：A2（陕西省）"
    ]


def test_a_trial_of_alarms_says_times_in_words_and_what_cannot_be_yet(tmp_path: Path) -> None:
    path = tmp_path / "报警.csv"
    path.write_text(
        HEADER
        + "A1,G1,山西省,阳泉市,盂县,甲,2026-03-12 08:00,2026-03-12 09:00\n"
        + "A2,G1,陕西省,阳泉市,盂县,乙,2062-03-12 08:00,2062-03-12 09:00\n"
    )
    (tmp_path / "m.yaml").write_text(ALARMS)
    trial = try_mapping(path, load(tmp_path / "m.yaml", office_zone(), LAYOUTS).tables[0], now=NOW)
    assert "started_at=2026年3月12日 08:00（Asia/Shanghai）" in trial.lines[0]
    assert trial.lines[1].endswith("；? started_at、last_at、pushed_at晚于现在")
    assert trial.notes[1:] == (
        "? 1行的时间晚于现在：年份、日与月的次序或时区可能有误",
        "? 第3行 所填省份陕西省与城市阳泉市不符",
    )


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("北", 0), ("北风", 0), ("NE", 45), ("东北", 45), ("ssw", 202.5), ("西北偏北", 337.5), ("北西北", 337.5), ("正南", 180), ("90", None), ("静风", None),
        ("C", None), ("", None),
    ],
)  # fmt: skip
def test_words_for_winds(text: str, degrees: float | None) -> None:
    assert compass_deg(text) == degrees


UTC_HEADING = "tables: {air: {columns: {place: 城市, hour: 时间（UTC）, pm25_ug_m3: PM2.5}}}"


@pytest.mark.parametrize(
    ("yaml", "offset", "hours"),
    [
        (UTC_HEADING, "", None),
        (UTC_HEADING.replace("{air: {", "{air: {time_zone: UTC, "), "", range(8, 24)),
        (UTC_HEADING, "Z", range(8, 24)),
    ],
    ids=["says nothing", "says UTC", "times with their offset"],
)
def test_a_heading_of_utc_is_not_read_in_another_zone(
    store: Engine, tmp_path: Path, yaml: str, offset: str, hours: range | None
) -> None:
    path, own = tmp_path / "a.csv", tmp_path / "m.yaml"
    rows = "".join(f"北京,2026-03-12T{hour:02}:00{offset},{hour + 1}\n" for hour in range(24))
    path.write_text("城市,时间（UTC）,PM2.5\n" + rows)
    own.write_text(yaml)
    mapping = load(own, office_zone(), {AIR.name: AIR}).tables[0]
    if hours is None:
        with pytest.raises(InputError, match="heading says that times are UTC"):
            import_air_quality(store, tmp_path / "air", [path], now=NOW, mapping=mapping)
        return
    import_air_quality(store, tmp_path / "air", [path], now=NOW, mapping=mapping)
    rows = read_hours(tmp_path / "air", "city", [date(2026, 3, 12)])
    assert rows["hour"].tolist() == list(hours)


@pytest.mark.parametrize(
    ("heading", "is_refused"),
    [
        ("去向", True),
        ("wind_to_deg", True),
        ("风向", False),
        ("wind direction (deg)", False),
        ("tower wind", False),
    ],
)
def test_where_a_wind_blows_to_is_not_where_it_comes_from(
    store: Engine, tmp_path: Path, heading: str, is_refused: bool
) -> None:
    path, own = tmp_path / "winds.csv", tmp_path / "m.yaml"
    path.write_text(f"站,时间,{heading},风速\nM1,2026-03-12 00:00,90,3\n")
    own.write_text(
        f"tables: {{winds: {{columns: {{station_id: 站, hour: 时间, wind_from_deg: '{heading}', wind_speed_m_s: 风速}}}}}}"
    )
    mappings = load(own, office_zone(), STATION_LAYOUTS).tables
    if is_refused:
        with pytest.raises(InputError, match="blows to"):
            import_stations(store, tmp_path / "days", [path], now=NOW, mappings=mappings)
    else:
        assert import_stations(store, tmp_path / "days", [path], now=NOW, mappings=mappings).new["winds"] == 1
