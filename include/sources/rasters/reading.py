"""One raster of any kind as a layer: read by window, in the unit that is stated, with what was noticed."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.language import say
from include.selection.layers import Layer, Note, emission_unit, pm25_factor
from include.sources.rasters.axes import Opened
from include.sources.rasters.told import RasterEntry

_TEXT: Final = (".txt", ".csv")
_NETCDF: Final = (".nc", ".nc4", ".h5", ".hdf5", ".he5", ".hdf")
_TIFF: Final = (".tif", ".tiff", ".asc")
_EXTRA: Final = ("rasterio", "xarray", "h5netcdf", "h5py")


def read_layer(entry: RasterEntry, cells: pd.DataFrame, kind: str) -> tuple[Layer, Opened]:
    """The part of the raster around the cells as a layer of `kind` (pm25, emission, population). Raises InputError for what cannot
    be used, and for a file that contradicts its entry."""
    where, suffix = entry.name, entry.path.suffix.lower()
    if not entry.path.is_file():
        raise InputError(
            "no such file", where=str(entry.path), todo="correct the path in the file of the choice"
        )
    require_extra(where)

    if suffix in _TIFF:
        from include.sources.rasters.geotiff import read_geotiff

        raster, opened = read_geotiff(entry, cells)
    elif suffix in _NETCDF:
        from include.sources.rasters.netcdf import read_netcdf

        raster, opened = read_netcdf(entry, cells)
    elif suffix in _TEXT:
        from include.sources.rasters.text_grids import read_text_grid

        raster, opened = read_text_grid(entry, cells)
    else:
        raise InputError(
            "not a kind of raster that is read",
            where=where,
            expected=", ".join((*_TIFF, *_NETCDF, *_TEXT)),
        )
    _require_year(entry, opened)
    unit = _unit(entry, opened, kind)
    values = raster.values
    if kind == "pm25" and (factor := pm25_factor(unit, where)) != 1.0:
        opened.notes.append(
            Note(
                "unit_converted",
                where,
                say("单位{unit}，已换算为μg/m³（×{factor:g}）", unit=unit, factor=factor),
            )
        )
        raster = type(raster)(
            values * factor, raster.left, raster.top, raster.width, raster.height, raster.crs
        )
        unit = "ug/m3"
    if np.isinf(values).any():
        raise InputError(
            "infinite values", where=where, got=int(np.isinf(values).sum()), todo="get the file again"
        )
    return Layer(where, entry.year, entry.month, unit, raster, opened.turned), opened


def _require_year(entry: RasterEntry, opened: Opened) -> None:
    """A file that names another year than its entry is the wrong one, or the entry is wrong."""
    of_name = {
        int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?=\d{2}(?!\d)|(?!\d))", entry.path.stem)
    }
    for told, how in ((set(opened.years), "its time"), (of_name, "its name")):
        if told and entry.year not in told:
            raise InputError(
                f"the raster is of another year, by {how}",
                where=entry.name,
                got=", ".join(map(str, sorted(told))),
                expected=str(entry.year),
                todo="correct `year:`, or give the file of that year",
            )


def _unit(entry: RasterEntry, opened: Opened, kind: str) -> str:
    of_file = opened.unit.strip()
    if kind == "pm25":
        return _pm25_unit(entry, of_file, opened)
    if kind == "population":
        return entry.unit or of_file or "persons"
    if not of_file and not entry.unit:
        raise InputError(
            "the unit of the emission is not known",
            where=entry.name,
            expected="t/cell, kg m-2 s-1 or t/km2",
            todo="state `unit:`: mass per cell and flux differ by many orders",
        )
    told = emission_unit(entry.unit or of_file, entry.name)
    if entry.unit and of_file:
        try:
            own = emission_unit(of_file, entry.name)
        except InputError:
            return entry.unit
        if own != told:
            raise InputError(
                "the file's unit is another than stated",
                where=entry.name,
                got=of_file,
                expected=entry.unit,
                todo="correct `unit:`: mass per cell is no flux",
            )
    return entry.unit or of_file


def _pm25_unit(entry: RasterEntry, of_file: str, opened: Opened) -> str:
    if not entry.unit and not of_file:
        opened.notes.append(Note("unit_assumed", entry.name, say("文件未写单位，按μg/m³使用")))
        return "ug/m3"
    if entry.unit and of_file:
        told = pm25_factor(entry.unit, entry.name)
        try:
            own = pm25_factor(of_file, entry.name)
        except InputError:
            return entry.unit
        if own != told:
            raise InputError(
                "the file's unit is another than stated", where=entry.name, got=of_file, expected=entry.unit
            )
    return entry.unit or of_file


def require_extra(where: str) -> None:
    """Raises InputError where the packages that read rasters are not installed."""
    from importlib.util import find_spec

    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise InputError(
            "the readers of rasters are not installed",
            where=where,
            got=f"no {', '.join(missing)}",
            expected="the packages of requirements-rasters.txt",
            todo="run: make rasters",
        )
