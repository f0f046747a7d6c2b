"""Episodes: raised grid-hours that belong together, one alarm each.

An episode begins at a raised hour before which the grid was quiet for `gap_hours`, and goes on over shorter pauses. Its
number and its four first facts (grid, started_at, raised_at, edition) are settled in the deciding hour from hours up to it;
later hours only add. A grid that found no such pause for `longest_hours` is no longer raised: it belongs to lasting excess.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.readings import HOUR, empty, epoch_hour, hours_of, instants
from include.watch.rules import WatchRules

COLUMNS: Final = [
    "alarm_id", "grid_id", "city_code", "started_at", "last_at", "raised_at", "alarm_count", "peak_pm25_ug_m3",
    "confidence", "peak_increment_ug_m3", "background_ug_m3", "station_ids", "stations", "spoke", "hit_stations",
    "officials", "edition",
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One episode of one grid, as positions in its rows."""

    first: int
    deciding: int
    raised: NDArray[np.int64]


def episodes(grid_hours: pd.DataFrame, start: object, end: object, rules: WatchRules) -> pd.DataFrame:
    """One row an episode that was raised in [start, end) or goes on in it (columns `COLUMNS`), as known at `end`.

    `grid_hours` as of `judge_hours`, from `rules.episode_back` hours before `start`; hours at or after `end` are not looked
    at. `raised_at` is the end of the deciding hour. `station_ids`: those that stood highest, joined by spaces.
    """
    begin, until = epoch_hour(start), epoch_hour(end)
    hour = hours_of(grid_hours["hour"])
    frame = grid_hours.assign(at=hour)[(hour >= begin - rules.episode_back) & (hour < until)]
    frame = frame[frame["grid_id"].isin(frame.loc[frame["is_raised"], "grid_id"].unique())]
    rows = []
    for _, own in frame.sort_values(["grid_id", "at"]).groupby("grid_id", sort=True):
        rows += [
            _facts(own, run, rules) for run in _runs(own, rules) if own["at"].iloc[run.raised[-1]] >= begin
        ]
    if not rows:
        return empty(COLUMNS)
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["started_at", "grid_id"], ignore_index=True)


def _runs(own: pd.DataFrame, rules: WatchRules) -> list[Run]:
    """Raised hours, split where the grid was quiet for more than `gap_hours`; hours `longest_hours` after the first are
    left out (whatever lies before `rules.episode_back` can then not matter)."""
    at = own["at"].to_numpy(np.int64)
    raised = np.flatnonzero(own["is_raised"].to_numpy(bool))
    if not len(raised):
        return []
    breaks = np.flatnonzero(np.diff(at[raised]) > rules.episode.gap_hours) + 1
    chains = (
        chain[at[chain] < at[chain[0]] + rules.episode.longest_hours] for chain in np.split(raised, breaks)
    )
    return [_run(own, at, chain, rules) for chain in chains]


def _run(own: pd.DataFrame, at: NDArray[np.int64], chain: NDArray[np.int64], rules: WatchRules) -> Run:
    deciding = first = int(chain[0])
    rule = rules.filter
    high = (own["increment_ug_m3"].to_numpy(float) >= rule.least_excess_ug_m3) & (
        own["increment_share"].to_numpy(float) >= rule.least_excess_share
    )
    while (
        first > 0
        and at[first] - at[first - 1] == 1
        and at[deciding] - at[first - 1] <= rules.episode.start_back_hours
        and high[first - 1]
    ):
        first -= 1
    return Run(first, deciding, chain)


def _facts(own: pd.DataFrame, run: Run, rules: WatchRules) -> list[object]:
    span = own.iloc[run.first : run.raised[-1] + 1]
    exceeding = own.iloc[sorted({*range(run.first, run.deciding), *run.raised.tolist()})]
    at = instants(own["at"].to_numpy(np.int64))
    started = at[run.first]
    peak = exceeding.iloc[int(exceeding["pm25_ug_m3"].to_numpy(float).argmax())]
    return [
        f"W-{own['grid_id'].iloc[0]}-{started:%Y%m%d%H}",
        own["grid_id"].iloc[0],
        own["city_code"].iloc[0],
        started,
        at[run.raised[-1]],
        at[run.deciding] + HOUR,
        len(exceeding),
        round(float(peak["pm25_ug_m3"]), 1),
        confidence(exceeding, rules),
        round(float(exceeding["increment_ug_m3"].max()), 1),
        round(float(peak["background_ug_m3"]), 1),
        " ".join(sorted(set(exceeding["station_id"].dropna()))),
        int(span["stations"].max()),
        int(span["spoke"].max()),
        int(exceeding["hit_stations"].max()),
        int(span["officials"].min()),
        rules.edition,
    ]


def confidence(exceeding: pd.DataFrame, rules: WatchRules) -> float:
    """The chance that the episode is a true event: its highest probability, put right by what came true on worlds."""
    own = rules.episode
    told = own.confidence_base + own.confidence_slope * float(exceeding["probability"].max())
    return round(min(max(told, 0.0), own.most_confidence), 3)
