"""One run of the watch over any hours: daily facts, judged hours, episodes, alarms; the same whatever the order and cut of runs.

A run answers for the alarms that were raised in its window. It looks back as far as the detector's finite memory asks, and on
over hours after its end that other runs have judged already, so that an alarm is whole whichever window came first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection

from include.house import House
from include.periods import DAY, midnight, office_date
from include.sources.succession import hand_over
from include.store.engine import reading, writing
from include.store.judged_hours import (
    GRID_HOURS,
    STATION_JUDGED,
    Wanted,
    days_between,
    numbers_of,
    read_judged,
    replace_judged,
)
from include.store.station_hours import (
    STATION_HOURS,
    WINDS,
    last_receipts,
)
from include.store.watch_alarms import (
    Kept,
    alarms_over,
    drop_alarms,
    forget_alarms,
    keep_alarms,
    known_alarms,
)
from include.store.watch_facts import (
    days_made_at,
    grids_known,
    judged_at,
    keep_hours_judged,
    replace_suppressed,
    stations_known,
)
from include.suspects.rules import DEFAULT_RULES as SUSPECT_RULES
from include.watch import (
    DEFAULT_RULES,
    WatchRules,
    episodes,
    judge_hours,
    standing_out,
    stands_out,
    suppressed,
)
from include.watch.history import history
from include.watch.quiet import QuietHours
from include.watch.rows import GRID_COLUMNS
from include.workflows.made_alarms import Settled, made_alarms, settled
from include.workflows.suspecting import keep_suspects
from include.workflows.watch_inputs import HOUR, DaysRead, Network, hours_of_stations, known_gains, network_of

_PIECE: Final = timedelta(
    days=8
)  # judged at once: a longer window goes piece by piece, so that memory stays bounded


@dataclass
class Watched:
    """What a run did. `lacks`: what was missing in its hours, in words, with the number of hours."""

    hours: int = 0
    days_computed: int = 0
    kept: Kept = field(default_factory=Kept)
    alarms: list[str] = field(default_factory=list)
    suppressed: int = 0
    suspected: int = 0  # alarms that have suspects now
    lacks: dict[str, int] = field(default_factory=dict)


def watch(
    house: House,
    start_at: datetime,
    end_at: datetime,
    *,
    now: datetime,
    known_at: datetime | None = None,
    rules: WatchRules = DEFAULT_RULES,
    quiet: QuietHours | None = None,
    actor: str = "watch",
    progress: Callable[[str], None] | None = None,
) -> Watched:
    """Judges the hours of [start_at, end_at), whole hours, and keeps what came of them. `known_at`: with readings received until
    then only; otherwise every stored hour counts as known when it ended. Hours that have not ended by `now` are left."""
    end_at = min(end_at, now.astimezone(UTC).replace(minute=0, second=0, microsecond=0))
    done = Watched()
    with reading(house.engine) as connection:
        network = network_of(stations_known(connection), grids_known(connection))
    days = DaysRead()
    for begin, end, is_last in _pieces(start_at, end_at):
        if progress is not None:
            progress(f"{begin:%Y-%m-%d %H:%M} …")
        _piece(house, network, days, begin, end, is_last, done, now, known_at, rules, quiet, actor)
    told = sorted({*done.alarms, *_told_by(house, start_at, end_at, rules)})
    done.suspected = keep_suspects(house, told, network=network, known_at=known_at)
    return done


def _told_by(house: House, start_at: datetime, end_at: datetime, rules: WatchRules) -> list[str]:
    """The alarms whose suspects these hours have a say in: also those that began in the window and were raised after it, by a run
    that did not know its hours yet."""
    with reading(house.engine) as connection:
        return alarms_over(
            connection,
            start_at,
            end_at + SUSPECT_RULES.reach.hours_before * HOUR,
            longest=rules.episode_back * HOUR,
            decided=(rules.episode.start_back_hours + 1) * HOUR,
        )


def _piece(
    house: House,
    network: Network,
    read: DaysRead,
    begin: datetime,
    end: datetime,
    is_last: bool,
    done: Watched,
    now: datetime,
    known_at: datetime | None,
    rules: WatchRules,
    quiet: QuietHours | None,
    actor: str,
) -> None:
    back = midnight(office_date(begin)) - rules.episode_back * HOUR
    earlier = _judged_before(house, network, back, begin, rules) if known_at is None else None
    judge_from = begin if earlier is not None else back
    hours_back = rules.hours_back if earlier is None else rules.hours_back_of_next
    judged_from = judge_from - (hours_back - rules.quality.memory_hours) * HOUR
    gains, computed = known_gains(
        house,
        network,
        office_date(judged_from),
        office_date(end - HOUR),
        now=now,
        known_at=known_at,
        rules=rules,
        read=read,
    )
    done.days_computed += computed
    hours = hours_of_stations(house, network, judge_from - hours_back * HOUR, end, known_at)
    judged = judge_hours(network.order, hours, gains, judge_from, end, rules, earlier=earlier)
    grid_hours = judged.grid_hours if earlier is None else _stacked(earlier, judged.grid_hours)
    grid_hours = standing_out(grid_hours, rules)
    mine = judged.grid_hours[judged.grid_hours["hour"] >= begin]
    stations = judged.station_hours[judged.station_hours["hour"] >= begin]
    ledger = _ledger(house, mine, stations, begin, end, rules, now)
    # One run at a time from here on: of two neighbouring hours that are judged at once, the later one to write sees the other.
    with writing(house.engine, lock="watch") as connection:
        replace_judged(house.stations_dir, GRID_HOURS, mine, begin, end, rules.edition)
        replace_judged(house.stations_dir, STATION_JUDGED, stations, begin, end, rules.edition)
        until = end
        if is_last:
            later, until = _judged_after(house, network, end, rules)
            grid_hours = _stacked(grid_hours, standing_out(later, rules)) if len(later) else grid_hours
        day = midnight(office_date(begin))
        found = episodes(grid_hours, day, until, rules)
        plan = _plan(connection, network, grid_hours, found, begin, end, until, quiet, rules)
        forget_alarms(connection, plan.forgotten)
        kept = keep_alarms(connection, plan.alarms, now=now)
        hand_over(connection, [made.alarm_id for made in plan.alarms], now=now)
        drop_alarms(connection, plan.lost, kept, now=now, actor=actor)
        held = _held_back(grid_hours, found, begin, end, until, rules)
        days = days_between(begin, end)
        replace_suppressed(connection, _suppressed_rows(held), midnight(days[0]), midnight(days[-1] + DAY))
        keep_hours_judged(connection, ledger)
    _count(done, kept, [made.alarm_id for made in plan.alarms], held, ledger)


def _plan(
    connection: Connection,
    network: Network,
    grid_hours: pd.DataFrame,
    of_days: pd.DataFrame,
    begin: datetime,
    end: datetime,
    until: datetime,
    quiet: QuietHours | None,
    rules: WatchRules,
) -> Settled:
    """What the hours up to `until` make of the alarms that were raised in (begin, end], and of those that go on from before.
    `of_days`: the episodes from the midnight before `begin` on."""
    known = known_alarms(connection, begin, end)
    names = {one["alarm_id"] for one in known}
    found = of_days[(of_days["last_at"] >= begin).to_numpy()]
    shrunk = {one["alarm_id"] for one in known if one["raised_at"] <= begin <= one["last_at"]}
    shrunk -= set(found["alarm_id"])
    if shrunk:
        # Corrected hours took an earlier episode out of the window: it ends before, and its alarm says so.
        before = episodes(grid_hours, begin - rules.episode.longest_hours * HOUR, until, rules)
        found = _stacked(found, before[before["alarm_id"].isin(shrunk)])
    raised_at = pd.to_datetime(found["raised_at"], utc=True)
    is_own = (raised_at > begin) & (raised_at <= end)
    is_going_on = (raised_at <= begin) & found["alarm_id"].isin(names)
    wanted = found[(is_own | is_going_on).to_numpy()]
    alarms = made_alarms(
        wanted, history(grid_hours, wanted), network.grids, network.is_simulated, quiet, rules
    )
    ids = set(wanted["alarm_id"])
    lost = [one for one in known if one["raised_at"] > begin and one["alarm_id"] not in ids]
    return settled(connection, alarms, known, lost)


def _held_back(
    grid_hours: pd.DataFrame,
    of_days: pd.DataFrame,
    begin: datetime,
    end: datetime,
    until: datetime,
    rules: WatchRules,
) -> pd.DataFrame:
    """What was held back, of the natural days that the hours belong to, each as it was known at its end: the same for any cut.
    `of_days`: the episodes of all of them as they are known at `until`."""
    parts = []
    for day in days_between(begin, end):
        first, last = midnight(day), min(midnight(day + DAY), until)
        is_all = first <= begin and last == until
        found = of_days if is_all else episodes(grid_hours, first, last, rules)
        parts.append(suppressed(grid_hours, found, first, last, rules))
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else parts[0]


def _judged_before(
    house: House, network: Network, start_at: datetime, end_at: datetime, rules: WatchRules
) -> pd.DataFrame | None:
    """The judged grids of [start_at, end_at) that a run from then on reads, where all of these hours were judged by what is known
    now; else None."""
    if fresh_until(house, network, start_at, end_at, rules) < end_at:
        return None

    names = ("grid_id", "increment_ug_m3", "increment_share", "is_raised")

    def are_wanted(table: pa.Table) -> NDArray[np.bool_]:
        """What can be part of an episode, and what the filter reads."""
        grid, increment, share, is_raised = (numbers_of(table, name) for name in names)
        recent = (end_at - rules.filter.memory_hours * HOUR).timestamp()
        stands = stands_out(grid, increment, share, is_raised, rules=rules)
        return np.asarray(stands | (numbers_of(table, "hour") >= recent))

    wanted = Wanted((*names, "hour"), are_wanted)
    return read_judged(house.stations_dir, GRID_HOURS, start_at, end_at, rules.edition, GRID_COLUMNS, wanted)


def _judged_after(
    house: House, network: Network, end_at: datetime, rules: WatchRules
) -> tuple[pd.DataFrame, datetime]:
    """The judged grids of the hours right after, as far as they were judged without a gap (and an episode can reach)."""
    limit = end_at + (rules.episode.longest_hours + rules.episode.gap_hours) * HOUR
    until = fresh_until(house, network, end_at, limit, rules)
    return read_judged(house.stations_dir, GRID_HOURS, end_at, until, rules.edition, GRID_COLUMNS), until


def fresh_until(
    house: House, network: Network, start_at: datetime, end_at: datetime, rules: WatchRules
) -> datetime:
    """How far the hours from `start_at` on were judged, and nothing that they rest on came in later: readings, daily facts,
    stations."""
    first = office_date(start_at - rules.hours_back * HOUR) - rules.gain.days * DAY
    with reading(house.engine) as connection:
        ledger = judged_at(connection, start_at, end_at, rules.edition)
        made = days_made_at(connection, first, office_date(end_at), rules.edition)
    if not ledger:
        return start_at
    back = rules.hours_back * HOUR
    receipts = last_receipts(house.stations_dir, STATION_HOURS, start_at - back, end_at)

    @cache
    def facts_made_at(day: date, today: date) -> datetime:
        of_days = (at for one, at in made.items() if day - rules.gain.days * DAY <= one < today)
        return max(of_days, default=network.learnt_at)

    until = start_at
    for hour, at in ledger:
        read = (receipts.get(hour - place * HOUR, network.learnt_at) for place in range(rules.hours_back))
        facts = facts_made_at(office_date(hour - back), office_date(hour))
        if hour != until or max(network.learnt_at, facts, *read) > at:
            break
        until = hour + HOUR
    return until


def _stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    kept = [frame for frame in frames if len(frame)]
    if len(kept) < 2:
        return kept[0] if kept else frames[0]
    return pd.concat([frame[kept[0].columns] for frame in kept], ignore_index=True)


def _pieces(start_at: datetime, end_at: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    begin = start_at.astimezone(UTC)
    while begin < end_at:
        end = min(begin + _PIECE, end_at)
        yield begin, end, end == end_at
        begin = end


def _ledger(
    house: House,
    grids: pd.DataFrame,
    stations: pd.DataFrame,
    begin: datetime,
    end: datetime,
    rules: WatchRules,
    now: datetime,
) -> list[dict[str, Any]]:
    wind_hours = last_receipts(house.stations_dir, WINDS, begin, end)
    count = (end - begin) // HOUR
    at_grid, at_station = _places(grids["hour"], begin), _places(stations["hour"], begin)

    def hours_with(at: NDArray[np.int64], is_so: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(at[is_so], minlength=count)

    expected = np.bincount(at_station, minlength=count)
    heard = hours_with(at_station, stations["pm25_ug_m3"].notna().to_numpy(bool))
    judged = hours_with(at_grid, grids["spoke"].to_numpy() > 0)
    raised = hours_with(at_grid, grids["is_raised"].to_numpy(bool))
    humid = hours_with(at_grid, grids["rh_pct"].notna().to_numpy(bool))
    official = hours_with(at_grid, grids["officials"].to_numpy() > 0)
    silent = _silent_units(grids, at_grid, count)
    rows = []
    for place in range(count):
        at = begin + place * HOUR
        lacks = [] if at in wind_hours else ["wind"]
        if not judged[place]:
            lacks.append(
                "surroundings (no other grid or official station within reach)"
                if heard[place]
                else "all stations"
            )
        else:
            lacks += [] if humid[place] else ["humidity"]
            lacks += [] if official[place] else ["official stations"]
            lacks += [f"half of the stations of {code}" for code in silent.get(place, [])]
        rows.append(
            {
                "hour_at": at,
                "rules_edition": rules.edition,
                "stations_expected": int(expected[place]),
                "stations_heard": int(heard[place]),
                "grids_judged": int(judged[place]),
                "grids_raised": int(raised[place]),
                "lacks_json": json.dumps(lacks, ensure_ascii=False),
                "judged_at": now,
            }
        )
    return rows


def _places(hours: pd.Series, begin: datetime) -> NDArray[np.int64]:
    """How many hours after `begin` each hour is."""
    seconds = hours.to_numpy("datetime64[s]").astype(np.int64)
    return np.asarray((seconds - int(begin.timestamp())) // 3600, np.int64)


def _silent_units(grids: pd.DataFrame, at: NDArray[np.int64], count: int) -> dict[int, list[str]]:
    """By hour the units of which fewer than half of the stations spoke, in order."""
    unit, names = pd.factorize(grids["unit_code"], sort=True)
    cells = at * len(names) + unit
    size = count * len(names)
    spoke, stations = (
        np.bincount(cells, grids[name].to_numpy(float), size) for name in ("spoke", "stations")
    )
    silent: dict[int, list[str]] = {}
    for cell in np.flatnonzero(spoke < 0.5 * stations).tolist():
        silent.setdefault(cell // len(names), []).append(str(names[cell % len(names)]))
    return silent


def _suppressed_rows(held: pd.DataFrame) -> list[dict[str, Any]]:
    if held.empty:
        return []
    rows = held.rename(columns={"edition": "rules_edition"})
    names = [str(name) for name in rows]
    columns = [
        rows[name].dt.to_pydatetime() if name.endswith("_at") else rows[name].tolist() for name in names
    ]
    return [
        {name: None if value != value else value for name, value in zip(names, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]


def _count(
    done: Watched, kept: Kept, alarms: list[str], held: pd.DataFrame, ledger: list[dict[str, Any]]
) -> None:
    done.hours += len(ledger)
    done.suppressed += len(held)
    done.alarms += [one for one in alarms if one not in set(done.alarms)]
    for name in vars(kept):
        setattr(done.kept, name, getattr(done.kept, name) + getattr(kept, name))
    for row in ledger:
        for word in json.loads(row["lacks_json"]):
            done.lacks[word] = done.lacks.get(word, 0) + 1
