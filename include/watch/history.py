"""How an episode looked at the end of each of its hours: what the revisions of its alarm say.

The deciding hour and those before it settle the first state; every later raised hour adds one. So an alarm has the same states
whether its hours were judged one by one or a season at once.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.readings import HOUR, hours_of, instants

COLUMNS: Final = ["alarm_id", "known_at", "last_at", "alarm_count", "peak_pm25_ug_m3"]


def history(grid_hours: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """One row an episode of `found` (as of `episodes`) and hour in which it was raised (columns `COLUMNS`), by episode and
    time; `known_at` is the end of that hour. `grid_hours` must hold the episodes' hours."""
    if found.empty:
        return pd.DataFrame(columns=COLUMNS)
    names = pd.Index(found["grid_id"].unique())
    code = names.get_indexer(pd.Index(grid_hours["grid_id"]))
    rows = np.flatnonzero(code >= 0)
    at = hours_of(grid_hours["hour"])[rows]
    order = np.lexsort((at, code[rows]))
    rows, at = rows[order], at[order]
    is_raised = grid_hours["is_raised"].to_numpy(bool)[rows]
    level = grid_hours["pm25_ug_m3"].to_numpy(float)[rows]
    bounds = np.searchsorted(code[rows], np.arange(len(names) + 1)).tolist()
    grid = names.get_indexer(pd.Index(found["grid_id"]))
    first, last = hours_of(found["started_at"]), hours_of(found["last_at"])
    deciding = hours_of(found["raised_at"]) - 1
    states = []
    for one in np.argsort(found["alarm_id"].to_numpy(object), kind="stable").tolist():
        own = slice(bounds[grid[one]], bounds[grid[one] + 1])
        is_in = is_raised[own] & (at[own] <= last[one]) | (at[own] < deciding[one])
        told = own.start + np.flatnonzero(is_in & (at[own] >= first[one]))
        later = np.flatnonzero(at[told] >= deciding[one])
        states.append((np.full(len(later), one), at[told][later], later + 1, _peaks(level[told])[later]))
    of, hour, count, peak = (np.concatenate(parts) for parts in zip(*states, strict=True))
    last_at = instants(hour)
    columns = (found["alarm_id"].to_numpy(object)[of], last_at + HOUR, last_at, count, peak)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _peaks(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The highest so far, to a tenth as it is printed."""
    return np.array([round(value, 1) for value in np.fmax.accumulate(levels).tolist()], float)
