"""Mappings that are proposed: what they say of a file, and that they read it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from include.__main__ import cli
from include.errors import InputError
from include.sources.every_table import mappings_in
from include.sources.guess.proposal import guess
from include.sources.mapping_trial import try_mapping

FILES = {
    "platform.csv": (
        "站点名称,监测时间,细颗粒物浓度,可吸入颗粒物浓度\n甲站,2020/3/12 8:00,35,70\n甲站,2020/3/12 9:00,—,71\n",
        ["第2行 甲站 2020年3月12日 8时至9时（Asia/Shanghai） PM2.5 35 μg/m³", "第2行 甲站 2020年3月12日 8时至9时（Asia/Shanghai） PM10 70 μg/m³",
         "第3行 甲站 2020年3月12日 9时至10时（Asia/Shanghai） PM2.5 缺测", "第3行 甲站 2020年3月12日 9时至10时（Asia/Shanghai） PM10 71 μg/m³"],
    ),
    "narrow.csv": (
        "城市;时间;污染物;浓度;单位\n北京;2020-03-12 08:00;SO2;0.012;mg/m³\n",
        ["第2行 北京市 2020年3月12日 8时至9时（Asia/Shanghai） SO2 12 μg/m³"],
    ),
    "titled.csv": (
        "空气质量日报\n日期,城市,PM2.5\n2020-03-12,石家庄市,88\n",
        ["第3行 石家庄市 2020年3月12日（Asia/Shanghai） PM2.5 88 μg/m³"],
    ),
    "works.csv": (
        "序号,企业名称,行业,经度,纬度\n1,甲厂,钢铁,118.1,40.01\n",
        ["第2行 enterprise_id=1，name=甲厂，industry=钢铁，lon=118.1，lat=40.01"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_proposed_mapping_reads_its_file(tmp_path: Path, name: str) -> None:
    text, expected = FILES[name]
    path, own = tmp_path / name, tmp_path / "own.yaml"
    path.write_text(text)
    own.write_text(guess(path))
    assert len(own.read_text().splitlines()) < 25
    assert "?" in own.read_text()
    trial = try_mapping(path, mappings_in(str(own))[0])
    assert (list(trial.lines), trial.faults) == (expected, 0)


def test_a_file_that_a_shipped_mapping_knows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,hour,城市,PM2.5\n20200312,0,北京,35\n")
    assert "“china_cities”认得这个文件" in guess(path)


def test_nothing_to_be_made_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("甲,乙\n子,丑\n")
    with pytest.raises(InputError, match="no column of the file looks like air quality"):
        guess(path)


BEGINS = '{moment: "{时间}", hour_label: start}'


def test_a_file_without_a_known_column_of_times_is_proposed_with_a_question(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Ort;Wann;Std;PM2.5\n北京;10.05.2020;0;1,5\n北京;10.05.2020;1;2,5\n")
    told = guess(path)
    assert '      hour: {moment: "{时间}"}   # ? 没有找到时间列' in told.splitlines()
    own = tmp_path / "own.yaml"
    own.write_text(told)
    with pytest.raises(InputError, match="时间"):
        try_mapping(path, mappings_in(str(own))[0])


def test_the_verbs(tmp_path: Path) -> None:
    path, own = tmp_path / "a.csv", tmp_path / "own.yaml"
    path.write_text("城市,时间,PM2.5\n北京,2020-03-12T08:00,35\n北京,2020-03-12T08:30,36\n")
    own.write_text(f"tables: {{air: {{columns: {{place: 城市, hour: {BEGINS}, pm25_ug_m3: PM2.5}}}}}}")
    proposed = CliRunner().invoke(cli, ["mapping", "guess", str(path)])
    assert (proposed.exit_code, proposed.output.splitlines()[1]) == (0, "tables:")
    tried = CliRunner().invoke(cli, ["mapping", "try", str(path), "--mapping", str(own)])
    assert tried.exit_code == 1
    assert tried.stdout.splitlines() == [
        "第2行 北京市 2020年3月12日 8时至9时（Asia/Shanghai） PM2.5 35 μg/m³",
        "第3行起 时间：不是整点时间（应如2020-03-01T08:00，无时区为北京时间），整行未用，共1个，如“2020-03-12T08:30”",
    ]


def test_a_shipped_mapping_that_cannot_read_the_times_is_not_proposed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    header = "date,hour,city,PM2.5\n"
    path.write_text(header + "".join(f"3/25/2026,{hour},Taiyuan,40\n" for hour in range(24)))
    proposed = guess(path)
    assert "读不懂时间的写法" in proposed
    assert 'hour: {moment: "{date}", format: "%m/%d/%Y", hours: hour}' in proposed
    path.write_text(header + "".join(f"3/4/2026,{hour},Taiyuan,40\n" for hour in range(24)))
    assert "看不出是月/日还是日/月" in guess(path)
    path.write_text(header + "".join(f"2026-03-04,{hour},Taiyuan,40\n" for hour in range(24)))
    assert "“english_cities”认得这个文件" in guess(path)


def test_a_column_of_local_times_is_one_of_times(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for name in ("time_utc", "local"):
        path.write_text(f"{name},city,PM2.5\n" + "2026-03-10 01:00Z,太原,40\n" * 20)
        assert f'hour: {{moment: "{{{name}}}"' in guess(path)


DAY_AND_RANGE = "日,时段,PM2.5\n" + "".join(f"2026-3-10,{hour}-{hour + 1},3\n" for hour in range(5))


@pytest.mark.parametrize(
    ("text", "expected", "unexpected"),
    [
        ("时间;城市;PM2.5\n2026-03-10 00:00;北京;0,010\n", ['decimal: ","', "unit: mg/m3"], "thousands"),
        ("时间;城市;PM2.5\n2026-03-10 00:00;北京;1,048\n", ['thousands: ","'], "decimal"),
        (
            "站点编码|因子|监测值|单位|时刻\n1001A|PM2.5|10|ug/m3|1773072000\n",
            ["place: 站点编码", "unit: 单位", 'moment: "{时刻}", format: "epoch_s"'],
            "place: 单位",
        ),
        ("单位,时间,PM2.5\n北京,2026-03-10 00:00,3\n", ["place: 单位"], "unit: 单位"),
        ("hour,北京,石家庄\n2026-03-10T00:00+08:00,10,30\n", ['moment: "{hour}"'], "时间列"),
        (DAY_AND_RANGE, ['moment: "{日}", hours: 时段'], "时间列"),
        ("年,月,日,时,城市,PM2.5\n2026,3,9,5,北京,7\n", ["{年}-{月:02}-{日:02}", "hours: 时"], "时间列"),
    ],
)
def test_what_a_heading_leaves_open_the_values_say(
    tmp_path: Path, text: str, expected: list[str], unexpected: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    proposed = guess(path)
    assert [said for said in expected if said not in proposed] == []
    assert unexpected not in proposed


@pytest.mark.parametrize("table", ["air", "winds"])
def test_a_part_of_a_day_is_proposed_with_a_label_as_a_question(tmp_path: Path, table: str) -> None:
    header, row = {"air": ("城市,时间,PM2.5", "北京,{},35"), "winds": ("站号,时间,风向,风速", "M1,{},90,3")}[
        table
    ]
    proposed = {}
    for name, hours in (("part", range(8, 18)), ("whole", range(24))):
        path = tmp_path / f"{name}.csv"
        rows = "".join(row.format(f"2020-03-12 {hour:02}:00") + "\n" for hour in hours)
        path.write_text(f"{header}\n{rows}")
        proposed[name] = next(line for line in guess(path).splitlines() if line.startswith("      hour:"))
    assert proposed["part"] == (
        '      hour: {moment: "{时间}", hour_label: start}'
        "  # ? 文件只有一日的部分小时，看不出时间指一小时的开始还是结束：暂写开始 start，若为结束改为 end"
    )
    assert "hour_label: start" not in proposed["whole"]
