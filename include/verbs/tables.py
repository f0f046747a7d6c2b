"""Tables on a terminal."""

import sys
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from include.periods import moment_text

_WIDTH_OF_A_FILE: Final = 200  # columns, where no terminal says how wide it is


def print_table(rows: pd.DataFrame, title: str = "") -> None:
    """Prints a frame as a person reads it: shares (`*_rate`) in per cent, instants in Beijing time, — for what is empty."""
    table = Table(title=title or None, box=box.SIMPLE)
    for column in rows.columns:
        is_number = pd.api.types.is_numeric_dtype(rows[column])
        # An id is copied into the next command: it stays on one line.
        width = max(map(len, map(str, rows[column])), default=0) if _is_key(str(column)) else None
        table.add_column(
            str(column), justify="right" if is_number else "left", overflow="fold", min_width=width
        )
    for row in rows.itertuples(index=False):
        table.add_row(*(Text(_cell(column, value)) for column, value in zip(rows.columns, row, strict=True)))
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE).print(table)


def _is_key(column: str) -> bool:
    return column.endswith("_id") or column == "编号"


def _cell(column: str, value: Any) -> str:
    if value is None or pd.isna(value):
        return "—"
    if column.endswith("_rate"):
        return f"{100 * float(value):.2f}%"
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, float):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else str(value)
