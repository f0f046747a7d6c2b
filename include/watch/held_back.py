"""What was held back and why: grid-hours that stood above the surroundings and became no alarm."""

from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.episodes import Arrays
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
_READ: Final = ("grid_id", "unit_code", "at", "reason", "increment_ug_m3", "probability", "station_id")


def suppressed(
    grid_hours: pd.DataFrame, found: pd.DataFrame, start: object, end: object, rules: WatchRules
) -> pd.DataFrame:
    """One row a grid and run of hours in [start, end) (pauses up to `gap_hours`) whose highest station stood above the
    surroundings by both thresholds, outside every episode of `found` (as of `episodes`). `reason` is a key of `REASONS`: that
    of most hours, the first listed at a tie."""
    begin, until = epoch_hour(start), epoch_hour(end)
    at = hours_of(grid_hours["hour"])
    inside = np.flatnonzero((at >= begin) & (at < until))
    frame = grid_hours.take(inside).assign(at=at[inside])
    high = (frame["increment_ug_m3"] >= rules.filter.least_excess_ug_m3) & (
        frame["increment_share"] >= rules.filter.least_excess_share
    )
    frame = frame[(high | frame["is_raised"]).to_numpy(bool)]
    frame = frame[~_inside(frame, found, rules)].sort_values(["grid_id", "at"], ignore_index=True)
    if not len(frame):
        return empty(COLUMNS)
    frame["reason"] = _reason(frame, rules)
    new = (frame["grid_id"] != frame["grid_id"].shift()) | (frame["at"].diff() > rules.episode.gap_hours)
    heads = [*np.flatnonzero(new.to_numpy(bool)).tolist(), len(frame)]
    table = {name: frame[name].to_numpy() for name in _READ}
    rows = [
        _row({name: values[head:tail] for name, values in table.items()}, rules)
        for head, tail in pairwise(heads)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["started_at", "grid_id"], ignore_index=True)


def _inside(frame: pd.DataFrame, found: pd.DataFrame, rules: WatchRules) -> NDArray[np.bool_]:
    """Grid-hours that belong to an episode: from its first hour to `gap_hours` after its last."""
    inside = np.zeros(len(frame), bool)
    if not len(found):
        return inside
    spans = found.assign(
        a=hours_of(found["started_at"]), b=hours_of(found["last_at"]) + rules.episode.gap_hours
    )
    grids = frame["grid_id"].to_numpy(object)
    at = frame["at"].to_numpy()
    for grid, own in spans.groupby("grid_id"):
        here = np.flatnonzero(grids == grid)
        for a, b in zip(own["a"], own["b"], strict=True):
            inside[here[(at[here] >= a) & (at[here] <= b)]] = True
    return inside


def _reason(frame: pd.DataFrame, rules: WatchRules) -> NDArray[np.object_]:
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
    return np.asarray(np.select(conditions, list(REASONS)[:-1], list(REASONS)[-1]), object)


def _row(run: Arrays, rules: WatchRules) -> list[object]:
    order = list(REASONS)
    told = run["reason"].tolist()
    reason = min(set(told), key=lambda word: (-told.count(word), order.index(word)))
    span = instants(run["at"][[0, -1]].astype(np.int64))
    stations = {name for name in run["station_id"].tolist() if isinstance(name, str)}
    return [
        run["grid_id"][0],
        run["unit_code"][0],
        span[0],
        span[1],
        len(told),
        reason,
        round(float(np.fmax.reduce(run["increment_ug_m3"])), 1),
        round(float(np.fmax.reduce(run["probability"])), 3),
        " ".join(sorted(stations)),
        rules.edition,
    ]
