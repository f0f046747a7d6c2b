"""Days of air quality: what all files of an import say about them takes its place beside what was known.

Places and quantities that it does not name keep what an earlier import said (the archive with all pollutants, then one with
PM2.5 only; one province, then the next); what becomes of those that it names, `known_days` says.
"""

from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from include.periods import DAY
from include.sources.air.known_days import KEY, Joined, Known, Loss, beside, hour_numbers
from include.store.air_days import (
    Provenance,
    dates_of,
    imported_days,
    plain_rows,
    record_days,
    replace_city_days,
    set_dust,
)
from include.store.engine import writing
from include.store.hourly import Dataset, given_path, read_given, read_hours, replace_files
from include.supervision.air_quality import day_means, has_valid_mean
from include.supervision.given_days import with_given

_SECONDS = 3600  # of an hour
_SPARSE = 16  # numbers that lie so many times wider apart than they are many are sorted


@dataclass(frozen=True)
class Conflict:
    """Hours (`is_moment`: moments of minutes) for which rows said different things: none is used. `file` and `other` number the
    files involved; `line` and `values` are those of the first such hour."""

    file: int
    other: int
    quantity: str
    count: int
    line: int
    values: str
    is_moment: bool = False


@dataclass(frozen=True)
class DayResult:
    """One day as it is now. `places` with values, `valid_places` with a valid daily mean of PM2.5, `pm25_hours` values
    of PM2.5 and `pm25_hours_before` those of the import that this one replaces (0: there was none)."""

    dataset: Dataset
    observed_on: date
    places: int
    valid_places: int
    pm25_hours: int
    pm25_hours_before: int


@dataclass(frozen=True)
class Kept:
    """What became of the days of one statement."""

    days: list[DayResult]
    duplicates: int
    conflicts: list[Conflict]
    losses: list[Loss]
    # What was lost by days that were taken all the same.
    lost: tuple[Loss, ...] = ()
    # Values that were stored, and of which places and quantities.
    stored: int = 0
    places: frozenset[str] = frozenset()
    quantities: frozenset[str] = frozenset()
    # Values of days that were not taken, and stored values that became others.
    untaken: int = 0
    corrected: int = 0
    # Days of which nothing was known, those of which stored values were told again (and nothing else: `same`), and those that are
    # made of parts.
    new: frozenset[date] = frozenset()
    told_again: frozenset[date] = frozenset()
    same: frozenset[date] = frozenset()
    joined: tuple[Joined, ...] = ()


def keep_days(
    connection: Connection,
    parquet_root: Path,
    dataset: Dataset,
    stated: pd.DataFrame,
    told: Provenance,
    *,
    replace: bool = False,
    are_days: bool = False,
) -> Kept:
    """Replaces the days of `stated` (`place_id, observed_on, hour, quantity, value, file, line`, a row a value as it
    came; `are_days`: daily means as their source gave them, whose `hour` means nothing), or completes them. Returns the days, how
    many values were told more than once, the contradictions, and the days that stayed as they are: those of which the store would
    lose hours, or have hours for a given mean or the other way round, unless `replace` says so.

    Hours, daily means and ledger change together: the new files are renamed into place just before the store's
    transaction (of `connection`, under the lock `air_quality`) is committed. An import that dies between the two is repaired by running
    it again.
    """
    dates = dates_of(stated["observed_on"])
    told_once, duplicates, conflicts = agreed(stated)
    before = imported_days(connection, dataset, dates[0], dates[-1] + DAY).set_index("observed_on")
    known, given = read_hours(parquet_root, dataset, dates), read_given(parquet_root, dataset, dates)
    if are_days:
        hours, losses = _without(known, told_once, dataset, stated, are_days=True)
        of_kind = _beside(dataset, given.assign(hour=0), told_once, stated, is_joined=False)
        given = merged(of_kind.kept, told_once, stated).drop(columns="hour")
    else:
        given, losses = _without(given, told_once, dataset, stated, are_days=False)
        of_kind = _beside(dataset, known, told_once, stated, is_joined=not replace)
        hours = merged(of_kind.kept, told_once, stated)
        losses = of_kind.losses + losses
    kept_dates = set(dates_of(of_kind.kept["observed_on"]))
    gone = tuple(_one_a_day(losses))
    losses, gone = ([], gone) if replace else ([*gone], ())
    lost = {loss.observed_on for loss in losses}
    if losses:
        hours, given = (
            rows[~rows["observed_on"].isin(pd.to_datetime(sorted(lost)))].reset_index(drop=True)
            for rows in (hours, given)
        )
        dates, kept_dates = [day for day in dates if day not in lost], kept_dates - lost
    # A day without any value is not written, unless it loses what it had.
    written = {*dates_of(told_once["observed_on"]), *(loss.observed_on for loss in gone)}
    dates = [day for day in dates if day in written]
    if not dates:
        return Kept([], duplicates, conflicts, losses, untaken=len(told_once))
    taken = told_once[told_once["observed_on"].isin(pd.to_datetime(dates))] if losses else told_once
    days = with_given(day_means(hours), given)
    was_simulated = set(dates_of(before.index.to_series()[before["is_simulated"]])) & kept_dates
    provenance = Provenance(told.source, frozenset(was_simulated | told.simulated), told.received_at)
    counts = _counts(days, dates)
    record_days(connection, dataset, counts, provenance)
    if dataset == "city":
        replace_city_days(connection, dates, days, provenance)
    is_asked = bool(len(given)) or any(given_path(parquet_root, dataset, day).exists() for day in dates)
    replace_files(
        parquet_root,
        dataset,
        dates,
        hours,
        None if dataset == "city" else days,
        given if is_asked else None,
    )
    hours_before = {day: int(before["pm25_hours"].get(pd.Timestamp(day), 0)) for day in dates}
    results = [DayResult(dataset, day, **counts[day], pm25_hours_before=hours_before[day]) for day in dates]
    return Kept(
        results,
        duplicates,
        conflicts,
        losses,
        gone,
        len(taken),
        frozenset(map(str, taken["place_id"].unique())),
        frozenset(map(str, taken["quantity"].unique())),
        untaken=len(told_once) - len(taken),
        corrected=sum(count for day, count in of_kind.corrected.items() if day not in lost),
        new=frozenset(dates) - set(dates_of(before.index.to_series())),
        told_again=of_kind.told_again - of_kind.same - lost,
        same=of_kind.same - lost,
        joined=tuple(each for each in of_kind.joined if each.observed_on not in lost),
    )


def _beside(
    dataset: Dataset, known: pd.DataFrame, told: pd.DataFrame, stated: pd.DataFrame, *, is_joined: bool
) -> Known:
    """`beside`, where nothing is known without looking."""
    if known.empty:
        return Known(known[[*KEY]].assign(quantity="", value=0.0), [], [], {}, frozenset())
    return beside(dataset, known, told, stated, is_joined=is_joined)


def _without(
    known: pd.DataFrame, told: pd.DataFrame, dataset: Dataset, stated: pd.DataFrame, *, are_days: bool
) -> tuple[pd.DataFrame, list[Loss]]:
    """What is known of the other kind (hours of given days, given days of hours) without the places and days that are told, and
    what is lost by that: nothing of both kinds stands beside each other."""
    if known.empty:
        return known, []
    key = ["place_id", "observed_on"]
    now = told.groupby(key, observed=True)["value"].count()
    is_told = pd.MultiIndex.from_frame(known[key].astype({"place_id": "str"})).isin(
        pd.MultiIndex.from_tuples([(str(place), day) for place, day in now.index], names=key)
    )
    losses = []
    for (place, moment), rows in known[is_told].groupby(key, observed=True):
        day = pd.Timestamp(str(moment))
        told_hours = int(
            told.loc[(told["place_id"] == place) & (told["observed_on"] == day), "hour"].nunique()
        )
        files = stated.loc[stated["observed_on"] == day, "file"].unique().tolist()
        before, after = (len(rows), 0) if are_days else (24, told_hours)
        losses.append(
            Loss(
                dataset,
                day.date(),
                str(place),
                "pm25_ug_m3",
                before,
                after,
                1,
                tuple(map(int, files)),
                is_other_kind=True,
            )
        )
    return known[~is_told].reset_index(drop=True), losses


def _one_a_day(losses: list[Loss]) -> list[Loss]:
    """Of the losses of a day the worst, with how many there are."""
    worst: dict[date, Loss] = {}
    for loss in losses:
        first = worst.get(loss.observed_on)
        if first is None:
            worst[loss.observed_on] = loss
        else:
            larger = max(first, loss, key=lambda each: (each.is_other_kind, each.before - each.after))
            worst[loss.observed_on] = changed(larger, places=first.places + loss.places)
    return list(worst.values())


def keep_dust(engine: Engine, stated: pd.DataFrame, told: Provenance) -> tuple[int, list[Conflict]]:
    """Sets and clears the stated hours under dust (`value` 1 or 0); returns how many, and the contradictions."""
    flags, _, conflicts = agreed(stated)
    with writing(engine) as connection:
        set_dust(connection, flags.assign(is_dust=flags["value"] == 1), told)
    return len(flags), conflicts


def _counts(days: pd.DataFrame, dates: list[date]) -> dict[date, dict[str, int]]:
    by_day = days.assign(is_valid=has_valid_mean(days)).groupby("observed_on")
    counts = by_day.agg(
        places=("place_id", "size"), valid_places=("is_valid", "sum"), pm25_hours=("pm25_hours", "sum")
    )
    complete = counts.reindex(pd.to_datetime(dates), fill_value=0).astype(int)
    return dict(
        zip(dates, ({str(name): int(row[name]) for name in row} for row in plain_rows(complete)), strict=True)
    )


def agreed(stated: pd.DataFrame) -> tuple[pd.DataFrame, int, list[Conflict]]:
    """The values, one an hour (of minutes, which have `second`, one a moment): repetitions once (and their number), contradictions
    not at all."""
    measured = stated[stated["value"].notna()]
    quantities, different = pd.factorize(measured["quantity"].cat.codes)
    told = hour_numbers(measured) * max(1, len(different)) + quantities
    at = ["second"] if "second" in measured else []
    if at:
        told = told * _SECONDS + measured["second"].to_numpy()
    if _places(told).count == len(told):
        return measured, 0, []
    is_again = pd.Series(told, measured.index).duplicated()
    key = [*KEY, "quantity", *at]
    values = measured.groupby(key, sort=False)["value"]
    is_disputed = values.transform("min") != values.transform("max")
    repeated = int((is_again & ~is_disputed).sum())
    return measured[~is_disputed & ~is_again], repeated, _conflicts(measured[is_disputed], key)


@dataclass(frozen=True)
class _Places:
    """`count` different numbers; `first`: a place where each of them stands, in their order; `of_each`: which of them each is."""

    count: int
    first: NDArray[np.intp]
    of_each: NDArray[np.intp]


def _places(numbers: NDArray[np.int64]) -> _Places:
    """What `np.unique` says of numbers, without sorting those that lie close together."""
    least, most = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    if most - least > _SPARSE * len(numbers):
        found, first, of_each = np.unique(numbers, return_index=True, return_inverse=True)
        return _Places(len(found), first, of_each)
    offsets = numbers - least
    is_there = np.zeros(most - least + 1, dtype=bool)
    is_there[offsets] = True
    of_each = (np.cumsum(is_there, dtype=np.intp) - 1)[offsets]
    count = int(np.count_nonzero(is_there)) if len(numbers) else 0
    first = np.empty(count, dtype=np.intp)
    first[of_each[::-1]] = np.arange(len(numbers))[::-1]
    return _Places(count, first, of_each)


def _conflicts(disputed: pd.DataFrame, key: list[str]) -> list[Conflict]:
    if disputed.empty:
        return []
    hours = disputed.sort_values(["file", "line"]).groupby(key, sort=False)
    found = hours.agg(
        other=("file", "first"),
        file=("file", "last"),
        line=("line", "last"),
        values=("value", lambda values: " / ".join(f"{value:g}" for value in values.drop_duplicates())),
    ).reset_index()
    merged: dict[tuple[int, int, str], Conflict] = {}
    for row in plain_rows(found):
        who = (row["file"], row["other"], row["quantity"])
        first = merged.get(who, Conflict(*who, 0, row["line"], row["values"], "second" in key))
        merged[who] = changed(first, count=first.count + 1)
    return list(merged.values())


def merged(kept: pd.DataFrame, agreed: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """The hours of the days (`KEY`, a column a quantity) by day, place and hour: what is told, and what stays beside it."""
    rows = agreed[[*KEY, "quantity", "value"]]
    if len(kept):
        rows = _alike(rows, kept)
    places = _places(hour_numbers(rows))
    hours = rows[KEY].iloc[places.first].reset_index(drop=True)
    for quantity in dict.fromkeys(["pm25_ug_m3", *stated["quantity"].unique(), *rows["quantity"].unique()]):
        is_own = (rows["quantity"] == quantity).to_numpy()
        values = np.full(len(hours), np.nan)
        values[places.of_each[is_own]] = rows["value"].to_numpy()[is_own]
        hours[quantity] = values
    return hours


def _alike(rows: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Both together, with places and quantities as categoricals that know the names of both."""
    names = sorted({*rows["place_id"].cat.categories, *more["place_id"], *more["quantity"]})
    dtype = pd.CategoricalDtype(names)
    return pd.concat(
        [each.astype({"place_id": dtype, "quantity": dtype}) for each in (rows, more)], ignore_index=True
    )
