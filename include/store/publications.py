"""What was published, as the store keeps it: one row an edition of a month, append-only but for the mark of a removal."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from include.store.open_tables import published_month


def published(connection: Connection) -> list[dict[str, Any]]:
    """Every edition, by month and number: the columns of `published_month`."""
    query = select(published_month).order_by(published_month.c.first_date, published_month.c.edition)
    return [dict(row) for row in connection.execute(query).mappings()]


def insert_edition(connection: Connection, row: dict[str, Any]) -> None:
    """Adds one edition: the columns of `published_month`."""
    connection.execute(published_month.insert().values(**row))


def mark_removed(connection: Connection, first_date: date, edition: int, on: date, reason: str) -> int:
    """Marks an edition as taken away; returns how many rows that were (0: there is none, or it was already)."""
    this = (
        published_month.c.first_date == first_date,
        published_month.c.edition == edition,
        published_month.c.removed_on.is_(None),
    )
    done = connection.execute(
        published_month.update().where(*this).values(removed_on=on, removed_reason=reason)
    )
    return int(done.rowcount)
