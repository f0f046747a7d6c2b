"""Files as offices have them: what `guess` proposes reads each as it is meant, and what is not read is refused or said."""

import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.air.quality import import_air_quality
from include.sources.every_table import mappings_in
from include.sources.guess.proposal import guess
from include.sources.mapping_trial import Trial, try_mapping
from include.store.engine import open_engine

WHEN = "2020年3月12日 9时至10时（Asia/Shanghai）"
BEIJING = f"北京市 {WHEN} PM2.5 40 μg/m³"


def tried(path: Path) -> tuple[str, Trial]:
    """What is proposed for a file, and what the proposal makes of its first rows."""
    text = guess(path)
    own = path.with_name("own.yaml")
    own.write_text(text)
    return text, try_mapping(path, mappings_in(str(own))[0])


def said(trial: Trial) -> list[str]:
    return [line.partition("行 ")[2] or line for line in trial.lines]


TEXTS = {
    "tabs of GBK": ("时间\t城市\tPM2.5\n2020/3/12 9:00\t北京\t40\n", "gbk"),
    "a title and a unit in the heading": ("某市空气质量\n单位：微克/立方米\n监测时间,城市名称,PM2.5（μg/m³）\n2020年3月12日9时,北京,40\n", ""),
    "mg/m³ in the heading": ("时间,城市,PM2.5(mg/m3)\n2020-03-12 09:00,北京,0.040\n", ""),
    "a row of units": ("时间,城市,PM2.5\n,,μg/m³\n2020-03-12 09:00,北京,40\n", ""),
    "a name and a formula": ("时间,城市,细颗粒物(PM2.5)浓度\n2020-03-12 09:00,北京,40\n", ""),
    "days before months": ("Time;City;PM2.5\n12.03.2020 09:00;Beijing;40,0\n", ""),
    "months before days": ("Time,City,PM2.5\n3/13/2020 9:00,X,1\n3/12/2020 9:00,Beijing,40\n", ""),
    "half days": ("Time,City,PM2.5\n2020-03-12 09:00 AM,Beijing,40\n", ""),
    "date and clock": ("日期,时间,城市,PM2.5\n2020/3/12,09:00,北京,40\n", ""),
    "date and HHMM": ("date,time,city,pm25\n20200312,900,Beijing,40\n", ""),
    "an hour from to": ("日期,时次,城市,PM2.5\n2020-03-12,09:00-10:00,北京,40\n", ""),
    "twelve digits": ("时间,城市,PM2.5\n202003120900,北京,40\n", ""),
    "milliseconds": ("ts,city,pm25\n1583974800000,北京,40\n", ""),
    "days of a spreadsheet": ("时间,城市,PM2.5\n43902.375,北京,40\n", ""),
    "UTC in the heading": ("时间(UTC),城市,PM2.5\n2020-03-12 01:00,北京,40\n", ""),
    "ends in the heading": ("时间（整点结束）,城市,PM2.5\n2020-03-12 10:00,北京,40\n", ""),
    "UTC": ("datetime,city,pm25\n2020-03-12T01:00:00Z,北京,40\n", ""),
    "quotes and a province": ('"省份","城市","时间","PM2.5浓度"\n"北京市","北京市","2020-03-12 09:00","40"\n', ""),
    "small numbers below": ("时间,城市,PM₂.₅\n2020-03-12 09:00,北京,40\n", ""),
    "an index beside it": ("时间,城市,AQI,PM2.5_IAQI,PM2.5\n2020-03-12 09:00,北京,88,99,40\n", ""),
    "places and pollutants in the headings": ("时间,北京_PM2.5,北京_AQI\n2020-03-12 09:00,40,88\n", ""),
    "full width": ("时间,城市,PM2.5\n２０２０－０３－１２　０９：００,北京,４０\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_as_it_is_meant(tmp_path: Path, name: str) -> None:
    text, encoding = TEXTS[name]
    path = tmp_path / "file.csv"
    path.write_text(text, encoding=encoding or "utf-8")
    _, trial = tried(path)
    assert BEIJING in said(trial)
    assert [line for line in trial.lines if "PM2.5" in line and "缺测" not in line and "X" not in line] == [
        line for line in trial.lines if line.endswith(BEIJING)
    ]


REFUSED = {
    "days or months": ("Time,City,PM2.5\n3/4/2020 9:00,Beijing,40\n", "a format of times cannot be read"),
    "no year": ("时间,城市,PM2.5\n3月12日9时,北京,40\n", "a format of times cannot be read"),
    "only means of a day": ("时间,城市,PM2.5_24h,O3_8h\n2020-03-12 09:00,北京,40,60\n", "no column of the file looks like"),
    "only an index": ("时间,城市,AQI\n2020-03-12 09:00,北京,88\n", "no column of the file looks like"),
    "days as columns": ("城市,3月11日,3月12日\n北京,40,41\n", "no column of the file looks like"),
    "no header": ("2020-03-12 09:00,北京,40\n2020-03-12 10:00,北京,41\n", "seems to have no header"),
    "two columns of one name": ("时间,城市,PM2.5,PM2.5\n2020-03-12 09:00,北京,40,41\n", "stands twice in the header"),
    "places and pollutants that nothing parts": ("时间,北京PM10,阳泉PM10\n2020-03-12 09:00,40,41\n", "no column of the file looks like"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_nobody_can_tell_is_asked_and_not_guessed(tmp_path: Path, name: str) -> None:
    text, error = REFUSED[name]
    path = tmp_path / "file.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=error):
        tried(path)


def test_why_a_file_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("时间\t城市\tPM2.5\n".encode("utf-16"))
    with pytest.raises(InputError, match="the file is UTF-16"):
        guess(path)


def test_marks_sums_and_repeated_headers(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    rows = [
        "时间,城市,PM2.5",
        "2020-03-12 09:00,北京,40",
        "2020-03-12 10:00,北京,/",
        "2020-03-12 11:00,北京,-999",
        "时间,城市,PM2.5",
        '2020-03-12 12:00,北京,"1,048"',
        "2020-03-12 13:00,北京,99",
        "合计,,1187",
        "注：未审核,,",
    ]
    path.write_text("\n".join(rows) + "\n")
    text, trial = tried(path)
    assert [
        line for line in text.splitlines() if "missing" in line or "no_data" in line or "thousands" in line
    ] == [
        "    no_data: [时间, 合计, 注]",
        '    thousands: ","        # ? 1,048 是一千零四十八',
        '    missing: ["/", "-999"]   # ? 按缺测',
    ]
    assert (trial.faults, [line.split("PM2.5 ")[1] for line in trial.lines]) == (
        0,
        ["40 μg/m³", "缺测", "缺测", "1048 μg/m³", "99 μg/m³"],
    )


def test_the_hours_of_the_whole_file_decide_what_its_first_rows_mean(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        "日期,小时,城市,PM2.5\n" + "".join(f"2020-03-12,{hour},北京,{30 + hour}\n" for hour in range(1, 25))
    )
    _, trial = tried(path)
    assert said(trial)[9] == BEIJING
    assert trial.notes[0] == "小时为1至24，按整点结束时刻理解，24时属于所记的日期"


def book(
    path: Path,
    sheets: dict[str, Sequence[Sequence[object]]],
    dress: Callable[[openpyxl.Workbook], None] | None = None,
) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if dress:
        dress(workbook)
    workbook.save(path)
    return path


AT = datetime(2020, 3, 12, 9)  # noqa: DTZ001  # as a cell holds it


@pytest.mark.parametrize(
    "rows",
    [
        [["时间", "城市", "PM2.5"], [AT, "北京", 40]],
        [["日期", "小时", "城市", "PM2.5"], [date(2020, 3, 12), 9, "北京", 40]],
        [["日期", "时间", "城市", "PM2.5"], [date(2020, 3, 12), time(9), "北京", 40]],
        [["表一"], ["日期", "时间", "北京", None], [None, None, "PM2.5", "PM10"], [date(2020, 3, 12), "9时", 40, 70], [None, "10时", 41, 71], ["平均", None, 40.5, 70.5]],
    ],
    ids=["moments", "dates and hours", "dates and clocks", "two header rows and merged cells"],
)  # fmt: skip
def test_a_workbook_is_read_as_it_is_meant(tmp_path: Path, rows: list[list[object]]) -> None:
    _, trial = tried(book(tmp_path / "file.xlsx", {"表": rows}))
    assert (BEIJING in said(trial), trial.faults) == (True, 0)


def test_a_sheet_a_city_and_a_sheet_of_notes(tmp_path: Path) -> None:
    rows = [["时间", "PM2.5"], [AT, 40]]
    path = book(tmp_path / "file.xlsx", {"北京": rows, "阳泉": rows})
    text, trial = tried(path)
    assert '    sheet: "*"   # ? 全部工作表' in text.splitlines()
    assert said(trial) == [BEIJING]  # the first piece; the import reads both
    first = book(
        tmp_path / "b.xlsx", {"说明": [["本表"]], "小时值": [["时间", "城市", "PM2.5"], [AT, "北京", 40]]}
    )
    assert said(tried(first)[1]) == [BEIJING]


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


def imported(store: Engine, folder: Path, path: Path, yaml: str) -> tuple[int, tuple[str, ...]]:
    own = folder / "own.yaml"
    own.write_text(yaml)
    mapping = mappings_in(str(own))[0]
    done = import_air_quality(
        store, folder / "air", [path], now=datetime(2026, 3, 1, tzinfo=UTC), mapping=mapping
    )
    return sum(day.places for day in done.days), done.notes


def test_sheets_and_files_name_places_and_what_is_not_read_is_said(store: Engine, tmp_path: Path) -> None:
    rows = [["时间", "PM2.5"], [AT, 40]]
    path = book(tmp_path / "file.xlsx", {"北京": rows, "阳泉": rows})
    assert imported(store, tmp_path, path, guess(path)) == (2, ())
    hour = 'hour: {moment: "{时间}", hour_label: start}'
    one = f"tables: {{air: {{columns: {{place: {{constant: 北京}}, {hour}, pm25_ug_m3: PM2.5}}}}}}"
    note = "file.xlsx：只读了第一张工作表，另有1张未读（阳泉）；对应关系中用 sheet 指定，“*”为全部"
    assert imported(store, tmp_path, path, one) == (2, (note,))  # the other of the day is known by now
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as package:
        for city in ("北京", "阳泉"):
            package.writestr(f"数据/{city}.csv", "时间,PM2.5\n2020-03-13 09:00,40\n")
    of_files = f'tables: {{air: {{columns: {{place: "(file)", {hour}, pm25_ug_m3: PM2.5}}}}}}'
    assert imported(store, tmp_path, packed, of_files) == (2, ())


@pytest.mark.parametrize(
    ("heading", "value", "error"),
    [("PM2.5", 0.04, "12 of 12 values below 0.5"), ("CO", 90, "12 of 12 values above 20")],
)
def test_values_of_another_unit_are_refused_until_somebody_says_it(
    store: Engine, tmp_path: Path, heading: str, value: float, error: str
) -> None:
    path, name = tmp_path / "file.csv", {"PM2.5": "pm25_ug_m3", "CO": "co_mg_m3"}[heading]
    path.write_text(
        f"时间,城市,{heading}\n" + "".join(f"2020-03-12 {hour:02}:00,北京,{value}\n" for hour in range(12))
    )
    plain = f"tables: {{air: {{columns: {{place: 城市, hour: 时间, {name}: {heading}}}}}}}"
    with pytest.raises(InputError, match=error):
        imported(store, tmp_path, path, plain)
    assert imported(store, tmp_path, path, guess(path)) == (1, ())


def test_stations_with_their_city_and_a_file_a_station(store: Engine, tmp_path: Path) -> None:
    """Two stations of a city are its mean and no contradiction; a package of files without places names these by its files."""
    path = tmp_path / "file.csv"
    rows = [
        f"2020-03-12 {hour:02}:00,北京,{name},{value}"
        for hour in (9, 10)
        for name, value in (("东四", 39), ("天坛", 41))
    ]
    path.write_text("\n".join(["时间,城市,站点名称,PM2.5", *rows]) + "\n")
    _, trial = tried(path)
    assert (said(trial)[0], trial.notes) == (
        BEIJING.replace("北京市", "北京市（站点东四）").replace("40", "39"),
        ("值属于城市，为各站点的平均",),
    )
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as package:
        for name in ("东四", "天坛"):
            package.writestr(f"{name}.csv", "时间,PM2.5\n2020-03-12 09:00,40\n")
    assert said(tried(packed)[1]) == [BEIJING.replace("北京市", "东四")]


def test_lists_inside_json_and_columns_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    record = {"monitorTime": "2020-03-12 09:00:00", "cityName": "北京", "pm2_5": "40"}
    path.write_text(json.dumps({"code": 0, "data": {"list": [record]}}))
    assert said(tried(path)[1]) == [BEIJING]
    parquet = tmp_path / "file.parquet"
    frame = pd.DataFrame(
        {"时间": [pd.Timestamp("2020-03-12 01:00", tz="UTC")], "城市": ["北京"], "PM2.5": [40.0]}
    )
    frame.astype({"城市": "category", "PM2.5": "float32"}).to_parquet(parquet)
    assert [line.partition("条 ")[2] or line.partition("行 ")[2] for line in tried(parquet)[1].lines] == [
        BEIJING
    ]


RECORDS = {
    "alarms": (
        "序号,报警编号,网格编号,城市,区县,点位名称,报警时间,推送时间,经度,纬度\n1,B1,T1,唐山市,路北区,某路口,2020/3/12 9:10,2020年3月12日10时,118.16,39.63\n",
        "alarm_id=B1，grid_id=T1，unit_code=唐山市，county=路北区，point_name=某路口，lon=118.16，lat=39.63，started_at=2020年3月12日 09:10（Asia/Shanghai），"
        "last_at=2020年3月12日 09:10（Asia/Shanghai），alarm_count=1，pushed_at=2020年3月12日 10:00（Asia/Shanghai）",
    ),
    "feedback": ("报警编号,状态,操作时间\nB1,已签收,2020/3/12 9:10\n", "alarm_id=B1，event=acknowledged，event_at=2020年3月12日 09:10（Asia/Shanghai）"),
    "winds": ("站号,时间,风向,风速\nM1,2020/3/12 9:00,NW,2.1\n", "station_id=M1，hour=2020年3月12日 09:00（Asia/Shanghai），wind_from_deg=315，wind_speed_m_s=2.1"),
    "stations": (
        "站点编号,站点名称,城市,经度,纬度\nS1,甲站,唐山市,118.16,39.63\n",
        "station_id=S1，kind=micro，unit_code=唐山市，lon=118.16，lat=39.63",
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", RECORDS)
def test_tables_of_records(tmp_path: Path, table: str) -> None:
    path = tmp_path / "file.csv"
    text, expected = RECORDS[table]
    path.write_text(text, encoding="gb18030")
    proposed, trial = tried(path)
    assert f"  {table}:" in proposed.splitlines()
    assert (said(trial), trial.faults) == ([expected], 0)
