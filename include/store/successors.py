"""Who answers for a unit that ended 承接单位: named by a person with a date and a reason; a unit that was split has one for each county.

What that means for alarms is in `include.sources.succession`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from include.act import Act
from include.errors import InputError
from include.periods import midnight
from include.store.dated_records import Record, last_row
from include.store.unit_tables import unit_successor
from include.store.units import UNITS, unit_records

# Before the content hash of a revision by which an alarm goes to a successor: no source told it.
MARK: Final = "succession "


@dataclass(frozen=True)
class Successor:
    """From `since_date` on `successor_code` answers what was a unit's; with a county, its alarms of that county alone."""

    successor_code: str
    since_date: date

    @property
    def since_at(self) -> datetime:
        """The first moment at which an alarm is the successor's; the state at the day's very beginning is the end of the day before."""
        return midnight(self.since_date) + timedelta(seconds=1)


Successors = Mapping[tuple[str, str], Successor]


def successors(connection: Connection) -> dict[tuple[str, str], Successor]:
    """Who was named, by (unit_code, county); county empty: for all that no other names."""
    rows = connection.execute(select(unit_successor)).mappings()
    return {
        (row["unit_code"], row["county"]): Successor(row["successor_code"], row["since_date"]) for row in rows
    }


def successor_of(known: Successors, unit_code: str, county: str) -> Successor | None:
    """Who answers for a unit in a county, where somebody was named."""
    return known.get((unit_code, county)) or known.get((unit_code, ""))


def is_succession(content_hash: str) -> bool:
    """Whether a revision of an alarm says no more than that it went to a successor."""
    return content_hash.startswith(MARK)


def name_successor(
    connection: Connection, unit_code: str, successor: Successor, county: str, act: Act
) -> None:
    """Names who answers for a unit that ended, in the place of whom somebody named before. Raises InputError for a unit that has not
    ended by then, a successor that is not addressed or does not hold then, and a missing reason."""
    records = unit_records(connection)
    where = f"unit {unit_code}"
    told = records.get(unit_code)
    if told is None:
        raise InputError("unknown unit", where=where, todo="units list names them")
    end, since = last_row(told)["valid_to"], successor.since_date.isoformat()
    if end is None or end > since:
        raise InputError(
            "the unit has not ended by then",
            where=where,
            expected=f"a date from {end} on" if end else "a unit that ended",
            got=since,
            todo="end it first: units end",
        )
    _check_successor(records, successor, where)
    mine = (unit_successor.c.unit_code == unit_code, unit_successor.c.county == county)
    before = connection.execute(select(unit_successor).where(*mine)).mappings().first()
    UNITS.log(
        connection,
        unit_code,
        "succeed",
        _record(told, before),
        _record(told, _values(successor, county)),
        act,
    )
    connection.execute(delete(unit_successor).where(*mine))
    row = _values(successor, county) | {"named_at": act.now, "named_by": act.actor}
    connection.execute(insert(unit_successor).values({**row, "unit_code": unit_code}))


def _check_successor(records: Mapping[str, Record], successor: Successor, where: str) -> None:
    told, since = records.get(successor.successor_code), successor.since_date.isoformat()
    holding = [
        row
        for row in (told or {"rows": []})["rows"]
        if row["valid_from"] <= since and (row["valid_to"] is None or row["valid_to"] > since)
    ]
    if not holding or not holding[0]["is_addressed"]:
        raise InputError(
            "no unit that letters go to then",
            where=where,
            expected=f"a unit that holds on {since} and is addressed",
            got=successor.successor_code,
            todo=f"units list --on {since} names them",
        )


def _values(successor: Successor, county: str) -> dict[str, Any]:
    return {
        "county": county,
        "successor_code": successor.successor_code,
        "since_date": successor.since_date,
    }


def _record(told: Record, row: Mapping[Any, Any] | None) -> Record:
    """The unit with whom was named for it, as the log of its changes keeps it."""
    if row is None:
        return told
    named = {name: str(row[name]) for name in ("county", "successor_code", "since_date")}
    return {**told, "successor": named}
