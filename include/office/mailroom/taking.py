"""What becomes of one mail: facts, a delivery refused, or a line in the tray; all in one transaction with the mail itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from include.language import say
from include.office.mailroom.answers import Answer, FoundForm, Mailroom, keep_forms, take_answer
from include.office.mailroom.bounces import take_bounce
from include.office.mailroom.matching import Match, match, units_of
from include.periods import office_date
from include.post import audit
from include.replies.verdict import kind_words, reason_words
from include.sources.mailboxes.items import Item
from include.sources.reading.mails import ReadMail
from include.store import tables
from include.store.mail_tables import mail, mail_seen

_AUTOMATIC: Final = ("auto_", "written_by_program", "empty_envelope")
_WITH_CONTENT: Final = ("form", "workbook", "picture", "archive")
_WORDS: Final = 2000  # characters of a bounce's words that are kept
_REASON: Final = 500


@dataclass(frozen=True)
class Arrived:
    """One mail on its way in: as it was read, where it lay, its bytes; `faults`: of fetching and reading it."""

    read: ReadMail
    item: Item
    raw_sha256: str
    size_bytes: int
    forms: Sequence[FoundForm] = ()
    faults: tuple[str, ...] = ()


@dataclass
class _Outcome:
    """What is known about the mail so far."""

    kind: str
    match: Match | None
    tray: list[str]
    unit_code: str | None = None
    is_from_contact: bool = False
    answer: Answer = field(default_factory=Answer)


def take_mail(connection: Connection, room: Mailroom, arrived: Arrived) -> int:
    """Takes in one mail that is new, and returns its id."""
    read, verdict = arrived.read, arrived.read.verdict
    outcome = _Outcome(
        verdict.kind, match(connection, read), [reason_words(fault) for fault in arrived.faults]
    )
    if verdict.kind == "answer":
        outcome.answer = answer = take_answer(connection, room, read, arrived.forms)
        outcome.match = answer.match or outcome.match
        outcome.tray += answer.tray
        if answer.is_empty and not outcome.tray:
            _judge_empty(outcome, verdict.reasons)
    elif verdict.kind in ("bounce", "delayed"):
        trusted = (*room.settings.trusted, *room.trusted)
        done = take_bounce(connection, read, outcome.match, trusted, now=room.now, actor=room.actor)
        outcome.tray += [done.tray_reason] if done.tray_reason else []
    else:
        outcome.tray += _look_at(read)
    _place(connection, outcome, read, room.now)
    return _keep(connection, room, arrived, outcome)


def see(connection: Connection, source: str, item: Item, mail_id: int) -> None:
    """Remembers the place of a mail that was taken; another round may have been there meanwhile (the intake's lock is held)."""
    place = {"source": source, "folder": item.folder, "uid": item.uid}
    is_seen = select(mail_seen.c.mail_id).where(
        *(mail_seen.c[name] == value for name, value in place.items())
    )
    if connection.execute(is_seen).first() is None:
        connection.execute(insert(mail_seen).values(**place, mail_id=mail_id))


def known_mail(connection: Connection, source: str, column: str, value: str) -> int | None:
    """The id of a mail of this mailbox by its `content_key` or `raw_sha256`."""
    query = select(mail.c.mail_id).where(mail.c.source == source, mail.c[column] == value)
    found = connection.execute(query.order_by(mail.c.mail_id).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)


def _judge_empty(outcome: _Outcome, reasons: Sequence[str]) -> None:
    """A form in which nothing stands: our own, that a machine returned or a person forgot to fill in."""
    if any(reason.startswith(_AUTOMATIC) for reason in reasons):
        outcome.kind = "autoreply"
    else:
        outcome.tray.append(say("反馈表没有填写"))


def _look_at(read: ReadMail) -> list[str]:
    """Why a person must look at a mail that is neither an answer nor a bounce."""
    verdict = read.verdict
    faults = [reason_words(fault) for fault in verdict.faults]
    if verdict.kind == "reply":
        return [say("来信须由人处理"), *faults]
    if "answers_nothing" in verdict.reasons:
        return [say("来信未引用本单位的函件"), *faults]
    has_content = any(file["what"] in _WITH_CONTENT and not file["is_enclosed"] for file in read.files)
    if not has_content or verdict.kind == "receipt":
        return []
    return [say("{kind}带有附件", kind=kind_words(verdict.kind))]


def _place(connection: Connection, outcome: _Outcome, read: ReadMail, now: datetime) -> None:
    """Whose mail it is: of the letter's unit, or of the only unit that has this contact."""
    city = tables.city.c.unit_code
    units = units_of(connection, read.sender, office_date(read.received_at or now))
    known = sorted(connection.execute(select(city).where(city.in_(sorted(units)))).scalars()) if units else []
    own = outcome.match.unit_code if outcome.match else None
    outcome.unit_code = own or (str(known[0]) if len(known) == 1 else None)
    outcome.is_from_contact = bool(outcome.unit_code) and outcome.unit_code in units


def _keep(connection: Connection, room: Mailroom, arrived: Arrived, outcome: _Outcome) -> int:
    read, verdict, answer = arrived.read, arrived.read.verdict, outcome.answer
    tray = say("；").join(dict.fromkeys(reason[:_REASON] for reason in outcome.tray if reason))
    reasons = (*verdict.reasons, *(("form_known",) if answer.known else ()))
    state = "tray" if tray else "kept"
    mail_id = int(
        connection.execute(
            insert(mail)
            .values(
                source=room.source.name,
                content_key=read.content_key,
                raw_sha256=arrived.raw_sha256,
                size_bytes=arrived.size_bytes,
                message_id=read.message_id,
                sent_at=read.sent_at,
                received_at=read.received_at,
                clock=read.clock,
                taken_at=room.now,
                sender=read.sender,
                subject=read.subject,
                kind=outcome.kind,
                permanence=verdict.permanence,
                reasons=",".join(reasons),
                authenticity=read.authenticity,
                is_from_contact=outcome.is_from_contact,
                unit_code=outcome.unit_code,
                letter_id=outcome.match.letter_id if outcome.match else None,
                matched_by=outcome.match.how if outcome.match else "",
                files_json=json.dumps(list(read.files), ensure_ascii=False),
                words=verdict.words[:_WORDS],
                rows_taken=answer.rows_taken,
                rows_refused=len(answer.refused),
                refused_json=json.dumps([vars(one) for one in answer.refused], ensure_ascii=False),
                state=state,
                tray_reason=tray,
                is_simulated=bool(outcome.match and outcome.match.is_simulated),
            )
            .returning(mail.c.mail_id)
        ).scalar_one()
    )
    see(connection, room.source.name, arrived.item, mail_id)
    keep_forms(connection, answer, mail_id)
    said = say(
        "{kind}：{reasons}",
        kind=kind_words(verdict.kind),
        reasons=say("、").join(reason_words(reason) for reason in reasons),
    )
    change = audit.Change("mail", str(mail_id), "receive", None, state, said)
    audit.record(connection, [change], now=room.now, actor=room.actor)
    return mail_id
