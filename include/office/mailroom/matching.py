"""Which letter a mail is about, and whether its sender may speak for the letter's unit. By facts of the store; nothing that the mail
says of itself is believed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select

from include.language import say
from include.replies.answered import Tag, check_of
from include.sources.mailboxes.settings import MailboxSettings
from include.sources.reading.mails import ReadMail
from include.store import tables

_letter, _delivery, _contact = tables.letter.c, tables.delivery.c, tables.contact.c
_REPORTED: Final = ("bounce", "delayed")


@dataclass(frozen=True)
class Match:
    """The letter that a mail is about. `how`: form, references, address, number; `delivery_id`: of a mail to the address that only
    this delivery had (a tag that nobody can guess); `message_id`: ours, where the mail names it."""

    letter_id: int
    letter_key: str
    unit_code: str | None
    is_simulated: bool
    how: str
    delivery_id: int | None = None
    message_id: str = ""


def letter_by_key(connection: Connection, key: str, how: str) -> Match | None:
    """A letter that has left, by its key."""
    return _one(connection, _letter.letter_key == key, how)


def match(connection: Connection, mail: ReadMail) -> Match | None:
    """The letter that the mail refers to: by Message-ID, by our own plus-address, by the 发文字号 in the subject. None: no letter of
    ours that has left."""
    signs = mail.verdict.signs
    is_report = mail.verdict.kind in _REPORTED
    ids = (*signs.inner_ids, *signs.ids) if is_report else (*signs.ids, *signs.inner_ids)
    tagged = _by_tag(connection, signs.tags)
    if is_report and tagged is not None:
        return tagged
    for found in (_by_id(connection, identity) for identity in ids):
        if found is not None:
            return found
    for key in signs.letter_keys:
        if found := letter_by_key(connection, key, "references"):
            return found
    if tagged is not None:
        return tagged
    for number in signs.numbers:
        for written in {
            number,
            number.replace("[", "〔").replace("]", "〕"),
            number.replace("(", "〔").replace(")", "〕"),
        }:
            if found := _one(connection, _letter.number == written, "number"):
                return found
    return None


def units_of(connection: Connection, address: str, on_date: date) -> frozenset[str]:
    """The units of which this address is a contact on that day, in whatever role."""
    if not address:
        return frozenset()
    rows = connection.execute(
        select(_contact.region_code)
        .where(func.lower(_contact.address) == address.lower(), _contact.valid_from <= on_date)
        .where(or_(_contact.valid_to.is_(None), _contact.valid_to > on_date))
    ).scalars()
    return frozenset(map(str, rows))


def sender_doubt(mail: ReadMail, settings: MailboxSettings, trusted: Iterable[str]) -> str:
    """Why nobody can say that the sender is who the mail says, or empty."""
    if not mail.sender:
        return say("没有发件人，或写了几个发件人")
    if mail.authenticity == "pass":
        return ""
    domain = mail.sender.rpartition("@")[2]
    if mail.authenticity == "fail":
        return say("本单位邮件服务器判定发件人 {sender} 未通过验证", sender=mail.sender)
    if domain in {one.lower().lstrip("@") for one in (*settings.trusted, *trusted)}:
        return ""
    return say("本单位邮件服务器没有证明发件人 {sender}，域名也不在信任名单中", sender=mail.sender)


def _by_id(connection: Connection, identity: str) -> Match | None:
    """By Message-ID: ours says the letter's key and the copy; that it was sent is looked up."""
    key = identity.strip("<>").rpartition("@")[0].rpartition(".")[0]
    found = letter_by_key(connection, key, "references") if key else None
    if found is None:
        return None
    known = connection.execute(
        select(_delivery.delivery_id)
        .where(_delivery.letter_id == found.letter_id, _delivery.message_id == identity)
        .limit(1)
    ).first()
    return None if known is None else Match(**{**vars(found), "message_id": identity})


def _by_tag(connection: Connection, tags: Iterable[Tag]) -> Match | None:
    for tag in tags:
        if tag.what == "b":
            row = connection.execute(
                select(_delivery.letter_id, _delivery.message_id, _delivery.return_tag).where(
                    _delivery.delivery_id == tag.number
                )
            ).first()
            if row is not None and row.return_tag and hmac.compare_digest(row.return_tag, tag.check):
                found = _one(connection, _letter.letter_id == row.letter_id, "address")
                if found is not None:
                    return Match(**{**vars(found), "delivery_id": tag.number, "message_id": row.message_id})
        else:
            found = _one(connection, _letter.letter_id == tag.number, "address")
            if found is not None and check_of(tag.number, found.letter_key) == tag.check:
                return found
    return None


def _one(connection: Connection, condition: Any, how: str) -> Match | None:
    row = connection.execute(
        select(_letter.letter_id, _letter.letter_key, _letter.unit_code, _letter.is_simulated)
        .where(condition, _letter.state == "released")
        .limit(1)
    ).first()
    return None if row is None else Match(row.letter_id, row.letter_key, row.unit_code, row.is_simulated, how)
