"""合成 rasters of one small region, right and wrong, and what a choice makes of them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from include.geo.lattice import Lattice, lattice
from include.selection.layers import Layer
from include.selection.measures import Inputs, measured
from include.selection.rules import DEFAULT, SelectionRules, with_changes
from include.sources.rasters.axes import Opened
from include.sources.rasters.reading import read_layer
from include.sources.rasters.told import RasterEntry

WEST, SOUTH, EAST, NORTH = 112.0, 36.0, 112.9, 36.8
STEP = 0.01
LEFT, BOTTOM, RIGHT, TOP = 111.8, 35.8, 113.1, 37.0  # of the rasters


def region() -> Lattice:
    """Two counties of one unit."""
    middle = (WEST + EAST) / 2
    shapes = [shapely.box(WEST, SOUTH, middle, NORTH), shapely.box(middle, SOUTH, EAST, NORTH)]
    columns = {
        "county_code": ["610305", "610328"],
        "county_name": ["凤翔区", "千阳县"],
        "unit_code": "610300",
    }
    return lattice(gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326"), 0.5)


REGION = region()


def field(year: int = 2025, step: float = STEP) -> np.ndarray:
    """PM2.5 with the first row in the north: a slope and a hill, so that turning it over shows."""
    lat = TOP - step * (np.arange(round((TOP - BOTTOM) / step)) + 0.5)
    lon = LEFT + step * (np.arange(round((RIGHT - LEFT) / step)) + 0.5)
    hill = 20 * np.exp(-((lat[:, None] - 36.6) ** 2 + (lon[None, :] - 112.3) ** 2) / 0.02)
    noise = np.random.default_rng(year).normal(0, 1, hill.shape)
    return 50 + 20 * (lat[:, None] - 36.4) + 10 * (lon[None, :] - 112.4) + hill + noise


WIDE = (100.0, 30.0, 120.0, 45.0)  # of a far larger file, the region in none of its middles


def wide_field(year: int = 2025, step: float = 0.02) -> np.ndarray:
    """The same kind of field over WIDE, other hills elsewhere."""
    lon = WIDE[0] + step * (np.arange(round((WIDE[2] - WIDE[0]) / step)) + 0.5)
    lat = WIDE[3] - step * (np.arange(round((WIDE[3] - WIDE[1]) / step)) + 0.5)
    waves = 10 * np.sin(7 * lon[None, :] + 3 * lat[:, None]) + 8 * np.cos(
        5 * lat[:, None] ** 1.2 - 4 * lon[None, :]
    )
    return 50 + waves + np.random.default_rng(year).normal(0, 1, waves.shape)


def wide_tiff(path: Path, values: np.ndarray) -> Path:
    """A GeoTIFF of WIDE."""
    from include.simulator.rasters import write_geotiff

    write_geotiff(path, values, WIDE[0], WIDE[3], 0.02)
    return path


def tiff(path: Path, values: np.ndarray, **more: Any) -> Path:
    """A GeoTIFF of the region; `more` goes to rasterio."""
    from include.simulator.rasters import write_geotiff

    write_geotiff(path, values, LEFT, TOP, STEP, **more)
    return path


def netcdf(
    path: Path,
    values: np.ndarray,
    lat: np.ndarray | None = None,
    lon: np.ndarray | None = None,
    *,
    dims: tuple[str, ...] = ("lat", "lon"),
    unit: str = "ug/m3",
    degrees: bool = True,
    attrs: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> Path:
    """A NetCDF file; without axes those of `field`, the first row in the north."""
    import xarray

    lat = TOP - STEP * (np.arange(values.shape[0]) + 0.5) if lat is None else lat
    lon = LEFT + STEP * (np.arange(values.shape[1]) + 0.5) if lon is None else lon
    units = [{"units": "degrees_north"}, {"units": "degrees_east"}] if degrees else [{}, {}]
    data = xarray.DataArray(values, dims=dims, attrs={"units": unit, **(attrs or {})})
    own = {"lat": ("lat", lat, units[0]), "lon": ("lon", lon, units[1])}
    file = xarray.Dataset(
        {"PM25": data, **(more or {})}, coords={key: own[key] for key in own if key in dims}
    )
    file.to_netcdf(path, engine="h5netcdf")
    return path


def read(path: Path, kind: str = "pm25", **entry: Any) -> tuple[Layer, Opened]:
    """The layer of a file."""
    return read_layer(RasterEntry(path, **{"year": 2025, **entry}), REGION.cells, kind)


def measure(path: Path, **entry: Any) -> pd.Series:
    """PM2.5 of the cells by one file."""
    return choose([path], **entry)["pm25_2025_ug_m3"]


def choose(paths: list[Path], rules: SelectionRules | None = None, **entry: Any) -> pd.DataFrame:
    """The cells as measured from rasters of 2025, 2024 …"""
    layers = [read(path, **{"year": 2025 - back, **entry})[0] for back, path in enumerate(paths)]
    bare = with_changes(DEFAULT, {"weight_emission": 0, "weight_enterprises": 0}, "test")
    return measured(REGION, Inputs(layers), 2025, rules or bare)[0]


def codes(opened: Opened) -> list[str]:
    """The notes of a file."""
    return [note.code for note in opened.notes]
