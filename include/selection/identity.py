"""Which known grid a cell of the lattice is: grids keep the numbers that alarms, letters and people call them by."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely

from include.geo.lattice import BOUNDS

_SAME: Final = 0.5  # of the cell's area: the known grid that covers more than this is the same place


def known_as(cells: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """For each cell (`west, south, east, north`) the `grid_id` of the known grid that covers most of it and more than half; the cell's
    own number where there is none. Every known grid is at most one cell: the one it covers most of."""
    placed = known[known[BOUNDS].notna().all(axis=1)].sort_values("grid_id", ignore_index=True)
    found = cells["grid_id"].copy()
    if placed.empty:
        return found
    boxes, grids = (shapely.box(*(rows[side].to_numpy(float) for side in BOUNDS)) for rows in (cells, placed))
    at_cell, at_grid = shapely.STRtree(grids).query(boxes, predicate="intersects")
    share = shapely.area(shapely.intersection(boxes[at_cell], grids[at_grid])) / shapely.area(boxes[at_cell])
    pairs = pd.DataFrame({"cell": at_cell, "grid": at_grid, "share": np.round(share, 6)})
    pairs = pairs[pairs["share"] > _SAME].sort_values(
        ["share", "grid", "cell"], ascending=[False, True, True]
    )
    pairs = pairs.drop_duplicates("cell").drop_duplicates("grid")
    found.iloc[pairs["cell"].to_numpy()] = placed["grid_id"].to_numpy()[pairs["grid"].to_numpy()]
    return found
