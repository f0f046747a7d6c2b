"""The stations that are told as those of a city: what the store has of them beside what an import says.

A city's hour is the mean of its stations, whichever import told each of them. So their hours are kept as well, and a station that is
told later joins those that are known. What is told of a station again follows the rules of every place (`known_days`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path

import pandas as pd

from include.sources.air.intake import Kept, merged
from include.sources.air.known_days import KEY, Joined, Loss, beside
from include.sources.air.reading import OF_CITY
from include.store.air_days import dates_of
from include.store.hourly import read_given, read_hours, replace_files

_DAY = ["city", "observed_on", "quantity"]


@dataclass(frozen=True)
class Members:
    """`told` and `stated` (as `intake.agreed` gives and takes them) with what the store has of other stations of the cities and days;
    `joined`: days of stations that are made of parts; `losses`: days of which a station would lose hours, which are not in `told` and
    `stated` (unless `replace`); `beside`: names of the stations that were only known. `after`: all values of the dates
    (`KEY`, a column a quantity) as the store is to have them; `untaken`: how many values were told of the days that are lost."""

    told: pd.DataFrame
    stated: pd.DataFrame
    losses: tuple[Loss, ...]
    joined: tuple[Joined, ...]
    beside: tuple[str, ...]
    after: pd.DataFrame
    untaken: int = 0

    def added_to(self, kept: Kept, *, replace: bool) -> Kept:
        """What became of the days of the cities, with what is to be said of their stations."""
        return changed(
            kept,
            losses=kept.losses if replace else [*self.losses, *kept.losses],
            lost=(*self.losses, *kept.lost) if replace else kept.lost,
            joined=(*self.joined, *kept.joined),
            untaken=kept.untaken + self.untaken,
        )


def read_members(root: Path, stated: pd.DataFrame, *, are_days: bool) -> pd.DataFrame:
    """What the store has of the stations of cities on the days of `stated`: `KEY` and a column a quantity."""
    dates = dates_of(stated["observed_on"])
    return read_given(root, "member", dates).assign(hour=0) if are_days else read_hours(root, "member", dates)


def with_members(
    known: pd.DataFrame,
    told: pd.DataFrame,
    stated: pd.DataFrame,
    stations: Mapping[str, str],
    *,
    replace: bool,
    are_days: bool,
) -> Members:
    """What is told of stations beside `known`, as `read_members` reads it. `stations`: the city of each station of the table, where
    there is one: then no other counts, but stays known."""
    if known.empty:
        return Members(told, stated, (), (), (), merged(known, told, stated))
    found = beside("member", known, told, stated, is_joined=not (replace or are_days))
    lost = pd.to_datetime(sorted({loss.observed_on for loss in found.losses} if not replace else set()))
    untaken = int(told["observed_on"].isin(lost).sum())
    told, stated, kept = (
        rows[~rows["observed_on"].isin(lost)].reset_index(drop=True) for rows in (told, stated, found.kept)
    )
    city, name = (_part(kept["place_id"].astype("str"), part) for part in (0, 2))
    spoken = stated.assign(city=_cities(stated)).drop_duplicates(_DAY)[[*_DAY, "file", "line"]]
    spoken = spoken.astype({"quantity": "str"})
    more = kept.assign(city=city, name=name).merge(spoken, on=_DAY, validate="m:1")
    if stations:
        more = more[more["name"].map(stations) == more["city"]]
    is_named = more["place_id"].isin(set(stated["place_id"].astype("str")))
    both = [_coded(rows, more, stated) for rows in (told, stated)]
    return Members(
        both[0],
        both[1],
        tuple(found.losses),
        tuple(each for each in found.joined if pd.Timestamp(each.observed_on) not in lost),
        tuple(sorted(set(more["name"][~is_named]))),
        merged(kept, told, stated),
        untaken,
    )


def keep_members(root: Path, members: Members, days: pd.DatetimeIndex, *, are_days: bool) -> None:
    """Puts the stations of these days, which were taken, in the place of what was known of them."""
    dates = dates_of(days.to_series())
    after = members.after[members.after["observed_on"].isin(days)]
    if are_days:
        replace_files(
            root, "member", dates, read_hours(root, "member", dates), given=after.drop(columns="hour")
        )
    else:
        replace_files(root, "member", dates, after)


def _cities(rows: pd.DataFrame) -> pd.Series:
    places = pd.Series(rows["place_id"].cat.categories, dtype="str")
    return pd.Series(_part(places, 0).to_numpy()[rows["place_id"].cat.codes], rows.index, dtype="str")


def _part(places: pd.Series, part: int) -> pd.Series:
    """The city (0) or the name (2) of stations."""
    return pd.Series([place.partition(OF_CITY)[part] for place in places], places.index, dtype="str")


def _coded(rows: pd.DataFrame, more: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Both together; their places and quantities have the same categories as those of `stated` and `more`."""
    columns = [*KEY, "quantity", "value", "file", "line"]
    types = {
        name: pd.CategoricalDtype(sorted({*stated[name].cat.categories, *more[name].astype("str")}))
        for name in ("place_id", "quantity")
    }
    parts = [each[columns].astype(types) for each in (rows, more) if len(each)]
    return pd.concat(parts or [rows[columns].astype(types)], ignore_index=True)
