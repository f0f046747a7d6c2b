"""Exact means and sums of a raster's pixels over cells: each pixel counts by the part of it that lies inside the cell.

A cell of the lattice is a rectangle in degrees. Where the raster's own axes are degrees on WGS84 or CGCS2000 (which differ by less than a
metre), two-dimensional prefix sums give the integral over any rectangle from its four corners. A raster in any other
reference is left as it is, the cell becomes a polygon in the raster's plane, and the integral over it is taken along its
edges (Green's theorem), cut where they cross the pixels' lines. Both agree with exactextract to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from include.geo.lattice import BOUNDS, rectangle_km2

Floats = NDArray[np.float64]
# References whose degrees are those of the lattice.
LATTICE_CRS: Final = ("EPSG:4326", "EPSG:4490", "OGC:CRS84")
_POINTS_OF_SIDE: Final = 2  # of a cell's side in another reference: 3 km are straight there to centimetres
_CELLS_AT_ONCE: Final = 4096


@dataclass(frozen=True)
class Raster:
    """Pixels in a plane, the first row at the top: `values` (rows, columns), NaN where nothing is known; `left`, `top` the outer
    edges of the first pixel, `width`, `height` of a pixel (positive), in the units of `crs` (any text that PROJ reads)."""

    values: Floats
    left: float
    top: float
    width: float
    height: float
    crs: str

    @property
    def is_in_degrees(self) -> bool:
        """Whether its axes are longitude and latitude as the lattice has them."""
        return is_lattice_crs(self.crs)


def is_lattice_crs(crs: str) -> bool:
    """Whether the reference is one of `LATTICE_CRS`, however it is written."""
    told = CRS.from_user_input(crs)
    return any(told.equals(CRS.from_user_input(each), ignore_axis_order=True) for each in LATTICE_CRS)


def zonal(raster: Raster, cells: pd.DataFrame) -> pd.DataFrame:
    """One row a cell (index and `west, south, east, north` of `cells`): `total`, the sum of the pixels' values by the part of
    each that lies in the cell; `pixels`, how many pixels with a value that is; `coverage`, which share of the cell has a
    value (0 to 1); `mean` = total / pixels, NaN without any."""
    if raster.is_in_degrees:
        total, pixels, whole = _of_rectangles(raster, cells)
    else:
        total, pixels, whole = _of_polygons(raster, cells)
    pixels = np.where(pixels > 1e-9, pixels, 0.0)
    has_value = pixels > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(has_value, total / pixels, np.nan)
        coverage = np.clip(pixels / whole, 0.0, 1.0)
    return pd.DataFrame(
        {"total": np.where(has_value, total, 0.0), "pixels": pixels, "coverage": coverage, "mean": mean},
        index=cells.index,
    )


def pixel_km2(raster: Raster) -> Floats:
    """The area on the ground of the pixels of each row (one column) or of each pixel, km²."""
    rows, columns = raster.values.shape
    down = raster.top - raster.height * np.arange(rows + 1)
    if raster.is_in_degrees:
        return rectangle_km2(0.0, down[1:], raster.width, down[:-1])[:, None]
    across = raster.left + raster.width * np.arange(columns + 1)
    lon, lat = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True).transform(
        *np.meshgrid(across, down)
    )
    return _quadrilaterals_km2(np.asarray(lon), np.asarray(lat))


def reach(crs: str, cells: pd.DataFrame) -> tuple[float, float, float, float]:
    """The smallest rectangle (left, bottom, right, top) in the units of `crs` that holds all cells."""
    if is_lattice_crs(crs):
        return (
            float(cells["west"].min()),
            float(cells["south"].min()),
            float(cells["east"].max()),
            float(cells["north"].max()),
        )
    x, y = _rings(crs, cells)
    return float(np.min(x)), float(np.min(y)), float(np.max(x)), float(np.max(y))


def at_centres(raster: Raster, cells: pd.DataFrame) -> Floats:
    """The pixel at the centre of each cell; NaN beside the raster."""
    lon, lat = (cells["west"] + cells["east"]) / 2, (cells["south"] + cells["north"]) / 2
    if not is_lattice_crs(raster.crs):
        lon, lat = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True).transform(lon, lat)
    column = np.floor((np.asarray(lon) - raster.left) / raster.width)
    row = np.floor((raster.top - np.asarray(lat)) / raster.height)
    rows, columns = raster.values.shape
    is_inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    found = np.full(len(cells), np.nan)
    found[is_inside] = raster.values[row[is_inside].astype(int), column[is_inside].astype(int)]
    return found


def _of_rectangles(raster: Raster, cells: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    west, south, east, north = (cells[side].to_numpy(dtype=float) for side in BOUNDS)
    first, last = (west - raster.left) / raster.width, (east - raster.left) / raster.width
    upper, lower = (raster.top - north) / raster.height, (raster.top - south) / raster.height
    known = np.isfinite(raster.values)
    # Sums of small deviations keep the digits that sums of large values lose.
    level = float(raster.values[known].mean()) if known.any() else 0.0
    pixels = _box_sums(_prefix(known.astype(np.float64)), first, last, upper, lower)
    above = _box_sums(_prefix(np.where(known, raster.values - level, 0.0)), first, last, upper, lower)
    return above + level * pixels, pixels, (last - first) * (lower - upper)


def _prefix(values: Floats) -> Floats:
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(values, axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    return sums


def _box_sums(sums: Floats, first: Floats, last: Floats, upper: Floats, lower: Floats) -> Floats:
    return (
        _sum_before(sums, lower, last)
        - _sum_before(sums, upper, last)
        - _sum_before(sums, lower, first)
        + _sum_before(sums, upper, first)
    )


def _sum_before(sums: Floats, row: Floats, column: Floats) -> Floats:
    """The integral from the corner to a place given in pixels; between the lines it is bilinear."""
    row, column = np.clip(row, 0, sums.shape[0] - 1), np.clip(column, 0, sums.shape[1] - 1)
    r, c = (
        np.minimum(row.astype(int), sums.shape[0] - 2),
        np.minimum(column.astype(int), sums.shape[1] - 2),
    )
    down, across = row - r, column - c
    upper = sums[r, c] * (1 - across) + sums[r, c + 1] * across
    lower = sums[r + 1, c] * (1 - across) + sums[r + 1, c + 1] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _of_polygons(raster: Raster, cells: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    x, y = _rings(raster.crs, cells)
    across, down = (x - raster.left) / raster.width, (raster.top - y) / raster.height
    known = np.isfinite(raster.values)
    rows = _row_sums(np.where(known, raster.values, 0.0)), _row_sums(known.astype(np.float64))
    found = [
        _along_edges(rows, across[start : start + _CELLS_AT_ONCE], down[start : start + _CELLS_AT_ONCE])
        for start in range(0, len(cells), _CELLS_AT_ONCE)
    ]
    total, pixels, whole = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return total, pixels, whole


def _rings(crs: str, cells: pd.DataFrame) -> tuple[Floats, Floats]:
    """The cells' corners and points between them, counter-clockwise, in the raster's plane: (cells, points)."""
    west, south, east, north = (cells[side].to_numpy(dtype=float)[:, None] for side in BOUNDS)
    step = np.arange(_POINTS_OF_SIDE)[None, :] / _POINTS_OF_SIDE
    rise, run = south + (north - south) * step, west + (east - west) * step
    fall, back = north - (north - south) * step, east - (east - west) * step
    still = np.ones_like(step)
    lon = np.hstack([run, east * still, back, west * still])
    lat = np.hstack([south * still, rise, north * still, fall])
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


def _row_sums(values: Floats) -> Floats:
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _along_edges(rows: tuple[Floats, Floats], across: Floats, down: Floats) -> tuple[Floats, Floats, Floats]:
    """∮ F d(down) with F the sum of a row's pixels to the left. Within one pixel F is linear along an edge, so the value in the
    middle of each piece is exact."""
    x0, y0 = across, down
    x1, y1 = np.roll(across, -1, axis=1), np.roll(down, -1, axis=1)
    cuts = np.concatenate([_crossings(x0, x1), _crossings(y0, y1)], axis=2)
    ends = np.concatenate([np.zeros((*x0.shape, 1)), cuts, np.ones((*x0.shape, 1))], axis=2)
    ends.sort(axis=2)
    middle = (ends[..., :-1] + ends[..., 1:]) / 2
    x = x0[..., None] + (x1 - x0)[..., None] * middle
    y = y0[..., None] + (y1 - y0)[..., None] * middle
    rise = (y1 - y0)[..., None] * np.diff(ends, axis=2)
    total, pixels = (np.sum(_sum_left(sums, x, y) * rise, axis=(1, 2)) for sums in rows)
    whole = np.sum((x0 * y1 - x1 * y0) / 2, axis=1)
    sign = np.sign(whole)
    return total * sign, pixels * sign, np.abs(whole)


def _crossings(start: Floats, end: Floats) -> Floats:
    """Where along the edge (0 to 1) it crosses whole numbers; 1 where it crosses fewer than others."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.ceil(low)
    most = int(np.max(np.floor(high) - first)) + 1
    line = first[..., None] + np.arange(max(most, 1))
    span = np.where(end == start, 1.0, end - start)[..., None]
    return np.asarray(np.where(line <= high[..., None], np.clip((line - start[..., None]) / span, 0, 1), 1.0))


def _sum_left(sums: Floats, x: Floats, y: Floats) -> Floats:
    row = np.floor(y).astype(int)
    is_inside = (row >= 0) & (row < sums.shape[0])
    row = np.clip(row, 0, sums.shape[0] - 1)
    x = np.clip(x, 0, sums.shape[1] - 1)
    column = np.minimum(x.astype(int), sums.shape[1] - 2)
    part = x - column
    return np.asarray(np.where(is_inside, sums[row, column] * (1 - part) + sums[row, column + 1] * part, 0.0))


def _quadrilaterals_km2(lon: Floats, lat: Floats) -> Floats:
    """Areas of the quadrilaterals between corners (rows + 1, columns + 1): in longitude and the sine of the authalic latitude,
    where areas are true."""
    x, z = np.radians(lon), rectangle_km2(0.0, 0.0, np.degrees(1.0), lat)
    x0, x1, x2, x3 = x[:-1, :-1], x[:-1, 1:], x[1:, 1:], x[1:, :-1]
    z0, z1, z2, z3 = z[:-1, :-1], z[:-1, 1:], z[1:, 1:], z[1:, :-1]
    return np.asarray(np.abs((x0 - x2) * (z1 - z3) - (x1 - x3) * (z0 - z2)) / 2)
