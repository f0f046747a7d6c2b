"""A mail of the tray as a hint of the public: what of it is offered to a person, and the taking, by the check and bounds of a file."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, Final

from sqlalchemy import Connection, select

from include.act import Act
from include.errors import InputError
from include.house import House
from include.office.mailroom.tray import OpenMail, close_mail, receipt_of, waiting_mail
from include.post import audit
from include.sources.hints import LAYOUT, take_told
from include.store.engine import writing
from include.store.mail_tables import mail

_LONGEST: Final = {field.name: field.longest for field in LAYOUT.fields}
LONGEST_TEXT: Final = _LONGEST["text"]


def hint_draft(opened: OpenMail) -> dict[str, str]:
    """What the mail offers of a hint: `text`, `name`, `contact`, cut to what a hint may have. The place is a person's to say."""
    read = opened.read
    name, _ = parseaddr(read.sender_text) if read else ("", "")
    told = {"text": read.text if read else "", "name": name, "contact": str(opened.row["sender"])}
    return {key: value.strip()[: _LONGEST[key]] for key, value in told.items()}


def is_for_hints(house: House, opened: OpenMail) -> bool:
    """Whether the mail was written to the mailbox for hints that the publication names."""
    address = house.openness.hints_to.strip().lower()
    return bool(address) and opened.read is not None and address in opened.read.addressed


def take_as_hint(house: House, mail_id: int, told: Mapping[str, str], act: Act) -> str:
    """A person takes a mail of the tray as a hint, received when the mail was, and the mail is filed; returns the hint's id. The same mail
    by another mailbox is the same hint. `told`: place, text, name, contact.

    Raises StateError for a mail that is settled, InputError for what a file's row would be refused for; then the mail stays in the tray.
    """
    with writing(house.engine, lock="hints") as connection:
        row = waiting_mail(connection, mail_id)
        hint_id = _known(connection, str(row["content_key"]))
        if not hint_id:
            hint_id = _taken(connection, row, told, act)
            change = audit.Change("hint", hint_id, "take", None, "waiting", f"mail {mail_id}")
            audit.record(connection, [change], now=act.now, actor=act.actor)
        close_mail(connection, row, "filed", act, hint_id=hint_id)
    return hint_id


def _known(connection: Connection, content_key: str) -> str:
    """The hint that was taken from this mail by another mailbox; empty where there is none."""
    query = select(mail.c.hint_id).where(mail.c.content_key == content_key, mail.c.hint_id.is_not(None))
    return str(connection.execute(query.limit(1)).scalar_one_or_none() or "")


def _taken(connection: Connection, row: Mapping[str, Any], told: Mapping[str, str], act: Act) -> str:
    values = {key: value.replace("\r\n", "\n").strip() for key, value in told.items()}
    values |= {
        "hint_id": f"m{str(row['content_key'])[:20]}",
        "received_at": receipt_of(row).isoformat(),
    }
    done = take_told(connection, values, is_simulated=bool(row["is_simulated"]), now=act.now)
    if done.refused:
        raise InputError(
            "this hint cannot be taken",
            where=f"mail {row['mail_id']}",
            got=done.refused[0],
            todo="put right what is named, or file the mail",
        )
    return done.ids[0]
