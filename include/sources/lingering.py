"""Keeps `lingering_alarm`, by which a day finds the open alarms of any age without looking through all that ever were.

An alarm has a row as long as it may be open, and afterwards if it was open for more than `LONG`. The row may be there for
an alarm that is not open (the states of sql/alarm_states.sql decide); it is never missing for one that is: whenever an alarm
was open at a moment and is settled by all that is known now, the last step that can settle it lies after that moment.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
from sqlalchemy import Connection

from include.store import bulk
from include.store.statements import frame, run
from include.store.tables import lingering_alarm

# Every reader of the table also reads all alarms of the last seven days, open or not.
LONG: Final = pd.Timedelta(days=7)


def refresh(connection: Connection) -> None:
    """Brings the rows of the alarms that wanted_key names up to what the store knows; part of the connection's transaction."""
    told = frame(connection, "settlements")
    run(connection, "forget_lingering")
    bulk.insert(connection, lingering_alarm, lingering(told))


def lingering(told: pd.DataFrame) -> pd.DataFrame:
    """The rows of `lingering_alarm` of these alarms (rows of sql/settlements.sql)."""

    def is_after(later: str, earlier: str, *, or_at: bool = False) -> pd.Series[bool]:
        is_later = (told[later] >= told[earlier]) if or_at else (told[later] > told[earlier])
        return told[later].notna() & (told[earlier].isna() | is_later)

    is_answered = is_after("answered_at", "returned_at") | is_after("accepted_at", "returned_at", or_at=True)
    is_upheld = is_after("upheld_at", "rejected_at", or_at=True)
    is_closed = (
        is_after("closed_at", "answered_at", or_at=True)
        & is_after("closed_at", "returned_at", or_at=True)
        & is_after("closed_at", "reopened_at")
    )
    is_settled = is_answered | is_upheld | is_closed
    until = told[["answered_at", "upheld_at", "closed_at"]].max(axis=1).where(is_settled)
    rows = told[["alarm_id", "pushed_at"]].assign(open_until_at=until.astype(told["pushed_at"].dtype))
    return rows[~is_settled | (until > told["pushed_at"] + LONG)].reset_index(drop=True)
