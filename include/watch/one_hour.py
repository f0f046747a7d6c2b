"""One hour: flags, corrected levels, surroundings, evidence. A function of the hour's readings, the network and the gains."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from include.watch.background import grouped_median, node_levels, surroundings, weighted_median
from include.watch.days import Gains
from include.watch.evidence import Evidence, Lone, evidence, lone
from include.watch.network import Network
from include.watch.readings import DEAD, OK, SPIKE, Readings
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hour:
    """What one hour gave; arrays in the order of its network."""

    at: int
    network: Network
    flags: NDArray[np.int8]
    swelling: Floats  # by station: what the reading is divided by for damp air
    gain: Floats  # log, by station, with its own swelling
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
    low_share: float  # of the stations' hours in the two weeks before, that stood low


def judge_hour(readings: Readings, k: int, network: Network, known: Gains, rules: WatchRules) -> Hour:
    rows, offset = network.row, rules.background.offset_ug_m3
    flags, y, swelling, gain = _corrected(readings, k, network, known, rules)
    level, variance = node_levels(y, network, rules.background)
    mean, mean_sd = surroundings(level, variance, network, rules.background)
    sd = _scatter(y, swelling, readings.samples[k, rows], known, rules)
    factor, officials = _official_factor(y, readings.pm25[k, rows], network, flags, offset)
    trusted = np.clip(np.exp(0.6 * np.log(factor)), 0.5, 1.15)
    found = evidence(y, sd, known.wild, level, mean, mean_sd, trusted, network, rules)
    found = replace(found, ratio=_less_wide(found, network, rules))
    micro, air = len(found.hit), np.exp(found.air)
    rise = y[:micro] - found.air[network.node[:micro]]
    flags[:micro][(rise > rules.quality.spike_log_ratio) & (found.hit < 0.5)] = SPIKE
    by_row = np.full(readings.pm25.shape[1], np.nan)
    by_row[rows[:micro]] = rise
    coarse = _city_median(readings.pm10[k, rows] / np.maximum(readings.pm25[k, rows], 1.0), network)
    rh = _city_median(readings.rh[k, rows], network)
    return Hour(
        readings.start + k,
        network,
        flags,
        swelling,
        gain,
        np.exp(y) - offset,
        air - offset,
        air * found.air_sd,
        np.exp(np.where(np.isnan(y), 0.0, y)) * sd,
        found,
        lone(y, sd, known.wild, found, network, rules),
        by_row,
        factor,
        officials,
        coarse,
        rh,
        float(known.low[:micro].mean()) if micro else rules.confidence.low_share,
    )


def _corrected(
    readings: Readings, k: int, network: Network, known: Gains, rules: WatchRules
) -> tuple[NDArray[np.int8], Floats, Floats, Floats]:
    """Flags, y = ln(c / swelling + offset) - gain (NaN where not used), the common swelling in damp air, and the gain with the
    station's own swelling, by station."""
    rows, air = network.row, rules.background
    flags = readings.flags[k, rows].copy()
    rh = np.minimum(_smooth_rh(readings.rh[k, rows], network), air.damp_most_pct)
    swelling = np.where(np.isnan(rh), 1.0, 1.0 + air.damp_growth * rh / (100.0 - rh))[network.node]
    swelling[network.node >= network.grids] = 1.0
    pm25 = np.where(flags == OK, readings.pm25[k, rows], np.nan)
    own = known.damp_slope * (np.log(swelling) - known.damp_mean)
    own[network.node >= network.grids] = 0.0  # reference instruments are dried
    gain = known.gain + own
    y = np.log(pm25 / swelling + air.offset_ug_m3) - gain
    low = (y - _rough(y, network)[network.node]) < np.log(rules.quality.dead_share)
    flags[low] = DEAD
    return flags, np.where(flags == OK, y, np.nan), swelling, gain


def node_air(
    readings: Readings, k: int, network: Network, known: Gains, rules: WatchRules
) -> tuple[Floats, Floats]:
    """Level and variance (log) of each node in one hour, as its neighbours hear them."""
    y = _corrected(readings, k, network, known, rules)[1]
    return node_levels(y, network, rules.background)


def _smooth_rh(rh: Floats, network: Network) -> Floats:
    """Relative humidity at each node: the mean of its and its neighbours' means (one instrument is off by a few percent)."""
    speak = np.bincount(network.node[~np.isnan(rh)], minlength=len(network.size))
    sums = np.bincount(network.node, weights=np.where(np.isnan(rh), 0.0, rh), minlength=len(network.size))
    weight = np.where(network.near_km > 1e5, 0.0, 3.0 / (network.near_km + 3.0)) * speak[network.near]
    means = sums / np.maximum(speak, 1)
    total = speak + weight.sum(axis=1)
    smooth = (means * speak + (weight * means[network.near]).sum(axis=1)) / np.maximum(total, 1e-9)
    return np.where(total > 0, smooth, np.nan)


def _less_wide(found: Evidence, network: Network, rules: WatchRules) -> Floats:
    """Evidence less what speaks for many grids at once: fronts, fireworks, dust. Asked are the nearest grids (not those within
    6 km: one plume reaches both) and the other grids of the city; the clearer answer counts."""
    grids, own, ratio, city = network.grids, rules.filter, found.ratio, network.city_of_grid
    rising, spoke = ratio > 0.5, found.spoke > 0
    near, km = network.near[:grids], network.near_km[:grids]
    other = np.minimum(near, max(grids - 1, 0))
    counts = (near < grids) & (km > 6.0) & (km < 1e5) & spoke[other]
    around = (counts & rising[other]).sum(axis=1) / np.maximum(counts.sum(axis=1), 4)
    in_city = np.bincount(city[rising], minlength=network.cities)[city] - rising
    asked = np.bincount(city[spoke], minlength=network.cities)[city] - spoke
    share = in_city / np.maximum(asked, 8)
    near_by = own.wide_evidence * np.maximum(around - own.wide_share, 0.0)
    wide = own.city_evidence * np.maximum(share - own.city_share, 0.0)
    return np.asarray(ratio - np.maximum(near_by, wide))


def _rough(y: Floats, network: Network) -> Floats:
    """The weighted median of the neighbouring nodes' levels, at each node."""
    sums = np.bincount(network.node, weights=np.where(np.isnan(y), 0.0, y), minlength=len(network.size))
    speak = np.bincount(network.node[~np.isnan(y)], minlength=len(network.size))
    means = np.where(speak > 0, sums / np.maximum(speak, 1), np.nan)
    values = means[network.near]
    weight = np.where(np.isnan(values), 0.0, network.nearness)
    return weighted_median(values, weight)


def _scatter(
    y: Floats, swelling: Floats, samples: NDArray[np.int16], known: Gains, rules: WatchRules
) -> Floats:
    """Standard deviation (log) of a station's hour about its grid's air."""
    own = rules.filter
    base = np.clip(own.spread_share * known.spread, own.station_sd, 0.3)
    few = 1.0 + 0.3 * (12.0 / np.maximum(samples, 1) - 1.0)
    absolute = own.absolute_ug_m3 / np.exp(np.where(np.isnan(y), 3.0, y))
    damp = rules.background.damp_scatter * (swelling - 1.0) / swelling
    own_damp = known.damp_slope_sd * np.maximum(np.log(swelling) - known.damp_mean, 0.0)
    sd: Floats = np.sqrt(
        base * base * few + known.gain_sd**2 + absolute * absolute + damp * damp + own_damp * own_damp
    )
    return sd


def _city_median(values: Floats, network: Network) -> Floats:
    """The median over the micro-stations of each grid's city, by grid."""
    micro = int(network.size[: network.grids].sum())
    return grouped_median(values[:micro], network.city[:micro], network.cities)[0][network.city_of_grid]


def _official_factor(
    y: Floats, pm25: Floats, network: Network, flags: NDArray[np.int8], offset: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Median of the official readings of the grid's city over the median of its corrected micro-stations, within 0.4 … 2.0;
    1 where none speaks. And the number of official stations that spoke."""
    micro = int(network.size[: network.grids].sum())
    used = np.where(flags[micro:] == OK, pm25[micro:], np.nan)
    told, officials = grouped_median(used, network.city[micro:], network.cities)
    own = grouped_median(y[:micro], network.city[:micro], network.cities)[0]
    factor = np.clip(told / np.maximum(np.exp(own) - offset, 1.0), 0.4, 2.0)
    return np.where(np.isnan(factor), 1.0, factor)[network.city_of_grid], officials[network.city_of_grid]
