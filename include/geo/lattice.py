"""The lattice over outlines with the share of every county in every cell: what the choice of hotspot grids starts from.

`grids.grid_cells` gives a cell to the county of its centre; here a cell at a border keeps all its counties with their areas, and
belongs to the unit that has most of it. Areas are of rectangles in degrees: inside one cell a degree is the same everywhere
to 0.03 %, and areas of whole cells are those of the ellipsoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from include.errors import InputError
from include.geo.grids import boxes_over

BOUNDS: Final = ["west", "south", "east", "north"]
# Neighbouring outlines that were simplified apart overlap by slivers; more than this is one place told twice.
_MOST_OVERLAP: Final = 0.02
_SEMI_MAJOR_KM: Final = 6378.137
_ECCENTRICITY: Final = 0.0818191908426


@dataclass(frozen=True)
class Lattice:
    """`cells`: one row a cell, from south to north, then west to east: `grid_id, row, column, west, south, east, north` (degrees
    WGS84), `area_km2`, `inside_share` (part of the cell inside the outlines, 0 to 1), `unit_code, county_code, county` (of the
    unit that has most of it, and of that unit's county that has most of it), `name`.
    `shares`: one row a cell and county that it touches: `grid_id, county_code, unit_code, share` (of the cell's area)."""

    cells: pd.DataFrame
    shares: pd.DataFrame


def lattice(outlines: gpd.GeoDataFrame, least_inside_share: float) -> Lattice:
    """The cells of which at least `least_inside_share` lies inside the outlines (`county_code, county_name, unit_code,
    geometry`, any CRS). Raises InputError for outlines that are empty, have no CRS, or overlap."""
    if outlines.empty or outlines.crs is None:
        raise InputError(
            "the outlines cannot be used",
            where="outlines",
            got="no outlines" if outlines.empty else "no CRS",
            expected="county polygons with a CRS",
            todo="give outlines of the units, or say their CRS",
        )
    outlines = outlines.to_crs("EPSG:4326").sort_values("county_code", ignore_index=True)
    boxes = boxes_over(*outlines.total_bounds)
    shares = _shares(boxes, outlines)
    inside = shares.groupby("cell")["share"].sum()
    doubled = inside[inside > 1 + _MOST_OVERLAP]
    if len(doubled):
        cell = boxes.loc[doubled.index[0]]
        raise InputError(
            "outlines overlap",
            where=f"outlines near {cell['west']:.3f}E {cell['south']:.3f}N",
            got=f"{len(doubled)} cells are covered more than once",
            expected="every place in one county",
            todo="remove the outline that is there twice",
        )
    kept = inside.index[inside >= least_inside_share - 1e-9]
    shares = shares[shares["cell"].isin(kept)]
    cells = boxes.loc[kept].join(_owners(shares)).assign(inside_share=inside.clip(upper=1.0))
    cells["area_km2"] = rectangle_km2(*(cells[side] for side in BOUNDS))
    names = outlines.set_index("county_code")["county_name"]
    cells["county"] = cells["county_code"].map(names)
    number = cells.groupby(["unit_code", "county_code"]).cumcount() + 1
    cells["name"] = cells["county"] + number.astype(str) + "号网格"
    shares = shares.assign(grid_id=shares["cell"].map(boxes["grid_id"]))
    return Lattice(
        cells.reset_index(drop=True),
        shares[["grid_id", "county_code", "unit_code", "share"]].reset_index(drop=True),
    )


def rectangle_km2(
    west: ArrayLike, south: ArrayLike, east: ArrayLike, north: ArrayLike
) -> NDArray[np.float64]:
    """The area of rectangles in degrees on the ellipsoid WGS84."""
    span = np.radians(np.asarray(east, dtype=float) - np.asarray(west, dtype=float))
    found = span * (_zone_km2(np.asarray(north, dtype=float)) - _zone_km2(np.asarray(south, dtype=float)))
    return np.asarray(found, dtype=np.float64)


def _zone_km2(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area between the equator and a parallel, for one radian of longitude."""
    sine, e = np.sin(np.radians(lat)), _ECCENTRICITY
    squeezed = sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e
    return np.asarray(_SEMI_MAJOR_KM**2 * (1 - e**2) / 2 * squeezed, dtype=np.float64)


def _shares(boxes: pd.DataFrame, outlines: gpd.GeoDataFrame) -> pd.DataFrame:
    shapes, counties = shapely.box(*(boxes[side].to_numpy() for side in BOUNDS)), outlines.geometry.to_numpy()
    shapely.prepare(counties)
    tree = shapely.STRtree(shapes)
    at_county, at_cell = tree.query(counties, predicate="intersects")
    order = np.lexsort((at_county, at_cell))
    at_county, at_cell = at_county[order], at_cell[order]
    share = np.ones(len(at_cell))
    partly = ~shapely.contains_properly(counties[at_county], shapes[at_cell])
    common = shapely.intersection(counties[at_county[partly]], shapes[at_cell[partly]])
    share[partly] = shapely.area(common) / shapely.area(shapes[at_cell[partly]])
    found = pd.DataFrame(
        {
            "cell": at_cell,
            "county_code": outlines["county_code"].to_numpy()[at_county],
            "unit_code": outlines["unit_code"].to_numpy()[at_county],
            "share": np.round(share, 9),
        }
    )
    return found[found["share"] > 0]


def _owners(shares: pd.DataFrame) -> pd.DataFrame:
    """By cell: the unit with the largest share and its county with the largest share; of equal ones the lower code."""
    of_unit = shares.groupby(["cell", "unit_code"])["share"].sum().reset_index()
    unit = _largest(of_unit, "unit_code").set_index("cell")["unit_code"]
    own = shares[shares["unit_code"] == shares["cell"].map(unit)]
    return _largest(own, "county_code").set_index("cell")[["unit_code", "county_code"]]


def _largest(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    return rows.sort_values(["cell", "share", code], ascending=[True, False, True]).drop_duplicates("cell")
