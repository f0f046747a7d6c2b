"""Whether a mailbox can be read, and when it was read last: trouble is on record when it comes and goes, so that a person is told once
and for as long as it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from include.post import audit
from include.store import tables
from include.store.engine import reading, writing
from include.store.rounds import mailbox_rounds, mark_round

_SUBJECT: Final = "mailbox"
_UNUSABLE, _USABLE = "unusable", "usable"


@dataclass(frozen=True)
class Closed:
    """A mailbox that cannot be read, why, and since when."""

    name: str
    reason: str
    since: datetime


def note_trouble(engine: Engine, name: str, trouble: str, *, now: datetime, actor: str) -> None:
    """Records that a mailbox could not be read, or (no `trouble`) that it was read."""
    with reading(engine) as connection:
        is_known = any(one.name == name for one in closed_mailboxes(connection))
    if trouble and is_known:
        return
    with writing(engine) as connection:
        if not trouble:
            mark_round(connection, mailbox_rounds(name), now)
        if bool(trouble) == is_known:
            return
        change = audit.Change(_SUBJECT, name, _UNUSABLE if trouble else _USABLE, None, None, trouble)
        audit.record(connection, [change], now=now, actor=actor)


def closed_mailboxes(connection: Connection) -> list[Closed]:
    """The mailboxes that could not be read when that was tried last."""
    audited = tables.audit.c
    last = (
        select(func.max(audited.audit_id))
        .where(audited.subject == _SUBJECT, audited.action.in_((_UNUSABLE, _USABLE)))
        .group_by(audited.subject_id)
    )
    rows = connection.execute(
        select(audited.subject_id, audited.reason, audited.at)
        .where(audited.audit_id.in_(last), audited.action == _UNUSABLE)
        .order_by(audited.subject_id)
    )
    return [Closed(row.subject_id, row.reason, row.at) for row in rows]
