"""The 3 km x 3 km grid that supervision is done by, and the county that a point lies in.

The ministry's own lattice is not published. This one has rows of equal height in latitude and, in each row, cells as
wide as they are high at the row's middle: every cell is a true rectangle in degrees and 3 km on each side, cells do
not overlap, and a cell's place does not depend on which counties were asked for.
"""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike

from include.geo.boundaries import counties
from include.geo.datum import Degrees

CELL_M: Final = 3000.0
_WGS84_SEMI_MAJOR_M = 6378137.0
_WGS84_ECCENTRICITY_SQUARED = 0.00669437999014
# Height of a row: 3 km on the meridian at 36° N, the middle of the key regions (0.1 % off at 32° and 42° N).
_ROW_DEG = float(np.degrees(CELL_M / 6357494.0))


def grid_cells(outlines: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row a cell whose centre lies in one of the outlines (columns of `boundaries.counties()`, any CRS).

    Columns `grid_id` (R and C numbers of the lattice), `unit_code`, `county`, `name`, and `west, south, east, north`
    in degrees WGS84; ordered from south to north, then west to east.
    """
    outlines = outlines.to_crs("EPSG:4326")
    if outlines.empty:
        return pd.DataFrame(
            columns=["grid_id", "unit_code", "county", "name", "west", "south", "east", "north"]
        )
    cells = boxes_over(*outlines.total_bounds)
    centres = locate((cells["west"] + cells["east"]) / 2, (cells["south"] + cells["north"]) / 2, outlines)
    cells["unit_code"], cells["county"] = centres["unit_code"], centres["county"]
    cells = cells.dropna(subset="unit_code").reset_index(drop=True)
    cells["name"] = (
        cells["county"] + (cells.groupby(["unit_code", "county"]).cumcount() + 1).astype(str) + "号网格"
    )
    return cells[["grid_id", "unit_code", "county", "name", "west", "south", "east", "north"]]


def boxes_over(west: float, south: float, east: float, north: float) -> pd.DataFrame:
    """Every cell of the lattice that a rectangle in degrees touches, from south to north, then west to east: `grid_id, row,
    column` (numbers of the lattice) and `west, south, east, north`."""
    rows = np.arange(np.floor(south / _ROW_DEG), np.ceil(north / _ROW_DEG)).astype(int)
    widths = _column_deg((rows + 0.5) * _ROW_DEG)
    spans = [np.arange(np.floor(west / width), np.ceil(east / width)).astype(int) for width in widths]
    row, width = (np.repeat(values, [len(span) for span in spans]) for values in (rows, widths))
    column = np.concatenate(spans) if spans else np.zeros(0, dtype=int)
    return pd.DataFrame(
        {
            "grid_id": [f"R{r:04d}C{c:04d}" for r, c in zip(row, column, strict=True)],
            "row": row,
            "column": column,
            "west": np.round(column * width, 6),
            "south": np.round(row * _ROW_DEG, 6),
            "east": np.round((column + 1) * width, 6),
            "north": np.round((row + 1) * _ROW_DEG, 6),
        }
    )


def locate(lon: ArrayLike, lat: ArrayLike, outlines: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """One row a point (degrees WGS84), in the order given: `unit_code, county` of the outline it lies in.

    Both are None for a point outside all outlines or without coordinates; on a shared border the lower county_code
    is taken. `outlines` defaults to all shipped counties.
    """
    outlines = counties() if outlines is None else outlines.to_crs("EPSG:4326")
    points = shapely.points(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    hit_points, hit_outlines = shapely.STRtree(outlines.geometry.to_numpy()).query(
        points, predicate="intersects"
    )
    hits = pd.DataFrame(
        {"point": hit_points, "county_code": outlines["county_code"].to_numpy()[hit_outlines]}
    )
    hits["outline"] = hit_outlines
    first = hits.sort_values(["point", "county_code"]).drop_duplicates("point")
    found = pd.DataFrame({"unit_code": None, "county": None}, index=range(len(points)), dtype=object)
    found.loc[first["point"], "unit_code"] = outlines["unit_code"].to_numpy()[first["outline"]]
    found.loc[first["point"], "county"] = outlines["county_name"].to_numpy()[first["outline"]]
    return found


def _column_deg(lat: Degrees) -> Degrees:
    """Degrees of longitude that are as wide as a cell on the parallel `lat`."""
    phi = np.radians(lat)
    radius_m = _WGS84_SEMI_MAJOR_M / np.sqrt(1 - _WGS84_ECCENTRICITY_SQUARED * np.sin(phi) ** 2) * np.cos(phi)
    return np.asarray(np.degrees(CELL_M / radius_m))
