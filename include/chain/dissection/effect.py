"""What the measures of a case changed: before and after, with how uncertain that is; pure.

A grid comes to a case because it alarmed often, so fewer alarms afterwards are in part chance (regression to the mean): what is
said of the effect says so beside it, and compares with the office's other grids over the same days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

LEVEL: Final = 0.95
_TAIL: Final = (1 - LEVEL) / 2
_Z: Final = 1.959963984540054  # the normal quantile of 1 - _TAIL
_HALVINGS: Final = 80
_FEWEST_DAYS: Final = 7
_LARGEST: Final = 1e9


@dataclass(frozen=True)
class Ratio:
    """A ratio after / before with its interval; `value` and `high` are None where nothing bounds them (nothing before)."""

    value: float | None
    low: float
    high: float | None

    @property
    def verdict(self) -> str:
        """`fell` or `rose` where the interval leaves 1 out, else `unclear`."""
        if self.high is not None and self.high < 1:
            return "fell"
        return "rose" if self.low > 1 else "unclear"


@dataclass(frozen=True)
class Difference:
    """A difference after − before in μg/m³ with its interval; `before_days`, `after_days`: days that are in it."""

    value_ug_m3: float
    low_ug_m3: float
    high_ug_m3: float
    before_days: int
    after_days: int

    @property
    def verdict(self) -> str:
        """`fell` or `rose` where the interval leaves 0 out, else `unclear`."""
        if self.high_ug_m3 < 0:
            return "fell"
        return "rose" if self.low_ug_m3 > 0 else "unclear"


def rate_ratio(before: int, before_days: float, after: int, after_days: float) -> Ratio | None:
    """Alarms a day after over before, with its exact 95 % interval; None without an alarm or a day on either side.

    Two Poisson counts a (after, in T_a days) and b (before, in T_b): given n = a + b, a is binomial with p = R·T_a / (R·T_a + T_b)
    (Przyborowski and Wilenski 1940, Biometrika 31, 313). The Clopper-Pearson limits of p (1934, Biometrika 26, 404) give those of
    R = p / (1 − p) · T_b / T_a.
    """
    if before_days <= 0 or after_days <= 0 or before + after == 0:
        return None
    exposure = before_days / after_days
    return _ratio(after, before, exposure, _limits(after, _binomial_log_weights(before + after), 0), exposure)


def adjusted_ratio(before: int, after: int, others_before: int, others_after: int) -> Ratio | None:
    """The same against the office's other grids, so that weather and season fall out: (after / before) ÷ (others_after /
    others_before), with its exact conditional 95 % interval; None where a side has no alarm at all.

    Given all four sums, `after` has Fisher's noncentral hypergeometric distribution with this odds ratio (Cornfield 1956, Proc.
    Third Berkeley Symp. 4, 135): the limits are those odds at which a tail is 2.5 %. `value` is the plain cross ratio.
    """
    own, others = before + after, others_before + others_after
    if own == 0 or others_before == 0 or others_after == 0:
        return None
    came_after = after + others_after
    least = max(0, came_after - others)
    weights = [
        _log_choose(own, k) + _log_choose(others, came_after - k)
        for k in range(least, min(own, came_after) + 1)
    ]
    return _ratio(after, before, others_before / others_after, _limits(after, weights, least), 1.0)


def mean_difference(before: Sequence[float], after: Sequence[float]) -> Difference | None:
    """The mean of daily values after minus before, with a 95 % interval; None with less than 7 days or hardly any independent ones.

    Daily values follow each other, so each side counts n' = n·(1 − r) / (1 + r) independent days, r its lag-1 autocorrelation
    (Wilks 2011, Statistical Methods in the Atmospheric Sciences, eq. 5.12; r < 0 is taken as 0). Then Welch (1947, Biometrika 34,
    28): the variances s²/n' add, with his degrees of freedom; the t quantile by Abramowitz and Stegun 26.7.5.
    """
    if min(len(before), len(after)) < _FEWEST_DAYS:
        return None
    parts = [_mean_and_variance(values) for values in (before, after)]
    if any(independent < 2 for _, _, independent in parts):
        return None
    (first, v_first, n_first), (second, v_second, n_second) = parts
    spread = v_first + v_second
    freedom = (
        spread**2 / (v_first**2 / (n_first - 1) + v_second**2 / (n_second - 1)) if spread > 0 else math.inf
    )
    half = t_quantile(max(freedom, 1.0)) * math.sqrt(spread)
    change = second - first
    return Difference(change, change - half, change + half, len(before), len(after))


def t_quantile(freedom: float) -> float:
    """The 97.5 % quantile of Student's t (Abramowitz and Stegun 26.7.5: within 0.1 % from 4 degrees of freedom on)."""
    z, v = _Z, freedom
    terms = (
        (z**3 + z) / (4 * v),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3),
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4),
    )
    return z + sum(terms)


def _mean_and_variance(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean, its variance, and how many independent values there are."""
    n = len(values)
    mean = math.fsum(values) / n
    off = [one - mean for one in values]
    squares = math.fsum(one * one for one in off)
    if squares == 0:
        return mean, 0.0, float(n)
    r = math.fsum(a * b for a, b in pairwise(off)) / squares
    independent = n * (1 - max(r, 0.0)) / (1 + max(r, 0.0))
    return mean, squares / (n - 1) / max(independent, 1e-9), independent


def _ratio(
    after: int, before: int, exposure: float, limits: tuple[float, float | None], scale: float
) -> Ratio:
    low, high = limits
    value = after / before * exposure if before else None
    return Ratio(value, low * scale, None if high is None else high * scale)


def _limits(seen: int, log_weights: Sequence[float], least: int) -> tuple[float, float | None]:
    """Between which odds `seen` is in no tail of 2.5 %; weights of the counts from `least` on. None: nothing bounds them above."""

    def tail(log_odds: float, *, is_upper: bool) -> float:
        logs = [weight + k * log_odds for k, weight in enumerate(log_weights, start=least)]
        top = max(logs)
        terms = [math.exp(one - top) for one in logs]
        place = seen - least
        return math.fsum(terms[place:] if is_upper else terms[: place + 1]) / math.fsum(terms)

    is_least, is_most = seen == least, seen == least + len(log_weights) - 1
    low = 0.0 if is_least else math.exp(_root(lambda odds: tail(odds, is_upper=True) - _TAIL))
    high = None if is_most else math.exp(_root(lambda odds: _TAIL - tail(odds, is_upper=False)))
    return low, high


def _root(grows: Callable[[float], float]) -> float:
    """Where a growing function is 0, by halving."""
    low, high = -math.log(_LARGEST), math.log(_LARGEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) > 0 else (middle, high)
    return (low + high) / 2


def _binomial_log_weights(n: int) -> list[float]:
    return [_log_choose(n, k) for k in range(n + 1)]


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
