"""What one hour says about each grid: the log-likelihood ratio of "at least one station stands in an exceedance".

Model of a station's y = ln(c/gain + offset), given the air b of its grid: without an exceedance, Student's t (4 degrees of
freedom) about b, or with a small chance a wild value anywhere; reached by one, above the edge (`least_excess_*`) with an
exponential height. The air is b ~ N(kriged mean, kriged sd²) and integrated out with seven nodes, so that a grid that rises
as a whole where its surroundings are not known speaks little, and one whose lowest stations stayed low speaks clearly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.watch.network import Network
from include.watch.rules import WatchRules

Floats = NDArray[np.float64]
# Gauss–Hermite, seven nodes for the standard normal.
NODES = np.array([-3.750439717725742, -2.366759410734541, -1.154405394739968, 0.0, 1.154405394739968, 2.366759410734541, 3.750439717725742])  # fmt: skip
WEIGHTS = np.array([0.0005482688559722, 0.0307571239675865, 0.2401231786050127, 0.4571428571428571, 0.2401231786050127, 0.0307571239675865, 0.0005482688559722])  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """By grid: `ratio` (log), `air` (log level, given the grid's own stations), `air_sd`; by station: `hit` (chance)."""

    ratio: Floats
    air: Floats
    air_sd: Floats
    hit: Floats
    spoke: NDArray[np.int64]


def evidence(
    y: Floats, sd: Floats, wild: Floats, mean: Floats, mean_sd: Floats, network: Network, rules: WatchRules
) -> Evidence:
    """`y`, `sd`, `wild` by station (y NaN: silent), `mean`, `mean_sd` by node (mean NaN: nothing known, no evidence)."""
    own, offset = rules.filter, rules.background.offset_ug_m3
    grids = network.grids
    stations = int(network.size[:grids].sum())
    node, y, sd, wild = network.node[:stations], y[:stations], sd[:stations, None], wild[:stations, None]
    first = network.first[:grids]
    air = mean[:grids, None] + mean_sd[:grids, None] * NODES
    speaks = ~np.isnan(y) & ~np.isnan(mean[node])
    level = np.exp(air)
    excess = (
        np.maximum(own.least_excess_ug_m3, own.least_excess_share * np.maximum(level - offset, 0.0))
        * own.edge_share
    )
    edge = np.log(level + excess)
    z = (y[:, None] - air[node]) / sd
    quiet = (1.0 - wild) * 0.375 / sd / (1.0 + z * z / 4.0) ** 2.5 + wild * own.wild_density
    above = y[:, None] - edge[node]
    rise = 1.0 / (1.0 + np.exp(np.clip(-1.702 * above / sd, -60.0, 60.0)))
    reached = rise * np.exp(-np.maximum(above, 0.0) / own.excess_scale) / own.excess_scale
    share = own.hit_share
    silent = ~speaks[:, None]
    log_quiet = np.where(silent, 0.0, np.log(quiet))
    mixed = np.where(silent, 1.0, (1.0 - share) * quiet + share * reached)
    sum_quiet = np.add.reduceat(log_quiet, first, axis=0) if grids else np.zeros((0, len(NODES)))
    sum_mixed = np.add.reduceat(np.log(mixed), first, axis=0) if grids else np.zeros((0, len(NODES)))
    spoke = np.bincount(node[speaks], minlength=grids)[:grids]
    none = (1.0 - share) ** spoke
    top = np.maximum(sum_quiet, sum_mixed).max(axis=1, initial=-np.inf)[:, None]
    base_nodes = WEIGHTS * np.exp(sum_quiet - top)
    some_nodes = WEIGHTS * np.maximum(np.exp(sum_mixed - top) - none[:, None] * np.exp(sum_quiet - top), 0.0)
    base, some = base_nodes.sum(axis=1), some_nodes.sum(axis=1) / np.maximum(1.0 - none, 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(some) - np.log(base)
    ratio = np.where(spoke > 0, np.clip(ratio, own.least_evidence, own.most_evidence), 0.0)
    after = base_nodes + some_nodes * 0.1
    after = after / np.maximum(after.sum(axis=1), 1e-300)[:, None]
    air_mean = (after * np.where(np.isnan(air), 0.0, air)).sum(axis=1)
    air_sd = np.sqrt((after * (np.where(np.isnan(air), 0.0, air) - air_mean[:, None]) ** 2).sum(axis=1))
    air_mean = np.where(np.isnan(mean[:grids]), np.nan, air_mean)
    hit = np.where(silent, 0.0, share * reached / mixed)
    hit_chance = (after[node] * hit).sum(axis=1)
    return Evidence(ratio, air_mean, air_sd, hit_chance, spoke)


def filtered(ratios: Floats, rules: WatchRules) -> Floats:
    """The probability of an exceedance in the last of the hours (rows; columns grids), from their evidence: the forward pass
    of a two-state chain that begins in its long-run state."""
    own = rules.filter
    chance = np.full(ratios.shape[1], own.start_per_hour / (own.start_per_hour + 1.0 - own.stay))
    for k, ratio in enumerate(ratios):
        ahead = chance if k == 0 else chance * own.stay + (1.0 - chance) * own.start_per_hour
        odds = ahead / (1.0 - ahead) * np.exp(ratio)
        chance = odds / (1.0 + odds)
    return chance
