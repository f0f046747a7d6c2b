"""Lasting excess: grids whose stations all stand above their surroundings for weeks, which gain learning hides."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from include.watch.rules import WatchRules

COLUMNS: Final = [
    "grid_id",
    "unit_code",
    "first_date",
    "last_date",
    "days",
    "stations",
    "excess_share",
    "excess_share_sd",
    "excess_ug_m3",
    "share_of_days",
    "is_lasting",
    "edition",
]


def lasting_excess(days: pd.DataFrame, first: date, last: date, rules: WatchRules) -> pd.DataFrame:
    """One row a grid with daily facts in [first, last] (columns `COLUMNS`), the highest first.

    From raw daily log-ratios to the surroundings outside the grid: a station's median over the days, then the mean over the
    stations, whose gains scatter by `rules.gain.prior_sd`: `excess_share` is above 0 by that mean, `excess_share_sd` its
    uncertainty. `is_lasting`: at least `rules.lasting.days` days, two standard deviations and both thresholds above, on most days.
    """
    rule = rules.lasting
    own = days[(days["date"] >= first) & (days["date"] <= last) & days["log_ratio"].notna()]
    own = own[(own["grid_id"] != "") & (own["hours"] >= rules.gain.least_hours)]
    if not len(own):
        return pd.DataFrame(columns=COLUMNS)
    station = own.groupby(["grid_id", "unit_code", "station_id"], as_index=False).agg(
        ratio=("log_ratio", "median"), level=("pm25_ug_m3", "median")
    )
    grid = station.groupby(["grid_id", "unit_code"], as_index=False).agg(
        ratio=("ratio", "mean"), level=("level", "mean"), stations=("station_id", "size")
    )
    daily = own.groupby(["grid_id", "date"], as_index=False)["log_ratio"].mean()
    counted = daily.groupby("grid_id", as_index=False).agg(
        days=("date", "nunique"),
        share_of_days=("log_ratio", lambda v: float((v > np.log1p(rule.least_share)).mean())),
    )
    grid = grid.merge(counted, on="grid_id", validate="1:1")
    sd = np.sqrt(rules.gain.prior_sd**2 / grid["stations"] + rules.gain.day_sd**2 / grid["days"])
    grid["excess_share"] = np.expm1(grid["ratio"])
    grid["excess_share_sd"] = np.exp(grid["ratio"]) * sd
    grid["excess_ug_m3"] = grid["level"] * -np.expm1(-grid["ratio"])
    grid["is_lasting"] = (
        (grid["days"] >= rule.days)
        & (grid["ratio"] >= rule.least_deviations * sd)
        & (grid["excess_share"] >= rule.least_share)
        & (grid["excess_ug_m3"] >= rule.least_ug_m3)
        & (grid["share_of_days"] >= rule.least_share_of_days)
    )
    grid["first_date"], grid["last_date"], grid["edition"] = first, last, rules.edition
    return grid.sort_values(["excess_share", "grid_id"], ascending=[False, True], ignore_index=True)[COLUMNS]
