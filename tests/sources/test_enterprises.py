"""Key enterprises from tables as they come: what is kept, what is quarantined, what an import replaces."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import Engine, select

from include.__main__ import cli
from include.errors import InputError
from include.geo.boundaries import city_outlines, counties
from include.geo.datum import from_wgs84
from include.sources.enterprises import EnterpriseImport, import_enterprises
from include.sources.every_table import named_mapping
from include.sources.quarantine import list_rows, show
from include.store.engine import open_engine, reading
from include.store.enterprises import key_enterprises
from include.store.tables import quarantine

NOW = datetime(2020, 4, 1, 1, tzinfo=UTC)
HEADER = "enterprise_id,name,industry,lon,lat,unit_code,county,data_origin"
# Inside 长安区 of 石家庄, inside 郊区 of 阳泉; and far from any city of the key regions.
SHIJIAZHUANG, YANGQUAN, LHASA = "114.60,38.07", "113.60,37.93", "91.10,29.65"
PLANTS = """\
Power Plant ID,Name,Fuel,Capacity (MW),Latitude,Longitude,city39,city_adcode
1000475,Xiaolangdi,Hydro,1800.0,34.92,112.36,洛阳,410300
1000547,Sanmexia,Hydro,400.0,34.83,111.34,三门峡,411200
1072551,Shanxi Zhaoguang Phase 1,Coal,600.0,36.554499,111.693229,临汾,141000
1072551,Shanxi Zhaoguang Phase 2,Coal,1200.0,36.554499,111.693229,临汾,141000
"""
PLANT_COLUMNS = {
    "enterprise_id": "Power Plant ID",
    "name": "Name",
    "industry": "Fuel",
    "lon": "Longitude",
    "lat": "Latitude",
    "unit_code": "city_adcode",
}


def put(
    folder: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8", name: str = "e.csv"
) -> Path:
    path = folder / name
    path.write_bytes(("\n".join([header, *lines]) + "\n").encode(encoding))
    return path


def run(
    engine: Engine,
    path: Path,
    datum: str = "WGS84",
    columns: Mapping[str, str] | None = None,
    source: str = "enterprises",
) -> EnterpriseImport:
    return import_enterprises(engine, path, datum=datum, now=NOW, columns=columns, source=source)


def kept(engine: Engine) -> list[tuple[str, ...]]:
    with reading(engine) as connection:
        rows = key_enterprises(connection)
    columns = ["source", "enterprise_id", "name", "industry", "unit_code", "unit_name", "county"]
    return list(rows[columns].itertuples(index=False, name=None))


def open_rows(engine: Engine) -> list[tuple[str, str, str, str]]:
    with reading(engine) as connection:
        return [(row.origin, row.field, row.value, row.reason) for row in reversed(list_rows(connection))]


def test_city_and_county_come_from_the_coordinates(engine: Engine, tmp_path: Path) -> None:
    path = put(
        tmp_path,
        f"E1,甲铸造厂,铸造,{SHIJIAZHUANG},,,",
        f"E2,乙水泥厂,水泥,{YANGQUAN},140300,郊区,模拟数据",
        f"E3,丙砖瓦厂,砖瓦,{YANGQUAN},石家庄,桥西区,",  # tells another city
        f"E4,丁陶瓷厂,陶瓷,{SHIJIAZHUANG},130100,桥西区,",  # tells another county
        f"E5,戊化工厂,化工,{SHIJIAZHUANG},石家庄市,高新技术开发区,",  # a development zone has no outline: as told
        f"E6,己家具厂,家具,{SHIJIAZHUANG},某市,,",
    )
    done = run(engine, path)
    assert (done.rows, done.kept, done.duplicates, done.replaced, done.rejected, done.is_simulated) == (
        6,
        6,
        0,
        0,
        (),
        True,
    )
    assert kept(engine) == [
        ("enterprises", "E1", "甲铸造厂", "铸造", "130100", "石家庄市", "长安区"),
        ("enterprises", "E2", "乙水泥厂", "水泥", "140300", "阳泉市", "郊区"),
        ("enterprises", "E3", "丙砖瓦厂", "砖瓦", "140300", "阳泉市", "郊区"),
        ("enterprises", "E4", "丁陶瓷厂", "陶瓷", "130100", "石家庄市", "长安区"),
        ("enterprises", "E5", "戊化工厂", "化工", "130100", "石家庄市", "高新技术开发区"),
        ("enterprises", "E6", "己家具厂", "家具", "130100", "石家庄市", "长安区"),
    ]
    assert done.relocated == (
        "丙砖瓦厂：石家庄桥西区 → 140300郊区",
        "丁陶瓷厂：130100桥西区 → 130100长安区",
        "己家具厂：某市 → 130100长安区",
    )
    with reading(engine) as connection:
        assert key_enterprises(connection)["is_simulated"].tolist() == [
            False,
            True,
            False,
            False,
            False,
            False,
        ]


def test_rows_that_cannot_be_used_are_quarantined_by_line(engine: Engine, tmp_path: Path) -> None:
    path = put(
        tmp_path,
        f"E1,甲,铸造,{SHIJIAZHUANG},,,",
        "E2,乙,铸造,,38.0,,,",
        "E3,丙,铸造,东经114度,38.0,,,",
        "E4,丁,铸造,38.07,114.60,,,",
        f"E5,戊,铸造,{LHASA},,,",
        "E6,己,铸造,0,0,,,",
        f",庚,铸造,{SHIJIAZHUANG},,,",
        "E8,辛,铸造",
        f"E1,甲二,铸造,{SHIJIAZHUANG},,,",
        f"E1,甲,铸造,{SHIJIAZHUANG},,,",
    )
    done = run(engine, path)
    outside = "坐标不在重点区域各城市范围内（请核对经纬度和坐标系）"
    assert sorted(open_rows(engine), key=lambda row: int(row[0].split("第")[1].removesuffix("行"))) == [
        ("e.csv 第3行", "lon", "", "必填，未填写"),
        ("e.csv 第4行", "lon", "东经114度", "不是数值"),
        ("e.csv 第5行", "lat", "114.60", "超出范围：应在-90至90之间（经纬度可能填反）"),
        ("e.csv 第6行", "lon", "91.10", outside),
        ("e.csv 第7行", "lon", "0", outside),
        ("e.csv 第8行", "enterprise_id", "", "必填，未填写"),
        ("e.csv 第9行", "", "E8,辛,铸造", "列数不符：表头有8列，本行有3列"),
        ("e.csv 第10行", "enterprise_id", "E1", "编号与第2行重复而内容不同，采用第2行"),
    ]
    assert (done.rows, done.kept, done.duplicates, len(done.rejected)) == (10, 1, 1, 8)
    assert done.rows == done.kept + done.duplicates + len(done.rejected)


def test_an_import_replaces_its_source_and_settles_what_is_right_now(engine: Engine, tmp_path: Path) -> None:
    run(engine, put(tmp_path, f"P1,电厂,发电,{YANGQUAN},,,"), source="plants")
    first = put(tmp_path, f"E1,甲,铸造,{SHIJIAZHUANG},,,", f"E2,乙,铸造,{LHASA},,,")
    run(engine, first)
    second = put(tmp_path, f"E2,乙,铸造,{YANGQUAN},,,", name="next.csv")
    done = run(engine, second)
    assert (done.kept, done.replaced) == (1, 1)
    assert [row[:3] for row in kept(engine)] == [("enterprises", "E2", "乙"), ("plants", "P1", "电厂")]
    assert open_rows(engine) == []
    run(engine, first)  # what was wrong once is wrong again
    assert [row[:3] for row in open_rows(engine)] == [("e.csv 第3行", "lon", "91.10")]
    with reading(engine) as connection:
        states = connection.execute(select(quarantine.c.state, quarantine.c.settled_by)).all()
        assert states == [("open", None)]
        (row,) = list_rows(connection)
        assert show(connection, row.quarantine_id).row["name"] == "乙"


def test_a_file_that_cannot_be_used_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    run(engine, put(tmp_path, f"E1,甲,铸造,{SHIJIAZHUANG},,,"))
    before = kept(engine)
    cases = {
        "columns are missing; expected industry, lat, lon": put(
            tmp_path, "E9,戊", header="enterprise_id,name", name="a.csv"
        ),
        "no row of the file can be used (坐标不在": put(tmp_path, f"E9,戊,铸造,{LHASA},,,", name="b.csv"),
        "the file has no rows": put(tmp_path, name="c.csv"),
        "not a table; expected CSV, XLSX": put(tmp_path, name="d.shp"),
    }
    for message, path in cases.items():
        with pytest.raises(InputError) as told:
            run(engine, path)
        assert message in str(told.value)
    with pytest.raises(InputError, match="unknown datum; expected WGS84"):
        run(engine, put(tmp_path), datum="CGCS2000")
    with pytest.raises(InputError, match="no such column; expected enterprise_id"):
        run(engine, put(tmp_path), columns={"longitude": "x"})
    assert kept(engine) == before
    assert open_rows(engine) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_other_datums_and_encodings(engine: Engine, tmp_path: Path, encoding: str, datum: str) -> None:
    lon, lat = from_wgs84([114.60], [38.07], datum)
    path = put(
        tmp_path,
        f"E1,鄠邑铸造,铸造,{lon[0]:.6f},{lat[0]:.6f}",
        header="编号,企业名称,行业,经度,纬度",
        encoding=encoding,
    )
    names = {"enterprise_id": "编号", "name": "企业名称", "industry": "行业", "lon": "经度", "lat": "纬度"}
    assert run(engine, path, datum, names).kept == 1
    with reading(engine) as connection:
        (row,) = key_enterprises(connection).to_dict("records")
    assert (row["name"], row["county"]) == ("鄠邑铸造", "长安区")
    assert (row["lon"], row["lat"]) == (pytest.approx(114.60, abs=2e-6), pytest.approx(38.07, abs=2e-6))


def test_a_workbook_says_the_same(engine: Engine, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    for row in (
        HEADER.split(","),
        ["E1", "甲", "铸造", 114.60, 38.07, None, None, None],
        ["E2", "乙", "铸造", "=1+1", 38.07],
    ):
        workbook.active.append(row)
    workbook.save(tmp_path / "e.xlsx")
    done = run(engine, tmp_path / "e.xlsx")
    assert [row[1:] for row in kept(engine)] == [("E1", "甲", "铸造", "130100", "石家庄市", "长安区")]
    assert [(row.origin, row.reason) for row in done.rejected] == [
        ("e.xlsx 第3行", "含有公式：请粘贴为数值后重新提交")
    ]


def test_the_table_of_power_plants(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "plants.csv"
    path.write_text(PLANTS, encoding="utf-8")
    done = run(engine, path, columns=PLANT_COLUMNS, source="power-plants")
    assert kept(engine) == [
        ("power-plants", "1000475", "Xiaolangdi", "Hydro", "410300", "洛阳市", "孟津区"),
        ("power-plants", "1000547", "Sanmexia", "Hydro", "411200", "三门峡市", "湖滨区"),
        ("power-plants", "1072551", "Shanxi Zhaoguang Phase 1", "Coal", "141000", "临汾市", "霍州市"),
    ]
    # One number for two phases of a plant: the second is not lost, it waits in the quarantine.
    assert [(row.origin, row.field) for row in done.rejected] == [("plants.csv 第5行", "enterprise_id")]


def test_the_verb(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "supervision.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    path = put(tmp_path, f"E1,甲,铸造,{SHIJIAZHUANG},130100,桥西区,模拟数据", f"E2,乙,铸造,{LHASA},,,")
    done = CliRunner().invoke(cli, ["import-enterprises", str(path), "--datum", "wgs84"])
    assert done.exit_code == 0
    assert (
        done.stdout
        == "读入2行；存入企业1家，替换原有0家；并入企业的生产线0条，重复0行，未用1行（在待查中）（模拟数据）\n"
    )
    assert done.stderr.splitlines() == [
        "未用：e.csv 第3行 lon：坐标不在重点区域各城市范围内（请核对经纬度和坐标系），如“91.10”",
        "1家与所写的城市或区县不符，按坐标归属：甲：130100桥西区 → 130100长安区",
    ]
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    assert [row[1] for row in kept(engine)] == ["E1"]
    engine.dispose()
    wrong = CliRunner().invoke(cli, ["import-enterprises", str(path), "--datum", "wgs84", "--column", "lon"])
    assert isinstance(wrong.exception, InputError)
    assert "expected OWN=HEADING" in str(wrong.exception)


def test_a_point_just_over_the_border_stays_where_it_was_told(engine: Engine, tmp_path: Path) -> None:
    """Outlines are simplified by up to 200 m; so close to them the row knows better."""
    (outline,) = city_outlines(["140300"]).geometry
    edge = outline.boundary.point_on_surface()
    lon, lat = next(
        (edge.x + east, edge.y + north)
        for east in (-0.001, 0, 0.001)
        for north in (-0.001, 0, 0.001)
        if not outline.buffer(0.0005).contains(shapely.Point(edge.x + east, edge.y + north))
    )
    run(engine, put(tmp_path, f"E1,甲,铸造,{lon},{lat},阳泉市,某开发区,", f"E2,乙,铸造,{lon},{lat},,,"))
    first, second = kept(engine)
    assert first[4:] == ("140300", "阳泉市", "某开发区")
    assert second[4] != "140300"


STEEL = """序号,企业名称,行业,省,城市,纬度,经度,产能
1,甲钢铁有限公司,粗钢,河北,唐山市,40.0100,118.1000,3600
2,甲钢铁有限公司（2号线）,粗钢,河北,唐山市,40.0101,118.1001,0
3,甲钢铁 有限公司,生铁,河北,唐山市,40.0100,118.1000,1200
4,乙焦化厂,焦化,江苏,苏州市,39.6300,118.1800,90
5,丙水泥厂,水泥,河北,唐山市,118.2000,39.7000,200
6,,水泥,河北,唐山市,39.7100,118.2100,50
7,甲钢铁有限公司,粗钢,河北,唐山市,40.0110,118.1000,5
"""
OWN = """
tables:
  enterprises:
    columns: {enterprise_id: 序号, name: 企业名称, industry: 行业, lon: 经度, lat: 纬度, unit_code: 城市}
"""


def test_a_row_a_production_line_is_one_enterprise_with_its_lines(engine: Engine, tmp_path: Path) -> None:
    """Row 2 lies 14 m from row 1, row 3 where row 1 lies; row 7 of the same name lies 111 m off and is another works."""
    path, yaml = tmp_path / "steel.csv", tmp_path / "own.yaml"
    path.write_text(STEEL)
    yaml.write_text(OWN)
    done = import_enterprises(
        engine, path, datum="WGS84", now=NOW, mapping=named_mapping(str(yaml), "enterprises")
    )
    assert (done.rows, done.kept, done.lines, done.duplicates, len(done.rejected)) == (7, 3, 2, 0, 2)
    assert [row[1:5] for row in kept(engine)] == [
        ("1", "甲钢铁有限公司", "粗钢", "130200"),
        ("4", "乙焦化厂", "焦化", "130200"),
        ("7", "甲钢铁有限公司", "粗钢", "130200"),
    ]
    with reading(engine) as connection:
        assert key_enterprises(connection)["lines"].tolist() == [
            "1 甲钢铁有限公司 粗钢\n2 甲钢铁有限公司（2号线） 粗钢\n3 甲钢铁 有限公司 生铁",
            "",
            "",
        ]
    assert [name.split("：")[0] for name in done.relocated] == ["乙焦化厂"]
    assert [(row.field, row.reason) for row in done.rejected] == [
        ("lat", "超出范围：应在-90至90之间（经纬度可能填反）"),
        ("name", "必填，未填写"),
    ]


def test_a_province_that_contradicts_the_unit_is_said(engine: Engine, tmp_path: Path) -> None:
    """The city is right in every row, the province of the second, fourth and sixth is not; the last tells none."""
    path = put(
        tmp_path,
        f"1,甲,钢铁,河北,石家庄市,{SHIJIAZHUANG}",
        f"2,乙焦化厂,焦化,江苏,石家庄市,{SHIJIAZHUANG}",
        f"3,丙,钢铁,河北省,石家庄市,{SHIJIAZHUANG}",
        f"4,丁,钢铁,河北省,阳泉市,{YANGQUAN}",
        "5,戊,钢铁,北京,北京市,116.3975,39.9087",
        "6,己,钢铁,河北,北京市,116.3975,39.9087",
        f"7,庚,钢铁,,石家庄市,{SHIJIAZHUANG}",
        header="enterprise_id,name,industry,省份,unit_code,lon,lat",
    )
    done = run(engine, path)
    assert (done.rows, done.kept, done.rejected) == (7, 7, ())
    assert [told.split(" → ")[0] for told in done.relocated] == [
        "乙焦化厂：江苏石家庄市",
        "丁：河北省阳泉市",
        "己：河北北京市",
    ]
    mapped = path.rename(tmp_path / "mapped.csv")
    mapped.write_text(mapped.read_text(encoding="utf-8").replace("省份", "辖区"), encoding="utf-8")
    assert run(engine, mapped).relocated == ()
    assert run(engine, mapped, columns={"province": "辖区"}).relocated == done.relocated


def test_coordinates_of_another_datum_than_said_are_doubted(engine: Engine, tmp_path: Path) -> None:
    """Points just inside their county's eastern border, written in GCJ-02, lie outside of it when they are read as WGS84."""
    outline = counties().set_index("county_name").loc["平定县"].geometry
    lines = []
    for number, lat in enumerate([37.70, 37.75, 37.80, 37.85, 37.90]):
        row = outline.intersection(shapely.LineString([(100, lat), (130, lat)]))
        lon, north = from_wgs84(np.array([row.bounds[2] - 0.001]), np.array([lat]), "GCJ-02")
        lines.append(f"{number},厂{number},钢铁,{lon[0]:.6f},{north[0]:.6f},阳泉,平定县")
    path = put(tmp_path, *lines, header="enterprise_id,name,industry,lon,lat,unit_code,county")
    said = run(engine, path).datum_doubt
    assert said.startswith("坐标系存疑：按WGS84有")
    assert "而按GCJ-02都在其内" in said
    assert run(engine, path, datum="GCJ-02").datum_doubt == ""
