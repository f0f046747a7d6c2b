"""NetCDF-4 and HDF5, read by window with xarray on h5netcdf. Scales and missing values are applied here, from the file's attributes,
so that what was done can be said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.zonal import Floats, Raster
from include.language import say
from include.selection.layers import Note
from include.sources.rasters.axes import Opened, axis_of, read_around, require_on_earth
from include.sources.rasters.told import RasterEntry
from include.sources.rasters.values import applied_scale, merged_crs

_NORTH: Final = re.compile(r"degrees?_?n(orth)?", re.IGNORECASE)
_EAST: Final = re.compile(r"degrees?_?e(ast)?", re.IGNORECASE)
_LAT_NAMES: Final = ("lat", "latitude", "nlat", "y", "north")
_LON_NAMES: Final = ("lon", "long", "longitude", "nlon", "x", "east")
_UNREADABLE: Final = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError)
_ON_LINE: Final = 0.02  # of a step
_STEPS_OFF: Final = 0.05  # of a step, over a whole range: spacings are rounded
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def read_netcdf(entry: RasterEntry, cells: pd.DataFrame) -> tuple[Raster, Opened]:
    """As `geotiff.read_geotiff`. Raises InputError for curvilinear and uneven grids, for values without axes, and where it is not
    clear which variable is meant."""
    import xarray

    where = entry.name
    with entry.path.open("rb") as plain:
        magic = plain.read(4)
    if magic[:3] == b"CDF":
        raise InputError(
            "a NetCDF file of the classic kind",
            where=where,
            expected="NetCDF-4 or HDF5",
            todo=f"convert it: nccopy -k nc4 {entry.path.name} new.nc",
        )
    try:
        with xarray.open_dataset(
            entry.path,
            engine="h5netcdf",
            decode_times=False,
            mask_and_scale=False,
            phony_dims="sort",
            cache=False,
        ) as file:
            return (_flat if "x_range" in file.variables else _gridded)(file, entry, cells)
    except (
        _UNREADABLE
    ) as error:  # what the libraries raise about a damaged file, at once or when its values are read
        raise InputError(
            "the raster cannot be read",
            where=where,
            got=error,
            expected="NetCDF-4 or HDF5",
            todo="get the file again",
        ) from error


def _gridded(file: Any, entry: RasterEntry, cells: pd.DataFrame) -> tuple[Raster, Opened]:
    where, data = entry.name, _variable(file, entry)
    data = _one_time(data, entry)
    lat_dim, lat = _axis_variable(
        file, data, entry, _LAT_NAMES, _NORTH, ("latitude", "projection_y_coordinate")
    )
    lon_dim, lon = _axis_variable(
        file, data, entry, _LON_NAMES, _EAST, ("longitude", "projection_x_coordinate")
    )
    is_corner = entry.registration == "corner"
    opened = Opened(
        axis_of(lon.values, where, lon_dim, is_corner), axis_of(lat.values, where, lat_dim, is_corner), ""
    )
    opened.unit, opened.years = str(data.attrs.get("units", "")), _years(file, data)
    opened.crs = merged_crs(_crs_text(file, data, lat, lon, opened, where), entry, opened)
    if _is_geographic(opened.crs):
        require_on_earth(opened.x, opened.y, where)
    if entry.registration is None and _is_on_lines(opened):
        text = say(
            "坐标是步长的整数倍，可能是像元的左下角，现按中心使用；如为左下角请填 registration: corner，确为中心请填 centre"
        )
        opened.notes.append(Note("half_cell", where, text))
    if data.dims == (lon_dim, lat_dim):
        opened.notes.append(Note("axes_transposed", where, say("变量按（经度，纬度）排列，已转置")))

    def read(rows: slice, columns: slice) -> Floats:
        values = data.isel({lat_dim: rows, lon_dim: columns}).transpose(lat_dim, lon_dim).values
        return applied_scale(_without_missing(values, data.attrs), _own_scale(data.attrs), entry, opened)

    return read_around(opened, cells, where, read), opened


def _flat(file: Any, entry: RasterEntry, cells: pd.DataFrame) -> tuple[Raster, Opened]:
    """The old layout of GMT, which MEIC uses: all pixels in one row from the north-west, with `x_range`, `y_range`, `spacing` and
    `dimension` beside them."""
    where = entry.name
    try:
        (west, east), (south, north) = (
            np.asarray(file[name].values, float) for name in ("x_range", "y_range")
        )
        columns_in_all, rows_in_all = (int(value) for value in file["dimension"].values)
        step_x, step_y = (float(value) for value in file["spacing"].values)
        data = file[entry.variable or "z"]
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            "a one-dimensional raster without its measures",
            where=where,
            got=error,
            expected="x_range, y_range, spacing, dimension and z",
            todo="get the file again, or as GeoTIFF",
        ) from error
    if data.ndim != 1 or data.size != columns_in_all * rows_in_all:
        raise InputError(
            "a one-dimensional raster of another size than it says",
            where=where,
            got=data.size,
            expected=f"{columns_in_all} × {rows_in_all}",
            todo="get the file again",
        )
    _require_measures(where, (columns_in_all, rows_in_all), (east - west, north - south), (step_x, step_y))
    # Lines at the nodes (one more node than steps) or pixels between them.
    half = 0.5 if round((east - west) / step_x) == columns_in_all - 1 else 0.0
    lon = west + (np.arange(columns_in_all) + 0.5 - half) * step_x
    lat = north - (np.arange(rows_in_all) + 0.5 - half) * step_y
    opened = Opened(axis_of(lon, where, "x_range", False), axis_of(lat, where, "y_range", False), "")
    told = str(data.attrs.get("units", ""))
    opened.unit, opened.years = "" if told.lower() in ("", "user_z_unit") else told, _years(file, data)
    opened.crs = merged_crs("", entry, opened)
    if _is_geographic(opened.crs):
        require_on_earth(opened.x, opened.y, where)
    opened.notes.append(
        Note(
            "one_dimensional",
            where,
            say(
                "一维排列（GMT/MEIC 旧格式），已还原为{rows_in_all}行×{columns_in_all}列",
                rows_in_all=rows_in_all,
                columns_in_all=columns_in_all,
            ),
        )
    )
    whole = data.values.reshape(rows_in_all, columns_in_all)

    def read(rows: slice, columns: slice) -> Floats:
        values = _without_missing(whole[rows, columns], data.attrs)
        return applied_scale(values, _own_scale(data.attrs), entry, opened)

    return read_around(opened, cells, where, read), opened


def _require_measures(
    where: str, counts: tuple[int, int], spans: tuple[float, float], steps: tuple[float, float]
) -> None:
    """Refuses a `dimension` that ranges and spacing contradict: as many pixels as steps on both axes, or one node more on both."""
    is_usable = bool(np.isfinite((*spans, *steps)).all()) and min(*spans, *steps) > 0
    in_range = [span / step for span, step in zip(spans, steps, strict=True)] if is_usable else []
    fits = any(
        bool(in_range) and np.allclose(in_range, np.asarray(counts) - more, rtol=0, atol=_STEPS_OFF)
        for more in (0, 1)
    )
    if not fits:
        raise InputError(
            "a one-dimensional raster whose dimension contradicts its ranges and spacing",
            where=where,
            got=f"dimension {counts[0]} × {counts[1]}; ranges of {spans[0]:g} × {spans[1]:g} in steps of {steps[0]:g} × {steps[1]:g}",
            expected=" × ".join(f"{steps_in:.6g}" for steps_in in in_range)
            + " pixels, or one node more on both axes"
            if in_range
            else "ranges from west to east and south to north, and positive steps",
            todo="get the file again, or as GeoTIFF",
        )


def _variable(file: Any, entry: RasterEntry) -> Any:
    axes = {
        name for name, one in file.variables.items() if name == "time" or _is_coordinate(str(name), one.attrs)
    }
    able = [
        str(name)
        for name, one in file.variables.items()
        if name not in axes
        and one.ndim >= 2
        and np.issubdtype(one.dtype, np.number)
        and not _is_bounds(str(name))
    ]
    if entry.variable:
        if entry.variable in file.variables and file[entry.variable].ndim == 1:
            _refuse_flat(entry)
        if entry.variable in file.variables and file[entry.variable].ndim >= 2:
            return file[entry.variable]
    elif len(able) == 1:
        return file[able[0]]
    if not able:
        _refuse_flat(entry)
    raise InputError(
        "which variable is meant is not clear",
        where=entry.name,
        got=entry.variable or f"{len(able)} variables",
        expected=" | ".join(able[:20]),
        todo="state `variable:`",
    )


def _refuse_flat(entry: RasterEntry) -> None:
    raise InputError(
        "the values stand in one row, without axes",
        where=entry.name,
        expected="a variable over latitude and longitude, or the old layout of GMT and MEIC",
        todo="get the file as a grid, or as GeoTIFF",
    )


def _one_time(data: Any, entry: RasterEntry) -> Any:
    """The variable without its other axes: those of one, and the twelve months where the entry names one."""
    for dim, size in zip(data.dims, data.shape, strict=True):
        if size == 1 and data.ndim > 2:
            data = data.isel({dim: 0})
        elif size == 12 and data.ndim > 2 and str(dim).lower() in ("time", "month", "t"):
            if entry.month is None:
                raise InputError(
                    "twelve months in one file",
                    where=entry.name,
                    got=f"axis {dim}",
                    expected="an entry for each month",
                    todo="give the file twelve times, with `month: 1` to `month: 12`",
                )
            data = data.isel({dim: entry.month - 1})
    if data.ndim != 2:
        raise InputError(
            "the variable has more axes than latitude and longitude",
            where=entry.name,
            got=", ".join(f"{dim}: {size}" for dim, size in zip(data.dims, data.shape, strict=True)),
            expected="two axes, others of one",
            todo="take one time and level out of it first",
        )
    return data


def _axis_variable(
    file: Any,
    data: Any,
    entry: RasterEntry,
    names: tuple[str, ...],
    unit: re.Pattern[str],
    standard: tuple[str, ...],
) -> tuple[str, Any]:
    """The axis of the variable that goes north (or east), and its coordinates."""
    for dim in data.dims:
        own = file.variables.get(dim)
        attrs = {} if own is None else own.attrs
        if (
            str(dim).lower() in names
            or str(attrs.get("standard_name", "")) in standard
            or unit.fullmatch(str(attrs.get("units", "")))
        ):
            if own is not None:
                return str(dim), own
            return str(dim), _coordinates(file, data, dim, names, entry)
    curved = [
        str(name)
        for name, one in file.variables.items()
        if one.ndim >= 2 and _is_coordinate(str(name), one.attrs)
    ]
    if curved:
        raise InputError(
            "a curvilinear grid",
            where=entry.name,
            got=f"{', '.join(curved)} over two axes",
            expected="latitude and longitude in one row each",
            todo="bring it onto a regular grid (e.g. gdalwarp -geoloc, xESMF) first",
        )
    for dim in data.dims:
        lengths = [
            str(name)
            for name, one in file.variables.items()
            if one.dims == (dim,) and str(name).lower() in names
        ]
        if lengths:
            return str(dim), file.variables[lengths[0]]
    return _by_length(file, data, entry, names)


def _by_length(file: Any, data: Any, entry: RasterEntry, names: tuple[str, ...]) -> tuple[str, Any]:
    """Plain HDF5 knows no axes: the row of coordinates that is as long as one axis alone."""
    for name, one in file.variables.items():
        if str(name).lower() in names and one.ndim == 1:
            fitting = [dim for dim, size in zip(data.dims, data.shape, strict=True) if size == one.size]
            if len(fitting) == 1:
                return str(fitting[0]), one
    raise InputError(
        "the axes of the raster are not known",
        where=entry.name,
        got=", ".join(map(str, data.dims)),
        expected="coordinates of latitude and longitude",
        todo="get the file with its coordinates, or as GeoTIFF",
    )


def _coordinates(file: Any, data: Any, dim: Any, names: tuple[str, ...], entry: RasterEntry) -> Any:
    for name, one in file.variables.items():
        if one.dims == (dim,) and str(name).lower() in names:
            return one
    return _by_length(file, data, entry, names)[1]


def _crs_text(file: Any, data: Any, lat: Any, lon: Any, opened: Opened, where: str) -> str:
    """What the file says about its reference: a grid mapping, or degrees north and east."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    mapping = str(data.attrs.get("grid_mapping", data.encoding.get("grid_mapping", "")))
    for name in (mapping, "crs", "spatial_ref"):
        if name and name in file.variables:
            attrs = dict(file.variables[name].attrs)
            text = str(attrs.get("crs_wkt") or attrs.get("spatial_ref") or "")
            try:
                found = CRS.from_user_input(text) if text else CRS.from_cf(attrs)
            except (CRSError, KeyError) as error:
                raise InputError(
                    "the coordinate reference cannot be read", where=f"{where} {name}", got=error
                ) from error
            return f"EPSG:{found.to_epsg()}" if found.to_epsg() else str(found.to_wkt())
    is_degrees = _NORTH.fullmatch(str(lat.attrs.get("units", ""))) and _EAST.fullmatch(
        str(lon.attrs.get("units", ""))
    )
    if is_degrees:
        opened.notes.append(Note("crs_from_units", where, say("文件以度为单位、未写坐标系，按WGS84使用")))
        return "EPSG:4326"
    return ""


def _without_missing(values: Any, attrs: Mapping[str, Any]) -> Floats:
    """The values as numbers, NaN where the file says that there is none."""
    with np.errstate(invalid="ignore"):  # damaged pixels may hold signalling NaN
        found = np.asarray(values, dtype=np.float64)
    for name in ("_FillValue", "missing_value"):
        for none in np.atleast_1d(np.asarray(attrs.get(name, []), dtype=np.float64)):
            found = np.where(np.isclose(found, none, rtol=1e-6, atol=0), np.nan, found)
    limits = np.atleast_1d(np.asarray(attrs.get("valid_range", []), dtype=np.float64))
    low = float(attrs.get("valid_min", limits[0] if len(limits) == 2 else -np.inf))
    high = float(attrs.get("valid_max", limits[1] if len(limits) == 2 else np.inf))
    return np.where((found < low) | (found > high), np.nan, found)


def _own_scale(attrs: Mapping[str, Any]) -> tuple[float, float]:
    return float(attrs.get("scale_factor", 1.0)), float(attrs.get("add_offset", 0.0))


def _years(file: Any, data: Any) -> frozenset[int]:
    """Years that the file names as those of its data: a time in days, hours … since a day, or an attribute."""
    found = {
        int(year)
        for name in ("year", "period", "data_year")
        for year in _YEAR.findall(str(file.attrs.get(name, "")))
    }
    time = file.variables.get("time")
    unit = "" if time is None else str(time.attrs.get("units", ""))
    since = re.match(r"(days|hours|minutes|seconds) since (\d{4}-\d{1,2}-\d{1,2})", unit)
    if time is not None and since and time.size <= 12 and np.issubdtype(time.dtype, np.number):
        day = {"days": 1.0, "hours": 24.0, "minutes": 1440.0, "seconds": 86400.0}[since[1]]
        start = np.datetime64("-".join(part.zfill(2) for part in since[2].split("-")))
        moments = start + (np.asarray(time.values, float).ravel() / day).astype("timedelta64[D]")
        found |= {int(str(moment)[:4]) for moment in moments}
    return frozenset(found)


def _is_bounds(name: str) -> bool:
    return name.lower().endswith(("_bnds", "_bounds"))


def _is_coordinate(name: str, attrs: Mapping[str, Any]) -> bool:
    """Whether a variable holds latitudes or longitudes, by its unit or name (`XLAT`, `nav_lon`)."""
    unit = str(attrs.get("units", ""))
    is_named = name.lower() in (*_LAT_NAMES, *_LON_NAMES) or re.fullmatch(
        r"(x|nav_|grid)?_?(lat|long?)(itude)?(_[a-z])?", name.lower()
    )
    return bool(is_named or _NORTH.fullmatch(unit) or _EAST.fullmatch(unit))


def _is_on_lines(opened: Opened) -> bool:
    """Whether all centres are whole multiples of the step, as corners are: of regional files nobody can tell which they are."""
    if not _is_geographic(opened.crs):
        return False
    places = [(axis.start / abs(axis.step) - 0.5) % 1.0 for axis in (opened.x, opened.y)]
    return all(min(place, 1 - place) < _ON_LINE for place in places)


def _is_geographic(crs: str) -> bool:
    from pyproj import CRS

    return bool(CRS.from_user_input(crs).is_geographic)
