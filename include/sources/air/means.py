"""Values of minutes as those of hours, and of stations as those of their city.

An hour is the mean of its minutes where enough of them were told. A city's hour is the arithmetic mean of its stations' hours
(HJ 663-2013: the city's concentration is the arithmetic mean of its stations'), where enough of its stations have a value: those
of the table of stations, or without one those that the files of the import name on the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from include.sources.air.intake import Conflict, agreed
from include.sources.air.reading import OF_CITY
from include.sources.air.stage import Statement

_KEY: Final = ["place_id", "observed_on", "hour", "quantity"]


@dataclass(frozen=True)
class Means:
    """`hours`: as `keep_days` takes them; `few_minutes`, `few_stations`: how many hours were left missing for that."""

    hours: pd.DataFrame
    duplicates: int = 0
    conflicts: tuple[Conflict, ...] = ()
    few_minutes: int = 0
    few_stations: int = 0


def means(statement: Statement, stated: pd.DataFrame, stations: Mapping[str, str]) -> Means:
    """What is said of minutes or stations as hours of places. `stations`: the city of each station of the table."""
    few_minutes = few_stations = duplicates = 0
    conflicts: list[Conflict] = []
    if statement.every == "minutes":
        least = statement.least_share * 60 / statement.minutes
        stated, few_minutes = _of_minutes(stated, least)
    if statement.of_city:
        told, duplicates, conflicts = agreed(stated)
        stated, few_stations = _of_stations(
            told, stated, statement.stations_share, Counter(stations.values())
        )
    return Means(stated, duplicates, tuple(conflicts), few_minutes, few_stations)


def _of_minutes(stated: pd.DataFrame, least: float) -> tuple[pd.DataFrame, int]:
    """The mean of each hour; missing where fewer different moments than `least` were told. A moment with two values has none."""
    moment = [*_KEY, "second"]
    different = stated.drop_duplicates([*moment, "value"])
    single = different[~different.duplicated(moment, keep=False)]
    grouped = single.groupby(_KEY, observed=True, sort=False)
    found = grouped.agg(
        value=("value", "mean"), told=("value", "count"), file=("file", "first"), line=("line", "first")
    )
    is_few = (found["told"] < least - 1e-9) | (found["value"] <= 0)
    few = int((is_few & (found["told"] > 0)).sum())
    hours = found.assign(value=found["value"].mask(is_few)).reset_index().drop(columns="told")
    lost = different[different.duplicated(moment, keep=False)].drop_duplicates(_KEY)
    unsaid = lost[~pd.MultiIndex.from_frame(lost[_KEY]).isin(pd.MultiIndex.from_frame(hours[_KEY]))]
    return pd.concat([hours, unsaid.assign(value=np.nan)[hours.columns]], ignore_index=True), few


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
