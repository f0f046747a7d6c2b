"""The watch's cells of one hour, as the map draws them: short arrays instead of shapes, for 36,000 cells at once."""

from typing import Any, Final

import pandas as pd

from include.desk.map_layers import Box
from include.watch.surface import MEASURED

CELLS_OF_GRID: Final = 36  # 500 m cells of a 3 km grid: rows from the south, columns from the west
MOST_GRIDS: Final = 3_000
_SIDES: Final = ["west", "south", "east", "north"]
NO_CELLS: Final[dict[str, Any]] = {
    "grids": [],
    "pm25_ug_m3": [],
    "measured": "",
    "stations": 0,
    "left_off": 0,
    "is_judged": False,
    "is_simulated": False,
}


def compact(found: pd.DataFrame, box: Box) -> dict[str, Any]:
    """The cells of `watch_cells.cells_of_hour` whose grids touch the box.

    `grids`: one `[grid_id, west, south, east, north]` a grid; `pm25_ug_m3`: 36 values a grid in their order, to a tenth, null
    where nothing is known; `measured`: one character a cell, 1 for 实测 and 0 for 估算; `stations`: how many spoke.
    """
    by_grid = found.groupby("grid_id", sort=False)
    bounds = by_grid.agg({"west": "min", "south": "min", "east": "max", "north": "max"})[_SIDES]
    whole = bounds[by_grid.size() == CELLS_OF_GRID]
    touching = whole[
        (whole["east"] >= box.west)
        & (whole["west"] <= box.east)
        & (whole["north"] >= box.south)
        & (whole["south"] <= box.north)
    ]
    kept = touching.head(MOST_GRIDS)
    cells = found[found["grid_id"].isin(kept.index)]
    return {
        "grids": [[name, *(round(float(side), 5) for side in sides)] for name, *sides in kept.itertuples()],
        "pm25_ug_m3": [None if value != value else round(float(value), 1) for value in cells["pm25_ug_m3"]],
        "measured": "".join("1" if kind == MEASURED else "0" for kind in cells["kind"]),
        "stations": int(cells["stations"].sum()),
        "left_off": len(touching) - len(kept),
        "is_judged": True,
        "is_simulated": bool(cells["is_simulated"].any()),
    }
