"""GeoTIFF and ESRI ASCII grids, read by window with rasterio. Only these two drivers are allowed: others fetch what a file names."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.zonal import Floats, Raster
from include.language import say
from include.selection.layers import Note
from include.sources.rasters.axes import Axis, Opened, read_around, require_on_earth
from include.sources.rasters.told import RasterEntry
from include.sources.rasters.values import applied_scale, merged_crs

_TIFF, _GRID = "GTiff", "AAIGrid"


def read_geotiff(entry: RasterEntry, cells: pd.DataFrame) -> tuple[Raster, Opened]:
    """The window around the cells, in μg or whatever the file holds. Raises InputError for a file without reference or grid, with a turned grid, or with several bands of which none is named."""
    import rasterio
    from rasterio.errors import RasterioError

    where = entry.name
    try:
        driver = _GRID if entry.path.suffix.lower() == ".asc" else _TIFF
        with rasterio.open(str(entry.path.resolve()), driver=driver) as file:
            opened = _opened(file, entry)
            band = _band(file, entry)
            opened.unit = (file.units[band - 1] or "").strip() or str(file.tags(band).get("units", ""))
            opened.years = frozenset(
                int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ".join(_dates(file)))
            )
            own = (float(file.scales[band - 1]), float(file.offsets[band - 1]))

            def read(rows: slice, columns: slice) -> Floats:
                window = ((rows.start, rows.stop), (columns.start, columns.stop))
                values = file.read(band, window=window, masked=True)
                with np.errstate(invalid="ignore"):  # damaged pixels may hold signalling NaN
                    values = np.ma.filled(values.astype(np.float64), np.nan)
                return applied_scale(values, own, entry, opened)

            return read_around(opened, cells, where, read), opened
    except RasterioError as error:
        raise InputError(
            "the raster cannot be read",
            where=where,
            got=error,
            expected="a GeoTIFF or an ESRI ASCII grid",
            todo="get the file again",
        ) from error


def _opened(file: Any, entry: RasterEntry) -> Opened:
    where, turn = entry.name, file.transform
    if not np.isfinite(tuple(turn)).all() or not (turn.a and turn.e):
        raise InputError(
            "the raster's transform is damaged", where=where, got=tuple(turn)[:6], todo="get the file again"
        )
    if turn.b or turn.d:
        raise InputError(
            "the raster is turned against its reference",
            where=where,
            got=tuple(round(value, 6) for value in turn)[:6],
            expected="rows from west to east",
            todo="warp it to a grid that lies straight (gdalwarp)",
        )
    if turn.is_identity or (file.gcps[0] and turn.is_identity):
        raise InputError(
            "the raster says nothing about where it lies",
            where=where,
            expected="a geotransform",
            todo="get the file with its georeference",
        )
    crs = file.crs
    text = "" if crs is None else (f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt())
    opened = Opened(Axis(turn.c, turn.a, file.width), Axis(turn.f, turn.e, file.height), "")
    opened.crs = merged_crs(text, entry, opened)
    if turn.e > 0:
        opened.notes.append(Note("y_flipped", where, say("行序由南向北，已翻转")))
    if file.tags().get("AREA_OR_POINT") == "Point":
        opened.notes.append(Note("half_cell", where, say("文件注明坐标指像元中心，已换算为像元边界")))
    if entry.registration == "corner":
        raise InputError(
            "registration is for files that list coordinates",
            where=where,
            got=entry.registration,
            expected="no `registration` for a GeoTIFF: its transform names edges",
        )
    from pyproj import CRS

    if CRS.from_user_input(opened.crs).is_geographic:
        require_on_earth(opened.x, opened.y, where)
    return opened


def _band(file: Any, entry: RasterEntry) -> int:
    if not entry.variable and file.count == 1:
        return 1
    names = {str(number): number for number in range(1, file.count + 1)}
    names |= {str(text): number for number, text in enumerate(file.descriptions, 1) if text}
    if entry.variable in names:
        return names[entry.variable]
    raise InputError(
        "which band is meant is not clear",
        where=entry.name,
        got=entry.variable or f"{file.count} bands",
        expected=" | ".join(list(names)[:20]),
        todo="state `variable:` with the number of the band",
    )


def _dates(file: Any) -> list[str]:
    """Texts of the file that name the time of the data, not of its making."""
    return [
        str(value)
        for name, value in file.tags().items()
        if name.lower() in ("year", "time", "period", "data_year")
    ]
