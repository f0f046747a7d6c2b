"""Cases of 解剖分析 in the store: their events up to a moment, one more of them, and the alarms that open them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.chain.dissection.machine import case_of
from include.chain.dissection.values import Case, CaseEvent
from include.store.dissection_tables import dissection_event
from include.store.facts import ALL_KNOWN
from include.store.statements import frame

_OF_CASE: Final = ("case_id", "grid_id", "case_no", "is_simulated")


@dataclass(frozen=True)
class StoredCase:
    """One case as of a moment: its grid and number there, its events, and how it stands after them."""

    case_id: str
    grid_id: str
    case_no: int
    is_simulated: bool
    events: tuple[CaseEvent, ...]
    case: Case


def dissections(
    connection: Connection,
    as_of: datetime = ALL_KNOWN,
    *,
    known_at: datetime = ALL_KNOWN,
    case_id: str | None = None,
) -> Iterator[StoredCase]:
    """The cases as of a moment (sql/dissection_events.sql), by case_id; only one where it is named."""
    rows = frame(connection, "dissection_events", case_id=case_id, as_of_at=as_of, known_at=known_at)
    for key, own in rows.groupby("case_id", sort=True):
        events = tuple(_event(row) for row in own.to_dict("records"))
        first = own.iloc[0]
        yield StoredCase(
            str(key),
            str(first["grid_id"]),
            int(first["case_no"]),
            bool(own["is_simulated"].any()),
            events,
            case_of(events),
        )


def add_dissection_event(
    connection: Connection, case_id: str, grid_id: str, case_no: int, event: CaseEvent, *, is_simulated: bool
) -> None:
    """Adds the next event of a case. The caller holds the lock `dissection` of the store."""
    values = asdict(event)
    row = {
        "case_id": case_id,
        "grid_id": grid_id,
        "case_no": case_no,
        "is_simulated": is_simulated,
        **values,
    }
    connection.execute(dissection_event.insert().values(**row))


def counted_alarms(
    connection: Connection,
    start_at: datetime,
    end_at: datetime,
    as_of: datetime,
    *,
    least: int = 1,
    grid_id: str | None = None,
    known_at: datetime = ALL_KNOWN,
) -> pd.DataFrame:
    """One row an alarm that counts, of the grids that have so many, or of one grid: `alarm_id, grid_id, pushed_at, is_simulated`
    (sql/dissection_alarms.sql)."""
    return frame(
        connection,
        "dissection_alarms",
        start_at=start_at,
        end_at=end_at,
        as_of_at=as_of,
        known_at=known_at,
        grid_id=grid_id,
        least=least,
    )


def _event(row: dict[Any, Any]) -> CaseEvent:
    values = {str(name): value for name, value in row.items() if name not in _OF_CASE}
    for name in ("event_at", "recorded_at", "due_at"):
        values[name] = None if pd.isna(values[name]) else values[name].to_pydatetime()
    return CaseEvent(**values)
