"""What one hour says about each grid: the log-likelihood ratio of "at least one station stands in an exceedance".

Model of a station's y = ln(c/gain + offset), given the air b of its grid: without an exceedance, Student's t (4 degrees of
freedom) about b, or with a small chance a wild value anywhere; reached by one, above the edge (`least_excess_*`) with an
exponential height. The air is b ~ N(kriged mean, kriged sd²) and integrated out with seven nodes, so that a grid that rises
as a whole where its surroundings are not known speaks little, and one whose lowest stations stayed low speaks clearly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.watch.network import Network
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]
# Gauss–Hermite, seven nodes for the standard normal.
NODES = np.array(
    [
        -3.750439717725742,
        -2.366759410734541,
        -1.154405394739968,
        0.0,
        1.154405394739968,
        2.366759410734541,
        3.750439717725742,
    ]
)
WEIGHTS = np.array(
    [
        0.0005482688559722,
        0.0307571239675865,
        0.2401231786050127,
        0.4571428571428571,
        0.2401231786050127,
        0.0307571239675865,
        0.0005482688559722,
    ]
)

OWN = np.array([-1.0, 0.0, 1.0])


@dataclass(frozen=True)
class Evidence:
    """By grid: `ratio` (log), `air` (log level, given the grid's own stations), `air_sd`; by station: `hit` (chance)."""

    ratio: Floats
    air: Floats
    air_sd: Floats
    hit: Floats
    spoke: NDArray[np.int64]


def evidence(
    y: Floats,
    sd: Floats,
    wild: Floats,
    level: Floats,
    mean: Floats,
    mean_sd: Floats,
    factor: Floats,
    network: Network,
    rules: WatchRules,
) -> Evidence:
    """`y`, `sd`, `wild` by station (y NaN: silent); `level` (as of `node_levels`), `mean`, `mean_sd` by node (mean NaN: nothing known,
    no evidence)."""
    own, offset = rules.filter, rules.background.offset_ug_m3
    grids = network.grids
    stations = int(network.size[:grids].sum())
    node, y, sd, wild = network.node[:stations], y[:stations], sd[:stations, None], wild[:stations, None]
    first = network.first[:grids]
    air, weights = _air_nodes(level[:grids], mean[:grids], mean_sd[:grids], rules)
    speaks = ~np.isnan(y) & ~np.isnan(mean[node])
    around = np.exp(air)
    excess = (
        np.maximum(
            own.least_excess_ug_m3 / factor[:, None],
            own.least_excess_share * np.maximum(around - offset, 0.0),
        )
        * own.edge_share
    )
    edge = np.log(around + excess)
    z = (y[:, None] - air[node]) / sd
    quiet = _quiet(z, sd, wild, rules)
    above = y[:, None] - edge[node]
    rise = 1.0 / (1.0 + np.exp(np.clip(-1.702 * above / sd, -60.0, 60.0)))
    reached = rise * np.exp(-np.maximum(above, 0.0) / own.excess_scale) / own.excess_scale
    silent = np.flatnonzero(~speaks)
    spoke = np.bincount(node[speaks], minlength=grids)[:grids]
    # Stations that stand close share the small scale of the air: more than `most_stations` count as so many.
    part = np.minimum(1.0, own.most_stations / np.maximum(spoke, 1))[node][:, None]
    log_still = part * np.log(quiet)
    log_still[silent] = 0.0
    sum_still = _by_grid(log_still, first)
    some_nodes, top = np.zeros_like(sum_still), sum_still.max(axis=1, initial=-np.inf)[:, None]
    reach = np.zeros_like(quiet)
    for share in own.hit_shares:
        mixed = (1.0 - share) * quiet + share * reached
        mixed[silent] = 1.0
        none = ((1.0 - share) ** np.minimum(spoke, own.most_stations))[:, None]
        some = np.exp(_by_grid(part * np.log(mixed), first) - top) - none * np.exp(sum_still - top)
        some_nodes += weights * np.maximum(some, 0.0) / np.maximum(1.0 - none, 1e-9) / len(own.hit_shares)
        reach += share * reached / mixed / len(own.hit_shares)
    base_nodes = weights * np.exp(sum_still - top)
    base, some = base_nodes.sum(axis=1), some_nodes.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(some) - np.log(base)
    ratio = np.where(spoke > 0, np.clip(ratio, own.least_evidence, own.most_evidence), 0.0)
    after = base_nodes + some_nodes * 0.1
    after = after / np.maximum(after.sum(axis=1), 1e-300)[:, None]
    air_mean = (after * np.where(np.isnan(air), 0.0, air)).sum(axis=1)
    air_sd = np.sqrt((after * (np.where(np.isnan(air), 0.0, air) - air_mean[:, None]) ** 2).sum(axis=1))
    air_mean = np.where(np.isnan(mean[:grids]), np.nan, air_mean)
    reach[silent] = 0.0
    hit_chance = (after[node] * reach).sum(axis=1)
    return Evidence(ratio, air_mean, air_sd, hit_chance, spoke)


def _air_nodes(own: Floats, mean: Floats, sd: Floats, rules: WatchRules) -> tuple[Floats, Floats]:
    """Where the air of each grid is looked at, and how likely it is there: about the kriged mean, and (a front, a bank of haze
    that the neighbours do not have yet) about the grid's own lower stations."""
    rule = rules.background
    away = (np.where(np.isnan(own), mean, own) - mean)[:, None] + rule.front_step * OWN
    wide = np.maximum(rule.front_sd, 2.0 * sd)[:, None]
    chance = rule.front_share * rule.front_step * 0.3989 / wide * np.exp(-0.5 * (away / wide) ** 2)
    air = np.concatenate([mean[:, None] + sd[:, None] * NODES, mean[:, None] + away], axis=1)
    weights = np.concatenate([np.tile((1.0 - rule.front_share) * WEIGHTS, (len(own), 1)), chance], axis=1)
    return air, np.where(np.isnan(weights), 0.0, weights)


def _by_grid(values: Floats, first: NDArray[np.int64]) -> Floats:
    """Sums over the stations of each grid."""
    sums: Floats = np.add.reduceat(values, first, axis=0) if len(first) else np.zeros((0, values.shape[1]))
    return sums


@dataclass(frozen=True)
class Lone:
    """By grid: the station that stands highest above the air (`station`, -1: none), its `rise` (log), and what a fault of that
    station alone explains, against a quiet hour: `entry` where it may have begun now, `going_on` (`going_on`) where it stood so before."""

    station: NDArray[np.int64]
    rise: Floats
    entry: Floats
    quiet: Floats  # log density of the station's hour without anything
    sd: Floats


def lone(y: Floats, sd: Floats, wild: Floats, found: Evidence, network: Network, rules: WatchRules) -> Lone:
    """The station of each grid that a fault of one station would have to be at."""
    grids, micro = network.grids, len(found.hit)
    node = network.node[:micro]
    rise = y[:micro] - found.air[node]
    top = highest(np.where(np.isnan(rise), -np.inf, rise), node, network.first[:grids])
    z = rise[top] / sd[top]
    quiet = np.log(_quiet(z, sd[top], wild[top], rules))
    none = np.isnan(rise[top])
    entry = np.where(none, 0.0, np.log(rules.filter.wild_density) - quiet)
    return Lone(np.where(none, -1, top), rise[top], entry, quiet, sd[top])


def highest(values: Floats, node: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row with the highest value of each node, the first of several; -1 where none has a value (NaN). `first`: of each node's
    rows, which lie together."""
    found = np.full(len(first), -1, np.int64)
    if len(first):
        most = np.fmax.reduceat(values, first)
        top = np.flatnonzero(values == most[node])[::-1]
        found[node[top]] = top
    return found


def _quiet(z: Floats, sd: Floats, wild: Floats, rules: WatchRules) -> Floats:
    """Density of a station's hour without an exceedance, `z` deviations from the air."""
    u = 1.0 + z * z / 4.0
    found: Floats = (1.0 - wild) * 0.375 / sd / (u * u * np.sqrt(u)) + wild * rules.filter.wild_density
    return found


def going_on(change: Floats, rise: Floats, sd: Floats, own: Floats, rules: WatchRules) -> Floats:
    """What a fault of one station that goes on explains: its `rise` (log) above the air, changed by `change` since the hour before,
    with scatter `sd`, against the log density `own` of a quiet hour. A station that no longer stands `fault_shift` above the air is
    in no fault: that it changes little says nothing then."""
    z = change / (1.4 * sd)
    steady = np.log(0.98 * np.exp(-0.5 * z * z) * 0.3989 / (1.4 * sd) + 0.02 * rules.filter.wild_density)
    back = np.clip(1.702 * (rules.filter.fault_shift - rise) / sd, -60.0, 30.0)
    told: Floats = steady - own - np.log1p(np.exp(back))
    return told


def filtered(
    ratios: Sequence[Floats], entries: Sequence[Floats], goings: Sequence[Floats], rules: WatchRules
) -> tuple[Floats, Floats]:
    """Probabilities, in the last of the hours, of an exceedance and of a fault of one station: the forward pass of a chain of
    three states (quiet, exceedance, fault) that begins in its long-run state. By hour an array of grids (of any shape); `ratios`:
    evidence for an exceedance, `entries` and `goings`: for a fault that begins and that goes on."""
    own = rules.filter
    long_e = own.start_per_hour / (1.0 - own.stay)
    long_f = own.fault_per_hour / (1.0 - own.fault_stay)
    total = 1.0 + long_e + long_f
    n: Floats = np.full(ratios[0].shape, 1.0 / total)
    e: Floats = np.full(ratios[0].shape, long_e / total)
    f: Floats = np.full(ratios[0].shape, long_f / total)
    for k in range(len(ratios)):
        begun = n * own.fault_per_hour
        f = begun * np.exp(entries[k]) + f * own.fault_stay * np.exp(goings[k])
        e_ahead = n * own.start_per_hour + e * own.stay
        n = n * (1.0 - own.start_per_hour - own.fault_per_hour) + e * (1.0 - own.stay)
        e = e_ahead * np.exp(ratios[k])
        whole = n + e + f
        n, e, f = n / whole, e / whole, f / whole
    return e, f
