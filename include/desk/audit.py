"""The audit trail as rows: who did what when, filtered."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd
from sqlalchemy import select

from include.house import House
from include.periods import DAY, midnight
from include.post.recipients import addressees
from include.store import tables
from include.store.engine import reading
from include.store.statements import contains, frame

COLUMNS: Final = (
    "changed_at", "actor", "subject", "kind", "addressee", "number", "subject_id", "action", "from_state", "to_state", "reason",
)  # fmt: skip
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Filters:
    """What is asked for; empty for any. `first`, `last`: days, both in it; `kind`: of letter; `words`: part of a reason or of what it
    is about; `view`: `signed` for what persons decided of letters alone."""

    first: date | None = None
    last: date | None = None
    actor: str = ""
    subject: str = ""
    action: str = ""
    words: str = ""
    kind: str = ""
    view: str = ""


def audit_rows(house: House, asked: Filters, *, most: int, skip: int = 0) -> pd.DataFrame:
    """The changes (sql/audit_rows.sql), the newest first, with `addressee` as people call it."""
    with reading(house.engine) as connection:
        rows = frame(
            connection,
            "audit_rows",
            from_at=midnight(asked.first or _FIRST),
            to_at=_end(asked.last or _LAST),
            actor=asked.actor or None,
            subject=asked.subject or None,
            action=asked.action or None,
            kind=asked.kind or None,
            is_signed=int(asked.view == "signed"),
            pattern=contains(asked.words),
            most=most,
            skip=skip,
        )
    return rows.assign(addressee=rows["addressee_name"].replace(addressees()))


def _end(last: date) -> datetime:
    return midnight(last + DAY)


def persons(house: House) -> tuple[str, ...]:
    """Everybody and everything that stands in the trail of the last thousand changes, for a list to choose from."""
    audit = tables.audit.c
    recent = select(audit.actor).order_by(audit.audit_id.desc()).limit(1000).subquery()
    with reading(house.engine) as connection:
        return tuple(sorted(connection.execute(select(recent.c.actor).distinct()).scalars()))
