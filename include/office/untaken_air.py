"""A file of air quality that was kept but not taken, because the store has more of its days: a person takes it after all."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Final

from include.errors import InputError, StateError
from include.house import House
from include.sources.air.quality import UNTAKEN, ImportResult, import_air_quality
from include.sources.every_table import named_mapping
from include.sources.quarantine import QuarantinedRow, settle_taken, show
from include.sources.troubles import KIND
from include.store.engine import reading, writing

ASIDE: Final = "imported"  # where a dropped file goes that was read


def is_untaken(row: QuarantinedRow) -> bool:
    """Whether a row of the quarantine is about such a file."""
    return row.kind == KIND and row.row.get("content") == UNTAKEN and bool(row.row.get("again"))


def take(house: House, quarantine_id: int, *, by: str, reason: str, now: datetime) -> ImportResult:
    """Imports the day of the row again in the place of the store's, and settles the row with an audit entry; other days of the
    file stay as they are.

    Raises StateError for a row that is settled, InputError for one about something else and where the file is gone.
    """
    with reading(house.engine) as connection:
        row = show(connection, quarantine_id)
    where = f"quarantine {quarantine_id}"
    if not is_untaken(row):
        raise InputError("the row is not about days that were not taken", where=where, got=row.kind)
    if row.state != "open":
        raise StateError("the row is settled already", where=where, expected="open", got=row.state)
    told = json.loads(row.row["again"])
    done = import_air_quality(
        house.engine,
        house.hourly_dir,
        [_where_it_lies(Path(told["path"]))],
        now=now,
        hour_label=told["label"],
        source=row.source,
        replace=True,
        mapping=named_mapping(told["mapping"], "air") if told["mapping"] else None,
        stations=Path(told["stations"]) if told["stations"] else None,
        # Rows of before the day was written into them are about the whole file.
        only=frozenset({date.fromisoformat(told["day"])}) if "day" in told else None,
    )
    with writing(house.engine, lock="intake") as connection:
        settle_taken(connection, quarantine_id, by=by, reason=reason, now=now)
    return done


def _where_it_lies(path: Path) -> Path:
    """The file, or where the intake of dropped files put it."""
    if path.is_file():
        return path
    aside = sorted((path.parent / ASIDE).glob(f"*-{path.name}")) if path.parent.is_dir() else []
    if not aside:
        raise InputError(
            "the file is gone",
            where=str(path),
            todo="put it there again, or discard the row to keep the store's days",
        )
    return aside[-1]
