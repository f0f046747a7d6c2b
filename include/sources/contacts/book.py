"""The book of contacts in the store: reading it, what a source's list changes in it, and the audit of every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, delete, func, insert, select, update

from include.language import say
from include.periods import office_date
from include.sources.contacts import questions as contact_questions
from include.sources.contacts.plan import Book, Listing, Plan, plan
from include.sources.contacts.rows import FIELDS, Contact, Key, Known, Stay, contact_of
from include.store.contact_tables import contact_told
from include.store.statements import frame
from include.store.tables import audit, contact

INTAKE: Final = "intake"  # who changes contacts because a source says so
_LONGEST_ID: Final = 255
_BY_SOURCE: Final = "来源 "  # before the name of a source that ended a row by its correction


@dataclass(frozen=True)
class Taken:
    """What became of a list: rows by what they were (every row in exactly one), and sentences for operators."""

    new: int
    revised: int
    unchanged: int
    warnings: tuple[str, ...]


@dataclass
class Ids:
    """contact_id by stay, and by key for a row whose first day differs."""

    by_stay: dict[Stay, int] = field(default_factory=dict)
    by_key: dict[Key, int] = field(default_factory=dict)

    def add(self, row: Contact, contact_id: int) -> None:
        """Learns one row."""
        self.by_stay[row.stay] = contact_id
        self.by_key[row.key] = contact_id

    def of(self, row: Contact) -> int:
        """The id of this row."""
        return self.by_stay.get(row.stay) or self.by_key[row.key]


def contacts_of(rows: pd.DataFrame) -> tuple[Contact, ...]:
    """Checked rows (`checks.check`) as values."""
    values = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return tuple(contact_of({str(name): value for name, value in row.items()}) for row in values)


def known_contacts(connection: Connection) -> tuple[Known, ...]:
    """Every row of the book."""
    rows = frame(connection, "known_contacts")
    return tuple(
        Known(
            int(row["contact_id"]),
            contact_of(row),
            str(row["source"]),
            not pd.isna(row["fixed_at"]),
            None if pd.isna(row["replaced_by_id"]) else int(row["replaced_by_id"]),
            _ended_by(row["fixed_by"]),
        )
        for row in _records(rows)
    )


def take_listing(connection: Connection, listing: Listing, *, now: datetime) -> Taken:
    """Brings a source's list into the book, by the rules of `plan`; part of the caller's transaction."""
    told, _ = _told(connection, listing.source)
    questions = contact_questions.of_source(connection, listing.source)
    book = _book(connection, listing.source, questions)
    made = plan(listing, book, office_date(now))
    ids = Ids()
    for one in book.known:
        ids.add(one.contact, one.contact_id)
    _write(connection, listing.source, made, ids, now)
    _keep_told(connection, listing.source, made, told, now)
    warnings = contact_questions.ask(connection, listing, made, ids.of, questions, now=now)
    return Taken(made.new, made.revised, made.unchanged, warnings)


def planned(connection: Connection, listing: Listing, today: date) -> Plan:
    """What a source's list would change in the book on that date; nothing is written."""
    questions = contact_questions.of_source(connection, listing.source)
    return plan(listing, _book(connection, listing.source, questions), today)


def _book(connection: Connection, source: str, questions: list[contact_questions.Question]) -> Book:
    known = known_contacts(connection)
    told, elsewhere = _told(connection, source)
    in_book = {one.contact.key for one in known} | {one.told.key for one in questions if one.told}
    before = {stay: row for stay, (row, _) in told.items() if row.key in in_book}
    return Book(known, before, elsewhere, contact_questions.held(questions))


def add_row(
    connection: Connection, row: Contact, source: str, now: datetime, *, fixed_by: str | None = None
) -> int:
    """Inserts one contact; returns its id."""
    values = {**_values(row), "source": source, "received_at": now}
    fixed = {"fixed_at": now if fixed_by else None, "fixed_by": fixed_by}
    statement = insert(contact).values(**values, **fixed).returning(contact.c.contact_id)
    return int(connection.execute(statement).scalar_one())


def change_row(connection: Connection, contact_id: int, row: Contact, now: datetime, **more: Any) -> None:
    """Writes all fields of one contact."""
    values = {**_values(row), "received_at": now, **more}
    connection.execute(update(contact).where(contact.c.contact_id == contact_id).values(**values))


def record(
    connection: Connection,
    action: str,
    before: Contact | None,
    after: Contact,
    reason: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    """One row of the audit trail: every field, as it was and as it is."""
    row = before or after
    subject = "/".join((row.region_code, row.role, row.address, str(row.valid_from)))
    words = say("{reason}（{changes}）", reason=reason, changes=changes(before, after))
    values = {"at": now, "actor": actor[:128], "subject": "contact", "subject_id": subject[:_LONGEST_ID]}
    connection.execute(insert(audit).values(**values, action=action, reason=words))


def changes(before: Contact | None, after: Contact) -> str:
    """`valid_to：— → 2020-03-11；name：甲市局；…`: every field, changed ones with both values."""
    old, new = (before or after).shown(), after.shown()
    return say("；").join(
        say("{name}：{old}", name=name, old=old[name]) + (f" → {new[name]}" if old[name] != new[name] else "")
        for name in FIELDS
    )


def _write(connection: Connection, source: str, made: Plan, ids: Ids, now: datetime) -> None:
    for known, owner in made.owners:
        connection.execute(
            update(contact).where(contact.c.contact_id == known.contact_id).values(source=owner)
        )
    for known, row in made.revisions:
        loose = {"fixed_at": None, "fixed_by": None, "replaced_by_id": None}
        change_row(connection, known.contact_id, row, now, source=source, **loose)
        ids.add(row, known.contact_id)
        record(
            connection,
            "revise",
            known.contact,
            row,
            say("来源 {source} 更改", source=source),
            actor=INTAKE,
            now=now,
        )
    for row in made.inserts:
        ids.add(row, add_row(connection, row, source, now))
    for known, last, heir in made.ends:
        ended = Contact(**{**asdict(known.contact), "valid_to": last})
        stands = {
            "fixed_at": now,
            "fixed_by": f"{_BY_SOURCE}{source}",
            "replaced_by_id": ids.of(heir),
        }
        change_row(connection, known.contact_id, ended, now, **stands)
        reason = say("来源 {source} 以 {address} 代替", source=source, address=heir.address)
        record(connection, "replace", known.contact, ended, reason, actor=INTAKE, now=now)


def told_count(connection: Connection, source: str) -> int:
    """How many contacts a source told last that are in nobody's question."""
    told = select(func.count()).select_from(contact_told)
    return int(
        connection.execute(
            told.where(contact_told.c.source == source, contact_told.c.gone_at.is_(None))
        ).scalar_one()
    )


def _told(
    connection: Connection, source: str
) -> tuple[dict[Stay, tuple[Contact, bool]], dict[Key, frozenset[str]]]:
    """What this source told last (with whether it is gone), and who else tells a key."""
    own: dict[Stay, tuple[Contact, bool]] = {}
    others: dict[Key, set[str]] = {}
    for values in _records(frame(connection, "told_contacts")):
        row, is_gone = contact_of(values), not pd.isna(values["gone_at"])
        if values["source"] == source:
            own[row.stay] = (row, is_gone)
        elif not is_gone:
            others.setdefault(row.key, set()).add(str(values["source"]))
    return own, {key: frozenset(names) for key, names in others.items()}


def _keep_told(
    connection: Connection, source: str, made: Plan, told: Mapping[Stay, tuple[Contact, bool]], now: datetime
) -> None:
    for row in made.told:
        last = told.get(row.stay)
        if last != (row, False):
            if last:
                forget(connection, source, last[0])
            values = {name: value for name, value in _values(row).items() if name != "content_hash"}
            connection.execute(insert(contact_told).values({**values, "phone": row.phone, "source": source}))
    for row in made.gone:
        if told[row.stay] == (row, False):
            connection.execute(update(contact_told).where(*_place(source, row)).values(gone_at=now))
    for row in made.forgotten:
        forget(connection, source, row)


def forget(connection: Connection, source: str, row: Contact) -> None:
    """Takes a row out of what a source told last."""
    connection.execute(delete(contact_told).where(*_place(source, row)))


def _place(source: str, row: Contact) -> tuple[Any, ...]:
    told = contact_told.c
    return (
        told.source == source,
        told.region_code == row.region_code,
        told.role == row.role,
        told.address == row.address,
        told.valid_from == row.valid_from,
    )


def _ended_by(fixed_by: object) -> str:
    words = str(fixed_by or "")
    return words.removeprefix(_BY_SOURCE) if words.startswith(_BY_SOURCE) else ""


def _values(row: Contact) -> dict[str, Any]:
    return {**asdict(row), "content_hash": row.digest}


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
