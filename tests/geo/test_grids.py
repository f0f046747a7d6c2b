"""Grids and the county of a point, on hand-drawn squares."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod
from shapely import box

from include.geo.grids import grid_cells, locate


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    """西县 and 东县 side by side on 114° E, of different cities, given in the wrong order."""
    return gpd.GeoDataFrame(
        {
            "county_code": ["222202", "111101"],
            "county_name": ["东县", "西县"],
            "unit_code": ["222200", "111100"],
        },
        geometry=[box(114.0, 37.0, 114.1, 37.1), box(113.9, 37.0, 114.0, 37.1)],
        crs="EPSG:4326",
    )


def test_points_find_their_county(squares: gpd.GeoDataFrame) -> None:
    found = locate(
        [113.95, 114.05, 114.0, 115.0, np.nan, 114.05], [37.05, 37.05, 37.05, 37.05, 37.05, np.nan], squares
    )

    assert found.to_dict("list") == {
        "unit_code": ["111100", "222200", "111100", None, None, None],  # the border goes to the lower code
        "county": ["西县", "东县", "西县", None, None, None],
    }


def test_outlines_may_come_in_metres(squares: gpd.GeoDataFrame) -> None:
    found = locate([113.95], [37.05], squares.to_crs("EPSG:32650"))
    assert found["county"].tolist() == ["西县"]


def test_no_points_give_no_rows(squares: gpd.GeoDataFrame) -> None:
    assert locate([], [], squares).empty
    assert locate(pd.Series([], dtype=float), pd.Series([], dtype=float)).columns.tolist() == [
        "unit_code",
        "county",
    ]


def test_cells_of_a_small_square_in_full() -> None:
    square = gpd.GeoDataFrame(
        {"county_code": ["222202"], "county_name": ["东县"], "unit_code": ["222200"]},
        geometry=[box(114.0, 37.0, 114.07, 37.06)],
        crs="EPSG:4326",
    )
    cells = grid_cells(square)

    assert cells.to_dict("list") == {
        "grid_id": [
            "R1368C3382",
            "R1368C3383",
            "R1368C3384",
            "R1369C3381",
            "R1369C3382",
            "R1370C3380",
            "R1370C3381",
        ],
        "unit_code": ["222200"] * 7,
        "county": ["东县"] * 7,
        "name": [f"东县{number}号网格" for number in range(1, 8)],
        "west": [113.98518, 114.018883, 114.052587, 113.99185, 114.025565, 113.99855, 114.032278],
        "south": [36.986567, 36.986567, 36.986567, 37.013604, 37.013604, 37.040641, 37.040641],
        "east": [114.018883, 114.052587, 114.08629, 114.025565, 114.059281, 114.032278, 114.066005],
        "north": [37.013604, 37.013604, 37.013604, 37.040641, 37.040641, 37.067678, 37.067678],
    }


def test_cells_are_three_kilometres_each_way(squares: gpd.GeoDataFrame) -> None:
    far_north = squares.set_geometry(squares.translate(0.0, 4.0))
    cells = pd.concat([grid_cells(squares), grid_cells(far_north)])
    lon, lat = (cells["west"] + cells["east"]) / 2, (cells["south"] + cells["north"]) / 2
    geod = Geod(ellps="WGS84")

    assert geod.inv(cells["west"], lat, cells["east"], lat)[2] == pytest.approx(
        [3000.0] * len(cells), abs=3.0
    )
    assert geod.inv(lon, cells["south"], lon, cells["north"])[2] == pytest.approx(
        [3000.0] * len(cells), abs=3.0
    )


def test_cells_do_not_overlap_and_lie_with_their_middle_in_their_county(squares: gpd.GeoDataFrame) -> None:
    cells = grid_cells(squares)
    shapes = box(cells["west"], cells["south"], cells["east"], cells["north"])

    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-6)
    middles = locate((cells["west"] + cells["east"]) / 2, (cells["south"] + cells["north"]) / 2, squares)
    assert middles.to_dict("list") == cells[["unit_code", "county"]].to_dict("list")
    assert cells["grid_id"].is_unique


def test_a_cell_does_not_depend_on_what_else_was_asked(squares: gpd.GeoDataFrame) -> None:
    together = grid_cells(squares)
    apart = pd.concat([grid_cells(squares[squares["unit_code"] == code]) for code in ("111100", "222200")])

    key = ["south", "west"]
    pd.testing.assert_frame_equal(
        together.sort_values(key).reset_index(drop=True), apart.sort_values(key).reset_index(drop=True)
    )


def test_no_outlines_give_no_cells(squares: gpd.GeoDataFrame) -> None:
    assert grid_cells(squares.iloc[:0]).columns.tolist() == [
        "grid_id",
        "unit_code",
        "county",
        "name",
        "west",
        "south",
        "east",
        "north",
    ]
