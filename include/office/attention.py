"""The daily list of what waits for a person, mailed to the duty officers."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import func, select

from include.house import House
from include.letters.digest import Matter, compose_digest
from include.office.waiting import waiting
from include.periods import office_date
from include.post.digest import digest_facts, queue_digest
from include.post.recipients import Recipient
from include.post.release import ReleaseOutcome
from include.store import tables
from include.store.engine import reading


def matters(house: House, now: datetime) -> tuple[list[Matter], bool]:
    """Everything that waits, the oldest first, and whether any of it is about 模拟数据."""
    found = waiting(house, now)
    with reading(house.engine) as connection:
        is_simulated = connection.execute(
            select(func.count()).select_from(tables.letter).where(tables.letter.c.is_simulated)
        ).scalar_one()
    return [Matter(one.line, one.reason, one.todo, one.since) for one in found], bool(is_simulated)


def queue_daily_digest(
    house: House, *, now: datetime, actor: str, more: Sequence[Matter] = ()
) -> ReleaseOutcome | None:
    """Queues the day's list to the operators, once a day, with what the caller adds; None when nothing waits."""
    waits, is_simulated = matters(house, now)
    found = sorted([*waits, *more], key=lambda one: (one.since, one.title))
    if not found:
        return None
    day: date = office_date(now)
    facts = digest_facts(
        day,
        json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False),
        as_of=now,
        is_simulated=is_simulated,
    )
    return queue_digest(
        house.engine,
        house.archive,
        facts,
        compose_digest(day, found, is_simulated=is_simulated),
        (Recipient(house.issuer.operators, "值班", "to"),),
        office=house.office,
        server=house.mail_server,
        now=now,
        actor=actor,
    )
