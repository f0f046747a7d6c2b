"""What the office keeps between dates (units, places), whatever it is: records, how they differ from the profile, an operator's changes
with their reasons.

A record is what is known of one code: `rows`, each with `valid_from`, `valid_to` (dates as text) and `fixed_by`, and what else
belongs to it. It is taken from the profile once; from then on it is the operator's. What the profile says otherwise later is a
`Difference`: taken by `profile apply` where no operator changed the record, and a person's question where one did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select

from include.act import Act
from include.errors import InputError
from include.language import say

SINCE_EVER: Final = date(1900, 1, 1)
_FIRST_TAKEN: Final = (
    "2000-01-01"  # the earliest that intake takes: what contacts without a first date are given
)
Record = dict[str, Any]


def since_said(first: date | str) -> str:
    """The first date as a person reads it: 自始 where none was ever told."""
    text = str(first)[:10]
    return say("自始") if text <= _FIRST_TAKEN else text


@dataclass(frozen=True)
class Difference:
    """A record that the profile says otherwise than the store. `is_touched`: an operator changed it; `is_kept`: the profile says nothing
    new since, or a person decided that ours stands against just this."""

    subject: str  # unit, place
    code: str
    ours: Record
    told: Record
    is_touched: bool
    is_kept: bool

    @property
    def waits(self) -> bool:
        """Whether a person decides: an operator changed it, or it left the profile, and nobody has said which stands."""
        return not self.is_kept and self.is_for_person

    @property
    def is_for_person(self) -> bool:
        """Whether `profile apply` leaves it alone. What left the profile is ended by a person."""
        return self.is_touched or not self.told["rows"]


@dataclass(frozen=True)
class Kept:
    """A kind of records: what it is called (`unit`), the table of its changes, and a record of which nothing is known."""

    subject: str
    changes: Table
    empty: Record

    def differences(
        self, connection: Connection, ours: Mapping[str, Record], told: Mapping[str, Record]
    ) -> list[Difference]:
        """Where the profile says otherwise than the store, by code."""
        touched, said = self._decisions(connection)
        return [
            Difference(self.subject, code, mine, new, code in touched, said.get(code) == comparable(new))
            for code in sorted({*ours, *told})
            for mine, new in [(ours.get(code, self.empty), told.get(code, self.empty))]
            if comparable(mine) != comparable(new)
        ]

    def fitting(
        self,
        ours: Mapping[str, Record],
        found: Iterable[Difference],
        check: Callable[[Mapping[str, Record], str], None],
    ) -> tuple[dict[str, Difference], dict[str, str]]:
        """Of what the profile says otherwise, what fits to all that is kept beside it, and why the rest does not, both by code."""
        chosen, refused = {one.code: one for one in found}, dict[str, str]()
        while True:
            records = {**ours, **{code: one.told for code, one in chosen.items()}}
            bad: dict[str, str] = {}
            for code in chosen:
                try:
                    check(records, code)
                except InputError as error:
                    bad[code] = str(error)
            if not bad:
                return chosen, refused
            refused |= bad
            chosen = {code: one for code, one in chosen.items() if code not in bad}

    def log(
        self, connection: Connection, code: str, action: str, before: Record, after: Record, act: Act
    ) -> None:
        """One change of a record, with its reason. Raises InputError without one."""
        if not act.reason.strip():
            raise InputError("a reason is missing", where=f"{self.subject} {code}", expected="why it changes")
        connection.execute(
            insert(self.changes).values(
                {
                    f"{self.subject}_code": code,
                    "changed_at": act.now,
                    "action": action,
                    "before_json": comparable(before),
                    "after_json": comparable(after),
                    "changed_by": act.actor,
                    "reason": act.reason.strip(),
                }
            )
        )

    def _decisions(self, connection: Connection) -> tuple[set[str], dict[str, str]]:
        """The records that an operator changed, and what the profile said of them when that was done or last decided."""
        touched: set[str] = set()
        said: dict[str, str] = {}
        changes = select(self.changes).order_by(self.changes.c.change_id)
        for row in connection.execute(changes).mappings():
            code = str(row[f"{self.subject}_code"])
            if row["action"] in ("take", "keep"):
                said[code] = str(row["after_json"])
            else:
                touched.add(code)
                said.setdefault(code, str(row["before_json"]))
        return touched, said


def changed_from(record: Record, row: Record, since: date, values: Mapping[str, Any], act: Act) -> None:
    """From a date on the last row has other values; until then it stays as it was."""
    changed = {**row, **values, "valid_from": since.isoformat(), "fixed_by": act.actor}
    if row["valid_from"] == since.isoformat():
        record["rows"].remove(row)
    else:
        row["valid_to"] = since.isoformat()
    record["rows"].append(changed)


def holding(rows: Iterable[Record], day: str) -> Record:
    """The row that holds on a day, or the first where none does yet."""
    told = sorted(rows, key=lambda one: str(one["valid_from"]))
    return next((one for one in reversed(told) if one["valid_from"] <= day), told[0])


def meet(first: Record, second: Record) -> bool:
    """Whether two rows hold on one day."""
    begin = max(first["valid_from"], second["valid_from"])
    return all(one["valid_to"] is None or begin < one["valid_to"] for one in (first, second))


def uncovered_from(row: Record, rows: Iterable[Record]) -> str | None:
    """The first day on which `row` holds and none of `rows` does, or None."""
    day = str(row["valid_from"])
    for one in sorted(rows, key=lambda one: str(one["valid_from"])):
        if one["valid_from"] > day:
            break
        if one["valid_to"] is None:
            return None
        day = max(day, str(one["valid_to"]))
    return day if row["valid_to"] is None or day < row["valid_to"] else None


def last_row(record: Record) -> Record:
    """The row that holds last."""
    found: Record = max(record["rows"], key=lambda one: str(one["valid_from"]))
    return found


def is_changeable(row: Record, day: date) -> bool:
    """Whether the row holds on the day and has no end."""
    return row["valid_to"] is None and row["valid_from"] <= day.isoformat()


def changeable_from(row: Record) -> str:
    """From when on a row can change, in words."""
    until = f", before {row['valid_to']}" if row["valid_to"] else ""
    return f"a date from {row['valid_from']} on{until}"


def ways_up(records: Mapping[str, Record], code: str, above: str) -> Iterator[tuple[Record, list[str]]]:
    """Each row of a code with the codes above it, from itself on. The last is no code of the records where nothing has it, and
    stands twice where the way leads in a circle."""
    for row in records[code]["rows"]:
        path, at = [code], row[above]
        while at:
            is_end = at not in records or at in path
            path.append(at)
            if is_end:
                break
            at = holding(records[at]["rows"], row["valid_from"])[above]
        yield row, path


def sort_rows(record: Record) -> None:
    """Puts the rows into the order of their dates."""
    record["rows"].sort(key=lambda one: str(one["valid_from"]))


def comparable(record: Record) -> str:
    """A record as JSON, without who changed it."""
    rows = [{name: value for name, value in row.items() if name != "fixed_by"} for row in record["rows"]]
    return json.dumps({**record, "rows": rows}, ensure_ascii=False, sort_keys=True)


def plain(value: Any) -> Any:
    """A date as text; anything else as it is."""
    return value.isoformat() if isinstance(value, date) else value


def with_dates(row: Record) -> Record:
    """The row as a table takes it."""
    return row | {
        name: date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_to")
    }
