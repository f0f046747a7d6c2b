"""How reports to the office above stand: what waits for a person, and the last ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, select

from include.store.level_tables import sent_report

_sent = sent_report.c


@dataclass(frozen=True)
class OpenReports:
    """Reports to one office above that wait for a person for one reason. `state`: waiting or refused."""

    upper: str
    state: str
    reason: str
    count: int
    since: datetime


def open_reports(connection: Connection) -> list[OpenReports]:
    """What waits for a person: to be reviewed, or refused above."""
    rows = connection.execute(
        select(_sent.upper, _sent.state, _sent.state_reason, _sent.updated_at)
        .where(_sent.state.in_(("waiting", "refused")))
        .order_by(_sent.updated_at)
    ).all()
    groups: dict[tuple[str, str, str], list[datetime]] = {}
    for row in rows:
        groups.setdefault((row.upper, row.state, row.state_reason), []).append(row.updated_at)
    return [OpenReports(*key, len(moments), moments[0]) for key, moments in groups.items()]


def reports(connection: Connection, state: str = "", most: int = 200) -> pd.DataFrame:
    """The last reports, the newest first."""
    names = (
        "report_key",
        "upper",
        "kind",
        "alarm_id",
        "record_id",
        "told_at",
        "state",
        "state_reason",
        "received_at",
        "attempts",
    )
    asked = (
        select(*(_sent[name] for name in names))
        .order_by(_sent.queued_at.desc(), _sent.report_key)
        .limit(most)
    )
    asked = asked.where(_sent.state == state) if state else asked
    return pd.DataFrame(connection.execute(asked).all(), columns=list(names))
