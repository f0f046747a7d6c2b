"""What the alarms say about the air: in which hours a monitored grid stood above the grids around it, and how far."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from include.simulator.season import HOUR_S, stream

# Relative to the grids of the city that have no alarm; the city's own value is 1 / HOT_RATIO of theirs.
HOT_RATIO: Final = 1.05
TOWERS: Final = 1.5  # in the hours of an alarm a grid is at least this
QUIET: Final = 1.35  # in all other hours at most this
_RELAXES: Final = 1.1  # an hour further away the city's air may be so much higher than an alarm lets it be


def alarm_hours(alarms: pd.DataFrame, grids: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row a grid of `grids` and hour in alarm: `grid_id, unit_code, hour` (its beginning, Beijing, no zone),
    `peak_ug_m3` and `height`, 0 to 1: how far the hour is on the way from TOWERS times its city's grids to the peak.

    `alarms` are as in the region's file; what an alarm was in the end is its last revision. It lasts from the hour
    of `started_at` to that of `last_at`, and reaches its peak in one of them. An hour that two alarms of a grid share is
    the lower one's (of equal ones the earlier's), so an alarm all of whose hours are shared with such does not reach its peak.
    """
    told = alarms[alarms["grid_id"].isin(grids["grid_id"])].drop_duplicates("alarm_id", keep="last")
    begins, ends = (_hour(told[name]) for name in ("started_at", "last_at"))
    count = ((ends - begins).dt.total_seconds() // HOUR_S).astype(int).to_numpy() + 1
    rows = told.loc[told.index.repeat(count), ["alarm_id", "grid_id", "unit_code"]].reset_index(drop=True)
    after = np.arange(len(rows)) - np.repeat(count.cumsum() - count, count)
    rows["hour"] = np.repeat(begins.to_numpy(), count) + after * np.timedelta64(1, "h")
    rows["peak_ug_m3"] = np.repeat(told["peak_pm25_ug_m3"].astype(float).to_numpy(), count)
    rows["height"] = stream(seed, "alarm hours").uniform(0.1, 0.85, len(rows))
    rows = rows.sort_values(["peak_ug_m3", "alarm_id", "hour"]).drop_duplicates(["grid_id", "hour"])
    rows.loc[rows.groupby("alarm_id")["height"].idxmax(), "height"] = 1.0
    return rows.sort_values(["hour", "grid_id"], ignore_index=True).drop(columns="alarm_id")


def ceilings(hours: pd.DataFrame, index: pd.DatetimeIndex, unit_codes: pd.Index) -> pd.DataFrame:
    """The highest PM2.5 of each city (columns) in each hour (index) that lets its grids in alarm stand out: TOWERS times
    the other grids is no more than the peak. Infinite where no alarm is near."""
    lowest = hours.groupby(["hour", "unit_code"])["peak_ug_m3"].min().unstack("unit_code")
    bound = np.log(lowest.reindex(index=index, columns=unit_codes).to_numpy() / (TOWERS * HOT_RATIO))
    bound = np.where(np.isnan(bound), np.inf, bound)
    slope = np.log(_RELAXES) * np.arange(len(index))[:, None]
    after = np.minimum.accumulate(bound - slope, axis=0) + slope
    before = np.minimum.accumulate((bound + slope)[::-1], axis=0)[::-1] - slope
    return pd.DataFrame(np.exp(np.minimum(after, before)), index=index, columns=unit_codes)


def _hour(moments: pd.Series) -> pd.Series:
    """The hour of ISO 8601 texts that all bear +08:00."""
    return pd.to_datetime(moments.str.slice(0, 13), format="%Y-%m-%dT%H").astype("datetime64[s]")
