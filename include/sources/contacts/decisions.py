"""What a person decides about contacts: add, edit, end, and the answers to questions. It stands against every later pull."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from include.errors import InputError, StateError
from include.language import say
from include.periods import office_date
from include.sources.contacts import questions as contact_questions
from include.sources.contacts.book import add_row, change_row, forget, known_contacts, record
from include.sources.contacts.questions import Question
from include.sources.contacts.rows import Contact, Known, is_same, is_unread, line_name

DESK: Final = "desk"  # the source of what a person added


@dataclass(frozen=True)
class Decided:
    """What became of rows. `remarks`: what the person should know (Chinese)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    remarks: tuple[str, ...] = ()

    def __add__(self, other: Decided) -> Decided:
        counts = (self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)
        return Decided(*counts, self.remarks + other.remarks)


def edit(
    connection: Connection, contact_id: int, row: Contact, *, actor: str, reason: str, now: datetime
) -> Decided:
    """One row becomes this one. Another address, role or region ends the old row, on the first day of the new one (today,
    where the first day was left as it was). Raises InputError when there is no such row, or another has its place."""
    book = {known.contact_id: known for known in known_contacts(connection)}
    if contact_id not in book:
        raise InputError(
            "no such contact", where="contacts", got=contact_id, todo="choose it from the list again"
        )
    before, today = book[contact_id].contact, office_date(now)
    if row.key == before.key:
        _require_free(book, row, but=contact_id)
        _fix(connection, contact_id, row, actor=actor, now=now)
        record(connection, "change", before, row, reason, actor=actor, now=now)
        _void(connection, {contact_id}, actor=actor, now=now)
        is_unchanged = is_same(before, row) and book[contact_id].is_fixed
        return Decided(changed=int(not is_unchanged), unchanged=int(is_unchanged), remarks=_unread(row))
    first = today if row.valid_from == before.valid_from else row.valid_from
    if row.valid_to is not None and row.valid_to < first:
        first = row.valid_from
    successor = replace(row, valid_from=first)
    heir_id = _put(connection, book, successor, DESK, reason, actor=actor, now=now)
    _end(connection, book[contact_id], first, reason, heir_id=heir_id, actor=actor, now=now)
    _void(connection, {contact_id, heir_id}, actor=actor, now=now)
    remark = say(
        "{address} 自 {first} 停用，由 {heir} 代替",
        address=before.address,
        first=max(first, before.valid_from),
        heir=row.address,
    )
    return Decided(changed=1, remarks=(remark, *_unread(row)))


def save(
    connection: Connection,
    rows: Sequence[Contact],
    *,
    actor: str,
    reason: str,
    now: datetime,
    is_list: bool,
    source: str = DESK,
) -> Decided:
    """Adds rows; one with the region, role, address and first day of a known one changes that. In a list (`is_list`) a new
    address on the line of a known one that the list does not name (region, role and name) takes its place."""
    done = Decided()
    named = {row.key for row in rows}
    for row in rows:
        book = {known.contact_id: known for known in known_contacts(connection)}
        mine = next((known for known in book.values() if known.contact.stay == row.stay), None)
        if mine is not None:
            done += edit(connection, mine.contact_id, row, actor=actor, reason=reason, now=now)
            continue
        heir_id = _put(connection, book, row, source, reason, actor=actor, now=now)
        today, remarks = office_date(now), list(_unread(row))
        beside = [known for known in book.values() if _is_beside(known, row, today)]
        if is_list:
            for known in beside:
                if known.contact.key not in named:
                    _end(
                        connection,
                        known,
                        max(today, row.valid_from),
                        reason,
                        heir_id=heir_id,
                        actor=actor,
                        now=now,
                    )
                    _void(connection, {known.contact_id}, actor=actor, now=now)
                    remarks.append(
                        say(
                            "{address} 停用，由 {heir} 代替",
                            address=known.contact.address,
                            heir=row.address,
                        )
                    )
        elif beside:
            others = say("、").join(known.contact.address for known in beside)
            remarks.append(say("同一单位和角色还有 {others} 有效，两处都会收信", others=others))
        done += Decided(new=1, remarks=tuple(remarks))
    return done


def in_force(book: Mapping[int, Known], contact_id: int, today: date) -> Contact | None:
    """The row of which letters may go, of one row and what was put in its place, and in the place of that; None where there is none."""
    line = [contact_id, *_heirs(book, contact_id)]
    return next(
        (known.contact for one in line if (known := book.get(one)) and known.contact.lasts(today)), None
    )


def answer(
    connection: Connection, question_id: int, choice: str, *, actor: str, reason: str, now: datetime
) -> Question:
    """A person settles a question: `keep` ours, `take` over what the source says, or `both` addresses.

    Raises InputError without a reason, for a question that does not wait, and for a choice that it does not have.
    """
    if not reason.strip():
        raise InputError(
            "a reason is needed", where=f"question {question_id}", todo="say why the contacts change"
        )
    question = contact_questions.open_question(connection, question_id)
    if choice not in question.choices:
        raise InputError(
            "no such answer",
            where=f"question {question_id}",
            got=choice,
            expected=" | ".join(question.choices),
        )
    book = {known.contact_id: known for known in known_contacts(connection)}
    if choice == "take":
        _take(connection, question, book, actor=actor, reason=reason, now=now)
    else:
        _keep(connection, question, book, is_both=choice == "both", actor=actor, reason=reason, now=now)
    state = {"keep": "kept", "take": "taken", "both": "both"}[choice]
    contact_questions.settle(connection, question, state, reason, actor=actor, now=now)
    return question


def _keep(
    connection: Connection,
    question: Question,
    book: dict[int, Known],
    *,
    is_both: bool,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    mine = book[question.contact_id]
    restored = mine.contact
    if question.kind == "replaced" and not mine.contact.lasts(office_date(now)):
        restored = replace(mine.contact, valid_to=question.mine.valid_to)
    # Who is in force again is replaced by nobody; who stays ended still is by whom somebody put there.
    heir_id = None if restored.lasts(office_date(now)) else mine.replaced_by_id
    _fix(connection, mine.contact_id, restored, actor=actor, now=now, replaced_by_id=heir_id)
    record(connection, "keep", mine.contact, restored, reason, actor=actor, now=now)
    if question.kind == "vanished":
        forget(connection, question.source, question.mine)
    if question.kind == "replaced" and question.other_id in book:
        heir = book[question.other_id]
        if is_both:
            _fix(connection, heir.contact_id, heir.contact, actor=actor, now=now)
        else:
            _end(connection, heir, office_date(now), reason, heir_id=mine.contact_id, actor=actor, now=now)
    if is_both and question.kind == "held" and question.told is not None:
        _put(connection, book, question.told, question.source, reason, actor=actor, now=now)


def _take(
    connection: Connection,
    question: Question,
    book: dict[int, Known],
    *,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    mine, told, today = book[question.contact_id], question.told, office_date(now)
    if question.kind == "vanished":
        _end(connection, mine, today, reason, heir_id=None, actor=actor, now=now, is_fixed=False)
        forget(connection, question.source, question.mine)
    elif question.kind == "replaced":  # from now on a person's decision
        _fix(connection, mine.contact_id, mine.contact, actor=actor, now=now)
    elif question.kind == "unread":
        _end(connection, mine, today, reason, heir_id=None, actor=actor, now=now)
    elif question.kind == "held" and told is not None:
        taken = _put(connection, book, told, question.source, reason, actor=actor, now=now, is_fixed=False)
        _end(connection, mine, max(today, told.valid_from), reason, heir_id=taken, actor=actor, now=now)
    elif question.kind == "differs" and told is not None:
        stay = next((known for known in book.values() if known.contact.stay == told.stay), None)
        over = stay or (mine if mine.contact.key == told.key else None)
        if over is None:
            taken = _put(
                connection, book, told, question.source, reason, actor=actor, now=now, is_fixed=False
            )
        else:
            taken = over.contact_id
            loose = {"source": question.source, "fixed_at": None, "fixed_by": None, "replaced_by_id": None}
            change_row(connection, taken, told, now, **loose)
            record(connection, "take", over.contact, told, reason, actor=actor, now=now)
        _end_others(connection, question, book, taken, today, reason, actor=actor, now=now)


def _end_others(
    connection: Connection,
    question: Question,
    book: dict[int, Known],
    taken: int,
    today: date,
    reason: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    """What a person had put in the place of a row, and other stays of its mailbox, give way to what the source says of it."""
    over = {question.contact_id, taken}
    heirs = {heir for one in over for heir in _heirs(book, one)}
    for known in book.values():
        if known.contact_id == taken or not known.contact.lasts(today):
            continue
        if known.contact_id in heirs or known.contact.key == question.mine.key:
            _end(connection, known, today, reason, heir_id=taken, actor=actor, now=now)


def _heirs(book: Mapping[int, Known], contact_id: int) -> dict[int, None]:
    """Every row that was put in the place of this one, and in the place of that, in their order."""
    found: dict[int, None] = {}
    while contact_id in book and (heir := book[contact_id].replaced_by_id) is not None and heir not in found:
        found[heir] = None
        contact_id = heir
    return found


def _put(
    connection: Connection,
    book: dict[int, Known],
    row: Contact,
    source: str,
    reason: str,
    *,
    actor: str,
    now: datetime,
    is_fixed: bool = True,
) -> int:
    """Adds a row, or writes it over the one of the same place. Returns its id."""
    mine = next((known for known in book.values() if known.contact.stay == row.stay), None)
    if mine is None:
        contact_id = add_row(connection, row, source, now, fixed_by=actor if is_fixed else None)
        record(connection, "add", None, row, reason, actor=actor, now=now)
        return contact_id
    if is_fixed:
        _fix(connection, mine.contact_id, row, actor=actor, now=now, replaced_by_id=None)
    else:
        loose = {"source": source, "fixed_at": None, "fixed_by": None, "replaced_by_id": None}
        change_row(connection, mine.contact_id, row, now, **loose)
    record(connection, "change", mine.contact, row, reason, actor=actor, now=now)
    return mine.contact_id


def _end(
    connection: Connection,
    known: Known,
    day: date,
    reason: str,
    *,
    heir_id: int | None,
    actor: str,
    now: datetime,
    is_fixed: bool = True,
) -> None:
    """No letters from `day` on (never before its first day); a row that ended earlier stays as it is."""
    last = max(day, known.contact.valid_from)
    if known.contact.valid_to is not None:
        last = min(last, known.contact.valid_to)
    ended = replace(known.contact, valid_to=last)
    change_row(connection, known.contact_id, ended, now, replaced_by_id=heir_id)
    if is_fixed:
        _fix(connection, known.contact_id, ended, actor=actor, now=now, replaced_by_id=heir_id)
    record(connection, "end", known.contact, ended, reason, actor=actor, now=now)


def _fix(
    connection: Connection, contact_id: int, row: Contact, *, actor: str, now: datetime, **more: int | None
) -> None:
    change_row(connection, contact_id, row, now, fixed_at=now, fixed_by=actor[:128], **more)


def _void(connection: Connection, contact_ids: set[int], *, actor: str, now: datetime) -> None:
    contact_questions.close_about(connection, contact_ids, say("已由人另行更改"), actor=actor, now=now)


def _require_free(book: dict[int, Known], row: Contact, *, but: int) -> None:
    if any(known.contact.stay == row.stay and known.contact_id != but for known in book.values()):
        raise StateError(
            "another row has this place",
            where="contacts",
            got=f"{row.address} {row.valid_from}",
            todo="change that row, or choose another first day",
        )


def _is_beside(known: Known, row: Contact, today: date) -> bool:
    """Whether a known row is used on the same line with another address."""
    mine = known.contact
    line = (mine.region_code, mine.role, line_name(mine)) == (row.region_code, row.role, line_name(row))
    return line and mine.key != row.key and mine.lasts(today) and row.lasts(today)


def _unread(row: Contact) -> tuple[str, ...]:
    return (
        (say("{address} 看来是无人收信的邮箱，请核实", address=row.address),)
        if is_unread(row.address)
        else ()
    )
