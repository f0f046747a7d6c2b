"""Text files that list cells (EDGAR: `lat;lon;emission`): one line a cell, cells without emission left out."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.zonal import Raster, reach
from include.language import say
from include.selection.layers import Note
from include.sources.rasters.axes import Axis, Opened, north_up, placed_window, require_on_earth
from include.sources.rasters.told import RasterEntry
from include.sources.rasters.values import applied_scale, merged_crs

Box = tuple[float, float, float, float]
LARGEST_BYTES: Final = 1024**3
_ROWS_AT_ONCE: Final = 500_000
_LAT, _LON = ("lat", "latitude", "纬度"), ("lon", "long", "longitude", "经度")
_MARGIN: Final = (
    2.0  # in degrees or thousandths of the reference's unit: the step of the cells is read from what is near
)


def read_text_grid(entry: RasterEntry, cells: pd.DataFrame) -> tuple[Raster, Opened]:
    """As `geotiff.read_geotiff`; cells that are not listed are zero. Without `registration` the coordinates are the lower-left
    corners, as in EDGAR's text files. Raises InputError for lines that lie on no common grid, or a cell that is listed twice."""
    where = entry.name
    if entry.path.stat().st_size > LARGEST_BYTES:
        raise InputError("the file is too large", where=where, expected=f"at most {LARGEST_BYTES} bytes")
    opened = Opened(Axis(0, 1, 1), Axis(0, 1, 1), "")
    opened.crs = merged_crs("" if entry.crs else "EPSG:4326", entry, opened)
    box = reach(opened.crs, cells)
    rows, headings = _near(entry, box)
    opened.unit = next(iter(re.findall(r"\(([^()]+)\)", headings[2])), "")
    opened.years = frozenset(int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", headings[2]))
    is_corner = entry.registration != "centre"
    if entry.registration is None:
        opened.notes.append(
            Note(
                "half_cell",
                where,
                say("文本网格的坐标按像元左下角使用（EDGAR）；如为中心点请填 registration: centre"),
            )
        )
    opened.x, opened.y = (_axis(rows[name], where, name, is_corner) for name in ("lon", "lat"))
    require_on_earth(opened.x, opened.y, where)
    column = np.rint((rows["lon"] - rows["lon"].min()) / opened.x.step).astype(int)
    row = np.rint((rows["lat"] - rows["lat"].min()) / opened.y.step).astype(int)
    doubled = pd.DataFrame({"row": row, "column": column}).duplicated()
    if doubled.any():
        at = rows[doubled.to_numpy()].iloc[0]
        raise InputError(
            "a cell is listed twice",
            where=f"{where} {at['lat']:g}, {at['lon']:g}",
            got=f"{int(doubled.sum())} cells",
            todo="several sectors in one file: sum them first",
        )
    values = np.zeros((opened.y.count, opened.x.count))
    values[row, column] = rows["value"]
    values = applied_scale(values, (1.0, 0.0), entry, opened)
    inside = placed_window(opened, box, where)
    found = north_up(opened, values[inside[0], inside[1]], *inside)
    return found, opened


def _near(entry: RasterEntry, box: Box) -> tuple[pd.DataFrame, list[str]]:
    """The lines around the box, `lat, lon, value`, and the three headings."""
    where = entry.name
    try:
        with entry.path.open(encoding="utf-8", errors="replace") as file:
            lines = [file.readline(4096) for _ in range(20)]
        heading = next((number for number, line in enumerate(lines) if _has_axes(line)), None)
        if heading is None:
            raise _no_grid(where, lines[0][:80])
        parts = re.split(r"[;,\t ]+", lines[heading].strip(), maxsplit=2)
        names = [part.strip().strip('"').lower() for part in parts]
        order = ["lat" if name in _LAT else "lon" if name in _LON else "value" for name in names]
        if sorted(order) != ["lat", "lon", "value"]:
            raise _no_grid(where, lines[heading].strip())
        left, bottom, right, top = box
        found = [
            rows[
                rows["lon"].between(left - _MARGIN, right + _MARGIN)
                & rows["lat"].between(bottom - _MARGIN, top + _MARGIN)
            ]
            for rows in pd.read_csv(
                entry.path,
                sep=_separator(lines[heading]),
                header=None,
                names=order,
                skiprows=heading + 1,
                chunksize=_ROWS_AT_ONCE,
                dtype=float,
            )
        ]
    except (ValueError, UnicodeError, pd.errors.ParserError) as error:
        raise _no_grid(where, error) from error
    rows = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=order, dtype=float)
    if len(rows) < 4:
        raise InputError(
            "the grid lies beside the region, or longitude and latitude are transposed",
            where=where,
            got=f"{len(rows)} cells near it",
            expected=f"cells around {box[0]:.1f} to {box[2]:.1f}E, {box[1]:.1f} to {box[3]:.1f}N",
            todo="check which column is the latitude",
        )
    return rows, [*names[:2], parts[2] if order[2] == "value" else parts[order.index("value")]]


def _axis(values: pd.Series, where: str, name: str, is_corner: bool) -> Axis:
    ordered = np.unique(np.round(values.to_numpy(dtype=float), 6))
    steps = np.diff(ordered)
    if not len(steps):
        raise _no_grid(where, f"one {name} only")
    step = float(round(steps.min(), 6))
    off = np.abs(np.rint(steps / step) * step - steps)
    if off.max() > 0.01 * step:
        raise InputError(
            "the listed cells lie on no regular grid",
            where=f"{where} {name}",
            got=f"steps such as {step:g} and {steps[off.argmax()]:g}",
            expected="multiples of one step",
        )
    low = float(ordered[0]) - (0.0 if is_corner else step / 2)
    return Axis(low, step, round((ordered[-1] - ordered[0]) / step) + 1)


def _separator(heading: str) -> str:
    return next((mark for mark in ";,\t" if mark in heading), r"\s+")


def _has_axes(line: str) -> bool:
    words = {part.strip().strip('"').lower() for part in re.split(r"[;,\t ]+", line.strip())}
    return bool(words & set(_LAT)) and bool(words & set(_LON))


def _no_grid(where: str, got: object) -> InputError:
    return InputError(
        "not a text file of cells",
        where=where,
        got=got,
        expected="a heading and lines `lat;lon;emission`",
        todo="give EDGAR's text file as it is, or a GeoTIFF",
    )
