"""The daily fact a station (`station_day`): gain, spread, completeness, verdict; and the gain that hours are judged with.

A daily fact is a function of that natural day's readings (and the few hours before that flags look back), the network and
the rules. It is appended when its day is over and read only by later days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.background import grouped_median, weighted_median
from include.watch.gain_level import gain_level, medians, robust
from include.watch.network import Network, StationOrder, networks, station_order
from include.watch.readings import OK, RANGE, STUCK, epoch_hour, hours_of, read
from include.watch.rules import BackgroundRules, GainRules, WatchRules

Floats = NDArray[np.float64]
COLUMNS: Final = [
    "station_id",
    "date",
    "unit_code",
    "grid_id",
    "hours",
    "completeness",
    "pm25_ug_m3",
    "log_ratio",
    "spread",
    "damp_mean",
    "damp_xx",
    "damp_xy",
    "low_hours",
    "spikes",
    "stuck_hours",
    "range_hours",
    "dead_hours",
    "verdict",
    "edition",
]


# What the hours of a day are judged with, by station.
GAIN_COLUMNS: Final = [
    "station_id",
    "date",
    "gain",
    "gain_sd",
    "spread",
    "wild",
    "low",
    "damp_slope",
    "damp_slope_sd",
    "damp_mean",
    "days",
    "has_jumped",
]

# Verdicts of a station and day, the worst first; `ok` otherwise.
VERDICTS: Final = ("stuck", "dead", "missing", "range", "spiky", "few", "ok")


@dataclass(frozen=True)
class Gains:
    """By station of a network: log gain, its standard deviation, scatter of an hour, share of wild hours and of hours that
    stand low; how much more (or less) than the others it swells in damp air (per log unit of the common swelling, its standard deviation, and the swelling at which
    the gain was learnt); daily facts read, whether it has jumped of late."""

    gain: Floats
    gain_sd: Floats
    spread: Floats
    wild: Floats
    low: Floats
    damp_slope: Floats
    damp_slope_sd: Floats
    damp_mean: Floats
    days: NDArray[np.int64]
    jumped: NDArray[np.bool_]


def day_bounds(day: date, zone: str) -> tuple[int, int]:
    """First hour of a natural day, and of the next, since the epoch."""
    begin = pd.Timestamp(day).tz_localize(zone)
    return epoch_hour(begin), epoch_hour(pd.Timestamp(day + timedelta(days=1)).tz_localize(zone))


def station_days(
    stations: pd.DataFrame | StationOrder, hours: pd.DataFrame, first: date, last: date, rules: WatchRules
) -> pd.DataFrame:
    """One row a station and natural day of [first, last] on which the station is valid: columns `COLUMNS`.

    `hours` must hold the readings from `rules.quality.memory_hours` before `first` to the end of `last`. `log_ratio` is the
    median over the day's usable hours of ln(c + offset) less the surroundings' (raw readings, other grids), `spread` the
    robust standard deviation of the same; both null where fewer than three hours could be compared. `damp_mean`: mean log
    swelling of the hours compared; `damp_xx`, `damp_xy`: sums over them of its square about that mean, and of its product with
    the log-ratio: what a station's own swelling is learnt from. `low_hours`: hours that stand `quality.low_log_ratio` below the day's own
    median.
    """
    order = station_order(stations)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = networks(order, days, rules.background)
    at = hours_of(hours["hour"])
    frames = [_day(order.table, found[day], hours, at, day, rules) for day in days if found[day].station_ids]
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(frames, ignore_index=True)


def _day(
    table: pd.DataFrame,
    network: Network,
    hours: pd.DataFrame,
    at: NDArray[np.int64],
    day: date,
    rules: WatchRules,
) -> pd.DataFrame:
    begin, end = day_bounds(day, rules.zone)
    needed = hours[(at >= begin - rules.quality.memory_hours) & (at < end)]
    readings = read(needed, table["station_id"], begin, end, rules.quality)
    flags = readings.flags[:, network.row]
    y = np.log(np.where(flags == OK, readings.pm25[:, network.row], np.nan) + rules.background.offset_ug_m3)
    delta = np.array([hour - _raw_surroundings(hour, network) for hour in y])
    dead = delta < np.log(rules.quality.dead_share)
    delta[dead] = np.nan
    used = (~np.isnan(delta)).sum(axis=0)
    middle, spread = robust(delta)
    damp_mean, damp_xx, damp_xy = _damp_sums(delta - middle, readings.rh[:, network.row], rules.background)
    lone = _lone_hours(delta - middle, rules.quality.spike_log_ratio)
    enough = used >= 3
    frame = pd.DataFrame(
        {
            "station_id": network.station_ids,
            "date": day,
            "unit_code": network.station_city,
            "grid_id": [network.grid_ids[n] if n < network.grids else "" for n in network.node],
            "hours": used,
            "completeness": used / len(y),
            "pm25_ug_m3": _means(np.where(np.isnan(delta), np.nan, readings.pm25[:, network.row])),
            "log_ratio": np.where(enough, middle, np.nan),
            "spread": np.where(enough, spread, np.nan),
            "damp_mean": np.where(enough, damp_mean, np.nan),
            "damp_xx": np.where(enough, damp_xx, np.nan),
            "damp_xy": np.where(enough, damp_xy, np.nan),
            "low_hours": (delta - middle < -rules.quality.low_log_ratio).sum(axis=0),
            "spikes": lone.sum(axis=0),
            "stuck_hours": (flags == STUCK).sum(axis=0),
            "range_hours": (flags == RANGE).sum(axis=0),
            "dead_hours": dead.sum(axis=0),
        }
    )
    frame["verdict"] = _verdicts(frame, rules)
    frame["edition"] = rules.edition
    return frame


def log_swelling(rh: Floats, rules: BackgroundRules) -> Floats:
    """The common swelling of optical counters in damp air (log); NaN where humidity is not known."""
    known = np.minimum(rh, rules.damp_most_pct)
    swelling: Floats = np.log1p(rules.damp_growth * known / (100.0 - known))
    return swelling


def _damp_sums(delta: Floats, rh: Floats, rules: BackgroundRules) -> tuple[Floats, Floats, Floats]:
    """Mean, sum of squares and of products with `delta` (log-ratio less its median) of the log swelling, by station. Hours far from
    the median (smoke, faults) are left out."""
    x = log_swelling(rh, rules)
    with np.errstate(invalid="ignore"):
        used = np.abs(delta) <= rules.damp_most_log
    used &= ~np.isnan(x)
    count = np.maximum(used.sum(axis=0), 1)
    x = np.where(used, x, 0.0)
    y = np.where(used, delta, 0.0)
    mean = x.sum(axis=0) / count
    away = np.where(used, x - mean, 0.0)
    return mean, (away * away).sum(axis=0), (away * y).sum(axis=0)


def _verdicts(frame: pd.DataFrame, rules: WatchRules) -> NDArray[np.object_]:
    worst = [
        (frame["stuck_hours"] >= 6, "stuck"),
        (frame["dead_hours"] >= 6, "dead"),
        (frame["hours"] == 0, "missing"),
        (frame["range_hours"] >= 3, "range"),
        (frame["spikes"] >= 2, "spiky"),
        (frame["hours"] < rules.gain.least_hours, "few"),
    ]
    return np.asarray(np.select([when for when, _ in worst], [word for _, word in worst], "ok"), object)


def _raw_surroundings(y: Floats, network: Network) -> Floats:
    """The weighted median of the neighbouring nodes' medians, at each station."""
    levels = grouped_median(y, network.node, len(network.size))[0]
    values = levels[network.near]
    weight = np.where(np.isnan(values), 0.0, network.nearness)
    around = weighted_median(values, weight)
    return np.where((weight > 0).sum(axis=1) >= 2, around, np.nan)[network.node]


def _means(values: Floats) -> Floats:
    """Mean by columns over what is there; NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis=0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def _lone_hours(delta: Floats, height: float) -> NDArray[np.bool_]:
    """Hours that stand out by `height` on both sides, up or down: single wild values, known once the next hour is there."""
    lone = np.zeros(delta.shape, bool)
    with np.errstate(invalid="ignore"):
        before, here, after = delta[:-2], delta[1:-1], delta[2:]
        lone[1:-1] = (np.minimum(here - before, here - after) > height) | (
            np.maximum(here - before, here - after) < -height
        )
    return lone


def station_gains(
    stations: pd.DataFrame | StationOrder, days: pd.DataFrame, first: date, last: date, rules: WatchRules
) -> pd.DataFrame:
    """One row a station in service and natural day of [first, last] (columns `GAIN_COLUMNS`): what its hours are judged with.

    `days` must hold the daily facts of the `rules.gain.days` days before `first` and up to the day before `last`.
    """
    wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = networks(station_order(stations), wanted, rules.background)
    frames = [
        _gain_rows(found[day], day, gains(days, found[day], day, rules))
        for day in wanted
        if found[day].station_ids
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=GAIN_COLUMNS)


def _gain_rows(network: Network, day: date, known: Gains) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "station_id": network.station_ids,
            "date": day,
            "gain": known.gain,
            "gain_sd": known.gain_sd,
            "spread": known.spread,
            "wild": known.wild,
            "low": known.low,
            "damp_slope": known.damp_slope,
            "damp_slope_sd": known.damp_slope_sd,
            "damp_mean": known.damp_mean,
            "days": known.days,
            "has_jumped": known.jumped,
        }
    )


def gains_of_network(rows: pd.DataFrame, network: Network) -> Gains:
    """The rows of one day (as of `station_gains`) in the order of its network. Raises KeyError where a station has none."""
    place = pd.Index(rows["station_id"]).get_indexer(pd.Index(network.station_ids))
    if (place < 0).any():
        raise KeyError(network.station_ids[int(np.argmin(place))])
    numbers = {name: rows[name].to_numpy(float)[place] for name in GAIN_COLUMNS[2:-2]}
    days, jumped = rows["days"].to_numpy(np.int64)[place], rows["has_jumped"].to_numpy(bool)[place]
    return Gains(**numbers, days=days, jumped=jumped)


def gains(days: pd.DataFrame, network: Network, day: date, rules: WatchRules) -> Gains:
    """The gains with which the hours of `day` are judged: from the daily facts of the `rules.gain.days` days before it."""
    own, about = rules.gain, rules.filter
    ratio, spread, counts, damp = _history(days, network, day, own)
    hours, spikes, low_hours = counts.sum(axis=2)
    count = (~np.isnan(ratio)).sum(axis=1)
    level, jumped, same = gain_level(ratio, spread, own)
    shrunk = own.prior_sd**2 / (own.prior_sd**2 + own.day_sd**2 / np.maximum(same, 1))
    ratio_now = np.where(count > 0, level * shrunk, 0.0)
    gain_sd = np.where(count > 0, own.day_sd / np.sqrt(np.maximum(same, 1)), own.prior_sd)
    middle_spread = medians(spread.T) if len(spread) else np.zeros(0)
    hour_sd = np.where(np.isnan(middle_spread), about.station_sd * 1.5, middle_spread)
    wild = about.wild_share + spikes / np.maximum(24.0 * np.maximum(count, 1), 24.0)
    trusted = rules.confidence
    low = (low_hours + trusted.low_share * trusted.low_hours) / (hours + trusted.low_hours)
    true_gain = _true_gain(ratio_now, network, rules.background, own.rounds)
    return Gains(true_gain, gain_sd, hour_sd, wild, low, *_damp(damp, rules.background), count, jumped)


def _damp(damp: Floats, rules: BackgroundRules) -> tuple[Floats, Floats, Floats]:
    """Slope, its standard deviation and the mean swelling from (damp_mean, damp_xx, damp_xy) by stations and days: the slope is
    shrunk towards the others' by how much its days tell."""
    mean, xx, xy = np.nansum(damp, axis=2)
    days = np.maximum((~np.isnan(damp[0])).sum(axis=1), 1)
    ridge = (rules.damp_noise / rules.damp_slope_sd) ** 2
    return xy / (xx + ridge), rules.damp_noise / np.sqrt(xx + ridge), mean / days


def _history(
    days: pd.DataFrame, network: Network, day: date, rules: GainRules
) -> tuple[Floats, Floats, Floats, Floats]:
    """(stations, days) log-ratios and spreads, the latest day last; (3, stations, days) of `hours`, `spikes`, `low_hours`, and of
    `damp_mean`, `damp_xx`, `damp_xy`."""
    shape = (len(network.station_ids), rules.days)
    ratio, spread = np.full(shape, np.nan), np.full(shape, np.nan)
    counts, damp = np.zeros((3, *shape)), np.full((3, *shape), np.nan)
    if not len(days) or not shape[0]:
        return ratio, spread, counts, damp
    place = pd.Index(network.station_ids).get_indexer(pd.Index(days["station_id"]))
    each, dates = pd.factorize(days["date"])
    column = np.array([value.toordinal() for value in dates], np.int64)[each]
    column = column - (day.toordinal() - rules.days)
    usable = (place >= 0) & (column >= 0) & (column < rules.days)
    usable &= (days["hours"].to_numpy() >= rules.least_hours) & days["log_ratio"].notna().to_numpy()
    at = (place[usable], column[usable])
    ratio[at] = days["log_ratio"].to_numpy(float)[usable]
    spread[at] = days["spread"].to_numpy(float)[usable]
    for k, name in enumerate(("hours", "spikes", "low_hours")):
        counts[k][at] = days[name].to_numpy(float)[usable]
    for k, name in enumerate(("damp_mean", "damp_xx", "damp_xy")):
        damp[k][at] = days[name].to_numpy(float)[usable]
    return ratio, spread, counts, damp


def _true_gain(ratio: Floats, network: Network, rules: BackgroundRules, rounds: int) -> Floats:
    """Takes the neighbours' own gains out of the log-ratios (Jacobi, a few rounds)."""
    gain = ratio.copy()
    weight = network.nearness
    for _ in range(rounds):
        means = np.add.reduceat(gain, network.first) / network.size if len(gain) else gain
        around = (weight * means[network.near]).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12)
        gain = ratio + around[network.node]
    return gain
