"""The tray: mails that a person must look at, what they say as safe text, and what the person makes of each. Every act is audited."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, func, select, update

from include.act import Act
from include.errors import InputError, QianliyanError, StateError
from include.house import House
from include.language import say
from include.office.mailroom.answers import Answer, FoundForm, Mailroom, keep_forms, read_forms, take_rows
from include.office.mailroom.matching import Match, letter_by_key
from include.office.mailroom.shown_forms import ShownForm, may_become_contact, shown_forms
from include.office.mailroom.typed import typed_form
from include.office.uploads import FormRow, judged_rows
from include.periods import office_date
from include.post import audit
from include.post.recipients import address_problem
from include.profile.current import office
from include.rules import receipt_second
from include.sources.config import SourceConfig
from include.sources.contacts.decisions import save
from include.sources.contacts.rows import Contact
from include.sources.mailboxes.settings import mailbox_settings
from include.sources.places import places
from include.sources.reading.mails import MailReader, OwnServer, ReadMail
from include.store import tables
from include.store.engine import reading, writing
from include.store.mail_tables import mail
from include.store.open_tables import hint

# What a person may make of a mail, besides taking it as an answer.
OUTCOMES: Final = {"filed": "归档", "not_ours": "与本单位无关", "spam": "垃圾邮件"}
SETTLED: Final = {"taken": "已作为反馈采用", **OUTCOMES}
_LONGEST_REASON: Final = 500


@dataclass(frozen=True)
class OpenMail:
    """A mail as a person sees it: its row, its letter, what it says (None where the bytes are gone), the forms in it and why one
    cannot be read."""

    row: Mapping[str, Any]
    letter: Mapping[str, Any] | None
    read: ReadMail | None
    forms: tuple[FoundForm, ...] = ()
    trouble: str = ""
    shown: tuple[ShownForm, ...] = ()
    contact_of: tuple[
        tuple[str, str], ...
    ] = ()  # the units, code and name, whose contact the sender may become

    @property
    def files(self) -> list[dict[str, Any]]:
        """What is attached: name, size, what, is_enclosed."""
        found: list[dict[str, Any]] = json.loads(self.row["files_json"])
        return found

    @property
    def refused(self) -> list[dict[str, str]]:
        """The rows that could not be used: alarm_id, reason."""
        found: list[dict[str, str]] = json.loads(self.row["refused_json"])
        return found


def statement(row: Mapping[str, Any]) -> str:
    """What was received in a mail and what could not be used, and why: for a person to send, or empty where it had no rows."""
    taken, refused = int(row["rows_taken"]), int(row["rows_refused"])
    if not taken + refused:
        return ""
    if not refused:
        return say("收到{rows}条，均已采用。", rows=taken)
    reasons = say("；").join(dict.fromkeys(str(one["reason"]) for one in json.loads(row["refused_json"])))
    return say(
        "收到{rows}条，{refused}条未采用：{reasons}。", rows=taken + refused, refused=refused, reasons=reasons
    )


def statement_link(row: Mapping[str, Any]) -> str:
    """The statement as a mail that the person's own program opens, addressed to the sender; empty where there is none. Nothing is sent
    by itself."""
    if not (words := statement(row)) or address_problem(str(row["sender"])):
        return ""
    subject, body = (
        quote(say("回复：{subject}", subject=row["subject"])[:200], safe=""),
        quote(words[:1500], safe=""),
    )
    return f"mailto:{quote(str(row['sender']), safe='@')}?subject={subject}&body={body}"


def mails(engine: Engine, *, is_all: bool = False, limit: int = 200) -> tuple[list[dict[str, Any]], int]:
    """The mails of the tray, the oldest first, or all, the newest first; and how many there are."""
    chosen = [] if is_all else [mail.c.state == "tray"]
    order = mail.c.mail_id.desc() if is_all else mail.c.mail_id
    with reading(engine) as connection:
        rows = connection.execute(
            select(mail, tables.city.c.unit_name)
            .join_from(mail, tables.city, mail.c.unit_code == tables.city.c.unit_code, isouter=True)
            .where(*chosen)
            .order_by(order)
            .limit(limit)
        ).mappings()
        found = [dict(row) for row in rows]
        count = connection.execute(select(func.count()).select_from(mail).where(*chosen)).scalar_one()
    return found, int(count)


def correspondence(connection: Connection, letter_id: int) -> list[dict[str, Any]]:
    """The mails about a letter, in the order of their receipt."""
    rows = connection.execute(
        select(mail).where(mail.c.letter_id == letter_id).order_by(mail.c.received_at, mail.c.mail_id)
    )
    return [dict(row) for row in rows.mappings()]


def open_mail(house: House, mail_id: int) -> OpenMail:
    """One mail with what it says. Raises StateError when there is none."""
    with reading(house.engine) as connection:
        row = _row(connection, mail_id)
        letter = None
        if row["letter_id"] is not None:
            query = select(tables.letter).where(tables.letter.c.letter_id == row["letter_id"])
            letter = dict(connection.execute(query).mappings().one())
        if _is_erased(connection, row):
            return OpenMail(row, letter, None, trouble=say("线索结案期满，来信原件已删除"))
    try:
        read = _read(house, row)
    except QianliyanError as error:
        return OpenMail(row, letter, None, trouble=str(error))
    forms = tuple(read_forms(house.engine, read, row["taken_at"]))
    with reading(house.engine) as connection:
        shown = shown_forms(connection, forms)
        on_date = office_date(receipt_of(row))
        fitting = tuple(
            unit
            for unit in dict.fromkeys((one.unit_code, one.unit_name) for one in shown if one.may_be_taken)
            if may_become_contact(connection, str(row["sender"]), unit[0], on_date)
        )
    return OpenMail(row, letter, read, forms, shown=shown, contact_of=fitting)


def attached_file(house: House, mail_id: int, place: int) -> tuple[str, bytes]:
    """Name and bytes of one attached file; with place -1 the mail as it came. Raises StateError, InputError."""
    with reading(house.engine) as connection:
        row = _row(connection, mail_id)
    content = house.archive.get(row["raw_sha256"])
    if place < 0:
        return f"mail-{mail_id}.eml", content
    with MailReader() as reader:
        return reader.file(content, place)


def settle(house: House, mail_id: int, outcome: str, act: Act) -> None:
    """A person looked at a mail and takes nothing of it: one of `OUTCOMES`. Raises InputError without a reason, StateError for one that
    is settled."""
    if outcome not in OUTCOMES:
        raise InputError(
            "not an outcome of a mail", where="outcome", got=outcome, expected=" | ".join(OUTCOMES)
        )
    with writing(house.engine) as connection:
        close_mail(connection, waiting_mail(connection, mail_id), outcome, act)


def accept(house: House, mail_id: int, act: Act, chosen: Collection[int], *, contact_of: str = "") -> Answer:
    """A person vouches for the sender: the chosen forms of the mail (`ShownForm.place`), all of one unit, are taken as of its receipt;
    with `contact_of`, that unit's code, the sender becomes its contact. Raises InputError where a chosen form cannot be read, and for
    forms of several units: what was received is told to one."""
    opened = open_mail(house, mail_id)
    usable = _usable(opened, mail_id, chosen, contact_of)
    return _take(house, mail_id, opened, usable, act, adds_contact=bool(contact_of))


def look_at(
    house: House, mail_id: int, chosen: Collection[int], now: datetime
) -> dict[int, dict[int, FormRow]]:
    """What `accept` would make of the chosen forms: by place of the form and line of the sheet; nothing is kept. Raises as `accept`."""
    opened = open_mail(house, mail_id)
    usable = _usable(opened, mail_id, chosen, "")
    found: dict[int, dict[int, FormRow]] = {}
    with writing(house.engine, lock="intake") as connection:
        row = waiting_mail(connection, mail_id)
        room, told = _mailroom(house, connection, row, Act(now, "look")), _as_received(opened, row)
        step = connection.begin_nested()
        for place, form in usable.items():
            letter = _letter_of(connection, mail_id, form)
            assert form.form is not None
            take = partial(take_rows, connection, room, Answer(), told, form, letter)
            found[place] = {one.line: one for one in judged_rows(connection, form.form, take, now)[1]}
        step.rollback()
    return found


def _usable(opened: OpenMail, mail_id: int, chosen: Collection[int], contact_of: str) -> dict[int, FoundForm]:
    """The chosen forms by their place, all of one unit. Raises InputError."""
    usable = {
        place: form for place, form in enumerate(opened.forms) if form.form is not None and place in chosen
    }
    if opened.read is None or not usable or len(usable) < len(set(chosen)):
        faults = say("；").join(form.fault for form in opened.forms if form.fault)
        raise InputError(
            "the mail has no form that can be read",
            where=f"mail {mail_id}",
            got=faults or opened.trouble or "no form is chosen",
            todo="choose the forms to take",
        )
    units = {form.form.letter.unit_code for form in usable.values() if form.form is not None}
    if len(units) > 1 or (contact_of and contact_of not in units):
        raise InputError(
            "the forms of one unit only",
            where=f"mail {mail_id}",
            got=", ".join(sorted(units)),
            todo="take the forms of one unit; save those of another and upload them as of this mail's receipt",
        )
    return usable


def accept_typed(
    house: House, mail_id: int, letter_key: str, alarm_id: str, fields: Mapping[str, str], act: Act
) -> Answer:
    """A person types what the mail says of one alarm of a letter: checked as a row of the letter's form, and taken as of the mail's
    receipt. `fields`: by key of the form's columns."""
    opened = open_mail(house, mail_id)
    if opened.read is None:
        raise InputError("the mail is no longer there", where=f"mail {mail_id}", got=opened.trouble)
    form = typed_form(house.engine, mail_id, letter_key, alarm_id, fields, receipt_of(opened.row))
    return _take(house, mail_id, opened, {0: form}, act, adds_contact=False)


def waiting_mails(connection: Connection) -> list[dict[str, Any]]:
    """What lies in the tray, the oldest first."""
    query = select(mail).where(mail.c.state == "tray").order_by(mail.c.taken_at, mail.c.mail_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def _take(
    house: House,
    mail_id: int,
    opened: OpenMail,
    forms: Mapping[int, FoundForm],
    act: Act,
    *,
    adds_contact: bool,
) -> Answer:
    with writing(house.engine, lock="intake") as connection:
        row = waiting_mail(connection, mail_id)
        room = _mailroom(house, connection, row, act)
        answer = Answer()
        told = _as_received(opened, row)
        for form in forms.values():
            answer.match = letter = _letter_of(connection, mail_id, form)
            take_rows(connection, room, answer, told, form, letter)
        if answer.is_empty or answer.match is None:
            raise InputError("nothing is filled in", where=f"mail {mail_id}", todo="file the mail instead")
        keep_forms(connection, answer, mail_id)
        if adds_contact:
            _add_contact(connection, row, answer.match, act)
        close_mail(
            connection,
            row,
            "taken",
            act,
            letter_id=answer.match.letter_id,
            unit_code=answer.match.unit_code,
            matched_by=row["matched_by"] or "person",
            rows_taken=row["rows_taken"] + answer.rows_taken,
            rows_refused=row["rows_refused"] + len(answer.refused),
            refused_json=json.dumps(
                [*json.loads(row["refused_json"]), *(vars(one) for one in answer.refused)], ensure_ascii=False
            ),
            is_simulated=answer.match.is_simulated,
        )
    return answer


def _letter_of(connection: Connection, mail_id: int, form: FoundForm) -> Match:
    letter = letter_by_key(connection, form.form.letter.key, "form") if form.form else None
    if letter is None:
        raise InputError("the form belongs to no letter that left", where=f"mail {mail_id}")
    return letter


def _as_received(opened: OpenMail, row: Mapping[str, Any]) -> ReadMail:
    assert opened.read is not None  # asked by `_usable` and `accept_typed`
    return replace(opened.read, received_at=receipt_of(row))


def receipt_of(row: Mapping[str, Any]) -> datetime:
    """When the mail reached us; where no clock told it, when we read it: our own moment, never a person's word."""
    moment: datetime = row["received_at"] or row["taken_at"]
    return receipt_second(moment)


def _mailroom(house: House, connection: Connection, row: Mapping[str, Any], act: Act) -> Mailroom:
    source = _source(house, str(row["source"]))
    owners = {one.name for one in (*house.sources, *house.mailboxes) if one.is_unit} | {source.name}
    return Mailroom(
        house.engine,
        source,
        mailbox_settings(source),
        owners,
        office().trusted_mail_domains,
        places(connection),
        act.now,
        act.actor,
    )


def _source(house: House, name: str) -> SourceConfig:
    """The mailbox that the mail came into; one that is configured no more still names its facts."""
    known = [one for one in house.mailboxes if one.name == name]
    return known[0] if known else SourceConfig(name, "mail", "127.0.0.1", "-", options={"user": "-"})


def _add_contact(connection: Connection, row: Mapping[str, Any], letter: Match, act: Act) -> None:
    on_date = office_date(receipt_of(row))
    if not letter.unit_code or not may_become_contact(
        connection, str(row["sender"]), letter.unit_code, on_date
    ):
        raise InputError(
            "the sender is of no domain of this unit's contacts, or a contact already",
            where=f"mail {row['mail_id']}",
            got=str(row["sender"]) or "no sender",
            todo="enter the contact on the page of contacts",
        )
    contact = Contact(
        region_code=letter.unit_code,
        role="cc",
        name=str(row["sender"]).partition("@")[0],
        address=str(row["sender"]),
        phone="",
        valid_from=on_date,
        valid_to=None,
        is_simulated=bool(letter.is_simulated),
    )
    save(connection, [contact], actor=act.actor, reason=act.reason, now=act.now, is_list=False)


def close_mail(connection: Connection, row: Mapping[str, Any], outcome: str, act: Act, **values: Any) -> None:
    if not 0 < len(act.reason.strip()) <= _LONGEST_REASON:
        raise InputError(
            "a reason is needed", where=f"mail {row['mail_id']}", todo="say why, for the audit trail"
        )
    settled = {
        "state": "settled",
        "settled_as": outcome,
        "settled_at": act.now,
        "settled_by": act.actor[:128],
        "settled_reason": act.reason.strip(),
    }
    connection.execute(update(mail).where(mail.c.mail_id == row["mail_id"]).values(**values, **settled))
    change = audit.Change(
        "mail", str(row["mail_id"]), outcome, str(row["state"]), "settled", act.reason.strip()
    )
    audit.record(connection, [change], now=act.now, actor=act.actor)


def _row(connection: Connection, mail_id: int) -> dict[str, Any]:
    row = connection.execute(select(mail).where(mail.c.mail_id == mail_id)).mappings().first()
    if row is None:
        raise StateError("no such mail", where=f"mail {mail_id}")
    return dict(row)


def waiting_mail(connection: Connection, mail_id: int) -> dict[str, Any]:
    row = (
        connection.execute(select(mail).where(mail.c.mail_id == mail_id).with_for_update()).mappings().first()
    )
    if row is None:
        raise StateError("no such mail", where=f"mail {mail_id}")
    if row["state"] != "tray":
        raise StateError(
            "nobody has to look at this mail any more",
            where=f"mail {mail_id}",
            got=row["settled_as"] or row["state"],
        )
    return dict(row)


def _is_erased(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether the mail came with a hint whose sender was erased: then it is no longer there."""
    query = select(hint.c.erased_at).where(hint.c.hint_id == row["hint_id"])
    return row["hint_id"] is not None and connection.execute(query).scalar_one_or_none() is not None


def _read(house: House, row: Mapping[str, Any]) -> ReadMail:
    content = house.archive.get(row["raw_sha256"])
    with MailReader() as reader:
        return reader.read(content, row["received_at"], OwnServer(), row["taken_at"])
