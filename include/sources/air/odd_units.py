"""Values of a place and day that look as if they were in another unit, where nobody said one: not used, and named.

A file that is so as a whole is refused (`files`); here are one city, or one day, of a file whose others are in our unit.
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
    """What is stated (places and quantities are categoricals), without the values of places and days nearly all of which look so.
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
