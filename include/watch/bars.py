"""What the highest station of a grid must show to be raised, and what confirms it: as judged, and hour by hour for a reader."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.readings import hours_of
from include.watch.rules import FilterRules, WatchRules

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Bars:
    """By grid: whether a second station stands high as well (`two`), whether one alone spoke (`alone`), and the share of both
    thresholds that the highest station must show (`share`)."""

    two: Flags
    alone: Flags
    share: Floats


def bars(second_increment: Floats, air: Floats, spoke: NDArray[np.int64], own: FilterRules) -> Bars:
    """The bars of grids by the increment of their second station (NaN: none), their surroundings and the stations that spoke."""
    two = (second_increment >= own.raise_share * own.least_excess_ug_m3) & (
        second_increment >= own.raise_share * own.least_excess_share * np.maximum(air, 1.0)
    )
    alone = spoke <= 1
    return Bars(two, alone, np.where(alone, own.alone_share, np.where(two, own.raise_share, own.lone_share)))


def with_bars(grid_hours: pd.DataFrame, rules: WatchRules) -> pd.DataFrame:
    """Judged hours of one grid (untied) with what was asked of them: `bar_ug_m3` (times the `official_factor`, as the tied
    increments beside it are; the thresholds are compared before it), `bar_share`, `second_station`, `second_hour` (None where the
    hour before is not there) and `confirmed`: both bars passed, and a second station or hour."""
    if grid_hours.empty:
        return grid_hours
    own = rules.filter
    rows = grid_hours.sort_values("hour")
    number = {
        name: rows[name].to_numpy(float)
        for name in (
            "second_increment_ug_m3",
            "background_ug_m3",
            "increment_ug_m3",
            "increment_share",
            "official_factor",
            "probability",
            "evidence",
        )
    }
    asked = bars(
        number["second_increment_ug_m3"], number["background_ug_m3"], rows["spoke"].to_numpy(np.int64), own
    )
    follows = np.diff(hours_of(rows["hour"]), prepend=0) == 1
    evidence, before = (np.roll(number[name], 1) for name in ("evidence", "probability"))
    second_hour = follows & ((evidence >= own.second_hour_evidence) | (before >= own.hold_at))
    standing = (number["increment_ug_m3"] >= asked.share * own.least_excess_ug_m3) & (
        number["increment_share"] >= asked.share * own.least_excess_share
    )
    lasts = second_hour & (~asked.alone | (number["probability"] >= own.raise_alone_at))
    return rows.assign(
        bar_ug_m3=asked.share * own.least_excess_ug_m3 * number["official_factor"],
        bar_share=asked.share * own.least_excess_share,
        second_station=asked.two,
        second_hour=pd.Series(second_hour, rows.index, dtype=object).where(follows, None),
        confirmed=standing & (asked.two | lasts),
    )
