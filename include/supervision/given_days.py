"""Daily means as their source gave them (日均值，来源给出), beside those that are reckoned from hours. Frames in, frames out."""

from __future__ import annotations

import pandas as pd

from include.supervision.air_quality import DAY_COLUMNS

# What a given mean counts as: a whole day of hours, and all 8-hour windows of it.
_WHOLE = {name: 17 if name == "o3_8h_windows" else 24 for name in DAY_COLUMNS.values()}
_KEY = ["place_id", "observed_on"]


def with_given(days: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """`days` (of `air_quality.day_means`) and the given ones (`place_id, observed_on` and any of `DAY_COLUMNS`), with `is_given`.

    A place has one or the other on a day, never both (`sources.air.intake` sees to it).
    """
    reckoned = days.assign(is_given=False)
    if given.empty:
        return reckoned
    whole = given[_KEY].assign(is_given=True)
    for name, counted in DAY_COLUMNS.items():
        values = given.get(name, pd.Series(float("nan"), index=given.index))
        whole[name] = values.astype("float64")
        whole[counted] = values.notna().astype("int64") * _WHOLE[counted]
    both = pd.concat([reckoned, whole], ignore_index=True) if len(reckoned) else whole
    for counted in DAY_COLUMNS.values():
        if counted in both:
            both[counted] = both[counted].fillna(0).astype("int64")
    return both.sort_values(["observed_on", "place_id"], ignore_index=True)
