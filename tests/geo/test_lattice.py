"""The lattice over outlines: each cell once, shares of counties by area."""

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from shapely import box

from include.errors import InputError
from include.geo.boundaries import counties
from include.geo.grids import grid_cells
from include.geo.lattice import lattice, rectangle_km2


def outlines(*rows: tuple[str, str, tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    codes, cities, boxes = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"county_code": codes, "county_name": [f"{code}县" for code in codes], "unit_code": cities},
        geometry=[box(*sides) for sides in boxes],
        crs="EPSG:4326",
    )


def test_a_cell_on_a_border_keeps_its_counties_and_belongs_to_the_larger_share() -> None:
    cell = lattice(outlines(("1", "A", (112.0, 36.0, 112.2, 36.2))), 0.99).cells.iloc[7]
    middle = cell["west"] + 0.3 * (cell["east"] - cell["west"])
    sides = (cell["west"] - 0.1, cell["south"] - 0.1, cell["east"] + 0.1, cell["north"] + 0.1)
    found = lattice(
        outlines(("1", "A", (*sides[:2], middle, sides[3])), ("2", "B", (middle, *sides[1:]))), 0.5
    )
    own = found.shares[found.shares["grid_id"] == cell["grid_id"]]
    assert own[["county_code", "unit_code"]].to_numpy().tolist() == [["1", "A"], ["2", "B"]]
    assert own["share"].tolist() == pytest.approx([0.3, 0.7], abs=1e-6)
    owner = found.cells.set_index("grid_id").loc[cell["grid_id"]]
    assert (owner["unit_code"], owner["county_code"], owner["county"]) == ("B", "2", "2县")
    assert found.cells["grid_id"].is_unique


def test_a_unit_of_two_small_shares_goes_before_one_larger_county() -> None:
    cell = lattice(outlines(("1", "A", (112.0, 36.0, 112.2, 36.2))), 0.99).cells.iloc[7]
    west, south, east, north = (cell[side] for side in ("west", "south", "east", "north"))
    width = east - west
    cuts = [west - 0.1, west + 0.3 * width, west + 0.6 * width, east + 0.1]
    found = lattice(
        outlines(
            ("1", "A", (cuts[0], south, cuts[1], north)),
            ("2", "A", (cuts[1], south, cuts[2], north)),
            ("3", "B", (cuts[2], south, cuts[3], north)),
        ),
        0.5,
    )
    owner = found.cells.set_index("grid_id").loc[cell["grid_id"]]
    assert (owner["unit_code"], owner["county_code"]) == ("A", "1")


def test_cells_that_are_mostly_outside_are_left_out() -> None:
    whole = lattice(outlines(("1", "A", (112.0, 36.0, 112.5, 36.5))), 1e-9).cells
    assert (whole["inside_share"] < 0.5).any()
    found = lattice(outlines(("1", "A", (112.0, 36.0, 112.5, 36.5))), 0.5)
    assert found.cells["inside_share"].between(0.5, 1).all()
    assert set(found.cells["grid_id"]) == set(whole["grid_id"][whole["inside_share"] >= 0.5])
    assert set(found.shares["grid_id"]) == set(found.cells["grid_id"])


def test_it_is_the_lattice_that_alarms_are_numbered_by() -> None:
    own = counties(["140300"])
    found, known = lattice(own, 0.5).cells, grid_cells(own)
    both = found.merge(known, on="grid_id")
    assert len(both) > 0.97 * len(known)
    assert (both[["west_x", "south_x"]].to_numpy() == both[["west_y", "south_y"]].to_numpy()).all()


def test_shares_of_a_whole_city_add_up_to_its_area() -> None:
    own = counties(["140300"])
    found = lattice(own, 1e-9)
    area = found.shares["share"] * found.shares["grid_id"].map(found.cells.set_index("grid_id")["area_km2"])
    assert area.sum() == pytest.approx(own.to_crs("EPSG:6933").area.sum() / 1e6, rel=5e-4)


def test_the_area_of_a_rectangle_is_that_of_the_ellipsoid() -> None:
    lon = [112.0, 113.0, 113.0, 112.0]
    lat = [36.0, 36.0, 36.01, 36.01]
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)
    # Along a parallel, not a geodesic: the difference is 1e-4 of a degree-wide strip.
    assert rectangle_km2(112.0, 36.0, 113.0, 36.01) == pytest.approx(abs(area) / 1e6, rel=3e-2)
    assert rectangle_km2(0.0, -90.0, 360.0, 90.0) == pytest.approx(510065621.7, rel=1e-8)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            outlines(("1", "A", (112, 36, 112.3, 36.3)), ("2", "B", (112.1, 36.1, 112.4, 36.4))),
            "outlines overlap",
        ),
        (outlines(("1", "A", (112, 36, 112.3, 36.3))).iloc[:0], "no outlines"),
        (outlines(("1", "A", (112, 36, 112.3, 36.3))).set_crs(None, allow_override=True), "no CRS"),
    ],
)
def test_outlines_that_cannot_be_used_are_refused(rows: gpd.GeoDataFrame, words: str) -> None:
    with pytest.raises(InputError, match=words):
        lattice(rows, 0.5)


def test_the_same_outlines_in_another_order_and_reference_give_the_same_cells() -> None:
    own = counties(["140300"])
    other = own.iloc[::-1].reset_index(drop=True)
    first, second = lattice(own, 0.5).cells, lattice(other, 0.5).cells
    assert first.equals(second)
    assert np.isfinite(first["area_km2"]).all()
