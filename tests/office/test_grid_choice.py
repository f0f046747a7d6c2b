"""From files of rasters to a proposed list: one city, three years (合成), the same bytes again; the file of a choice and its faults."""

import importlib.util
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import Engine

from include.errors import InputError
from include.geo.boundaries import counties
from include.geo.datum import from_wgs84
from include.house import default_registry, open_house
from include.office import grid_lists
from include.office.grid_choice import choose_grids, manifest_bytes, office_rules, table_bytes
from include.office.grid_files import list_files
from include.profile.current import load, office, using
from include.profile.values import RuleChange
from include.simulator.rasters import write_example
from include.sources.rasters.reading import require_extra
from include.sources.rasters.selection_file import read_selection_file
from include.store.engine import reading
from include.store.grid_lists import hot_grids_on
from include.store.migrate import migrate
from include.verbs.select_grids import select_grids
from include.workflows.select_grids import chosen_file, propose
from tests.letters.reading import pdf_text

YANGQUAN = "140300"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("rasterio", "xarray", "h5netcdf", "h5py"):
        pytest.importorskip(package, reason="needs the extra requirements-rasters.txt (make rasters)")
    box = tuple(counties([YANGQUAN]).total_bounds)
    path = write_example(tmp_path_factory.mktemp("example"), box, 2025, 23)  # type: ignore[arg-type]
    with path.open("a", encoding="utf-8") as file:
        file.write(f'units: ["{YANGQUAN}"]\n')
    return path


def test_the_same_files_give_the_same_list_to_the_byte(engine: Engine, example: Path) -> None:
    first, again = (choose_grids(engine, read_selection_file(example)) for _ in range(2))
    assert table_bytes(first.table) == table_bytes(again.table)
    assert manifest_bytes(first.manifest) == manifest_bytes(again.manifest)
    assert set(first.table["unit_code"]) == {YANGQUAN}
    assert int(first.table["is_hot"].sum()) == round(5000 / 60193 * len(first.table))
    manifest = json.loads(manifest_bytes(first.manifest))
    files = [one for one in manifest["inputs"] if "file" in one]
    assert sorted(one["file"] for one in files) == [
        "emission_2025.nc",
        "enterprises.csv",
        "pm25_2023.tif",
        "pm25_2024.tif",
        "pm25_2025.tif",
    ]
    assert all(len(one["sha256"]) == 64 for one in manifest["inputs"])
    assert manifest["is_simulated"] is True
    hot = first.table[first.table["is_hot"]]
    assert hot["words"].str.contains("综合得分列本单位第").all()
    assert hot["score"].min() >= first.table.loc[~first.table["is_hot"], "score"].max()


def test_the_next_choice_keeps_from_the_list_in_force(engine: Engine, example: Path, tmp_path: Path) -> None:
    house = open_house(default_registry(), tmp_path)
    now = datetime(2026, 1, 10, tzinfo=UTC)
    told = read_selection_file(example)
    first = grid_lists.propose(engine, house.archive, choose_grids(engine, told), now=now, actor="王科长")
    grid_lists.release(engine, first, date(2026, 1, 12), now=now, actor="王科长", reason="审核通过")
    second = choose_grids(engine, replace(told, rules={"weight_level": 0.5, "weight_emission": 0.1}))
    counts = second.table["change"].value_counts()
    with reading(engine) as connection:
        old = hot_grids_on(connection, date(2026, 1, 15))
    assert old is not None
    assert counts["kept"] + counts.get("left", 0) == len(old)
    assert counts["kept"] > 0.6 * len(old)
    assert second.table.loc[second.table["change"] == "left", "words"].str.contains("退出").all()
    assert second.old == tuple(sorted(old["grid_id"]))


def test_rules_come_from_the_profile_and_then_from_the_file(
    engine: Engine, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = (
        RuleChange("selection.weight_level", 0.5, "", date(2020, 1, 1)),
        RuleChange("selection.weight_emission", 0.1, "", date(2020, 1, 1)),
        RuleChange("selection.unit_quota", 7, YANGQUAN, date(2020, 1, 1)),
        RuleChange("selection.unit_quota", 9, YANGQUAN, date(2030, 1, 1)),
    )
    own = replace(office(), rules=changes)
    monkeypatch.setattr("include.office.grid_choice.office", lambda: own)
    rules = office_rules(date(2026, 1, 15))
    assert (rules.weight_level, rules.quotas) == (0.5, {YANGQUAN: 7})
    told = read_selection_file(example)
    assert int(choose_grids(engine, told).table["is_hot"].sum()) == 7
    assert (
        int(choose_grids(engine, replace(told, rules={"quotas": {YANGQUAN: 5}})).table["is_hot"].sum()) == 5
    )


def test_the_number_of_the_profile_is_the_number_that_is_chosen(
    engine: Engine, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with using(load("jinan")):
        assert office_rules(date(2026, 1, 15)).hot_count == 124
    own = replace(office(), rules=(RuleChange("selection.hot_count", 11, "", date(2020, 1, 1)),))
    monkeypatch.setattr("include.office.grid_choice.office", lambda: own)
    told = read_selection_file(example)
    assert int(choose_grids(engine, told).table["is_hot"].sum()) == 11
    assert int(choose_grids(engine, replace(told, rules={"hot_count": 13})).table["is_hot"].sum()) == 13


def test_points_in_another_datum_are_converted_and_named(
    engine: Engine, example: Path, tmp_path: Path
) -> None:
    path = example.parent / "enterprises.csv"
    points = pd.read_csv(path)
    shifted = tmp_path / "shifted.csv"
    lon, lat = from_wgs84(points["lon"], points["lat"], "GCJ-02")
    points.assign(lon=lon, lat=lat).to_csv(shifted, index=False)
    text = example.read_text(encoding="utf-8")
    assert "datum: wgs84" in text
    found = []
    for number, spelled in enumerate(("gcj02", "GCJ-02")):
        own = example.parent / f"own_{number}.yaml"
        own.write_text(
            re.sub(
                r"\{path: enterprises.csv, datum: wgs84\}", f"{{path: {shifted}, datum: {spelled}}}", text
            ),
            encoding="utf-8",
        )
        found.append(choose_grids(engine, read_selection_file(own)))
        own.unlink()
    straight = choose_grids(engine, read_selection_file(example))
    for one in found:
        assert one.table["enterprises"].tolist() == straight.table["enterprises"].tolist()
        assert [note.text for note in one.notes if note.code == "points_converted"] == [
            "企业坐标由GCJ-02换算为WGS84"
        ]


def test_the_verbs_from_a_file_to_a_released_list(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path / "var"))
    migrate(open_house(default_registry()).engine)

    def run(*words: str) -> str:
        done = CliRunner().invoke(select_grids, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "可用" in run("check", str(example))
    assert "清单1待审核" in run("propose", str(example), "--to", str(tmp_path / "out"))
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "grids.csv",
        "hot_grids.csv",
        "hot_grids.geojson",
        "manifest.json",
        "map.png",
        "为什么是这个网格_阳泉市.pdf",
    ]
    listed = pd.read_csv(io.StringIO(run("show", "1", "--format", "csv")))
    gone = listed["grid_id"].iloc[0]
    run("strike", "1", gone, "--reason", "在水库上")
    assert "人工剔除：在水库上" in run("show", "1", "--unit", YANGQUAN, "--format", "csv")
    run("release", "1", "--from", "2026-02-01", "--reason", "审核通过")
    assert "released" in run("list", "--format", "csv")
    run("explain", "1", "--unit", YANGQUAN, "--to", str(tmp_path / "why.pdf"))
    assert (tmp_path / "why.pdf").read_bytes().startswith(b"%PDF-")
    assert "emission" in run("sensitivity", str(example), "--format", "csv")
    run("propose", str(example), "--without-letters", "--to", str(tmp_path / "again"))
    assert "total" in run("compare", "1", "2", "--format", "csv")


def test_a_run_reads_only_files_in_its_folder(engine: Engine, example: Path, tmp_path: Path) -> None:
    house = open_house(default_registry(), tmp_path)
    house.__dict__["engine"] = engine
    (tmp_path / "selection").mkdir()
    for path in example.parent.iterdir():
        (tmp_path / "selection" / path.name).write_bytes(path.read_bytes())
    now = datetime(2026, 1, 20, tzinfo=UTC)
    told = propose(house, now, "王科长", "selection.yaml")
    assert propose(house, now, "王科长", "selection.yaml")["list_id"] == told["list_id"]
    for name in ("../selection.yaml", "/etc/passwd", "none.yaml", ""):
        with pytest.raises(InputError, match="no such file of a choice"):
            chosen_file(house, name)


def test_without_the_readers_of_rasters_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "rasterio" else real(name))
    with pytest.raises(InputError, match=r"no rasterio.*run: make rasters"):
        require_extra("example")


GOOD = "name: x\nyear: 2025\ndate: 2026-01-15\npm25:\n  - {path: a.tif, year: 2025}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a mapping"),
        ("- 1", "not a mapping"),
        ("name: [", "cannot be read"),
        (GOOD.replace("year: 2025\n", "", 1), "lacks a key"),
        (GOOD + "rule: {}\n", "unknown keys"),
        (GOOD.replace("date: 2026-01-15", "date: soon"), "not a date"),
        (GOOD.replace("year: 2025}", "year: 20250}"), "not a year"),
        (GOOD.replace("year: 2025}", "year: 2025, month: 13}"), "not a month"),
        (GOOD.replace("year: 2025}", "year: 2025, registration: middle}"), "not a registration"),
        (GOOD.replace("year: 2025}", "year: 2025, nodata: [none]}"), "not a number"),
        (GOOD.replace("year: 2025}", "year: 2025, crss: x}"), "unknown keys"),
        (GOOD.replace("a.tif", "https://example.org/a.tif"), "not the path of a local file"),
        (GOOD.replace("a.tif", "/vsicurl/x.tif"), "not the path of a local file"),
        (GOOD + "enterprises: {path: p.csv}\n", "points need a file and their datum"),
        (GOOD + "enterprises: {path: p.csv, datum: cgcs}\n", "enterprises: unknown datum"),
        (GOOD + "emissions: a.nc\n", "not a list"),
        (GOOD.replace("date: 2026", "date: 2024"), "lies after the day of the list"),
    ],
)
def test_a_file_of_a_choice_that_cannot_be_used_says_why(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "selection.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_selection_file(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"units": ("999999",)}, "units without outlines"),
        ({"date": date(2001, 1, 1)}, "no unit has outlines"),
        ({"rules": {"hot_shares": 1}}, "no such rule"),
        ({"pm25": ()}, "there is no PM2"),
        ({"emissions": ()}, "there is no emission inventory"),
        ({"year": 2026}, "not the last ones"),
    ],
)
def test_a_choice_that_cannot_be_made_says_why(
    engine: Engine, example: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        choose_grids(engine, replace(read_selection_file(example), **change))


def test_a_choice_of_an_english_office_is_english(engine: Engine, tmp_path: Path) -> None:
    chinese = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
    with using(load("harbour")):
        told = write_example(tmp_path, (113.2, 37.7, 113.9, 38.1), 2025, 23)
        assert not chinese.search(told.read_text(encoding="utf-8"))
        outlines = gpd.GeoDataFrame(
            {"county_code": ["140302"], "county_name": ["Quay"], "unit_code": ["140300"]},
            geometry=[shapely.box(113.3, 37.8, 113.8, 38.0)],
            crs="EPSG:4326",
        )
        outlines.to_parquet(tmp_path / "outlines.parquet")
        file = replace(
            read_selection_file(told), outlines=tmp_path / "outlines.parquet", rules={"hot_count": 20}
        )
        choice = choose_grids(engine, file)
        for name, content in list_files(grid_lists.view_of(choice), {"140300": "Inland"}, "Harbour Office"):
            if name.endswith((".csv", ".json", ".geojson")):
                assert not chinese.search(content.decode("utf-8")), name
            elif name.endswith(".pdf"):
                assert name == "why_these_grids_Inland.pdf"
                assert not chinese.search(pdf_text(content))
