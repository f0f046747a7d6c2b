"""Episodes: raised grid-hours that belong together, one alarm each.

An episode begins at a raised hour before which the grid was quiet for `gap_hours`, and goes on over shorter pauses. Its
number and its four first facts (grid, started_at, raised_at, edition) are settled in the deciding hour from hours up to it;
later hours only add. A grid that found no such pause for `longest_hours` is no longer raised: it belongs to lasting excess.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.readings import empty, epoch_hour, hours_of, instants
from include.watch.rules import WatchRules

COLUMNS: Final = [
    "alarm_id",
    "grid_id",
    "unit_code",
    "started_at",
    "last_at",
    "raised_at",
    "alarm_count",
    "peak_pm25_ug_m3",
    "confidence",
    "peak_increment_ug_m3",
    "background_ug_m3",
    "station_ids",
    "stations",
    "spoke",
    "hit_stations",
    "officials",
    "edition",
]

_READ: Final = (
    "grid_id",
    "unit_code",
    "is_raised",
    "increment_ug_m3",
    "increment_share",
    "pm25_ug_m3",
    "confidence",
    "background_ug_m3",
    "station_id",
    "stations",
    "spoke",
    "hit_stations",
    "officials",
    "official_factor",
)
Arrays = dict[str, NDArray[Any]]  # of one grid, by hour


@dataclass(frozen=True)
class Run:
    """One episode of one grid, as positions in its rows."""

    first: int
    deciding: int
    raised: NDArray[np.int64]


def episodes(grid_hours: pd.DataFrame, start: object, end: object, rules: WatchRules) -> pd.DataFrame:
    """One row an episode that was raised in [start, end) or goes on in it (columns `COLUMNS`), as known at `end`.

    `grid_hours` as of `judge_hours`, from `rules.episode_back` hours before `start`; hours at or after `end` are not looked
    at. `raised_at` is the end of the deciding hour. `station_ids`: those that stood highest, joined by spaces. `confidence`: the
    highest of its hours.
    `peak_increment_ug_m3` and `background_ug_m3` are of the highest hour and tied to the official stations as the peak is: peak =
    background + increment.
    """
    begin, until = epoch_hour(start), epoch_hour(end)
    hour = hours_of(grid_hours["hour"])
    raised = grid_hours["is_raised"].to_numpy(bool)
    inside = (hour >= begin - rules.episode_back) & (hour < until)
    code, names = pd.factorize(grid_hours["grid_id"])
    is_recent = np.bincount(code[inside & raised & (hour >= begin)], minlength=len(names)) > 0
    wanted = np.flatnonzero(inside & is_recent[code])  # no other grid has an episode that lasts until `start`
    wanted = wanted[np.lexsort((hour[wanted], code[wanted]))]
    heads = [*np.flatnonzero(np.diff(code[wanted], prepend=-1)).tolist(), len(wanted)]
    table: Arrays = {name: grid_hours[name].to_numpy()[wanted] for name in _READ}
    table["at"] = hour[wanted]
    rows = []
    for head, tail in pairwise(heads):
        own = {name: values[head:tail] for name, values in table.items()}
        rows += [_facts(own, run, rules) for run in _runs(own, rules) if own["at"][run.raised[-1]] >= begin]
    if not rows:
        return empty(COLUMNS)
    told = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("started_at", "last_at", "raised_at"):
        told[name] = instants(told[name].to_numpy(np.int64))
    return told.sort_values(["started_at", "grid_id"], ignore_index=True)


def _runs(own: Arrays, rules: WatchRules) -> list[Run]:
    """Raised hours, split where the grid was quiet for more than `gap_hours`; hours `longest_hours` after the first are
    left out (whatever lies before `rules.episode_back` can then not matter)."""
    at = own["at"].astype(np.int64)
    raised = np.flatnonzero(own["is_raised"].astype(bool))
    if not len(raised):
        return []
    breaks = np.flatnonzero(np.diff(at[raised]) > rules.episode.gap_hours) + 1
    chains = (
        chain[at[chain] < at[chain[0]] + rules.episode.longest_hours] for chain in np.split(raised, breaks)
    )
    return [_run(own, at, chain, rules) for chain in chains]


def _run(own: Arrays, at: NDArray[np.int64], chain: NDArray[np.int64], rules: WatchRules) -> Run:
    deciding = first = int(chain[0])
    rule = rules.filter
    while (
        first > 0
        and at[first] - at[first - 1] == 1
        and at[deciding] - at[first - 1] <= rules.episode.start_back_hours
        and own["increment_ug_m3"][first - 1] >= rule.least_excess_ug_m3
        and own["increment_share"][first - 1] >= rule.least_excess_share
    ):
        first -= 1
    return Run(first, deciding, chain)


def _facts(own: Arrays, run: Run, rules: WatchRules) -> list[object]:
    """Columns `COLUMNS`, instants as hours since the epoch."""
    span = slice(run.first, run.raised[-1] + 1)
    exceeding = np.array(sorted({*range(run.first, run.deciding), *run.raised.tolist()}), np.int64)
    first, last, deciding = (int(own["at"][place]) for place in (run.first, run.raised[-1], run.deciding))
    peak = exceeding[int(own["pm25_ug_m3"][exceeding].astype(float).argmax())]
    highest = round(float(own["pm25_ug_m3"][peak]), 1)
    around = round(float(own["background_ug_m3"][peak]) * float(own["official_factor"][peak]), 1)
    stations = {name for name in own["station_id"][exceeding].tolist() if isinstance(name, str)}
    return [
        f"W-{own['grid_id'][0]}-{datetime.fromtimestamp(first * 3600, UTC):%Y%m%d%H}",
        own["grid_id"][0],
        own["unit_code"][0],
        first,
        last,
        deciding + 1,
        len(exceeding),
        highest,
        round(float(np.fmax.reduce(own["confidence"][exceeding].astype(float))), 3),
        round(highest - around, 1),
        around,
        " ".join(sorted(stations)),
        int(own["stations"][span].max()),
        int(own["spoke"][span].max()),
        int(own["hit_stations"][exceeding].max()),
        int(own["officials"][span].min()),
        rules.edition,
    ]
