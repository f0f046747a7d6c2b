"""What the store has of the days that are told: what stays beside it, what takes its place, and what would be lost by it.

Parts of a day become one day: where what is told brings hours of a place that the store has not, the store's other hours stay.
Where it brings none, it takes the place of what the store has if it tells all of that again, and changes nothing if it says the
same of a part; a day of which something would be gone stays as it is.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.store.air_days import dates_of
from include.store.hourly import Dataset

KEY = ["place_id", "observed_on", "hour"]


@dataclass(frozen=True)
class Loss:
    """A day that was not taken, because the store has hours of it that were not told again: of `places` places and quantities,
    `before` and `after` of the one that would lose most; `files` number the files that speak of the day."""

    dataset: Dataset
    observed_on: date
    place_id: str
    quantity: str
    before: int
    after: int
    places: int
    files: tuple[int, ...]
    # Hours in the place of a daily mean that its source gave, or the other way round.
    is_other_kind: bool = False
    # Hours that are gone: more than the difference where what was told has others.
    missing: int = 0


@dataclass(frozen=True)
class Joined:
    """A day whose hours in the store stayed beside those that were told: of so many `places`, `kept` and `added` hours of them."""

    dataset: Dataset
    observed_on: date
    places: int
    kept: int
    added: int


@dataclass(frozen=True)
class Known:
    """What is known beside what is told. `kept`: the values that stay (`KEY, quantity, value`); `corrected`: of each day, how
    many others become another value; `told_again`: the days of which some stored value was told again;
    `same`: those of them of which nothing else was told than what is known."""

    kept: pd.DataFrame
    losses: list[Loss]
    joined: list[Joined]
    corrected: dict[date, int]
    told_again: frozenset[date]
    same: frozenset[date] = frozenset()


def beside(
    dataset: Dataset, known: pd.DataFrame, told: pd.DataFrame, stated: pd.DataFrame, *, is_joined: bool
) -> Known:
    """What the store has (`known`: `KEY` and a column a quantity) beside `told` (one value an hour of `stated`; both with the same
    categories). `is_joined`: parts of a day become one; otherwise what is told stands for all of its place, day and quantity."""
    values = known.melt(KEY, var_name="quantity").dropna(subset="value")
    is_named = _is_named(values, stated)
    unnamed, spoken = values[~is_named], _coded(values[is_named], stated)
    if spoken.empty:
        return Known(unnamed, [], [], {}, frozenset())
    quantities = len(stated["quantity"].cat.categories)
    had, have = hour_numbers(spoken), hour_numbers(told)
    had_values = had * quantities + spoken["quantity"].cat.codes.to_numpy()
    have_values = have * quantities + told["quantity"].cat.codes.to_numpy()
    again = pd.Index(have_values).get_indexer(pd.Index(had_values))
    is_gone = again < 0
    now = np.append(told["value"].to_numpy(), np.nan)[again]
    is_corrected = ~is_gone & (now != spoken["value"].to_numpy())
    told_again = frozenset(dates_of(spoken["observed_on"][~is_gone]))
    is_new_value = ~np.isin(have_values, had_values)
    more = {*dates_of(told["observed_on"][is_new_value]), *dates_of(spoken["observed_on"][is_corrected])}
    corrected = {
        pd.Timestamp(str(day)).date(): int(count)
        for day, count in spoken["observed_on"][is_corrected].value_counts().items()
    }
    if not is_gone.any():
        return Known(unnamed, [], [], corrected, told_again, told_again - more)
    is_added = ~np.isin(have, had)
    is_part = np.isin(had // 24, np.unique(have[is_added] // 24))
    had_days, have_days = (_of_day(numbers, quantities) for numbers in (had_values, have_values))
    is_part |= np.isin(had_days, have_days[is_new_value])
    # A part that says what is known already, and nothing else, changes nothing.
    is_part |= np.isin(had_days, have_days) & ~np.isin(had_days, had_days[is_corrected])
    is_kept = is_gone & is_part & is_joined
    gone = spoken.assign(is_gone=is_gone & ~is_kept)
    losses = _losses(dataset, gone, told, stated)
    added = told[is_added & np.isin(have // 24, had[is_kept] // 24)]
    is_joined_day = is_kept & np.isin(had // 24, have[is_added] // 24)
    joined = _joined(dataset, spoken[is_joined_day], added)
    kept = spoken[is_kept].astype({"place_id": "str", "quantity": "str"})
    return Known(
        pd.concat([unnamed, kept], ignore_index=True) if len(kept) else unnamed,
        losses,
        joined,
        corrected,
        told_again,
        told_again - more - {loss.observed_on for loss in losses},
    )


def hour_numbers(rows: pd.DataFrame) -> NDArray[np.int64]:
    """A number for each hour of a place (a categorical), ordered by day, place and hour."""
    places = rows["place_id"].cat
    days = rows["observed_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    numbers: NDArray[np.int64] = days * len(places.categories)
    numbers += places.codes.to_numpy()
    numbers *= 24
    numbers += rows["hour"].to_numpy()
    return numbers


def _of_day(numbers: NDArray[np.int64], quantities: int) -> NDArray[np.int64]:
    """The place, day and quantity of the numbers of values."""
    return numbers // quantities // 24 * quantities + numbers % quantities


def _is_named(values: pd.DataFrame, stated: pd.DataFrame) -> NDArray[np.bool_]:
    """Which values are of places and quantities that are spoken of on their day."""
    key = ["place_id", "observed_on", "quantity"]
    named = stated[key].drop_duplicates().astype({"place_id": "str", "quantity": "str"})
    return pd.MultiIndex.from_frame(values[key]).isin(pd.MultiIndex.from_frame(named))


def _coded(values: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    return values.astype({name: stated[name].dtype for name in ("place_id", "quantity")})


def _losses(dataset: Dataset, gone: pd.DataFrame, told: pd.DataFrame, stated: pd.DataFrame) -> list[Loss]:
    """The days of which a place and quantity would lose hours, one a day."""
    key = ["observed_on", "place_id", "quantity"]
    before = gone.groupby(key, observed=True)["is_gone"].agg(["size", "sum"])
    before = before[before["sum"] > 0]
    after = told.groupby(key, observed=True)["value"].count().reindex(before.index, fill_value=0)
    found = []
    for moment, rows in before.assign(after=after).reset_index().groupby("observed_on"):
        day = pd.Timestamp(str(moment))
        order = rows.assign(is_other=rows["quantity"] != "pm25_ug_m3", most=-rows["sum"])
        worst = order.sort_values(["most", "is_other"], kind="stable").iloc[0]
        files = stated.loc[stated["observed_on"] == day, "file"].unique().tolist()
        found.append(
            Loss(
                dataset,
                day.date(),
                str(worst["place_id"]),
                str(worst["quantity"]),
                int(worst["size"]),
                int(worst["after"]),
                len(rows),
                tuple(map(int, files)),
                missing=int(worst["sum"]),
            )
        )
    return found


def _joined(dataset: Dataset, kept: pd.DataFrame, added: pd.DataFrame) -> list[Joined]:
    """The days that are joined: their places, and the hours of places on either side."""
    if kept.empty:
        return []
    stays, comes = (rows.drop_duplicates(KEY) for rows in (kept, added))
    more = comes["observed_on"].value_counts()
    return [
        Joined(
            dataset,
            pd.Timestamp(str(day)).date(),
            int(rows["place_id"].nunique()),
            len(rows),
            int(more.get(pd.Timestamp(str(day)), 0)),
        )
        for day, rows in stays.groupby("observed_on")
    ]
