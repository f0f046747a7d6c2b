"""What a run of the watch reads: the stations, their hours as known at a moment, the daily facts (computed where they lack)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import compress
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.house import House
from include.periods import DAY, midnight, office_zone
from include.store.engine import reading, writing
from include.store.station_gains import keep_gains, read_gains
from include.store.station_hours import STATION_HOURS, day_fingerprint, known_days, read_hours
from include.store.watch_facts import days_made, keep_station_days, read_station_days
from include.watch import StationOrder, WatchRules, station_days, station_gains, station_order

HOUR: Final = timedelta(hours=1)
_READ: Final = ("pm25_ug_m3", "pm10_ug_m3", "rh_pct", "sample_count")
_DAYS_AT_ONCE: Final = 4  # of readings in memory, when daily facts are made


@dataclass(frozen=True)
class Network:
    """The stations as the detector takes them: one row an id; a station that moved has an id of its own for each place."""

    stations: pd.DataFrame
    grids: pd.DataFrame
    moved: pd.DataFrame  # station_id, name, valid_from, valid_to: which name an id has on which days
    is_simulated: bool
    learnt_at: datetime  # when the last of them was told

    @cached_property
    def order(self) -> StationOrder:
        """The stations in the detector's order, made once."""
        return station_order(self.stations)

    @cached_property
    def lines(self) -> list[str]:
        """By station all that is told of it, as Python writes the tuple."""
        columns = (_written(self.stations[name].tolist()) for name in self.stations)
        return [f"({', '.join(told)})\n" for told in zip(*columns, strict=True)]

    @cached_property
    def service(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """By station the ordinal of its first day in service, and of the first day after."""
        return _ordinals(self.stations["valid_from"], 0), _ordinals(
            self.stations["valid_to"], date.max.toordinal() + 1
        )


def _written(values: list[Any]) -> list[str]:
    """The values as Python writes them; where thousands of stations share few, each is written once."""
    known = {one: repr(one) for one in set(values)}
    return [known[one] for one in values]


def _ordinals(days: pd.Series, otherwise: int) -> NDArray[np.int64]:
    """The ordinals of dates, `otherwise` where there is none. Thousands of stations share few days: each is looked at once."""
    told = days.tolist()
    known = {one: one.toordinal() if isinstance(one, date) else otherwise for one in set(told)}
    return np.array([known[one] for one in told], np.int64)


def network_of(stations: pd.DataFrame, grids: pd.DataFrame) -> Network:
    """What the store knows of stations, for the detector: a second stay of an id gets the name `id@first day`.

    A micro-station whose grid is not known (yet) is left out: no alarm can come of a grid that nobody told."""
    is_placed = (stations["kind"] != "micro") | stations["grid_id"].isin(grids["grid_id"])
    frame = stations[is_placed.to_numpy(bool)]
    is_moved, is_later = (
        frame["station_id"].duplicated(keep=keep).to_numpy(bool) for keep in (False, "first")
    )
    ids = frame["station_id"].to_numpy(object)
    names = ids.copy()
    names[is_later] = ids[is_later] + "@" + frame["valid_from"].to_numpy(object)[is_later].astype(str)
    moved = frame.loc[is_moved, ["station_id", "valid_from", "valid_to"]]
    moved.insert(1, "name", names[is_moved])
    simulated = bool(frame["is_simulated"].any()) if len(frame) else False
    columns = ["station_id", "kind", "unit_code", "grid_id", "lon", "lat", "valid_from", "valid_to"]
    frame = frame[columns].assign(station_id=pd.Series(names, frame.index, dtype=object))
    for name in ("valid_from", "valid_to"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    told = [rows["received_at"].max() for rows in (stations, grids) if len(rows)]
    learnt_at = max(told, default=datetime(1970, 1, 1, tzinfo=UTC))
    return Network(frame, grids, moved, simulated, learnt_at)


def hours_of_stations(
    house: House, network: Network, start_at: datetime, end_at: datetime, known_at: datetime | None
) -> pd.DataFrame:
    """The readings of [start_at, end_at) as the detector takes them."""
    table = read_hours(house.stations_dir, STATION_HOURS, start_at, end_at, known_at=known_at, columns=_READ)
    frame: pd.DataFrame = table.to_pandas()
    frame["hour"] = frame["hour"].dt.tz_convert("UTC")
    return at_stays(frame, network.moved)


def at_stays(frame: pd.DataFrame, moved: pd.DataFrame) -> pd.DataFrame:
    """The hours with the name of each station's place on their day (`Network.moved`) for its id; the frame itself is changed."""
    if moved.empty:
        return frame
    frame["station_id"] = frame["station_id"].astype(object)
    told = frame[frame["station_id"].isin(moved["station_id"])]
    on = told["hour"].dt.tz_convert(office_zone()).dt.date
    for stay in moved.to_dict("records"):
        is_here = (told["station_id"] == stay["station_id"]) & (on >= stay["valid_from"])
        if isinstance(stay["valid_to"], date):
            is_here &= on < stay["valid_to"]
        frame.loc[told.index[is_here], "station_id"] = stay["name"]
    return frame


@dataclass
class DaysRead:
    """What a run has read of days: by day the hash of the inputs of its facts and the facts; the gains that hold on it and the
    hash of what they were made from; who was in service. A run goes back two weeks with every piece, and reads a day once."""

    facts: dict[date, tuple[str, pd.DataFrame]] = field(default_factory=dict)
    gains: dict[date, tuple[str, pd.DataFrame]] = field(default_factory=dict)
    in_service: dict[bytes, str] = field(default_factory=dict)

    def forget(self, first: date) -> None:
        """Leaves the days before."""
        for held in (self.facts, self.gains):
            for day in [day for day in held if day < first]:
                del held[day]


def known_gains(
    house: House,
    network: Network,
    first: date,
    last: date,
    *,
    now: datetime,
    known_at: datetime | None,
    rules: WatchRules,
    read: DaysRead,
) -> tuple[pd.DataFrame, int]:
    """What the hours of the days [first, last] are judged with; on the way the daily facts that the store lacks are computed and
    appended. Returns how many days were computed. What was known at an earlier moment is computed and not kept."""
    begin = first - rules.gain.days * DAY
    days = [day for day in _days_with_hours(house, begin, last) if midnight(day + DAY) <= now]
    if known_at is not None:
        facts = _computed(house, network, days, known_at, rules) if days else pd.DataFrame()
        return station_gains(network.order, facts, first, last, rules), len(days)
    read.forget(begin)
    hashes = {day: _inputs_hash(house, network, day, rules, read) for day in days}
    made = _make_facts(house, network, hashes, now, rules, read)
    wanted = [first + n * DAY for n in range((last - first).days + 1)]
    return pd.concat(
        [_gains_of(house, network, day, hashes, rules, read) for day in wanted], ignore_index=True
    ), made


def _make_facts(
    house: House, network: Network, hashes: dict[date, str], now: datetime, rules: WatchRules, read: DaysRead
) -> int:
    """Computes and appends the daily facts that the store does not have as their inputs are now; returns of how many days."""
    if not hashes:
        return 0
    with reading(house.engine) as connection:
        made = days_made(connection, min(hashes), max(hashes), rules.edition)
    wanted = [day for day, told in hashes.items() if made.get(day, (0, ""))[1] != told]
    for days in _runs(wanted):
        facts = _computed(house, network, days, None, rules)
        by_day = dict(iter(facts.groupby("date", sort=False)))
        for day in days:
            own = by_day.get(day, facts.iloc[:0])
            with writing(house.engine, lock="watch") as connection:
                if days_made(connection, day, day, rules.edition).get(day, (0, ""))[1] != hashes[day]:
                    keep_station_days(connection, own, day, rules.edition, hashes[day], now=now)
            read.facts[day] = (hashes[day], own)
    return len(wanted)


def _runs(days: list[date]) -> Iterator[list[date]]:
    """The days in runs without a gap, none longer than what is read at once."""
    run: list[date] = []
    for day in days:
        if run and (day - run[-1] > DAY or len(run) == _DAYS_AT_ONCE):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _gains_of(
    house: House, network: Network, day: date, hashes: dict[date, str], rules: WatchRules, read: DaysRead
) -> pd.DataFrame:
    """The gains that hold on a day: as they were kept, or made from its facts and kept."""
    before = [one for one in hashes if day - rules.gain.days * DAY <= one < day]
    told = [rules.edition, _in_service(network, day, read), *(f"{one} {hashes[one]}" for one in before)]
    made_from = hashlib.sha256("\n".join(told).encode()).hexdigest()
    if read.gains.get(day, ("",))[0] == made_from:
        return read.gains[day][1]
    found = read_gains(house.stations_dir, day, made_from)
    if found is None:
        facts = _facts_of(house, before, hashes, rules, read)
        found = station_gains(network.order, facts, day, day, rules)
        keep_gains(house.stations_dir, day, found, made_from)
    read.gains[day] = (made_from, found)
    return found


def _facts_of(
    house: House, days: list[date], hashes: dict[date, str], rules: WatchRules, read: DaysRead
) -> pd.DataFrame:
    unread = [day for day in days if read.facts.get(day, ("",))[0] != hashes[day]]
    if unread:
        with reading(house.engine) as connection:
            for day in unread:
                read.facts[day] = (hashes[day], read_station_days(connection, day, day, rules.edition))
    held = [read.facts[day][1] for day in days]
    spoken = [frame for frame in held if len(frame)]
    return pd.concat(spoken, ignore_index=True) if spoken else pd.DataFrame()


def _days_with_hours(house: House, first: date, last: date) -> list[date]:
    """The days of [first, last] from the first to the last day of which there are hours: a silent day between them is a fact, too."""
    known = known_days(house.stations_dir, STATION_HOURS)
    if not known:
        return []
    begin, end = max(first, known[0]), min(last, known[-1])
    return [begin + n * DAY for n in range((end - begin).days + 1)]


def _inputs_hash(house: House, network: Network, day: date, rules: WatchRules, read: DaysRead) -> str:
    """What the facts of a day are computed from: readings of it and of the evening before, the stations in service, the rules."""
    told = [
        day_fingerprint(house.stations_dir, STATION_HOURS, day - DAY),
        day_fingerprint(house.stations_dir, STATION_HOURS, day),
        rules.edition,
        _in_service(network, day, read),
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _in_service(network: Network, day: date, read: DaysRead) -> str:
    """A hash of the stations that are in service on a day."""
    begin, end = network.service
    is_in_service = (begin <= day.toordinal()) & (day.toordinal() < end)
    mask = is_in_service.tobytes()
    if mask not in read.in_service:
        text = "".join(compress(network.lines, is_in_service))
        read.in_service[mask] = hashlib.sha256(text.encode()).hexdigest()
    return read.in_service[mask]


def _computed(
    house: House, network: Network, days: list[date], known_at: datetime | None, rules: WatchRules
) -> pd.DataFrame:
    first, last = days[0], days[-1]
    start_at = midnight(first) - rules.quality.memory_hours * HOUR
    hours = hours_of_stations(house, network, start_at, midnight(last + DAY), known_at)
    facts: pd.DataFrame = station_days(network.order, hours, first, last, rules)
    return facts
