"""The log-ratio at which a station stands now, from its daily log-ratios: steady, drifting, or after a jump."""

import numpy as np
from numpy.typing import NDArray

from include.watch.rules import GainRules

Floats = NDArray[np.float64]


def medians(values: Floats) -> Floats:
    """Median by columns over what is there; NaN for columns without any value."""
    some = ~np.isnan(values).all(axis=0)
    middle = np.full(values.shape[1], np.nan)
    if some.any():
        middle[some] = np.nanmedian(values[:, some], axis=0)
    return middle


def robust(values: Floats) -> tuple[Floats, Floats]:
    """Median and 1.4826 × median deviation by columns; NaN for columns without any value."""
    middle = medians(values)
    return middle, 1.4826 * medians(np.abs(values - middle))


def gain_level(ratio: Floats, spread: Floats, rules: GainRules) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """By station: the level of its log-ratios (stations, days; the latest day last), whether it has jumped, and how many days tell
    it. Without a jump the median of the longest window that agrees with the shorter ones; after one, the mean of the latest days that
    agree."""
    stations, length = ratio.shape
    if not stations:
        return np.zeros(0), np.zeros(0, bool), np.zeros(0)
    level, same = _of_windows(ratio, rules)
    last = np.where(~np.isnan(ratio), np.arange(length), -1).max(axis=1, initial=-1)
    here = np.arange(stations)
    latest = np.where(last >= 0, ratio[here, np.maximum(last, 0)], np.nan)
    steady = np.where(last >= 0, spread[here, np.maximum(last, 0)], np.nan) < rules.jump_spread
    away = np.abs(ratio - latest[:, None]) > rules.same_log_ratio
    change = np.where(away, np.arange(length), -1).max(axis=1, initial=-1)
    before = np.where(np.arange(length)[None, :] <= change[:, None], ratio, np.nan)
    after = np.where(np.arange(length)[None, :] > change[:, None], ratio, np.nan)
    old = medians(before.T)
    with np.errstate(invalid="ignore"):
        jumped = steady & (np.abs(latest - old) > rules.jump_log_ratio)
    agreeing = (~np.isnan(after)).sum(axis=1)
    mean = np.nansum(after, axis=1) / np.maximum(agreeing, 1)
    return np.where(jumped, mean, level), jumped, np.where(jumped, agreeing.astype(float), same)


def _of_windows(ratio: Floats, rules: GainRules) -> tuple[Floats, Floats]:
    """The median over the longest window of last days that agrees with that of every shorter one, and the days it holds: of a gain
    that drifts only the latest days tell. A shorter window of which half is missing is not asked."""
    step = medians(np.abs(np.diff(ratio, axis=1)).T)  # from one day to the next
    scatter = np.fmax(rules.window_least_sd, 1.4826 * step / np.sqrt(2.0))
    shorter: list[tuple[Floats, Floats]] = []  # medians, and how far a longer window's may lie from them
    level, same = np.full(len(ratio), np.nan), np.zeros(len(ratio))
    for window in rules.windows:
        days = ratio[:, -window:]
        median, count = medians(days.T), (~np.isnan(days)).sum(axis=1)
        agrees = np.ones(len(ratio), bool)
        for other, within in shorter:
            agrees &= ~(np.abs(median - other) > within)
        taken = agrees | np.isnan(level)
        level, same = np.where(taken, median, level), np.where(taken, count, same)
        asked = count >= (window + 1) // 2
        within = np.where(asked, rules.window_deviations * scatter / np.sqrt(np.maximum(count, 1)), np.inf)
        shorter.append((median, within))
    return level, same
