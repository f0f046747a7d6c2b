"""What was held back and why: grid-hours that stood above the surroundings and became no alarm."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.readings import empty, epoch_hour, hours_of, instants
from include.watch.rules import WatchRules

REASONS: Final = {
    "lasting": "持续偏高，另列",
    "dust": "沙尘",
    "wide": "全市同时抬升（烟花爆竹、区域传输等）",
    "humid": "高湿",
    "surroundings": "周边数据不足，背景不明",
    "fault": "单站读数平移（增益突变或故障）",
    "single_hour": "单站单小时突跳，未获印证",
    "weak": "高出幅度在误差之内",
}
COLUMNS: Final = [
    "grid_id",
    "unit_code",
    "started_at",
    "last_at",
    "hours",
    "reason",
    "peak_increment_ug_m3",
    "peak_probability",
    "station_ids",
    "edition",
]


def standing_out(grid_hours: pd.DataFrame, rules: WatchRules) -> pd.DataFrame:
    """The rows of the grids that stood above their surroundings or were raised in any hour: no other can be in an episode or
    held back."""
    stands = stands_out(pd.factorize(grid_hours["grid_id"])[0], *_heights(grid_hours), rules=rules)
    return grid_hours.take(np.flatnonzero(stands))


def stands_out(
    grid: NDArray[np.int64],
    increment: NDArray[np.float64],
    share: NDArray[np.float64],
    is_raised: NDArray[np.bool_],
    *,
    rules: WatchRules,
) -> NDArray[np.bool_]:
    """The same by row, of arrays; `grid`: a number for each, from 0 on."""
    stands = np.zeros(int(grid.max(initial=-1)) + 1, bool)
    stands[grid[_stands_high(increment, share, is_raised, rules)]] = True
    return stands[grid]


def _heights(
    grid_hours: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    increment, share = (grid_hours[name].to_numpy(float) for name in ("increment_ug_m3", "increment_share"))
    return increment, share, grid_hours["is_raised"].to_numpy(bool)


def _stands_high(
    increment: NDArray[np.float64],
    share: NDArray[np.float64],
    is_raised: NDArray[np.bool_],
    rules: WatchRules,
) -> NDArray[np.bool_]:
    own = rules.filter
    high = (increment >= own.least_excess_ug_m3) & (share >= own.least_excess_share)
    return np.asarray(high | is_raised)


def suppressed(
    grid_hours: pd.DataFrame, found: pd.DataFrame, start: object, end: object, rules: WatchRules
) -> pd.DataFrame:
    """One row a grid and run of hours in [start, end) (pauses up to `gap_hours`) whose highest station stood above the
    surroundings by both thresholds, outside every episode of `found` (as of `episodes`). `reason` is a key of `REASONS`: that
    of most hours, the first listed at a tie."""
    begin, until = epoch_hour(start), epoch_hour(end)
    at = hours_of(grid_hours["hour"])
    stands = _stands_high(*_heights(grid_hours), rules)
    high = np.flatnonzero((at >= begin) & (at < until) & stands)
    frame = grid_hours.take(high).assign(at=at[high])
    frame = frame[~_inside(frame, found, rules)].sort_values(["grid_id", "at"], ignore_index=True)
    if not len(frame):
        return empty(COLUMNS)
    new = (frame["grid_id"] != frame["grid_id"].shift()) | (frame["at"].diff() > rules.episode.gap_hours)
    told = _runs(frame, np.flatnonzero(new.to_numpy(bool)), rules)
    for name in ("started_at", "last_at"):
        told[name] = instants(told[name].to_numpy(np.int64))
    return told.sort_values(["started_at", "grid_id"], ignore_index=True)


def _inside(frame: pd.DataFrame, found: pd.DataFrame, rules: WatchRules) -> NDArray[np.bool_]:
    """Grid-hours that belong to an episode: from its first hour to `gap_hours` after its last."""
    if not len(found):
        return np.zeros(len(frame), bool)
    spans: dict[object, list[tuple[int, int]]] = {}
    begins, ends = hours_of(found["started_at"]), hours_of(found["last_at"]) + rules.episode.gap_hours
    for grid, begin, end in zip(found["grid_id"].tolist(), begins.tolist(), ends.tolist(), strict=True):
        spans.setdefault(grid, []).append((begin, end))
    rows = zip(frame["grid_id"].tolist(), frame["at"].tolist(), strict=True)
    return np.array(
        [any(begin <= at <= end for begin, end in spans.get(grid, ())) for grid, at in rows], bool
    )


def _runs(frame: pd.DataFrame, heads: NDArray[np.int64], rules: WatchRules) -> pd.DataFrame:
    """Columns `COLUMNS` of the runs of rows that begin at `heads`, instants as hours since the epoch."""
    count, size = len(heads), np.diff(heads, append=len(frame))
    at = frame["at"].to_numpy(np.int64)
    place = np.repeat(np.arange(count), size) * len(REASONS) + _reason(frame, rules)
    votes = np.bincount(place, minlength=count * len(REASONS)).reshape(count, len(REASONS))
    most = {
        name: [
            round(value, places) for value in np.fmax.reduceat(frame[name].to_numpy(float), heads).tolist()
        ]
        for name, places in (("increment_ug_m3", 1), ("probability", 3))
    }
    stations = frame["station_id"].tolist()
    spans = zip(heads.tolist(), (heads + size).tolist(), strict=True)
    highest = [{name for name in stations[head:tail] if isinstance(name, str)} for head, tail in spans]
    grid, unit = (frame[name].to_numpy(object)[heads] for name in ("grid_id", "unit_code"))
    return pd.DataFrame(
        {
            "grid_id": grid,
            "unit_code": unit,
            "started_at": at[heads],
            "last_at": at[heads + size - 1],
            "hours": size,
            "reason": np.array(list(REASONS), object)[votes.argmax(axis=1)],
            "peak_increment_ug_m3": most["increment_ug_m3"],
            "peak_probability": most["probability"],
            "station_ids": [" ".join(sorted(names)) for names in highest],
            "edition": rules.edition,
        }
    )


def _reason(frame: pd.DataFrame, rules: WatchRules) -> NDArray[np.int64]:
    """By row the place in `REASONS` of the first that holds, the last where none does."""
    wide = (frame["city_spoke"] >= 3) & (frame["city_risen"] >= 0.3 * frame["city_spoke"])
    conditions = [
        frame["is_raised"],
        frame["coarse_ratio"] >= 3.0,
        wide,
        frame["rh_pct"] >= 90.0,
        frame["background_sd_ug_m3"] >= 0.25 * frame["background_ug_m3"].clip(lower=10.0),
        frame["fault_probability"] > frame["probability"],
        frame["hit_stations"] <= 1,
    ]
    return np.asarray(np.select(conditions, list(range(len(conditions))), len(conditions)), np.int64)
