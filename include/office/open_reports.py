"""How the traffic between levels stands: reports to the office above, what waits of them for a person, and the tokens of those below."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine, select, update

from include.errors import InputError, StateError
from include.post.audit import Change, record
from include.store.engine import writing
from include.store.level_tables import platform_token, sent_report

_sent, _token = sent_report.c, platform_token.c


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


def decide(engine: Engine, report_key: str, *, is_sent: bool, now: datetime, actor: str, reason: str) -> None:
    """A person sends a report that waits or was refused (again), or drops it. Raises InputError without a reason, StateError where
    the report waits for nobody."""
    if not reason.strip():
        raise InputError("a reason is needed", where=f"report {report_key}", todo="say why")
    state = "queued" if is_sent else "dropped"
    with writing(engine) as connection:
        before = connection.execute(select(_sent.state).where(_sent.report_key == report_key)).scalar()
        if before not in ("waiting", "refused"):
            raise StateError(
                "the report waits for nobody",
                where=f"report {report_key}",
                expected="waiting or refused",
                got=before or "no such report",
            )
        connection.execute(
            update(sent_report)
            .where(_sent.report_key == report_key)
            .values(state=state, state_reason=reason, next_attempt_at=now, updated_at=now)
        )
        record(
            connection,
            [Change("report", report_key, "decide", before, state, reason)],
            now=now,
            actor=actor,
        )


def tokens(connection: Connection) -> pd.DataFrame:
    """One row a token, the newest first; nothing by which one could be used."""
    names = ("token_id", "unit_code", "label", "made_at", "made_by", "expires_at", "revoked_at")
    rows = connection.execute(select(*(_token[name] for name in names)).order_by(_token.token_id.desc()))
    return pd.DataFrame(rows.all(), columns=list(names))
