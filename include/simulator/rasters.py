"""合成 rasters for trying the choice of hotspot grids: three years of PM2.5, an inventory, enterprises, and the file of a choice.

A smooth field of PM2.5 with towns that stand above it, the same every year but for noise; what the towns emit. Made, not measured: the
files say so and the list that comes of them is 模拟数据. Same seed, same values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from include.language import say
from include.simulator.season import stream

Floats = NDArray[np.float64]
LABEL: Final = "合成 synthetic, not measured"
NOISE_UG_M3: Final = 3.0  # of a year, on squares of NOISE_DEG
NOISE_DEG: Final = 0.03
_TOWN_DEG: Final = 0.05
_TOWNS_PER_DEG2: Final = 8.0
_ENTERPRISES_PER_DEG2: Final = 400.0


def pm25_field(lon: Floats, lat: Floats, year: int, seed: int, *, noise_ug_m3: float = NOISE_UG_M3) -> Floats:
    """PM2.5 (μg/m³) at (len(lat), len(lon)) places, with the noise of that year."""
    x, y = np.meshgrid(lon, lat)
    base = 46 + 9 * np.sin(x * 1.1 + 0.4) * np.cos(y * 0.9) + 5 * np.sin(2.3 * y - x)
    found = base + 26 * towns(lon, lat, seed) - 0.6 * (year - 2020)
    if noise_ug_m3:
        rng = stream(seed, f"noise {year}")
        west, south = float(lon.min()), float(lat.min())
        columns = ((lon - west) / NOISE_DEG).astype(int)
        rows = ((lat - south) / NOISE_DEG).astype(int)
        noise = rng.normal(0, noise_ug_m3, (int(rows.max()) + 1, int(columns.max()) + 1))
        found = found + noise[rows][:, columns]
    return np.asarray(np.clip(found, 6.0, None))


def towns(lon: Floats, lat: Floats, seed: int) -> Floats:
    """How much a place is a town, 0 to about 1."""
    rng = stream(seed, "towns")
    west, east, south, north = (
        np.floor(lon.min()),
        np.ceil(lon.max()),
        np.floor(lat.min()),
        np.ceil(lat.max()),
    )
    count = int((east - west) * (north - south) * _TOWNS_PER_DEG2)
    found = np.zeros((len(lat), len(lon)))
    places = zip(
        rng.uniform(west, east, count),
        rng.uniform(south, north, count),
        rng.gamma(1.5, 0.4, count),
        strict=True,
    )
    for x, y, size in places:
        near_x, near_y = np.abs(lon - x) < 4 * _TOWN_DEG, np.abs(lat - y) < 4 * _TOWN_DEG
        if near_x.any() and near_y.any():
            shape = np.exp(
                -((lat[near_y, None] - y) ** 2 + (lon[None, near_x] - x) ** 2) / (2 * _TOWN_DEG**2)
            )
            found[np.ix_(near_y, near_x)] += size * shape
    return np.asarray(np.clip(found, 0.0, 1.5))


def centres(low: float, high: float, step: float) -> Floats:
    """Centres of pixels of `step` degrees from `low` on, rising."""
    return np.asarray(low + step * (np.arange(round((high - low) / step)) + 0.5))


def write_geotiff(path: Path, values: Floats, west: float, north: float, step: float, **more: object) -> None:
    """A GeoTIFF in degrees WGS84, the first row in the north; `more`: other settings of rasterio."""
    import rasterio
    from rasterio.transform import from_origin

    settings: dict[str, object] = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": from_origin(west, north, step, step),
        "nodata": -9999.0,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", **{**settings, **more}) as file:
        file.write(values.astype(str(more.get("dtype", "float32"))), 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=LABEL)


def write_netcdf(
    path: Path, name: str, values: Floats, lon: Floats, lat: Floats, unit: str, **attrs: object
) -> None:
    """A NetCDF-4 file with one variable over lat and lon (as given, centres), degrees."""
    import xarray

    data = xarray.DataArray(values.astype("float32"), dims=("lat", "lon"), attrs={"units": unit, **attrs})
    coordinates = {
        "lat": ("lat", lat, {"units": "degrees_north", "standard_name": "latitude"}),
        "lon": ("lon", lon, {"units": "degrees_east", "standard_name": "longitude"}),
    }
    file = xarray.Dataset({name: data}, coords=coordinates, attrs={"comment": LABEL})
    file.to_netcdf(path, engine="h5netcdf")


def write_example(folder: Path, box: tuple[float, float, float, float], year: int, seed: int) -> Path:
    """The files of a choice over the box (west, south, east, north): PM2.5 of three years at 0.01° (GeoTIFF), an inventory at 0.1°
    (NetCDF, kg m⁻² s⁻¹), and `selection.yaml`, whose path is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    west, south = np.floor(box[0] * 10 - 1) / 10, np.floor(box[1] * 10 - 1) / 10
    east, north = np.ceil(box[2] * 10 + 1) / 10, np.ceil(box[3] * 10 + 1) / 10
    lon, lat = centres(west, east, 0.01), centres(south, north, 0.01)
    for one in (year - 2, year - 1, year):
        values = pm25_field(lon, lat, one, seed)
        write_geotiff(folder / f"pm25_{one}.tif", values[::-1], west, float(north), 0.01)
    lon, lat = centres(west, east, 0.1), centres(south, north, 0.1)
    flux = (0.4 + 8 * towns(lon, lat, seed)) * 1e3 / 1e6 / (365 * 86400.0)  # t/km² a year as kg m⁻² s⁻¹
    write_netcdf(folder / f"emission_{year}.nc", "pm25", flux, lon, lat, "kg m-2 s-1")
    _write_points(folder / "enterprises.csv", (float(west), float(south), float(east), float(north)), seed)
    path = folder / "selection.yaml"
    path.write_text(
        _EXAMPLE.format(
            head=say("热点网格遴选参数（合成示例数据）。路径相对于本文件。"),
            name=say("{year}年热点网格（合成示例）", year=year),
            of_counties=say("县级排放表（吨/年）：county_code, emission_t；旧县码自动换为现行代码"),
            of_points=say(
                "或 store（import-enterprises 导入的），或 none（同时把 weight_enterprises 设为 0）；表中可加 county 列，用来核对坐标系"
            ),
            of_previous=say("现行清单；none 为首次遴选；或带 grid_id 列的表"),
            such_as=say("例如"),
            of_weights=say("权重之和为 1"),
            year=year,
            before=year - 1,
            first=year - 2,
            after=year + 1,
        ),
        encoding="utf-8",
    )
    return path


def _write_points(path: Path, box: tuple[float, float, float, float], seed: int) -> None:
    """Enterprises where towns are, WGS84."""
    rng = stream(seed, "enterprises")
    west, south, east, north = box
    count = int((east - west) * (north - south) * _ENTERPRISES_PER_DEG2)
    lon, lat = rng.uniform(west, east, count), rng.uniform(south, north, count)
    step = 0.02
    grid_lon, grid_lat = centres(west, east, step), centres(south, north, step)
    town = towns(grid_lon, grid_lat, seed)
    here = town[
        ((lat - south) / step).astype(int).clip(0, len(grid_lat) - 1),
        ((lon - west) / step).astype(int).clip(0, len(grid_lon) - 1),
    ]
    kept = rng.random(count) < 0.06 + here
    lines = [
        f"{say('合成企业{number}', number=f'{number:05d}')},{x:.5f},{y:.5f}"
        for number, (x, y) in enumerate(zip(lon[kept], lat[kept], strict=True), 1)
    ]
    path.write_text("\n".join(["name,lon,lat", *lines]) + "\n", encoding="utf-8")


_EXAMPLE: Final = """\
# {head}
name: "{name}"
year: {year}
date: {after}-01-15
simulated: true
pm25:
  - {{path: pm25_{year}.tif, year: {year}, unit: ug/m3}}
  - {{path: pm25_{before}.tif, year: {before}, unit: ug/m3}}
  - {{path: pm25_{first}.tif, year: {first}, unit: ug/m3}}
emissions:
  - {{path: emission_{year}.nc, year: {year}, variable: pm25, species: PM2.5}}
# {of_counties}
# county_tables:
#   - {{path: survey.csv, year: {year}}}
enterprises: {{path: enterprises.csv, datum: wgs84}}   # {of_points}
previous: store      # {of_previous}
rules: {{}}            # {such_as} {{hot_count: 5000}}, {{quotas: {{"370100": 124}}}}, {{weight_level: 0.35, weight_excess: 0.20}} ({of_weights})
"""
