"""How an episode looked at the end of each of its hours: what the revisions of its alarm say.

The deciding hour and those before it settle the first state; every later raised hour adds one. So an alarm has the same states
whether its hours were judged one by one or a season at once.
"""

from typing import Final

import numpy as np
import pandas as pd

from include.watch.readings import HOUR, hours_of, instants

COLUMNS: Final = ["alarm_id", "known_at", "last_at", "alarm_count", "peak_pm25_ug_m3"]


def history(grid_hours: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """One row an episode of `found` (as of `episodes`) and hour in which it was raised (columns `COLUMNS`), by episode and
    time; `known_at` is the end of that hour. `grid_hours` must hold the episodes' hours."""
    if found.empty:
        return pd.DataFrame(columns=COLUMNS)
    spans = pd.DataFrame(
        {
            "alarm_id": found["alarm_id"].to_numpy(object),
            "grid_id": found["grid_id"].to_numpy(object),
            "first": hours_of(found["started_at"]),
            "deciding": hours_of(found["raised_at"]) - 1,
            "last": hours_of(found["last_at"]),
        }
    )
    own = grid_hours[grid_hours["grid_id"].isin(spans["grid_id"])]
    rows = pd.DataFrame(
        {
            "grid_id": own["grid_id"].to_numpy(object),
            "at": hours_of(own["hour"]),
            "is_raised": own["is_raised"].to_numpy(bool),
            "pm25_ug_m3": own["pm25_ug_m3"].to_numpy(float),
        }
    )
    rows = spans.merge(rows, on="grid_id")
    is_early = (rows["at"] >= rows["first"]) & (rows["at"] < rows["deciding"])
    is_raised = rows["is_raised"] & (rows["at"] >= rows["deciding"]) & (rows["at"] <= rows["last"])
    rows = rows[is_early | is_raised].sort_values(["alarm_id", "at"], kind="stable", ignore_index=True)
    by_alarm = rows.groupby("alarm_id", sort=False)
    rows["alarm_count"] = by_alarm.cumcount() + 1
    rows["peak_pm25_ug_m3"] = [round(value, 1) for value in by_alarm["pm25_ug_m3"].cummax().tolist()]
    kept = rows[rows["at"] >= rows["deciding"]].reset_index(drop=True)
    kept["last_at"] = instants(kept["at"].to_numpy(np.int64))
    kept["known_at"] = kept["last_at"] + HOUR
    return kept[COLUMNS]
