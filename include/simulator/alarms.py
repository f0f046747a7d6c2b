"""When and where the simulated alarms are raised. The totals are allotted first and then spread, so they always hold."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.rules import DEADLINES
from include.simulator.habits import HABITS, T85711
from include.simulator.hotspots import POINTS_PER_GRID
from include.simulator.season import DAY_S, HOUR_S, Season, severity, stream

# Alarms whose dispute is upheld, on top of the published totals: from, to (exclusive).
UPHELD: Final = (15, 26)

# Relative chance of each hour of the day. Air stagnates at night and under the morning inversion …
_STARTS = np.array(
    [
        1.5,
        1.5,
        1.4,
        1.4,
        1.5,
        1.7,
        2.0,
        2.2,
        2.1,
        1.7,
        1.2,
        0.8,
        0.6,
        0.5,
        0.5,
        0.5,
        0.6,
        0.8,
        1.1,
        1.4,
        1.6,
        1.7,
        1.7,
        1.6,
    ]
)
# … and the platform pushes what it has checked, around the clock but mostly while people are up.
_PUSHES = np.array(
    [
        0.5,
        0.4,
        0.4,
        0.4,
        0.5,
        0.7,
        1.0,
        1.4,
        1.6,
        1.6,
        1.5,
        1.3,
        1.1,
        1.0,
        1.0,
        1.0,
        1.0,
        1.0,
        1.0,
        1.1,
        1.1,
        1.0,
        0.9,
        0.7,
    ]
)
_LONGEST_LAG_H = 9  # from the first hour of an alarm to its push
_AGAIN = 0.25  # share of alarms at a grid of the city that alarmed the day before
_HIGHEST_PEAK = 480  # μg/m³
_REVISED = (0.62, 0.27, 0.11)  # shares of alarms with no, one, two later revisions


def season_alarms(season: Season, grids: pd.DataFrame, points: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row an alarm, in the order of its push: `alarm_id, grid_id, unit_code, county, point_name, lon, lat,
    started_s, pushed_s, deadline_s` (seconds of the season), `day`, `block`, `is_upheld`, `is_stubborn`,
    `severity` (of its day).
    """
    rng = stream(seed, "alarms")
    days = severity(season, rng)
    alarms = _allotted(season, days, rng)
    alarms["pushed_s"] = alarms["day"] * DAY_S + _push_seconds(len(alarms), rng)
    alarms = alarms.sort_values(["pushed_s", "unit_code"], kind="stable", ignore_index=True)
    alarms["started_s"] = alarms["pushed_s"] - _lag_seconds(alarms["pushed_s"].to_numpy(), rng)
    alarms["deadline_s"] = alarms["pushed_s"] + int(DEADLINES.feedback.total_seconds())
    alarms["severity"] = days[alarms["day"]]
    alarms["is_upheld"] = _upheld(season, alarms, rng)
    alarms["grid"] = _grid_rows(alarms, grids, rng)
    point = alarms["grid"] * POINTS_PER_GRID + (rng.random(len(alarms)) < 0.25)
    for column in ("grid_id", "county"):
        alarms[column] = grids[column].to_numpy()[alarms["grid"]]
    for column in ("point_name", "lon", "lat"):
        alarms[column] = points[column].to_numpy()[point]
    number = alarms.groupby("day").cumcount() + 1
    alarms["alarm_id"] = [
        f"BJ{season.moment(day * DAY_S):%Y%m%d}{n:03d}" for day, n in zip(alarms["day"], number, strict=True)
    ]
    columns = [
        "alarm_id",
        "grid_id",
        "unit_code",
        "county",
        "point_name",
        "lon",
        "lat",
        "started_s",
        "pushed_s",
        "deadline_s",
        "day",
        "block",
        "is_upheld",
        "is_stubborn",
        "severity",
    ]
    return alarms[columns]


def revisions(alarms: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row a revision of an alarm, in the order of `alarms` and then of time: `alarm` (its row), `last_s`,
    `alarm_count`, `peak_pm25_ug_m3`, `revised_s`. The first is the push; later ones only grow.
    """
    rng = stream(seed, "revisions")
    later = rng.choice(len(_REVISED), size=len(alarms), p=_REVISED)
    rows: list[tuple[int, int, int, int, int]] = []
    for alarm, (started_s, pushed_s, badness) in enumerate(
        alarms[["started_s", "pushed_s", "severity"]].itertuples(index=False)
    ):
        hours = (pushed_s - started_s) // HOUR_S
        count = 1 + int(rng.binomial(hours, 0.6))
        last_s = started_s if count == 1 else pushed_s - int(rng.integers(5, 50)) * 60
        peak = min(int(80 + 90 * badness * rng.gamma(2.0, 0.6) + 6 * count), _HIGHEST_PEAK)
        revised_s = pushed_s
        rows.append((alarm, last_s, count, peak, revised_s))
        for _ in range(later[alarm]):
            revised_s += int(rng.integers(90, 420)) * 60
            last_s = revised_s - int(rng.integers(5, 50)) * 60
            count += int(rng.integers(1, 4))
            peak = min(max(peak, int(peak * rng.uniform(0.9, 1.2))), _HIGHEST_PEAK)
            rows.append((alarm, last_s, count, peak, revised_s))
    return pd.DataFrame(rows, columns=["alarm", "last_s", "alarm_count", "peak_pm25_ug_m3", "revised_s"])


def _allotted(season: Season, days: NDArray[np.float64], rng: np.random.Generator) -> pd.DataFrame:
    """One row an alarm: `day, unit_code, block, is_stubborn`; each block has its published number and its upheld."""
    codes = sorted(HABITS)
    city_weight = np.array([HABITS[code].weight for code in codes])
    upheld = int(rng.integers(*UPHELD))
    parts = []
    for block, part in enumerate(season.blocks):
        stubborn_days = [day for day in T85711.days(season) if part.first_day <= day < part.end_day]
        upheld_here = round(upheld * season.early_pushed / season.pushed)
        total = part.pushed + (upheld_here if block == 0 else upheld - upheld_here)
        span = np.arange(part.first_day, part.end_day)
        # Neighbours share the weather only roughly: each city and day has a swing of its own.
        chance = np.outer(days[span], city_weight) * rng.gamma(3.0, size=(len(span), len(codes)))
        spread = rng.multinomial(total - len(stubborn_days), (chance / chance.sum()).ravel())
        cell = np.repeat(np.arange(spread.size), spread)
        parts.append(
            pd.DataFrame(
                {
                    "day": [*span[cell // len(codes)], *stubborn_days],
                    "unit_code": [
                        *np.array(codes)[cell % len(codes)],
                        *[T85711.unit_code] * len(stubborn_days),
                    ],
                    "block": block,
                    "is_stubborn": [*[False] * len(cell), *[True] * len(stubborn_days)],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _push_seconds(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    hours = rng.choice(24, size=count, p=_PUSHES / _PUSHES.sum())
    return np.asarray(hours * HOUR_S + rng.integers(0, HOUR_S, size=count))


def _lag_seconds(pushed_s: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """How long before the push an alarm began: a short while, and rather at an hour when air stagnates."""
    lags = np.arange(1, _LONGEST_LAG_H + 1)
    began = (pushed_s[:, None] // HOUR_S - lags[None, :]) % 24
    chance = _STARTS[began] * np.exp(-lags / 3.0)
    cumulated = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
    lag_hours = 1 + (rng.random(len(pushed_s))[:, None] > cumulated[:, :-1]).sum(axis=1)
    return np.asarray(
        (pushed_s % HOUR_S) + (lag_hours - 1) * HOUR_S + rng.integers(5, 60, len(pushed_s)) * 60
    )


def _upheld(season: Season, alarms: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.bool_]:
    """So many of each block's alarms that its published number remains."""
    chosen = np.zeros(len(alarms), dtype=bool)
    for number, block in enumerate(season.blocks):
        here = alarms[alarms["block"] == number]
        free = here.index[~here["is_stubborn"]]
        chosen[rng.choice(free, size=len(here) - block.pushed, replace=False)] = True
    return chosen


def _grid_rows(alarms: pd.DataFrame, grids: pd.DataFrame, rng: np.random.Generator) -> list[int]:
    """The row of the grid of each alarm: heavy grids often, and often one that alarmed in the city the day before."""
    home = int(grids.index[grids["grid_id"] == T85711.grid_id][0])
    rows = {code: group.index.to_numpy() for code, group in grids.groupby("unit_code")}
    cumulated = {
        code: np.cumsum(group["weight"].to_numpy()) / group["weight"].sum()
        for code, group in grids.groupby("unit_code")
    }
    chosen: list[int] = []
    recent: dict[tuple[str, int], list[int]] = {}
    for unit_code, day, is_stubborn in alarms[["unit_code", "day", "is_stubborn"]].itertuples(index=False):
        yesterday = recent.get((unit_code, day - 1), [])
        if is_stubborn:
            row = home
        elif yesterday and rng.random() < _AGAIN:
            row = yesterday[rng.integers(len(yesterday))]
        else:
            row = int(rows[unit_code][np.searchsorted(cumulated[unit_code], rng.random())])
        recent.setdefault((unit_code, day), []).append(row)
        chosen.append(row)
    return chosen
