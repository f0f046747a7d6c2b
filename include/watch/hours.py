"""Judges hours: quality flags, surroundings, increments, evidence, the filter's probability, raised or not.

Hour *t* is a function of the readings of (t - rules.hours_back, t], of daily facts of days before *t*'s, of the station table
and the rules. The work is done hour by hour in a canonical order: any window, order or cut gives the same values bit by bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.days import Gains, gains_of_network
from include.watch.evidence import filtered, going_on
from include.watch.network import StationOrder, networks, station_order
from include.watch.one_hour import Hour, judge_hour
from include.watch.readings import Readings, epoch_hour, hours_of, instants, read
from include.watch.rows import GRID_COLUMNS, Chance, grid_rows, joined, station_frame
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """`station_hours`: one row a valid station and hour (`STATION_COLUMNS`); `grid_hours`: one row a grid with a valid
    micro-station and hour (`GRID_COLUMNS`). `hour` is the start, UTC with time zone; concentrations in μg/m³."""

    station_hours: pd.DataFrame
    grid_hours: pd.DataFrame


def judge_hours(
    stations: pd.DataFrame | StationOrder,
    hours: pd.DataFrame,
    gains: pd.DataFrame,
    start: object,
    end: object,
    rules: WatchRules,
    *,
    earlier: pd.DataFrame | None = None,
    with_stations: bool = True,
) -> Judged:
    """The hours of [start, end), instants with a time zone.

    `stations`, `hours`: the contract's tables; `hours` must hold [start - rules.hours_back h, end). `gains`: as of
    `station_gains`, for the days of [start - (rules.filter.memory_hours + 1) h, end). `earlier`: `grid_hours` that were judged by
    the same facts and hold the `rules.filter.memory_hours` hours before `start`: then `hours` and `gains` need to reach back
    `rules.hours_back_of_next` hours and one hour only. Without `with_stations` the frame of station hours is left empty (a
    season has ten million).
    """
    begin, until = epoch_hour(start), epoch_hour(end)
    order = station_order(stations)
    memory = rules.filter.memory_hours
    first = begin if earlier is not None else begin - memory
    readings = read(hours, order.table["station_id"], first - 1, until, rules.quality)
    judged = list(_each_hour(order, readings, gains, rules))
    evidence = _hourly_evidence(judged, earlier, begin - memory, first, rules)
    chances = _chances(evidence, rules)
    kept = judged[1 + begin - first :]
    grid_frames = [
        grid_rows(hour, chances[k + 1], chances[k], evidence.place, rules) for k, hour in enumerate(kept)
    ]
    return Judged(station_frame(kept if with_stations else []), joined(grid_frames, GRID_COLUMNS))


@dataclass(frozen=True)
class _Evidence:
    """What the filter reads, hours by grids: evidence for an exceedance, and for a fault of one station that begins and goes on."""

    ratios: Floats
    entries: Floats
    goings: Floats
    place: dict[str, int]  # of a grid among the columns

    @property
    def by_name(self) -> dict[str, Floats]:
        """By the columns of `grid_hours`."""
        return {"evidence": self.ratios, "fault_entry": self.entries, "fault_going_on": self.goings}


def _hourly_evidence(
    judged: list[Hour], earlier: pd.DataFrame | None, begin: int, first: int, rules: WatchRules
) -> _Evidence:
    """From hour `begin` on: of the hours before `first` as it was judged before, then of the judged hours (the first of them
    tells how high stations stood in the hour before only)."""
    names = {name for hour in judged for name in hour.network.grid_ids}
    code, known = pd.factorize(np.array([], object) if earlier is None else earlier["grid_id"])
    names |= set(known)
    place = {name: k for k, name in enumerate(sorted(names))}
    shape = (first - begin + len(judged) - 1, len(place))
    found = _Evidence(np.zeros(shape), np.zeros(shape), np.zeros(shape), place)
    if earlier is not None and len(earlier):
        row = hours_of(earlier["hour"]) - begin
        own = np.flatnonzero((row >= 0) & (row < first - begin))
        column = np.array([place[name] for name in known], np.int64)[code[own]]
        for name, values in found.by_name.items():
            values[row[own], column] = earlier[name].to_numpy(float)[own]
    for k, (before, hour) in enumerate(pairwise(judged), first - begin):
        at = np.array([place[name] for name in hour.network.grid_ids], np.int64)
        found.ratios[k, at], found.entries[k, at] = hour.found.ratio, hour.lone.entry
        top = hour.lone.station
        change = hour.lone.rise - before.rise[hour.network.row[top]]
        told = going_on(change, hour.lone.rise, hour.lone.sd, hour.lone.quiet, rules)
        found.goings[k, at] = np.where((top >= 0) & ~np.isnan(change), told, hour.lone.entry)
    return found


def _chances(found: _Evidence, rules: WatchRules) -> list[Chance]:
    """The filter's two probabilities by grid, from the hour before the first kept one on; the hours side by side."""
    memory = rules.filter.memory_hours
    hours = len(found.ratios) - memory + 1
    ratios, entries, goings = (
        [values[k : k + hours] for k in range(memory)] for values in found.by_name.values()
    )
    exceedance, fault = filtered(ratios, entries, goings, rules)
    last = memory - 1
    return [
        Chance(
            found.ratios[k + last], found.entries[k + last], found.goings[k + last], exceedance[k], fault[k]
        )
        for k in range(hours)
    ]


def _each_hour(
    order: StationOrder, readings: Readings, gains: pd.DataFrame, rules: WatchRules
) -> Iterator[Hour]:
    dates = instants(np.arange(readings.start, readings.start + readings.hours)).tz_convert(rules.zone).date
    found = networks(order, sorted(set(dates)), rules.background)
    by_day = dict(iter(gains.groupby("date", sort=False)))
    today: date | None = None
    known: Gains | None = None
    for k, day in enumerate(dates):
        network = found[day]
        if day != today or known is None:
            today, known = day, gains_of_network(by_day.get(day, gains.iloc[:0]), network)
        yield judge_hour(readings, k, network, known, rules)
