"""Editions of the published months: what a publication would add, recording it, taking one away."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from include.errors import InputError, StateError
from include.house import House
from include.openness.figures import Edition, Month
from include.openness.gathering import month_facts, month_period, months_to_publish, publishable
from include.openness.tables import figures_of
from include.periods import midnight, office_date
from include.post import audit
from include.sources.ledger import AS_OF_ITSELF, ensure_history
from include.store.engine import reading, writing
from include.store.publications import insert_edition, mark_removed, published
from include.store.simulated import has_simulated_data
from include.supervision.figures import from_json, to_json

_LOCK: Final = "publication"
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_LONGEST_REASON: Final = 500


@dataclass(frozen=True)
class Plan:
    """What a publication up to `until` holds: `editions` all of them, and which of these are `new`."""

    until: date
    editions: tuple[Edition, ...]
    new: tuple[Edition, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that would be published: the same plan, the same word."""
        parts = [f"{one.path} {one.is_removed} {to_json(one.month)}" for one in self.editions]
        return sha256("\n".join(parts).encode()).hexdigest()


def planned(house: House, until: date, now: datetime) -> Plan:
    """The editions as they stand and those that facts or settings make now; nothing is recorded.

    Pulls what the ledger lacks. Raises InputError for a date that is not over, or before which no month is old enough.
    """
    delay = timedelta(days=house.openness.delay_days)
    if midnight(until) > now:
        raise InputError(
            "this date has not come",
            where="--until",
            got=until,
            expected=f"{office_date(now)} or earlier: a month's figures are those of its own moment",
        )
    months = months_to_publish(house.season, until, delay)
    if not months:
        first = months_to_publish(house.season, house.season[1] + delay, delay)
        raise InputError(
            "no month may be published yet",
            where="--until",
            got=until,
            expected=f"{first[0][1] + delay} or later: {delay.days} days after the month's end"
            if first
            else "a season with days",
            todo="wait, or set delay_days in the variable publish",
        )
    last = month_period(*months[-1], delay)
    ensure_history(
        house.engine,
        house.sources,
        midnight(months[0][0]),
        last.as_of + AS_OF_ITSELF,
        season_start=house.season[0],
        now=now,
    )
    starts = {start for start, _ in months}
    with reading(house.engine) as connection:
        known = [one for one in editions(connection) if one.first_date in starts]
    is_simulated = has_simulated_data(house.engine)
    new: list[Edition] = []
    for start, end in months:
        before = [one for one in known if one.first_date == start]
        last_one = before[-1] if before else None
        facts = month_facts(house, month_period(start, end, delay), is_simulated=is_simulated)
        month = publishable(facts, house.openness.smallest_count, [one.month for one in before])
        if last_one is None or replace(month, rules=last_one.month.rules) != last_one.month:
            new.append(next_edition(last_one, month, until))
    return Plan(
        until, tuple(sorted([*known, *new], key=lambda one: (one.first_date, one.number))), tuple(new)
    )


def recorded(house: House, plan: Plan, now: datetime, actor: str) -> None:
    """Keeps the new editions. Raises StateError where somebody else published meanwhile."""
    with writing(house.engine, lock=_LOCK) as connection:
        known = {(one.first_date, one.number) for one in editions(connection)}
        for one in plan.new:
            if (one.first_date, one.number) in known:
                raise StateError(
                    "another publication was recorded meanwhile",
                    where=one.path,
                    todo="run it again: it starts from what is recorded",
                )
            row = {
                "first_date": one.first_date,
                "edition": one.number,
                "released_on": one.released_on,
                "figures_json": to_json(one.month),
                "reason": one.reason,
                "changed_cells": one.changed_cells,
                "recorded_at": now,
                "recorded_by": actor[:128],
            }
            insert_edition(connection, row)
            change = audit.Change("publication", one.path, "publish", None, "published", one.reason)
            audit.record(connection, [change], now=now, actor=actor)


def remove(house: House, month: str, number: int, *, now: datetime, actor: str, reason: str) -> None:
    """Takes an edition of a month (`2020-03`) away from the public: its files go with the next publication, a note with the reason stays.

    Raises InputError without a reason or for what is no month, StateError where there is no such edition.
    """
    if not 0 < len(reason.strip()) <= _LONGEST_REASON:
        raise InputError(
            "a removal needs its reason",
            where="--reason",
            expected=f"1 to {_LONGEST_REASON} characters, told to the public",
        )
    if not _MONTH.fullmatch(month):
        raise InputError("not a month", where="month", got=month, expected="YYYY-MM such as 2020-03")
    with writing(house.engine, lock=_LOCK) as connection:
        found = [one for one in editions(connection) if f"{one.first_date:%Y-%m}" == month]
        starts = {one.first_date for one in found if one.number == number}
        if not any(
            mark_removed(connection, start, number, office_date(now), reason.strip()) for start in starts
        ):
            raise StateError(
                "no such edition stands",
                where=f"month {month}, edition {number}",
                got=", ".join(f"{one.number}{' (removed)' if one.is_removed else ''}" for one in found)
                or None,
                todo="see changes.html of the publication",
            )
        change = audit.Change(
            "publication",
            f"v{number}/{month.replace('-', '/')}",
            "remove",
            "published",
            "removed",
            reason.strip(),
        )
        audit.record(connection, [change], now=now, actor=actor)


def editions(connection: Connection) -> list[Edition]:
    """Every edition that was recorded, by month and number."""
    return [
        Edition(
            number=row["edition"],
            released_on=row["released_on"],
            month=from_json(Month, row["figures_json"]),
            reason=row["reason"],
            changed_cells=row["changed_cells"],
            removed_on=row["removed_on"],
            removed_reason=row["removed_reason"] or "",
        )
        for row in published(connection)
    ]


def next_edition(before: Edition | None, month: Month, until: date) -> Edition:
    """The edition of a month that comes after `before` (None: the first)."""
    if before is None:
        return Edition(1, until, month, "first", 0)
    is_by_settings = _made_by(before.month) != _made_by(month)
    one = Edition(before.number + 1, until, month, "settings" if is_by_settings else "facts")
    return replace(one, changed_cells=changed_cells(before, one))


def _made_by(month: Month) -> tuple[int, datetime, int]:
    return month.smallest, month.as_of, month.rules


def changed_cells(before: Edition, after: Edition) -> int:
    """How many figures of the CSV files differ between two editions of a month; of a row that only one of them has, every one that it tells."""
    old, new = figures_of(before), figures_of(after)
    return sum(old.get(key) != new.get(key) for key in {*old, *new})
