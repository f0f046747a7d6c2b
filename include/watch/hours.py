"""Judges hours: quality flags, surroundings, increments, evidence, the filter's probability, raised or not.

Hour *t* is a function of the readings of (t - rules.hours_back, t], of daily facts of days before *t*'s, of the station table
and the rules. The work is done hour by hour in a canonical order: any window, order or cut gives the same values bit by bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.background import node_levels, surroundings, weighted_median
from include.watch.days import Gains, gains
from include.watch.evidence import Evidence, Lone, evidence, filtered, going_on, lone
from include.watch.network import Network, networks, station_order
from include.watch.readings import DEAD, FLAGS, OK, SPIKE, Readings, epoch_hour, instants, read
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]
GRID_COLUMNS: Final = [
    "grid_id", "city_code", "hour", "stations", "spoke", "background_ug_m3", "background_sd_ug_m3", "station_id",
    "increment_ug_m3", "increment_share", "second_increment_ug_m3", "hit_stations", "pm25_ug_m3", "official_factor",
    "officials", "city_spoke", "city_risen", "coarse_ratio", "rh_pct", "evidence", "probability", "fault_probability", "is_raised",
]  # fmt: skip
STATION_COLUMNS: Final = [
    "station_id", "city_code", "grid_id", "hour", "flag", "pm25_ug_m3", "background_ug_m3", "increment_ug_m3",
    "sd_ug_m3", "hit",
]  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """`station_hours`: one row a valid station and hour (`STATION_COLUMNS`); `grid_hours`: one row a grid with a valid
    micro-station and hour (`GRID_COLUMNS`). `hour` is the start, UTC with time zone; concentrations in μg/m³."""

    station_hours: pd.DataFrame
    grid_hours: pd.DataFrame


@dataclass(frozen=True)
class Hour:
    """What one hour gave; arrays in the order of its network."""

    at: int
    network: Network
    flags: NDArray[np.int8]
    level: Floats  # corrected μg/m³ by station, NaN where not used
    air: Floats  # μg/m³ by grid
    air_sd: Floats
    sd: Floats  # μg/m³ by station: scatter of the increment
    found: Evidence
    lone: Lone
    rise: Floats  # log, by row of the table of stations: above the grid's air
    factor: Floats  # official over corrected micro, by grid
    officials: NDArray[np.int64]
    coarse: Floats
    rh: Floats


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
    grid_frames = [_grid_rows(hour, chances[k + 1], chances[k], place, rules) for k, hour in enumerate(kept)]
    station_frames = [_station_rows(hour) for hour in kept] if with_stations else []
    return Judged(_joined(station_frames, STATION_COLUMNS), _joined(grid_frames, GRID_COLUMNS))


@dataclass(frozen=True)
class Chance:
    """By grid: the evidence of an hour, and after it the probabilities of an exceedance and of a fault of one station."""

    evidence: Floats
    exceedance: Floats
    fault: Floats


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


def _joined(frames: list[dict[str, NDArray[np.generic]]], columns: list[str]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=columns)
    parts = {name: np.concatenate([frame[name] for frame in frames]) for name in columns}
    parts["hour"] = instants(parts["hour"].astype(np.int64))  # type: ignore[assignment]
    return pd.DataFrame(parts)


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
        yield _hour(readings, k, network, known, rules)


def _hour(readings: Readings, k: int, network: Network, known: Gains, rules: WatchRules) -> Hour:
    rows, offset = network.row, rules.background.offset_ug_m3
    flags, y, swelling = _corrected(readings, k, network, known, rules)
    level, variance = node_levels(y, network, rules.background)
    mean, mean_sd = surroundings(level, variance, network, rules.background)
    sd = _scatter(y, swelling, readings.samples[k, rows], known, rules)
    factor, officials = _official_factor(y, readings.pm25[k, rows], network, flags, offset)
    trusted = np.clip(np.exp(0.6 * np.log(factor)), 0.5, 1.15)
    found = evidence(y, sd, known.wild, mean, mean_sd, trusted, network, rules)
    found = replace(found, ratio=_less_wide(found.ratio, network, rules))
    micro, air = len(found.hit), np.exp(found.air)
    rise = y[:micro] - found.air[network.node[:micro]]
    flags[:micro][(rise > rules.quality.spike_log_ratio) & (found.hit < 0.5)] = SPIKE
    by_row = np.full(readings.pm25.shape[1], np.nan)
    by_row[rows[:micro]] = rise
    coarse = _city_median(readings.pm10[k, rows] / np.maximum(readings.pm25[k, rows], 1.0), network)
    rh = _city_median(readings.rh[k, rows], network)
    return Hour(
        readings.start + k, network, flags, np.exp(y) - offset, air - offset, air * found.air_sd,
        np.exp(np.where(np.isnan(y), 0.0, y)) * sd, found, lone(y, sd, known.wild, found, network, rules), by_row,
        factor, officials, coarse, rh,
    )  # fmt: skip


def _corrected(
    readings: Readings, k: int, network: Network, known: Gains, rules: WatchRules
) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Flags, y = ln(c / swelling + offset) - gain (NaN where not used), and the swelling in damp air, by station."""
    rows, air = network.row, rules.background
    flags = readings.flags[k, rows].copy()
    rh = np.minimum(_smooth_rh(readings.rh[k, rows], network), air.damp_most_pct)
    swelling = np.where(np.isnan(rh), 1.0, 1.0 + air.damp_growth * rh / (100.0 - rh))[network.node]
    swelling[network.node >= network.grids] = 1.0  # reference instruments are dried
    pm25 = np.where(flags == OK, readings.pm25[k, rows], np.nan)
    y = np.log(pm25 / swelling + air.offset_ug_m3) - known.gain
    low = (y - _rough(y, network)[network.node]) < np.log(rules.quality.dead_share)
    flags[low] = DEAD
    return flags, np.where(flags == OK, y, np.nan), swelling


def _smooth_rh(rh: Floats, network: Network) -> Floats:
    """Relative humidity at each node: the mean of its and its neighbours' means (one instrument is off by a few percent)."""
    speak = np.bincount(network.node[~np.isnan(rh)], minlength=len(network.size))
    sums = np.bincount(network.node, weights=np.where(np.isnan(rh), 0.0, rh), minlength=len(network.size))
    weight = np.where(network.near_km > 1e5, 0.0, 3.0 / (network.near_km + 3.0)) * speak[network.near]
    means = sums / np.maximum(speak, 1)
    total = speak + weight.sum(axis=1)
    smooth = (means * speak + (weight * means[network.near]).sum(axis=1)) / np.maximum(total, 1e-9)
    return np.where(total > 0, smooth, np.nan)


def _less_wide(ratio: Floats, network: Network, rules: WatchRules) -> Floats:
    """Evidence less what speaks for many grids at once: fronts, fireworks, dust. Grids nearer than 6 km do not count (one plume
    reaches both)."""
    grids, own = network.grids, rules.filter
    near, km = network.near[:grids], network.near_km[:grids]
    counts = (near < grids) & (km > 6.0) & (km < 1e5)
    rising = counts & (ratio[np.minimum(near, max(grids - 1, 0))] > 0.5)
    share = rising.sum(axis=1) / np.maximum(counts.sum(axis=1), 4)
    return np.asarray(ratio - own.wide_evidence * np.maximum(share - own.wide_share, 0.0))


def _rough(y: Floats, network: Network) -> Floats:
    """The weighted median of the neighbouring nodes' levels, at each node."""
    sums = np.bincount(network.node, weights=np.where(np.isnan(y), 0.0, y), minlength=len(network.size))
    speak = np.bincount(network.node[~np.isnan(y)], minlength=len(network.size))
    means = np.where(speak > 0, sums / np.maximum(speak, 1), np.nan)
    values = means[network.near]
    weight = np.where(np.isnan(values) | (network.near_km > 1e5), 0.0, 1.0 / (network.near_km + 5.0))
    return weighted_median(values, weight)


def _scatter(
    y: Floats, swelling: Floats, samples: NDArray[np.int16], known: Gains, rules: WatchRules
) -> Floats:
    """Standard deviation (log) of a station's hour about its grid's air."""
    own = rules.filter
    base = np.clip(0.6 * known.spread, own.station_sd, 0.3)
    few = 1.0 + 0.3 * (12.0 / np.maximum(samples, 1) - 1.0)
    absolute = own.absolute_ug_m3 / np.exp(np.where(np.isnan(y), 3.0, y))
    damp = rules.background.damp_scatter * (swelling - 1.0) / swelling
    sd: Floats = np.sqrt(base * base * few + known.gain_sd**2 + absolute * absolute + damp * damp)
    return sd


def _city_codes(network: Network) -> tuple[list[str], NDArray[np.int64]]:
    names = sorted(set(network.station_city))
    place = {name: k for k, name in enumerate(names)}
    return names, np.array([place[name] for name in network.station_city], np.int64)


def _city_median(values: Floats, network: Network) -> Floats:
    """The median over the micro-stations of each grid's city, by grid."""
    names, city = _city_codes(network)
    micro = int(network.size[: network.grids].sum())
    found = np.full(len(names), np.nan)
    for k in range(len(names)):
        own = values[:micro][(city[:micro] == k) & ~np.isnan(values[:micro])]
        if len(own):
            found[k] = np.median(own)
    place = {name: k for k, name in enumerate(names)}
    return found[[place[name] for name in network.grid_city]] if network.grids else np.zeros(0)


def _official_factor(
    y: Floats, pm25: Floats, network: Network, flags: NDArray[np.int8], offset: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Median of the official readings of the grid's city over the median of its corrected micro-stations, within 0.4 … 2.0;
    1 where none speaks. And the number of official stations that spoke."""
    names, city = _city_codes(network)
    micro = int(network.size[: network.grids].sum())
    factor, officials = np.ones(len(names)), np.zeros(len(names), np.int64)
    for k in range(len(names)):
        told = pm25[micro:][(city[micro:] == k) & (flags[micro:] == OK)]
        own = y[:micro][(city[:micro] == k) & ~np.isnan(y[:micro])]
        officials[k] = len(told)
        if len(told) and len(own):
            factor[k] = np.clip(np.median(told) / max(np.exp(np.median(own)) - offset, 1.0), 0.4, 2.0)
    place = {name: k for k, name in enumerate(names)}
    at = [place[name] for name in network.grid_city]
    return factor[at], officials[at]


def _grid_rows(
    hour: Hour,
    chance: Chance,
    before: Chance,
    place: dict[str, int],
    rules: WatchRules,
) -> dict[str, NDArray[np.generic]]:
    network, grids = hour.network, hour.network.grids
    at = np.array([place[name] for name in network.grid_ids], np.int64)
    own = rules.filter
    p, p_before = chance.exceedance[at], before.exceedance[at]
    first, second = _two_highest(hour)
    micro = len(hour.found.hit)
    increment = hour.level[first] - hour.air
    share = increment / np.maximum(hour.air, 1.0)
    risen = (increment >= own.least_excess_ug_m3) & (share >= own.least_excess_share)
    names = sorted(set(network.grid_city))
    place_city = {name: k for k, name in enumerate(names)}
    city = np.array([place_city[name] for name in network.grid_city], np.int64)
    spoke = hour.found.spoke > 0
    city_spoke = np.bincount(city[spoke], minlength=len(names))
    city_risen = np.bincount(city[risen & spoke], minlength=len(names))
    hits = np.bincount(network.node[:micro][hour.found.hit >= 0.5], minlength=grids)[:grids]
    confirmed = (hits >= 2) | (before.evidence[at] >= own.second_hour_evidence) | (p_before >= own.hold_at)
    raised = (p >= own.raise_at) | ((p >= own.hold_at) & (p_before >= own.raise_at))
    return {
        "grid_id": np.array(network.grid_ids, object),
        "city_code": np.array(network.grid_city, object),
        "hour": np.full(grids, hour.at),
        "stations": network.size[:grids],
        "spoke": hour.found.spoke,
        "background_ug_m3": hour.air,
        "background_sd_ug_m3": hour.air_sd,
        "station_id": _where_spoke(spoke, np.array(network.station_ids, object)[first]),
        "increment_ug_m3": increment,
        "increment_share": share,
        "second_increment_ug_m3": np.where(second >= 0, hour.level[second] - hour.air, np.nan),
        "hit_stations": hits,
        "pm25_ug_m3": np.maximum(hour.level[first] * hour.factor, 0.0),
        "official_factor": hour.factor,
        "officials": hour.officials,
        "city_spoke": city_spoke[city],
        "city_risen": city_risen[city],
        "coarse_ratio": hour.coarse,
        "rh_pct": hour.rh,
        "evidence": hour.found.ratio,
        "probability": p,
        "fault_probability": chance.fault[at],
        "is_raised": raised & spoke & confirmed,
    }


def _where_spoke(spoke: NDArray[np.bool_], names: NDArray[np.object_]) -> NDArray[np.object_]:
    told = names.copy()
    told[~spoke] = None
    return told


def _two_highest(hour: Hour) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The station with the highest level of each grid, and the second (-1: none)."""
    network, micro = hour.network, len(hour.found.hit)
    level = np.where(np.isnan(hour.level[:micro]), -np.inf, hour.level[:micro])
    order = np.lexsort((np.arange(micro), -level, network.node[:micro]))
    first = order[network.first[: network.grids]]
    has = network.size[: network.grids] > 1
    second = np.where(has, order[np.minimum(network.first[: network.grids] + 1, micro - 1)], -1)
    second = np.where((second >= 0) & np.isfinite(level[second]), second, -1)
    return first, second


def _station_rows(hour: Hour) -> dict[str, NDArray[np.generic]]:
    network, micro = hour.network, len(hour.found.hit)
    node = network.node[:micro]
    grid = np.array(network.grid_ids, object)
    return {
        "station_id": np.array(network.station_ids[:micro], object),
        "city_code": np.array(network.station_city[:micro], object),
        "grid_id": grid[node],
        "hour": np.full(micro, hour.at),
        "flag": np.array(FLAGS, object)[hour.flags[:micro]],
        "pm25_ug_m3": hour.level[:micro],
        "background_ug_m3": hour.air[node],
        "increment_ug_m3": hour.level[:micro] - hour.air[node],
        "sd_ug_m3": np.sqrt(hour.sd[:micro] ** 2 + hour.air_sd[node] ** 2),
        "hit": hour.found.hit,
    }
