"""Values of minutes as those of hours, and of stations as those of their city.

An hour is the mean of its minutes where enough of them were told, each at its own step of the interval: what lies between the steps
of a place that keeps them is not used and named. A city's hour is the arithmetic mean of its stations' hours
(HJ 663-2013: the city's concentration is the arithmetic mean of its stations'), where enough of its stations have a value: those
of the table of stations, or without one those that the files of the import name on the day or that are known from earlier ones
(`members`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.language import say
from include.sources.air.faults import Fault
from include.sources.air.intake import Conflict, agreed
from include.sources.air.members import Members, with_members
from include.sources.air.reading import OF_CITY
from include.sources.air.stage import Statement

_KEY: Final = ["place_id", "observed_on", "hour", "quantity"]
_NEAR: Final = 0.1  # of the interval: so far from its step a clock may be
# Of the interval: so near lie the values of a finer interval that has a value at each step (5 minutes under 15); a sensor that runs
# on its own meets so few.
_EXACT: Final = 0.01


@dataclass(frozen=True)
class Means:
    """`hours`: as `keep_days` takes them; `few_minutes`, `few_stations`: how many hours were left missing for that; `between`: values
    of minutes off the interval, with the number of their file."""

    hours: pd.DataFrame
    duplicates: int = 0
    conflicts: tuple[Conflict, ...] = ()
    few_minutes: int = 0
    few_stations: int = 0
    # The first of the hours with too few minutes: place, day and hour, and how many of how many there are.
    first_few: str = ""
    between: tuple[tuple[int, Fault], ...] = ()
    # The stations of cities, where it is of them.
    members: Members | None = None


def means(
    statement: Statement,
    stated: pd.DataFrame,
    stations: Mapping[str, str],
    known: pd.DataFrame | None = None,
    *,
    replace: bool = False,
) -> Means:
    """What is said of minutes or stations as hours of places. `stations`: the city of each station of the table; `known`: what the
    store has of stations of cities, as `members.read_members` reads it, where it is said of such; `replace`: as in `keep_days`."""
    members: Members | None = None
    few_minutes = few_stations = duplicates = 0
    first_few = ""
    conflicts: list[Conflict] = []
    between: list[tuple[int, Fault]] = []
    if statement.every == "minutes":
        told, duplicates, conflicts = agreed(stated)
        told, between = _at_steps(told, statement.minutes)
        least = statement.least_share * 60 / statement.minutes
        stated, few_minutes, first_few = _of_minutes(told, stated, least)
    if statement.of_city:
        told, again, disputed = agreed(stated)
        duplicates, conflicts = duplicates + again, conflicts + disputed
        if known is not None:
            members = with_members(
                known, told, stated, stations, replace=replace, are_days=statement.every == "day"
            )
            told, stated = members.told, members.stated
        stated, few_stations = _of_stations(
            told, stated, statement.stations_share, Counter(stations.values())
        )
    return Means(
        stated, duplicates, tuple(conflicts), few_minutes, few_stations, first_few, tuple(between), members
    )


def _at_steps(told: pd.DataFrame, minutes: float) -> tuple[pd.DataFrame, list[tuple[int, Fault]]]:
    """The values at the steps of the interval, one a step, and those between them.

    A place's steps begin at the full hour where at least half of its day's values lie there, or at least half of its steps have one
    (a finer interval), or else where most of them lie. Of a place that keeps no steps (a sensor that runs on its own) every value
    counts.
    """
    if told.empty:
        return told, []
    step = 60 * minutes
    seconds = told["hour"].to_numpy() * 3600.0 + told["second"].to_numpy()
    rows = told.assign(offset=seconds % step)
    rows["is_near"] = np.abs(_from_step(seconds, step)) <= _NEAR * step
    day = rows.groupby(["place_id", "observed_on"], observed=True, sort=False)
    is_odd = (day["is_near"].transform("mean") < 0.5).to_numpy() & ~_fills_steps(rows, seconds, minutes)
    begins = np.zeros(len(rows))
    if is_odd.any():
        usual = rows[is_odd].groupby(["place_id", "observed_on"], observed=True, sort=False)["offset"]
        begins[is_odd] = usual.transform(lambda offsets: offsets.mode().iloc[0])
    apart = _from_step(seconds - begins, step)
    rows = rows.assign(apart=np.abs(apart), step=np.round((seconds - begins - apart) / step).astype("int64"))
    nearest = rows[rows["apart"] <= _NEAR * step].sort_values("apart", kind="stable")
    nearest = nearest.drop_duplicates(["place_id", "observed_on", "quantity", "step"])
    day = rows.assign(is_near=rows["apart"] <= _NEAR * step).groupby(
        ["place_id", "observed_on"], observed=True, sort=False
    )
    is_free = is_odd & (day["is_near"].transform("mean") <= 0.5).to_numpy()
    is_free &= ~_fills_steps(rows, seconds - begins, minutes)
    is_taken = is_free | rows.index.isin(nearest.index)
    return told[is_taken], _between(told[~is_taken], minutes)


def _fills_steps(rows: pd.DataFrame, seconds: NDArray[np.float64], minutes: float) -> NDArray[np.bool_]:
    """Whether at least half of the steps of the hours of a row's place and day have a value just there. `seconds`: from the first step."""
    step = 60 * minutes
    apart = _from_step(seconds, step)
    number = pd.Series(np.round((seconds - apart) / step), index=rows.index)
    at = rows.assign(number=number.where(np.abs(apart) <= _EXACT * step))
    day = at.groupby(["place_id", "observed_on"], observed=True, sort=False)
    expected = day["hour"].transform("nunique") * 60 / minutes
    fills: NDArray[np.bool_] = (day["number"].transform("nunique") >= expected / 2).to_numpy()
    return fills


def _from_step(seconds: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """How far times are from the nearest multiple of a step; negative before it."""
    return (seconds + step / 2) % step - step / 2


def _between(rows: pd.DataFrame, minutes: float) -> list[tuple[int, Fault]]:
    reason = say("不在所注的间隔（{minutes:g}分钟）上，未用", minutes=minutes)
    ordered = rows.sort_values(["file", "line"], kind="stable")
    found = []
    for (file, quantity), such in ordered.groupby(["file", "quantity"], observed=True, sort=True):
        first = such.iloc[0]
        value = f"{int(first['hour']):02}:{int(first['second']) // 60:02} {first['value']:g}"
        found.append((int(str(file)), Fault(str(quantity), reason, value, int(first["line"]), len(such))))
    return found


def _of_minutes(told: pd.DataFrame, stated: pd.DataFrame, least: float) -> tuple[pd.DataFrame, int, str]:
    """The mean of each hour; missing where fewer values than `least` were told, as are the hours that were spoken of in vain; how many
    are missing so, and the first of them in words."""
    grouped = told.groupby(_KEY, observed=True, sort=False)
    found = grouped.agg(
        value=("value", "mean"), told=("value", "count"), file=("file", "first"), line=("line", "first")
    )
    is_few = (found["told"] < least - 1e-9) | (found["value"] <= 0)
    hours = found.assign(value=found["value"].mask(is_few)).reset_index().drop(columns="told")
    spoken = stated.drop_duplicates(_KEY)
    unsaid = spoken[~pd.MultiIndex.from_frame(spoken[_KEY]).isin(pd.MultiIndex.from_frame(hours[_KEY]))]
    whole = pd.concat([hours, unsaid.assign(value=np.nan)[hours.columns]], ignore_index=True)
    return whole, int(is_few.sum()), _few_said(found[is_few].reset_index(), least)


def _few_said(few: pd.DataFrame, least: float) -> str:
    if few.empty:
        return ""
    first = few.sort_values(["observed_on", "hour"], kind="stable").iloc[0]
    return say(
        "{place} {day:%Y-%m-%d} {hour:02}时：{told}个，须{least:g}个",
        place=str(first["place_id"]).replace(OF_CITY, "/"),
        day=first["observed_on"],
        hour=int(first["hour"]),
        told=int(first["told"]),
        least=math.ceil(least - 1e-9),
    )


def _of_stations(
    told: pd.DataFrame, stated: pd.DataFrame, share: float, of_table: Counter[str]
) -> tuple[pd.DataFrame, int]:
    """The mean of each city's stations; missing where fewer than `share` of them have a value. The rows that say nothing stand
    for what was spoken of."""
    names = pd.Series(stated["place_id"].cat.categories, dtype="str")
    cities = names.str.partition(OF_CITY)[0]
    number, uniques = pd.factorize(cities)
    places = pd.CategoricalDtype(pd.Index(uniques, dtype="str"))

    def city(rows: pd.DataFrame) -> pd.Categorical:
        return pd.Categorical.from_codes(number[rows["place_id"].cat.codes], dtype=places)

    spoken = stated.assign(city=city(stated))
    seen = (
        spoken.groupby(["city", "observed_on"], observed=True)["place_id"]
        .nunique()
        .rename("stations")
        .reset_index()
    )
    if of_table:
        seen["stations"] = seen["city"].astype("str").map(of_table)
    key = ["city", *_KEY[1:]]
    every = spoken.drop_duplicates(key)[[*key, "file", "line"]]
    found = (
        told.assign(city=city(told)).groupby(key, observed=True)["value"].agg(["mean", "count"]).reset_index()
    )
    merged = every.merge(found, how="left", on=key, validate="1:1").merge(
        seen, how="left", on=["city", "observed_on"], validate="m:1"
    )
    is_few = merged["count"].fillna(0) < share * merged["stations"] - 1e-9
    few = int((is_few & (merged["count"].fillna(0) > 0)).sum())
    hours = merged.assign(value=merged["mean"].mask(is_few)).rename(columns={"city": "place_id"})
    hours["place_id"] = pd.Categorical(hours["place_id"].astype("str"), categories=sorted(uniques))
    return hours[[*_KEY, "value", "file", "line"]], few
