"""Facts that this office tells itself: a step of the feedback to an alarm, a problem found; through the same door as every source's."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.sources import merge
from include.sources.hashes import content_hashes
from include.sources.layout import FEEDBACK, PROBLEMS, Layout

SOURCE: Final = "office"  # what the facts of this office name as theirs


def tell_step(
    connection: Connection,
    alarm_id: str,
    event: str,
    at: datetime,
    *,
    is_simulated: bool,
    now: datetime,
    **more: Any,
) -> None:
    """Adds one step of the feedback; `more`: unit, inspector, problem_found, note, inspected_at."""
    row = {"alarm_id": alarm_id, "event": event, "event_at": at, "is_simulated": is_simulated, **more}
    _store(connection, FEEDBACK, row, now)


def tell_problem(
    connection: Connection, problem_id: str, alarm_id: str, *, is_simulated: bool, now: datetime, **more: Any
) -> None:
    """Adds a problem, or what is new of it; `more`: category, description, found_at, status, rectify_by, rectified_at."""
    row = {"problem_id": problem_id, "alarm_id": alarm_id, "is_simulated": is_simulated, **more}
    _store(connection, PROBLEMS, row, now)


def _store(connection: Connection, layout: Layout, row: dict[str, Any], now: datetime) -> None:
    rows = pd.DataFrame({field.name: _typed(field.type, row.get(field.name)) for field in layout.fields})
    rows["is_simulated"] = [bool(row["is_simulated"])]
    rows["content_hash"] = pd.array(content_hashes(layout, rows), dtype="str")
    merge.prepare(connection)
    merge.store(connection, layout, rows, source=SOURCE, now=now)


def _typed(type_name: str, value: Any) -> Any:
    """One value in the type in which checked rows have it."""
    if type_name in ("moment", "promise"):
        return pd.Series(pd.to_datetime([value], utc=True)).astype("datetime64[us, UTC]")
    if type_name == "flag":
        return pd.array([value], dtype="boolean")
    return pd.array(["" if value is None else str(value)], dtype="str")
