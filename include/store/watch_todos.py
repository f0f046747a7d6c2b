"""What a person decides about alarms of the watch: withdrawn with a reason, or kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, func, select

from include.errors import InputError, StateError
from include.store.engine import writing
from include.store.tables import audit, feedback_event
from include.store.watch_alarms import content_hash
from include.store.watch_tables import WATCH_SOURCE, watch_alarm, watch_todo

Decision = Literal["withdraw", "keep"]
DECISIONS: Final[tuple[Decision, ...]] = ("withdraw", "keep")


def open_todos(connection: Connection) -> list[Mapping[str, Any]]:
    """What waits for a person, the oldest first: `alarm_id, kind, reason, made_at, grid_id, is_simulated`."""
    columns = (watch_todo, watch_alarm.c.grid_id, watch_alarm.c.is_simulated)
    query = (
        select(*columns)
        .join(watch_alarm, watch_alarm.c.alarm_id == watch_todo.c.alarm_id)
        .where(watch_todo.c.settled_at.is_(None))
        .order_by(watch_todo.c.made_at, watch_todo.c.alarm_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def decide(engine: Engine, alarm_id: str, decision: Decision, *, reason: str, by: str, now: datetime) -> None:
    """Settles what waits about an alarm. Withdrawn: it counts as an upheld dispute (误报) from now on, and is listed apart.

    Raises InputError for an unknown alarm or an empty reason, StateError when nothing waits.
    """
    if not reason.strip():
        raise InputError("a reason is needed", where=f"alarm {alarm_id}", todo="say why, for the audit trail")
    with writing(engine, lock="watch") as connection:
        made = (
            connection.execute(select(watch_alarm).where(watch_alarm.c.alarm_id == alarm_id))
            .mappings()
            .first()
        )
        if made is None:
            raise InputError("no such alarm of the watch", where="alarms of the watch", got=alarm_id)
        this = (watch_todo.c.alarm_id == alarm_id, watch_todo.c.settled_at.is_(None))
        if connection.execute(select(watch_todo.c.kind).where(*this)).first() is None:
            raise StateError(
                "nothing about this alarm waits for a person",
                where=f"alarm {alarm_id}",
                todo="see the desk's page of stations (站点)",
            )
        if decision == "withdraw":
            _uphold(connection, made, reason, by, now)
        done = {"settled_at": now, "settled_by": by, "settled_reason": reason}
        connection.execute(watch_todo.update().where(*this).values(done))
        entry = {
            "at": now,
            "actor": by,
            "subject": "alarm",
            "subject_id": alarm_id,
            "action": decision,
            "from_state": "unsupported",
            "to_state": "withdrawn" if decision == "withdraw" else "kept",
            "reason": reason,
        }
        connection.execute(audit.insert(), entry)


def _uphold(connection: Connection, made: Mapping[Any, Any], reason: str, by: str, now: datetime) -> None:
    key = (
        feedback_event.c.alarm_id == made["alarm_id"],
        feedback_event.c.event == "dispute_upheld",
        feedback_event.c.event_at == now,
    )
    last = connection.execute(select(func.max(feedback_event.c.revision)).where(*key)).scalar() or 0
    row = {
        "alarm_id": made["alarm_id"],
        "event": "dispute_upheld",
        "event_at": now,
        "revision": last + 1,
        "inspector": by,
        "note": reason,
        "source": WATCH_SOURCE,
        "is_simulated": made["is_simulated"],
        "received_at": now,
    }
    connection.execute(feedback_event.insert(), row | {"content_hash": content_hash(row)})
