"""Small exports for the tests of intake, and the whole content of a store as plain rows."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from include.periods import office_zone
from include.sources.config import SourceConfig
from include.sources.layout import LAYOUTS
from include.store.engine import reading, writing
from include.store.tables import metadata

NOW = datetime(2020, 7, 1, tzinfo=UTC)
FACTS = ("grid", "contact", "alarm", "feedback_event", "problem")

ALARM = {
    "alarm_id": "A1",
    "grid_id": "T85711",
    "unit_code": "140300",
    "county": "平定县",
    "point_name": "平定县娘子关",
    "lon": "113.62",
    "lat": "37.80",
    "started_at": "2020-03-12T06:00+08:00",
    "last_at": "2020-03-12T08:00+08:00",
    "alarm_count": "3",
    "peak_pm25_ug_m3": "180.5",
    "pushed_at": "2020-03-12T08:30+08:00",
    "deadline_at": "",
    "revised_at": "",
}
FEEDBACK = {
    "alarm_id": "A1",
    "event": "submitted",
    "event_at": "2020-03-12T15:00+08:00",
    "unit": "阳泉市生态环境局平定分局",
    "inspector": "王某",
    "problem_found": "true",
    "note": "裸土未苫盖",
}
PROBLEM = {
    "problem_id": "P1",
    "alarm_id": "A1",
    "category": "扬尘（裸土堆场）",
    "description": "裸土未苫盖",
    "status": "整改中",
    "found_at": "2020-03-12T14:00+08:00",
    "rectify_by": "2020-03-15",
    "rectified_at": "",
}
GRID = {
    "grid_id": "T85711",
    "unit_code": "140300",
    "county": "平定县",
    "name": "平定县1号网格",
    "west": "113.6",
    "south": "37.78",
    "east": "113.634",
    "north": "37.807",
    "is_hot": "true",
    "is_monitored": "false",
}
CONTACT = {
    "region_code": "140300",
    "role": "to",
    "name": "阳泉市生态环境局",
    "address": "dudu@yangquan.example",
    "phone": "",
    "valid_from": "2020-01-01",
    "valid_to": "",
}
EXAMPLES: dict[str, dict[str, str]] = {
    "alarms": ALARM,
    "feedback": FEEDBACK,
    "problems": PROBLEM,
    "grids": GRID,
    "contacts": CONTACT,
}


def write(
    folder: Path, table: str, *changes: Mapping[str, str], name: str = "", encoding: str = "utf-8"
) -> Path:
    """A CSV of rows, each the table's example with changes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or f"{table}.csv")
    rows = [{**EXAMPLES[table], **change} for change in changes]
    names = list(dict.fromkeys([*LAYOUTS[table].names, *(key for row in rows for key in row)]))
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def at(text: str) -> datetime:
    """A moment in Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=office_zone())


def folder_source(folder: Path, **settings: Any) -> SourceConfig:
    return SourceConfig("exports", "files", str(folder), **settings)


def stored(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table, only these columns, in the order of their values."""
    target = metadata.tables[table]
    with reading(engine) as connection:
        rows = connection.execute(select(*(target.c[name] for name in columns))).all()
    return sorted((tuple(row) for row in rows), key=repr)


def facts(
    engine: Engine, *, without: Sequence[str] = ("received_at", "contact_id", "revision")
) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that sources told, without when and in which order we learnt it."""
    return {
        name: stored(
            engine,
            name,
            *(column.name for column in metadata.tables[name].columns if column.name not in without),
        )
        for name in FACTS
    }


def empty(engine: Engine) -> None:
    """Takes out everything that pulls put in."""
    with writing(engine) as connection:
        for name in ("contact_question", "contact_told", *FACTS, "quarantine", "pull"):
            connection.execute(metadata.tables[name].delete())
