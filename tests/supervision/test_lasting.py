"""Grids that stand above their surroundings for weeks, as a bulletin's figures have them."""

import pandas as pd

from include.supervision.bulletin_figures import LastingGrid
from include.supervision.lasting import lasting_grids

COLUMNS = ["unit_code", "grid_id", "county", "name", "stations", "days", "window_days", "share_of_days", "excess_ug_m3", "excess_share"]  # fmt: skip
FOUND = pd.DataFrame(
    [
        ("130100", "T2", "井陉县", "南村", 4, 20, 28, 0.75, 12.25, 0.251),
        ("130100", "T1", "井陉县", "北村", 3, 28, 28, 1.0, 30.5, 0.6),
        ("140300", "T9", "城区", "东", 2, 14, 28, 1.0, 20.0, 0.9),
    ],
    columns=COLUMNS,
)


def test_the_grids_of_one_unit_come_highest_first() -> None:
    assert lasting_grids(FOUND, "130100") == (
        LastingGrid("T1", "井陉县", "北村", 3, 28, 28, 28, 30.5, 60.0),
        LastingGrid("T2", "井陉县", "南村", 4, 20, 15, 28, 12.25, 25.1),
    )


def test_without_stations_or_lasting_grids_there_are_none() -> None:
    assert lasting_grids(None, "130100") == ()
    assert lasting_grids(FOUND.iloc[:0], "130100") == ()
    assert lasting_grids(FOUND, "110000") == ()
