"""One run of the watch over any hours: daily facts, judged hours, episodes, alarms; the same whatever the order and cut of runs.

A run answers for the alarms that were raised in its window. It looks back as far as the detector's finite memory asks, and on
over hours after its end that other runs have judged already, so that an alarm is whole whichever window came first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pandas as pd

from include.house import House
from include.periods import DAY, beijing_date, midnight
from include.store.engine import reading, writing
from include.store.judged_hours import GRID_HOURS, STATION_JUDGED, read_judged, replace_judged
from include.store.station_hours import (
    STATION_HOURS,
    WINDS,
    day_fingerprint,
    known_days,
    last_receipts,
    read_hours,
)
from include.store.watch_alarms import Kept, drop_alarms, keep_alarms, known_alarms
from include.store.watch_facts import (
    days_made,
    days_made_at,
    grids_known,
    hours_judged,
    keep_hours_judged,
    keep_station_days,
    read_station_days,
    replace_suppressed,
    stations_known,
)
from include.watch import DEFAULT_RULES, WatchRules, episodes, judge_hours, station_days, suppressed
from include.watch.history import history
from include.watch.quiet import QuietHours
from include.workflows.made_alarms import adopted, made_alarms

HOUR: Final = timedelta(hours=1)
_PIECE: Final = timedelta(
    days=4
)  # judged at once: a longer window goes piece by piece, so that memory stays bounded


@dataclass
class Watched:
    """What a run did. `lacks`: what was missing in its hours, in words, with the number of hours."""

    hours: int = 0
    days_computed: int = 0
    kept: Kept = field(default_factory=Kept)
    alarms: list[str] = field(default_factory=list)
    suppressed: int = 0
    lacks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """The stations as the detector takes them: one row an id; a station that moved has an id of its own for each place."""

    stations: pd.DataFrame
    grids: pd.DataFrame
    moved: pd.DataFrame  # station_id, name, valid_from, valid_to: which name an id has on which days
    is_simulated: bool
    learnt_at: datetime  # when the last of them was told


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
    for begin, end, is_last in _pieces(start_at, end_at):
        if progress is not None:
            progress(f"{begin:%Y-%m-%d %H:%M} …")
        _piece(house, network, begin, end, is_last, done, now, known_at, rules, quiet, actor)
    return done


def network_of(stations: pd.DataFrame, grids: pd.DataFrame) -> Network:
    """What the store knows of stations, for the detector: a second stay of an id gets the name `id@first day`."""
    frame = stations.copy()
    place = frame.groupby("station_id").cumcount()
    is_moved = frame["station_id"].duplicated(keep=False)
    named = frame["station_id"] + "@" + frame["valid_from"].astype(str)
    frame["name"] = frame["station_id"].where(place == 0, named)
    moved = frame.loc[is_moved, ["station_id", "name", "valid_from", "valid_to"]]
    simulated = bool(frame["is_simulated"].any()) if len(frame) else False
    columns = ["station_id", "kind", "city_code", "grid_id", "lon", "lat", "valid_from", "valid_to"]
    frame = frame.assign(station_id=frame["name"])[columns]
    for name in ("valid_from", "valid_to"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    learnt_at = max(stations["received_at"], default=datetime(1970, 1, 1, tzinfo=UTC))
    return Network(frame, grids, moved, simulated, learnt_at)


def hours_of_stations(
    house: House, network: Network, start_at: datetime, end_at: datetime, known_at: datetime | None
) -> pd.DataFrame:
    """The readings of [start_at, end_at) as the detector takes them."""
    table = read_hours(house.stations_dir, STATION_HOURS, start_at, end_at, known_at=known_at)
    frame: pd.DataFrame = table.to_pandas()
    frame["hour"] = frame["hour"].dt.tz_convert("UTC")
    if network.moved.empty:
        return frame
    frame["station_id"] = frame["station_id"].astype(object)
    moved = frame[frame["station_id"].isin(network.moved["station_id"])]
    on = moved["hour"].dt.tz_convert("Asia/Shanghai").dt.date
    for stay in network.moved.to_dict("records"):
        is_here = (moved["station_id"] == stay["station_id"]) & (on >= stay["valid_from"])
        if isinstance(stay["valid_to"], date):
            is_here &= on < stay["valid_to"]
        frame.loc[moved.index[is_here], "station_id"] = stay["name"]
    return frame


def daily_facts(
    house: House, network: Network, first: date, last: date, *, now: datetime, known_at: datetime | None, rules: WatchRules
) -> tuple[pd.DataFrame, int]:  # fmt: skip
    """The daily facts of [first, last]: those that the store has and that still hold, the others computed and appended.
    Returns how many days were computed. What was known at an earlier moment is computed and not kept."""
    days = [day for day in _days_with_hours(house, first, last) if midnight(day + DAY) <= now]
    if not days:
        return pd.DataFrame(), 0
    hashes = {day: _inputs_hash(house, network, day, rules) for day in days}
    if known_at is not None:
        return _computed(house, network, days, known_at, rules), len(days)
    with reading(house.engine) as connection:
        made = days_made(connection, days[0], days[-1], rules.edition)
    wanted = [day for day in days if made.get(day, (0, ""))[1] != hashes[day]]
    for day in wanted:
        facts = _computed(house, network, [day], None, rules)
        with writing(house.engine, lock="watch") as connection:
            if days_made(connection, day, day, rules.edition).get(day, (0, ""))[1] != hashes[day]:
                keep_station_days(connection, facts, day, rules.edition, hashes[day], now=now)
    with reading(house.engine) as connection:
        return read_station_days(connection, days[0], days[-1], rules.edition), len(wanted)


def _piece(
    house: House, network: Network, begin: datetime, end: datetime, is_last: bool, done: Watched, now: datetime,
    known_at: datetime | None, rules: WatchRules, quiet: QuietHours | None, actor: str,
) -> None:  # fmt: skip
    back = begin - rules.episode_back * HOUR
    earlier = _judged_before(house, network, back, begin, rules) if known_at is None else None
    judge_from = begin if earlier is not None else back
    read_from = judge_from - rules.hours_back * HOUR
    first = beijing_date(read_from) - rules.gain.days * DAY
    facts, computed = daily_facts(
        house, network, first, beijing_date(end), now=now, known_at=known_at, rules=rules
    )
    done.days_computed += computed
    hours = hours_of_stations(house, network, read_from, end, known_at)
    judged = judge_hours(network.stations, hours, facts, judge_from, end, rules)
    grid_hours = judged.grid_hours if earlier is None else _stacked(earlier, judged.grid_hours)
    mine = judged.grid_hours[judged.grid_hours["hour"] >= begin]
    stations = judged.station_hours[judged.station_hours["hour"] >= begin]
    replace_judged(house.stations_dir, GRID_HOURS, mine, begin, end, rules.edition)
    replace_judged(house.stations_dir, STATION_JUDGED, stations, begin, end, rules.edition)
    until = end
    if is_last:
        later, until = _judged_after(house, network, end, rules)
        grid_hours = _stacked(grid_hours, later)
    found = episodes(grid_hours, begin, until, rules)
    raised_at = pd.to_datetime(found["raised_at"], utc=True)
    own = found[((raised_at > begin) & (raised_at <= end)).to_numpy()]
    going_on = found[(raised_at <= begin).to_numpy()]
    held = suppressed(grid_hours, found, begin, end, rules)
    ledger = _ledger(house, network, hours, mine, stations, begin, end, rules, now)
    with writing(house.engine, lock="watch") as connection:
        known = known_alarms(connection, begin, end)
        states = history(grid_hours, found)
        names = {one["alarm_id"] for one in known}
        wanted = pd.concat([own, going_on[going_on["alarm_id"].isin(names)]], ignore_index=True)
        alarms = made_alarms(wanted, states, network.grids, network.is_simulated, quiet, rules)
        lost = [
            one
            for one in known
            if one["raised_at"] > begin and one["alarm_id"] not in set(wanted["alarm_id"])
        ]
        alarms, lost_ids = adopted(connection, alarms, lost)
        kept = keep_alarms(connection, alarms, now=now)
        drop_alarms(connection, lost_ids, kept, now=now, actor=actor)
        replace_suppressed(connection, _suppressed_rows(held), begin, end)
        keep_hours_judged(connection, ledger)
    _count(done, kept, [made.alarm_id for made in alarms], held, ledger)


def _judged_before(
    house: House, network: Network, start_at: datetime, end_at: datetime, rules: WatchRules
) -> pd.DataFrame | None:
    """The judged grids of [start_at, end_at), where all of these hours were judged by what is known now; else None."""
    if _fresh_until(house, network, start_at, end_at, rules) < end_at:
        return None
    return read_judged(house.stations_dir, GRID_HOURS, start_at, end_at, rules.edition)


def _judged_after(
    house: House, network: Network, end_at: datetime, rules: WatchRules
) -> tuple[pd.DataFrame, datetime]:
    """The judged grids of the hours right after, as far as they were judged without a gap (and an episode can reach)."""
    limit = end_at + (rules.episode.longest_hours + rules.episode.gap_hours) * HOUR
    until = _fresh_until(house, network, end_at, limit, rules)
    return read_judged(house.stations_dir, GRID_HOURS, end_at, until, rules.edition), until


def _fresh_until(
    house: House, network: Network, start_at: datetime, end_at: datetime, rules: WatchRules
) -> datetime:
    """How far the hours from `start_at` on were judged, and nothing that they rest on came in later: readings, daily facts,
    stations."""
    first = beijing_date(start_at - rules.hours_back * HOUR) - rules.gain.days * DAY
    with reading(house.engine) as connection:
        ledger = hours_judged(connection, start_at, end_at, rules.edition)
        made = days_made_at(connection, first, beijing_date(end_at), rules.edition)
    if ledger.empty:
        return start_at
    receipts = last_receipts(house.stations_dir, STATION_HOURS, start_at - rules.hours_back * HOUR, end_at)
    until = start_at
    for hour, judged_at in zip(ledger["hour_at"], ledger["judged_at"], strict=True):
        at = hour.to_pydatetime()
        day = beijing_date(at - rules.hours_back * HOUR)
        learnt = [
            network.learnt_at,
            *(made[one] for one in made if day - rules.gain.days * DAY <= one < beijing_date(at)),
        ]
        told = receipts[(receipts["hour"] > at - rules.hours_back * HOUR) & (receipts["hour"] <= at)]
        learnt += [moment.to_pydatetime() for moment in told["received_at"]]
        if at != until or max(learnt) > judged_at:
            break
        until = at + HOUR
    return until


def _stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    kept = [frame for frame in frames if len(frame)]
    if len(kept) < 2:
        return kept[0] if kept else frames[0]
    return pd.concat([frame[kept[0].columns] for frame in kept], ignore_index=True)


def _days_with_hours(house: House, first: date, last: date) -> list[date]:
    """The days of [first, last] from the first to the last day of which there are hours: a silent day between them is a fact, too."""
    known = known_days(house.stations_dir, STATION_HOURS)
    if not known:
        return []
    begin, end = max(first, known[0]), min(last, known[-1])
    return [begin + n * DAY for n in range((end - begin).days + 1)]


def _inputs_hash(house: House, network: Network, day: date, rules: WatchRules) -> str:
    """What the facts of a day are computed from: readings of it and of the evening before, the stations in service, the rules."""
    stations = network.stations
    in_service = stations[
        (stations["valid_from"] <= day)
        & (stations["valid_to"].isna() | (stations["valid_to"].fillna(date.max) > day))
    ]
    told = [
        day_fingerprint(house.stations_dir, STATION_HOURS, day - DAY), day_fingerprint(house.stations_dir, STATION_HOURS, day),
        rules.edition, in_service.to_csv(index=False),
    ]  # fmt: skip
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _computed(
    house: House, network: Network, days: list[date], known_at: datetime | None, rules: WatchRules
) -> pd.DataFrame:
    first, last = days[0], days[-1]
    start_at = midnight(first) - rules.quality.memory_hours * HOUR
    hours = hours_of_stations(house, network, start_at, midnight(last + DAY), known_at)
    facts: pd.DataFrame = station_days(network.stations, hours, first, last, rules)
    return facts


def _pieces(start_at: datetime, end_at: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    begin = start_at.astimezone(UTC)
    while begin < end_at:
        end = min(begin + _PIECE, end_at)
        yield begin, end, end == end_at
        begin = end


def _ledger(
    house: House, network: Network, hours: pd.DataFrame, grids: pd.DataFrame, stations: pd.DataFrame, begin: datetime,
    end: datetime, rules: WatchRules, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    winds = read_hours(house.stations_dir, WINDS, begin, end).column("hour").to_pandas()
    wind_hours = set(pd.to_datetime(winds, utc=True))
    heard = stations[stations["pm25_ug_m3"].notna()].groupby("hour").size()
    by_hour = dict(iter(grids.groupby("hour")))
    expected = stations.groupby("hour").size()
    rows = []
    at = begin
    while at < end:
        own = by_hour.get(pd.Timestamp(at))
        rows.append(
            {
                "hour_at": at, "rules_edition": rules.edition, "stations_expected": int(expected.get(at, 0)),
                "stations_heard": int(heard.get(at, 0)),
                "grids_judged": 0 if own is None else int((own["spoke"] > 0).sum()),
                "grids_raised": 0 if own is None else int(own["is_raised"].sum()),
                "lacks_json": json.dumps(_lacks(own, pd.Timestamp(at) in wind_hours), ensure_ascii=False), "judged_at": now,
            }
        )  # fmt: skip
        at += HOUR
    return rows


def _lacks(grids: pd.DataFrame | None, has_wind: bool) -> list[str]:
    """What was missing in an hour, in words of the ledger."""
    lacks = [] if has_wind else ["wind"]
    if grids is None or not (grids["spoke"] > 0).any():
        return [*lacks, "all stations"]
    if grids["rh_pct"].isna().all():
        lacks.append("humidity")
    if (grids["officials"] == 0).all():
        lacks.append("official stations")
    share = grids.groupby("city_code")[["spoke", "stations"]].sum()
    quiet = share.index[share["spoke"] < 0.5 * share["stations"]]
    return lacks + [f"half of the stations of {code}" for code in sorted(quiet)]


def _suppressed_rows(held: pd.DataFrame) -> list[dict[str, Any]]:
    if held.empty:
        return []
    rows = held.rename(columns={"edition": "rules_edition"})
    texts = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return [
        {
            str(name): value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
            for name, value in row.items()
        }
        for row in texts
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
