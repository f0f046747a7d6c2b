"""Alarms of the watch in the store: revisions of `alarm`, what the watch knows beside them, aliases, what a person must decide.

An alarm's id, grid, first hour and push never change. Whatever is found again is the same alarm; what is not found any more
stays where it left already (a person withdraws it) and goes otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.former_names import former
from include.language import say
from include.store.alarm_aliases import settle_aliases
from include.store.statements import frame
from include.store.successors import is_succession
from include.store.tables import alarm, audit, lingering_alarm
from include.store.watch_facts import insert_rows
from include.store.watch_tables import (
    WATCH_SOURCE,
    alarm_alias,
    alarm_suspect,
    suspect_at_push,
    watch_alarm,
    watch_todo,
)

_AT_ONCE: Final = 500
_GOING_ON: Final = timedelta(days=2)  # an episode pauses for hours only
_NEAR: Final = timedelta(days=3)  # a push is not farther from its alarm's hours
UNSUPPORTED: Final = "补到或更正的数据不再支持这条报警：请核实，确属误报的注明理由撤回"


@dataclass(frozen=True)
class State:
    """What was known of an alarm from `known_at` on; instants, μg/m³."""

    known_at: datetime
    last_at: datetime
    alarm_count: int
    peak_pm25_ug_m3: float


@dataclass(frozen=True)
class MadeAlarm:
    """An alarm as a run of the watch found it, with its states in order of time; `row`: the columns of `alarm` that never
    change (grid_id, unit_code, county, point_name, lon, lat, started_at, pushed_at, deadline_at, rules_version, is_simulated)."""

    alarm_id: str
    raised_at: datetime
    states: tuple[State, ...]
    row: Mapping[str, Any]
    confidence: float | None
    evidence: Mapping[str, Any]
    edition: str


@dataclass
class Kept:
    """What became of a run's alarms. `merged`: they are aliases of alarms that another source told earlier."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    unsupported: int = 0
    merged: int = 0


def known_alarms(connection: Connection, start_at: datetime, end_at: datetime) -> list[Mapping[str, Any]]:
    """The watch's alarms that were raised in (start, end], or may have been going on at the start, as mappings of `watch_alarm`."""
    query = select(watch_alarm).where(
        watch_alarm.c.raised_at <= end_at, watch_alarm.c.last_at >= start_at - _GOING_ON
    )
    also = select(watch_alarm).where(watch_alarm.c.raised_at > start_at, watch_alarm.c.raised_at <= end_at)
    found = {row["alarm_id"]: row for part in (query, also) for row in connection.execute(part).mappings()}
    return [dict(found[alarm_id]) for alarm_id in sorted(found)]


def alarms_over(
    connection: Connection, start_at: datetime, end_at: datetime, *, longest: timedelta, decided: timedelta
) -> list[str]:
    """The watch's alarms whose hours lie in [start, end) at least in part. `longest`: how long an alarm may last; `decided`: how long
    after its first hour it may have been raised."""
    query = (
        select(watch_alarm.c.alarm_id)
        .where(watch_alarm.c.raised_at > start_at - longest, watch_alarm.c.raised_at <= end_at + decided)
        .where(watch_alarm.c.started_at < end_at, watch_alarm.c.last_at >= start_at)
        .order_by(watch_alarm.c.alarm_id)
    )
    return list(connection.execute(query).scalars())


def alarms_of_grid(
    connection: Connection, grid_id: str, until: datetime, most: int = 50
) -> list[Mapping[str, Any]]:
    """The last alarms that the watch raised on a grid by that moment, the latest first, as mappings of `watch_alarm`."""
    query = (
        select(watch_alarm)
        .where(watch_alarm.c.grid_id == grid_id, watch_alarm.c.raised_at <= until)
        .order_by(watch_alarm.c.raised_at.desc())
        .limit(most)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def left_alarms(connection: Connection, alarm_ids: Iterable[str]) -> set[str]:
    """Those of the alarms that a released letter names, or that somebody answered or found a problem at (sql/alarms_that_left.sql)."""
    return {
        str(one)
        for part in _parts(alarm_ids)
        for one in frame(connection, "alarms_that_left", **part)["alarm_id"]
    }


@dataclass
class _Known:
    """What the store knows of a run's alarms before it writes: by alarm_id; `others`: alarms of other sources near in time."""

    watch: dict[str, Mapping[str, Any]]
    revisions: dict[str, list[tuple[int, datetime, str]]]
    aliases: dict[str, str]
    others: pd.DataFrame


def made_by_watch(connection: Connection, alarm_ids: Iterable[str]) -> set[str]:
    """Those of the alarms that the watch made."""
    found: set[str] = set()
    wanted = sorted(set(alarm_ids))
    for at in range(0, len(wanted), _AT_ONCE):
        query = select(watch_alarm.c.alarm_id).where(watch_alarm.c.alarm_id.in_(wanted[at : at + _AT_ONCE]))
        found |= set(connection.execute(query).scalars())
    return found


def push_of(connection: Connection, alarm_id: str) -> dict[str, Any]:
    """When an alarm was pushed and is due, as it was told first; empty where the store has no alarm of that number."""
    query = (
        select(alarm.c.pushed_at, alarm.c.deadline_at)
        .where(alarm.c.alarm_id == alarm_id)
        .order_by(alarm.c.revision)
    )
    row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else {}


def keep_alarms(connection: Connection, alarms: Sequence[MadeAlarm], *, now: datetime) -> Kept:
    """Writes alarms: what is new of their states as revisions, and what the watch knows beside them."""
    kept = Kept()
    if not alarms:
        return kept
    known = _known(connection, alarms)
    revisions: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for made in alarms:
        is_alias = _is_alias(connection, made, known)
        if is_alias:
            is_written = _write_alias(connection, made, now)
        else:
            rows = _revisions(made, known.revisions.get(made.alarm_id, []), now)
            revisions += rows
            is_written = bool(rows)
        values, before = _values(made), known.watch.get(made.alarm_id)
        if before is None:
            fixed = {
                "alarm_id": made.alarm_id,
                "grid_id": made.row["grid_id"],
                "started_at": made.row["started_at"],
                "raised_at": made.raised_at,
                "recorded_at": now,
            }
            fresh.append({**fixed, **values})
            kept.new += 1
        elif is_written or any(before[name] != value for name, value in values.items()):
            connection.execute(
                watch_alarm.update().where(watch_alarm.c.alarm_id == made.alarm_id).values(values)
            )
            kept.revised += 1
            if not before["is_supported"]:
                _settle_todo(connection, made.alarm_id, "unsupported", say("补到的数据重新支持这条报警"), now)
        else:
            kept.unchanged += 1
        kept.merged += is_alias
    insert_rows(connection, alarm, revisions)
    _may_be_open(connection, revisions, known)
    insert_rows(connection, watch_alarm, fresh)
    first, last = (bound(made.row["started_at"] for made in alarms) for bound in (min, max))
    settle_aliases(connection, first - _NEAR, last + _NEAR, now=now)
    return kept


def _may_be_open(connection: Connection, revisions: Sequence[Mapping[str, Any]], known: _Known) -> None:
    """Alarms that the store did not know are open until an intake says otherwise: letters find them however old (`lingering_alarm`)."""
    first = {row["alarm_id"]: row["pushed_at"] for row in revisions if row["alarm_id"] not in known.revisions}
    rows = [{"alarm_id": alarm_id, "pushed_at": pushed_at} for alarm_id, pushed_at in first.items()]
    ids = sorted(first)
    for begin in range(0, len(ids), _AT_ONCE):
        mine = lingering_alarm.c.alarm_id.in_(ids[begin : begin + _AT_ONCE])
        connection.execute(lingering_alarm.delete().where(mine))
    insert_rows(connection, lingering_alarm, rows)


def drop_alarms(
    connection: Connection, alarm_ids: Sequence[str], kept: Kept, *, now: datetime, actor: str
) -> None:
    """What a run does not find any more: an alarm that left becomes a to-do for a person, another one goes (with an entry in
    the audit trail)."""
    left = left_alarms(connection, alarm_ids)
    for alarm_id in alarm_ids:
        if alarm_id in left:
            change = watch_alarm.update().where(
                watch_alarm.c.alarm_id == alarm_id, watch_alarm.c.is_supported
            )
            if connection.execute(change.values(is_supported=False)).rowcount:
                kept.unsupported += 1
            open_todo(connection, alarm_id, "unsupported", UNSUPPORTED, now=now)
            continue
        forget_alarms(connection, [alarm_id])
        entry = {
            "at": now,
            "actor": actor,
            "subject": "alarm",
            "subject_id": alarm_id,
            "action": "drop",
            "from_state": "raised",
            "to_state": None,
            "reason": say("补到或更正的数据不再支持，且尚未发出"),
        }
        connection.execute(audit.insert(), entry)
        kept.withdrawn += 1


def forget_alarms(connection: Connection, alarm_ids: Sequence[str]) -> None:
    """Takes alarms that never left out of the store."""
    for alarm_id in alarm_ids:
        for table in (alarm, lingering_alarm, watch_alarm, alarm_suspect, suspect_at_push, watch_todo):
            connection.execute(table.delete().where(table.c.alarm_id == alarm_id))
        connection.execute(alarm_alias.delete().where(alarm_alias.c.alias_id == alarm_id))


def open_todo(connection: Connection, alarm_id: str, kind: str, reason: str, *, now: datetime) -> None:
    """Adds what a person must decide, or opens it again after it was settled by new data."""
    mine = (watch_todo.c.alarm_id == alarm_id, watch_todo.c.kind == kind)
    if connection.execute(select(watch_todo.c.kind).where(*mine)).first() is None:
        row = {"alarm_id": alarm_id, "kind": kind, "reason": reason, "made_at": now}
        connection.execute(watch_todo.insert(), row)
        return
    again = watch_todo.update().where(*mine, watch_todo.c.settled_by == WATCH_SOURCE)
    connection.execute(again.values(settled_at=None, settled_by=None, settled_reason=None, made_at=now))


def replace_suspects(
    connection: Connection,
    alarm_ids: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    at_push: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Puts the suspects of these alarms (columns of `alarm_suspect`) in the place of those that were there; `at_push`: by what
    was known when they were raised."""
    for table, told in ((alarm_suspect, rows), (suspect_at_push, at_push)):
        for begin in range(0, len(alarm_ids), _AT_ONCE):
            part = list(alarm_ids[begin : begin + _AT_ONCE])
            connection.execute(table.delete().where(table.c.alarm_id.in_(part)))
        insert_rows(connection, table, told)


def content_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 of what a revision says, without its key and its moment; under the names of the first revisions, whose hashes are kept."""
    told = {
        former(name): str(value)
        for name, value in row.items()
        if name not in ("alarm_id", "revision", "revised_at")
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _known(connection: Connection, alarms: Sequence[MadeAlarm]) -> _Known:
    ids = [made.alarm_id for made in alarms]
    known = _Known({}, {}, {}, pd.DataFrame())
    for begin in range(0, len(ids), _AT_ONCE):
        part = ids[begin : begin + _AT_ONCE]
        for row in connection.execute(select(watch_alarm).where(watch_alarm.c.alarm_id.in_(part))).mappings():
            known.watch[row["alarm_id"]] = dict(row)
        columns = (alarm.c.alarm_id, alarm.c.revision, alarm.c.revised_at, alarm.c.content_hash)
        query = (
            select(*columns).where(alarm.c.alarm_id.in_(part)).order_by(alarm.c.revised_at, alarm.c.revision)
        )
        for alarm_id, revision, at, digest in connection.execute(query):
            known.revisions.setdefault(alarm_id, []).append((revision, at, digest))
        aliases = select(alarm_alias.c.alias_id, alarm_alias.c.alarm_id).where(
            alarm_alias.c.alias_id.in_(part)
        )
        known.aliases |= {str(alias): str(main) for alias, main in connection.execute(aliases)}
    known.others = frame(
        connection,
        "alarms_of_others",
        source=WATCH_SOURCE,
        start_at=min(made.row["started_at"] for made in alarms) - _NEAR,
        end_at=max(made.states[-1].last_at for made in alarms) + _NEAR,
    )
    return known


def _values(made: MadeAlarm) -> dict[str, Any]:
    last = made.states[-1]
    return {
        "last_at": last.last_at,
        "alarm_count": last.alarm_count,
        "peak_pm25_ug_m3": last.peak_pm25_ug_m3,
        "confidence": made.confidence,
        "evidence_json": json.dumps(made.evidence, ensure_ascii=False, sort_keys=True),
        "rules_edition": made.edition,
        "is_supported": True,
        "is_simulated": made.row["is_simulated"],
    }


def _revisions(
    made: MadeAlarm, stored: Sequence[tuple[int, datetime, str]], now: datetime
) -> list[dict[str, Any]]:
    """The states that the store does not say yet; where it says more than was found, it is told what holds."""
    held = {at: digest for _, at, digest in stored if not is_succession(digest)}
    revision = max((number for number, _, _ in stored), default=0)
    rows: list[dict[str, Any]] = []
    for at in sorted({*held, *(state.known_at for state in made.states)}):
        states = [one for one in made.states if one.known_at <= at]
        if not states:
            continue
        row = _revision(made, states[-1])
        digest = content_hash(row)
        if held.get(at) == digest:
            continue
        revision += 1
        told = {"revision": revision, "revised_at": at, "received_at": now, "content_hash": digest}
        rows.append(row | told | {"source": WATCH_SOURCE})
    return rows


def _revision(made: MadeAlarm, state: State) -> dict[str, Any]:
    return {
        **made.row,
        "alarm_id": made.alarm_id,
        "last_at": state.last_at,
        "alarm_count": state.alarm_count,
        "peak_pm25_ug_m3": state.peak_pm25_ug_m3,
        "is_outside_city": False,
    }


def _is_alias(connection: Connection, made: MadeAlarm, known: _Known) -> bool:
    """Whether another source told of the same event earlier: then this one is an alias and no alarm of its own."""
    if made.alarm_id in known.aliases:
        return True
    if made.alarm_id in known.revisions or known.others.empty:
        return False  # it stood already, or nobody else spoke
    others, last = known.others, made.states[-1].last_at
    is_same = (others["grid_id"] == made.row["grid_id"]) & (others["pushed_at"] <= made.row["pushed_at"])
    is_same &= (others["started_at"] <= last) & (others["last_at"] >= made.row["started_at"])
    if not is_same.any():
        return False
    main = str(others[is_same].sort_values(["pushed_at", "alarm_id"])["alarm_id"].iloc[0])
    row = {
        "alias_id": made.alarm_id,
        "alarm_id": main,
        "source": WATCH_SOURCE,
        "revisions_json": "[]",
        "made_at": made.raised_at,
    }
    connection.execute(alarm_alias.insert(), row)
    return True


def _write_alias(connection: Connection, made: MadeAlarm, now: datetime) -> bool:
    """Keeps what the watch says of an alarm that another source told earlier."""
    told = [
        {
            name: _text(value)
            for name, value in (_revision(made, state) | {"revised_at": state.known_at}).items()
        }
        for state in made.states
    ]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    change = alarm_alias.update().where(
        alarm_alias.c.alias_id == made.alarm_id, alarm_alias.c.revisions_json != text
    )
    return bool(connection.execute(change.values(revisions_json=text, made_at=now)).rowcount)


def _settle_todo(connection: Connection, alarm_id: str, kind: str, reason: str, now: datetime) -> None:
    change = watch_todo.update().where(
        watch_todo.c.alarm_id == alarm_id, watch_todo.c.kind == kind, watch_todo.c.settled_at.is_(None)
    )
    connection.execute(change.values(settled_at=now, settled_by=WATCH_SOURCE, settled_reason=reason))


def _parts(alarm_ids: Iterable[str]) -> list[dict[str, str]]:
    """One call a key: few alarms are dropped in a run."""
    return [{"alarm_id": alarm_id} for alarm_id in alarm_ids]


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
