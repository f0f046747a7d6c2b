"""The counties by which a unit's alarms are told: from outlines, else grids, else the profile; never from the alarms."""

from pathlib import Path

from sqlalchemy import Engine, insert

from include.openness.places import counties_by_unit
from include.profile.current import using
from include.profile.reading import read_profile
from include.profile.scaffold import write_profile
from include.store import tables
from include.store.engine import reading, writing
from tests.desk.facts import provenance


def test_without_outlines_and_grids_the_profile_names_them(engine: Engine, tmp_path: Path) -> None:
    write_profile(tmp_path / "office")
    places = tmp_path / "office/places.csv"
    with places.open("a", encoding="utf-8") as file:
        file.write("000102,西区,county,000100,,,,\n")
    with using(read_profile(tmp_path / "office")), reading(engine) as connection:
        found = counties_by_unit(connection, ["000100", "000999"])
    assert found == {"000100": ("东区", "西区"), "000999": ()}


def test_grids_go_before_the_profile_and_outlines_before_both(engine: Engine, tmp_path: Path) -> None:
    write_profile(tmp_path / "office")
    grid = {
        "grid_id": "G1",
        "name": "某镇",
        "unit_code": "000100",
        "county": "北区",
        "west": 113.5,
        "south": 37.9,
        "east": 113.54,
        "north": 37.93,
        "is_hot": True,
        "is_monitored": True,
    }
    city = {"unit_code": "000100", "unit_name": "甲市", "province_code": "000000", "province_name": "某省"}
    with writing(engine) as connection:
        connection.execute(insert(tables.city).values(**city))
        connection.execute(insert(tables.grid).values(**grid, **provenance()))
    with using(read_profile(tmp_path / "office")), reading(engine) as connection:
        assert counties_by_unit(connection, ["000100"]) == {"000100": ("北区",)}
    with reading(engine) as connection:
        assert "平定县" in counties_by_unit(connection, ["140300"])["140300"]
