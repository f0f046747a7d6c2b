"""Suspects in the store, and what persons and inspections said of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Engine, or_, select

from include.errors import StateError
from include.store.engine import writing
from include.store.statements import frame
from include.store.tables import audit
from include.store.watch_tables import VERDICTS, alarm_alias, alarm_suspect, suspect_at_push, suspect_verdict

_AT_ONCE: Final = 500


def suspects_of(connection: Connection, alarm_ids: Sequence[str]) -> pd.DataFrame:
    """One row a suspect of these alarms, by alarm and rank, with the verdict of a person (sql/suspects_of_alarms.sql)."""
    ids = sorted(set(alarm_ids)) or [""]
    parts = [
        frame(connection, "suspects_of_alarms", alarm_ids=tuple(ids[at : at + _AT_ONCE]))
        for at in range(0, len(ids), _AT_ONCE)
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def suspects_at_push(connection: Connection, alarm_ids: Sequence[str]) -> pd.DataFrame:
    """One row a suspect of these alarms by what was known when they were raised (sql/suspects_at_push.sql)."""
    ids = sorted(set(alarm_ids)) or [""]
    parts = [
        frame(connection, "suspects_at_push", alarm_ids=tuple(ids[at : at + _AT_ONCE]))
        for at in range(0, len(ids), _AT_ONCE)
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def suspects_for_letters(connection: Connection, alarm_ids: Sequence[str]) -> pd.DataFrame:
    """One row a suspect of each ranking of these alarms, the ranking that is to be told first (sql/suspects_for_letters.sql)."""
    ids = sorted(set(alarm_ids)) or [""]
    parts = [
        frame(connection, "suspects_for_letters", alarm_ids=tuple(ids[at : at + _AT_ONCE]))
        for at in range(0, len(ids), _AT_ONCE)
    ]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return rows.astype({"verdict": object}).assign(
        verdict=lambda one: one["verdict"].where(one["verdict"].notna(), None)
    )


def inspected_suspects(connection: Connection) -> pd.DataFrame:
    """One row a suspect of every alarm of which an inspection told a result (sql/inspected_suspects.sql)."""
    return frame(connection, "inspected_suspects")


def keep_verdict(
    engine: Engine, alarm_id: str, enterprise_id: str, verdict: str, actor: str, reason: str, *, now: datetime
) -> None:
    """Keeps what a person says of a suspect: one of VERDICTS, or `open`, which takes it back. Recorded in the audit trail.

    Raises StateError where the alarm has no such suspect, the verdict is none, or the reason is empty.
    """
    with writing(engine) as connection:
        put_verdict(connection, alarm_id, enterprise_id, verdict, actor, reason, now=now)


def put_verdict(
    connection: Connection,
    alarm_id: str,
    enterprise_id: str,
    verdict: str,
    actor: str,
    reason: str,
    *,
    now: datetime,
) -> None:
    """The same inside a transaction. What is said again word by word changes nothing."""
    where = f"suspects decide {alarm_id} {enterprise_id}"
    if verdict not in (*VERDICTS, "open"):
        raise StateError("no such verdict", where=where, expected=", ".join((*VERDICTS, "open")), got=verdict)
    if not reason.strip():
        raise StateError("a verdict needs a reason", where=where, todo="say why, or what was seen")
    key = (alarm_id, enterprise_id)
    ours = (suspect_verdict.c.alarm_id == alarm_id, suspect_verdict.c.enterprise_id == enterprise_id)
    known = connection.execute(
        select(suspect_verdict.c.verdict, suspect_verdict.c.reason).where(*ours)
    ).first()
    before = known.verdict if known else None
    if known and (known.verdict, known.reason) == (verdict, reason.strip()):
        return
    if before is None and not _is_suspected(connection, alarm_id, enterprise_id):
        raise StateError(
            "the alarm has no such suspect", where=where, todo="see `suspects show` for its suspects"
        )
    connection.execute(suspect_verdict.delete().where(*ours))
    if verdict != "open":
        row = dict(zip(("alarm_id", "enterprise_id"), key, strict=True)) | {
            "verdict": verdict,
            "reason": reason.strip(),
            "decided_at": now,
            "decided_by": actor,
        }
        connection.execute(suspect_verdict.insert(), row)
    entry = {
        "at": now,
        "actor": actor,
        "subject": "suspect",
        "subject_id": f"{alarm_id} {enterprise_id}"[:128],
        "action": "decide",
        "from_state": before,
        "to_state": verdict,
        "reason": reason.strip(),
    }
    connection.execute(audit.insert(), entry)


def _is_suspected(connection: Connection, alarm_id: str, enterprise_id: str) -> bool:
    """Whether any ranking of the alarm, or of its alias of the watch, has the suspect."""
    aliases = select(alarm_alias.c.alias_id).where(alarm_alias.c.alarm_id == alarm_id)
    return any(
        connection.execute(
            select(table.c.rank)
            .where(
                table.c.enterprise_id == enterprise_id,
                or_(table.c.alarm_id == alarm_id, table.c.alarm_id.in_(aliases)),
            )
            .limit(1)
        ).first()
        for table in (alarm_suspect, suspect_at_push)
    )
