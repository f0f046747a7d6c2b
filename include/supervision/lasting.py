"""Grids that stand above their surroundings for weeks (持续偏高), as a half-monthly bulletin tells them."""

import pandas as pd

from include.supervision.bulletin_figures import LastingGrid
from include.supervision.situations import plain_rows


def lasting_grids(found: pd.DataFrame | None, unit_code: str) -> tuple[LastingGrid, ...]:
    """Those of one city, the highest share above first, then by number.

    `found`: one row a lasting grid with unit_code, grid_id, county, name, stations, days, window_days, share_of_days, excess_ug_m3,
    excess_share; None where no station is watched.
    """
    if found is None or found.empty:
        return ()
    own = found[found["unit_code"] == unit_code]
    own = own.sort_values(["excess_share", "grid_id"], ascending=[False, True])
    return tuple(
        LastingGrid(
            grid_id=str(row["grid_id"]),
            county=str(row["county"]),
            name=str(row["name"]),
            stations=int(row["stations"]),
            days_with_data=int(row["days"]),
            days_above=round(row["share_of_days"] * row["days"]),
            window_days=int(row["window_days"]),
            excess_ug_m3=round(float(row["excess_ug_m3"]), 6),
            excess_pct=round(100 * float(row["excess_share"]), 6),
        )
        for row in plain_rows(own)
    )
