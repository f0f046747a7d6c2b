"""更正建议: letters that left and would say otherwise today. What the last comparison found is kept in the audit trail, so that
the list of what waits does not compare them again."""

from collections.abc import Mapping
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection, Engine

from include.language import say
from include.post.audit import Change, record
from include.store.engine import writing
from include.store.statements import frame


def open_proposals(connection: Connection, since: date) -> pd.DataFrame:
    """One row a letter (sql/proposed_corrections.sql) whose period_end is not before `since`, the oldest proposal first."""
    return frame(connection, "proposed_corrections", since_date=since)


def keep_proposals(
    engine: Engine, found: Mapping[str, str], since: date, *, now: datetime, actor: str
) -> None:
    """Makes the open proposals those of `found`: by letter_key, the differences in words. What says the same stays as it was."""
    with writing(engine) as connection:
        rows = open_proposals(connection, since).to_dict("records")
        known = {str(row["letter_key"]): str(row["reason"]) for row in rows}
        changes = [
            Change("letter", key, "propose", None, None, words)
            for key, words in found.items()
            if known.get(key) != words
        ]
        changes += [
            Change("letter", key, "unpropose", None, None, say("与现有数据一致，不再建议更正"))
            for key in known.keys() - found.keys()
        ]
        record(connection, changes, now=now, actor=actor)
