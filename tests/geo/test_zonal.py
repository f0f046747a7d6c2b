"""Means and sums over cells: literal squares, and exactextract as the oracle (合成 rasters)."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from include.geo.lattice import BOUNDS, lattice, rectangle_km2
from include.geo.zonal import Raster, _rings, is_lattice_crs, pixel_km2, zonal

LAMBERT = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=35 +lon_0=105 +datum=WGS84 +units=m"


def cells(*boxes: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(list(boxes), columns=BOUNDS)


def random_raster(crs: str, left: float, top: float, step: float, rows: int, columns: int) -> Raster:
    rng = np.random.default_rng(23)
    values = 50 + 10 * rng.standard_normal((rows, columns))
    values[rng.random(values.shape) < 0.1] = np.nan
    return Raster(values, left, top, step, step, crs)


def lattice_cells(west: float, south: float, east: float, north: float) -> pd.DataFrame:
    frame = {"county_code": ["1"], "county_name": ["一"], "unit_code": ["A"]}
    outline = gpd.GeoDataFrame(frame, geometry=[shapely.box(west, south, east, north)], crs="EPSG:4326")
    return lattice(outline, 0.5).cells


def oracle(raster: Raster, shapes: np.ndarray) -> pd.DataFrame:
    exactextract = pytest.importorskip("exactextract", reason="needs the extra requirements-rasters.txt")
    from exactextract.raster import NumPyRasterSource

    rows, columns = raster.values.shape
    source = NumPyRasterSource(
        raster.values,
        xmin=raster.left,
        ymax=raster.top,
        xmax=raster.left + columns * raster.width,
        ymin=raster.top - rows * raster.height,
        nodata=np.nan,
        srs_wkt=CRS.from_user_input(raster.crs).to_wkt(),
    )
    features = gpd.GeoDataFrame({"i": range(len(shapes))}, geometry=shapes, crs=raster.crs)
    found: pd.DataFrame = exactextract.exact_extract(source, features, ["mean", "count"], output="pandas")
    return found


def test_each_pixel_counts_by_the_part_inside() -> None:
    raster = Raster(np.array([[1.0, 2.0], [3.0, np.nan]]), 100.0, 40.0, 1.0, 1.0, "EPSG:4326")
    found = zonal(raster, cells((100.0, 38.0, 102.0, 40.0), (100.5, 38.5, 101.25, 40.0), (103, 38, 104, 39)))
    assert found["total"].tolist() == pytest.approx([6.0, 0.5 * 1 + 0.25 * 2 + 0.25 * 3, 0.0])
    assert found["pixels"].tolist() == pytest.approx([3.0, 1.0, 0.0])
    assert found["coverage"].tolist() == pytest.approx([0.75, 1.0 / 1.125, 0.0])
    assert found["mean"].tolist()[:2] == pytest.approx([2.0, 1.75])
    assert np.isnan(found["mean"].iloc[2])


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "OGC:CRS84"])
@pytest.mark.parametrize("step", [0.01, 0.0083333333, 0.1, 0.25])
def test_means_in_degrees_equal_exactextract(crs: str, step: float) -> None:
    own = lattice_cells(112.0, 36.0, 112.9, 36.8)
    raster = random_raster(crs, 111.503, 37.307, step, int(2 / step), int(2 / step))
    told = oracle(raster, shapely.box(*(own[side].to_numpy() for side in BOUNDS)))
    found = zonal(raster, own)
    has_value = (told["count"] > 1e-6).to_numpy()
    assert has_value.sum() > 500
    assert np.abs(found["mean"] - told["mean"].to_numpy())[has_value].max() < 1e-6
    assert np.abs(found["pixels"] - told["count"].to_numpy()).max() < 1e-6


@pytest.mark.parametrize(
    ("crs", "step"), [(LAMBERT, 1000.0), (LAMBERT, 370.0), ("EPSG:32649", 5000.0), ("EPSG:4610", 0.01)]
)
def test_means_in_another_reference_equal_exactextract_on_the_same_polygons(crs: str, step: float) -> None:
    own = lattice_cells(112.0, 36.0, 112.9, 36.8)
    x, y = _rings(crs, own)
    left, top = x.min() - 2.3 * step, y.max() + 1.7 * step
    rows, columns = int((top - y.min()) / step) + 3, int((x.max() - left) / step) + 3
    raster = random_raster(crs, left, top, step, rows, columns)
    told = oracle(raster, shapely.polygons(np.stack([x, y], axis=2)))
    found = zonal(raster, own)
    has_value = (told["count"] > 1e-6).to_numpy()
    assert np.abs(found["mean"] - told["mean"].to_numpy())[has_value].max() < 1e-6
    assert np.abs(found["pixels"] - told["count"].to_numpy()).max() < 1e-6 * max(1.0, told["count"].max())


@settings(max_examples=60, deadline=None)
@given(
    st.floats(99.5, 102.5),
    st.floats(37.5, 40.5),
    st.floats(0.001, 2.0),
    st.floats(0.001, 2.0),
    st.integers(0, 9),
)
def test_the_integral_along_the_edges_is_that_of_the_corners(
    west: float, south: float, width: float, height: float, seed: int
) -> None:
    """Both ways on the same rectangle: in degrees, and as a polygon in a plane that is the same degrees."""
    values = np.random.default_rng(seed).normal(50, 10, (3, 4))
    box = cells((west, south, west + width, south + height))
    flat = Raster(values, 100.0, 40.0, 0.7, 0.5, "EPSG:4326")
    same = Raster(values, 100.0, 40.0, 0.7, 0.5, "+proj=longlat +ellps=WGS84 +no_defs +type=crs")
    assert flat.is_in_degrees
    assert not same.is_in_degrees
    first, second = zonal(flat, box).iloc[0], zonal(same, box).iloc[0]
    assert first["total"] == pytest.approx(second["total"], abs=1e-6)
    assert first["coverage"] == pytest.approx(second["coverage"], abs=1e-6)


def test_cells_side_by_side_share_out_every_pixel() -> None:
    own = lattice_cells(112.0, 36.0, 113.0, 37.0)
    values = np.zeros((40, 40))
    values[12, 13] = 100.0  # a source cell of 0.1 degrees that lies inside the lattice
    raster = Raster(values, 111.0, 37.8, 0.1, 0.1, "EPSG:4326")
    assert zonal(raster, own)["total"].sum() == pytest.approx(100.0, rel=1e-6)


def test_pixels_on_the_ground() -> None:
    flat = Raster(np.zeros((2, 3)), 112.0, 36.0, 0.1, 0.1, "EPSG:4326")
    assert pixel_km2(flat)[:, 0] == pytest.approx(
        [float(rectangle_km2(112.0, low, 112.1, low + 0.1)) for low in (35.9, 35.8)]
    )
    # Albers keeps areas: a pixel of 10 km is 100 km².
    albers = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"
    plane = Raster(np.zeros((2, 2)), 500_000.0, 4_000_000.0, 10_000.0, 10_000.0, albers)
    assert pixel_km2(plane) == pytest.approx(np.full((2, 2), 100.0), rel=1e-4)


def test_references_whose_degrees_are_those_of_the_lattice() -> None:
    assert [is_lattice_crs(crs) for crs in ("EPSG:4326", "EPSG:4490", "OGC:CRS84", "EPSG:4610", LAMBERT)] == [
        True,
        True,
        True,
        False,
        False,
    ]
