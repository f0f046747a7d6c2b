"""What a form says of suspects, as verdicts of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from include.errors import StateError
from include.language import say
from include.sources import quarantine
from include.sources.delivery import Inspected
from include.sources.hashes import row_json
from include.store.alarm_aliases import main_ids
from include.store.suspects import put_verdict

NO_SUCH: Final = "该报警没有这一疑似来源"


def keep_inspected(
    connection: Connection,
    source: str,
    inspected: Sequence[Inspected],
    origin: str,
    *,
    received_at: datetime,
    now: datetime,
) -> list[Inspected]:
    """Keeps what a form says of suspects, as of its receipt, with who says it; returns those of whom the alarm has no suspect: they
    are in the quarantine."""
    main = main_ids(connection, [one.alarm_id for one in inspected])
    strange: list[Inspected] = []
    rejects = []
    for one in inspected:
        by = f"{source} {one.unit} {one.inspector}"[:128]
        alarm_id = main.get(one.alarm_id, one.alarm_id)
        try:
            put_verdict(connection, alarm_id, one.candidate_id, one.verdict, by, one.note, now=received_at)
        except StateError:
            strange.append(one)
            row = {"alarm_id": one.alarm_id, "candidate_id": one.candidate_id, "note": one.note}
            place = say("{origin} 疑似来源核查 第{line}行", origin=origin, line=one.line)
            rejects.append(
                quarantine.Rejected(
                    "feedback", place, "candidate_id", one.candidate_id, say(NO_SUCH), row_json(row), None
                )
            )
    quarantine.keep(connection, source, rejects, now=now)
    return strange
