"""Devices that speak for a unit: a code by mail to a contact of that unit, once; then the contact is who says what the device sends."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, func, select

from include.act import Act
from include.errors import InputError, StateError
from include.field.codes import code_hash, code_of, code_salt, is_code, printed
from include.field.reports import CodeWish, Confirmation
from include.house import House
from include.language import say
from include.letters.composition import made
from include.letters.phone_code import compose_code
from include.office.field_links import contacts_of, link_key
from include.periods import custom_period, office_date
from include.post.audit import Change, record
from include.post.digest import queue_digest
from include.post.drafts import LetterFacts, StoredLetter, find_by_key
from include.post.recipients import Recipient
from include.rules import FIELD
from include.store import tables
from include.store.engine import reading, writing
from include.store.field_tables import field_device

KIND: Final = "code"
NO_CONTACT: Final = "所选联系人已不再有效，请另选"
TOO_OFTEN: Final = "本单位一小时内申请次数过多，请稍后再试"
NO_MAIL: Final = "验证码邮件不能发出，请联系监管单位"
_GROUND: Final = "手机申请验证码"


def take_wish(house: House, wish: CodeWish, letter: StoredLetter, now: datetime, actor: str) -> str:
    """Mails a code to the contact that was chosen, once; returns `mailed`, `known` or `refused`. A crash anywhere: taken again, the
    same code and the same letter."""
    with reading(house.engine) as connection:
        known = _device(connection, wish.device_id, wish.unit_code)
        if known is not None and (known.request_id == wish.report_id or _is_confirmed(known, now)):
            return "known"
        contact = contacts_of(connection, wish.unit_code, office_date(now)).get(wish.contact)
        reason = NO_CONTACT if contact is None else _too_often(connection, wish, now)
    name, address = contact or ("", "")
    key = link_key(house.engine, now)
    code, salt = code_of(key, wish.report_id), code_salt(key, wish.report_id)
    valid_to = now + FIELD.code_life
    if contact is not None and not reason:
        reason = _mail(house, wish, letter, Recipient(address, name, "to"), code, now, actor)
    row = {
        "device_id": wish.device_id,
        "unit_code": wish.unit_code,
        "state": "refused" if reason else "asked",
        "contact_name": name,
        "contact_address": address,
        "letter_key": letter.letter_key,
        "request_id": wish.report_id,
        "asked_at": now,
        "code_salt": salt,
        "code_hash": "" if reason else code_hash(code, salt),
        "code_expires_at": valid_to,
        "confirmed_at": None,
        "expires_at": None,
        "changed_by": actor[:128],
        "reason": reason or _GROUND,
        "is_simulated": letter.is_simulated,
    }
    with writing(house.engine, lock="field_device") as connection:
        _replace(connection, row, "ask", Act(now, actor, reason or f"{_GROUND}，发往{address}"))
    return "refused" if reason else "mailed"


def confirm(house: House, told: Confirmation, now: datetime, actor: str) -> str:
    """Confirms a device whose code was typed in; returns `confirmed` or `known`. Raises InputError for a code that is not that of the
    device, or was typed in too late: the page checks it before, so such a report was made by somebody else."""
    with writing(house.engine, lock="field_device") as connection:
        known = _device(connection, told.device_id, told.unit_code)
        if known is not None and known.state == "confirmed":
            return "known"
        if known is None or known.state != "asked" or told.received_at > known.code_expires_at:
            raise InputError("no code waits for this device", where="field", got=told.device_id[:8])
        if not is_code(told.code, known.code_salt, known.code_hash):
            raise InputError("not the code of this device", where="field", got=told.device_id[:8])
        until = told.received_at + FIELD.device_life
        changes = {
            "state": "confirmed",
            "confirmed_at": told.received_at,
            "expires_at": until,
            "code_hash": "",
        }
        reason = say("输入了发往{address}的验证码", address=known.contact_address)
        _replace(
            connection, {**known._mapping, **changes, "reason": reason}, "confirm", Act(now, actor, reason)
        )
    return "confirmed"


def revoke(house: House, device_id: str, unit_code: str, act: Act) -> None:
    """Takes a device's confirmation back. Raises InputError without a reason, StateError for one that is not confirmed."""
    if not act.reason.strip():
        raise InputError("a reason is needed", where=f"device {device_id}", todo="say why it is revoked")
    with writing(house.engine, lock="field_device") as connection:
        known = _device(connection, device_id, unit_code)
        if known is None or known.state == "revoked":
            raise StateError(
                "no such device", where=f"device {device_id} of {unit_code}", todo="see: field devices"
            )
        row = {
            **known._mapping,
            "state": "revoked",
            "code_hash": "",
            "reason": act.reason,
            "changed_by": act.actor[:128],
        }
        _replace(connection, row, "revoke", act)


def devices(engine: Engine, limit: int = 500) -> list[dict[str, Any]]:
    """The devices, the newest first: the columns of `field_device` without the code's hash."""
    hidden = ("code_salt", "code_hash", "request_id")
    columns = [column for column in field_device.c if column.name not in hidden]
    with reading(engine) as connection:
        rows = connection.execute(select(*columns).order_by(field_device.c.asked_at.desc()).limit(limit))
        return [dict(row) for row in rows.mappings()]


def speaker(connection: Connection, device_id: str, unit_code: str, now: datetime) -> str:
    """The contact in whose name a device speaks for a unit; empty for a device that is not confirmed."""
    known = _device(connection, device_id, unit_code)
    if known is None or not _is_confirmed(known, now):
        return ""
    return f"{known.contact_name} <{known.contact_address}>"


def _is_confirmed(row: Any, now: datetime) -> bool:
    return bool(row.state == "confirmed" and row.expires_at is not None and now < row.expires_at)


def _device(connection: Connection, device_id: str, unit_code: str) -> Any:
    own = field_device.c
    query = select(field_device).where(and_(own.device_id == device_id, own.unit_code == unit_code))
    return connection.execute(query).first()


def _replace(connection: Connection, row: dict[str, Any], action: str, act: Act) -> None:
    own = field_device.c
    mine = and_(own.device_id == row["device_id"], own.unit_code == row["unit_code"])
    before = connection.execute(select(own.state).where(mine)).scalar_one_or_none()
    connection.execute(field_device.delete().where(mine))
    connection.execute(field_device.insert().values(row))
    name = f"{row['device_id']} {row['unit_code']}"
    change = Change("field_device", name, action, before, str(row["state"]), act.reason)
    record(connection, [change], now=act.now, actor=act.actor)


def _too_often(connection: Connection, wish: CodeWish, now: datetime) -> str:
    """Whether the unit, or the device, has asked for too many codes within an hour (the page counts too, until it is restarted)."""
    letter = tables.letter.c
    count = select(func.count()).where(
        letter.kind == KIND,
        letter.unit_code == wish.unit_code,
        letter.addressee != _addressee(wish),
        letter.composed_at > now - FIELD.code_life,
    )
    return TOO_OFTEN if connection.execute(count).scalar_one() >= FIELD.codes_of_unit else ""


def _addressee(wish: CodeWish) -> str:
    return wish.report_id[:8]  # short: the letter's key is a header of its mail


def _mail(
    house: House,
    wish: CodeWish,
    letter: StoredLetter,
    to: Recipient,
    code: str,
    now: datetime,
    actor: str,
) -> str:
    """Queues the mail with the code; returns why it cannot go (Chinese), or empty."""
    minute = wish.received_at.replace(second=0, microsecond=0)
    facts = LetterFacts(
        KIND,
        _addressee(wish),
        wish.unit_code,
        custom_period(minute, minute + timedelta(minutes=1), wish.received_at),
        json.dumps({"device": wish.device_id, "to": to.address, "letter": letter.letter_key}),
        letter.is_simulated,
    )
    composed = made(
        compose_code,
        letter.addressee_name,
        to.name,
        printed(code),
        now + FIELD.code_life,
        house.issuer.name,
        is_simulated=letter.is_simulated,
    )
    queue_digest(house.outgoing, facts, composed, (to,), Act(now, actor))
    with reading(house.engine) as connection:
        queued = find_by_key(connection, facts.key)
    return "" if queued is not None and queued.state == "released" else NO_MAIL
