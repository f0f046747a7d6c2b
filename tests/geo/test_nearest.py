"""Distances from grids on hand-drawn squares, and against the geodesic."""

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from include.geo.nearest import joined_grids, points_near

GEOD = Geod(ellps="WGS84")
COLUMN_DEG, ROW_DEG = 0.033713, 0.027030  # 3 km each way at 37° N


def squares(**places: tuple[float, float]) -> pd.DataFrame:
    """Grids by name at (column, row) of a lattice whose origin is 114° E 37° N."""
    rows = {
        name: [
            114 + column * COLUMN_DEG,
            37 + row * ROW_DEG,
            114 + (column + 1) * COLUMN_DEG,
            37 + (row + 1) * ROW_DEG,
        ]
        for name, (column, row) in places.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["west", "south", "east", "north"])


def points(**places: tuple[float, float]) -> pd.DataFrame:
    """Points by name at (column, row) of the same lattice."""
    rows = {name: [114 + column * COLUMN_DEG, 37 + row * ROW_DEG] for name, (column, row) in places.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["lon", "lat"])


def test_points_in_and_around_a_grid_in_full() -> None:
    around = points(
        inside=(0.5, 0.5),
        middle_of_the_east_side=(1, 0.5),
        east=(1.5, 0.5),
        corner=(2, 2),
        north=(0.5, 1.9),
        too_far=(2.1, 0.5),
    )
    found = points_near(squares(G=(0, 0)), around, within_km=3.0)
    assert found.assign(distance_km=found["distance_km"].round(2)).to_numpy().tolist() == [
        ["G", "inside", 0.0, ""],
        ["G", "middle_of_the_east_side", 0.0, ""],
        ["G", "east", 1.5, "东"],
        ["G", "north", 2.7, "北"],
    ]  # the corner is 3 km east and 3 km north: 4.2 km away


@pytest.mark.parametrize(
    ("column", "row", "word"),
    [
        (0.5, 1.2, "北"), (1.2, 1.2, "东北"), (1.2, 0.5, "东"), (1.2, -0.2, "东南"), (0.5, -0.2, "南"), (-0.2, -0.2, "西南"),
        (-0.2, 0.5, "西"), (-0.2, 1.2, "西北"), (0.5 + 0.7, 0.5 + 0.28, "东"), (0.5 + 0.7, 0.5 + 0.31, "东北"),
    ],
)  # fmt: skip
def test_eight_directions_from_the_centre(column: float, row: float, word: str) -> None:
    (found,) = points_near(squares(G=(0, 0)), points(P=(column, row)), 3.0)["direction"]
    assert found == word


def test_distances_agree_with_the_geodesic_everywhere_in_the_key_regions() -> None:
    random = np.random.default_rng(3)
    count = 4000
    west, south = random.uniform(106, 120, count), random.uniform(33, 41.2, count)
    grids = pd.DataFrame({"west": west, "south": south, "east": west + 0.034, "north": south + 0.027})
    lon, lat = west + random.uniform(-0.05, 0.084, count), south + random.uniform(-0.04, 0.067, count)
    found = points_near(grids, pd.DataFrame({"lon": lon, "lat": lat}), 3.0)
    own = found[found["grid"] == found["point"]].set_index("grid")["distance_km"]
    nearest_lon, nearest_lat = lon.clip(west, west + 0.034), lat.clip(south, south + 0.027)
    exact = pd.Series(GEOD.inv(lon, lat, nearest_lon, nearest_lat)[2] / 1000)
    outside = exact[(exact > 0.001) & (exact < 2.99)]
    assert len(outside) > 1500
    # 0.13 % by the projection; 0.2 m because the sides are drawn straight.
    assert (own[outside.index] - outside).abs().le(outside * 0.0013 + 0.0002).all()
    assert (own[exact[exact == 0].index] <= 0.0002).all()


def test_places_without_coordinates_are_near_nothing() -> None:
    grids = squares(G=(0, 0), H=(0, 0))
    grids.loc["H", "north"] = np.nan
    around = points(P=(0.5, 0.5), Q=(0.5, 0.5))
    around.loc["Q", "lon"] = np.nan
    found = points_near(grids, around, 3.0)
    assert found[["grid", "point"]].to_numpy().tolist() == [["G", "P"]]
    assert points_near(grids.iloc[:0], around, 3.0).columns.tolist() == [
        "grid",
        "point",
        "distance_km",
        "direction",
    ]
    assert points_near(grids, around.iloc[:0], 3.0).empty


def test_the_order_of_points_does_not_matter() -> None:
    around = points(a=(0.2, 0.2), b=(0.7, 0.7), c=(1.5, 0.5), d=(-0.5, 0.5))
    grids = squares(H=(1, 0), G=(0, 0))
    pd.testing.assert_frame_equal(points_near(grids, around.iloc[::-1], 3.0), points_near(grids, around, 3.0))


def test_grids_join_across_one_missing_grid_and_in_chains() -> None:
    grids = squares(
        A=(0, 0), B=(2, 0), C=(4, 0), far=(7, 0), D=(4, 1), diagonal=(0, 5), touching=(1, 6), across=(3, 8)
    )
    assert joined_grids(grids, 3.1).to_dict() == {
        "A": 0,
        "B": 0,
        "C": 0,
        "far": 1,
        "D": 0,
        "diagonal": 2,
        "touching": 2,
        "across": 3,
    }
    assert joined_grids(grids.iloc[:0], 3.1).empty


def test_one_missing_grid_joins_everywhere_in_the_key_regions() -> None:
    for south in (33.1, 36.0, 38.0, 41.1):
        width = 3.0 / (111.32 * np.cos(np.radians(south + 0.0135)))
        row = pd.DataFrame(
            {
                "west": [110, 110 + 2 * width],
                "south": south,
                "east": [110 + width, 110 + 3 * width],
                "north": south + 0.02703,
            }
        )
        column = pd.DataFrame(
            {
                "west": 110,
                "south": [south, south + 2 * 0.02703],
                "east": 110 + width,
                "north": [south + 0.02703, south + 3 * 0.02703],
            }
        )
        assert joined_grids(row, 3.1).tolist() == joined_grids(column, 3.1).tolist() == [0, 0]


def test_every_near_point_is_found() -> None:
    random = np.random.default_rng(4)
    west, south = random.uniform(113, 113.8, 60), random.uniform(36, 36.6, 60)
    grids = pd.DataFrame({"west": west, "south": south, "east": west + 0.034, "north": south + 0.027})
    around = pd.DataFrame({"lon": random.uniform(112.9, 113.9, 800), "lat": random.uniform(35.9, 36.7, 800)})
    surely, perhaps = set(), set()
    for grid, box in enumerate(grids.itertuples(index=False)):
        nearest = around["lon"].clip(box.west, box.east), around["lat"].clip(box.south, box.north)
        metres = GEOD.inv(around["lon"], around["lat"], *nearest)[2]
        surely |= {(grid, point) for point in np.flatnonzero(metres <= 2996)}
        perhaps |= {(grid, point) for point in np.flatnonzero(metres <= 3004)}
    found = points_near(grids, around, 3.0)
    pairs = set(zip(found["grid"], found["point"], strict=True))
    assert surely <= pairs <= perhaps
    assert len(surely) > 300
