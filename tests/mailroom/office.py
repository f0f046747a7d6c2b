"""An office with a mailbox on a real IMAP server, a letter to 阳泉 that left, and the mails that come back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from include.answer_form.code import answer_code
from include.answer_form.writing import answer_form
from include.house import House
from include.office.mailroom.round import MailRound, read_mailbox
from include.simulator.imap_server import PASSWORD, USER, put_all
from include.simulator.mail_answers import answer_mail, filled_in, nothing_found
from include.sources.config import SourceConfig
from include.store import tables
from include.store.engine import reading
from include.store.mail_tables import mail
from tests.desk.facts import add_alarm, house_of
from tests.letters.samples import form_row, notice
from tests.post.samples import add_cities, facts, released

NOW = datetime(2020, 3, 13, 4, 0, tzinfo=UTC)
SENT = datetime(2020, 3, 13, 2, 0, tzinfo=UTC)
CONTACT = "to140300@city.example"
HOST = "mx.supervision.example"


@dataclass(frozen=True)
class Place:
    """The office and its mailbox."""

    house: House
    port: int
    letter: bytes
    key: str

    @property
    def source(self) -> SourceConfig:
        return self.house.mailboxes[0]

    def deliver(self, *mails: bytes, at: datetime = SENT) -> None:
        """Mails come into the mailbox at that moment."""
        put_all(self.port, [(each, at) for each in mails])

    def read(self, now: datetime = NOW, **options: Any) -> MailRound:
        return read_mailbox(self.house, self.source, now=now, actor="test", **options)

    def mails(self) -> list[dict[str, Any]]:
        with reading(self.house.engine) as connection:
            return [dict(row) for row in connection.execute(select(mail).order_by(mail.c.mail_id)).mappings()]

    def events(self) -> list[tuple[str, str, datetime]]:
        event = tables.feedback_event.c
        with reading(self.house.engine) as connection:
            rows = connection.execute(
                select(event.alarm_id, event.event, event.event_at).order_by(event.alarm_id, event.event_at)
            )
            return [tuple(row) for row in rows]

    def states(self) -> dict[str, str]:
        delivery = tables.delivery.c
        with reading(self.house.engine) as connection:
            return {
                row.address: row.state for row in connection.execute(select(delivery.address, delivery.state))
            }


def open_place(engine: Engine, archive: Any, folder: Path, port: int, **options: Any) -> Place:
    """Two alarms of 阳泉, the letter of 12 March that names them, sent; nothing in the mailbox."""
    house = house_of(engine, folder)
    settings = {
        "user": USER,
        "security": "none",
        "received_host": HOST,
        "authserv_id": HOST,
        **options,
    }
    house = replace(
        house, mailboxes=(SourceConfig("mailbox", "mail", f"127.0.0.1:{port}", PASSWORD, options=settings),)
    )
    add_cities(engine)
    for number in (1, 2):
        add_alarm(engine, f"A{number}", "03-12 09:00", is_simulated=True)
    letter = facts(alarms=("A1", "A2"))
    released(engine, archive, letter, now=SENT - timedelta(hours=1))
    with engine.begin() as connection:
        connection.execute(tables.delivery.update().values(state="sent", smtp_code=250))
        sha256 = connection.execute(select(tables.delivery.c.eml_sha256).limit(1)).scalar_one()
    return Place(house, port, archive.get(sha256), letter.key)


def form(
    key: str,
    alarms: tuple[str, ...] = ("A1", "A2"),
    fill: Callable[[int, str], Mapping[str, Any] | None] | None = None,
) -> bytes:
    """The form of a letter, filled in: by default nothing was found at each alarm."""
    rows = tuple(
        form_row(number, alarm_id=alarm_id, code=answer_code(key, alarm_id))
        for number, alarm_id in enumerate(alarms, 1)
    )
    plain = answer_form(replace(notice(form=1), letter_key=key, form=rows), [])
    return filled_in(plain, fill or (lambda number, alarm_id: nothing_found(SENT - timedelta(hours=1))))


def answer(
    place: Place, sender: str = CONTACT, content: bytes | None = None, at: datetime = SENT, **options: Any
) -> bytes:
    """A contact's mail with the form."""
    return answer_mail(place.letter, sender, content or form(place.key), at, **options)


def told_mail(**changes: Any) -> dict[str, Any]:
    """A row of `mail`: a reply that nobody has looked at."""
    return {
        "source": "mailbox",
        "content_key": "0" * 64,
        "raw_sha256": "0" * 64,
        "size_bytes": 1,
        "message_id": "",
        "clock": "internal",
        "received_at": NOW,
        "taken_at": NOW,
        "sender": CONTACT,
        "subject": "回复",
        "kind": "reply",
        "permanence": "",
        "reasons": "answers_ours",
        "authenticity": "pass",
        "is_from_contact": True,
        "matched_by": "",
        "files_json": "[]",
        "words": "",
        "rows_taken": 0,
        "rows_refused": 0,
        "refused_json": "[]",
        "state": "tray",
        "tray_reason": "",
        "is_simulated": False,
        **changes,
    }
