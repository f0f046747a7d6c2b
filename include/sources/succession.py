"""Alarms of a unit that ended go to its successor: a revision of each, from the date on, that says the same of another unit.

What was open on the date, and what is pushed from then on, is the successor's; what was answered before stays in the figures of the
unit that answered. An alarm keeps its push and its deadline. Which alarms go is a function of the facts alone, whenever they came:
a fact that comes late takes an alarm there or back. Several units may follow each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, insert, or_, select

from include.act import Act
from include.sources.chain_holders import follow_successors
from include.store.facts import states_of
from include.store.successors import (
    MARK,
    Successor,
    Successors,
    is_succession,
    name_successor,
    successor_of,
    successors,
)
from include.store.tables import alarm, lingering_alarm
from include.supervision.feedback import judge

Row = Mapping[str, Any]
_AT_ONCE: Final = 500
_LONG: Final = timedelta(days=7)  # `lingering_alarm` knows what was open for longer


def take_over(connection: Connection, unit_code: str, successor: Successor, county: str, act: Act) -> int:
    """Names who answers for a unit that ended, and hands its alarms over, and the tasks that it holds in a chain; returns how many alarms
    went. The caller holds the lock `intake`. Raises InputError."""
    name_successor(connection, unit_code, successor, county, act)
    follow_successors(connection, act.now)
    return hand_over(connection, _alarms_of(connection, unit_code, successor.since_at), now=act.now)


def hand_over(connection: Connection, alarm_ids: Iterable[str], *, now: datetime) -> int:
    """Brings those of the alarms that were told of units with a successor to whose they are; returns how many changed hands."""
    known = successors(connection)
    if not known:
        return 0
    ids, changed = sorted(set(alarm_ids)), 0
    for begin in range(0, len(ids), _AT_ONCE):
        histories = _histories(connection, ids[begin : begin + _AT_ONCE], {unit for unit, _ in known})
        open_at = _open_at(connection, histories, known)
        rows = [row for history in histories for row in _missing(history, known, open_at, now)]
        if rows:
            connection.execute(insert(alarm), rows)
        changed += len({row["alarm_id"] for row in rows})
    return changed


def _alarms_of(connection: Connection, unit_code: str, since_at: datetime) -> list[str]:
    """The alarms that a unit was ever told to have and that may have been open at a moment, or were pushed later."""
    may_be_open = select(lingering_alarm.c.alarm_id).where(
        or_(lingering_alarm.c.open_until_at.is_(None), lingering_alarm.c.open_until_at > since_at)
    )
    query = select(alarm.c.alarm_id).where(
        alarm.c.unit_code == unit_code,
        or_(alarm.c.pushed_at >= since_at - _LONG, alarm.c.alarm_id.in_(may_be_open)),
    )
    return [str(one) for one in connection.execute(query.distinct()).scalars()]


def _histories(connection: Connection, ids: Collection[str], units: Collection[str]) -> list[list[Row]]:
    """Every revision of each of the alarms that one of the units ever had, in the order in which they hold."""
    ever = select(alarm.c.alarm_id).where(alarm.c.alarm_id.in_(ids), alarm.c.unit_code.in_(units))
    query = (
        select(alarm)
        .where(alarm.c.alarm_id.in_(ever.scalar_subquery()))
        .order_by(alarm.c.alarm_id, alarm.c.revised_at, alarm.c.revision)
    )
    found: dict[str, list[Row]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["alarm_id"], []).append({str(name): value for name, value in row.items()})
    return list(found.values())


def _told(history: Sequence[Row]) -> Row:
    """What a source told last of an alarm."""
    return [row for row in history if not is_succession(row["content_hash"])][-1]


def _open_at(
    connection: Connection, histories: Sequence[Sequence[Row]], known: Successors
) -> dict[datetime, set[str]]:
    """The alarms that were open when a successor began, by that moment."""
    pushes = pd.DataFrame(
        [(row["alarm_id"], row["pushed_at"]) for row in map(_told, histories)],
        columns=["alarm_id", "pushed_at"],
    )
    found: dict[datetime, set[str]] = {}
    for since_at in {one.since_at for one in known.values()}:
        before = pushes[pushes["pushed_at"] < since_at]
        if before.empty:
            continue
        judged = judge(states_of(connection, before, since_at), since_at)
        found[since_at] = set(judged.loc[judged["is_open"], "alarm_id"])
    return found


def _missing(
    history: Sequence[Row], known: Successors, open_at: Mapping[datetime, Collection[str]], now: datetime
) -> list[dict[str, Any]]:
    """The revisions that an alarm lacks; none where it is with whom it should be."""
    told, last = _told(history), history[-1]
    steps = list(_way(told, known, open_at))
    at, unit_code = steps[-1] if steps else (told["revised_at"], told["unit_code"])
    if last["unit_code"] == unit_code:
        return []
    there = {(row["revised_at"], row["unit_code"]) for row in history if is_succession(row["content_hash"])}
    lacking = [step for step in steps[:-1] if step not in there]
    lacking.append((at if (at, unit_code) not in there and steps else max(at, last["revised_at"]), unit_code))
    revision = max(row["revision"] for row in history)
    return [
        {
            **told,
            "unit_code": code,
            "revised_at": moment,
            "revision": revision + place,
            "received_at": now,
            "content_hash": _mark(told, code, moment),
        }
        for place, (moment, code) in enumerate(lacking, 1)
    ]


def _way(
    told: Row, known: Successors, open_at: Mapping[datetime, Collection[str]]
) -> Iterable[tuple[datetime, str]]:
    """To whom an alarm goes, one unit after the other, and from when on."""
    at, unit_code = told["revised_at"], told["unit_code"]
    been = {unit_code}
    while found := successor_of(known, unit_code, told["county"]):
        is_before = told["pushed_at"] < found.since_at
        if found.successor_code in been or (
            is_before and told["alarm_id"] not in open_at.get(found.since_at, ())
        ):
            return
        at, unit_code = max(at, found.since_at), found.successor_code
        been.add(unit_code)
        yield at, unit_code


def _mark(told: Row, unit_code: str, at: datetime) -> str:
    text = "\x1f".join((told["content_hash"], unit_code, at.isoformat()))
    return MARK + hashlib.sha256(text.encode()).hexdigest()[: 64 - len(MARK)]
