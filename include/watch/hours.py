"""Judges hours: quality flags, surroundings, increments, evidence, the filter's probability, raised or not.

Hour *t* is a function of the readings of (t - rules.hours_back, t], of daily facts of days before *t*'s, of the station table
and the rules. The work is done hour by hour in a canonical order: any window, order or cut gives the same values bit by bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.days import Gains, gains
from include.watch.evidence import filtered, going_on
from include.watch.network import networks, station_order
from include.watch.one_hour import Hour, judge_hour
from include.watch.readings import Readings, epoch_hour, instants, read
from include.watch.rows import GRID_COLUMNS, STATION_COLUMNS, Chance, grid_rows, joined, station_rows
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """`station_hours`: one row a valid station and hour (`STATION_COLUMNS`); `grid_hours`: one row a grid with a valid
    micro-station and hour (`GRID_COLUMNS`). `hour` is the start, UTC with time zone; concentrations in μg/m³."""

    station_hours: pd.DataFrame
    grid_hours: pd.DataFrame


def judge_hours(
    stations: pd.DataFrame,
    hours: pd.DataFrame,
    days: pd.DataFrame,
    start: object,
    end: object,
    rules: WatchRules,
    *,
    with_stations: bool = True,
) -> Judged:
    """The hours of [start, end), instants with a time zone.

    `stations`, `hours`: the contract's tables; `hours` must hold [start - rules.hours_back h, end). `days`: daily facts as of
    `station_days`, for the `rules.gain.days` days before the first and up to the last hour read. Without `with_stations`
    the frame of station hours is left empty (a season has ten million).
    """
    begin, until = epoch_hour(start), epoch_hour(end)
    table = station_order(stations)
    memory = rules.filter.memory_hours
    readings = read(hours, table["station_id"], begin - memory - 1, until, rules.quality)
    judged = list(_each_hour(table, readings, days, rules))
    names = sorted({name for hour in judged for name in hour.network.grid_ids})
    chances = _chances(judged, names, rules)
    place = {name: k for k, name in enumerate(names)}
    kept = judged[memory + 1 :]
    grid_frames = [grid_rows(hour, chances[k + 1], chances[k], place, rules) for k, hour in enumerate(kept)]
    station_frames = [station_rows(hour) for hour in kept] if with_stations else []
    return Judged(joined(station_frames, STATION_COLUMNS), joined(grid_frames, GRID_COLUMNS))


def _chances(judged: list[Hour], names: list[str], rules: WatchRules) -> list[Chance]:
    """The filter's two probabilities by grid (in the order of `names`), from the hour before the first kept one on."""
    place = {name: k for k, name in enumerate(names)}
    shape = (len(judged), len(names))
    ratios, entries, goings = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    before = np.zeros(0)
    for k, hour in enumerate(judged):
        at = np.array([place[name] for name in hour.network.grid_ids], np.int64)
        ratios[k, at], entries[k, at] = hour.found.ratio, hour.lone.entry
        top = hour.lone.station
        change = hour.lone.rise - before[hour.network.row[top]] if k else np.full(len(top), np.nan)
        told = going_on(change, hour.lone.sd, hour.lone.quiet, rules)
        goings[k, at] = np.where((top >= 0) & ~np.isnan(change), told, hour.lone.entry)
        before = hour.rise
    memory = rules.filter.memory_hours
    spans = [slice(k - memory + 1, k + 1) for k in range(memory, len(judged))]
    return [
        Chance(ratios[span][-1], *filtered(ratios[span], entries[span], goings[span], rules))
        for span in spans
    ]


def _each_hour(
    table: pd.DataFrame, readings: Readings, days: pd.DataFrame, rules: WatchRules
) -> Iterator[Hour]:
    dates = instants(np.arange(readings.start, readings.start + readings.hours)).tz_convert(rules.zone).date
    found = networks(table, sorted(set(dates)), rules.background)
    today: date | None = None
    known: Gains | None = None
    for k, day in enumerate(dates):
        network = found[day]
        if day != today or known is None:
            today, known = day, gains(days, network, day, rules)
        yield judge_hour(readings, k, network, known, rules)
