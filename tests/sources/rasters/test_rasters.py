"""Files of rasters: the same air however it is written, and what is silently wrong is refused or named (all 合成)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.errors import InputError
from include.geo.lattice import Lattice
from include.geo.zonal import pixel_km2
from include.selection.choice import prepared
from include.selection.county_tables import CountyTable, county_notes, spread
from include.selection.layers import Layer
from include.selection.measures import Inputs, measured
from include.selection.points import require_known_places, require_told_datum, without_copies
from include.selection.rules import DEFAULT, with_changes
from include.sources.rasters.reading import read_layer
from include.sources.rasters.told import RasterEntry
from tests.sources.rasters.made import (
    BOTTOM,
    LEFT,
    REGION,
    RIGHT,
    STEP,
    TOP,
    choose,
    codes,
    field,
    measure,
    netcdf,
    read,
    tiff,
)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> pd.Series:
    return measure(tiff(tmp_path_factory.mktemp("truth") / "pm25_2025.tif", field()))


def same(found: pd.Series, truth: pd.Series, within: float = 1e-4) -> bool:
    return bool((found - truth).abs().max() < within)


# --- the same air, written in another way


def test_a_file_from_south_to_north_is_turned(tmp_path: Path, truth: pd.Series) -> None:
    from rasterio import Affine

    south_up = tiff(tmp_path / "a.tif", field()[::-1], transform=Affine(STEP, 0, LEFT, 0, STEP, BOTTOM))
    assert same(measure(south_up), truth)
    assert codes(read(south_up)[1]) == ["y_flipped", "unit_assumed"]
    lat = BOTTOM + STEP * (np.arange(field().shape[0]) + 0.5)
    assert same(measure(netcdf(tmp_path / "b.nc", field()[::-1], lat)), truth)


def test_longitudes_from_0_to_360(tmp_path: Path, truth: pd.Series) -> None:
    lon = np.arange(0.05, 360, 0.1)
    lat = np.arange(-89.95, 90, 0.1)
    values = np.full((len(lat), len(lon)), 40.0, dtype="float32")
    values[:, lon < 112.4] = 60.0
    path = netcdf(tmp_path / "a.nc", values, lat, lon)
    assert "lon_0_360" in codes(read(path)[1])
    found = measure(path)
    west = REGION.cells["east"] < 112.4
    assert np.allclose(found[west], 60)
    assert np.allclose(found[REGION.cells["west"] > 112.4], 40)


def test_a_variable_over_longitude_then_latitude_is_transposed(tmp_path: Path, truth: pd.Series) -> None:
    lat = TOP - STEP * (np.arange(field().shape[0]) + 0.5)
    lon = LEFT + STEP * (np.arange(field().shape[1]) + 0.5)
    path = netcdf(tmp_path / "a.nc", field().T, lat, lon, dims=("lon", "lat"))
    assert same(measure(path), truth)
    assert "axes_transposed" in codes(read(path)[1])


def test_scale_offset_and_declared_nothing_of_the_file_are_applied(tmp_path: Path, truth: pd.Series) -> None:
    whole = np.round(field() * 10).astype("int16")
    whole[:3] = -999
    path = netcdf(
        tmp_path / "a.nc", whole, attrs={"scale_factor": 0.1, "add_offset": 0.0, "_FillValue": np.int16(-999)}
    )
    assert same(measure(path), truth, 0.05)
    assert "scaled" in codes(read(path)[1])
    with pytest.raises(InputError, match="has a scale of its own"):
        read(path, scale=0.01)
    bare = tiff(tmp_path / "b.tif", np.round(field() * 10), dtype="int16", nodata=-999)
    assert same(measure(bare, scale=0.1), truth, 0.05)


def test_the_old_one_dimensional_layout_of_meic_is_laid_out_again(tmp_path: Path) -> None:
    import xarray

    values = np.zeros((40, 40))
    values[10, 12] = 1000.0  # the pixel west 112.0, north 36.5 of 0.25 degrees
    file = xarray.Dataset(
        {
            "x_range": ("side", [109.0, 119.0]),
            "y_range": ("side", [29.0, 39.0]),
            "z_range": ("side", [0.0, 1000.0]),
            "spacing": ("side", [0.25, 0.25]),
            "dimension": ("side", np.array([40, 40], dtype="int32")),
            "z": ("xysize", values.ravel()),
        }
    )
    file.to_netcdf(tmp_path / "meic.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="no coordinate reference"):
        read(tmp_path / "meic.nc", "emission", unit="t/cell")
    layer, opened = read(tmp_path / "meic.nc", "emission", unit="t/cell", crs="EPSG:4326")
    assert "one_dimensional" in codes(opened)
    row, column = np.argwhere(layer.raster.values == 1000.0)[0]
    assert layer.raster.left + column * 0.25 == pytest.approx(112.0)
    assert layer.raster.top - row * 0.25 == pytest.approx(36.5)


@pytest.mark.parametrize(
    "change",
    [
        {"dimension": [20, 80]},  # as many values
        {"spacing": [0.25, 0.5]},
        {"x_range": [109.0, 119.25]},  # nodes on one axis, pixels on the other
        {"y_range": [39.0, 29.0]},
        {"y_range": [29.0, 44.0]},
        {"spacing": [0.0, 0.25]},
        {"x_range": [109.0, float("nan")]},
    ],
)
def test_a_one_dimensional_layout_that_contradicts_itself_is_refused(
    tmp_path: Path, change: dict[str, list[float]]
) -> None:
    import xarray

    told = {
        "x_range": [109.0, 119.0],
        "y_range": [29.0, 39.0],
        "spacing": [0.25, 0.25],
        "dimension": [40, 40],
    }
    values = {"z": ("xysize", np.ones(1600))}
    file = xarray.Dataset({**{name: ("side", side) for name, side in {**told, **change}.items()}, **values})
    file.to_netcdf(tmp_path / "meic.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"meic\.nc.*whose dimension contradicts"):
        read(tmp_path / "meic.nc", "emission", unit="t/cell", crs="EPSG:4326")


def test_values_in_one_row_without_axes_are_refused(tmp_path: Path) -> None:
    import xarray

    xarray.Dataset({"PM25": ("n", field().ravel())}).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="stand in one row"):
        read(tmp_path / "a.nc", crs="EPSG:4326")


def test_a_projected_raster_is_measured_in_its_own_reference(tmp_path: Path, truth: pd.Series) -> None:
    from rasterio.transform import from_origin
    from rasterio.warp import Resampling, reproject

    plane = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=35 +lon_0=105 +datum=WGS84 +units=m"
    values = np.full((300, 300), np.nan)
    here = from_origin(600_000, 240_000, 500, 500)
    reproject(
        field(),
        values,
        src_transform=from_origin(LEFT, TOP, STEP, STEP),
        src_crs="EPSG:4326",
        dst_transform=here,
        dst_crs=plane,
        dst_nodata=np.nan,
        resampling=Resampling.nearest,
    )
    path = tiff(tmp_path / "a.tif", values, crs=plane, transform=here, nodata=np.nan)
    assert "crs_foreign" in codes(read(path)[1])
    assert float((measure(path) - truth).abs().median()) < 0.3


def test_edgars_text_names_the_lower_left_corner_and_its_netcdf_the_centre(tmp_path: Path) -> None:
    lines = [
        f"{lat:.1f};{lon:.1f};{100.0 if (lat, lon) == (36.3, 112.2) else 1.0}"
        for lat in np.round(np.arange(35.5, 37.5, 0.1), 1)
        for lon in np.round(np.arange(111.5, 113.5, 0.1), 1)
    ]
    text = tmp_path / "edgar.txt"
    text.write_text("\n".join(["lat;lon;emission 2025 (tons)", *lines]) + "\n", encoding="utf-8")
    layer, opened = read(text, "emission")
    assert codes(opened) == ["half_cell"]
    row, column = np.argwhere(layer.raster.values == 100)[0]
    assert (layer.raster.left + 0.1 * column, layer.raster.top - 0.1 * (row + 1)) == pytest.approx(
        (112.2, 36.3)
    )
    centred, _ = read(text, "emission", registration="centre")
    row, column = np.argwhere(centred.raster.values == 100)[0]
    assert centred.raster.left + 0.1 * column == pytest.approx(112.15)

    values = np.ones((20, 20))
    values[8, 7] = 100.0
    centre = np.arange(20) * 0.1
    nc, _ = read(
        netcdf(tmp_path / "edgar.nc", values, 35.55 + centre, 111.55 + centre, unit="t/cell"), "emission"
    )
    row, column = np.argwhere(nc.raster.values == 100)[0]
    assert (nc.raster.left + 0.1 * column, nc.raster.top - 0.1 * (row + 1)) == pytest.approx((112.2, 36.3))


# --- what is refused


def test_a_global_file_whose_corners_are_read_as_centres_leaves_the_globe(tmp_path: Path) -> None:
    corner = netcdf(
        tmp_path / "a.nc", np.full((180, 360), 40.0), np.arange(-90.0, 90), np.arange(-180.0, 180)
    )
    with pytest.raises(InputError, match="half a cell off"):
        read(corner)
    assert codes(read(corner, registration="corner")[1]) == ["crs_from_units"]


def test_two_files_of_one_step_half_a_cell_apart(tmp_path: Path) -> None:
    from rasterio.transform import from_origin

    first = tiff(tmp_path / "a.tif", field(2025))
    beside = tiff(
        tmp_path / "b.tif", field(2024), transform=from_origin(LEFT + STEP / 2, TOP + STEP / 2, STEP, STEP)
    )
    with pytest.raises(InputError, match="half a cell beside each other"):
        choose([first, beside])
    # One axis alone, too.
    for number, (right, down) in enumerate(((STEP / 2, 0.0), (0.0, STEP / 2))):
        moved = from_origin(LEFT + right, TOP + down, STEP, STEP)
        with pytest.raises(InputError, match="half a cell beside each other"):
            choose([first, tiff(tmp_path / f"c{number}.tif", field(2024), transform=moved)])
    whole = from_origin(LEFT + STEP, TOP, STEP, STEP)
    assert len(choose([first, tiff(tmp_path / "d.tif", field(2024), transform=whole)]))


def test_transposed_axes_are_named(tmp_path: Path) -> None:
    from rasterio.transform import from_origin

    swapped = tiff(tmp_path / "a.tif", field().T, transform=from_origin(BOTTOM, RIGHT, STEP, STEP))
    with pytest.raises(InputError, match="longitude and latitude are transposed"):
        read(swapped)
    lat = LEFT + STEP * (np.arange(field().shape[1]) + 0.5)
    lon = BOTTOM + STEP * (np.arange(field().shape[0]) + 0.5)
    with pytest.raises(InputError, match="longitude and latitude are transposed"):
        read(netcdf(tmp_path / "b.nc", field().T, lat, lon))


def test_a_raster_without_reference_is_refused_and_may_be_told(tmp_path: Path, truth: pd.Series) -> None:
    bare = tiff(tmp_path / "a.tif", field(), crs=None)
    with pytest.raises(InputError, match="no coordinate reference"):
        read(bare)
    assert same(measure(bare, crs="EPSG:4326"), truth)
    assert "crs_stated" in codes(read(bare, crs="EPSG:4326")[1])
    with pytest.raises(InputError, match="no coordinate reference"):
        read(netcdf(tmp_path / "b.nc", field(), degrees=False))
    with pytest.raises(InputError, match="another than stated"):
        read(tiff(tmp_path / "c.tif", field()), crs="EPSG:32649")
    with pytest.raises(InputError, match="cannot be read"):
        read(bare, crs="EPSG:999999")


@pytest.mark.parametrize("mark", [-999.0, -9999.0, 65535.0, 9.96921e36, 0.0])
def test_undeclared_marks_of_nothing_are_refused_with_their_value(tmp_path: Path, mark: float) -> None:
    values = field()
    values[40:60, 30:50] = mark
    path = tiff(tmp_path / "a.tif", values, nodata=None)
    with pytest.raises(InputError, match=r"nodata"):
        measure(path)
    found = measure(path, nodata=(mark,))
    assert found.dropna().between(20, 120).all()


@pytest.mark.parametrize("mark", [999.0, 255.0, 150.0, 1.0])
@pytest.mark.parametrize("is_block", [True, False])
def test_a_constant_that_stands_out_of_its_field_is_refused(
    tmp_path: Path, mark: float, is_block: bool
) -> None:
    values = field()
    if is_block:
        values[40:50, 60:70] = mark
    else:
        values[40:80:7, 30:90:9] = mark
    with pytest.raises(InputError, match=f"stands out of the field.*{mark:g} "):
        measure(tiff(tmp_path / "a.tif", values))
    assert measure(tiff(tmp_path / "b.tif", values), nodata=(mark,)).notna().any()


def test_one_pixel_that_stands_out_is_named_and_a_steep_town_is_not(tmp_path: Path) -> None:
    values = field()
    values[45, 65] = 255.0
    layer, _ = read(tiff(tmp_path / "a.tif", values))
    rules = with_changes(DEFAULT, {"weight_emission": 0, "weight_enterprises": 0}, "test")
    assert [note.code for note in measured(REGION, Inputs([layer]), 2025, rules)[1]] == [
        "lone_value",
        "few_years",
    ]
    lat, lon = np.mgrid[0 : values.shape[0], 0 : values.shape[1]]
    town = field() + 120 * np.exp(-((lat - 45) ** 2 + (lon - 65) ** 2) / 20.0)
    for own in (town, np.round(town), np.minimum(town, 110.0)):  # whole numbers, and capped
        layer, _ = read(tiff(tmp_path / "b.tif", own))
        assert "lone_value" not in [note.code for note in measured(REGION, Inputs([layer]), 2025, rules)[1]]


def test_a_repeated_mass_far_above_all_others_is_refused(tmp_path: Path) -> None:
    mass = np.random.default_rng(1).gamma(1.0, 20.0, field().shape)
    mass[40:44, 60] = 9999.0
    layer, _ = read(tiff(tmp_path / "a.tif", mass), "emission", unit="t/cell")
    rules = with_changes(DEFAULT, {"weight_enterprises": 0}, "test")
    with pytest.raises(InputError, match="one value far above all others"):
        measured(REGION, Inputs([FLAT], [(layer, 1.0)]), 2025, rules)


def test_coordinates_off_the_globe_say_why(tmp_path: Path) -> None:
    from rasterio.transform import from_origin

    shifted = tiff(tmp_path / "a.tif", field(), transform=from_origin(LEFT + 360, TOP, STEP, STEP))
    with pytest.raises(InputError, match="none of the globe"):
        measure(shifted)
    metres = tiff(tmp_path / "b.tif", field(), transform=from_origin(400_000, 4_000_000, 1000, 1000))
    with pytest.raises(InputError, match="metres of a projection"):
        measure(metres)


def test_a_scale_that_is_not_applied_shows_in_the_median(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="region's median is none of annual PM2"):
        measure(tiff(tmp_path / "a.tif", field() * 10))
    with pytest.raises(InputError, match="region's median"):
        measure(tiff(tmp_path / "b.tif", field() / 100))
    assert measure(tiff(tmp_path / "c.tif", field() / 1e9), unit="kg/m3").median() == pytest.approx(53, abs=5)


def test_a_raster_that_covers_too_little_is_refused_and_gaps_are_noted(tmp_path: Path) -> None:
    values = field()
    values[:, 60:] = np.nan
    with pytest.raises(InputError, match="covers too little"):
        measure(tiff(tmp_path / "a.tif", values))
    values = field()
    values[45:53, 45:53] = np.nan
    found = measure(tiff(tmp_path / "b.tif", values))
    assert 1 <= found.isna().sum() <= 9
    with pytest.raises(InputError, match="empty over the region"):
        measure(tiff(tmp_path / "c.tif", np.full_like(field(), np.nan)))


def test_a_raster_beside_the_region_is_refused(tmp_path: Path) -> None:
    from rasterio.transform import from_origin

    with pytest.raises(InputError, match="beside the region"):
        read(tiff(tmp_path / "a.tif", field(), transform=from_origin(80.0, 45.0, STEP, STEP)))


def test_wrong_doubled_and_missing_years(tmp_path: Path) -> None:
    first, second = tiff(tmp_path / "pm25_2025.tif", field(2025)), tiff(tmp_path / "old.tif", field(2024))
    with pytest.raises(InputError, match="of another year, by its name"):
        read(first, year=2024)
    with pytest.raises(InputError, match="two rasters are the same"):
        choose([tiff(tmp_path / "a.tif", field()), tiff(tmp_path / "b.tif", field())])
    layers = [read(path, year=2025)[0] for path in (tmp_path / "a.tif", second)]
    with pytest.raises(InputError, match="a year is given twice"):
        measured(REGION, Inputs(layers), 2025, DEFAULT)
    with pytest.raises(InputError, match="not the last ones"):
        measured(REGION, Inputs([read(second, year=2024)[0]]), 2025, DEFAULT)
    dated = netcdf(
        tmp_path / "t.nc",
        field()[None],
        dims=("time", "lat", "lon"),
        lat=TOP - STEP * (np.arange(120) + 0.5),
        lon=LEFT + STEP * (np.arange(130) + 0.5),
        more={"time": ("time", [0.0], {"units": "days since 2019-01-01"})},
    )
    with pytest.raises(InputError, match="of another year, by its time"):
        read(dated)


def test_months_make_a_year_when_all_are_there(tmp_path: Path) -> None:
    layers = [
        read(tiff(tmp_path / f"m{month}.tif", field() + month), month=month)[0] for month in range(1, 13)
    ]
    rules = with_changes(DEFAULT, {"weight_emission": 0, "weight_enterprises": 0}, "test")
    found = measured(REGION, Inputs(layers), 2025, rules)[0]["pm25_2025_ug_m3"]
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    shift = (lengths * np.arange(1, 13)).sum() / 365
    base = measure(tiff(tmp_path / "base.tif", field()))
    assert same(found, base + shift)
    with pytest.raises(InputError, match="lacks months"):
        measured(REGION, Inputs(layers[:11]), 2025, rules)


def test_a_regional_file_whose_coordinates_may_be_corners_is_named(tmp_path: Path) -> None:
    lat, lon = TOP - 0.1 * np.arange(1, 12), LEFT + 0.1 * np.arange(13)
    corners = netcdf(tmp_path / "a.nc", np.full((11, 13), 50.0), lat, lon)
    assert "half_cell" in codes(read(corners)[1])
    as_corner, opened = read(corners, registration="corner")
    assert "half_cell" not in codes(opened)
    assert as_corner.raster.left % 0.1 == pytest.approx(0.1, abs=1e-6) or as_corner.raster.left % 0.1 < 1e-6
    centred = netcdf(tmp_path / "b.nc", np.full((11, 13), 50.0), lat + 0.05, lon + 0.05)
    assert "half_cell" not in codes(read(centred)[1])


def test_curvilinear_uneven_and_turned_grids_are_refused(tmp_path: Path) -> None:
    import xarray
    from rasterio import Affine

    lat, lon = np.meshgrid(np.linspace(37, 35.8, 20), np.linspace(111.8, 113.1, 20), indexing="ij")
    curved = xarray.Dataset(
        {"PM25": (("j", "i"), np.full((20, 20), 50.0))},
        coords={"lat": (("j", "i"), lat), "lon": (("j", "i"), lon)},
    )
    curved.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="curvilinear"):
        read(tmp_path / "a.nc")
    wrf = curved.rename({"lat": "XLAT", "lon": "XLONG"})
    wrf.to_netcdf(tmp_path / "w.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="curvilinear"):
        read(tmp_path / "w.nc")
    uneven = TOP - STEP * (np.arange(120) + 0.5)
    uneven[60:] -= 0.004
    with pytest.raises(InputError, match="not regular"):
        read(netcdf(tmp_path / "b.nc", field(), uneven))
    with pytest.raises(InputError, match="turned"):
        read(tiff(tmp_path / "c.tif", field(), transform=Affine(STEP, 0.001, LEFT, 0, -STEP, TOP)))


def test_which_band_or_variable_is_meant_must_be_clear(tmp_path: Path) -> None:
    import xarray

    both = netcdf(tmp_path / "a.nc", field(), more={"other": (("lat", "lon"), field())})
    with pytest.raises(InputError, match="which variable"):
        read(both)
    assert same(measure(both, variable="PM25"), measure(both, variable="other"))
    with xarray.open_dataset(both, engine="h5netcdf") as file:
        assert set(file.data_vars) == {"PM25", "other"}


@pytest.mark.parametrize("name", ["a.tif", "a.nc", "a.txt", "a.xyz"])
def test_files_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x89 not a raster \x00" * 20)
    with pytest.raises(InputError):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.tif", "a.nc"])
def test_damaged_files_are_refused_wherever_the_damage_is(tmp_path: Path, name: str) -> None:
    whole = (tiff if name == "a.tif" else netcdf)(tmp_path / name, field()).read_bytes()
    refused = 0
    for number in range(40):
        at = number * len(whole) // 40
        content = whole[:at] if number % 2 else whole[:at] + bytes(64) + whole[at + 64 :]
        (tmp_path / name).write_bytes(content)
        try:
            measure(tmp_path / name)
        except InputError:
            refused += 1
    assert (
        refused >= 20
    )  # every cut file, at least; a few zeros inside pixels are no damage that anybody can see


def test_a_classic_netcdf_says_how_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(b"CDF\x01" + bytes(64))
    with pytest.raises(InputError, match="nccopy"):
        read(tmp_path / "a.nc")


# --- emissions


def emission(path: Path, value: float, own_unit: str, **entry: Any) -> Layer:
    values = np.full((24, 26), value)
    lat, lon = 37.0 - 0.05 * (np.arange(24) + 0.5), 111.8 + 0.05 * (np.arange(26) + 0.5)
    return read(netcdf(path, values, lat, lon, unit=own_unit), "emission", **entry)[0]


def tonnes(layer: Layer) -> float:
    rules = with_changes(DEFAULT, {"weight_enterprises": 0}, "test")
    pm25 = Layer("x", 2025, None, "ug/m3", FLAT.raster)
    return float(measured(REGION, Inputs([pm25], [(layer, 1.0)]), 2025, rules)[0]["emission_t"].sum())


@pytest.fixture(scope="module", autouse=True)
def _flat(tmp_path_factory: pytest.TempPathFactory) -> None:
    global FLAT
    FLAT = read(tiff(tmp_path_factory.mktemp("flat") / "flat.tif", field()))[0]


def test_mass_is_the_same_as_mass_per_cell_flux_and_density(tmp_path: Path) -> None:
    area = float(REGION.cells["area_km2"].sum())
    flux = 2.0 * 1e3 / 1e6 / (365 * 86400)  # 2 t/km² a year in kg m⁻² s⁻¹
    assert tonnes(emission(tmp_path / "a.nc", flux, "kg m-2 s-1")) == pytest.approx(2.0 * area, rel=1e-3)
    assert tonnes(emission(tmp_path / "b.nc", 2.0, "t/km2")) == pytest.approx(2.0 * area, rel=1e-3)
    whole = 2.0 * pixel_km2(emission(tmp_path / "b.nc", 2.0, "t/km2").raster).mean()
    assert tonnes(emission(tmp_path / "c.nc", float(whole), "t/cell")) == pytest.approx(2.0 * area, rel=3e-3)
    assert tonnes(emission(tmp_path / "d.nc", float(whole), "Mg")) == pytest.approx(2.0 * area, rel=3e-3)


def test_mass_of_whole_source_cells_is_kept(tmp_path: Path) -> None:
    values = np.zeros((24, 26))
    values[6:14, 8:16] = np.random.default_rng(1).gamma(1.0, 50.0, (8, 8))  # inside the region
    lat, lon = 37.0 - 0.05 * (np.arange(24) + 0.5), 111.8 + 0.05 * (np.arange(26) + 0.5)
    layer, _ = read(netcdf(tmp_path / "a.nc", values, lat, lon, unit="t/cell"), "emission")
    assert tonnes(layer) == pytest.approx(values.sum(), rel=0.005)


@pytest.mark.parametrize("step", [0.1, 0.25, 0.0333])
def test_a_uniform_flux_ranks_no_cell_before_another(tmp_path: Path, step: float) -> None:
    rows, columns = int(3 / step), int(4 / step)
    lat, lon = 38.0 - step * (np.arange(rows) + 0.5), 110.8 + step * (np.arange(columns) + 0.5)
    flux = np.full((rows, columns), 3.17e-11)  # about 1 t/km² a year
    path = netcdf(tmp_path / "a.nc", flux, lat, lon, unit="kg m-2 s-1")
    layer, _ = read(path, "emission", registration="centre")
    rules = with_changes(DEFAULT, {"weight_enterprises": 0}, "test")
    air = Layer(
        "air", 2025, None, "ug/m3", replace(FLAT.raster, values=np.full_like(FLAT.raster.values, 41.3))
    )
    cells, _ = measured(REGION, Inputs([air], [(layer, 1.0)]), 2025, rules)
    table = prepared(cells, rules, [2025])
    for part in ("level", "excess", "emission"):
        assert table[f"rank_{part}"].nunique() == 1
    expected = 3.17e-11 * 365 * 86400 * 1e3
    assert table["emission_t_km2"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert cells["emission_t"].sum() == pytest.approx(expected * cells["area_km2"].sum(), rel=1e-9)


def test_mass_taken_for_flux_and_the_other_way_round_are_refused(tmp_path: Path) -> None:
    flux = 2.0 * 1e3 / 1e6 / (365 * 86400)
    with pytest.raises(InputError, match="mass per cell may have been taken for flux"):
        tonnes(emission(tmp_path / "a.nc", 50.0, "", unit="kg m-2 s-1"))
    with pytest.raises(InputError, match="mass per cell may have been taken for flux"):
        tonnes(emission(tmp_path / "b.nc", flux, "", unit="t/cell"))
    with pytest.raises(InputError, match="another than stated"):
        emission(tmp_path / "c.nc", 50.0, "t/cell", unit="kg m-2 s-1")
    with pytest.raises(InputError, match="unit of the emission is not known"):
        emission(tmp_path / "d.nc", 50.0, "")
    with pytest.raises(InputError, match="not a unit of emission"):
        emission(tmp_path / "e.nc", 50.0, "", unit="ppm")


def test_an_empty_or_negative_inventory_or_one_that_does_not_reach_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="inventory is empty"):
        tonnes(emission(tmp_path / "a.nc", 0.0, "t/cell"))
    with pytest.raises(InputError, match="negative values"):
        tonnes(emission(tmp_path / "b.nc", -999.0, "t/cell"))
    part = netcdf(
        tmp_path / "c.nc",
        np.full((10, 10), 5.0),
        37.0 - 0.05 * (np.arange(10) + 0.5),
        111.8 + 0.05 * (np.arange(10) + 0.5),
        unit="t/cell",
    )
    with pytest.raises(InputError, match="does not reach over the region"):
        tonnes(read(part, "emission")[0])


def test_the_same_inventory_under_two_names_is_refused(tmp_path: Path) -> None:
    rules = with_changes(DEFAULT, {"weight_enterprises": 0}, "test")
    first, copy = (emission(tmp_path / name, 5.0, "t/cell") for name in ("a.nc", "copy.nc"))
    other = emission(tmp_path / "other.nc", 5.5, "t/cell")
    assert len(measured(REGION, Inputs([FLAT], [(first, 1.0), (other, 0.3)]), 2025, rules)[0])
    with pytest.raises(InputError, match=r"a\.nc \(2025\) and copy\.nc \(2025\): two rasters are the same"):
        measured(REGION, Inputs([FLAT], [(first, 1.0), (other, 0.3), (copy, 0.5)]), 2025, rules)
    rows = {"county_code": ["610305", "610328"], "emission_t": ["900", "100"]}
    one, two = CountyTable("a.csv", pd.DataFrame(rows)), CountyTable("b.csv", pd.DataFrame(rows)[::-1])
    with pytest.raises(InputError, match=r"a\.csv and b\.csv: two tables are the same"):
        measured(REGION, Inputs([FLAT], county_tables=[one, two]), 2025, rules)
    people = [replace(first, unit="persons"), replace(copy, unit="persons")]
    with pytest.raises(InputError, match="each raster of population once"):
        measured(REGION, Inputs([FLAT], [(first, 1.0)], population=people), 2025, rules)


def test_a_table_by_county_with_old_codes_is_spread_by_area() -> None:
    table = CountyTable(
        "survey.csv (2019)",
        pd.DataFrame({"county_code": ["610322", "610328", "110101"], "emission_t": ["900", "100", "5"]}),
    )
    found, notes = spread(REGION, table)
    assert found.sum() == pytest.approx(1000.0)
    west = REGION.cells["county_code"] == "610305"
    assert found[west].sum() == pytest.approx(900.0, rel=0.05)
    assert [note.code for note in notes] == ["old_county_code", "county_unknown"]
    assert "610322→610305" in notes[0].text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"county_code": ["130421", "610305"], "emission_t": ["1", "1"]}, "divided"),
        ({"county_code": ["610305", "610305"], "emission_t": ["1", "1"]}, "listed twice"),
        ({"county_code": ["610322", "610305"], "emission_t": ["1", "1"]}, "listed twice"),
        ({"county_code": ["610322", "610322"], "emission_t": ["1", "1"]}, "listed twice"),
        ({"county_code": ["610305"], "emission_t": ["many"]}, "not an emission"),
        ({"county_code": ["610305"], "emission_t": ["-1"]}, "not an emission"),
        ({"county_code": ["999999"], "emission_t": ["1"]}, "no county of the table"),
    ],
)
def test_tables_that_cannot_be_spread_are_refused(rows: dict[str, list[str]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        spread(REGION, CountyTable("survey.csv", pd.DataFrame(rows)))


def test_tables_that_together_lack_a_county_are_refused_by_its_name() -> None:
    rules = with_changes(DEFAULT, {"weight_enterprises": 0}, "test")
    one, other = (
        CountyTable(f"{code}.csv", pd.DataFrame({"county_code": [code], "emission_t": ["90000"]}))
        for code in ("610305", "610328")
    )
    with pytest.raises(InputError, match=r"lacks counties of the region.*千阳县610328"):
        measured(REGION, Inputs([FLAT], county_tables=[one]), 2025, rules)
    own, _ = measured(REGION, Inputs([FLAT], county_tables=[one, other]), 2025, rules)
    assert own["emission_t"].sum() == pytest.approx(180_000)
    by_area = REGION.shares.assign(code=REGION.shares["county_code"]).groupby("code")["share"].sum()
    small = Lattice(
        REGION.cells,
        pd.concat(
            [
                REGION.shares,
                REGION.shares.head(1).assign(county_code="610399", share=0.005 * by_area.sum()),
            ]
        ),
    )
    notes = county_notes(small, [one, other])
    assert [note.code for note in notes] == ["county_missing"]
    assert "610399" in notes[0].text


# --- points


def points(lon: list[float], lat: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"name": [f"合成企业{n}" for n in range(len(lon))], "lon": lon, "lat": lat, "county": ""}
    )


def counted(own: pd.DataFrame) -> pd.Series:
    rules = with_changes(DEFAULT, {"weight_emission": 0}, "test")
    return measured(REGION, Inputs([FLAT], points=own), 2025, rules)[0]["enterprises"]


def test_points_are_counted_in_their_cells_and_exchanged_ones_are_refused() -> None:
    cell = REGION.cells.iloc[100]
    x, y = (cell["west"] + cell["east"]) / 2, (cell["south"] + cell["north"]) / 2
    found = counted(points([x, x, 100.0], [y, y, 30.0]))
    assert found.sum() == 2
    assert found.iloc[100] == 2
    assert counted(points([cell["east"]], [y])).sum() == 1  # on a border: one cell
    with pytest.raises(InputError, match="longitude and latitude exchanged"):
        counted(points([x, y], [y, x]))
    with pytest.raises(InputError, match="no enterprise lies in the region"):
        counted(points([100.0], [30.0]))


def test_points_in_gcj02_do_not_fit_their_counties() -> None:
    import geopandas as gpd
    import shapely

    from include.geo.datum import from_wgs84

    strips = gpd.GeoDataFrame(
        {"county_name": [f"{n}县" for n in range(20)]},
        geometry=[shapely.box(112 + 0.01 * n, 36, 112.01 + 0.01 * n, 36.5) for n in range(20)],
        crs="EPSG:4326",
    )
    number = np.arange(20)
    lon, lat = 112.001 + 0.01 * number, np.full(20, 36.2)
    told = pd.DataFrame({"lon": lon, "lat": lat, "county": [f"{n}县" for n in number]})
    assert require_told_datum(told, strips) == []
    wrong_lon, wrong_lat = from_wgs84(lon + 0.005, lat, "GCJ-02")
    with pytest.raises(InputError, match="GCJ-02, not WGS84"):
        require_told_datum(told.assign(lon=wrong_lon, lat=wrong_lat), strips)


def test_points_in_gcj02_do_not_fit_the_enterprises_that_are_known_by_name() -> None:
    from include.geo.datum import from_wgs84

    known = points([112.1 + 0.01 * n for n in range(20)], [36.2 + 0.005 * n for n in range(20)])
    assert require_known_places(known, known) == list(known["name"])
    near = known.assign(lon=known["lon"] + 0.0005)
    assert len(require_known_places(near, known)) == 20
    for datum in ("GCJ-02", "BD-09"):
        lon, lat = from_wgs84(known["lon"], known["lat"], datum)
        with pytest.raises(InputError, match=f"{datum}, not WGS84"):
            require_known_places(known.assign(lon=lon, lat=lat), known)
    # A few names, and enterprises that moved anywhere, say nothing about a datum.
    assert require_known_places(known.head(4), known) == []
    moved = known.assign(lon=known["lon"] - 0.02)
    assert len(require_known_places(moved, known)) == 20


def test_an_enterprise_that_is_listed_again_counts_once() -> None:
    own = points([112.1, 112.2], [36.2, 36.3])
    found, notes = without_copies(pd.concat([own, own, own.assign(lon=112.5)]))
    assert len(found) == 4
    assert [note.code for note in notes] == ["points_doubled"]
    assert without_copies(own)[1] == []


def test_an_entry_of_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_layer(RasterEntry(tmp_path / "none.tif", 2025), REGION.cells, "pm25")
