"""The data dictionary: docs/data-dictionary.md, written from the tables themselves.

python -m include.store.dictionary    writes it
"""

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint

from include.store import (  # noqa: F401  (they add their tables to the metadata)
    air_tables,
    chain_tables,
    channel_tables,
    contact_tables,
    dissection_tables,
    field_tables,
    level_tables,
    mail_tables,
    note_tables,
    open_tables,
    review_tables,
    run_tables,
    selection_tables,
    tables,
    unit_tables,
    watch_tables,
)
from include.store.statements import SQL_DIR

_MEANINGS = {"Instant": "instant (UTC)", "String": "text", "Text": "text", "Date": "date", "Float": "number"}


def dictionary() -> str:
    """The whole document."""
    parts = [
        "# Data dictionary",
        "",
        "Written by `python -m include.store.dictionary` from `include/store/`; a test holds the two together. Names carry units:",
        "`*_at` are instants in UTC, `*_date`, `*_from`, `*_to` Beijing dates, `is_*` yes or no, `*_ug_m3` concentrations in μg/m³.",
        "Facts are append-only: a changed record is a new `revision`.",
        "",
    ]
    for table in sorted(tables.metadata.tables.values(), key=lambda one: one.name):
        parts += _table(table)
    parts += ["# Statements", "", "One file each under `sql/`; bound parameters only.", ""]
    for path in sorted(SQL_DIR.glob("*.sql")):
        header = [
            line.removeprefix("--").strip()
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("--")
        ]
        parts.append(f"- `{path.name}`: {' '.join(header)}")
    return "\n".join(parts) + "\n"


def _table(table: Table) -> list[str]:
    lines = [
        f"## {table.name}",
        "",
        table.comment or "",
        "",
        "| column | type | key | meaning |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {column.name} | {_type(column)} | {_key(column)} | {column.comment or ''} |"
        for column in table.columns
    ]
    for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
        if isinstance(constraint, UniqueConstraint):
            lines += ["", f"Unique: {', '.join(column.name for column in constraint.columns)}."]
    return [*lines, ""]


def _type(column: Column[Any]) -> str:
    name = type(column.type).__name__
    words = _MEANINGS.get(name, name.lower().replace("biginteger", "integer"))
    return words if not column.nullable else f"{words}, may be empty"


def _key(column: Column[Any]) -> str:
    marks = ["key"] if column.primary_key else []
    marks += [f"→ {key.column.table.name}" for key in column.foreign_keys]
    return ", ".join(marks)


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"
    target.write_text(dictionary(), encoding="utf-8")
    sys.stdout.write(f"{target}\n")
