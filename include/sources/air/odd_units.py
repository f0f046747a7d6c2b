"""Values of a place and day that look as if they were in another unit, where nobody said one: not used, and named.

A file that is so as a whole is refused (`files`); here are one city, one day, or a part of a day of a file whose others are in our unit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.sources.air.values import is_like_another_unit

_FEWEST: Final = 3  # values of a place and day
_SHARE: Final = 0.9
_RUN: Final = 6  # values of a place one after another: a part of a day
_APART: Final = 50.0  # times: a thousand between the units, less what the air itself changes


@dataclass(frozen=True)
class OddValues:
    """Of one file and quantity: how many values of which places were not used; the first of them with its line."""

    file: int
    quantity: str
    places: tuple[str, ...]
    count: int
    value: float
    line: int


def without_odd_units(
    stated: pd.DataFrame, told: Collection[tuple[int, str]], *, are_days: bool
) -> tuple[pd.DataFrame, list[OddValues]]:
    """What is stated (places and quantities are categoricals), without the values of places and days nearly all of which look so,
    nor those of a run that looks so and lies far from the other values of its place.
    `told`: files and quantities whose units were told; `are_days`: a day has one value, so that all days of a place are one."""
    values = stated["value"].to_numpy()
    is_odd = np.zeros(len(stated), dtype=bool)
    for quantity in stated["quantity"].unique():
        if (like := is_like_another_unit(values, str(quantity))).any():
            is_odd |= like & (stated["quantity"] == quantity).to_numpy()
    if not is_odd.any():
        return stated, []
    groups = _groups(stated, are_days=are_days)
    counted = np.bincount(groups, weights=~np.isnan(values))
    odd = np.bincount(groups, weights=is_odd, minlength=len(counted))
    is_bad = ((counted >= _FEWEST) & (odd >= _SHARE * counted))[groups] & ~np.isnan(values)
    is_bad |= _in_far_runs(stated, is_odd)
    bad = stated[is_bad]
    is_told = [
        (int(file), str(name)) in told for file, name in zip(bad["file"], bad["quantity"], strict=True)
    ]
    bad = bad[~np.array(is_told, dtype=bool)]
    found = [
        OddValues(
            int(file),
            str(quantity),
            tuple(sorted(map(str, rows["place_id"].unique()))),
            len(rows),
            float(rows["value"].iloc[0]),
            int(rows["line"].min()),
        )
        for (file, quantity), rows in bad.groupby(["file", "quantity"], observed=True)
    ]
    return stated.assign(value=stated["value"].mask(stated.index.isin(bad.index))), found


def _in_far_runs(stated: pd.DataFrame, is_odd: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which values stand in a run of odd ones of their file, place and quantity that lies far from the place's others."""
    found = np.zeros(len(stated), dtype=bool)
    places = _groups(stated, are_days=True)
    for number in np.unique(places[is_odd]):
        own = np.flatnonzero((places == number) & stated["value"].notna().to_numpy())
        order = np.lexsort([stated[name].to_numpy()[own] for name in ("hour", "observed_on")])
        own = own[order]
        values, odd = stated["value"].to_numpy()[own], is_odd[own]
        if odd.sum() < _RUN or (~odd).sum() < _FEWEST:
            continue
        usual = float(np.median(values[~odd]))
        bounds = np.flatnonzero(np.diff(odd)) + 1
        for run in np.split(np.arange(len(own)), bounds):
            if not odd[run[0]] or len(run) < _RUN:
                continue
            middle = float(np.median(values[run]))
            found[own[run]] = max(usual, middle) >= _APART * min(usual, middle)
    return found


def _groups(stated: pd.DataFrame, *, are_days: bool) -> NDArray[np.intp]:
    """A number for the file, place, quantity and day of each row."""
    numbers = stated["file"].to_numpy().astype(np.int64)
    for name in ("place_id", "quantity"):
        numbers = numbers * len(stated[name].cat.categories) + stated[name].cat.codes.to_numpy()
    if not are_days:
        days = stated["observed_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
        numbers = numbers * 100_000 + days
    groups, _ = pd.factorize(numbers)
    return groups
