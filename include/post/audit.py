"""The audit trail: who or what changed a state, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from include.store import tables

_LONGEST_ACTOR: Final = 128  # characters of audit.actor: the long id of a run must not stop the post


@dataclass(frozen=True)
class Change:
    """One change of state of one thing. `from_state` is None for what is new."""

    subject: str  # letter, delivery, server …: the values of audit.subject
    subject_id: str
    action: str
    from_state: str | None
    to_state: str | None
    reason: str


def record(connection: Connection, changes: Sequence[Change], *, now: datetime, actor: str) -> None:
    """Adds one row a change, inside the caller's transaction."""
    if changes:
        rows = [
            {
                "at": now,
                "actor": actor[:_LONGEST_ACTOR],
                "subject": change.subject,
                "subject_id": change.subject_id,
                "action": change.action,
                "from_state": change.from_state,
                "to_state": change.to_state,
                "reason": change.reason,
            }
            for change in changes
        ]
        connection.execute(insert(tables.audit), rows)
