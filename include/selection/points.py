"""Key enterprises as points: which cell each lies in, and whether their coordinates are what they are said to be."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from include.errors import InputError
from include.geo.datum import to_wgs84
from include.geo.lattice import BOUNDS
from include.geo.zonal import Floats, reach
from include.language import say
from include.selection.layers import Note

_NEAR_CELLS: Final = 0.15  # of all points outside the lattice: more, and the file is of another place
_SHIFTED: Final = ("GCJ-02", "BD-09")
_LEAST_KNOWN: Final = 5  # enterprises that are known by name: fewer may have moved
_OFF_M: Final = 150.0  # what coordinates of one enterprise may differ by; GCJ-02 is off by 300 to 700 m
_DEGREE_M: Final = 111_195.0


def enterprises_in(cells: pd.DataFrame, points: pd.DataFrame) -> tuple[pd.Series, list[Note]]:
    """How many points lie in each cell (on a common border: in the cell with the lower number)."""
    lon, lat = points["lon"].to_numpy(float), points["lat"].to_numpy(float)
    west, south, east, north = reach("EPSG:4326", cells)
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    swapped = (lat >= west) & (lat <= east) & (lon >= south) & (lon <= north)
    if (swapped & ~inside).any():
        first = points[swapped & ~inside].iloc[0]
        raise InputError(
            "points with longitude and latitude exchanged",
            where=f"enterprises: {first['name']}",
            got=f"{int((swapped & ~inside).sum())} points, the first {first['lon']}, {first['lat']}",
            expected="longitude, then latitude",
            todo="exchange the columns and import them again",
        )
    notes = []
    at_point, at_cell = _tree(cells).query(shapely.points(lon, lat), predicate="intersects")
    first_cell = pd.Series(at_cell).groupby(at_point).min()
    if len(points) and len(first_cell) < len(points) * (1 - _NEAR_CELLS):
        text = say(
            "{count}家企业不在任何小格内（共{total}家）",
            count=len(points) - len(first_cell),
            total=len(points),
        )
        notes.append(Note("points_outside", say("企业"), text))
    if not len(first_cell):
        raise InputError(
            "no enterprise lies in the region",
            where="enterprises",
            got=f"{len(points)} points",
            todo="import-enterprises for this region, or set weight_enterprises: 0",
        )
    counts = first_cell.value_counts()
    return pd.Series(counts.reindex(range(len(cells)), fill_value=0).to_numpy(int), cells.index), notes


def without_copies(points: pd.DataFrame) -> tuple[pd.DataFrame, list[Note]]:
    """The points with each name and place once, and a note of those that were listed again."""
    again = points.duplicated(["name", "lon", "lat"])
    if not again.any():
        return points, []
    text = say("{count}家企业重复列出（名称和坐标都相同），各计一次", count=int(again.sum()))
    return points[~again].reset_index(drop=True), [Note("points_doubled", say("企业"), text)]


def require_known_places(points: pd.DataFrame, known: pd.DataFrame) -> list[str]:
    """Refuses points that lie beside the enterprises of the same names that are known (`name, lon, lat` in WGS84) and on them once they are
    taken for GCJ-02 (or BD-09). Returns the names that were compared; of fewer than five nothing is said."""
    both = points[["name", "lon", "lat"]].merge(
        known[["name", "lon", "lat"]], on="name", suffixes=("", "_known")
    )
    both = both[~both["name"].duplicated(keep=False)]
    if len(both) < _LEAST_KNOWN:
        return []
    straight = _apart_m(both, "WGS84")
    for datum in _SHIFTED:
        turned = _apart_m(both, datum)
        if straight > _OFF_M and turned * 2 <= straight:
            raise _of_datum(
                datum,
                f"{straight:.0f} m from the known place of {len(both)} enterprises of the same names (median), {turned:.0f} m once converted",
            )
    return list(both["name"])


def _apart_m(both: pd.DataFrame, datum: str) -> float:
    lon, lat = to_wgs84(both["lon"].to_numpy(float), both["lat"].to_numpy(float), datum)
    known_lon, known_lat = both["lon_known"].to_numpy(float), both["lat_known"].to_numpy(float)
    east = (lon - known_lon) * np.cos(np.radians(known_lat))
    apart: Floats = np.hypot(east, lat - known_lat) * _DEGREE_M
    return float(np.median(apart))


def require_told_datum(points: pd.DataFrame, outlines: gpd.GeoDataFrame) -> list[Note]:
    """Points whose told county fits far better once they are taken for GCJ-02 (or BD-09): their datum was not converted. Refuses
    them; a point without a told county says nothing. `points`: `lon, lat, county`; `outlines`: `county_name`."""
    told = points[points["county"].astype(str).str.len() > 0]
    straight = _misplaced(told, outlines, "WGS84")
    for datum in _SHIFTED:
        turned = _misplaced(told, outlines, datum)
        if straight >= 5 and turned * 2 <= straight:
            raise _of_datum(
                datum, f"{straight} of {len(told)} lie outside their county, {turned} once converted"
            )
    if straight:
        text = say("{straight}家企业的坐标不在所填区县内（共{count}家）", straight=straight, count=len(told))
        return [Note("points_datum", say("企业"), text)]
    return []


def _of_datum(datum: str, got: str) -> InputError:
    spelled = datum.lower().replace("-", "")
    return InputError(
        f"the points are {datum}, not WGS84",
        where="enterprises",
        got=got,
        expected="WGS84",
        todo=f"import them again with --datum {spelled}, or state `datum: {spelled}`",
    )


def _misplaced(points: pd.DataFrame, outlines: gpd.GeoDataFrame, datum: str) -> int:
    lon, lat = to_wgs84(points["lon"].to_numpy(float), points["lat"].to_numpy(float), datum)
    tree = shapely.STRtree(outlines.geometry.to_numpy())
    at_point, at_county = tree.query(shapely.points(lon, lat), predicate="intersects")
    names = outlines["county_name"].to_numpy()[at_county]
    is_told = names == points["county"].to_numpy()[at_point]
    found, fitting = set(map(int, at_point)), set(map(int, at_point[is_told]))
    return len(found - fitting)


def _tree(cells: pd.DataFrame) -> shapely.STRtree:
    return shapely.STRtree(shapely.box(*(cells[side].to_numpy() for side in BOUNDS)))
