"""Dates of PostgreSQL that Python has not (infinity, years before Christ and after 9999) as texts: one is its row's error, and no
reason to lose the query."""

from __future__ import annotations

from typing import Any, Final

from psycopg import DataError
from psycopg.types import datetime as types


def keep_odd_dates(connection: Any) -> None:
    """From now on the connection of psycopg gives as PostgreSQL prints it what it cannot give as a date or a time."""
    for name, loader in _LOADERS.items():
        connection.adapters.register_loader(name, loader)


def _lenient(loader: Any) -> Any:
    class Lenient(loader):  # type: ignore[misc]
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except (DataError, OverflowError):
                return bytes(data).decode()

    return Lenient


_LOADERS: Final = {
    "date": _lenient(types.DateLoader),
    "timestamp": _lenient(types.TimestampLoader),
    "timestamptz": _lenient(types.TimestamptzLoader),
    "time": _lenient(types.TimeLoader),  # 24:00
    "timetz": _lenient(types.TimetzLoader),
    "interval": _lenient(types.IntervalLoader),
}
