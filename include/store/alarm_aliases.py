"""Alarms that are one event: what the watch made and what a platform told of the same grid and hours is one alarm.

The earlier push keeps its number and its deadline; the other becomes an alias, in whatever order the two came to the store. All
that was told of an alias is kept with it; answers and problems that name it belong to the alarm.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Table, func, select

from include.language import say
from include.store.statements import frame
from include.store.tables import alarm, audit, feedback_event, lingering_alarm, problem
from include.store.watch_tables import WATCH_SOURCE, alarm_alias, alarm_suspect, watch_alarm

_ACTOR: Final = "merge"


def has_aliases(connection: Connection) -> bool:
    """Whether any alarm is known under two numbers."""
    return connection.execute(select(alarm_alias.c.alias_id).limit(1)).first() is not None


def main_ids(connection: Connection, alarm_ids: Iterable[str]) -> dict[str, str]:
    """The alarm that each alias among these numbers belongs to."""
    ids = sorted(set(alarm_ids))
    found: dict[str, str] = {}
    for begin in range(0, len(ids), 500):
        part = ids[begin : begin + 500]
        query = select(alarm_alias.c.alias_id, alarm_alias.c.alarm_id).where(alarm_alias.c.alias_id.in_(part))
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def settle_aliases(connection: Connection, start_at: datetime, end_at: datetime, *, now: datetime) -> int:
    """Makes one alarm of those pushed in [start, end) that are one event; returns how many became aliases
    (sql/alarms_of_one_event.sql)."""
    if connection.execute(select(watch_alarm.c.alarm_id).limit(1)).first() is None:
        return 0
    pairs = frame(connection, "alarms_of_one_event", source=WATCH_SOURCE, start_at=start_at, end_at=end_at)
    gone: set[str] = set()
    for row in pairs.to_dict("records"):
        told, made = str(row["alarm_id"]), str(row["watch_id"])
        if told in gone or made in gone:
            continue
        is_told_first = row["pushed_at"] <= row["watch_pushed_at"]
        main, alias = (told, made) if is_told_first else (made, told)
        _make_alias(connection, alias, main, now)
        gone.add(alias)
    return len(gone)


def keep_alias_rows(connection: Connection, rows: pd.DataFrame, *, now: datetime) -> None:
    """Keeps what a source tells again of its alarms that are aliases (rows of `alarm`)."""
    for alias_id, own in rows.groupby("alarm_id"):
        this = alarm_alias.c.alias_id == alias_id
        told = json.loads(connection.execute(select(alarm_alias.c.revisions_json).where(this)).scalar_one())
        fresh = [
            one
            for one in (_plain(row) for row in own.to_dict("records"))
            if not any(one["content_hash"] == other.get("content_hash") for other in told)
        ]
        if fresh:
            text = json.dumps([*told, *fresh], ensure_ascii=False, sort_keys=True)
            connection.execute(alarm_alias.update().where(this).values(revisions_json=text, made_at=now))


def _make_alias(connection: Connection, alias: str, main: str, now: datetime) -> None:
    query = select(alarm).where(alarm.c.alarm_id == alias).order_by(alarm.c.revision)
    rows = [_plain(dict(row)) for row in connection.execute(query).mappings()]
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True)
    row = {
        "alias_id": alias,
        "alarm_id": main,
        "source": rows[0]["source"],
        "revisions_json": text,
        "made_at": now,
    }
    connection.execute(alarm_alias.update().where(alarm_alias.c.alarm_id == alias).values(alarm_id=main))
    connection.execute(alarm_alias.insert(), row)
    connection.execute(alarm.delete().where(alarm.c.alarm_id == alias))
    _move_events(connection, alias, main)
    _may_be_open(connection, alias, main)
    connection.execute(problem.update().where(problem.c.alarm_id == alias).values(alarm_id=main))
    if (
        connection.execute(select(alarm_suspect.c.rank).where(alarm_suspect.c.alarm_id == main)).first()
        is None
    ):
        connection.execute(
            alarm_suspect.update().where(alarm_suspect.c.alarm_id == alias).values(alarm_id=main)
        )
    entry = {
        "at": now,
        "actor": _ACTOR,
        "subject": "alarm",
        "subject_id": alias,
        "action": "alias",
        "from_state": None,
        "to_state": None,
        "reason": say("与{main}为同一事件（同一网格、时间重叠），以先推送的{main}为准", main=main),
    }
    connection.execute(audit.insert(), entry)


def _may_be_open(connection: Connection, alias: str, main: str) -> None:
    """The alarm has other steps now: it counts as one that may be open until the next intake looks at it (`lingering_alarm`)."""
    connection.execute(lingering_alarm.delete().where(lingering_alarm.c.alarm_id.in_((alias, main))))
    pushed_at = connection.execute(
        select(func.min(alarm.c.pushed_at)).where(alarm.c.alarm_id == main)
    ).scalar_one()
    connection.execute(lingering_alarm.insert().values(alarm_id=main, pushed_at=pushed_at))


def _move_events(connection: Connection, alias: str, main: str) -> None:
    """The alias's events become the alarm's; one that it has already comes as a later revision."""
    key: Table = feedback_event
    rows = (
        connection.execute(select(key).where(key.c.alarm_id == alias).order_by(key.c.revision))
        .mappings()
        .all()
    )
    for row in rows:
        same = (key.c.alarm_id == main, key.c.event == row["event"], key.c.event_at == row["event_at"])
        known = connection.execute(select(key.c.revision).where(*same)).scalars().all()
        revision = max(known, default=row["revision"] - 1) + 1
        connection.execute(key.insert(), {**dict(row), "alarm_id": main, "revision": revision})
    connection.execute(key.delete().where(key.c.alarm_id == alias))


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            value = None if pd.isna(value) else value.isoformat()
        elif hasattr(value, "item"):
            value = value.item()
        told[str(name)] = None if isinstance(value, float) and value != value else value
    return told
