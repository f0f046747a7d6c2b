"""What persons of the office note about a unit: talks, remarks, and who sees to its matter. Each is also in the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from include.act import Act
from include.errors import InputError, StateError
from include.house import House
from include.post.audit import Change, record
from include.store import tables
from include.store.engine import reading, writing
from include.store.note_tables import NOTE_KINDS, unit_note

_MOST: Final = 200  # notes of a unit that are read
_LONGEST_WORDS: Final = 2000
_LONGEST_NAME: Final = 128


@dataclass(frozen=True)
class Note:
    """One note. `kind`: call, note or assign; `whom`: who was called, or who sees to it."""

    noted_at: datetime
    noted_by: str
    kind: str
    whom: str
    words: str


@dataclass(frozen=True)
class UnitNotes:
    """The notes of a unit, the newest first, and who sees to its matter (empty: nobody)."""

    notes: tuple[Note, ...]
    assignee: str


def unit_notes(house: House, unit_code: str) -> UnitNotes:
    """Everything that was noted about a unit."""
    query = (
        select(unit_note)
        .where(unit_note.c.unit_code == unit_code)
        .order_by(unit_note.c.noted_at.desc(), unit_note.c.note_id.desc())
    )
    with reading(house.engine) as connection:
        rows = connection.execute(query.limit(_MOST)).mappings().all()
        assigned = connection.execute(
            query.where(unit_note.c.kind == "assign").with_only_columns(unit_note.c.whom).limit(1)
        ).scalar_one_or_none()
    notes = tuple(
        Note(row["noted_at"], row["noted_by"], row["kind"], row["whom"], row["words"]) for row in rows
    )
    return UnitNotes(notes, str(assigned or ""))


def add_note(house: House, unit_code: str, kind: str, whom: str, act: Act) -> None:
    """Adds a note; `act.reason` is what was said, or why. Raises InputError for one that says nothing or names nobody where it must,
    StateError for an unknown unit."""
    whom, words = whom.strip(), act.reason.strip()
    if kind not in NOTE_KINDS:
        raise InputError("no such kind of note", where="note", got=kind, expected=" or ".join(NOTE_KINDS))
    if not 0 < len(words) <= _LONGEST_WORDS or len(whom) > _LONGEST_NAME:
        raise InputError("a note needs its words", where="note", expected=f"1 to {_LONGEST_WORDS} characters")
    if kind == "call" and not whom:
        raise InputError("a call needs whom it was with", where="note", todo="say who was called")
    with writing(house.engine) as connection:
        city = tables.city.c
        if connection.execute(select(city.unit_code).where(city.unit_code == unit_code)).first() is None:
            raise StateError("no such city", where="unit", got=unit_code)
        values = {"unit_code": unit_code, "kind": kind, "whom": whom, "words": words}
        connection.execute(unit_note.insert().values(noted_at=act.now, noted_by=act.actor[:128], **values))
        said = f"{whom}：{words}" if whom else words
        record(connection, [Change("unit", unit_code, kind, None, None, said)], now=act.now, actor=act.actor)
