"""The level of the surroundings at each node: the neighbours' weighted median plus simple kriging of their residuals.

Everything is in log units: y = ln(c + offset). The node itself is left out. A node that stands above its neighbours
(it may have an exceedance of its own) counts less, one that is silent counts nothing. The spatial spread of the hour is
estimated from the neighbours themselves, so that fronts and dust widen the variance. No BLAS: elementwise sums in a fixed
order give the same bits for any number of nodes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.watch.network import Network
from include.watch.rules import BackgroundRules

Floats = NDArray[np.float64]
SILENT_VARIANCE = 1e4
# Mean of the lower half (ceil(n/2)) of n standard normal values.
LOWER_HALF = np.array(
    [0.0, 0.0, -0.564, -0.423, -0.663, -0.553, -0.704, -0.622, -0.725, -0.661, -0.738, -0.684, -0.746]
)


def node_levels(y: Floats, network: Network, rules: BackgroundRules) -> tuple[Floats, Floats]:
    """Level and variance of each node from its stations' `y` (NaN: silent): the mean of the lower half, which an
    exceedance reaches last, put right for the half that is left out. Silent nodes have NaN."""
    count = len(network.size)
    order = by_group(y, network.node)
    speak = np.bincount(network.node[~np.isnan(y)], minlength=count)
    half = (speak + 1) // 2
    rank = np.arange(len(y)) - network.first[network.node[order]]
    taken = rank < half[network.node[order]]
    sums = np.bincount(network.node[order][taken], weights=y[order][taken], minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = sums / half - LOWER_HALF[np.minimum(speak, len(LOWER_HALF) - 1)] * rules.node_sd
        variance = rules.node_sd**2 * (0.5 + 0.5 / half)
    level[speak == 0], variance[speak == 0] = np.nan, SILENT_VARIANCE
    return level, variance


@dataclass(frozen=True)
class Kriged:
    """By node, in log units: mean = middle + the sum of share x residual over its neighbours (`network.near`); NaN where none
    speaks."""

    mean: Floats
    sd: Floats
    middle: Floats
    share: Floats
    residual: Floats


def surroundings(
    level: Floats, variance: Floats, network: Network, rules: BackgroundRules
) -> tuple[Floats, Floats]:
    """Mean and standard deviation (log units) of the air at each node, from the levels of its neighbours alone."""
    found = kriged(level, variance, network, rules)
    return found.mean, found.sd


def kriged(level: Floats, variance: Floats, network: Network, rules: BackgroundRules) -> Kriged:
    """The same with the terms that it is made of."""
    near, km = network.near, network.near_km
    values = level[near]
    speaks = ~np.isnan(values) & (km < rules.within_km + 1)
    weight = np.where(speaks, network.nearness, 0.0)
    middle = weighted_median(values, weight)
    spread = 1.4826 * weighted_median(np.abs(values - middle[:, None]), weight)
    sill = np.clip(spread, rules.least_sd, rules.most_sd) ** 2
    residual = np.where(speaks, values - middle[:, None], 0.0)
    above = np.maximum(residual - 2.0 * np.sqrt(sill)[:, None], 0.0)
    noise = np.where(speaks, variance[near] + above * above, SILENT_VARIANCE)
    matrix = sill[:, None, None] * network.alike_between
    index = np.arange(near.shape[1])
    matrix[:, index, index] = sill[:, None] + noise
    beside = sill[:, None] * network.alike
    share = solve(matrix, beside)
    mean = middle + (share * residual).sum(axis=1)
    left = sill - (share * beside).sum(axis=1)
    effective = np.maximum(speaks.sum(axis=1), 1)
    unsure = sill / effective  # of the median itself
    sd = np.sqrt(np.maximum(left, 0.0) + unsure + rules.nugget_sd**2)
    silent = ~speaks.any(axis=1)
    mean[silent], sd[silent] = np.nan, rules.absent_sd
    few = speaks.sum(axis=1) < 3
    sd = np.where(few, np.maximum(sd, rules.absent_sd / 2), sd)
    return Kriged(mean, sd, middle, share, np.where(speaks, residual, np.nan))


def weighted_median(values: Floats, weight: Floats) -> Floats:
    """By rows; entries of weight 0 do not count; NaN where none does."""
    order = np.argsort(np.where(weight > 0, values, np.inf), axis=1, kind="stable")
    sorted_weight = np.take_along_axis(weight, order, 1)
    sums = np.cumsum(sorted_weight, axis=1)
    total = sums[:, -1]
    at = (sums < 0.5 * total[:, None]).sum(axis=1)
    found = np.take_along_axis(
        np.take_along_axis(values, order, 1), np.minimum(at, values.shape[1] - 1)[:, None], 1
    )[:, 0]
    return np.where(total > 0, found, np.nan)


def grouped_median(values: Floats, group: NDArray[np.int64], groups: int) -> tuple[Floats, NDArray[np.int64]]:
    """The median of each group over its values that are there (NaN where none is), and their number."""
    there = ~np.isnan(values)
    count = np.bincount(group[there], minlength=groups)
    if not there.any():
        return np.full(groups, np.nan), count
    told = values[there]
    ranked = told[by_group(told, group[there])]
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    low = np.minimum(first + np.maximum(count - 1, 0) // 2, len(ranked) - 1)
    high = np.minimum(first + count // 2, len(ranked) - 1)
    return np.where(count > 0, (ranked[low] + ranked[high]) / 2, np.nan), count


def by_group(values: Floats, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order of the values, from the lowest on (NaN last), group by group; equal ones in any order."""
    order = np.argsort(values)
    is_small = group.max(initial=0) < 1 << 16  # short numbers are sorted by their digits
    own = group[order].astype(np.uint16) if is_small else group[order]
    return order[np.argsort(own, kind="stable")]


def solve(matrix: Floats, right: Floats) -> Floats:
    """Solutions of n small positive definite systems at once: Gauss without pivoting, elementwise, the systems side by side."""
    a, b = np.moveaxis(matrix, 0, -1).copy(), right.T.copy()
    size = len(b)
    for k in range(size - 1):
        factor = a[k + 1 :, k] / a[k, k]
        a[k + 1 :, k + 1 :] -= factor[:, None] * a[k, k + 1 :]
        b[k + 1 :] -= factor * b[k]
    for k in range(size - 1, -1, -1):
        b[k] /= a[k, k]
        b[:k] -= a[:k, k] * b[k]
    return np.ascontiguousarray(b.T)
