"""The watch's alarms and suspects as files: `alarms.csv` and `suspects.csv` of the contract."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine

from include.cells import harmless
from include.periods import office_zone
from include.store.engine import reading
from include.store.statements import frame

ALARM_COLUMNS: Final = (
    "alarm_id",
    "grid_id",
    "started_at",
    "last_at",
    "pushed_at",
    "alarm_count",
    "peak_pm25_ug_m3",
    "confidence",
)
SUSPECT_COLUMNS: Final = ("alarm_id", "rank", "enterprise_id", "score")
_SINCE, _UNTIL = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")


def exported_alarms(
    connection: Connection, start_at: datetime | None = None, end_at: datetime | None = None
) -> pd.DataFrame:
    """One row an alarm of the watch that was raised in (start, end], by its last state, by `pushed_at` and id (columns
    `ALARM_COLUMNS`); times as ISO 8601 in Beijing time, `pushed_at` the end of the deciding hour (sql/watch_alarms.sql)."""
    rows = frame(connection, "watch_alarms", start_at=start_at or _SINCE, end_at=end_at or _UNTIL)
    for name in ("started_at", "last_at", "pushed_at"):
        rows[name] = [_iso(moment) for moment in rows[name]]
    return rows[list(ALARM_COLUMNS)]


def exported_suspects(
    connection: Connection, start_at: datetime | None = None, end_at: datetime | None = None
) -> pd.DataFrame:
    """One row a suspect of those alarms, by alarm and rank (columns `SUSPECT_COLUMNS`; sql/watch_suspects.sql)."""
    rows = frame(connection, "watch_suspects", start_at=start_at or _SINCE, end_at=end_at or _UNTIL)
    return rows[list(SUSPECT_COLUMNS)]


def export(
    engine: Engine, folder: Path, start_at: datetime | None = None, end_at: datetime | None = None
) -> dict[str, int]:
    """Writes `alarms.csv` and, where any alarm has suspects, `suspects.csv` into the folder, which is made; returns the rows of
    each. An id from outside that a spreadsheet would take for a formula has an apostrophe before it."""
    with reading(engine) as connection:
        alarms = exported_alarms(connection, start_at, end_at)
        suspects = exported_suspects(connection, start_at, end_at)
    folder.mkdir(parents=True, exist_ok=True)
    _write(alarms, folder / "alarms.csv")
    written = {"alarms.csv": len(alarms)}
    if len(suspects):
        _write(suspects, folder / "suspects.csv")
        written["suspects.csv"] = len(suspects)
    else:
        (folder / "suspects.csv").unlink(
            missing_ok=True
        )  # of an earlier export: it would speak of other alarms
    return written


def _write(rows: pd.DataFrame, path: Path) -> None:
    draft = path.with_name(f".{path.name}.part")
    rows.map(harmless).to_csv(draft, index=False, encoding="utf-8", lineterminator="\n")
    draft.replace(path)


def _iso(moment: Any) -> str:
    return str(pd.Timestamp(moment).tz_convert(office_zone()).isoformat())
