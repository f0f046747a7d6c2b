"""Winds from the store, each at the place where its mast stood, and which masts tell 'to' for 'from'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from include.house import House
from include.store.engine import reading
from include.store.station_hours import WINDS, read_hours
from include.store.watch_facts import grids_known, stations_known
from include.suspects.opposed import joined_pairs, opposed_words
from include.suspects.rules import DEFAULT_RULES, WindRules
from include.suspects.winds import clean_winds, opposed_masts
from include.workflows.watch_inputs import HOUR, Network, at_stays, network_of

_AT_ONCE: Final = timedelta(days=31)  # so many hours of winds are in memory


def wind_hours(
    house: House, network: Network, start_at: datetime, end_at: datetime, known_at: datetime | None = None
) -> pd.DataFrame:
    """The winds of [start_at, end_at), one row a mast and hour, a mast that moved under the name of its place."""
    table = read_hours(house.stations_dir, WINDS, start_at, end_at, known_at=known_at, columns=WINDS.columns)
    frame: pd.DataFrame = table.to_pandas()
    return at_stays(frame, network.moved)


def opposed_in(
    house: House, start_at: datetime, end_at: datetime, rules: WindRules = DEFAULT_RULES.wind
) -> pd.DataFrame:
    """The masts that stood against a neighbour in [start_at, end_at): columns `opposed.COLUMNS`, the same as the ranking of
    suspects judges them."""
    with reading(house.engine) as connection:
        network = network_of(stations_known(connection), grids_known(connection))
    parts = []
    begin = start_at
    while begin < end_at and (network.stations["kind"] == "weather").sum() > 1:
        end = min(begin + _AT_ONCE, end_at)
        told = wind_hours(house, network, begin - rules.check_hours * HOUR, end)
        first, last = (int(moment.timestamp()) // 3600 for moment in (begin, end))
        parts.append(opposed_masts(clean_winds(told).winds, network.stations, first, last, rules))
        begin = end
    return joined_pairs(parts)


def notes_of_hours(house: House, hours: Sequence[Mapping[str, Any]]) -> list[str]:
    """`wind_notes` of the hours of an alarm, as its first suspect carries them."""
    at = [pd.Timestamp(one["hour"]).to_pydatetime() for one in hours]
    return wind_notes(house, min(at), max(at) + HOUR) if at else []


def wind_notes(house: House, start_at: datetime, end_at: datetime) -> list[str]:
    """The same in words for people, a line each; nothing where all masts agree."""
    return opposed_words(opposed_in(house, start_at, end_at))
