"""What is done round after round: when it went well the first time, and the last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from include.store.run_tables import last_round

POST_ROUND: Final = "post_round"
_MAILBOX: Final = "mailbox."


@dataclass(frozen=True)
class Rounds:
    """`first_at`, `last_at`: when a round went well the first time and the last time."""

    first_at: datetime
    last_at: datetime


def mailbox_rounds(name: str) -> str:
    """The name under which the rounds of a mailbox are kept."""
    return f"{_MAILBOX}{name}"


def mark_round(connection: Connection, name: str, now: datetime) -> None:
    """A round went well at `now`."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(last_round)
    connection.execute(
        insert.values(name=name, first_at=now, last_at=now).on_conflict_do_update(
            index_elements=[last_round.c.name], set_={"last_at": now}
        )
    )


def rounds_of(connection: Connection, name: str) -> Rounds | None:
    """The rounds of that name; None where none ever went well."""
    found = connection.execute(select(last_round).where(last_round.c.name == name)).one_or_none()
    return Rounds(found.first_at, found.last_at) if found else None
