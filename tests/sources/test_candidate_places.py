"""Construction sites, roads and satellite fires from files: MODIS and VIIRS as downloaded, any table by a mapping, quarantine, dates."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from include.__main__ import cli
from include.errors import InputError
from include.sources.candidate_places import import_places
from include.store.engine import reading
from include.store.enterprises import suspect_places
from include.suspects.candidates import places_as_candidates

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATA = Path(os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
FIRES = DATA / "fires" / "modis_c61_39_cities_20220528_20220604.csv"
VIIRS = """latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,daynight
34.03175,108.70068,330.1,0.4,0.4,2022-05-28,41,N,VIIRS,n,2.0NRT,290.1,4.2,D
34.21611,114.15661,330.1,0.4,0.4,2022-05-28,0536,1,VIIRS,l,2.0NRT,290.1,4.2,D
34.21611,114.15661,330.1,0.4,0.4,2022-05-28,0536,1,VIIRS,l,2.0NRT,290.1,4.2,D
,114.15661,330.1,0.4,0.4,2022-05-28,0536,1,VIIRS,l,2.0NRT,290.1,4.2,D
34.2,114.1,330.1,0.4,0.4,2022-05-28,2561,1,VIIRS,l,2.0NRT,290.1,4.2,D
0,0,330.1,0.4,0.4,2022-05-28,0536,1,VIIRS,l,2.0NRT,290.1,4.2,D
"""
MODIS = """latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,confidence,version,bright_t31,frp,daynight
34.03175,108.70068,317.16,2.2,1.44,2022-05-28,357,T,24,6.1NRT,299.97,25.34,D
"""
SITES = "place_id,name,lon,lat,valid_from,valid_to\nS1,甲工地,114.5,38.0,2020-03-01,2020-03-11\nS2,乙工地,114.6,38.0,,\nS3,丙工地,,38.0,,\n"
ROADS = "编号,路名,经度,纬度\n1,国道107,114.5,38.1\n"
ROAD_MAPPING = 'tables:\n  places:\n    datum: GCJ-02\n    columns:\n      place_id: {template: "R{编号}"}\n      name: 路名\n      lon: 经度\n      lat: 纬度\n'


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def known(engine: Engine, begin: str, end: str) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        rows = suspect_places(
            connection, pd.Timestamp(begin).to_pydatetime(), pd.Timestamp(end).to_pydatetime()
        )
    return list(rows[["kind", "source", "place_id"]].itertuples(index=False, name=None))


def test_fires_as_nasa_gives_them_are_added_once_and_what_cannot_be_used_is_named(
    engine: Engine, tmp_path: Path
) -> None:
    done = import_places(engine, put(tmp_path, "viirs.csv", VIIRS), "fire", now=NOW)
    assert (done.rows, done.kept, done.duplicates, done.known) == (6, 2, 1, 0)
    assert [(row.origin, row.field) for row in done.rejected] == [
        ("viirs.csv 第5行", "place_id"),
        ("viirs.csv 第6行", "seen_at"),
        ("viirs.csv 第7行", "lon"),
    ]
    again = import_places(engine, put(tmp_path, "both.csv", VIIRS), "fire", now=NOW)
    assert (again.kept, again.known) == (0, 2)
    modis = import_places(engine, put(tmp_path, "modis.csv", MODIS), "fire", now=NOW)
    assert (modis.kept, modis.known) == (1, 0)
    with reading(engine) as connection:
        rows = suspect_places(
            connection, datetime(2022, 5, 28, tzinfo=UTC), datetime(2022, 5, 28, 4, tzinfo=UTC)
        )
    assert rows[["place_id", "lon", "lat"]].to_numpy().tolist() == [
        ["N-2022-05-28-0041-34.0318-108.7007", 108.70068, 34.03175],
        ["T-2022-05-28-0357-34.0318-108.7007", 108.70068, 34.03175],
    ]
    candidates = places_as_candidates(rows)
    assert candidates["kind"].tolist() == ["fire", "fire"]
    assert candidates["from_at"].tolist() == [
        pd.Timestamp("2022-05-28T00:41Z"),
        pd.Timestamp("2022-05-28T03:57Z"),
    ]


def test_sites_are_replaced_whole_and_speak_on_their_days_only(engine: Engine, tmp_path: Path) -> None:
    done = import_places(engine, put(tmp_path, "sites.csv", SITES), "site", now=NOW)
    assert (done.rows, done.kept, done.replaced, [row.field for row in done.rejected]) == (3, 2, 0, ["lon"])
    inside = known(engine, "2020-03-05T00:00+08:00", "2020-03-05T03:00+08:00")
    assert inside == [("site", "construction-sites", "S1"), ("site", "construction-sites", "S2")]
    assert known(engine, "2020-03-11T00:00+08:00", "2020-03-11T03:00+08:00") == [
        ("site", "construction-sites", "S2")
    ]
    done = import_places(engine, put(tmp_path, "new.csv", SITES.replace("S2", "S9")), "site", now=NOW)
    assert (done.kept, done.replaced) == (2, 2)
    assert [one[2] for one in known(engine, "2020-03-11T00:00+08:00", "2020-03-11T03:00+08:00")] == ["S9"]


def test_roads_of_any_table_by_a_mapping_with_its_datum(engine: Engine, tmp_path: Path) -> None:
    mapping = put(tmp_path, "roads.yaml", ROAD_MAPPING)
    done = import_places(engine, put(tmp_path, "roads.csv", ROADS), "road", now=NOW, mapping_file=mapping)
    assert (done.kept, done.source) == (1, "roads")
    with reading(engine) as connection:
        [row] = suspect_places(connection, NOW, NOW).to_dict("records")
    assert (row["place_id"], row["name"]) == ("R1", "国道107")
    assert 0.003 < 114.5 - row["lon"] < 0.01


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("place_id,name,lon,lat\n", "the file has no rows"),
        ("place_id,name,lon,lat\nS1,甲,abc,38\n", "no row of .* can be used"),
        ("number,name,lon,lat\n1,甲,114,38\n", "place_id"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    engine: Engine, tmp_path: Path, text: str, words: str
) -> None:
    import_places(engine, put(tmp_path, "sites.csv", SITES), "site", now=NOW)
    with pytest.raises(InputError, match=words):
        import_places(engine, put(tmp_path, "bad.csv", text), "site", now=NOW)
    assert len(known(engine, "2020-03-05T00:00+08:00", "2020-03-05T03:00+08:00")) == 2


@pytest.mark.skipif(not FIRES.exists(), reason=f"no fires at {FIRES}: set QIANLIYAN_SHARED_DATA")
def test_the_fires_of_a_week_as_downloaded(engine: Engine) -> None:
    rows = len(pd.read_csv(FIRES))
    done = import_places(engine, FIRES, "fire", now=NOW)
    assert (done.rows, done.kept + done.duplicates, done.rejected) == (rows, rows, [])


def test_the_verb(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "supervision.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path))
    done = CliRunner().invoke(cli, ["import-places", str(put(tmp_path, "v.csv", VIIRS)), "--kind", "fire"])
    assert done.exit_code == 0
    assert done.stdout == "读入6行；存入2处，已有0处；重复1行，未用3行（在待查中）\n"
    assert len(done.stderr.splitlines()) == 3
